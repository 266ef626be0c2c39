/**
 * Jobs and their limits: what descends from one program of the host is counted and bounded
 * together, however it tries to leave; the system goes on, and other programs too.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JobUsage } from "../../src/structures/limits.js";
import type { ProgramStart } from "../../src/structures/program-start.js";
import { structures } from "../syscalls/sixfold.js";
import { bootOptions, program, skip } from "./programs.js";
import { type Prepared, prepare, settle } from "./system.js";

const SIGTERM = 15;
const SIGKILL = 9;

interface Ended {
  status: number;
  usage: JobUsage;
  text: string;
}

/** @param isBeside it has no streams: another one has them */
function start(
  prepared: Prepared,
  args: readonly string[],
  limits: ProgramStart["limits"] = {},
  isBeside = false,
) {
  const argv = ["/mnt/test", ...args];
  const base = { environment: [], workdir: "/tmp", userId: 0, groupId: 0, terminal: false };
  const streams = isBeside ? {} : { streams: prepared.streams };
  const process = prepared.system.start({ ...base, ...streams, argv, limits });
  assert.ok(process > 0, `start: ${process}`);
  return process;
}

/** What the program wrote since it was asked last. */
function output(prepared: Prepared): string {
  const port = prepared.streams[1];
  const bytes = prepared.collected.bytes.get(port) ?? [];
  prepared.collected.bytes.set(port, []);
  return Buffer.from(bytes).toString("latin1");
}

/** Runs until the program has ended. */
function finish(prepared: Prepared, process: number): Ended {
  const { system } = prepared;
  for (let slices = 0; slices < 5000; slices++) {
    const { idle } = system.run(2_000_000);
    const result = system.takeResult(process);
    if (result !== undefined) return { ...result, text: output(prepared) };
    assert.equal(system.panic, undefined);
    if (idle) break;
  }
  throw new Error(`process ${process} does not end`);
}

/** Nothing is left of any job: neither the job itself nor a task, a file, or memory of it. */
function assertNothingLeft(prepared: Prepared): void {
  const { jobs, sum } = prepared.system.kernel.jobs.state;
  assert.deepEqual([...jobs.keys()], [0]);
  const own = jobs.get(0);
  assert.ok(own !== undefined);
  for (const field of ["tasks", "files", "frames", "fileFrames", "objectBytes"] as const) {
    assert.equal(own[field], sum[field], field);
    assert.ok(own[field] >= 0, `${field}: ${own[field]}`);
  }
}

for (const structure of structures) {
  describe(`jobs on ${structure}`, { skip }, () => {
    test("a signal reaches all that descends from a program", async () => {
      const prepared = prepare(bootOptions(structure, await program("programs/job")));
      const { system } = prepared;
      const beside = start(prepared, ["wait"], {}, true);
      const process = start(prepared, ["scatter"]);
      settle(system, 100_000_000);
      assert.equal(output(prepared), "scattered\n");
      // The first, its child, one in a session of its own, and one whose parent is gone.
      assert.equal(system.jobUsage(process)?.processes, 4);
      assert.equal(system.signalJob(process, SIGTERM), 0);
      settle(system, 100_000_000);
      // All but the one that ignores it.
      assert.equal(system.jobUsage(process)?.processes, 1);
      assert.equal(system.takeResult(process)?.status, SIGTERM);
      assert.equal(system.jobUsage(process)?.processes, 1, "known as long as something lives");
      assert.equal(system.signalJob(process, SIGKILL), 0);
      settle(system, 100_000_000);
      assert.equal(system.jobUsage(process), undefined);
      assert.equal(system.signalJob(process, SIGKILL), -3);
      assert.equal(system.jobUsage(beside)?.processes, 1);
      system.signalJob(beside, SIGKILL);
      assert.equal(finish(prepared, beside).status, SIGKILL);
      assertNothingLeft(prepared);
    });

    test("a fork bomb ends with its job", async () => {
      const prepared = prepare(bootOptions(structure, await program("programs/job")));
      const process = start(prepared, ["bomb"], { processes: 100 });
      for (let slice = 0; slice < 20; slice++) prepared.system.run(2_000_000);
      assert.ok((prepared.system.jobUsage(process)?.processes ?? 0) > 90);
      prepared.system.signalJob(process, SIGKILL);
      assert.equal(finish(prepared, process).status, SIGKILL);
      settle(prepared.system, 1_000_000_000);
      assertNothingLeft(prepared);
      assert.equal(finish(prepared, start(prepared, ["ok"])).text, "ok\n");
    });

    test("instructions: all of the job is killed", async () => {
      const prepared = prepare(bootOptions(structure, await program("programs/job")));
      const process = start(prepared, ["spin"], { instructions: 30_000_000 });
      const { status, usage } = finish(prepared, process);
      assert.equal(status, SIGKILL);
      assert.equal(usage.limit, "instructions");
      assert.ok(usage.instructions >= 30_000_000 && usage.instructions < 31_000_000);
      settle(prepared.system, 100_000_000);
      assertNothingLeft(prepared);
    });

    const refusals = [
      ["processes", { processes: 20 }, "19 more: EAGAIN\n"],
      ["files", { files: 30 }, "27 more: ENFILE\n"],
      ["content", { tmpfsBytes: 1_000_000 }, "15 more: ENOSPC\n"],
      ["room", { tmpfsBytes: 1_000_000 }, "as much as was free\nnow 0 free, of as many\n"],
      ["pipes", { memoryBytes: 4_000_000 }, "some more: ENOMEM\n"],
      ["nodes", { memoryBytes: 4_000_000 }, "some more: ENOSPC\n"],
    ] as const;
    for (const [what, limits, expected] of refusals) {
      test(`${what}: ${Object.keys(limits)[0]} of a job`, async () => {
        const prepared = prepare(bootOptions(structure, await program("programs/job")));
        const { text, status, usage } = finish(prepared, start(prepared, ["more", what], limits));
        assert.equal(text, expected);
        assert.equal(status, 0);
        assert.equal(usage.limit, undefined);
        settle(prepared.system, 100_000_000);
        assertNothingLeft(prepared);
      });
    }

    test("memory: of the job the largest process dies, and nobody else", async () => {
      const prepared = prepare(bootOptions(structure, await program("programs/job")));
      const beside = start(prepared, ["large"], {}, true);
      settle(prepared.system, 100_000_000);
      const limits = { memoryBytes: 8_000_000 };
      const { status, usage } = finish(prepared, start(prepared, ["grow"], limits));
      assert.equal(status, SIGKILL);
      assert.equal(usage.limit, "memoryBytes");
      assert.ok(usage.memoryBytesMax > 7_900_000 && usage.memoryBytesMax <= 8_000_000);
      const { text, usage: second } = finish(prepared, start(prepared, ["child"], limits));
      assert.equal(text, "child: killed by SIGKILL\n");
      assert.equal(second.limit, undefined, "the first process ended by itself");
      assert.equal(prepared.system.jobUsage(beside)?.processes, 1);
      prepared.system.signalJob(beside, SIGKILL);
      settle(prepared.system, 100_000_000);
      finish(prepared, beside);
      assertNothingLeft(prepared);
    });

    test("what a job leaves behind is the system's, until it is removed", async () => {
      const prepared = prepare(bootOptions(structure, await program("programs/job")));
      const { sum } = prepared.system.kernel.jobs.state;
      const before = sum.fileFrames;
      finish(prepared, start(prepared, ["leave"]));
      settle(prepared.system, 100_000_000);
      assert.equal(sum.fileFrames - before, 16);
      assertNothingLeft(prepared);
      const { text } = finish(prepared, start(prepared, ["remove"], { tmpfsBytes: 1 }));
      assert.equal(text, "removed\n");
      settle(prepared.system, 100_000_000);
      assert.equal(sum.fileFrames, before);
      assertNothingLeft(prepared);
    });
  });
}
