/** Watches: what becomes ready by a wake-up, in which order, and that nothing stays behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Watches } from "./watches.js";

const SET = 1000;
const OTHER = 2000;
const nobody = (): boolean => false;

test("a wake-up makes the tokens of a channel ready, each once, in order", () => {
  const watches = new Watches();
  watches.add(SET, 1, 10);
  watches.add(SET, 1, 10);
  watches.add(SET, 2, 20);
  watches.add(SET, 3, 10);
  watches.add(OTHER, 9, 10);
  assert.deepEqual(watches.notify(20, nobody), [SET]);
  assert.deepEqual(watches.notify(10, nobody), [SET, SET, OTHER]);
  watches.notify(10, nobody);
  assert.equal(watches.readyCount(SET), 3);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => watches.takeReady(SET)),
    [2, 1, 3, 0],
  );
  assert.equal(watches.takeReady(OTHER), 9);
  assert.deepEqual(watches.notify(30, nobody), []);
});

test("a token that was put back comes after those that became ready meanwhile", () => {
  const watches = new Watches();
  watches.add(SET, 1, 10);
  watches.add(SET, 2, 20);
  watches.notify(10, nobody);
  const token = watches.takeReady(SET);
  watches.notify(20, nobody);
  watches.putReady(SET, token);
  assert.deepEqual([watches.takeReady(SET), watches.takeReady(SET)], [2, 1]);
});

test("a removed token is neither ready nor watched, and takes no storage", () => {
  const watches = new Watches();
  watches.add(SET, 1, 10);
  watches.add(SET, 1, 11);
  watches.add(OTHER, 2, 11);
  watches.notify(11, nobody);
  watches.remove(SET, 1);
  watches.remove(SET, 7);
  assert.equal(watches.readyCount(SET), 0);
  assert.deepEqual(watches.notify(10, nobody), []);
  assert.deepEqual(watches.notify(11, nobody), [OTHER]);
  watches.remove(OTHER, 2);
  assert.equal(watches.state.sets.size, 0);
  assert.equal(watches.state.watches.size, 0);
});

test("of exclusive watches one that is waited for is enough", () => {
  const watches = new Watches();
  watches.add(SET, 1, 10, true);
  watches.add(OTHER, 2, 10, true);
  watches.add(3000, 3, 10, true);
  watches.add(4000, 4, 10);
  assert.deepEqual(
    watches.notify(10, (set) => set === OTHER),
    [SET, OTHER, 4000],
  );
  assert.deepEqual(watches.notify(10, nobody), [SET, OTHER, 3000, 4000]);
});
