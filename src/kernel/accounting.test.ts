/** Load averages: those of Linux (kernel/sched/loadavg.c), also when nobody looked for long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Accounting } from "./accounting.js";
import { RunQueues } from "./scheduler.js";

/** Run queues with so many tasks. */
function queuesOf(size: number): RunQueues {
  const queues = new RunQueues();
  for (let id = 1; id <= size; id++) queues.state.queues[0]?.push(id);
  return queues;
}

test("with n runnable tasks the averages go up to n, the shorter the faster", () => {
  const accounting = new Accounting();
  for (let second = 0; second < 60; second++) accounting.sampleLoad(second * 1e9, queuesOf(2));
  const [one = 0, five = 0, fifteen = 0] = accounting.state.loads;
  // After a minute, 1 - 1/e of the way for the first.
  assert.ok(one > 2048 * 1.2 && one < 2048 * 1.35, `${one}`);
  assert.ok(one > five && five > fifteen && fifteen > 0);
  for (let second = 60; second < 6000; second++) accounting.sampleLoad(second * 1e9, queuesOf(2));
  assert.equal(accounting.state.loads[0], 2 * 2048);
});

test("while time jumps nothing runs, and the averages go down to nothing", () => {
  const step = new Accounting();
  const jump = new Accounting();
  for (const accounting of [step, jump]) {
    for (let second = 0; second < 300; second++) accounting.sampleLoad(second * 1e9, queuesOf(3));
  }
  for (let second = 300; second < 360; second++) step.sampleLoad(second * 1e9, queuesOf(0));
  jump.sampleLoad(359e9, queuesOf(0));
  assert.deepEqual(jump.state, step.state);
  jump.sampleLoad(1e15, queuesOf(0));
  assert.deepEqual(jump.state.loads, [0, 0, 0]);
});
