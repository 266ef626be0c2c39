/**
 * Frames under random operations against a model that keeps lists: none is given twice, counts are
 * exact, claims keep others out as long as there is something else, and what nobody has touched
 * stays untouched when objects of kernel and services need its place.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE_BYTES, type Platform } from "../machine/platform.js";
import { Frames, OBJECT_ALLOWANCE_BYTES } from "./frames.js";
import { Jobs, SYSTEM_JOB } from "./jobs.js";
import { BLOCK_FRAMES } from "./placement.js";
import { createRandom, randomWord } from "./random.js";

/** The last block is not a whole one. */
const FRAMES = 16 * BLOCK_FRAMES + 5;
const STEPS = 6000;

function createFrames(count = FRAMES) {
  const platform = { ram: new Uint8Array(0), frameCount: count, codeFrames: new Uint8Array(count) };
  const jobs = new Jobs();
  return { frames: new Frames(platform as unknown as Platform, jobs), jobs };
}

const blockOf = (frame: number): number => Math.floor(frame / BLOCK_FRAMES);

class Model {
  readonly made = createFrames();
  readonly held = new Set<number>();
  readonly touched = new Set<number>();
  readonly claims = new Set<number>();
  private readonly random;
  refused = 0;
  spared = 0;
  intruded = 0;

  constructor(seed: number) {
    this.random = createRandom(seed);
  }

  below(limit: number): number {
    return randomWord(this.random) % limit;
  }

  private isFree(block: number): boolean {
    const first = block * BLOCK_FRAMES;
    if (this.claims.has(block) || first + BLOCK_FRAMES > FRAMES) return false;
    for (let i = 0; i < BLOCK_FRAMES; i++) if (this.held.has(first + i)) return false;
    return true;
  }

  allocate(): void {
    const { frames, jobs } = this.made;
    const preferred = this.below(4) === 0 ? this.below(FRAMES) : -1;
    const beyond = Math.max(0, jobs.state.objectBytesMax - OBJECT_ALLOWANCE_BYTES);
    const displaced = Math.ceil((beyond * 2) / PAGE_BYTES);
    const isShort = FRAMES - this.touched.size <= displaced;
    const frame = frames.allocate(false, 0, preferred);
    if (FRAMES - this.held.size <= displaced) {
      assert.ok(frame < 0);
      this.refused++;
      return;
    }
    assert.ok(frame >= 0 && frame < FRAMES && !this.held.has(frame), `frame ${frame}`);
    if (isShort) {
      assert.ok(this.touched.has(frame), `frame ${frame} was to stay untouched`);
      if (this.touched.size < FRAMES) this.spared++;
    }
    const mayHave = !this.held.has(preferred) && (!isShort || this.touched.has(preferred));
    if (preferred >= 0 && mayHave) assert.equal(frame, preferred);
    else if (this.claims.has(blockOf(frame))) {
      this.intruded++;
      for (let other = 0; other < FRAMES; other++) {
        if (this.held.has(other) || this.claims.has(blockOf(other))) continue;
        assert.ok(isShort && !this.touched.has(other), `${frame} is claimed, ${other} is free`);
      }
    }
    this.held.add(frame);
    this.touched.add(frame);
  }

  /** One frame, or now and then all of its block. */
  release(): void {
    const all = [...this.held];
    const one = all[this.below(all.length)];
    const block = this.below(8) === 0 ? blockOf(one ?? 0) : -1;
    for (const frame of all) {
      if (frame !== one && blockOf(frame) !== block) continue;
      this.made.frames.release(frame);
      this.held.delete(frame);
    }
  }

  claim(): void {
    const count = 1 + this.below(2) * this.below(3);
    const near = this.below(2) === 0 ? -1 : this.below(blockOf(FRAMES)) * BLOCK_FRAMES;
    const blocks = Array.from({ length: blockOf(FRAMES) }, (_, block) => block);
    const free = blocks.filter((block) => this.isFree(block)).length;
    const fits = (first: number) =>
      Array.from({ length: count }, (_, i) => first + i).every((block) => this.isFree(block));
    const base = this.made.frames.claim(near, count);
    if (base < 0) {
      assert.ok(free === 0 || count > 1, `no claim, and ${free} blocks are free`);
      return;
    }
    assert.ok(fits(blockOf(base)), `blocks from ${base} are not free`);
    if (near >= 0 && fits(blockOf(near))) assert.equal(base, near);
    for (let i = 0; i < count; i++) this.claims.add(blockOf(base) + i);
  }

  disclaim(): void {
    const all = [...this.claims];
    const block = all[this.below(all.length)];
    if (block === undefined) return;
    this.made.frames.disclaim(block * BLOCK_FRAMES);
    this.claims.delete(block);
  }

  /** Objects take a place that is theirs for good. */
  hold(): void {
    const bytes = this.below(3) * PAGE_BYTES;
    const { jobs } = this.made;
    if (jobs.mayHold(SYSTEM_JOB, bytes, 0) === 0) jobs.hold(SYSTEM_JOB, bytes);
  }

  check(): void {
    const { placement, references } = this.made.frames.state;
    assert.equal(placement.freeCount, FRAMES - this.held.size);
    assert.equal(placement.untouchedCount, FRAMES - this.touched.size);
    for (let frame = 0; frame < FRAMES; frame++) {
      assert.equal(references[frame], this.held.has(frame) ? 1 : 0);
    }
    const claimed = [...placement.claimed.keys()].filter((block) => placement.claimed[block] === 1);
    assert.deepEqual(
      claimed,
      [...this.claims].sort((a, b) => a - b),
    );
  }
}

function run(seed: number): Model {
  const model = new Model(seed);
  try {
    model.made.jobs.hold(SYSTEM_JOB, OBJECT_ALLOWANCE_BYTES);
    for (let step = 0; step < STEPS; step++) {
      // Now it fills up, now it becomes empty.
      const share = step % 2000 < 1000 ? 9 : 1;
      const kind = model.below(12);
      if (kind < share) model.allocate();
      else if (kind < 10) model.release();
      else if (kind === 10) model.below(3) > 0 ? model.claim() : model.disclaim();
      else if (seed % 2 === 0) model.hold();
      if (step % 50 === 0) model.check();
    }
    model.check();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`SIXFOLD_SEED=${seed} repeats it: ${why}`, { cause: error });
  }
  return model;
}

test("random operations agree with a model of lists", (context) => {
  const given = process.env.SIXFOLD_SEED;
  const first = given === undefined ? Date.now() % 2 ** 31 : Number(given);
  context.diagnostic(`first seed ${first}`);
  const sum = { refused: 0, spared: 0, intruded: 0 };
  for (let i = 0; i < 10; i++) {
    const { refused, spared, intruded } = run(first + i);
    sum.refused += refused;
    sum.spared += spared;
    sum.intruded += intruded;
  }
  context.diagnostic(JSON.stringify(sum));
  for (const [what, count] of Object.entries(sum)) assert.ok(count > 0, what);
});

test("loose frames stay out of claims and come from above, what was touched first", () => {
  const { frames } = createFrames(8 * BLOCK_FRAMES);
  const claim = frames.claim(-1, 1);
  assert.equal(claim, 0);
  const first = frames.allocate(false);
  assert.equal(first, 7 * BLOCK_FRAMES);
  assert.equal(frames.allocate(false), first + 1);
  assert.equal(frames.allocate(false, 0, claim + 9), claim + 9);
  frames.release(first + 1);
  frames.release(claim + 9);
  frames.disclaim(claim);
  // Its block is free again, and the next claim's, although others were never touched.
  assert.equal(frames.claim(-1, 1), claim);
  assert.equal(frames.allocate(false), first + 1);
});

test("a claim of several blocks is refused when it were too much of what is free", () => {
  const { frames } = createFrames(128 * BLOCK_FRAMES);
  assert.equal(frames.claim(-1, 5), -1);
  assert.equal(frames.claim(-1, 4), 0);
  assert.equal(frames.claim(4 * BLOCK_FRAMES, 3), 4 * BLOCK_FRAMES);
  assert.equal(frames.claim(2 * BLOCK_FRAMES, 1), 7 * BLOCK_FRAMES, "the wish is taken");
});
