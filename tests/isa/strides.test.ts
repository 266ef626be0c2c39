/**
 * Loops that walk through memory by strides do the same in both tiers: random ones (walks.ts)
 * run on two machines, one translated, in slices of random length, with pages that are taken
 * away, given other frames, shared, written with code. After each slice both have the same
 * registers, count, trap and memory. SIXFOLD_TEST_SEED and SIXFOLD_TEST_PROGRAMS_COUNT set what
 * is run. It is looked at, too, that turns are done at once.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { enableEngineFeatures } from "../../src/host/node/engine.js";
import { encode } from "../../src/machine/isa/encode.js";
import { CONTINUE, EXIT_TRAP, PAGE_BYTES } from "../../src/machine/platform.js";
import { rootFirst } from "../../src/machine/translate/entries.js";
import { findRegion, successors } from "../../src/machine/translate/region.js";
import { addTurns } from "../../src/machine/translate/strides.js";
import { shapeOf } from "../../src/machine/translate/structure.js";
import { plainEngine } from "../../src/machine/wasm/features.js";
import { Random, randomFloat, randomInteger } from "./random.js";
import { R, Rig, RW, RWX, RX } from "./rig.js";
import {
  CODE_PAGE,
  CODE_PAGES,
  randomWalks,
  WALK,
  WALK_CODE,
  WALK_PAGES,
  type WalkProgram,
  WORD_REGISTER,
} from "./walks.js";

const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const count = Number(process.env.SIXFOLD_TEST_PROGRAMS_COUNT ?? (isLong ? 1000 : 40));
const seed = Number(process.env.SIXFOLD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SLICES = 60;
const FRAMES = 64;

enableEngineFeatures();

const isCode = (page: number): boolean => page >= CODE_PAGE && page < CODE_PAGE + CODE_PAGES;
const addressOf = (page: number): number => WALK + page * PAGE_BYTES;

/** One of the machines under comparison, with pages that appear or are copied when they miss. */
class Walker {
  readonly rig: Rig;
  /** Pages that appear at the first access, and that are copied at the first store. */
  private readonly late = new Set<number>();
  private readonly shared = new Set<number>();
  readonly frames: number[];
  /** System calls and such misses: each takes a page away, shares it, or gives it another frame. */
  private callCount = 0;

  constructor(
    options: ConstructorParameters<typeof Rig>[0],
    frames: readonly number[],
    readonly codePermissions: number,
  ) {
    this.frames = [...frames];
    this.rig = new Rig(options);
    this.rig.onMiss = (_space, number, access) => {
      const page = number - WALK / PAGE_BYTES;
      const isLate = this.late.delete(page);
      if (isLate) this.mapPage(page);
      const isCopied = access === RW - R && this.shared.delete(page);
      if (isCopied) this.moveTo(page, this.otherFrame(page));
      // Another page's frame is wanted for something else.
      if (!isLate && !isCopied) return;
      // Another page's frame is wanted for something else.
      const other = (page + this.callCount++) % WALK_PAGES;
      if (!isCode(other)) this.moveTo(other, this.otherFrame(other));
    };
    this.rig.onEnvironmentCall = () => {
      const page = (this.callCount++ * 5) % WALK_PAGES;
      if (isCode(page)) return CONTINUE;
      if (this.callCount % 3 === 0) this.setLate(page);
      else if (this.callCount % 3 === 1) this.setShared(page);
      else this.moveTo(page, this.otherFrame(page));
      return CONTINUE;
    };
  }

  permissionsOf(page: number): number {
    return isCode(page) ? this.codePermissions : RW;
  }

  frameOf(page: number): number {
    return this.frames[page] ?? 0;
  }

  /** Each page has two frames of its own. */
  otherFrame(page: number): number {
    return this.frameOf(page) ^ 32;
  }

  mapPage(page: number, permissions = this.permissionsOf(page)): void {
    this.rig.map(addressOf(page), this.frameOf(page), permissions);
  }

  /** The page has another frame with the same bytes. */
  moveTo(page: number, frame: number): void {
    this.rig.write(frame, 0, Uint8Array.from(this.rig.read(this.frameOf(page), 0, PAGE_BYTES)));
    this.frames[page] = frame;
    this.mapPage(page);
  }

  setLate(page: number): void {
    this.rig.unmap(addressOf(page));
    this.late.add(page);
  }

  setShared(page: number): void {
    this.mapPage(page, R);
    this.shared.add(page);
  }

  writeCode(bytes: Uint8Array): void {
    for (let page = 0; page < CODE_PAGES; page++) {
      const part = bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      this.rig.write(this.frameOf(CODE_PAGE + page), 0, part);
    }
  }

  /** What a slice left behind. */
  stateOf(exit: number): unknown {
    return { ...this.rig.stateAfter(exit), frames: [...this.frames] };
  }

  get memory(): Buffer {
    const { ram } = this.rig.machine;
    return Buffer.from(ram.buffer, ram.byteOffset, (FRAMES + 1) * PAGE_BYTES);
  }
}

/** Both; every change is done to both. */
class Pair {
  readonly plain: Walker;
  readonly translated: Walker;

  constructor(random: Random, samples: number, isPlainEngine: boolean, codePermissions: number) {
    // Neighbours in some places, in others not.
    const frames = Array.from({ length: WALK_PAGES }, (_, page) => page + 2);
    for (let time = random.pick([0, 6, 30]); time > 0; time--) {
      const [one, other] = [random.below(WALK_PAGES), random.below(WALK_PAGES)];
      [frames[one], frames[other]] = [frames[other] ?? 0, frames[one] ?? 0];
    }
    const eager = { translator: true, translateAfterSamples: samples, sampleInstructions: 40 };
    const features = isPlainEngine ? { features: plainEngine } : {};
    this.plain = new Walker({ translator: false }, frames, codePermissions);
    this.translated = new Walker({ ...eager, ...features }, frames, codePermissions);
  }

  each(change: (walker: Walker, rig: Rig) => void): void {
    for (const walker of [this.plain, this.translated]) change(walker, walker.rig);
  }

  /** Runs both. @returns how the slice ended */
  run(budget: number, note: string): number {
    const [exit, other] = [this.plain.rig.run(budget), this.translated.rig.run(budget)];
    assert.deepEqual(this.translated.stateOf(other), this.plain.stateOf(exit), note);
    const isSame = this.plain.memory.equals(this.translated.memory);
    if (!isSame) assert.fail(`${note}: memory differs at ${this.firstDifference()}`);
    return exit;
  }

  private firstDifference(): string {
    const [plain, translated] = [this.plain.memory, this.translated.memory];
    const at = plain.findIndex((byte, index) => translated[index] !== byte);
    return `frame ${Math.floor(at / PAGE_BYTES)} + ${at % PAGE_BYTES}`;
  }
}

function prepare(pair: Pair, program: WalkProgram, random: Random): void {
  const values = Array.from({ length: 64 }, (_, index) =>
    index < 32 ? randomInteger(random) : randomFloat(random),
  );
  const bytes = Uint8Array.from({ length: PAGE_BYTES }, () =>
    random.chance(70) ? 0 : random.below(256),
  );
  const kinds = Array.from({ length: WALK_PAGES }, () => random.below(8));
  const fcsr = random.below(2);
  const word = encode("addi", { rd: 20, rs1: 20, imm: random.between(5, 9) });
  pair.each((walker, rig) => {
    for (const [page, kind] of kinds.entries()) {
      rig.write(walker.frameOf(page), 0, bytes);
      walker.mapPage(page);
      if (isCode(page)) continue;
      if (kind === 0) walker.setLate(page);
      else if (kind === 1) walker.setShared(page);
      else if (kind === 2) rig.unmap(addressOf(page));
    }
    walker.writeCode(program.bytes);
    for (const [register, value] of values.entries()) {
      if (register < 32) {
        if (register > 0) rig.setX(register, value);
      } else rig.setF(register - 32, value);
    }
    rig.setFcsr(fcsr);
    rig.setX(WORD_REGISTER, word);
    rig.setPc(WALK_CODE);
  });
}

/** What the kernel might do between two slices. */
function disturb(pair: Pair, program: WalkProgram, random: Random): void {
  const page = random.below(WALK_PAGES);
  const pages = Array.from({ length: WALK_PAGES }, (_, at) => at).filter((at) => !isCode(at));
  const [kind, isKept] = [random.below(24), random.chance(50)];
  const place = WALK_CODE + placeIn(program, random);
  pair.each((walker, rig) => {
    if (kind === 0 && !isCode(page)) rig.unmap(addressOf(page));
    else if (kind === 1 && !isCode(page)) walker.setLate(page);
    else if (kind === 2 && !isCode(page)) walker.setShared(page);
    else if (kind === 3 && !isCode(page)) walker.mapPage(page, R);
    else if (kind < 6) walker.mapPage(page);
    else if (kind < 8 && (isKept || isCode(page))) walker.moveTo(page, walker.otherFrame(page));
    else if (kind < 8) {
      walker.frames[page] = walker.otherFrame(page);
      walker.mapPage(page);
    } else if (kind === 8) rig.machine.invalidateSpace(rig.space);
    else if (kind === 9) rig.machine.invalidatePage(rig.space, WALK / PAGE_BYTES + page);
    else if (kind === 10) walker.writeCode(program.bytes);
    else if (kind === 11) rig.setPc(place);
    else if (kind === 12) for (const one of pages) walker.setShared(one);
    else if (kind === 13) for (const one of pages) walker.mapPage(one, R);
  });
}

/** Where execution may go on: at a setup, at a loop, or within. */
function placeIn({ bytes, heads, setups }: WalkProgram, random: Random): number {
  const kind = random.below(4);
  if (kind < 2) return random.pick(setups) ?? 0;
  if (kind === 2) return random.pick(heads) ?? 0;
  return random.below(bytes.length / 4) * 4;
}

/** After a trap: the page is there, or the instruction is left out, or execution goes elsewhere. */
function repair(pair: Pair, program: WalkProgram, random: Random): void {
  const kind = random.below(4);
  const place = WALK_CODE + placeIn(program, random);
  pair.each((walker, rig) => {
    const { cause, value } = rig.trap;
    const page = Math.floor(Number(value) / PAGE_BYTES) - WALK / PAGE_BYTES;
    const isData = page >= 0 && page < WALK_PAGES && !isCode(page);
    const isAccess = cause === 13 || cause === 15;
    if (isAccess && isData && kind < 2) walker.mapPage(page);
    else if (isAccess && kind < 3) rig.setPc(rig.getPc() + 4);
    else {
      if (!isAccess) walker.writeCode(program.bytes);
      rig.setPc(place);
    }
  });
}

/** How many loops of a program have turns that are done at once. */
function loopsWithTurns({ bytes, heads }: WalkProgram): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const source = {
    halfAt: (at: number) =>
      at >= 0 && at + 2 <= bytes.length ? view.getUint16(at, true) : undefined,
    isWanted: () => true,
    targetsOf: () => [],
  };
  const inTurns = heads.filter((head) => {
    const region = findRegion(source, head, 100);
    if (region === undefined) return false;
    const blocks = rootFirst(region);
    const nodes = new Map(blocks.map(({ start }, node) => [start, node]));
    const nodesOf = (offsets: readonly number[]) => offsets.flatMap((at) => nodes.get(at) ?? []);
    const shape = shapeOf(blocks.map(({ ending }) => nodesOf(successors(ending))));
    return shape !== undefined && addTurns(shape, blocks).turns.size > 0;
  });
  return inTurns.length;
}

test(`${count} random programs with loops by strides run alike in both tiers`, (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed} SIXFOLD_TEST_PROGRAMS_COUNT=${count}`);
  let [regions, programs] = [0, 0];
  for (let index = 0; index < count; index++) {
    const random = new Random(seed + index);
    const storesCode = random.chance(25);
    const program = randomWalks(random, storesCode);
    const pair = new Pair(random, random.below(2), index % 2 === 0, storesCode ? RWX : RX);
    prepare(pair, program, random);
    for (let slice = 0; slice < SLICES; slice++) {
      const note = `seed ${seed + index}, slice ${slice}`;
      const budget = random.between(1, random.pick([60, 400, 3000, 20_000]));
      const exit = pair.run(budget, note);
      if (exit === EXIT_TRAP) repair(pair, program, random);
      disturb(pair, program, random);
    }
    regions += pair.translated.rig.machine.translations?.counts.regions ?? 0;
    if (loopsWithTurns(program) > 0) programs++;
  }
  context.diagnostic(`${programs} with turns at once, ${regions} regions`);
  assert.ok(programs > count / 2, `only ${programs} programs have turns that are done at once`);
  assert.ok(regions > count, `only ${regions} regions were translated`);
});
