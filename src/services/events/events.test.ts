/** Files of events: the 64 bits of a counter, timers far in the future, and what waits for them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EAGAIN, EINVAL } from "../../abi/errno.js";
import { EFD_NONBLOCK } from "../../abi/events.js";
import { POLLIN, POLLOUT } from "../../abi/poll.js";
import * as abi from "../../abi/time.js";
import { EVENT_TIMER } from "../../kernel/calls.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { FakeKernel, kernelCalls } from "../testing/fake-kernel.js";
import { makeEvents } from "./events.js";

const TASK = 7;
const SECOND = 1e9;

function start() {
  const kernel = new FakeKernel();
  kernel.addTask(TASK, 0);
  const events = makeEvents(kernelCalls(kernel));
  const put = (...values: bigint[]): number =>
    kernel.put(TASK, new Uint8Array(new BigUint64Array(values).buffer));
  const longs = (address: number, count: number): bigint[] => {
    const bytes = new Uint8Array(8 * count);
    kernel.copyIn(TASK, address, bytes, 0, bytes.length);
    return [...new BigInt64Array(bytes.buffer)];
  };
  const write = (handle: number, value: bigint): number =>
    events.write(TASK, handle, 0, put(value), 8, EFD_NONBLOCK);
  const read = (handle: number): bigint | number => {
    const at = put(0n);
    const result = events.read(TASK, handle, 0, at, 8, EFD_NONBLOCK);
    return result === 8 ? BigInt.asUintN(64, longs(at, 1)[0] as bigint) : result;
  };
  return { kernel, events, put, longs, write, read };
}

describe("counters", () => {
  test("add up over both words, to 2^64 - 2", () => {
    const { events, write, read } = start();
    const handle = events.createCounter(TASK, 0xffff_ffff, 0);
    assert.equal(write(handle, 1n), 8);
    assert.equal(write(handle, 0xffff_fffen << 32n), 8);
    assert.equal(write(handle, 0xffff_fffen), 8);
    assert.equal(events.poll(TASK, handle, POLLIN | POLLOUT, 0), POLLIN);
    assert.equal(write(handle, 1n), -EAGAIN);
    assert.equal(write(handle, 0n), 8);
    assert.equal(write(handle, 2n ** 64n - 1n), -EINVAL);
    assert.equal(read(handle), 2n ** 64n - 2n);
    assert.equal(read(handle), -EAGAIN);
    assert.equal(events.poll(TASK, handle, POLLIN | POLLOUT, 0), POLLOUT);
  });

  test("a semaphore borrows from the upper word", () => {
    const { events, write, read } = start();
    const handle = events.createCounter(TASK, 0, 1);
    assert.equal(write(handle, 2n ** 32n), 8);
    assert.equal(read(handle), 1n);
    assert.equal(write(handle, 2n ** 64n - 1n - 2n ** 32n), 8);
    assert.equal(write(handle, 1n), -EAGAIN);
  });

  test("who waits for one is woken", () => {
    const { kernel, events, put } = start();
    kernel.addTask(8, 0);
    const handle = events.createCounter(TASK, 0, 0);
    const at = put(0n);
    const wait = () => kernel.run(TASK, () => events.read(TASK, handle, 0, at, 8, 0));
    assert.equal(wait(), BLOCKED);
    const one = kernel.put(8, new Uint8Array(new BigUint64Array([1n]).buffer));
    assert.equal(
      kernel.run(8, () => events.write(8, handle, 0, one, 8, 0)),
      8,
    );
    assert.equal(kernel.isWoken(TASK), true);
    assert.equal(wait(), 8);
  });
});

describe("timers", () => {
  test("absolute on realtime beyond 2106, and periods that nobody saw", () => {
    const { kernel, events, put, longs, read } = start();
    kernel.seconds = 2 ** 32 + 100;
    const handle = events.createTimer(TASK, abi.CLOCK_REALTIME);
    const due = BigInt(kernel.seconds + 5);
    const spec = put(2n, 0n, due, 0n);
    assert.equal(events.setTimer(TASK, handle, abi.TIMER_ABSTIME, spec, 0), 0);
    const at = put(0n, 0n, 0n, 0n);
    assert.equal(events.getTimer(TASK, handle, at), 0);
    assert.deepEqual(longs(at, 4), [2n, 0n, 5n, 0n]);
    assert.equal(kernel.timers.size, 1);
    assert.equal(read(handle), -EAGAIN);
    kernel.nanoseconds += 10 * SECOND;
    assert.equal(events.poll(TASK, handle, POLLIN, 0), POLLIN);
    assert.equal(read(handle), 3n);
    assert.equal(events.getTimer(TASK, handle, at), 0);
    assert.deepEqual(longs(at, 4), [2n, 0n, 1n, 0n]);
    events.close(TASK, handle, 0);
    assert.equal(kernel.timers.size, 0);
  });

  test("a late event of a timer that was set anew wakes nobody", () => {
    const { kernel, events, put, read } = start();
    const handle = events.createTimer(TASK, abi.CLOCK_MONOTONIC);
    assert.equal(events.setTimer(TASK, handle, 0, put(0n, 0n, 5n, 0n), 0), 0);
    const [timer] = [...kernel.timers.values()];
    events.event(0, EVENT_TIMER, timer?.token ?? 0, 0, 0);
    assert.equal(read(handle), -EAGAIN);
  });
});
