/** Deadlines of calls: one that a call puts off is armed again (TIME of a terminal). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../machine/platform.js";
import { beginCall, CALL_SYSTEM } from "./call-record.js";
import { createHandle } from "./handle.js";
import { Kernel } from "./kernel.js";
import { TASK_RUNNABLE } from "./tasks.js";
import type { Upcalls } from "./upcalls.js";

/** A hart that retires nothing; space for one context. */
function createKernel(run: (task: number) => number): Kernel {
  const platform = {
    ram: new Uint8Array(4096),
    frameCount: 1,
    words: new Int32Array(512),
    bus: { interruptPending: false, claim: () => 0 },
    createContext: () => 0,
    registersBase: () => 0,
    run: () => 0,
    executedInstructions: 0,
  } as unknown as Platform;
  const kernel = new Kernel(platform, {
    seed: 1,
    clock: { virtual: true, epochSeconds: 0, epochNanoseconds: 0 },
    injection: false,
    preemptionInstructions: 0,
    report: (line) => assert.fail(line),
  });
  kernel.connect({
    calls: {
      run: (task: { id: number }) => run(task.id),
      finished: () => {},
      restartClass: () => 0,
    },
    scheduler: { quantumExpired: () => 0 },
  } as unknown as Upcalls);
  return kernel;
}

test("a call that puts its deadline off is run again at the later one", () => {
  const times: number[] = [];
  const kernel = createKernel((task) => {
    times.push(calls.monotonicNanoseconds());
    if (times.length > 2) {
      calls.setDeadline(task, Number.POSITIVE_INFINITY);
      return calls.block(task, channel);
    }
    calls.setDeadline(task, times.length === 1 ? 1e9 : 3e9);
    return calls.block(task, channel);
  });
  const calls = createHandle(kernel, 1);
  const channel = calls.newChannel();
  const task = kernel.tasks.get(kernel.tasks.create(0, 0));
  task.state = TASK_RUNNABLE;
  task.quantumInstructions = 1000;
  beginCall(task.call, CALL_SYSTEM, 1, 63);
  kernel.queues.add(task, false);
  kernel.run(1_000_000);
  assert.equal(times.length, 3);
  assert.ok((times[1] as number) >= 1e9 && (times[2] as number) >= 3e9, `${times}`);
});
