/** Neighbouring pages have neighbouring frames, however they are touched; claims go back. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as abi from "../../abi/memory.js";
import { createRandom, randomWord } from "../../kernel/random.js";
import { MemorySystem } from "../testing/memory-system.js";
import { Memory } from "./memory.js";

const PAGE = abi.PAGE_BYTES;
const BASE = 0x1000_0000;
const PAGES = 256;
const BLOCK = 32;
/** So large that whole windows may be claimed. */
const FRAMES = 1024 * BLOCK;

function start(frames = FRAMES) {
  const system = new MemorySystem((calls) => new Memory(calls), frames);
  assert.equal(system.memory.setBreakStart(1, system.space, 4 * BASE), 0);
  system.begin();
  const { kernel, space } = system;
  const frameAt = (page: number, of = space): number => kernel.spaces.mapping(of, page) >> 3;
  const claimed = (): number => kernel.frames.state.placement.claimed.reduce((a, b) => a + b, 0);
  return { ...system, frameAt, claimed };
}

/** Pages first … first + count - 1 in random order. */
function shuffled(first: number, count: number): number[] {
  const random = createRandom(1);
  const keys = Array.from({ length: count }, (_, i) => ({
    page: first + i,
    at: randomWord(random),
  }));
  return keys.sort((a, b) => a.at - b.at).map(({ page }) => page);
}

/** How many runs of consecutive frames the pages are in. */
function runs(frames: readonly number[]): number {
  return frames.filter((frame, i) => i === 0 || frame !== (frames[i - 1] as number) + 1).length;
}

const pages = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i);

describe("private memory", () => {
  test("touched in random order is one run", () => {
    const { anonymous, store, frameAt } = start();
    anonymous(PAGES, BASE);
    for (const page of shuffled(BASE / PAGE, PAGES)) assert.equal(store(1, page * PAGE, 1), 0);
    assert.equal(runs(pages(BASE / PAGE, PAGES).map((page) => frameAt(page))), 1);
  });

  test("that grows downwards, and a heap that grows page by page", () => {
    const { memory, store, frameAt } = start();
    const heap = 4 * BASE;
    for (let i = 1; i <= PAGES; i++) {
      assert.equal(memory.setBreak(1, heap + i * PAGE), heap + i * PAGE);
      assert.equal(store(1, heap + (i - 1) * PAGE, 1), 0);
    }
    // The first pages were too few to claim anything; the page table's frame came between them.
    assert.ok(runs(pages(heap / PAGE, PAGES).map((page) => frameAt(page))) <= 3);
    const flags = abi.MAP_PRIVATE | abi.MAP_ANONYMOUS | abi.MAP_FIXED | abi.MAP_GROWSDOWN;
    const top = 0x30_0000_0000;
    assert.equal(memory.map(1, top - 8 * PAGE, 8 * PAGE, 3, flags, -1, 0), top - 8 * PAGE);
    for (let i = 1; i <= PAGES; i++) assert.equal(store(1, top - i * PAGE, 1), 0);
    assert.ok(runs(pages(top / PAGE - PAGES, PAGES).map((page) => frameAt(page))) <= 3);
  });

  test("small regions claim nothing, and lie beside each other", () => {
    const { anonymous, store, frameAt, claimed } = start();
    const before = claimed();
    for (let i = 0; i < 8; i++) {
      anonymous(4, BASE + i * 64 * PAGE);
      assert.equal(store(1, BASE + i * 64 * PAGE, 1), 0);
    }
    assert.equal(claimed(), before);
    // The page table's frame comes behind the first.
    assert.equal(runs(pages(0, 8).map((i) => frameAt(BASE / PAGE + i * 64))), 2);
  });

  test("a forked child has frames of its own in one run", () => {
    const { kernel, memory, anonymous, store, fork, frameAt } = start();
    anonymous(PAGES, BASE);
    for (let i = 0; i < PAGES; i++) store(1, BASE + i * PAGE, 1);
    fork(2);
    const child = [...memory.state.spaces.keys()].at(-1) as number;
    for (const page of shuffled(BASE / PAGE, PAGES)) assert.equal(store(2, page * PAGE, 2), 0);
    assert.equal(runs(pages(BASE / PAGE, PAGES).map((page) => frameAt(page, child))), 1);
    assert.equal(memory.leave(2), 0);
    assert.equal(kernel.spaces.state.spaces.size, 1);
  });
});

describe("claims", () => {
  test("go back with the regions of their block, and with the space", () => {
    const { memory, anonymous, store, claimed } = start();
    const before = claimed();
    anonymous(4 * BLOCK, BASE);
    for (let i = 0; i < 4 * BLOCK; i++) store(1, BASE + i * PAGE, 1);
    assert.equal(claimed(), before + 4);
    assert.equal(memory.unmap(1, BASE, (BLOCK + 1) * PAGE), 0);
    assert.equal(claimed(), before + 3);
    assert.equal(memory.unmap(1, BASE + (BLOCK + 1) * PAGE, (BLOCK - 1) * PAGE), 0);
    assert.equal(claimed(), before + 2);
    assert.equal(memory.leave(1), 0);
    assert.equal(claimed(), 0);
  });

  test("are only wishes: every frame can be had", () => {
    const { kernel, anonymous, store } = start(512);
    for (let i = 0; i < 16; i++) {
      anonymous(BLOCK, BASE + i * BLOCK * PAGE);
      assert.equal(store(1, BASE + i * BLOCK * PAGE, 1), 0);
    }
    let page = 0;
    while (page < 512 && store(1, BASE + page * PAGE, 1) === 0) page++;
    // So many are kept back (a 64th of all).
    assert.equal(kernel.frames.freeCount, 8);
  });
});

describe("memory objects", () => {
  test("a file written in pieces, and one touched in random order, is one run", () => {
    const { kernel, memory, claimed } = start();
    const source = kernel.scratch(1, new Uint8Array(16 * PAGE));
    const written = memory.createObject(1, 0);
    for (let i = 0; i < PAGES; i += 16) {
      assert.equal(memory.writeObject(1, written, i * PAGE, source, 16 * PAGE), 16 * PAGE);
    }
    const sized = memory.createObject(1, PAGES * PAGE);
    for (const page of shuffled(0, PAGES)) memory.writeObject(1, sized, page * PAGE, source, 1);
    for (const id of [written, sized]) {
      const object = memory.state.objects.get(id);
      assert.equal(runs(pages(0, PAGES).map((page) => object?.frames.get(page) ?? -1)), 1);
    }
    const before = claimed();
    assert.equal(memory.truncateObject(1, written, 4 * BLOCK * PAGE), 0);
    assert.equal(claimed(), before - 4);
    assert.equal(memory.releaseObject(1, sized), 0);
    assert.equal(claimed(), before - 12);
  });
});
