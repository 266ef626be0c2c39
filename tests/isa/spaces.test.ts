/** Address spaces, contexts, reservations, and that machines do not meet. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { context as contextLayout } from "../../src/machine/interpret/layout.js";
import { EXIT_BUDGET, EXIT_TRAP, LEAVE } from "../../src/machine/platform.js";
import { CODE, DATA, R, Rig, RW, RX } from "./rig.js";

test("more spaces than translation areas keep their own memory", () => {
  const rig = new Rig({ translationAreas: 2, ramBytes: 1 << 20 });
  rig.code([
    ["ld", { rd: 5, rs1: 6 }],
    ["addi", { rd: 5, rs1: 5, imm: 1 }],
    ["sd", { rs1: 6, rs2: 5 }],
    ["jal", { imm: -12 }],
  ]);
  const contexts = Array.from({ length: 10 }, (_, index) => {
    const space = rig.newSpace();
    rig.map(CODE, 1, RX, space);
    rig.map(DATA, 20 + index, RW, space);
    const context = rig.newContext(space);
    rig.setX(6, DATA, context);
    return context;
  });
  for (let turn = 0; turn < 3; turn++) {
    for (const [index, context] of contexts.entries()) {
      assert.equal(rig.run(4 * (index + 1), context), EXIT_BUDGET);
      assert.equal(rig.read(20 + index, 0, 1)[0], (turn + 1) * (index + 1));
    }
  }
});

test("thousands of spaces and contexts can be made, the next is refused, slots come back", () => {
  const rig = new Rig({ maximumSpaces: 5001, maximumContexts: 5001 });
  const spaces = Array.from({ length: 5000 }, () => rig.machine.createSpace());
  const contexts = Array.from({ length: 5000 }, () => rig.machine.createContext());
  assert.equal(new Set(spaces).size, 5000);
  assert.equal(rig.machine.createSpace(), -1);
  assert.equal(rig.machine.createContext(), -1);
  rig.machine.destroySpace(spaces[77] ?? 0);
  rig.machine.destroyContext(contexts[77] ?? 0);
  assert.equal(rig.machine.createSpace(), spaces[77]);
  assert.equal(rig.machine.createContext(), contexts[77]);
});

test("a page is asked for once, until it is invalidated; the other space keeps its own", () => {
  const rig = new Rig();
  rig.code([["ld", { rd: 5, rs1: 6 }], ["sd", { rs1: 6, rs2: 0 }], ["ebreak"]]);
  rig.setX(6, DATA);
  const asked = () => {
    rig.misses.length = 0;
    rig.setPc(CODE);
    rig.run();
    return rig.misses.map(({ page, access }) => [page * 4096, access]);
  };
  assert.deepEqual(asked(), [
    [CODE, 4],
    [DATA, 1],
  ]);
  assert.deepEqual(asked(), []);
  rig.machine.invalidatePage(rig.space, DATA / 4096);
  assert.deepEqual(asked(), [[DATA, 1]]);
  rig.machine.invalidateSpace(rig.space);
  assert.deepEqual(asked(), [
    [CODE, 4],
    [DATA, 1],
  ]);
  rig.map(DATA, 2, R);
  assert.deepEqual(asked(), [
    [DATA, 1],
    [DATA, 2],
  ]);
  assert.equal(rig.trap.cause, 15);
});

test("pages that share a translation entry do not disturb each other", () => {
  const rig = new Rig();
  const far = DATA + 1024 * 4096;
  rig.map(far, 3, RW);
  rig.code([
    ["sd", { rs1: 6, rs2: 6 }],
    ["sd", { rs1: 7, rs2: 7 }],
    ["ld", { rd: 10, rs1: 6 }],
    ["ld", { rd: 11, rs1: 7 }],
    ["ebreak"],
  ]);
  rig.setX(6, DATA);
  rig.setX(7, far);
  assert.equal(rig.run(), EXIT_TRAP);
  assert.equal(rig.getX(10), BigInt(DATA));
  assert.equal(rig.getX(11), BigInt(far));
});

test("copy-on-write inside the miss: the store goes to the new frame, loads follow", () => {
  const rig = new Rig();
  rig.map(DATA, 2, R);
  rig.write(2, 8, Uint8Array.of(5));
  rig.code([
    ["ld", { rd: 5, rs1: 6, imm: 8 }],
    ["sd", { rs1: 6, rs2: 6 }],
    ["ld", { rd: 7, rs1: 6, imm: 8 }],
    ["ld", { rd: 10, rs1: 6 }],
    ["ebreak"],
  ]);
  rig.setX(6, DATA);
  rig.onMiss = (_space, page, access) => {
    if (page !== DATA / 4096 || access !== 2) return;
    rig.machine.ram.copyWithin(9 * 4096, 2 * 4096, 3 * 4096);
    rig.map(DATA, 9, RW);
  };
  rig.run();
  assert.deepEqual([rig.getX(5), rig.getX(7), rig.getX(10)], [5n, 5n, BigInt(DATA)]);
  assert.deepEqual(rig.read(2, 0, 4), [0, 0, 0, 0]);
});

test("a reservation does not survive a switch, a system call or an SC", () => {
  const lr = ["lr.d", { rd: 5, rs1: 6 }] as const;
  const sc = ["sc.d", { rd: 7, rs1: 6, rs2: 6 }] as const;
  const end = ["ebreak"] as const;
  const result = (lines: readonly (readonly [string, object?])[], between?: (rig: Rig) => void) => {
    const rig = new Rig();
    rig.code(lines as never);
    rig.setX(6, DATA);
    rig.setX(7, 99);
    rig.onEnvironmentCall = () => (between === undefined ? 0 : LEAVE);
    rig.run();
    between?.(rig);
    if (between !== undefined) rig.run();
    return rig.getX(7);
  };
  assert.equal(result([lr, sc, end]), 0n);
  assert.equal(result([sc, end]), 1n);
  assert.equal(result([lr, sc, sc, end]), 1n);
  assert.equal(result([lr, ["ecall"], sc, end]), 1n);
  assert.equal(result([lr, ["addi", { rd: 6, rs1: 6, imm: 8 }], sc, end]), 1n);
  const other = (rig: Rig) => {
    rig.run(1000, rig.newContext(rig.space));
  };
  assert.equal(result([lr, ["ecall"], sc, end], other), 1n);
});

test("copyContext copies registers, pc and fcsr; x0 stays zero", () => {
  const rig = new Rig();
  rig.code([
    ["addi", { rd: 0, imm: 5 }],
    ["lui", { rd: 0, imm: 0x1000 }],
    ["ld", { rd: 0, rs1: 6 }],
    ["jal", { rd: 0, imm: 4 }],
    ["csrrw", { rd: 0, rs1: 6, imm: 3 }],
    ["add", { rd: 10, rs1: 0, rs2: 0 }],
    ["fcvt.d.l", { rd: 3, rs1: 6 }],
    ["ebreak"],
  ]);
  rig.write(2, 0, new Uint8Array(8).fill(255));
  rig.setX(6, DATA);
  rig.setX(10, 9);
  rig.run();
  assert.equal(rig.getX(0), 0n);
  assert.equal(rig.getX(10), 0n);
  const copy = rig.machine.createContext();
  rig.machine.copyContext(rig.context, copy);
  const words = (id: number) => {
    const base = rig.machine.registersBase(id);
    return [...rig.machine.words.subarray(base, base + 131)];
  };
  assert.deepEqual(words(copy), words(rig.context));
  assert.equal(rig.getPc(copy), CODE + 28);
});

test("a context in machine or supervisor mode is refused by name", () => {
  for (const [privilege, name] of [
    [3, "machine"],
    [1, "supervisor"],
  ] as const) {
    const rig = new Rig();
    const base = rig.machine.registersBase(rig.context);
    rig.machine.words[base + contextLayout.privilege / 4] = privilege;
    assert.throws(() => rig.run(), new RegExp(`bare mode.*${name} mode`));
  }
});

test("a handler may not run guest code", () => {
  const rig = new Rig();
  rig.code([["ecall"]]);
  rig.onEnvironmentCall = () => rig.run();
  assert.throws(() => rig.run(), /called by a handler/);
});

test("two machines do not meet, with a shared module cache neither", () => {
  const moduleCache = new Map<string, WebAssembly.Module>();
  const rigs = [1, 2].map(() => new Rig({ moduleCache }));
  for (const [index, rig] of rigs.entries()) {
    rig.code([["addi", { rd: 5, rs1: 5, imm: index + 1 }], ["sd", { rs1: 6, rs2: 5 }], ["ebreak"]]);
    rig.setX(6, DATA);
  }
  for (const rig of rigs) rig.run();
  for (const [index, rig] of rigs.entries()) {
    assert.equal(rig.getX(5), BigInt(index + 1));
    assert.equal(rig.read(2, 0, 1)[0], index + 1);
  }
  assert.equal(moduleCache.size, 1);
});

test("code and data in frames beyond 2 GiB", () => {
  const rig = new Rig({ ramBytes: 3 * 2 ** 30 });
  const last = rig.machine.frameCount - 1;
  rig.map(CODE, last, RX);
  rig.map(DATA, last - 1, RW);
  rig.map(DATA + 4096, last - 2, RW);
  rig.code(
    [
      ["sd", { rs1: 6, rs2: 7, imm: -4 }],
      ["ld", { rd: 5, rs1: 6, imm: -4 }],
      ["lw", { rd: 10, rs1: 6 }],
      ["ebreak"],
    ],
    0,
    last,
  );
  rig.setX(6, DATA + 4096);
  rig.setX(7, 0x1122_3344_5566_7788n);
  assert.equal(rig.run(), EXIT_TRAP);
  assert.equal(rig.trap.cause, 3);
  assert.equal(rig.getX(5), 0x1122_3344_5566_7788n);
  assert.equal(rig.getX(10), 0x1122_3344n);
  assert.deepEqual(rig.read(last - 2, 0, 4), [0x44, 0x33, 0x22, 0x11]);
});

test("wrong use is named: unknown contexts and spaces, sizes, frames that do not exist", () => {
  const rig = new Rig();
  assert.throws(() => rig.machine.run(63, 1), /no hart context 63/);
  assert.throws(() => rig.machine.destroySpace(63), /no address space 63/);
  assert.throws(() => new Rig({ ramBytes: 1000 }), /ramBytes/);
  assert.throws(() => new Rig({ ramBytes: 2 ** 32 }), /4 GiB/);
  assert.throws(() => new Rig({ decodedPages: 1 }), /too few/);
  rig.map(CODE, 9999, RX);
  assert.throws(() => rig.run(), /no frame 9999/);
});

test("an access over a page's end has both parts, wherever its base was before", () => {
  const rig = new Rig();
  rig.map(DATA, 20, RW);
  rig.map(DATA + 4096, 22, RW);
  rig.write(20, 4092, Uint8Array.of(1, 2, 3, 4));
  rig.write(22, 0, Uint8Array.of(5, 6, 7, 8));
  for (const register of [2, 8]) {
    rig.code([
      ["ld", { rd: 5, rs1: register, imm: 8 }],
      ["jal", { imm: 4 }],
      ["ld", { rd: 6, rs1: register, imm: -4 }],
      ["jal", { imm: 4 }],
      // Two by one look: all of it lies in two pages.
      ["lw", { rd: 10, rs1: register, imm: 8 }],
      ["lw", { rd: 11, rs1: register, imm: 12 }],
      ["jal", { imm: 4 }],
      ["lw", { rd: 10, rs1: register, imm: -4 }],
      ["lw", { rd: 11, rs1: register, imm: 0 }],
      ["addi", { rd: 12, rs1: 12, imm: -1 }],
      ["bne", { rs1: 12, imm: -40 }],
      ["ebreak"],
    ]);
    rig.setPc(CODE);
    rig.setX(register, DATA + 4096);
    rig.setX(12, 5);
    assert.equal(rig.run(), EXIT_TRAP);
    assert.equal(rig.trap.cause, 3);
    assert.equal(rig.getX(6), 0x0807060504030201n);
    assert.equal(rig.getX(10), 0x04030201n);
    assert.equal(rig.getX(11), 0x08070605n);
  }
});
