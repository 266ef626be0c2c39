/** Time: between two samples of the host's clock, and where the estimate was ahead of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NANOSECONDS_PER_INSTRUCTION, Time } from "./time.js";

const options = { virtual: false, epochSeconds: 0, epochNanoseconds: 0 };

test("time goes on with instructions between two samples", () => {
  const time = new Time(options);
  time.sample(1000);
  time.advance(10);
  assert.equal(time.now(4), 1000 + 14 * NANOSECONDS_PER_INSTRUCTION);
});

test("an estimate that ran ahead stands still until the host has caught up", () => {
  const time = new Time(options);
  time.sample(0);
  time.advance(1_000_000);
  const ahead = time.now(0);
  time.sample(ahead / 2);
  assert.equal(time.now(0), ahead, "time does not go back");
  time.advance(1_000_000);
  time.sample(ahead);
  assert.equal(time.now(0), 1.5 * ahead, "nor do the leads of two runs add up");
  time.sample(2 * ahead);
  assert.equal(time.now(0), 2 * ahead, "in the end it is the host's");
});

test("under the virtual clock the host's samples change nothing", () => {
  const time = new Time({ ...options, virtual: true });
  time.advance(100);
  time.sample(1e12);
  assert.equal(time.now(0), 100 * NANOSECONDS_PER_INSTRUCTION);
});
