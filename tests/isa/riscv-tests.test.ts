/**
 * The public riscv-tests for user level, taken in by hand: SIXFOLD_RISCV_TESTS names a folder with
 * programs rv64u[imafdc]-*, built for user mode (exit by `ecall` with a7 = 93; status 0 is a pass,
 * else the number of the failed case).
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UserProgram } from "./user.js";

const folder = process.env.SIXFOLD_RISCV_TESTS;
const names =
  folder === undefined ? [] : readdirSync(folder).filter((name) => /^rv64u[imafdc]-/.test(name));

if (folder === undefined) {
  test("riscv-tests for user level", { skip: "needs SIXFOLD_RISCV_TESTS" }, () => {});
} else {
  test("SIXFOLD_RISCV_TESTS holds programs of all six groups", () => {
    const groups = new Set(names.map((name) => name.slice(0, 6)));
    assert.deepEqual(
      [..."acdfim"].map((letter) => `rv64u${letter}`),
      [...groups].sort(),
    );
  });
  const moduleCache = new Map<string, WebAssembly.Module>();
  for (const name of names) {
    test(`riscv-tests ${name}`, () => {
      const program = new UserProgram({ ramBytes: 16 << 20, decodedPages: 16, moduleCache });
      program.load(readFileSync(join(folder, name)), [name]);
      const result = program.run();
      assert.equal(result.trap, undefined, JSON.stringify(result.trap));
      assert.equal(result.status, 0, `case ${result.status} failed`);
    });
  }
}
