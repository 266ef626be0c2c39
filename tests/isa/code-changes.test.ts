/** Code that changes: stores to code take effect at once, decoded pages come and go. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../../src/machine/isa/encode.js";
import { EXIT_BUDGET, EXIT_TRAP } from "../../src/machine/platform.js";
import { CODE, DATA, Rig, RW, RWX, RX } from "./rig.js";

const addi = (imm: number) => encode("addi", { rd: 5, rs1: 5, imm });

test("a store to the next instruction takes effect at once", () => {
  for (const alias of [CODE, DATA + 8192]) {
    const rig = new Rig();
    rig.map(CODE, 1, RWX);
    rig.map(DATA + 8192, 1, RW);
    rig.code([
      ["sw", { rs1: 6, rs2: 7, imm: 8 }],
      ["addi", {}],
      ["addi", { rd: 5, rs1: 5, imm: 1 }],
      ["ebreak"],
    ]);
    rig.setX(6, alias);
    for (const imm of [1, 2, 3]) {
      rig.setX(5, 0);
      rig.setX(7, addi(imm));
      rig.setPc(CODE);
      assert.equal(rig.run(), EXIT_TRAP);
      assert.equal(rig.getX(5), BigInt(imm));
      assert.equal(rig.getPc(), CODE + 12);
    }
  }
});

test("a store to a half of an instruction, and to one that was data before", () => {
  const rig = new Rig();
  rig.map(CODE, 1, RWX);
  rig.code([
    ["sh", { rs1: 6, rs2: 7, imm: 10 }],
    ["addi", {}],
    ["addi", { rd: 5, rs1: 5, imm: 1 }],
    ["ebreak"],
  ]);
  rig.setX(6, CODE);
  rig.run();
  rig.setX(7, addi(0x345) >>> 16);
  rig.setPc(CODE);
  rig.setX(5, 0);
  rig.run();
  assert.equal(rig.getX(5), 0x345n);
});

test("writable data becomes code: cached write translations are taken back", () => {
  const rig = new Rig();
  rig.map(DATA, 2, RWX);
  rig.code([["sw", { rs1: 6, rs2: 7 }], ["jalr", { rd: 1, rs1: 6 }], ["ebreak"]]);
  rig.code(
    [
      ["addi", {}],
      ["jalr", { rs1: 1 }],
    ],
    0,
    2,
  );
  rig.setX(6, DATA);
  for (const imm of [1, 2, 3]) {
    rig.setX(5, 0);
    rig.setX(7, addi(imm));
    rig.setPc(CODE);
    assert.equal(rig.run(), EXIT_TRAP);
    assert.equal(rig.getX(5), BigInt(imm));
  }
  assert.equal(rig.machine.codeFrames[2], 1);
});

test("a write of the kernel is seen after invalidateCode, and stores are fast again", () => {
  const rig = new Rig();
  rig.code([["addi", { rd: 5, rs1: 5, imm: 1 }], ["ebreak"]]);
  rig.run();
  assert.equal(rig.machine.codeFrames[1], 1);
  rig.machine.ram.set(new Uint8Array(new Uint32Array([addi(9)]).buffer), 4096);
  rig.machine.invalidateCode(1);
  assert.equal(rig.machine.codeFrames[1], 0);
  rig.setPc(CODE);
  rig.setX(5, 0);
  rig.run();
  assert.equal(rig.getX(5), 9n);
});

test("the kernel changes code during a system call and the call goes on", () => {
  const rig = new Rig();
  rig.code([["ecall"], ["addi", { rd: 5, rs1: 5, imm: 1 }], ["ebreak"]]);
  rig.onEnvironmentCall = () => {
    rig.code([["addi", { rd: 5, rs1: 5, imm: 7 }]], 4);
    return 0;
  };
  rig.run();
  assert.equal(rig.getX(5), 7n);
});

test("the frame of the running page is given away during a load's miss", () => {
  const rig = new Rig();
  rig.code([["ld", { rd: 5, rs1: 6 }], ["addi", { rd: 7, imm: 1 }], ["ebreak"]]);
  rig.write(2, 0, Uint8Array.of(9));
  rig.map(CODE, 1, RX);
  rig.code([["ld", { rd: 5, rs1: 6 }], ["addi", { rd: 7, imm: 2 }], ["ebreak"]], 0, 7);
  rig.setX(6, DATA);
  rig.onMiss = (_space, page) => {
    if (page !== DATA / 4096) return;
    rig.map(CODE, 7, RX);
    rig.machine.invalidateCode(1);
  };
  rig.run();
  assert.equal(rig.getX(5), 9n);
  assert.equal(rig.getX(7), 2n);
});

test("one frame followed by different frames in two spaces", () => {
  const rig = new Rig();
  const word = encode("addi", { rd: 5, rs1: 5, imm: 0x111 });
  rig.write(1, 4094, new Uint8Array([word & 255, (word >>> 8) & 255]));
  const other = rig.newSpace();
  const context = rig.newContext(other);
  rig.map(CODE, 1, RX, other);
  for (const [frame, space, imm] of [
    [6, rig.space, 0x111],
    [7, other, 0x222],
  ] as const) {
    const half = encode("addi", { rd: 5, rs1: 5, imm }) >>> 16;
    rig.write(frame, 0, new Uint8Array([half & 255, half >>> 8]));
    rig.code([["ebreak"]], 2, frame);
    rig.map(CODE + 4096, frame, RX, space);
  }
  for (let turn = 1; turn <= 3; turn++) {
    for (const [who, imm] of [
      [rig.context, 0x111],
      [context, 0x222],
    ] as const) {
      rig.setPc(CODE + 4094, who);
      assert.equal(rig.run(1000, who), EXIT_TRAP);
      assert.equal(rig.getX(5, who), BigInt(imm * turn));
    }
  }
});

test("more code pages than decoded pages: eviction keeps the meaning", () => {
  const rig = new Rig({ decodedPages: 2 });
  const pages = 9;
  for (let page = 0; page < pages; page++) {
    rig.map(CODE + page * 4096, 10 + page, RX);
    const back = page === pages - 1;
    const distance = back ? -4096 * (pages - 1) : 4096;
    // The addi lies over the page's end wherever another page follows.
    rig.code(
      [
        ["addi", { rd: 5, rs1: 5, imm: 1 }],
        ["jal", { imm: distance - 4 }],
      ],
      0,
      10 + page,
    );
  }
  assert.equal(rig.run(18_000), EXIT_BUDGET);
  assert.equal(rig.getX(5), 9000n);
  assert.equal(rig.machine.codeFrames.reduce((sum, one) => sum + one, 0) <= 2, true);
});

test("an instruction over a page's end while both pages fight for decoded pages", () => {
  const rig = new Rig({ decodedPages: 2 });
  rig.map(CODE + 4096, 3, RX);
  rig.map(CODE + 8192, 4, RX);
  const word = encode("addi", { rd: 5, rs1: 5, imm: 1 });
  rig.write(1, 4094, new Uint8Array([word & 255, (word >>> 8) & 255]));
  rig.write(3, 0, new Uint8Array([(word >>> 16) & 255, word >>> 24]));
  rig.code([["jal", { imm: 4094 }]], 2, 3);
  rig.code([["jal", { imm: -4098 }]], 0, 4);
  rig.setPc(CODE + 4094);
  assert.equal(rig.run(30_000), EXIT_BUDGET);
  assert.equal(rig.getX(5), 10_000n);
});

test("a frame whose code changed often is translated again once it is calm", () => {
  const rig = new Rig({ translator: true, translateAfterSamples: 1, sampleInstructions: 40 });
  const regions = () => rig.machine.translations?.counts.regions ?? 0;
  const runAnew = (turns: number): void => {
    rig.code([
      ["addi", { rd: 5, rs1: 5, imm: 1 }],
      ["addi", { rd: 6, rs1: 6, imm: -1 }],
      ["bne", { rs1: 6, imm: -8 }],
      ["ebreak"],
    ]);
    rig.setPc(CODE);
    rig.setX(5, 0);
    rig.setX(6, turns);
    assert.equal(rig.run(1_000_000), EXIT_TRAP);
    assert.equal(rig.getX(5), BigInt(turns));
  };
  for (let time = 0; time < 30; time++) runAnew(300);
  const whileChanging = regions();
  assert.ok(whileChanging > 10, "it was translated at first");
  for (let time = 0; time < 10; time++) runAnew(300);
  assert.equal(regions(), whileChanging, "it is interpreted while it changes");
  runAnew(30_000);
  assert.equal(regions(), whileChanging + 1);
});
