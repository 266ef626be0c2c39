/** Names of functions in ELF files: what is damaged has fewer names, and nothing else happens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { elfFunctions, functionAt } from "./elf-symbols.js";

const CODE_OFFSET = 0x100;
const CODE_ADDRESS = 0x10000;

/** An ELF64 file with one segment of code, a symbol table, and two functions in it. */
function elf(): Uint8Array {
  const bytes = new Uint8Array(0x400);
  const view = new DataView(bytes.buffer);
  const word64 = (at: number, value: number): void => view.setUint32(at, value, true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  word64(32, 64);
  word64(40, 0x200);
  view.setUint16(56, 1, true);
  view.setUint16(60, 3, true);
  view.setUint32(64, 1, true);
  word64(72, CODE_OFFSET);
  word64(80, CODE_ADDRESS);
  word64(96, 0x80);
  // Sections: none, the symbols, their names.
  view.setUint32(0x200 + 64 + 4, 2, true);
  word64(0x200 + 64 + 24, 0x300);
  word64(0x200 + 64 + 32, 3 * 24);
  view.setUint32(0x200 + 64 + 40, 2, true);
  word64(0x200 + 128 + 24, 0x380);
  word64(0x200 + 128 + 32, 0x20);
  bytes.set(new TextEncoder().encode("\0first\0second\0_first\0"), 0x380);
  const symbols = [
    { name: 1, start: 0x10, size: 0x10 },
    { name: 7, start: 0x40, size: 0 },
    { name: 14, start: 0x10, size: 0x10 },
  ];
  for (const [index, { name, start, size }] of symbols.entries()) {
    const at = 0x300 + index * 24;
    view.setUint32(at, name, true);
    view.setUint8(at + 4, 0x12);
    view.setUint16(at + 6, 1, true);
    word64(at + 8, CODE_ADDRESS + start);
    word64(at + 16, size);
  }
  return bytes;
}

test("places in a file have the names of their functions", () => {
  const functions = elfFunctions(elf());
  assert.deepEqual(
    functions.map(({ name, offset }) => [name, offset]),
    [
      ["first", CODE_OFFSET + 0x10],
      ["second", CODE_OFFSET + 0x40],
    ],
  );
  const at = (offset: number) => functionAt(functions, CODE_OFFSET + offset);
  assert.deepEqual([at(0), at(0x10), at(0x1f), at(0x20)], [undefined, "first", "first", undefined]);
  assert.deepEqual([at(0x40), at(0x7f)], ["second", "second"]);
});

test("what is cut short or changed at random is no error", () => {
  const whole = elf();
  for (let length = 0; length < whole.length; length += 7) elfFunctions(whole.slice(0, length));
  let state = 12345;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  for (let round = 0; round < 20_000; round++) {
    const bytes = whole.slice();
    for (let change = 0; change < 4; change++) bytes[7 + random(0x3f0)] = random(256);
    elfFunctions(bytes);
  }
  assert.deepEqual(elfFunctions(new TextEncoder().encode("#!/bin/sh\n".repeat(20))), []);
});
