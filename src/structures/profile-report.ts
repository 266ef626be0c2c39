/** From what a profiler keeps to what the host gets. */
import { CALL_FAULT, CALL_SIGNAL, CALL_SYSTEM } from "../kernel/call-record.js";
import { SYSTEM_CALLS } from "../syscalls/table.js";
import type { ProfileCall, ProfileData, ProfileProgram, ProfileWeights } from "./profile-data.js";
import { type ProgramRecord, sumOf } from "./profile-programs.js";

/** What the translator has made. */
export interface Made {
  readonly modules: number;
  readonly regions: number;
}

/** What belongs to no program, in milliseconds; and the instructions of all. */
export interface Common {
  readonly instructions: number;
  readonly scheduling: number;
  readonly translation: number;
  readonly waiting: number;
  readonly host: number;
}

/** Keys of what is no system call. */
const KEY_FAULT = -1;
const KEY_SIGNAL = -2;
const KEY_START = -3;

/**
 * What a program's calls are kept by.
 * @param kind CALL_x
 * @param number of a system call
 */
export function callKey(kind: number, number: number): number {
  if (kind === CALL_SYSTEM) return number;
  if (kind === CALL_FAULT) return KEY_FAULT;
  return kind === CALL_SIGNAL ? KEY_SIGNAL : KEY_START;
}

function callName(key: number): string {
  if (key === KEY_FAULT) return "page fault";
  if (key === KEY_SIGNAL) return "signal delivery";
  if (key === KEY_START) return "program start";
  return SYSTEM_CALLS.find(({ number }) => number === key)?.name ?? `call ${key}`;
}

/** @param rest what its spaces have spent since their last samples */
export function programData(
  program: ProgramRecord,
  rest: readonly Readonly<ProfileWeights>[],
): ProfileProgram {
  const calls = [...program.calls].map(
    ([key, { runs, milliseconds }]): ProfileCall => ({ name: callName(key), runs, milliseconds }),
  );
  return { name: program.name, places: program.placesWith(rest), calls };
}

/** Puts a profile together. */
export function profileData(
  programs: readonly ProfileProgram[],
  made: Made,
  common: Common,
): ProfileData {
  const places = sumOf(programs.flatMap((program) => program.places));
  const calls = programs.flatMap((program) => program.calls);
  return {
    times: {
      interpreted: places.milliseconds - places.translatedMilliseconds,
      translated: places.translatedMilliseconds,
      kernel: calls.reduce((sum, { milliseconds }) => sum + milliseconds, common.scheduling),
      translation: common.translation,
      waiting: common.waiting,
      host: common.host,
    },
    instructions: common.instructions,
    modules: made.modules,
    regions: made.regions,
    programs,
    schedulingMilliseconds: common.scheduling,
  };
}
