/**
 * Neighbouring pages of a program have neighbouring frames: arrays, heap and shared memory lie in a
 * few long runs however they are touched, in a fresh system and in one where processes of all
 * sizes have come and gone. Translated code counts on it for its speed only.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { structures } from "../syscalls/sixfold.js";
import { bootOptions, program, skip } from "./programs.js";
import { type Prepared, prepare, settle, startProgram } from "./system.js";

const programInstructions = 4_000_000_000;
/** Pages of a run on the average, at least. */
const runPages = 64;

/** How many runs of consecutive frames the pages of a space are in. */
function runs(prepared: Prepared, space: number, startPage: number, pages: number): number {
  let count = 0;
  let before = -1;
  for (let page = startPage; page < startPage + pages; page++) {
    const entry = prepared.system.kernel.spaces.mapping(space, page);
    assert.ok(entry >= 0, `page ${page} is there`);
    if (entry >> 3 !== before + 1) count++;
    before = entry >> 3;
  }
  return count;
}

for (const structure of structures) {
  describe(`neighbours on ${structure}`, { skip }, () => {
    for (const [name, args] of [
      ["in a fresh system", []],
      ["after many processes", ["churn"]],
    ] as const) {
      test(name, async (context) => {
        const prepared = prepare(bootOptions(structure, await program("programs/neighbours")));
        const process = startProgram(prepared, ["/mnt/test", ...args], []);
        assert.ok(settle(prepared.system, programInstructions), "it waits");
        const bytes = prepared.collected.bytes.get(prepared.streams[1]) ?? [];
        const lines = Buffer.from(bytes).toString("latin1").trim().split("\n");
        assert.equal(lines.length, 5, lines.join());
        const space = prepared.system.attribute(process, "space");
        for (const line of lines) {
          const [what, startPage, pages] = line.split(" ");
          const found = runs(prepared, space, Number(startPage), Number(pages));
          context.diagnostic(`${what}: ${pages} pages in ${found} runs`);
          assert.ok(found * runPages <= Number(pages), `${what}: ${found} runs`);
        }
      });
    }
  });
}
