/** Limits as embedders give them: those of jobs, and of what a program may write to its host. */
import {
  checkLimits,
  LIMIT_NAMES as JOB_LIMIT_NAMES,
  type JobLimits,
  LimitError,
} from "../structures/limits.js";
import { SixfoldError } from "./errors.js";

/** The names of limits of programs, */
export const LIMIT_NAMES = Object.freeze([...JOB_LIMIT_NAMES, "outputBytes"] as const);
export type LimitName = (typeof LIMIT_NAMES)[number];
/** and of all that a system can be booted with. */
export const BOOT_LIMIT_NAMES = Object.freeze([...LIMIT_NAMES, "translationBytes"] as const);
export type BootLimitName = (typeof BOOT_LIMIT_NAMES)[number];

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

/** What only `boot` takes, beside the limits of programs. */
export interface BootLimits extends Limits {
  /** Translations of programs' code that are kept. All go at once, and hot code is translated
   * again. Default: 64 MiB. */
  readonly translationBytes?: number;
}

/** Limits of programs, by whose business they are. */
interface SplitLimits {
  readonly job: Partial<JobLimits>;
  /** Undefined: not given. */
  readonly outputBytes: number | undefined;
}

/**
 * Checks limits of a system.
 * @param where whose option it is
 * @returns those of jobs, the one that the host watches and that of the machine
 * @throws SixfoldError "argument"
 */
export function splitBootLimits(
  limits: BootLimits,
  where: string,
): SplitLimits & { readonly translationBytes: number | undefined } {
  checkNames(limits, where, BOOT_LIMIT_NAMES);
  const { translationBytes, ...rest } = limits;
  checkCount("translationBytes", translationBytes, where);
  return { ...splitLimits(rest, where), translationBytes };
}

/**
 * Checks limits of programs.
 * @param where whose option it is
 * @returns those of jobs, and the one that the host watches
 * @throws SixfoldError "argument"
 */
export function splitLimits(limits: Limits, where: string): SplitLimits {
  checkNames(limits, where, LIMIT_NAMES);
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  const { outputBytes, ...job } = Object.fromEntries(given) as Limits;
  try {
    checkLimits(job as Partial<JobLimits>);
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    throw new SixfoldError("argument", `${where}: ${error.message}`);
  }
  checkCount("outputBytes", outputBytes, where);
  return { job: job as Partial<JobLimits>, outputBytes };
}

function checkNames(limits: Limits, where: string, names: readonly string[]): void {
  if (typeof limits !== "object" || limits === null) {
    throw new SixfoldError("argument", `${where}: limits must be an object`);
  }
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || names.includes(name)) continue;
    const text = `${where}: no limit is named ${name}; there are: ${names.join(", ")}`;
    throw new SixfoldError("argument", text);
  }
}

function checkCount(name: string, value: number | undefined, where: string): void {
  const isCount = Number.isSafeInteger(value) && Number(value) >= 1;
  if (value === undefined || value === Number.POSITIVE_INFINITY || isCount) return;
  const text = `limit ${name}: ${value} is not a whole number of at least 1`;
  throw new SixfoldError("argument", `${where}: ${text}`);
}
