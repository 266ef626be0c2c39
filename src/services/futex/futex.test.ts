/** Futexes: who is woken, in which order, and that no wake is lost or given twice. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EAGAIN, EINVAL, ENOSYS, ETIMEDOUT } from "../../abi/errno.js";
import * as abi from "../../abi/futex.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { BLOCKED } from "../../kernel/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import { FakeKernel } from "../testing/fake-frames.js";
import { Futexes } from "./futex.js";

const ALL = -1;
const WORD = 0x1_0000;
const OTHER = 0x1_0040;

/** Tasks 1..n in one space with a page of words at WORD; keys are addresses. */
function start(tasks: number) {
  const kernel = new FakeKernel(16, 1);
  const space = kernel.calls.createSpace();
  const frame = kernel.calls.allocateFrame(1);
  kernel.calls.map(space, WORD / 4096, frame, 3);
  for (let id = 1; id <= tasks; id++) {
    kernel.addTask(id, 1);
    kernel.task(id).attributes.set(ATTRIBUTE.space, space);
  }
  const memory = { futexKey: (_caller: number, address: number) => address };
  const futexes = new Futexes(kernel.calls, { memory: memory as unknown as MemoryService });
  const wait = (task: number, address = WORD, deadline = -1, bits = ALL): number =>
    futexes.wait(task, address, 0, 0, deadline, bits);
  const wake = (address: number, count: number, bits = ALL): number =>
    futexes.wake(9, address, 0, count, bits);
  /** Ends the calls that a wake completed. @returns which tasks, with their results */
  const finish = (): [number, number][] => {
    const done = [...kernel.completed];
    for (const [task, result] of done) kernel.endCall(task, result >= 0, futexes);
    return done;
  };
  const store = (address: number, value: number) =>
    kernel.calls.copyOut(1, address, new Uint8Array(new Int32Array([value]).buffer), 0, 4);
  const load = (address: number) =>
    new Int32Array(kernel.bytesAt(1, address, 4).slice().buffer)[0] as number;
  kernel.addTask(9, 1);
  kernel.task(9).attributes.set(ATTRIBUTE.space, space);
  return { kernel, futexes, wait, wake, finish, store, load };
}

describe("wait and wake", () => {
  test("first come first served, results 0, nothing left behind", () => {
    const { futexes, wait, wake, finish } = start(3);
    for (const task of [2, 1, 3]) assert.equal(wait(task), BLOCKED);
    assert.equal(wake(WORD, 2), 2);
    assert.deepEqual(finish(), [
      [2, 0],
      [1, 0],
    ]);
    assert.equal(wake(WORD, 5), 1);
    finish();
    assert.equal(wake(WORD, 5), 0);
    assert.equal(futexes.state.waits.size, 0);
    assert.equal(futexes.state.queues.size, 0);
  });

  test("EAGAIN when the word differs, EINVAL without bits", () => {
    const { futexes, wait, wake, store } = start(1);
    store(WORD, 1);
    assert.equal(wait(1), -EAGAIN);
    assert.equal(futexes.wait(1, WORD, 0, 1, -1, 0), -EINVAL);
    assert.equal(wake(WORD, 1, 0), -EINVAL);
    assert.equal(futexes.wait(1, WORD, 0, 1 - 2 ** 32, -1, ALL), BLOCKED, "32 bits count");
  });

  test("bit sets select", () => {
    const { wait, wake, finish } = start(3);
    wait(1, WORD, -1, 1);
    wait(2, WORD, -1, 2);
    wait(3, WORD, -1, abi.FUTEX_BITSET_MATCH_ANY);
    assert.equal(wake(WORD, 9, 4), 1);
    assert.deepEqual(finish(), [[3, 0]]);
    assert.equal(wake(WORD, 9, 2), 1);
    assert.deepEqual(finish(), [[2, 0]]);
  });

  test("a deadline ends it with ETIMEDOUT, and it no longer counts as a waiter", () => {
    const { kernel, futexes, wait, wake } = start(2);
    kernel.now = 5;
    assert.equal(wait(1, WORD, 5), -ETIMEDOUT);
    assert.equal(wait(2, WORD, 10), BLOCKED);
    kernel.now = 10;
    kernel.unpark(2);
    assert.equal(wait(2, WORD, 10), -ETIMEDOUT);
    kernel.endCall(2, false, futexes);
    assert.equal(wake(WORD, 1), 0);
  });

  test("a spurious re-run waits on in its place, though the word has changed", () => {
    const { kernel, wait, wake, finish, store } = start(2);
    wait(1);
    wait(2);
    store(WORD, 7);
    kernel.unpark(1);
    assert.equal(wait(1), BLOCKED);
    assert.equal(wake(WORD, 1), 1);
    assert.deepEqual(finish(), [[1, 0]]);
  });

  test("a wake between wake-up and re-run is not lost, nor given twice", () => {
    const { kernel, wait, wake, finish } = start(2);
    wait(1);
    wait(2);
    kernel.unpark(1);
    assert.equal(wake(WORD, 1), 1);
    assert.deepEqual(finish(), []);
    assert.equal(wait(1), 0);
    assert.equal(kernel.completed.size, 0);
    assert.equal(wake(WORD, 5), 1);
    assert.deepEqual(finish(), [[2, 0]]);
  });

  test("a signal takes the waiter out; one that was woken already passes the wake on", () => {
    const { kernel, futexes, wait, wake, finish } = start(3);
    for (const task of [1, 2, 3]) wait(task);
    kernel.endCall(1, false, futexes);
    kernel.unpark(2);
    assert.equal(wake(WORD, 1), 1);
    kernel.endCall(2, false, futexes);
    assert.deepEqual(finish(), [[3, 0]]);
  });
});

describe("requeue", () => {
  test("wakes some, moves some, leaves the rest; order is kept", () => {
    const { futexes, wait, wake, finish } = start(4);
    for (const task of [1, 2, 3, 4]) wait(task);
    assert.equal(futexes.requeue(9, WORD, 0, 1, 2, OTHER, 0, 0), 3);
    assert.deepEqual(finish(), [[1, 0]]);
    assert.equal(wake(OTHER, 1), 1);
    assert.deepEqual(finish(), [[2, 0]]);
    assert.equal(wake(WORD, 9), 1);
    assert.deepEqual(finish(), [[4, 0]]);
    assert.equal(wake(OTHER, 9), 1);
    assert.deepEqual(finish(), [[3, 0]]);
  });

  test("compares first when asked, refuses negative counts", () => {
    const { futexes, wait, finish } = start(1);
    wait(1);
    assert.equal(futexes.requeue(9, WORD, 0, 1, 1, OTHER, 1, 5), -EAGAIN);
    assert.equal(futexes.requeue(9, WORD, 0, -1, 1, OTHER, 0, 0), -EINVAL);
    assert.deepEqual(finish(), []);
    assert.equal(futexes.requeue(9, WORD, 0, 1, 1, OTHER, 1, 0), 1);
  });
});

describe("wake operation", () => {
  const encode = (operation: number, operand: number, compare: number, value: number): number =>
    (operation << 28) | (compare << 24) | ((operand & 0xfff) << 12) | (value & 0xfff) | 0;

  test("changes the word and wakes the second queue if the old value compares", () => {
    const { futexes, wait, finish, store, load } = start(3);
    wait(1);
    wait(2, OTHER);
    const unequal = encode(abi.FUTEX_OP_ADD, -3, abi.FUTEX_OP_CMP_GT, 10);
    assert.equal(futexes.wakeOperation(9, WORD, 0, 1, 1, OTHER, unequal), 1);
    assert.equal(load(OTHER), -3);
    assert.deepEqual(finish(), [[1, 0]]);
    store(OTHER, 6);
    const equal = encode(abi.FUTEX_OP_ANDN, 2, abi.FUTEX_OP_CMP_EQ, 6);
    assert.equal(futexes.wakeOperation(9, WORD, 0, 1, 1, OTHER, equal), 1);
    assert.equal(load(OTHER), 4);
    assert.deepEqual(finish(), [[2, 0]]);
  });

  test("shifts, negative comparisons, and unknown operations", () => {
    const { futexes, store, load } = start(1);
    store(OTHER, -5);
    const shift = encode(abi.FUTEX_OP_OR | abi.FUTEX_OP_OPARG_SHIFT, 4, abi.FUTEX_OP_CMP_LT, -1);
    assert.equal(futexes.wakeOperation(9, WORD, 0, 1, 1, OTHER, shift), 0);
    assert.equal(load(OTHER), -5 | 16);
    assert.equal(futexes.wakeOperation(9, WORD, 0, 1, 1, OTHER, encode(7, 1, 0, 0)), -ENOSYS);
    assert.equal(futexes.wakeOperation(9, WORD, 0, 1, 1, OTHER, encode(0, 1, 9, 0)), -ENOSYS);
    assert.equal(load(OTHER), -5 | 16);
  });
});
