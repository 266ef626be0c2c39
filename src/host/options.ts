/**
 * What callers of the public API give, checked: options of `boot` become the worker's boot data,
 * options of `start` a request. What issue and design promise and what is not there yet is refused
 * by name.
 */
import { SixfoldError } from "./errors.js";
import type { BootData, StartRequest, WindowSize } from "./messages.js";

/** Options of `boot`. */
export interface BootOptions {
  /** A root file system as cpio newc archive. */
  readonly image: Uint8Array;
  /** "monolithic" (default) or "microkernel". */
  readonly structure?: string;
  /** Memory of the machine; rounded up to 64 KiB; 16 MiB to 2 GiB, default 256 MiB. */
  readonly memoryBytes?: number;
  /** "host" (default) or "virtual": time is instructions, and two runs are identical. */
  readonly clock?: "host" | "virtual";
  /** Chance of placement and, under the virtual clock, of entropy: 0 to 2^32 - 1. Default: random,
   * with the virtual clock 0. */
  readonly seed?: number;
  /** Name of the guest; default "sixfold". */
  readonly hostName?: string;
  /** Time at boot, in milliseconds since 1970. Default: now, with the virtual clock 0. */
  readonly epochMs?: number;
  /** Whether `system.console` and programs with a terminal are used; default true. */
  readonly useConsole?: boolean;
  /** A file that /dev/lp0 prints to, written anew. Default: no printer, and opening it is ENXIO. */
  readonly printer?: string;
  /** Whether system calls are traced to `system.trace`, which then must be read. */
  readonly trace?: boolean;
  /** Takes lines for the operator; `isDetail`: only of interest when looking closely. */
  readonly report?: (line: string, isDetail: boolean) => void;
  /** Shuts the system down. */
  readonly signal?: AbortSignal;
}

/** Options of `start`. */
export interface StartOptions {
  /** Standard input known beforehand: all of it. Default: what is written to `program.stdin`. */
  readonly stdin?: string | Uint8Array;
  /** Variables over the account's PATH, HOME, USER, LOGNAME and SHELL. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the account's home. */
  readonly workdir?: string;
  /** NAME, UID or UID:GID; default "root". */
  readonly user?: string;
  /** The program gets the console as its terminal, with this window, instead of three streams. */
  readonly terminal?: WindowSize;
  /** After this the program is ended: SIGTERM, then SIGKILL. */
  readonly timeoutMs?: number;
  /** Aborting ends the program: SIGTERM, then SIGKILL. */
  readonly signal?: AbortSignal;
}

const PAGE_BYTES = 65_536;
const MEMORY_BYTES_MIN = 16 * 2 ** 20;
const MEMORY_BYTES_MAX = 2 ** 31;
export const MEMORY_BYTES_DEFAULT = 256 * 2 ** 20;
const SEED_MAX = 2 ** 32 - 1;
const WINDOW_MAX = 65_535;
const WINDOW_DEFAULT: Readonly<WindowSize> = Object.freeze({ columns: 80, rows: 24 });
const BOOT_NOT_YET: readonly string[] = Object.freeze(["mounts", "limits"]);
const START_NOT_YET: readonly string[] = Object.freeze(["limits"]);

function refuseMissing(options: object, names: readonly string[]): void {
  for (const name of names) {
    if ((options as Record<string, unknown>)[name] !== undefined) {
      throw new SixfoldError("not-supported", `option ${name} is not there yet`);
    }
  }
}

function integer(name: string, value: number, least: number, greatest: number): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value;
  const text = `${name} must be a whole number from ${least} to ${greatest}, not ${value}`;
  throw new SixfoldError("argument", text);
}

/** Checks options of `boot`. @throws SixfoldError "argument" or "not-supported" */
export function bootData(options: BootOptions): BootData {
  refuseMissing(options, BOOT_NOT_YET);
  const { network } = options as { network?: unknown };
  if (network !== undefined && network !== "none") {
    throw new SixfoldError("not-supported", `network "${String(network)}" is not there yet`);
  }
  if (!(options.image instanceof Uint8Array)) {
    throw new SixfoldError("argument", "image must be the bytes of a root file system (cpio)");
  }
  const clock = options.clock ?? "host";
  if (clock !== "host" && clock !== "virtual") {
    throw new SixfoldError("argument", `clock must be "host" or "virtual", not "${clock}"`);
  }
  const isVirtual = clock === "virtual";
  const memory = options.memoryBytes ?? MEMORY_BYTES_DEFAULT;
  integer("memoryBytes", memory, MEMORY_BYTES_MIN, MEMORY_BYTES_MAX);
  const seed = options.seed ?? (isVirtual ? 0 : Math.floor(Math.random() * SEED_MAX));
  const epochMs = options.epochMs ?? (isVirtual ? 0 : Date.now());
  return {
    structure: options.structure ?? "monolithic",
    image: options.image,
    memoryBytes: Math.ceil(memory / PAGE_BYTES) * PAGE_BYTES,
    seed: integer("seed", seed, 0, SEED_MAX),
    hostName: options.hostName ?? "sixfold",
    clock,
    epochSeconds: Math.floor(epochMs / 1000),
    epochNanoseconds: Math.floor((epochMs % 1000) * 1e6),
    window: WINDOW_DEFAULT,
    consoleIsRead: options.useConsole ?? true,
    printer: options.printer !== undefined,
    trace: options.trace ?? false,
  };
}

function plainText(name: string, text: string): string {
  if (typeof text === "string" && !text.includes("\0")) return text;
  throw new SixfoldError("argument", `${name} must be text without NUL characters`);
}

/** Checks options of `start`. @throws SixfoldError "argument" or "not-supported" */
export function startRequest(argv: readonly string[], options: StartOptions): StartRequest {
  refuseMissing(options, START_NOT_YET);
  if (argv.length === 0) throw new SixfoldError("argument", "argv must name a program");
  const { stdin, terminal } = options;
  if (terminal !== undefined) {
    integer("terminal.columns", terminal.columns, 0, WINDOW_MAX);
    integer("terminal.rows", terminal.rows, 0, WINDOW_MAX);
    if (stdin !== undefined) {
      throw new SixfoldError("argument", "stdin and terminal exclude each other");
    }
  }
  const environment = Object.entries(options.env ?? {}).map(([name, value]) => {
    if (name !== "" && !name.includes("=")) {
      return `${plainText("env", name)}=${plainText(name, value)}`;
    }
    throw new SixfoldError("argument", `"${name}" cannot be the name of a variable`);
  });
  const workdir = options.workdir;
  return {
    argv: argv.map((word) => plainText("argv", word)),
    environment,
    workdir: workdir === undefined ? undefined : plainText("workdir", workdir),
    user: plainText("user", options.user ?? "root"),
    terminal: terminal !== undefined,
    input:
      typeof stdin === "string" ? new TextEncoder().encode(stdin) : (stdin ?? new Uint8Array()),
    inputEnded: stdin !== undefined,
  };
}
