/** Limits as embedders give them: those of jobs, and of what a program may write to its host. */
import {
  checkLimits,
  LIMIT_NAMES as JOB_LIMIT_NAMES,
  type JobLimits,
  LimitError,
} from "../structures/limits.js";
import { SixfoldError } from "./errors.js";

/** The names of limits. */
export const LIMIT_NAMES = Object.freeze([...JOB_LIMIT_NAMES, "outputBytes"] as const);
export type LimitName = (typeof LIMIT_NAMES)[number];

/**
 * What may be taken; each a whole number of at least 1, or Infinity. Given to `boot`, of all
 * programs together and of each that says nothing else; given to `start`, of the program and all
 * that descends from it. docs/api.md has the defaults and what happens where one is reached.
 */
export interface Limits {
  /** Instructions run, and charged for what the system does. The run ends. */
  readonly instructions?: number;
  /** Processes and threads at a time. fork fails with EAGAIN. */
  readonly processes?: number;
  /** Open files at a time. open fails with ENFILE. */
  readonly files?: number;
  /** Memory, with what the kernel keeps. Calls fail with ENOMEM, or the process is killed. */
  readonly memoryBytes?: number;
  /** Contents of files in memory. write fails with ENOSPC. */
  readonly tmpfsBytes?: number;
  /** What one run writes to standard output and error, or its terminal. The run ends. */
  readonly outputBytes?: number;
}

/**
 * Checks limits.
 * @param where whose option it is
 * @returns those of jobs, and the one that the host watches (undefined: not given)
 * @throws SixfoldError "argument"
 */
export function splitLimits(
  limits: Limits,
  where: string,
): { job: Partial<JobLimits>; outputBytes: number | undefined } {
  if (typeof limits !== "object" || limits === null) {
    throw new SixfoldError("argument", `${where}: limits must be an object`);
  }
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  for (const [name] of given) {
    if (!LIMIT_NAMES.includes(name as LimitName)) {
      const text = `${where}: no limit is named ${name}; there are: ${LIMIT_NAMES.join(", ")}`;
      throw new SixfoldError("argument", text);
    }
  }
  const { outputBytes, ...job } = Object.fromEntries(given) as Limits;
  try {
    checkLimits(job as Partial<JobLimits>);
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    throw new SixfoldError("argument", `${where}: ${error.message}`);
  }
  const isCount = Number.isSafeInteger(outputBytes) && Number(outputBytes) >= 1;
  if (outputBytes !== undefined && outputBytes !== Number.POSITIVE_INFINITY && !isCount) {
    const text = `limit outputBytes: ${outputBytes} is not a whole number of at least 1`;
    throw new SixfoldError("argument", `${where}: ${text}`);
  }
  return { job: job as Partial<JobLimits>, outputBytes };
}
