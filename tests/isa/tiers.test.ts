/**
 * Interpreter and translator give the same: random small programs with loops, calls, jumps by
 * register, accesses over page ends, faults that are repaired and code that changes, run in slices
 * of random length with the tables changed between them. After each slice both machines have the
 * same exit, count, trap and registers. SIXFOLD_TEST_SEED and SIXFOLD_TEST_PROGRAMS_COUNT set what
 * is run. And the tests of single behaviours run again with everything translated.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { enableEngineFeatures } from "../../src/host/node/engine.js";
import { encode, toBytes } from "../../src/machine/isa/encode.js";
import { EXIT_TRAP, PAGE_BYTES } from "../../src/machine/platform.js";
import { plainEngine } from "../../src/machine/wasm/features.js";
import { MemoryStore } from "./memory-store.js";
import { Random, randomFloat, randomInteger } from "./random.js";
import { CODE, DATA, R, Rig, RW, RWX } from "./rig.js";
import { floatSequence, pointers, randomSequence, sequenceBytes } from "./sequences.js";

const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const count = Number(process.env.SIXFOLD_TEST_PROGRAMS_COUNT ?? (isLong ? 1000 : 60));
const seed = Number(process.env.SIXFOLD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

enableEngineFeatures();

const FUEL = 3;
const ADDRESS = 4;
const SLICES = 60;
const CODE_PAGES = 2;
const MOVED_BYTES = 0x100000;
const CODE_FRAME = 1;
const DATA_FRAME = 4;
/** Of the two pages of data: what crosses from one to the other does not lie together. */
const dataFrame = (page: number): number => DATA_FRAME + (page === 0 ? 2 : 0);
const BRANCHES = ["beq", "bne", "blt", "bge", "bltu", "bgeu"] as const;

/** Where a block begins, and what it consists of but for its ending. */
interface Part {
  readonly offset: number;
  readonly body: Uint8Array;
}

const ENDING_BYTES = 16;
const HEAD_BYTES = 12;

/** A random program: blocks that each cost fuel and end by a jump to another one. */
function randomProgram(random: Random): Uint8Array {
  const parts: Part[] = [];
  let offset = 0;
  for (;;) {
    const words = random.chance(30)
      ? floatSequence(random, random.between(1, 8))
      : randomSequence(random, random.between(1, 6));
    // A count that the program reads is the same wherever it is read.
    if (random.chance(15)) {
      words.push(encode("csrrs", { rd: random.between(10, 15), imm: 0xc00 + random.below(3) }));
    }
    const body = sequenceBytes(words);
    const lengthBytes = HEAD_BYTES + body.length + ENDING_BYTES;
    if (offset + lengthBytes > CODE_PAGES * PAGE_BYTES - 8) break;
    parts.push({ offset, body });
    offset += lengthBytes;
    if (parts.length > 4 && random.chance(4)) break;
  }
  const end = offset;
  const bytes = new Uint8Array(end + 4);
  for (const part of parts) {
    const head = toBytes([
      encode("addi", { rd: FUEL, rs1: FUEL, imm: -1 }),
      encode("bne", { rs1: FUEL, rs2: 0, imm: 8 }),
      encode("jal", { rd: 0, imm: end - (part.offset + 8) }),
    ]);
    bytes.set(head, part.offset);
    bytes.set(part.body, part.offset + HEAD_BYTES);
    const at = part.offset + HEAD_BYTES + part.body.length;
    bytes.set(toBytes(randomEnding(random, at, parts)), at);
  }
  bytes.set(toBytes([encode("ebreak", {})]), end);
  return bytes;
}

/** Four instructions that go to random blocks. */
function randomEnding(random: Random, at: number, parts: readonly Part[]): number[] {
  const target = () => random.pick(parts).offset;
  const jump = (place: number, rd = 0) => encode("jal", { rd, imm: target() - (at + place) });
  const [rs1, rs2] = [random.below(32), random.below(32)];
  const kind = random.below(4);
  if (kind === 0) {
    const branch = encode(random.pick(BRANCHES), { rs1, rs2, imm: 8 });
    return [branch, jump(4), jump(8), jump(12)];
  }
  if (kind === 1) {
    const near = target() - at;
    const imm = Math.abs(near) < 4000 ? near : 8;
    return [encode(random.pick(BRANCHES), { rs1, rs2, imm }), jump(4), jump(8), jump(12)];
  }
  if (kind === 2) return [jump(0, random.pick([0, 1, 5])), jump(4), jump(8), jump(12)];
  const distance = target() - at;
  const low = (distance << 20) >> 20;
  return [
    encode("auipc", { rd: ADDRESS, imm: distance - low }),
    encode("addi", { rd: ADDRESS, rs1: ADDRESS, imm: low }),
    encode("jalr", { rd: random.pick([0, 1, 5, 6]), rs1: ADDRESS, imm: 0 }),
    jump(12),
  ];
}

/** The machines under comparison; every change is done to both. */
class Pair {
  readonly rigs: readonly Rig[];

  /** @param code where the program lies */
  constructor(
    samples: number,
    isPlain: boolean,
    store?: MemoryStore,
    readonly code = CODE,
  ) {
    const translated = { translator: true, translateAfterSamples: samples, sampleInstructions: 40 };
    const features = isPlain ? { features: plainEngine } : {};
    const kept = store === undefined ? {} : { translationStore: () => store };
    this.rigs = [new Rig({ translator: false }), new Rig({ ...translated, ...features, ...kept })];
  }

  each(change: (rig: Rig) => void): void {
    for (const rig of this.rigs) change(rig);
  }

  /** Runs both. @returns how the slice ended */
  run(budget: number, note: string): number {
    const [plain, translated] = this.rigs.map((rig) => {
      const exit = rig.run(budget);
      return { exit, state: rig.stateAfter(exit) };
    });
    assert.deepEqual(translated?.state, plain?.state, note);
    return plain?.exit ?? 0;
  }

  compareMemory(note: string): void {
    const [plain, translated] = this.rigs.map((rig) =>
      Buffer.from(rig.machine.ram.subarray(PAGE_BYTES, 8 * PAGE_BYTES)),
    );
    assert.ok(plain && translated && plain.equals(translated), `${note}: memory differs`);
  }
}

function prepare(pair: Pair, random: Random): void {
  const code = randomProgram(random);
  const changesItself = random.chance(25);
  const values = Array.from({ length: 64 }, (_, index) =>
    index < 32 ? randomInteger(random) : randomFloat(random),
  );
  const fcsr = random.below(2);
  pair.each((rig) => {
    for (let page = 0; page < CODE_PAGES; page++) {
      rig.map(pair.code + page * PAGE_BYTES, CODE_FRAME + page, changesItself ? RWX : RWX & ~2);
    }
    rig.write(CODE_FRAME, 0, code);
    for (const [register, value] of values.entries()) {
      if (register < 32) {
        if (register > 0) rig.setX(register, value);
      } else rig.setF(register - 32, value);
    }
    rig.setFcsr(fcsr);
    rig.setX(FUEL, 500);
    const start = changesItself ? pair.code + 200 : DATA + PAGE_BYTES - 128;
    for (const { register, offset } of pointers) rig.setX(register, start + offset);
    for (let page = 0; page < 2; page++) {
      rig.map(DATA + page * PAGE_BYTES, dataFrame(page), RW);
    }
    rig.setPc(pair.code);
  });
}

/** What the kernel might do between two slices. */
function disturb(pair: Pair, random: Random): void {
  const page = DATA + random.below(2) * PAGE_BYTES;
  const frame = DATA_FRAME + random.below(3);
  const kind = random.below(12);
  pair.each((rig) => {
    if (kind === 0) rig.unmap(page);
    else if (kind === 1) rig.map(page, frame, R);
    else if (kind === 2) rig.map(page, frame, RW);
    else if (kind === 3) rig.machine.invalidateSpace(rig.space);
    else if (kind === 4)
      rig.write(CODE_FRAME, 0, rig.machine.ram.slice(PAGE_BYTES, PAGE_BYTES + 4));
  });
}

/** After a trap: the page is there again, or execution goes on elsewhere. */
function repair(pair: Pair, random: Random): void {
  const place = random.below(200) * 2;
  pair.each((rig) => {
    const { cause, value } = rig.trap;
    const page = Math.floor(Number(value) / PAGE_BYTES) * PAGE_BYTES;
    const isData = page === DATA || page === DATA + PAGE_BYTES;
    if ((cause === 13 || cause === 15) && isData) {
      rig.map(page, dataFrame(page === DATA ? 0 : 1), RW);
    } else rig.setPc(pair.code + place);
  });
}

/** Runs a random program in slices of random length, between which something happens. */
function runSlices(pair: Pair, random: Random, note: string): void {
  for (let slice = 0; slice < SLICES; slice++) {
    const exit = pair.run(random.between(1, 400), `${note}, slice ${slice}`);
    if (exit === EXIT_TRAP) repair(pair, random);
    disturb(pair, random);
    if (slice % 10 === 9) pair.each((rig) => rig.setX(FUEL, 500));
  }
  pair.compareMemory(note);
}

test(`${count} random programs run alike in both tiers`, (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed} SIXFOLD_TEST_PROGRAMS_COUNT=${count}`);
  let regions = 0;
  for (let index = 0; index < count; index++) {
    const pair = new Pair(index % 3, index % 2 === 0);
    const random = new Random(seed + index);
    prepare(pair, random);
    runSlices(pair, random, `seed ${seed + index}`);
    regions += pair.rigs[1]?.machine.translations?.counts.regions ?? 0;
  }
  assert.ok(regions > count, `only ${regions} regions were translated`);
});

test("so they do in modules of machines that ran before", () => {
  let revived = 0;
  for (let index = 0; index < count / 4; index++) {
    const store = new MemoryStore();
    // The third machine has what the first two kept; each is disturbed in its own way, and has the
    // program elsewhere.
    for (let machine = 0; machine < 3; machine++) {
      const code = CODE + machine * MOVED_BYTES;
      const pair = new Pair(index % 3, index % 2 === 0, store, code);
      prepare(pair, new Random(seed + index));
      const note = `seed ${seed + index}, machine ${machine}`;
      runSlices(pair, new Random(seed + index + machine * 1000), note);
      pair.each((rig) => {
        rig.machine.flushTranslations();
        revived += rig.machine.translations?.counts.revived ?? 0;
      });
    }
  }
  assert.ok(revived > count / 4, `only ${revived} regions were taken from modules that were kept`);
});

test("the tests of single behaviours hold when everything is translated", () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const files = ["budget", "traps", "code-changes", "spaces"].map((name) =>
    join(folder, `${name}.test.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`),
  );
  const result = spawnSync(process.execPath, [...process.execArgv, "--test", ...files], {
    encoding: "utf8",
    env: { ...process.env, SIXFOLD_TEST_TIER: "translator", NODE_TEST_CONTEXT: undefined },
  });
  assert.match(result.stdout, /^# fail 0$/m, result.stdout);
  assert.equal(result.status, 0, result.stdout);
});
