/** Traps of user mode: cause, value and pc, and that a trapping instruction has done nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../../src/machine/isa/encode.js";
import {
  CAUSE_BREAKPOINT,
  CAUSE_ILLEGAL_INSTRUCTION,
  CAUSE_INSTRUCTION_PAGE_FAULT,
  CAUSE_LOAD_MISALIGNED,
  CAUSE_LOAD_PAGE_FAULT,
  CAUSE_STORE_MISALIGNED,
  CAUSE_STORE_PAGE_FAULT,
  EXIT_LEFT,
  EXIT_TRAP,
  LEAVE,
} from "../../src/machine/platform.js";
import { CODE, DATA, R, Rig, RW, RX } from "./rig.js";

const NOP = ["addi", {}] as const;

/** Runs and expects a trap behind `before` instructions. */
function expectTrap(rig: Rig, before: number, cause: number, value: bigint, pc: number): void {
  assert.equal(rig.run(), EXIT_TRAP);
  assert.deepEqual(
    { ...rig.trap, pc: rig.getPc(), executed: rig.machine.executedInstructions },
    { cause, value, pc, executed: before },
  );
}

test("an illegal instruction gives its bits, 32 and 16 of them", () => {
  for (const word of [0xffff_ffff, 0x0000_707f, 0x0000_0000, 0x0000_8002, 0x0000_6101]) {
    const rig = new Rig();
    rig.code([NOP, NOP]);
    const bytes = new Uint8Array(new Uint32Array([word]).buffer);
    rig.write(1, 8, bytes);
    const bits = (word & 3) === 3 ? word : word & 0xffff;
    expectTrap(rig, 2, CAUSE_ILLEGAL_INSTRUCTION, BigInt(bits), CODE + 8);
  }
});

test("privileged instructions and CSRs above user mode are illegal", () => {
  const lines = [
    ["mret"],
    ["sret"],
    ["wfi"],
    ["sfence.vma", { rs1: 1, rs2: 2 }],
    ["csrrs", { rd: 1, imm: 0x100 }],
    ["csrrs", { rd: 1, imm: 0x300 }],
    ["csrrw", { rd: 1, rs1: 1, imm: 0x341 }],
    ["csrrs", { rd: 1, imm: 0x7c0 }],
    ["csrrw", { rd: 0, rs1: 1, imm: 0xc00 }],
    ["csrrsi", { rd: 1, rs1: 1, imm: 0xc02 }],
  ] as const;
  for (const line of lines) {
    const rig = new Rig();
    rig.code([NOP, line]);
    rig.setX(1, 5);
    expectTrap(rig, 1, CAUSE_ILLEGAL_INSTRUCTION, BigInt(encode(line[0], line[1])), CODE + 4);
    assert.equal(rig.getX(1), 5n);
  }
});

test("a reserved rounding mode is illegal, in the instruction and in fcsr", () => {
  for (const [rm, frm] of [
    [5, 0],
    [6, 0],
    [7, 5],
    [7, 6],
    [7, 7],
  ] as const) {
    const rig = new Rig();
    const word = encode("fadd.d", { rd: 1, rs1: 2, rs2: 3, rm });
    rig.code([["fadd.d", { rd: 1, rs1: 2, rs2: 3, rm }]]);
    rig.setFcsr(frm << 5);
    expectTrap(rig, 0, CAUSE_ILLEGAL_INSTRUCTION, BigInt(word), CODE);
  }
});

test("ebreak gives its address, long and short", () => {
  for (const name of ["ebreak", "c.ebreak"]) {
    const rig = new Rig();
    rig.code([["c.nop"], [name]]);
    expectTrap(rig, 1, CAUSE_BREAKPOINT, BigInt(CODE + 2), CODE + 2);
  }
});

const outside = [0n, 0x4_0000n, 1n << 38n, (1n << 38n) + BigInt(DATA), 0xffff_ffff_ffff_ff00n];

test("loads outside give their address and leave rd alone, wherever the address is", () => {
  for (const name of ["lb", "lhu", "lw", "ld", "flw", "fld"]) {
    for (const address of [...outside, 0xff_ffff_f000n, (1n << 44n) - 4096n]) {
      const rig = new Rig();
      rig.code([NOP, [name, { rd: 5, rs1: 6, imm: -8 }]]);
      rig.setX(5, 77);
      rig.setX(6, BigInt.asUintN(64, address + 8n));
      expectTrap(rig, 1, CAUSE_LOAD_PAGE_FAULT, address, CODE + 4);
      assert.equal(rig.getX(5), 77n);
    }
  }
});

test("stores outside or to a read-only page give their address", () => {
  for (const name of ["sb", "sh", "sw", "sd", "fsd"]) {
    for (const address of [...outside, 0x3_0000n]) {
      const rig = new Rig();
      rig.map(0x3_0000, 3, R);
      rig.code([[name, { rs1: 6, rs2: 5 }]]);
      rig.setX(5, -1);
      rig.setX(6, address);
      expectTrap(rig, 0, CAUSE_STORE_PAGE_FAULT, address, CODE);
      assert.deepEqual(rig.read(3, 0, 8), [0, 0, 0, 0, 0, 0, 0, 0]);
    }
  }
});

test("atomics: page faults are stores', LR's are loads'", () => {
  for (const [name, cause] of [
    ["amoadd.w", CAUSE_STORE_PAGE_FAULT],
    ["amoswap.d", CAUSE_STORE_PAGE_FAULT],
    ["lr.w", CAUSE_LOAD_PAGE_FAULT],
  ] as const) {
    const rig = new Rig();
    rig.code([[name, { rd: 5, rs1: 6, rs2: 7 }]]);
    rig.setX(5, 77);
    rig.setX(6, 0x4_0000);
    expectTrap(rig, 0, cause, 0x4_0000n, CODE);
    assert.equal(rig.getX(5), 77n);
  }
});

test("misaligned atomics trap, also where the page is missing", () => {
  for (const [name, cause] of [
    ["amoadd.w", CAUSE_STORE_MISALIGNED],
    ["amomax.d", CAUSE_STORE_MISALIGNED],
    ["lr.d", CAUSE_LOAD_MISALIGNED],
    ["sc.w", CAUSE_STORE_MISALIGNED],
  ] as const) {
    for (const address of [DATA + 2, 0x4_0002]) {
      const rig = new Rig();
      rig.code([[name, { rd: 5, rs1: 6, rs2: name === "lr.d" ? 0 : 7 }]]);
      rig.setX(6, address);
      expectTrap(rig, 0, cause, BigInt(address), CODE);
    }
  }
});

test("an access over a page's end: both pages, else nothing and the missing page's address", () => {
  const bytes = [1, 2, 3, 4, 5, 6, 7, 8];
  for (let offset = 4089; offset < 4096; offset++) {
    const rig = new Rig();
    rig.map(DATA + 4096, 5, RW);
    rig.code([
      ["sd", { rs1: 6, rs2: 5 }],
      ["ld", { rd: 7, rs1: 6 }],
      ["lwu", { rd: 28, rs1: 6, imm: 4 }],
      ["ebreak"],
    ]);
    rig.setX(5, 0x0807_0605_0403_0201n);
    rig.setX(6, DATA + offset);
    expectTrap(rig, 3, CAUSE_BREAKPOINT, BigInt(CODE + 12), CODE + 12);
    const both = [...rig.read(2, offset, 4096 - offset), ...rig.read(5, 0, 8 + offset - 4096)];
    assert.deepEqual(both, bytes);
    assert.equal(rig.getX(7), 0x0807_0605_0403_0201n);
    assert.equal(rig.getX(28), 0x0807_0605n);

    for (const permissions of [0, R]) {
      const half = new Rig();
      if (permissions !== 0) half.map(DATA + 4096, 5, permissions);
      half.code([["sd", { rs1: 6, rs2: 5 }]]);
      half.setX(5, -1);
      half.setX(6, DATA + offset);
      expectTrap(half, 0, CAUSE_STORE_PAGE_FAULT, BigInt(DATA + 4096), CODE);
      assert.deepEqual(half.read(2, offset, 4096 - offset), Array(4096 - offset).fill(0));
    }
  }
});

test("a jump to a page that may not be executed traps at the target", () => {
  const targets = [BigInt(DATA), 0x4_0000n, 1n << 38n, 0xffff_ffff_ffff_f000n, (1n << 44n) - 4096n];
  for (const target of targets) {
    const rig = new Rig();
    rig.code([["jalr", { rd: 1, rs1: 6 }]]);
    rig.setX(6, target | 1n);
    assert.equal(rig.run(), EXIT_TRAP);
    assert.deepEqual(rig.trap, { cause: CAUSE_INSTRUCTION_PAGE_FAULT, value: target });
    assert.equal(BigInt(rig.getPc()), BigInt(Number(target)));
    assert.equal(rig.getX(1), BigInt(CODE + 4));
    assert.equal(rig.machine.executedInstructions, 1);
  }
});

test("running off the end of a page into a missing one traps there", () => {
  const rig = new Rig();
  rig.code([NOP], 4092);
  rig.setPc(CODE + 4092);
  expectTrap(rig, 1, CAUSE_INSTRUCTION_PAGE_FAULT, BigInt(CODE + 4096), CODE + 4096);
});

test("an instruction over a page's end, without and with its second half", () => {
  const rig = new Rig();
  const word = encode("addi", { rd: 5, rs1: 5, imm: 0x123 });
  rig.write(1, 4094, new Uint8Array([word & 255, (word >>> 8) & 255]));
  rig.setPc(CODE + 4094);
  expectTrap(rig, 0, CAUSE_INSTRUCTION_PAGE_FAULT, BigInt(CODE + 4096), CODE + 4094);
  rig.map(CODE + 4096, 6, RX);
  rig.write(6, 0, new Uint8Array([(word >>> 16) & 255, word >>> 24]));
  rig.code([["ebreak"]], 2, 6);
  expectTrap(rig, 1, CAUSE_BREAKPOINT, BigInt(CODE + 4098), CODE + 4098);
  assert.equal(rig.getX(5), 0x123n);
});

test("a trap of an instruction over a page's end has its address", () => {
  const rig = new Rig();
  rig.map(CODE + 4096, 6, RX);
  const word = encode("ld", { rd: 5, rs1: 6, imm: 16 });
  rig.write(1, 4094, new Uint8Array([word & 255, (word >>> 8) & 255]));
  rig.write(6, 0, new Uint8Array([(word >>> 16) & 255, word >>> 24]));
  rig.setPc(CODE + 4094);
  rig.setX(6, 0x4_0000);
  expectTrap(rig, 0, CAUSE_LOAD_PAGE_FAULT, 0x4_0010n, CODE + 4094);
});

test("ecall: the pc is behind it, the count includes it; LEAVE ends the run there", () => {
  for (const [lines, length] of [
    [[NOP, ["ecall"], NOP, ["ebreak"]], 4],
    [[["c.nop"], ["ecall"], NOP, ["ebreak"]], 2],
  ] as const) {
    const rig = new Rig();
    const seen: number[][] = [];
    let answer = 0;
    rig.onEnvironmentCall = (context, executed) => {
      seen.push([context, executed, rig.getPc()]);
      return answer;
    };
    rig.code(lines);
    expectTrap(rig, 3, CAUSE_BREAKPOINT, BigInt(CODE + length + 8), CODE + length + 8);
    answer = LEAVE;
    rig.setPc(CODE);
    assert.equal(rig.run(), EXIT_LEFT);
    assert.equal(rig.getPc(), CODE + length + 4);
    assert.equal(rig.machine.executedInstructions, 2);
    assert.deepEqual(seen, [
      [rig.context, 2, CODE + length + 4],
      [rig.context, 2, CODE + length + 4],
    ]);
  }
});
