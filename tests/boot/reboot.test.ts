/**
 * reboot(2): the system ends cleanly, whatever runs; the host learns how. Who may not and what is
 * no command is in tests/syscalls/ptrace/refused.c.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";

const commands = [
  ["cdef0123", "halt"],
  ["4321fedc", "off"],
  ["1234567", "restart"],
] as const;

describe("reboot", { skip }, () => {
  for (const structure of structures) {
    for (const [command, ended] of commands) {
      test(`${ended} on ${structure}`, async () => {
        const run = boot(structure, await program("programs/reboot"), [command]);
        assert.equal(run.system.ended, ended);
        assert.equal(run.hang, null);
        assert.equal(run.exitCode, 0);
        assert.match(run.stdout, /= -1 EINVAL\n.*= 0\nnow\n$/);
        assert.deepEqual(run.reports, []);
        const before = run.system.instructions;
        assert.ok(run.system.run(1_000_000).idle);
        assert.equal(run.system.instructions, before, "an ended system runs on");
      });
    }
  }
});
