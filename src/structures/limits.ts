/**
 * The limits of a system: what a host did not say gets its default here, which depends on the
 * machine's memory (docs/limits.md).
 */
import { type JobLimits, LIMIT_NAMES, type LimitName } from "../kernel/jobs.js";

export { objectBytesMax } from "../kernel/frames.js";
export type { JobLimits, JobUsage, LimitName } from "../kernel/jobs.js";
export { LIMIT_NAMES } from "../kernel/jobs.js";

/** A limit that no system can have, with its name. */
export class LimitError extends Error {
  override readonly name = "LimitError";
}

/** Tasks and open files that every system can bear. */
const PROCESSES = 4096;
const FILES = 65536;

/**
 * @param wanted limits by name, each an integer >= 1 or Infinity
 * @param ramBytes memory of the machine
 * @returns limits of the system, and of each program that has none of its own
 * @throws LimitError for a name or a value that is none
 */
export function limitsOf(wanted: Partial<JobLimits>, ramBytes: number): JobLimits {
  checkLimits(wanted);
  return {
    instructions: Number.POSITIVE_INFINITY,
    processes: PROCESSES,
    files: FILES,
    memoryBytes: ramBytes,
    tmpfsBytes: Math.floor(ramBytes / 2),
    ...wanted,
  };
}

/** @throws LimitError for a name or a value that is none */
export function checkLimits(wanted: Partial<JobLimits>): void {
  for (const [name, value] of Object.entries(wanted)) {
    if (!LIMIT_NAMES.includes(name as LimitName)) throw new LimitError(`no limit is named ${name}`);
    const isWhole = Number.isSafeInteger(value) && value >= 1;
    if (!isWhole && value !== Number.POSITIVE_INFINITY) {
      throw new LimitError(`limit ${name}: ${value} is not a whole number of at least 1`);
    }
  }
}
