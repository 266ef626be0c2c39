/**
 * No memory is left: one process takes all there is, in several ways. It is the one that dies, the
 * others go on, process 1 too; and the same happens in every run. A fork or a file that needs what
 * is not there is refused.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { comparable, outcomeOf } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";

const ramBytes = 24 * 1024 * 1024;
const rest = "the rest goes on\nexit status 0\n";

const cases = [
  ["grow", "grow: killed by SIGKILL\n"],
  ["read", "read: killed by SIGKILL\n"],
  ["shared", "shared: killed by SIGKILL\n"],
  ["scatter", "scatter: killed by SIGKILL\n"],
  ["heap", "heap: killed by SIGKILL\n"],
  ["fair", "greedy: killed by SIGKILL\nmodest: exited 0\n"],
  ["adjusted", "adjusted: killed by SIGKILL\ngreedy: exited 7\n"],
  ["files", "write: ENOSPC after more than a megabyte: 1\nafterwards: killed by SIGKILL\n"],
  ["forks", "fork: ENOMEM\nall children ended: yes\none more: killed by SIGKILL\n"],
] as const;

for (const structure of structures) {
  describe(`memory is exhausted on ${structure}`, { skip }, () => {
    for (const [name, expected] of cases) {
      test(name, async () => {
        const elf = await program("programs/exhaust");
        const run = boot(structure, elf, [name], { ramBytes });
        assert.equal(run.hang, null);
        assert.equal(comparable(outcomeOf(run)), expected + rest, run.reports.join("\n"));
        assert.deepEqual(run.reports, []);
        // Again, and with every wait forced and woken for nothing: the same one dies.
        const again = boot(structure, elf, [name], { ramBytes, injection: true });
        assert.equal(again.stdout, run.stdout);
        assert.equal(again.system.stateHash(), run.system.stateHash());
      });
    }
  });
}
