/**
 * Options that the commands share, and how their values are read. A value that cannot be read is an
 * InvalidArgumentError, which the argument library reports with the option's name.
 */
import { type Command, InvalidArgumentError, Option } from "commander";

/** Options of the commands that boot a system. */
export interface SystemFlags {
  readonly structure: string;
  readonly image: string;
  readonly memory: number;
  readonly clock: "host" | "virtual";
  readonly seed?: number;
  readonly env: readonly (readonly [string, string])[];
  readonly workdir?: string;
  readonly user: string;
  readonly printer?: string;
  readonly strace?: true;
  readonly verbose?: true;
}

const MEGABYTE = 2 ** 20;
const UNIT_BYTES: Readonly<Record<string, number>> = Object.freeze({
  "": 1,
  K: 2 ** 10,
  M: MEGABYTE,
  G: 2 ** 30,
});
const UNIT_MS: Readonly<Record<string, number>> = Object.freeze({
  ms: 1,
  "": 1000,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
});
const MEMORY_BYTES_MIN = 16 * MEGABYTE;
const MEMORY_BYTES_MAX = 2 ** 31;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
const SEED_MAX = 2 ** 32 - 1;

/** Reads a size: bytes, or with K, M or G. @throws InvalidArgumentError */
export function parseMemory(text: string): number {
  const match = /^(\d{1,15})([KMG]?)i?B?$/i.exec(text);
  const unit = UNIT_BYTES[(match?.[2] ?? "").toUpperCase()] ?? Number.NaN;
  const bytes = Number(match?.[1] ?? Number.NaN) * unit;
  if (bytes >= MEMORY_BYTES_MIN && bytes <= MEMORY_BYTES_MAX) return bytes;
  throw new InvalidArgumentError("Give a size from 16M to 2G.");
}

/** Reads a time: seconds, or with ms, s, m or h. @returns milliseconds */
export function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const ms = Number(match?.[1] ?? Number.NaN) * (UNIT_MS[match?.[2] ?? ""] ?? Number.NaN);
  if (ms > 0 && ms <= TIMEOUT_MS_MAX) return Math.max(1, Math.round(ms));
  throw new InvalidArgumentError("Give a time above 0, as 10, 0.5, 500ms, 2m or 1h.");
}

/** Reads a seed. @throws InvalidArgumentError */
export function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seed <= SEED_MAX) return seed;
  throw new InvalidArgumentError(`Give a whole number from 0 to ${SEED_MAX}.`);
}

/** Collects NAME=VALUE; NAME alone takes the host's value. @throws InvalidArgumentError */
export function collectVariable(
  text: string,
  before: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  if (name === "") throw new InvalidArgumentError("Give NAME=VALUE, or NAME of a variable here.");
  if (at >= 0) return [...before, [name, text.slice(at + 1)]];
  const value = process.env[name];
  return value === undefined ? before : [...before, [name, value]];
}

/** Adds the options of a booted system to a command. */
export function addSystemOptions(command: Command): Command {
  return command
    .option("--structure <name>", "how the system is put together", "monolithic")
    .option("--image <image>", "root file system: a name, or a file (cpio newc)", "default")
    .addOption(
      new Option("--env <name=value>", "set a variable (NAME alone: as here); may be repeated")
        .argParser(collectVariable)
        .default([], "none"),
    )
    .option("--workdir <folder>", "folder to start in (default: the user's home)")
    .option("--user <user>", "NAME, UID or UID:GID", "root")
    .addOption(
      new Option("--memory <size>", "memory of the machine, as 256M")
        .argParser(parseMemory)
        .default(256 * MEGABYTE, "256M"),
    )
    .addOption(
      new Option("--clock <clock>", "virtual: time is instructions, runs are repeatable")
        .choices(["host", "virtual"])
        .default("host"),
    )
    .option("--seed <number>", "seed of all chance (default: random; virtual clock: 0)", parseSeed)
    .option("--printer <file>", "file that /dev/lp0 prints to, written anew")
    .option("--strace", "write each system call to standard error")
    .option("--verbose", "say what is going on, on standard error");
}
