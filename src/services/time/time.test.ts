/** Clocks, sleeping and interval timers with a clock that the test moves. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EINVAL, EOPNOTSUPP, EPERM } from "../../abi/errno.js";
import { SIGALRM, SIGPROF, SIGVTALRM } from "../../abi/signal.js";
import * as abi from "../../abi/time.js";
import { ATTRIBUTE, EVENT_TIMER } from "../../kernel/calls.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { FakeKernel } from "../testing/fake-frames.js";
import { TimeKeeper } from "./time.js";

const SECOND = 1e9;

function start() {
  const kernel = new FakeKernel(16, 1);
  kernel.addTask(1, 1);
  kernel.addTask(2, 1);
  kernel.addTask(3, 3);
  const time = new TimeKeeper(kernel.calls);
  const pair = (seconds: number, parts: number): number =>
    kernel.scratch(1, new Uint8Array(new BigInt64Array([BigInt(seconds), BigInt(parts)]).buffer));
  const empty = (): number => kernel.scratch(1, new Uint8Array(32));
  const longs = (address: number, count: number): number[] =>
    [...new BigInt64Array(kernel.bytesAt(1, address, 8 * count).slice().buffer)].map(Number);
  const interval = (period: number, value: number): number =>
    kernel.scratch(
      1,
      new Uint8Array(new BigInt64Array([0n, BigInt(period), 0n, BigInt(value)]).buffer),
    );
  const read = (clock: number): number[] | number => {
    const at = empty();
    const result = time.read(1, clock, at);
    return result < 0 ? result : longs(at, 2);
  };
  /** Delivers the kernel's timers that are due. */
  const tick = (now: number): void => {
    kernel.now = now;
    for (const [id, timer] of kernel.timers) {
      if (timer.at > now) continue;
      kernel.timers.delete(id);
      time.event(0, EVENT_TIMER, timer.token, 0, 0);
    }
  };
  const signals = (): number[] => kernel.signals.splice(0).map(({ signal }) => signal);
  return { kernel, time, pair, empty, longs, interval, read, tick, signals };
}

describe("clocks", () => {
  test("monotonic, realtime, coarse", () => {
    const { kernel, read } = start();
    kernel.now = 3 * SECOND + 5_000_001;
    assert.deepEqual(read(abi.CLOCK_MONOTONIC), [3, 5_000_001]);
    assert.deepEqual(read(abi.CLOCK_BOOTTIME), [3, 5_000_001]);
    assert.deepEqual(read(abi.CLOCK_MONOTONIC_COARSE), [3, 4_000_000]);
    assert.deepEqual(read(abi.CLOCK_REALTIME), [1_000_000_003, 5_000_001]);
    assert.deepEqual(read(abi.CLOCK_REALTIME_COARSE), [1_000_000_003, 4_000_000]);
    assert.equal(read(10), -EINVAL);
  });

  test("CPU clocks count instructions of the thread, or of all threads of the process", () => {
    const { kernel, read } = start();
    kernel.task(1).attributes.set(ATTRIBUTE.userInstructions, 100);
    kernel.task(1).attributes.set(ATTRIBUTE.kernelInstructions, 10);
    kernel.task(2).attributes.set(ATTRIBUTE.userInstructions, 1000);
    kernel.task(3).attributes.set(ATTRIBUTE.userInstructions, 10_000);
    assert.deepEqual(read(abi.CLOCK_THREAD_CPUTIME_ID), [0, 550]);
    assert.deepEqual(read(abi.CLOCK_PROCESS_CPUTIME_ID), [0, 5550]);
    assert.deepEqual(read((~3 << 3) | 2), [0, 50_000], "another process's clock");
    assert.deepEqual(read((~2 << 3) | 6), [0, 5000], "another thread's clock");
    assert.equal(read((~3 << 3) | 6), -EINVAL, "a thread of another process");
    assert.equal(read((~77 << 3) | 2), -EINVAL);
  });

  test("no program sets realtime, not even as root; the kernel may", () => {
    const { kernel, time, pair, read } = start();
    assert.equal(time.set(1, abi.CLOCK_REALTIME, pair(5, 0)), -EPERM);
    kernel.task(1).attributes.set(ATTRIBUTE.effectiveUserId, 0);
    assert.equal(time.set(1, abi.CLOCK_REALTIME, pair(5, 0)), -EPERM);
    assert.equal(time.set(1, abi.CLOCK_REALTIME, pair(5, 1e9)), -EINVAL);
    assert.equal(time.set(1, abi.CLOCK_MONOTONIC, pair(5, 0)), -EINVAL);
    assert.equal(time.set(0, abi.CLOCK_REALTIME, kernelPair(kernel, 5)), 0);
    assert.deepEqual(read(abi.CLOCK_REALTIME), [5, 0]);
  });

  test("resolution, time of day", () => {
    const { kernel, time, empty, longs } = start();
    const at = empty();
    assert.equal(time.resolution(1, abi.CLOCK_MONOTONIC, at), 0);
    assert.deepEqual(longs(at, 2), [0, 1]);
    assert.equal(time.resolution(1, 99, 0), -EINVAL);
    kernel.now = 1_234_567;
    assert.equal(time.timeOfDay(1, at, 0), 0);
    assert.deepEqual(longs(at, 2), [1_000_000_000, 1234]);
  });
});

describe("sleeping", () => {
  test("relative: blocks until its time has come, through spurious re-runs", () => {
    const { kernel, time, pair } = start();
    kernel.now = 100;
    const request = pair(1, 5);
    const sleep = () => time.sleep(1, abi.CLOCK_REALTIME, 0, request, 0);
    assert.equal(sleep(), BLOCKED);
    assert.equal(kernel.calls.deadline(1), SECOND + 105);
    kernel.now = SECOND;
    assert.equal(sleep(), BLOCKED);
    assert.equal(kernel.calls.deadline(1), SECOND + 105);
    kernel.now = SECOND + 105;
    assert.equal(sleep(), 0);
  });

  test("the rest is stored when a signal ends a relative sleep, not an absolute one", () => {
    const { kernel, time, pair, longs } = start();
    const space = kernel.calls.createSpace();
    kernel.calls.map(space, 16, kernel.calls.allocateFrame(1), 3);
    kernel.task(1).attributes.set(ATTRIBUTE.space, space);
    const rest = 0x1_0010;
    time.sleep(1, abi.CLOCK_MONOTONIC, 0, pair(2, 0), rest);
    kernel.now = 500_000_000;
    kernel.endCall(1, false, time);
    assert.deepEqual(longs(rest, 2), [1, 500_000_000]);
    time.sleep(1, abi.CLOCK_MONOTONIC, abi.TIMER_ABSTIME, pair(9, 0), rest);
    kernel.endCall(1, false, time);
    assert.deepEqual(longs(rest, 2), [1, 500_000_000]);
  });

  test("absolute on realtime follows when realtime is set", () => {
    const { kernel, time, pair } = start();
    const request = pair(1_000_000_010, 0);
    const sleep = () => time.sleep(1, abi.CLOCK_REALTIME, abi.TIMER_ABSTIME, request, 0);
    assert.equal(sleep(), BLOCKED);
    assert.equal(kernel.calls.deadline(1), 10 * SECOND);
    assert.equal(time.set(0, abi.CLOCK_REALTIME, kernelPair(kernel, 1_000_000_008)), 0);
    assert.equal(kernel.waiters.size, 0);
    assert.equal(sleep(), BLOCKED);
    assert.equal(kernel.calls.deadline(1), 2 * SECOND);
    assert.equal(time.set(0, abi.CLOCK_REALTIME, kernelPair(kernel, 1_000_000_020)), 0);
    assert.equal(sleep(), 0);
  });

  test("on the process's CPU clock", () => {
    const { kernel, time, pair } = start();
    const request = pair(0, 1000);
    const sleep = () => time.sleep(1, abi.CLOCK_PROCESS_CPUTIME_ID, 0, request, 0);
    assert.equal(sleep(), BLOCKED);
    kernel.now = 1000;
    kernel.task(2).attributes.set(ATTRIBUTE.userInstructions, 100);
    assert.equal(sleep(), BLOCKED);
    assert.equal(kernel.calls.deadline(1), 1500);
    kernel.task(2).attributes.set(ATTRIBUTE.userInstructions, 200);
    assert.equal(sleep(), 0);
  });

  test("refuses", () => {
    const { time, pair } = start();
    assert.equal(time.sleep(1, abi.CLOCK_MONOTONIC, 0, pair(0, 1e9), 0), -EINVAL);
    assert.equal(time.sleep(1, abi.CLOCK_MONOTONIC, 0, pair(-1, 0), 0), -EINVAL);
    assert.equal(time.sleep(1, abi.CLOCK_THREAD_CPUTIME_ID, 0, pair(1, 0), 0), -EOPNOTSUPP);
    assert.equal(time.sleep(1, abi.CLOCK_MONOTONIC_COARSE, 0, pair(1, 0), 0), -EOPNOTSUPP);
    assert.equal(time.sleep(1, abi.CLOCK_MONOTONIC, 0, pair(0, 0), 0), 0);
  });
});

function kernelPair(kernel: FakeKernel, seconds: number): number {
  return kernel.scratch(0, new Uint8Array(new BigInt64Array([BigInt(seconds), 0n]).buffer));
}

describe("POSIX timers", () => {
  test("beyond the years 2038 and 2106: armed, read, due", () => {
    const { kernel, time, empty, longs, tick, signals } = start();
    const id = empty();
    const beyond = 5_000_000_000;
    assert.equal(time.set(0, abi.CLOCK_REALTIME, kernelPair(kernel, beyond)), 0);
    assert.equal(time.createTimer(1, abi.CLOCK_REALTIME, 0, id), 0);
    const spec = (seconds: number): number =>
      kernel.scratch(1, new Uint8Array(new BigInt64Array([0n, 0n, BigInt(seconds), 0n]).buffer));
    assert.equal(time.setTimer(1, 0, abi.TIMER_ABSTIME, spec(beyond + 10), 0), 0);
    const at = empty();
    assert.equal(time.getTimer(1, 0, at), 0);
    assert.deepEqual(longs(at, 4), [0, 0, 10, 0]);
    tick(10 * SECOND - 1);
    assert.deepEqual(signals(), []);
    tick(10 * SECOND);
    assert.deepEqual(signals(), [SIGALRM]);
    assert.equal(time.setTimer(1, 0, 0, spec(beyond), 0), 0);
    assert.equal(time.getTimer(1, 0, at), 0);
    assert.deepEqual(longs(at, 3), [0, 0, beyond]);
    assert.equal(time.deleteTimer(1, 0), 0);
    assert.equal(kernel.timers.size, 0);
  });

  test("exec and exit drop them", () => {
    const { kernel, time, empty } = start();
    for (const end of [() => time.executed(1), () => time.leave(1)]) {
      assert.equal(time.createTimer(1, abi.CLOCK_MONOTONIC, 0, empty()), 0);
      const spec = new Uint8Array(new BigInt64Array([0n, 0n, 1n, 0n]).buffer);
      assert.equal(time.setTimer(1, 0, 0, kernel.scratch(1, spec), 0), 0);
      assert.equal(kernel.timers.size, 1);
      end();
      assert.equal(kernel.timers.size, 0);
      assert.equal(time.state.posix.timers.size, 0);
      assert.equal(time.timerOverrun(1, 0), -EINVAL);
    }
  });
});

describe("interval timers", () => {
  test("ITIMER_REAL: once, periodic, replaced, read, dropped", () => {
    const { kernel, time, interval, empty, longs, tick, signals } = start();
    assert.equal(time.setInterval(1, abi.ITIMER_REAL, interval(0, 500), 0), 0);
    tick(499_999);
    assert.deepEqual(signals(), []);
    tick(500_000);
    assert.deepEqual(signals(), [SIGALRM]);
    assert.equal(kernel.timers.size, 0);
    assert.equal(time.setInterval(1, abi.ITIMER_REAL, interval(1000, 2000), 0), 0);
    tick(2_500_000);
    assert.deepEqual(signals(), [SIGALRM]);
    const at = empty();
    assert.equal(time.getInterval(1, abi.ITIMER_REAL, at), 0);
    assert.deepEqual(longs(at, 4), [0, 1000, 0, 1000]);
    tick(6_600_000);
    assert.deepEqual(signals(), [SIGALRM], "periods that were missed come once");
    assert.equal(time.getInterval(1, abi.ITIMER_REAL, at), 0);
    assert.deepEqual(longs(at, 4), [0, 1000, 0, 900]);
    assert.equal(time.setInterval(2, abi.ITIMER_REAL, 0, 0), 0);
    assert.equal(kernel.timers.size, 0);
    time.setInterval(1, abi.ITIMER_REAL, interval(0, 500), 0);
    time.leave(1);
    assert.equal(kernel.timers.size, 0);
    assert.equal(time.state.intervals.size, 0);
  });

  test("the event of a cancelled timer that comes late is nobody's", () => {
    const { time, interval, signals } = start();
    time.setInterval(1, abi.ITIMER_REAL, interval(0, 500), 0);
    time.event(0, EVENT_TIMER, 1 * 3 + abi.ITIMER_REAL, 0, 0);
    assert.deepEqual(signals(), []);
    time.setInterval(1, abi.ITIMER_REAL, 0, 0);
    time.event(0, EVENT_TIMER, 1 * 3 + abi.ITIMER_REAL, 0, 0);
    assert.deepEqual(signals(), []);
  });

  test("ITIMER_VIRTUAL counts user time, ITIMER_PROF all", () => {
    const { kernel, time, interval, tick, signals } = start();
    time.setInterval(1, abi.ITIMER_VIRTUAL, interval(0, 2000), 0);
    time.setInterval(1, abi.ITIMER_PROF, interval(0, 2000), 0);
    tick(2_000_000);
    assert.deepEqual(signals(), []);
    kernel.task(2).attributes.set(ATTRIBUTE.kernelInstructions, 400_000);
    tick(4_000_000);
    assert.deepEqual(signals(), [SIGPROF]);
    kernel.task(1).attributes.set(ATTRIBUTE.userInstructions, 400_000);
    tick(8_000_000);
    assert.deepEqual(signals(), [SIGVTALRM]);
    assert.equal(kernel.timers.size, 0);
  });

  test("refuses unknown timers and microseconds of a second or more", () => {
    const { time, interval } = start();
    assert.equal(time.setInterval(1, 3, interval(0, 1), 0), -EINVAL);
    assert.equal(time.setInterval(1, abi.ITIMER_REAL, interval(0, 1e6), 0), -EINVAL);
    assert.equal(time.setInterval(1, abi.ITIMER_REAL, interval(0, -1), 0), -EINVAL);
  });
});
