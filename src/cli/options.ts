/**
 * Options that the commands share, and how their values are read. A value that cannot be read is an
 * InvalidArgumentError, which the argument library reports with the option's name.
 */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { MEMORY_BYTES_DEFAULT, MEMORY_BYTES_MAX, MEMORY_BYTES_MIN } from "../host/options.js";
import {
  BOOT_LIMIT_NAMES,
  type BootLimitName,
  type BootLimits,
  type BootOptions,
} from "../index.js";
import { sizeOf } from "./sizes.js";

export type Mount = NonNullable<BootOptions["mounts"]>[number];

/** Options of the commands that boot a system. */
export interface SystemFlags {
  readonly structure: string;
  readonly image: string;
  readonly memory: number;
  readonly clock: "host" | "virtual";
  readonly seed?: number;
  readonly mount: readonly Mount[];
  readonly limit: BootLimits;
  readonly env: readonly (readonly [string, string])[];
  readonly workdir?: string;
  readonly user: string;
  readonly printer?: string;
  readonly strace?: true;
  readonly profile?: string;
  readonly verbose?: true;
  /** Undefined: as standard input and output are. */
  readonly tty?: boolean;
}

/** Options of `run`; a shell has none of those of its own. */
export interface RunFlags extends SystemFlags {
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: true;
  /** Bytes of either output that JSON has. */
  readonly maxOutput?: number;
}

const UNIT_MS: Readonly<Record<string, number>> = Object.freeze({
  ms: 1,
  "": 1000,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
});
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
const SEED_MAX = 2 ** 32 - 1;

/** Reads the memory of the machine. @throws InvalidArgumentError */
export function parseMemory(text: string): number {
  const bytes = sizeOf(text);
  if (bytes >= MEMORY_BYTES_MIN && bytes <= MEMORY_BYTES_MAX) return bytes;
  throw new InvalidArgumentError("Give a size from 16M to 2G.");
}

/** Reads a size. @throws InvalidArgumentError */
export function parseSize(text: string): number {
  const bytes = sizeOf(text);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("Give a size, as 65536, 64K or 16M.");
}

/**
 * Collects NAME=VALUE of limits; values are whole numbers, those of bytes also sizes, or
 * "unlimited". @throws InvalidArgumentError
 */
export function collectLimit(text: string, before: BootLimits): BootLimits {
  const [, name = "", value = ""] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (!BOOT_LIMIT_NAMES.includes(name as BootLimitName)) {
    throw new InvalidArgumentError(`Give NAME=VALUE; limits are: ${BOOT_LIMIT_NAMES.join(", ")}.`);
  }
  const isSize = name.endsWith("Bytes");
  const count = isSize ? sizeOf(value) : Number(/^\d+(e\d{1,2})?$/.test(value) ? value : "none");
  const number = value === "unlimited" ? Number.POSITIVE_INFINITY : count;
  const isLimit = number === Number.POSITIVE_INFINITY || Number.isSafeInteger(number);
  if (isLimit && number >= 1) return { ...before, [name]: number };
  const form = isSize ? "a size, as 64M" : "a whole number above 0, as 1000 or 1e9";
  throw new InvalidArgumentError(`Give ${form}, or "unlimited".`);
}

const MODES = Object.freeze(["rw", "ro", "overlay"] as const);

/**
 * Collects HOST:GUEST[:MODE]. The folder of the host may have colons in its name, that of the guest
 * may not. @throws InvalidArgumentError
 */
export function collectMount(text: string, before: readonly Mount[]): readonly Mount[] {
  const [, host, guest, word] = /^(.+?):(\/[^:]*)(?::([^:/]*))?$/s.exec(text) ?? [];
  const mode = MODES.find((one) => one === (word ?? "rw"));
  if (host === undefined || guest === undefined || mode === undefined) {
    throw new InvalidArgumentError("Give HOST:GUEST, or with :ro or :overlay, GUEST from / on.");
  }
  return [...before, { source: resolve(host), target: guest, mode }];
}

/** Reads a time: seconds, or with ms, s, m or h. @returns milliseconds */
export function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const ms = Number(match?.[1] ?? Number.NaN) * (UNIT_MS[match?.[2] ?? ""] ?? Number.NaN);
  if (ms > 0 && ms <= TIMEOUT_MS_MAX) return Math.max(1, Math.round(ms));
  throw new InvalidArgumentError("Give a time above 0, as 10, 0.5, 500ms, 2m or 1h.");
}

/** Reads the name of a profile's file, whose ending says its form. @throws InvalidArgumentError */
export function parseProfile(text: string): string {
  if (text.endsWith(".folded") || text.endsWith(".speedscope.json")) return text;
  throw new InvalidArgumentError("Give a file that ends in .folded or .speedscope.json.");
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
      new Option(
        "--mount <host:guest>",
        "show a folder of the host; :ro, :overlay; may be repeated",
      )
        .argParser(collectMount)
        .default([], "none"),
    )
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
        .default(MEMORY_BYTES_DEFAULT, "256M"),
    )
    .addOption(
      new Option(
        "--limit <name=value>",
        `set a limit: ${BOOT_LIMIT_NAMES.join(", ")}; may be repeated`,
      )
        .argParser(collectLimit)
        .default({}, "docs/limits.md"),
    )
    .addOption(
      new Option("--clock <clock>", "virtual: time is instructions, runs are repeatable")
        .choices(["host", "virtual"])
        .default("host"),
    )
    .option("--seed <number>", "seed of all chance (default: random; virtual clock: 0)", parseSeed)
    .option("--printer <file>", "file that /dev/lp0 prints to, written anew")
    .option("--tty", "give the program a terminal (default: if input and output are one)")
    .option("--no-tty", "give the program three streams")
    .option("--profile <file>", "write where time went: .folded or .speedscope.json", parseProfile)
    .option("--strace", "write each system call to standard error")
    .option("--verbose", "say what is going on, on standard error");
}
