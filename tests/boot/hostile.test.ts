/**
 * Programs that take more and more of everything until they are refused (tests/programs/hostile.c):
 * each ends as it must, the system goes on, what was taken is free again, and the estimate of what
 * the host pays stays within bounds. What the host's resident memory and the embedder's event loop
 * make of it is measured by benchmarks/hostile.ts.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { objectBytesMax } from "../../src/structures/limits.js";
import { structures } from "../syscalls/sixfold.js";
import { bootOptions, program, skip } from "./programs.js";
import { type Prepared, prepare, settle } from "./system.js";

const SIGKILL = 9;
const ramBytes = 64 * 2 ** 20;
const isLong = process.env.SIXFOLD_TEST_LONG === "1";

/** How each way ends, with memory as above; the long ones only with SIXFOLD_TEST_LONG=1. */
const ways: readonly (readonly [name: string, expected: string, isLong?: boolean])[] = [
  ["processes", "ENOMEM"],
  ["threads", "EAGAIN|ENOMEM"],
  ["files", "ENFILE|ENOMEM"],
  ["descriptors", "ENOMEM|EMFILE", true],
  ["pipes", "ENOMEM"],
  ["sockets", "ENOMEM|ENOBUFS"],
  ["flight", "ETOOMANYREFS|ENOMEM|ENOBUFS"],
  ["epoll", "ENOMEM|EMFILE"],
  ["timers", "EAGAIN"],
  ["timerfds", "ENFILE|ENOMEM"],
  ["watches", "ENOMEM|ENOSPC"],
  ["maps", "ENOMEM", true],
  ["forked-maps", "ENOMEM", true],
  ["objects", "ENOMEM"],
  ["locks", "ENOLCK", true],
  ["signals", "EAGAIN", true],
  ["names", "ENOSPC", true],
  ["nodes", "ENOSPC"],
  ["links", "ENOSPC"],
  ["attributes", "ENOSPC"],
  ["memfds", "ENOSPC|ENOMEM"],
  ["mounts", "ENOSPC", true],
  ["terminals", "ENOSPC|ENOMEM"],
  ["texts", "ENOMEM", true],
  ["polls", "ENOMEM"],
  ["groups", "ENOMEM|EAGAIN"],
  ["stack", "killed by SIGKILL"],
  ["arguments", "E2BIG"],
  ["content", "ENOSPC"],
  ["memory", "killed by SIGKILL"],
  ["heap", "killed by SIGKILL|ENOMEM"],
];
const tree = "tree: 10,000 deep\ntree: getcwd: ENAMETOOLONG\ntree: removed\n";

/** Runs a program to its end, or ends its job after so many slices. @returns what it wrote */
function run(prepared: Prepared, args: readonly string[], slicesMax = 10_000): string {
  const { system, streams, collected } = prepared;
  collected.bytes.clear();
  const base = { environment: [], workdir: "/tmp", userId: 0, groupId: 0, terminal: false };
  const process = system.start({ ...base, argv: ["/mnt/test", ...args], streams });
  assert.ok(process > 0, `start: ${process}`);
  for (let slices = 0; ; slices++) {
    const { idle } = system.run(2_000_000);
    assert.equal(system.panic, undefined);
    assert.ok(slices < 2 * slicesMax, "its end takes for ever");
    if (system.takeResult(process) !== undefined) break;
    if (idle || slices === slicesMax) system.signalJob(process, SIGKILL);
  }
  settle(system, 2_000_000_000);
  const bytes = (collected.bytes.get(streams[1]) ?? []).slice(0, 1000);
  return Buffer.from(bytes).toString("latin1");
}

/** All that programs had is free, and objects were never more than they may be. */
function assertBounded(prepared: Prepared, before: number): void {
  const { system } = prepared;
  const { jobs, sum, objectBytesMax: most } = system.kernel.jobs.state;
  assert.deepEqual([...jobs.keys()], [0]);
  assert.equal(sum.tasks, 1);
  assert.equal(sum.files, 3);
  assert.equal(sum.fileFrames, 0);
  assert.ok(sum.objectBytes - before < 4096, `${sum.objectBytes - before} bytes are left`);
  // A call that waits is charged for what it keeps without being asked: beyond the limit it dies.
  assert.ok(most <= objectBytesMax(ramBytes) + 2 ** 20, `${most} bytes of objects`);
}

for (const structure of structures) {
  describe(`hostile programs on ${structure}`, { skip }, () => {
    test("one after the other in one system", async () => {
      const elf = await program("programs/hostile");
      const prepared = prepare(bootOptions(structure, elf, [], { ramBytes }));
      run(prepared, ["terminals"]);
      const before = prepared.system.kernel.jobs.state.sum.objectBytes;
      for (const [name, expected, long = false] of ways) {
        if (long && !isLong) continue;
        const text = run(prepared, [name]);
        assert.match(text, new RegExp(`^${name}: (${expected})\nthe rest goes on\n$`), name);
        assertBounded(prepared, before);
      }
      if (isLong) assert.equal(run(prepared, ["tree"]), `${tree}the rest goes on\n`);
      // These do not end by themselves.
      run(prepared, ["bomb"], 20);
      assertBounded(prepared, before);
      assert.match(run(prepared, ["output"], 5), /^y+$/);
      assert.match(run(prepared, ["idle", "10000"]), /^idle: (EAGAIN|ENOMEM)\n$/);
      assertBounded(prepared, before);
      assert.deepEqual(prepared.collected.reports, []);
    });
  });
}
