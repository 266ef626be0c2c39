/**
 * Loops whose turns are done at once, and look-ups that hold in later blocks, case by case: each
 * program runs on two machines, one translated, in slices, through pages whose frames are no
 * neighbours; both have the same registers, trap and memory. What is random is in strides.test.ts.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT_BUDGET, EXIT_TRAP, PAGE_BYTES } from "../../src/machine/platform.js";
import { DATA, type Line, R, Rig, RW } from "./rig.js";

const PAGES = 8;
/** The same pages are there once more, with other frames. */
const HIGH = 2 ** 32;
const COUNT = 14;
const SUM = 16;
/** Frames of the pages, and those they may be moved to. */
const frameOf = (page: number): number => 40 - page * 3;
const copyOf = (page: number): number => 80 - page * 3;

interface Case {
  readonly lines: readonly Line[];
  /** Added to where the pages begin, by register. */
  readonly bases: Readonly<Record<number, number>>;
  readonly values?: Readonly<Record<number, number>>;
  /** Pages that are only read: a store traps. */
  readonly readOnly?: readonly number[];
  /** Pages that are copied when they are stored to. */
  readonly shared?: readonly number[];
  readonly endsInTrap?: boolean;
}

const next = (register: number, imm: number): Line => [
  "addi",
  { rd: register, rs1: register, imm },
];
const load = (rs1: number, imm = 0, rd = 5): readonly Line[] => [
  ["ld", { rd, rs1, imm }],
  ["xor", { rd: SUM, rs1: SUM, rs2: rd }],
  ["add", { rd: SUM, rs1: SUM, rs2: COUNT }],
];
const store = (rs1: number, imm = 0): Line => ["sd", { rs1, rs2: COUNT, imm }];
/** Over the lines where bits of the count are clear, or set. */
const unless = (bits: number, lines: readonly Line[], name: "beq" | "bne" = "beq"): Line[] => [
  ["andi", { rd: 6, rs1: COUNT, imm: bits }],
  [name, { rs1: 6, imm: lines.length * 4 + 4 }],
  ...lines,
];
const either = (bits: number, one: readonly Line[], other: readonly Line[]): Line[] => [
  ...unless(bits, [...one, ["jal", { imm: other.length * 4 + 4 }]]),
  ...other,
];
/** Turns until the count is none. */
const loop = (...parts: (Line | readonly Line[])[]): Line[] => {
  const lines = parts.flatMap((part) => (typeof part[0] === "string" ? [part as Line] : part));
  const turn = [...(lines as Line[]), next(COUNT, -1)];
  return [...turn, ["bne", { rs1: COUNT, imm: turn.length * -4 }], ["jal", { imm: 0 }]];
};

const cases: Readonly<Record<string, Case>> = {
  "a base that one side moves on more": {
    lines: loop(unless(1, [next(8, 512)]), load(8), next(8, 8)),
    bases: { 8: 0 },
    values: { [COUNT]: 60 },
  },
  "a base that the other side moves on more": {
    lines: loop(unless(1, [next(8, 512)], "bne"), load(8), next(8, 8)),
    bases: { 8: 0 },
    values: { [COUNT]: 60 },
  },
  "a base that is moved on differently, accessed on one side": {
    lines: loop(either(3, [...load(8), next(8, 8)], [next(8, 16), store(8, -8)])),
    bases: { 8: 0 },
    values: { [COUNT]: 1500 },
  },
  "a base that both sides move on alike": {
    lines: loop(either(1, [...load(8), next(8, 24)], [next(8, 8), store(8, 8), next(8, 16)])),
    bases: { 8: 8 },
    values: { [COUNT]: 1000 },
  },
  "a base that either side makes another one": {
    lines: loop(
      load(10),
      either(1, [["addi", { rd: 10, rs1: 8 }]], [["addi", { rd: 10, rs1: 9 }]]),
      [next(8, 8), next(9, 64)],
    ),
    bases: { 8: 0, 9: 4096 * 3, 10: 64 },
    values: { [COUNT]: 200 },
  },
  "several ways back that move on differently": {
    lines: [
      ...load(8),
      ["andi", { rd: 6, rs1: COUNT, imm: 3 }],
      next(COUNT, -1),
      next(8, 8),
      ["bne", { rs1: 6, imm: -24 }],
      next(8, 400),
      ["blt", { rs2: COUNT, imm: -32 }],
      ["jal", { imm: 0 }],
    ],
    bases: { 8: 0 },
    values: { [COUNT]: 230 },
  },
  "a copy of a base, which becomes what another one is": {
    lines: loop(load(9), ["addi", { rd: 9, rs1: 8 }], next(8, 64)),
    bases: { 8: 0, 9: 128 },
    values: { [COUNT]: 400 },
  },
  "bases that are exchanged": {
    lines: loop(load(8), store(9, 8), [
      ["addi", { rd: 10, rs1: 8 }],
      ["addi", { rd: 8, rs1: 9, imm: 8 }],
      ["addi", { rd: 9, rs1: 10, imm: -8 }],
    ]),
    bases: { 8: 0, 9: 4096 * 4 },
    values: { [COUNT]: 400 },
  },
  "bases that walk by a register": {
    lines: loop(load(8), store(9), [
      ["add", { rd: 8, rs1: 12, rs2: 8 }],
      ["add", { rd: 9, rs1: 9, rs2: 12 }],
    ]),
    bases: { 8: 0, 9: 4096 * 4 },
    values: { [COUNT]: 1000, 12: 16 },
  },
  "a copy of a base that has its low word": {
    lines: loop(load(8), ["addiw", { rd: 9, rs1: 8 }], unless(63, load(9), "bne"), next(8, 16)),
    bases: { 8: HIGH },
    values: { [COUNT]: 1000 },
  },
  "a base that a jump's link replaces": {
    lines: loop(
      load(8),
      ["addi", { rd: 10, rs1: 8, imm: 16 }],
      [
        ["jal", { rd: 8, imm: 4 }],
        ["addi", { rd: 8, rs1: 10 }],
      ],
    ),
    bases: { 8: 0 },
    values: { [COUNT]: 1000 },
  },
  "a copy of a base that a jump's link replaces": {
    lines: loop(load(9), load(9, 8), store(8), ["addi", { rd: 9, rs1: 8 }], next(8, 16), [
      ["jal", { rd: 9, imm: 4 }],
    ]),
    bases: { 8: 0, 9: 8 },
    values: { [COUNT]: 1000 },
  },
  "a base that is loaded": {
    lines: loop(load(8), ["sd", { rs1: 8, rs2: 8 }], ["ld", { rd: 8, rs1: 8 }], next(8, 256)),
    bases: { 8: 0 },
    values: { [COUNT]: 90 },
  },
  "what lies apart by more than a page": {
    lines: loop(
      load(8, -2048),
      ["lw", { rd: 7, rs1: 8, imm: 2044 }],
      [
        ["lw", { rd: 28, rs1: 8, imm: 2046 }],
        ["add", { rd: SUM, rs1: SUM, rs2: 28 }],
        ["add", { rd: SUM, rs1: SUM, rs2: 7 }],
        next(8, 8),
      ],
    ),
    bases: { 8: 2048 },
    values: { [COUNT]: 1000 },
  },
};

/** By x8; whether pages may be read is known by x9 before x8 comes there. */
const accessOrders: readonly (readonly [string, readonly Line[]])[] = [
  ["a load, then a store", [...load(8), store(8)]],
  ["a store, then a load", [store(8), ...load(8)]],
  ["a store, then a load of what is behind", [store(8, 8), ...load(8)]],
  ["a store on one side, then a load", [...unless(1, [store(8)]), ...load(8)]],
  ["a load, then a store on one side", [...load(8), ...unless(1, [store(8)])]],
  ["loads on both sides, one with a store", either(1, [...load(8), store(8)], load(8))],
  ["a store, a load, a store", [store(8), ...load(8), store(8, 0)]],
];
const orderCases = accessOrders.flatMap(([name, lines]): [string, Case][] => {
  const common = { lines: loop(lines, load(9), next(8, 8)), bases: { 8: 0, 9: 4096 * 2 } };
  return [
    [
      `${name}: a page that is only read`,
      { ...common, values: { [COUNT]: 3000 }, readOnly: [2, 3], endsInTrap: true },
    ],
    [
      `${name}: pages that are copied`,
      { ...common, values: { [COUNT]: 2000 }, shared: [0, 1, 2, 3] },
    ],
  ];
});

/** What moves pages away in the midst of a turn, or between accesses that share a look. */
const movedCases: Readonly<Record<string, Case>> = {
  "a page that a store of the same turn copies": {
    lines: loop(
      load(8),
      // Its address is not known by strides.
      ["xor", { rd: 7, rs1: 8, rs2: 9 }],
      ["xor", { rd: 7, rs1: 7, rs2: 9 }],
      unless(15, [store(7, 64)], "bne"),
      load(8, 64),
      load(8, 128),
      next(8, 8),
    ),
    bases: { 8: 0, 9: 80 },
    values: { [COUNT]: 2000 },
    shared: [0, 1, 2, 3, 4],
  },
  "a page that an atomic access copies": {
    lines: loop(
      load(8),
      ["xor", { rd: 7, rs1: 8, rs2: 9 }],
      ["xor", { rd: 7, rs1: 7, rs2: 9 }],
      unless(15, [["amoadd.d", { rd: 5, rs1: 7, rs2: COUNT }]], "bne"),
      load(8),
      load(8, 128),
      next(8, 8),
    ),
    bases: { 8: 0, 9: 80 },
    values: { [COUNT]: 2000 },
    shared: [0, 1, 2, 3, 4],
  },
  "a page that is copied between accesses that share a look": {
    lines: loop(load(8), load(8, 8), store(9), load(8, 16), next(9, -8)),
    bases: { 8: 64, 9: 4096 + 256 },
    values: { [COUNT]: 400 },
    shared: [0, 1],
  },
  "a page that is copied in a block behind the one that looked": {
    lines: loop(
      [...load(8), ...load(8, 8)],
      unless(1, [store(9), ...load(8, 16), ...load(8, 24)]),
      next(9, -8),
    ),
    bases: { 8: 64, 9: 4096 + 256 },
    values: { [COUNT]: 400 },
    shared: [0, 1],
  },
  "a page that is copied by a base that walks by a register": {
    lines: loop(load(8), store(7), load(8, 8), ["add", { rd: 7, rs1: 7, rs2: 12 }], next(8, 8)),
    bases: { 7: 4096 + 256, 8: 64 },
    values: { [COUNT]: 400, 12: -8 },
    shared: [0, 1],
  },
  "a base that is a jump's link in a block between": {
    lines: loop(
      ["addi", { rd: 11, rs1: 9 }],
      [...load(11), ...load(11, 8)],
      unless(1, [["jal", { rd: 11, imm: 4 }], ...load(11, 16), ...load(11, 24)]),
      next(9, 8),
    ),
    bases: { 9: 64 },
    values: { [COUNT]: 400 },
  },
  "a base that is changed in a block between": {
    lines: loop(
      [...load(8), ...load(8, 8)],
      unless(3, [next(8, 4096 - 2100), next(6, 1), ["bge", { rs2: 6, imm: 28 }]]),
      [...load(8, 16), ...load(8, 24)],
    ),
    bases: { 8: 64 },
    values: { [COUNT]: 12 },
  },
  "a base that is changed before a branch": {
    lines: loop(
      [...load(8), ...load(8, 8)],
      unless(1, [next(8, 1900), ["bge", { rs2: 6, imm: 28 }], ...load(8, 16), ...load(8, 24)]),
    ),
    bases: { 8: 64 },
    values: { [COUNT]: 26 },
  },
};

function makeRig(isTranslated: boolean, { lines, bases, values, readOnly, shared }: Case): Rig {
  const eager = { translator: true, translateAfterSamples: 0, sampleInstructions: 40 };
  const rig = new Rig(isTranslated ? eager : { translator: false });
  const left = new Set(shared);
  rig.onMiss = (_space, number, access) => {
    const page = number - DATA / PAGE_BYTES;
    if (access !== RW - R || !left.delete(page)) return;
    rig.write(copyOf(page), 0, Uint8Array.from(rig.read(frameOf(page), 0, PAGE_BYTES)));
    // What is still read there is seen to be.
    rig.write(frameOf(page), 0, new Uint8Array(PAGE_BYTES).fill(0xaa));
    rig.map(DATA + page * PAGE_BYTES, copyOf(page), RW);
  };
  for (let page = 0; page < PAGES; page++) {
    const bytes = Uint8Array.from(
      { length: PAGE_BYTES },
      (_, at) => (at * 7) ^ (page * 31) ^ (at >> 5),
    );
    rig.write(frameOf(page), 0, bytes);
    const isRead = left.has(page) || readOnly?.includes(page) === true;
    rig.map(DATA + page * PAGE_BYTES, frameOf(page), isRead ? R : RW);
    rig.map(HIGH + DATA + page * PAGE_BYTES, frameOf(page) + 60, RW);
  }
  rig.code(lines);
  for (const [register, offset] of Object.entries(bases)) rig.setX(Number(register), DATA + offset);
  for (const [register, value] of Object.entries(values ?? {})) rig.setX(Number(register), value);
  return rig;
}

for (const [name, one] of [
  ...Object.entries(cases),
  ...orderCases,
  ...Object.entries(movedCases),
] as const) {
  test(name, () => {
    for (const budget of [100, 777, 30_000]) {
      const [plain, translated] = [makeRig(false, one), makeRig(true, one)];
      let exit = EXIT_BUDGET;
      for (let done = 0; done < 60_000 && exit === EXIT_BUDGET; done += budget) {
        exit = plain.run(budget);
        const wanted = plain.stateAfter(exit);
        assert.deepEqual(
          translated.stateAfter(translated.run(budget)),
          wanted,
          `${budget}: ${done}`,
        );
      }
      assert.equal(exit === EXIT_TRAP, one.endsInTrap === true);
      const left = BigInt.asIntN(64, plain.getX(COUNT));
      assert.equal(left <= 0n, one.endsInTrap !== true, `${left} turns are left`);
      assert.ok((translated.machine.translations?.counts.regions ?? 0) > 0);
      const bytes = 128 * PAGE_BYTES;
      const [memory, other] = [plain, translated].map(({ machine }) =>
        Buffer.from(machine.ram.buffer, machine.ram.byteOffset, bytes),
      );
      assert.ok(memory?.equals(other as Buffer), `${budget}: memory differs`);
    }
  });
}
