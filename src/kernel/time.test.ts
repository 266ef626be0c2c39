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
  assert.equal(time.now(0), ahead, "nor do the leads of two runs add up");
  time.sample(2 * ahead);
  assert.equal(time.now(0), 2 * ahead, "in the end it is the host's");
});

test("what nobody was told is taken back by the next sample", () => {
  const time = new Time(options);
  time.sample(0);
  time.advance(1_000_000);
  time.sample(1000);
  assert.equal(time.now(0), 1000);
});

test("the host is asked once the last sample is old, also in the midst of a run", () => {
  let host = 7;
  let asked = 0;
  const hostNanoseconds = () => {
    asked++;
    return host;
  };
  const time = new Time({ ...options, hostNanoseconds });
  time.sample(host);
  assert.equal(time.now(10), 7 + 10 * NANOSECONDS_PER_INSTRUCTION);
  assert.equal(asked, 0, "not so soon");
  host = 5000;
  assert.equal(time.now(1_000_000), 5000);
  assert.equal(time.now(1_000_000), 5000, "and again without work in between");
  assert.equal(asked, 1);
  time.advance(1_000_020);
  assert.equal(time.now(0), 5000 + 20 * NANOSECONDS_PER_INSTRUCTION, "the run counts behind it");
  host = 10;
  assert.equal(time.now(1_000_000), 5100, "a host that goes back does not take the time with it");
});

test("what files are stamped with: the last time that was told, and nobody is asked", () => {
  const hostNanoseconds = () => 5e9 + 7;
  const { epochSeconds, epochNanoseconds } = options;
  const time = new Time({ ...options, hostNanoseconds });
  assert.deepEqual(time.coarse(1_000_000), {
    seconds: epochSeconds,
    nanoseconds: epochNanoseconds,
  });
  time.now(1_000_000);
  assert.deepEqual(time.coarse(9_000_000), time.realtime(5e9 + 7));
  time.setRealtime(5e9 + 7, 77, 88);
  assert.deepEqual(time.coarse(9_000_000), { seconds: 77, nanoseconds: 88 });
  const virtual = new Time({ ...options, virtual: true });
  assert.deepEqual(virtual.coarse(1e9), virtual.realtime(1e9 * NANOSECONDS_PER_INSTRUCTION));
});

test("the host is not asked under the virtual clock", () => {
  const hostNanoseconds = () => assert.fail("asked");
  const time = new Time({ ...options, virtual: true, hostNanoseconds });
  assert.equal(time.now(1e6), 1e6 * NANOSECONDS_PER_INSTRUCTION);
});

test("under the virtual clock the host's samples change nothing", () => {
  const time = new Time({ ...options, virtual: true });
  time.advance(100);
  time.sample(1e12);
  assert.equal(time.now(0), 100 * NANOSECONDS_PER_INSTRUCTION);
});
