/** Tasks: the state letter of ps, and instructions that outlive their task. */
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
