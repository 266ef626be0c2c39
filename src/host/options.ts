/**
 * What callers of the public API give, checked: options of `boot` become the worker's boot data,
 * options of `start` a request. What is unknown, cannot be or is not there yet is refused by name.
 */
import { SixfoldError } from "./errors.js";
import { type BootLimits, type Limits, splitBootLimits, splitLimits } from "./limits.js";
import type { BootData, Mount, StartRequest, WindowSize } from "./messages.js";

/** A worker that waits for what it is to boot: `prepare` starts it. */
export interface Prepared {
  /** Ends it, unless a system was booted in it. */
  close(): Promise<void>;
}

/** Options of `boot`. */
export interface BootOptions {
  /**
   * A root file system: the bytes of a cpio newc archive, or in Node the name of an image that
   * `sixfold image build` made, or the path of an archive. Default: "default".
   */
  readonly image?: Uint8Array | string;
  /** "monolithic" (default) or "microkernel". */
  readonly structure?: string;
  /** Memory of the machine; rounded up to 64 KiB; 16 MiB to 2 GiB, default 256 MiB. */
  readonly memoryBytes?: number;
  /** What all programs together may take, and each that has no limits of its own. */
  readonly limits?: BootLimits;
  /** Folders of the host that the guest sees; the source must be there. Linux only. */
  readonly mounts?: readonly Mount[];
  /** Nothing but the system itself can be reached: the only choice so far. */
  readonly network?: "none";
  /** "host" (default) or "virtual": time is instructions, and two runs are identical. */
  readonly clock?: "host" | "virtual";
  /** Chance of placement and, under the virtual clock, of entropy: 0 to 2^32 - 1. Default: random,
   * with the virtual clock 0. */
  readonly seed?: number;
  /** Name of the guest; default "sixfold". */
  readonly hostName?: string;
  /** Time at boot, in milliseconds since 1970. Default: now, with the virtual clock 0. */
  readonly epochMs?: number;
  /** Whether `system.console` is used; then it must be read. Default: what the guest writes to its
   * console while no program has it as terminal is dropped. */
  readonly useConsole?: boolean;
  /** A file that /dev/lp0 prints to, written anew. Default: no printer, and opening it is ENXIO. */
  readonly printer?: string;
  /** Whether translated code is kept in the user's cache folder for the next start. Default: yes,
   * in Node. */
  readonly keepTranslations?: boolean;
  /** Whether system calls are traced to `system.trace`, which then must be read. */
  readonly trace?: boolean;
  /** Whether it is measured where time goes, for `system.profile()`. */
  readonly profile?: boolean;
  /** Takes lines for the operator; `isDetail`: only of interest when looking closely. */
  readonly report?: (line: string, isDetail: boolean) => void;
  /** A worker to boot in, from `prepare`. Default: one is started. */
  readonly prepared?: Prepared;
  /** Shuts the system down, also while it boots. */
  readonly signal?: AbortSignal;
}

/** Options of `start`. */
export interface StartOptions {
  /** Standard input known beforehand: all of it. Default: what is written to `program.stdin`; with
   * `run`, none. */
  readonly stdin?: string | Uint8Array;
  /** Variables over the account's PATH, HOME, USER, LOGNAME and SHELL. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the account's home. */
  readonly workdir?: string;
  /** NAME, UID or UID:GID; default "root". */
  readonly user?: string;
  /** The program gets the console as its terminal, with this window, instead of three streams. */
  readonly terminal?: WindowSize;
  /** What the program and all that descends from it may take. Default: the system's limits. */
  readonly limits?: Limits;
  /** After this the whole run is ended: SIGTERM, then SIGKILL. */
  readonly timeoutMs?: number;
  /** Aborting ends the whole run: SIGTERM, then SIGKILL. */
  readonly signal?: AbortSignal;
  /** How long a run may take over SIGTERM; default 2000. */
  readonly graceMs?: number;
  /** What of each output the result has; default 16 MiB with `run`, nothing with `start`. */
  readonly maxOutputBytes?: number;
  /** What the program leaves behind goes on when it has ended, instead of being killed. */
  readonly detached?: boolean;
}

const PAGE_BYTES = 65_536;
export const MEMORY_BYTES_MIN = 16 * 2 ** 20;
export const MEMORY_BYTES_MAX = 2 ** 31;
export const MEMORY_BYTES_DEFAULT = 256 * 2 ** 20;
const SEED_MAX = 2 ** 32 - 1;
const WINDOW_MAX = 65_535;
/** Of the timers of Node and of browsers. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const EPOCH_MS_MAX = 8.64e15;
const HOST_NAME_BYTES_MAX = 64;
const WINDOW_DEFAULT: Readonly<WindowSize> = Object.freeze({ columns: 80, rows: 24 });

type Kind =
  | "list"
  | "string"
  | "number"
  | "boolean"
  | "function"
  | "object"
  | "image"
  | "input"
  | "signal";

/** What each option may be. */
const BOOT_KINDS: Readonly<Record<keyof BootOptions, Kind>> = Object.freeze({
  image: "image",
  structure: "string",
  memoryBytes: "number",
  limits: "object",
  mounts: "list",
  network: "string",
  clock: "string",
  seed: "number",
  hostName: "string",
  epochMs: "number",
  useConsole: "boolean",
  printer: "string",
  keepTranslations: "boolean",
  trace: "boolean",
  profile: "boolean",
  report: "function",
  prepared: "object",
  signal: "signal",
});
const START_KINDS: Readonly<Record<keyof StartOptions, Kind>> = Object.freeze({
  stdin: "input",
  env: "object",
  workdir: "string",
  user: "string",
  terminal: "object",
  limits: "object",
  timeoutMs: "number",
  signal: "signal",
  graceMs: "number",
  maxOutputBytes: "number",
  detached: "boolean",
});

function isOfKind(value: unknown, kind: Kind): boolean {
  if (kind === "image" || kind === "input") {
    return typeof value === "string" || value instanceof Uint8Array;
  }
  if (kind === "signal") {
    return typeof (value as AbortSignal | null)?.addEventListener === "function";
  }
  if (kind === "list") return Array.isArray(value);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return kind === "object" ? isObject : typeof value === kind;
}

const KIND_TEXTS: Readonly<Partial<Record<Kind, string>>> = Object.freeze({
  object: "an object",
  list: "a list",
  image: "the bytes of a root file system (cpio), a name or a path",
  input: "text or bytes (Uint8Array)",
  signal: "an AbortSignal",
});

function checkKinds(where: string, options: object, kinds: Readonly<Record<string, Kind>>): void {
  if (!isOfKind(options, "object")) {
    throw new SixfoldError("argument", `${where}: options must be an object`);
  }
  for (const [name, value] of Object.entries(options)) {
    const kind = kinds[name];
    if (kind === undefined) {
      const names = Object.keys(kinds).join(", ");
      throw new SixfoldError("argument", `${where}: no option ${name}; there are: ${names}`);
    }
    if (value !== undefined && !isOfKind(value, kind)) {
      const text = KIND_TEXTS[kind] ?? `a ${kind}`;
      throw new SixfoldError("argument", `${where}: ${name} must be ${text}`);
    }
  }
}

function integer(name: string, value: number, least: number, greatest: number): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value;
  const text = `${name} must be a whole number from ${least} to ${greatest}, not ${value}`;
  throw new SixfoldError("argument", text);
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  const text = choices.map((choice) => `"${choice}"`).join(" or ");
  throw new SixfoldError("argument", `${name} must be ${text}, not "${value}"`);
}

/** Checks options of `boot` by their kind and name. @throws SixfoldError */
export function checkBootOptions(options: BootOptions): void {
  checkKinds("boot", options, BOOT_KINDS);
  if (options.network !== undefined && options.network !== "none") {
    const text = `network "${String(options.network)}" is not there yet`;
    throw new SixfoldError("not-supported", text);
  }
}

/**
 * @param options checked
 * @param translationFolder where translations are kept, if the host has a place for them
 * @returns what the worker is told; `image` must be bytes by now
 * @throws SixfoldError "argument" or "not-supported"
 */
export function bootData(options: BootOptions, translationFolder?: string): BootData {
  checkBootOptions(options);
  if (!(options.image instanceof Uint8Array)) {
    throw new SixfoldError("argument", "image must be the bytes of a root file system (cpio)");
  }
  const clock = options.clock ?? "host";
  checkChoice("clock", clock, ["host", "virtual"]);
  const isVirtual = clock === "virtual";
  const seed = options.seed ?? (isVirtual ? 0 : Math.floor(Math.random() * SEED_MAX));
  const epochMs = options.epochMs ?? (isVirtual ? 0 : Date.now());
  integer("epochMs", Math.floor(epochMs), 0, EPOCH_MS_MAX);
  const hostName = plainText("hostName", options.hostName ?? "sixfold");
  const nameBytes = new TextEncoder().encode(hostName).length;
  integer("the length of hostName", nameBytes, 1, HOST_NAME_BYTES_MAX);
  const limits = splitBootLimits(options.limits ?? {}, "boot");
  return {
    structure: options.structure ?? "monolithic",
    image: options.image,
    memoryBytes: memoryOf(options),
    seed: integer("seed", seed, 0, SEED_MAX),
    hostName,
    clock,
    epochSeconds: Math.floor(epochMs / 1000),
    epochNanoseconds: Math.floor((epochMs % 1000) * 1e6),
    window: WINDOW_DEFAULT,
    limits: limits.job,
    translationBytes: limits.translationBytes,
    mounts: (options.mounts ?? []).map(checkedMount),
    consoleIsRead: options.useConsole ?? false,
    printer: options.printer !== undefined,
    translationFolder: options.keepTranslations === false ? undefined : translationFolder,
    trace: options.trace ?? false,
    profile: options.profile ?? false,
  };
}

/**
 * Memory of the machine, in whole pages of WebAssembly's.
 * @throws SixfoldError "argument"
 */
export function memoryOf({ memoryBytes = MEMORY_BYTES_DEFAULT }: BootOptions): number {
  integer("memoryBytes", memoryBytes, MEMORY_BYTES_MIN, MEMORY_BYTES_MAX);
  return Math.ceil(memoryBytes / PAGE_BYTES) * PAGE_BYTES;
}

function checkedMount(mount: Mount): Mount {
  if (!isOfKind(mount, "object")) {
    throw new SixfoldError("argument", "mounts must be objects with source and target");
  }
  const { mode = "rw" } = mount;
  const source = plainText("the source of a mount", mount.source);
  const target = plainText("the target of a mount", mount.target);
  if (source === "") throw new SixfoldError("argument", "the source of a mount must be a folder");
  if (!target.startsWith("/") || /^\/*$/.test(target)) {
    const text = `the target of a mount must be an absolute path below /, not "${target}"`;
    throw new SixfoldError("argument", text);
  }
  checkChoice("the mode of a mount", mode, ["rw", "ro", "overlay"]);
  return { source, target, mode };
}

function plainText(name: string, text: string): string {
  if (typeof text === "string" && !text.includes("\0")) return text;
  throw new SixfoldError("argument", `${name} must be text without NUL characters`);
}

function environmentOf(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => {
    if (name !== "" && !name.includes("=")) {
      return `${plainText("env", name)}=${plainText(`env.${name}`, value)}`;
    }
    throw new SixfoldError("argument", `"${name}" cannot be the name of a variable`);
  });
}

function checkTerminal({ terminal, stdin }: StartOptions): void {
  if (terminal === undefined) return;
  integer("terminal.columns", terminal.columns, 0, WINDOW_MAX);
  integer("terminal.rows", terminal.rows, 0, WINDOW_MAX);
  if (stdin !== undefined) {
    throw new SixfoldError("argument", "stdin and terminal exclude each other");
  }
}

function checkTimes(options: StartOptions): void {
  for (const name of ["timeoutMs", "graceMs"] as const) {
    const value = options[name];
    const isTime = value === undefined || (value >= 0 && value <= TIMER_MS_MAX);
    if (isTime) continue;
    const text = `${name} must be a number of milliseconds from 0 to ${TIMER_MS_MAX}`;
    throw new SixfoldError("argument", text);
  }
  const kept = options.maxOutputBytes ?? 0;
  if (!(kept >= 0)) throw new SixfoldError("argument", "maxOutputBytes must be 0 or more");
}

/**
 * Checks options of `start`.
 * @param outputBytes the system's limit, for who has none of its own
 * @throws SixfoldError "argument"
 */
export function startRequest(
  argv: readonly string[],
  options: StartOptions,
  outputBytes: number,
): StartRequest {
  checkKinds("start", options, START_KINDS);
  if (!Array.isArray(argv) || argv.length === 0) {
    throw new SixfoldError("argument", "argv must be a list of words, the first a program");
  }
  checkTerminal(options);
  checkTimes(options);
  const { stdin, terminal, workdir } = options;
  const limits = splitLimits(options.limits ?? {}, "start");
  return {
    argv: argv.map((word) => plainText("argv", word)),
    environment: environmentOf(options.env ?? {}),
    workdir: workdir === undefined ? undefined : plainText("workdir", workdir),
    user: plainText("user", options.user ?? "root"),
    terminal: terminal !== undefined,
    limits: limits.job,
    outputBytes: limits.outputBytes ?? outputBytes,
    detached: options.detached ?? false,
    // A copy: the caller may go on with its bytes, and what surrounds them is not sent along.
    input:
      typeof stdin === "string" ? new TextEncoder().encode(stdin) : new Uint8Array(stdin ?? []),
    inputEnded: stdin !== undefined,
  };
}
