/** Frames: whatever is wished for, each is given once, and it is known which nobody has touched. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../machine/platform.js";
import { FRAME_WISH, Frames } from "./frames.js";
import { FRAME_USE } from "./jobs.js";
import { createRandom, randomWord } from "./random.js";

const COUNT = 2048;

function framesOf(count: number): Frames {
  const platform = {
    ram: new Uint8Array(0),
    frameCount: count,
    codeFrames: new Uint8Array(count),
    invalidateCode: () => undefined,
  };
  return new Frames(platform as unknown as Platform);
}

/** What the stack of free frames must be at any time. */
function check(frames: Frames, used: ReadonlySet<number>, touched: ReadonlySet<number>): void {
  const { free, freeCount, untouchedCount, places } = frames.state;
  assert.equal(freeCount, COUNT - used.size);
  assert.equal(untouchedCount, COUNT - touched.size);
  const seen = new Set<number>();
  for (let place = 0; place < freeCount; place++) {
    const frame = free[place] ?? -1;
    assert.ok(!used.has(frame) && !seen.has(frame));
    assert.equal(places[frame], place);
    assert.equal(touched.has(frame), place >= untouchedCount);
    seen.add(frame);
  }
}

test("random wishes: no frame is given twice, and untouched ones stay apart", () => {
  const seed = Number(process.env.SIXFOLD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = createRandom(seed);
  const below = (limit: number) => (randomWord(random) >>> 0) % limit;
  const frames = framesOf(COUNT);
  const used = new Set<number>();
  const touched = new Set<number>();
  for (let turn = 0; turn < 20_000; turn++) {
    const grows = turn % 4000 < 2600;
    if (below(100) < (grows ? 60 : 35)) {
      const wish = [FRAME_WISH.any, FRAME_WISH.stack, below(COUNT)][below(3)] ?? -1;
      const frame = frames.allocate(false, FRAME_USE.memory, wish);
      if (used.size === COUNT) {
        assert.ok(frame < 0, `seed ${seed}`);
        continue;
      }
      assert.ok(frame >= 0 && !used.has(frame), `seed ${seed}: ${frame}`);
      if (touched.has(wish) && !used.has(wish)) assert.equal(frame, wish);
      used.add(frame);
      touched.add(frame);
    } else {
      const frame = [...used][below(Math.max(used.size, 1))];
      if (frame === undefined) continue;
      frames.release(frame);
      used.delete(frame);
    }
    if (turn % 97 === 0) check(frames, used, touched);
  }
  check(frames, used, touched);
});

test("a stack's frame has room below it, also when others have come and gone", () => {
  const frames = framesOf(COUNT);
  for (let time = 0; time < 50; time++) {
    const first = frames.allocate(false, FRAME_USE.memory, FRAME_WISH.stack);
    const second = frames.allocate(false, FRAME_USE.memory, first - 1);
    assert.equal(second, first - 1);
    const others = Array.from({ length: 40 }, () => frames.allocate(false));
    frames.release(first);
    frames.release(second);
    for (const frame of others) frames.release(frame);
  }
});

test("wishes leave untouched frames to those who have their place", () => {
  const frames = framesOf(COUNT);
  const zone = COUNT / 32;
  const given = Array.from({ length: COUNT - zone }, () => frames.allocate(false));
  for (const frame of given) frames.release(frame);
  assert.equal(frames.state.untouchedCount, zone);
  const untouched = frames.state.free[0] ?? -1;
  assert.notEqual(frames.allocate(false, FRAME_USE.memory, untouched), untouched);
  assert.equal(frames.state.untouchedCount, zone);
});
