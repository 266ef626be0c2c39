/**
 * Comparing states: a hash of a tree of plain data and of the frames in use (docs/design.md 4.1,
 * 4.5). Layers: plain-data.ts (what a tree may hold), hasher.ts →
 * state-hash.ts (the walk) → `hashState`.
 */
import { Hasher } from "./hasher.js";
import { StateHash } from "./state-hash.js";

export { findNotPlain } from "./plain-data.js";

const FRAME_BYTES = 4096;
/** Parts a tree from the frames that follow it. */
const FRAME_TAG = 11;

export interface HashOptions {
  /** The machine's memory, and how often each frame of it is held: frames at 0 do not count. */
  readonly ram?: Uint8Array;
  readonly references?: Uint32Array;
  /**
   * Paths left out: names joined by ".", "*" for any one name, for example
   * "kernel.tasks.tasks.*.attributes.18". By default `RERUN_DEPENDENT`.
   */
  readonly leaveOut?: readonly string[];
}

/**
 * What depends on how often calls were run again and on how long that took: time and what is
 * derived from it, counts of instructions, of runs and of injections, numbers handed out in order.
 */
export const RERUN_DEPENDENT: readonly string[] = Object.freeze([
  "kernel.time",
  "kernel.injection",
  "kernel.accounting",
  "kernel.random",
  ...["jobs.*.", "sum."].flatMap((which) => [
    `kernel.jobs.${which}instructions`,
    `kernel.jobs.${which}memoryBytesMax`,
  ]),
  "kernel.tasks.nextCallId",
  "kernel.tasks.endedUserInstructions",
  "kernel.tasks.endedKernelInstructions",
  ...["remainingInstructions", "quantumInstructions", "priority"].map(
    (field) => `kernel.tasks.tasks.*.${field}`,
  ),
  "services.scheduler",
  ...[
    "id",
    "runs",
    "deadline",
    "armedNanoseconds",
    "forcedPlaces",
    "askedPlaces",
    "traced",
    // Storage that is used again: what counts are the first replyCount.
    "replies",
  ].flatMap((field) => [
    `kernel.tasks.tasks.*.call.${field}`,
    `kernel.tasks.tasks.*.upcall.${field}`,
    `kernel.ownRecord.${field}`,
  ]),
  // ATTRIBUTE.userInstructions, .kernelInstructions, .startNanoseconds, .voluntarySwitches,
  // .involuntarySwitches, .endedUserInstructions to .childrenKernelInstructions of kernel/calls.ts.
  ...[18, 19, 21, 23, 24, 78, 79, 80, 81].flatMap((index) => [
    `kernel.tasks.tasks.*.attributes.${index}`,
    `kernel.tasks.processes.*.attributes.${index}`,
  ]),
  "services.process.processes.*.ownUsage",
  "services.process.processes.*.childUsage",
  "services.process.results.*.user",
  "services.process.results.*.kernel",
  "services.time.intervals.*.dueNanoseconds",
  // Texts of open files, which tell of instructions.
  "services.fs-proc.opened.*.text",
  "services.fs-proc.opened.*.startNanoseconds",
  "services.fs-proc.bootId",
  "services.file.pipes.*.seconds",
  "services.file.pipes.*.nanoseconds",
  ...["access", "modify", "change", "birth"].flatMap((what) =>
    ["fs-tmpfs", "fs-dev"].flatMap((service) => [
      `services.${service}.nodes.*.${what}Seconds`,
      `services.${service}.nodes.*.${what}Nanoseconds`,
    ]),
  ),
  // Times by NODE of services/file/protocol-file-system.ts.
  ...[6, 7, 8, 9, 10, 11].flatMap((which) => [
    `services.tty.terminals.*.pseudo.attributes.${which}`,
    `services.fs-pts.root.${which}`,
    `services.fs-pts.master.${which}`,
  ]),
]);

/** Adds every frame that is held, with its number. */
function addFrames(hasher: Hasher, ram: Uint8Array, references: Uint32Array): void {
  references.forEach((count, frame) => {
    if (count === 0) return;
    hasher.word(FRAME_TAG);
    hasher.word(frame);
    hasher.bytes(ram.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES));
  });
}

/**
 * The bytes of the frames in use.
 * @param ram the machine's memory
 * @param references how often each frame of 4096 bytes is held; a frame at 0 does not count
 * @returns 16 hexadecimal digits
 */
export function hashFrames(ram: Uint8Array, references: Uint32Array): string {
  const hasher = new Hasher();
  addFrames(hasher, ram, references);
  return hasher.digest();
}

/**
 * A hash of a state, the same for equal content however it came about (order of insertion into maps
 * and objects does not count).
 * @returns 16 hexadecimal digits
 * @throws with the path of the first thing that is not plain data
 */
export function hashState(tree: unknown, options: HashOptions = {}): string {
  const paths = options.leaveOut ?? RERUN_DEPENDENT;
  const hash = new StateHash();
  hash.walk(
    tree,
    paths.map((path) => ({ names: path.split("."), met: 0 })),
  );
  const { ram, references } = options;
  if (ram !== undefined && references !== undefined) addFrames(hash.hasher, ram, references);
  return hash.hasher.digest();
}
