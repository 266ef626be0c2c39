/**
 * The Linux Test Project, taken in by hand: SIXFOLD_LTP names a folder with runtest/syscalls and,
 * in native/ and riscv64/, static builds as `make install` leaves them. Of what passes natively at
 * least 85 % pass on each structure.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOut, readEntries } from "./entries.js";
import { runEntries, shares } from "./runner.js";

const folder = process.env.SIXFOLD_LTP;
const SHARE_MIN = 0.85;

test("LTP's system calls", {
  skip: folder === undefined ? "needs SIXFOLD_LTP" : false,
}, async (t) => {
  const entries = readEntries(folder ?? "").filter((entry) => leftOut(entry) === undefined);
  assert.ok(entries.length > 500, "runtest/syscalls has its entries");
  const lines = await runEntries(folder ?? "", entries, [], ({ name, where, verdict, reason }) => {
    if (where !== "native" && verdict !== "passed") t.diagnostic(`${name} ${where}: ${reason}`);
  });
  for (const [structure, share] of shares(lines)) {
    assert.ok(share >= SHARE_MIN, `${structure}: ${(share * 100).toFixed(1)} %`);
  }
});
