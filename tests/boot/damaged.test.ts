/**
 * Programs whose headers are damaged at random: execve refuses them, or the process dies of it, as
 * on Linux; the system stays whole. SIXFOLD_SEED repeats a run.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";

const files = process.env.SIXFOLD_TEST_LONG === "1" ? 4000 : 250;
const seed = Number(process.env.SIXFOLD_SEED ?? Date.now() % 2 ** 31);
/** Values that bounds are often missed at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x1000, 0xffff, 2 ** 31, 2 ** 32 - 1];
const HEADERS_BYTES = 64 + 3 * 56;

/** A generator of 24 random bits. */
function generator(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
}

/** A program that exits with 5, in two segments, perhaps with an interpreter: itself. */
function sound(next: () => number): DataView {
  const view = new DataView(new ArrayBuffer(0x3000));
  const bytes = new Uint8Array(view.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, next() % 3 === 0 ? 3 : 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, 0x10100, true);
  view.setUint32(32, 64, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  const hasInterpreter = next() % 4 === 0;
  view.setUint16(56, hasInterpreter ? 3 : 2, true);
  const part = (index: number, words: readonly number[]): void => {
    const [type = 0, flags = 0, offset = 0, address = 0, inFile = 0, inMemory = 0] = words;
    const at = 64 + 56 * index;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    for (const [i, value] of [offset, address, address, inFile, inMemory, 0x1000].entries()) {
      view.setUint32(at + 8 + 8 * i, value, true);
    }
  };
  part(0, [1, 5, 0, 0x10000, 0x1200, 0x1200]);
  part(1, [1, 6, 0x1200, 0x12200, 0x400, 0x2000]);
  part(2, [3, 4, 0x200, 0x10200, 15, 15]);
  bytes.set(new TextEncoder().encode("/mnt/damaged/0\0"), 0x200);
  // li a0, 5; li a7, 93; ecall
  [0x0050_0513, 0x05d0_0893, 0x0000_0073].forEach((word, index) => {
    view.setUint32(0x100 + 4 * index, word, true);
  });
  return view;
}

function damaged(next: () => number): Uint8Array {
  const view = sound(next);
  for (let n = next() % 4; n > 0; n--) {
    const at = next() % HEADERS_BYTES;
    if (next() % 2 === 0) view.setUint8(at, next() % 256);
    else view.setUint32(at & ~3, EDGES[next() % EDGES.length] as number, true);
  }
  const whole = new Uint8Array(view.buffer);
  return next() % 16 === 0 ? whole.subarray(0, next() % whole.length) : whole;
}

describe("damaged programs", { skip }, () => {
  for (const structure of structures) {
    test(`on ${structure}`, async (context) => {
      context.diagnostic(`SIXFOLD_SEED=${seed}`);
      const next = generator(seed);
      const elf = await program("programs/execute_all");
      const all = new Map<string, Uint8Array>([["/mnt/test", elf]]);
      for (let i = 0; i < files; i++) all.set(`/mnt/damaged/${i}`, damaged(next));
      const argv = ["/mnt/test", String(files)];
      const run = boot(structure, elf, [], { files: all, argv, seed });
      assert.equal(run.hang, null);
      assert.deepEqual(run.reports, []);
      const kinds = "some refused: 1, some killed: 1, some run: 1, lost: 0";
      const expected = `${files} of ${files}\n${kinds}\n`;
      assert.equal(run.stdout, expected, `SIXFOLD_SEED=${seed}`);
      assert.equal(run.exitCode, 0);
    });
  }
});
