/** The table of POSIX's procedures says what a C program really makes of the kernel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PROCEDURES } from "../../src/syscalls/posix.js";
import { SYSTEM_CALLS } from "../../src/syscalls/table.js";
import { boot, program, skip } from "../boot/programs.js";

/** Calls by procedure: those between its marker and the same task's next one. */
function callsByProcedure(trace: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const current = new Map<string, string[]>();
  for (const line of trace) {
    const [, task = "", call = ""] = /^\[?(\d+)\]?\s+(?:[\d.]+\s+)?(\w+)\(/.exec(line) ?? [];
    const marker = /write\(1, "=(\w+)/.exec(line)?.[1];
    if (marker !== undefined) {
      const calls: string[] = [];
      found.set(marker, calls);
      current.set(task, calls);
    } else current.get(task)?.push(call);
  }
  return found;
}

test("each procedure makes the calls that the table names", { skip }, async () => {
  const elf = await program("programs/posix");
  const run = boot("monolithic", elf, [], { trace: true });
  assert.equal(run.exitCode, 0, run.stdout + run.hang);
  const found = callsByProcedure(run.trace);
  for (const { procedures } of PROCEDURES) {
    for (const { name, calls } of procedures) {
      // What follows in a new program, or before the next marker, is not the procedure's.
      const made = found.get(name)?.slice(0, calls.length);
      assert.deepEqual(made, calls, `${name} made ${found.get(name)?.join(", ")}`);
    }
  }
});

test("every call that the table names has a row", () => {
  const names = new Set(SYSTEM_CALLS.map(({ name }) => name));
  const missing = PROCEDURES.flatMap(({ procedures }) =>
    procedures.flatMap(({ calls }) => calls.filter((name) => !names.has(name))),
  );
  assert.deepEqual(missing, []);
});
