/**
 * What was used, in the forms of getrusage(2) and times(2). Time is instructions × ratio
 * (docs/design.md 4.6), so that it repeats under the virtual clock.
 */
import { PAGE_BYTES } from "../../abi/memory.js";
import { CLOCK_TICKS_PER_SECOND } from "../../abi/process.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import { NANOSECONDS_PER_INSTRUCTION } from "../../kernel/time.js";
import type { Context } from "./context.js";
import type { Usage } from "./state.js";

const PAGE_KILOBYTES = PAGE_BYTES / 1024;
/** Figure of the memory service: most pages resident at a time. */
const RESIDENT_PEAK = 7;

/** What a task that has not ended has used. */
export function usageOf(context: Context, task: TaskId): Usage {
  const { kernel, services } = context;
  return {
    user: kernel.attribute(task, ATTRIBUTE.userInstructions),
    kernel: kernel.attribute(task, ATTRIBUTE.kernelInstructions),
    minorFaults: kernel.attribute(task, ATTRIBUTE.minorFaults),
    voluntarySwitches: kernel.attribute(task, ATTRIBUTE.voluntarySwitches),
    involuntarySwitches: kernel.attribute(task, ATTRIBUTE.involuntarySwitches),
    residentPeakPages: Math.max(0, services.memory.usage(task, task, RESIDENT_PEAK)),
  };
}

/** Adds what another one has used; of peaks the higher one counts. */
export function addUsage(to: Usage, more: Usage): void {
  to.user += more.user;
  to.kernel += more.kernel;
  to.minorFaults += more.minorFaults;
  to.voluntarySwitches += more.voluntarySwitches;
  to.involuntarySwitches += more.involuntarySwitches;
  to.residentPeakPages = Math.max(to.residentPeakPages, more.residentPeakPages);
}

/** @returns struct rusage (144 bytes). No fault here waits for a disk, so none is a major one; what
 * Linux does not count is 0 too */
export function writeUsage(usage: Usage): Uint8Array {
  const bytes = new Uint8Array(144);
  const view = new DataView(bytes.buffer);
  const put = (at: number, value: number): void => {
    view.setUint32(at, value % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  };
  writeTimeval(view, 0, usage.user);
  writeTimeval(view, 16, usage.kernel);
  put(32, usage.residentPeakPages * PAGE_KILOBYTES);
  put(64, usage.minorFaults);
  put(128, usage.voluntarySwitches);
  put(136, usage.involuntarySwitches);
  return bytes;
}

function writeTimeval(view: DataView, at: number, instructions: number): void {
  const microseconds = Math.floor((instructions * NANOSECONDS_PER_INSTRUCTION) / 1000);
  view.setUint32(at, Math.floor(microseconds / 1e6), true);
  view.setUint32(at + 8, microseconds % 1e6, true);
}

/** Clock ticks that so many instructions take. */
export function ticksOf(instructions: number): number {
  const nanoseconds = instructions * NANOSECONDS_PER_INSTRUCTION;
  return Math.floor((nanoseconds * CLOCK_TICKS_PER_SECOND) / 1e9);
}
