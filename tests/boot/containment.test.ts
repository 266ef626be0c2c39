/**
 * Must show 5 of the first issue, its first half: a throw injected into each service. In monolithic
 * the system halts with one panic line that names the service; in microkernel only that domain
 * dies, its callers get EIO, the rest goes on.
 */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { SERVICE_NAMES } from "../../src/structures/catalogue.js";
import { mounted, skip as needsLinux, temporaryFolder } from "../host-folder/folder.js";
import { boot, program, skip } from "./programs.js";

const EIO = 5;

interface Case {
  service: string;
  operation: string;
  /** What tests/programs/provoke.c is to do. */
  act: string;
  /** The system call that must fail, as in the trace. */
  call: string;
  /** Whether the program can still print and exit when the service is dead. */
  printsAfter: boolean;
  exitsAfter: boolean;
  /** How a folder of the host is mounted at /mnt/folder; absent: there is none. */
  folder?: "rw" | "overlay";
}

const usual = { printsAfter: true, exitsAfter: true };
const cases: readonly Case[] = [
  {
    ...usual,
    service: "virtio-console",
    operation: "write",
    act: "write",
    call: "write",
    printsAfter: false,
  },
  { ...usual, service: "virtio-entropy", operation: "read", act: "random", call: "read" },
  {
    ...usual,
    service: "scheduler",
    operation: "niceChanged",
    act: "setpriority",
    call: "setpriority",
  },
  { ...usual, service: "time", operation: "setInterval", act: "setitimer", call: "setitimer" },
  {
    service: "memory",
    operation: "advise",
    act: "madvise",
    call: "madvise",
    printsAfter: true,
    exitsAfter: true,
  },
  { ...usual, service: "futex", operation: "wake", act: "futex", call: "futex" },
  { ...usual, service: "tty", operation: "ioctl", act: "ioctl", call: "ioctl" },
  { ...usual, service: "fs-tmpfs", operation: "truncate", act: "truncate", call: "ftruncate" },
  {
    ...usual,
    service: "fs-dev",
    operation: "stat",
    act: "stat",
    call: "newfstatat",
    printsAfter: false,
  },
  {
    ...usual,
    service: "fs-proc",
    operation: "readDirectory",
    act: "getdents",
    call: "getdents64",
  },
  {
    ...usual,
    service: "file",
    operation: "flock",
    act: "flock",
    call: "flock",
    printsAfter: false,
  },
  { ...usual, service: "events", operation: "write", act: "event", call: "write" },
  { ...usual, service: "fs-pts", operation: "stat", act: "pseudo", call: "newfstatat" },
  { ...usual, service: "network", operation: "send", act: "socket", call: "sendto" },
  {
    ...usual,
    service: "fs-host",
    operation: "statfs",
    act: "folder",
    call: "statfs",
    folder: "rw",
  },
  {
    ...usual,
    service: "fs-overlay",
    operation: "statfs",
    act: "folder",
    call: "statfs",
    folder: "overlay",
  },
  {
    ...usual,
    service: "virtio-file-system",
    operation: "post",
    act: "release",
    call: "statfs",
    folder: "rw",
  },
  { ...usual, service: "process", operation: "getSession", act: "getsid", call: "getsid" },
];

const limitInstructions = 200_000_000;

describe("a throw in a service", { skip }, () => {
  test("every service has a case", () => {
    assert.deepEqual(cases.map(({ service }) => service).sort(), [...SERVICE_NAMES].sort());
  });

  for (const { service, operation, act, call, printsAfter, exitsAfter, folder } of cases) {
    const faults = [{ service, operation }];
    const planted = `planted fault in ${operation}`;
    const options = { skip: folder !== undefined && needsLinux };
    const mounts = (t: TestContext) =>
      folder === undefined ? {} : mounted(temporaryFolder(t), "/mnt/folder", folder);

    test(`${service} without a fault: the act succeeds`, options, async (t) => {
      const elf = await program("programs/provoke");
      const run = boot("monolithic", elf, [act], { ...mounts(t), trace: true });
      assert.equal(run.hang, null);
      assert.equal(run.exitCode, 0);
      assert.ok(run.stdout.endsWith("alive\n"));
    });

    test(`${service} in monolithic: one panic line`, options, async (t) => {
      const elf = await program("programs/provoke");
      const run = boot("monolithic", elf, [act], { ...mounts(t), faults });
      assert.equal(run.system.panic, `panic: service ${service}: ${planted}`);
      assert.deepEqual(run.reports, [run.system.panic]);
      assert.equal(run.exitCode, null);
      const before = run.system.instructions;
      run.system.run(1_000_000);
      assert.equal(run.system.instructions, before, "a halted system runs on");
    });

    test(`${service} in microkernel: its callers get EIO, the rest goes on`, options, async (t) => {
      const elf = await program("programs/provoke");
      const change = { ...mounts(t), faults, trace: true, limitInstructions };
      const run = boot("microkernel", elf, [act], change);
      assert.equal(run.system.panic, undefined);
      const [died, ...ended] = run.reports;
      assert.equal(died, `service ${service} died: ${planted}`);
      // Nobody but the kernel can end a process when its service is dead.
      const shown = ended.map((line) => line.replace(/\d+/, "N"));
      const byKernel = "process N ended by the kernel: the process service is dead";
      assert.deepEqual(shown, service === "process" ? [byKernel] : []);
      const failed = run.trace.filter((line) => line.endsWith("= -1 EIO"));
      assert.match(failed.join("\n"), new RegExp(`\\] ${call}\\(`));
      assert.ok(
        run.trace.some((line) => /\] getppid\(\) = \d+$/.test(line)),
        "nothing ran on",
      );
      assert.equal(run.stdout.endsWith("alive\n"), printsAfter);
      assert.equal(run.exitCode, exitsAfter ? EIO : null);
    });
  }

  for (const what of ["fault", "signal"]) {
    test(`without the process service a ${what} ends the process`, async () => {
      const elf = await program("programs/provoke");
      const faults = [{ service: "process", operation: "getSession" }];
      const run = boot("microkernel", elf, ["getsid", what], { faults, limitInstructions });
      assert.equal(run.hang, null);
      assert.equal(run.signal, 9);
      assert.equal(run.reports.length, 2, run.reports.join("\n"));
    });
  }

  test("a call that waits in a service that dies gets EIO", async () => {
    const elf = await program("programs/provoke");
    const faults = [{ service: "file", operation: "flock" }];
    const run = boot("microkernel", elf, ["flock", "with a waiting child"], {
      faults,
      trace: true,
    });
    const reads = run.trace.filter((line) => / read\(.* = -1 EIO$/.test(line));
    assert.equal(reads.length, 1, run.trace.slice(-20).join("\n"));
  });
});
