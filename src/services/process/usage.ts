/**
 * Time used, in the forms of getrusage(2) and times(2). Time is instructions × ratio
 * (docs/design.md 4.6), so that it repeats under the virtual clock.
 */
import { CLOCK_TICKS_PER_SECOND } from "../../abi/process.js";
import { NANOSECONDS_PER_INSTRUCTION } from "../../kernel/time.js";
import type { Usage } from "./state.js";

/** @returns struct rusage (144 bytes): times; what is not counted is 0 */
export function writeUsage(usage: Usage): Uint8Array {
  const bytes = new Uint8Array(144);
  const view = new DataView(bytes.buffer);
  writeTimeval(view, 0, usage.user);
  writeTimeval(view, 16, usage.kernel);
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
