/** The scheduling policy: falling, rising, nice, classes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SCHED_FIFO, SCHED_IDLE, SCHED_OTHER, SCHED_RR } from "../../abi/scheduling.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { FakeKernel } from "../testing/fake-frames.js";
import { BOOST_NANOSECONDS, LEVELS, quantumInstructions, TOP_PRIORITY } from "./policy.js";
import { Scheduler } from "./scheduler.js";

function start(tasks: number) {
  const kernel = new FakeKernel(1, 1);
  const scheduler = new Scheduler(kernel.calls);
  for (let id = 1; id <= tasks; id++) {
    kernel.addTask(id, id);
    scheduler.admit(0, id);
  }
  const level = (task: number) => (kernel.priorities.get(task)?.priority ?? -1) - TOP_PRIORITY;
  const quantum = (task: number) => kernel.priorities.get(task)?.quantum ?? -1;
  return { kernel, scheduler, level, quantum };
}

test("a task that computes falls, to longer quanta, and no further than the last level", () => {
  const { scheduler, level, quantum } = start(1);
  let before = quantum(1);
  for (let i = 1; i < LEVELS; i++) {
    scheduler.quantumExpired(0, 1);
    assert.equal(level(1), i);
    assert.equal(quantum(1), 2 * before);
    before = quantum(1);
  }
  scheduler.quantumExpired(0, 1);
  assert.equal(level(1), LEVELS - 1);
});

test("after a while all rise; tasks that are gone are forgotten", () => {
  const { kernel, scheduler, level } = start(3);
  for (const task of [1, 2, 3]) scheduler.quantumExpired(0, task);
  kernel.tasks.delete(3);
  kernel.priorities.delete(3);
  kernel.now = BOOST_NANOSECONDS;
  scheduler.quantumExpired(0, 1);
  assert.equal(level(2), 0);
  assert.equal(level(1), 1, "the one whose quantum just ended falls again");
  assert.equal(kernel.priorities.has(3), false);
  assert.deepEqual([...scheduler.state.fallen.keys()], [1]);
});

test("nice scales the quantum at once, within bounds", () => {
  const { kernel, scheduler, quantum } = start(1);
  const normal = quantum(1);
  kernel.task(1).attributes.set(ATTRIBUTE.nice, 5);
  scheduler.niceChanged(0, 1);
  assert.ok(quantum(1) < normal / 3 && quantum(1) > normal / 3.1);
  for (let nice = -20; nice < 19; nice++) {
    const quanta = [nice, nice + 1].map((value) => quantumInstructions(value, 0));
    assert.ok((quanta[0] as number) >= (quanta[1] as number));
    assert.ok((quanta[1] as number) > 0 && (quanta[0] as number) < 2 ** 31);
  }
});

test("real-time classes stand above all levels, by their priority, and never fall", () => {
  const { kernel, scheduler } = start(3);
  const priority = (task: number) => kernel.priorities.get(task)?.priority ?? -1;
  const become = (task: number, policy: number, realtime: number) => {
    kernel.task(task).attributes.set(ATTRIBUTE.schedulingPolicy, policy);
    kernel.task(task).attributes.set(ATTRIBUTE.realtimePriority, realtime);
    scheduler.niceChanged(0, task);
  };
  become(1, SCHED_FIFO, 99);
  become(2, SCHED_RR, 1);
  become(3, SCHED_IDLE, 0);
  assert.equal(priority(1), 0);
  assert.ok(priority(2) > priority(1) && priority(2) < TOP_PRIORITY);
  assert.ok(priority(3) >= TOP_PRIORITY + LEVELS);
  for (const task of [1, 2, 3]) {
    const before = priority(task);
    for (let i = 0; i < LEVELS; i++) scheduler.quantumExpired(0, task);
    assert.equal(priority(task), before);
  }
  become(1, SCHED_OTHER, 0);
  assert.ok(priority(1) >= TOP_PRIORITY && priority(1) < TOP_PRIORITY + LEVELS);
});
