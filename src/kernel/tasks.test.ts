/** Tasks: the state letter of ps, instructions that outlive them, look-ups of what has gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../machine/platform.js";
import { ATTRIBUTE } from "./calls.js";
import { TASK_ENDED, TASK_PARKED, TASK_RUNNABLE, Tasks } from "./tasks.js";

function make(): Tasks {
  let contexts = 0;
  const platform: Pick<Platform, "createContext" | "copyContext" | "destroyContext"> = {
    createContext: () => contexts++,
    copyContext: () => undefined,
    destroyContext: () => undefined,
  };
  return new Tasks(platform as Platform);
}

test("the state letter: R, S, T before either, Z before all", () => {
  const tasks = make();
  const id = tasks.create(0, 0);
  const letter = () => String.fromCharCode(tasks.attribute(id, ATTRIBUTE.stateCode));
  tasks.get(id).state = TASK_RUNNABLE;
  assert.equal(letter(), "R");
  tasks.get(id).state = TASK_PARKED;
  assert.equal(letter(), "S");
  tasks.process(id).stopped = true;
  assert.equal(letter(), "T");
  tasks.setAttribute(id, ATTRIBUTE.ending, 1);
  assert.equal(letter(), "Z");
  tasks.setAttribute(id, ATTRIBUTE.ending, 0);
  tasks.get(id).state = TASK_ENDED;
  assert.equal(letter(), "Z");
});

test("task 0 has the instructions of released tasks and of leaders whose id was taken", () => {
  const tasks = make();
  const leader = tasks.create(0, 0);
  const thread = tasks.create(leader, leader);
  const other = tasks.create(leader, leader);
  tasks.setAttribute(leader, ATTRIBUTE.userInstructions, 100);
  tasks.setAttribute(leader, ATTRIBUTE.kernelInstructions, 7);
  tasks.setAttribute(other, ATTRIBUTE.userInstructions, 10);
  tasks.setAttribute(thread, ATTRIBUTE.userInstructions, 1);
  assert.equal(tasks.attribute(0, ATTRIBUTE.userInstructions), 0);
  tasks.release(other);
  assert.equal(tasks.attribute(0, ATTRIBUTE.userInstructions), 10);
  tasks.adoptLeader(thread);
  assert.equal(tasks.attribute(leader, ATTRIBUTE.userInstructions), 1);
  tasks.release(leader);
  assert.equal(tasks.attribute(0, ATTRIBUTE.userInstructions), 111);
  assert.equal(tasks.attribute(0, ATTRIBUTE.kernelInstructions), 7);
  assert.equal(tasks.attribute(0, ATTRIBUTE.userId), 0);
});

test("tasks and processes that were released are not found, whatever was looked up last", () => {
  const tasks = make();
  const id = tasks.create(0, 0);
  const process = tasks.get(id).process;
  assert.equal(tasks.process(process).id, process);
  tasks.release(id);
  assert.equal(tasks.find(id), undefined);
  assert.throws(() => tasks.get(id), /does not exist/);
  assert.throws(() => tasks.process(process), /does not exist/);
});

test("the leader that gave its id away is not found by what it had before", () => {
  const tasks = make();
  const leader = tasks.create(0, 0);
  const thread = tasks.create(leader, leader);
  tasks.get(leader);
  tasks.adoptLeader(thread);
  assert.throws(() => tasks.get(thread), /does not exist/);
  assert.equal(tasks.get(leader).id, leader);
});
