/**
 * Watches over a program for the embedder: its time limit, its abort signal, and what its end is
 * called.
 */
import { errorName } from "../structures/error-name.js";
import { SixfoldError } from "./errors.js";
import type { LimitName } from "./limits.js";
import type { HostedProgram } from "./link.js";
import type { ProgramEnd, StopReason } from "./messages.js";

/** Why a program ended: by itself, by a signal, or because the embedder's limits ended it. */
export type EndReason = "exit" | "signal" | "timeout" | "abort" | "limit";

/** What a run has used: the program and all that descends from it. */
export interface Usage {
  /** Run, and charged for what the system did for it. */
  readonly instructions: number;
  /** From start to end, by the host's clock. */
  readonly milliseconds: number;
  /** The most that it had at a time, with what the kernel keeps for it. */
  readonly memoryBytesMax: number;
  readonly systemCalls: number;
}

/** How a program ended, but for what it wrote. */
export interface Outcome {
  /** 0 to 255; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Number of the signal that ended it. */
  readonly signal: number | undefined;
  readonly reason: EndReason;
  /** With reason "limit": which one. */
  readonly limit: LimitName | undefined;
  /** Linux's name of the error with which the program could not be executed at all ("ENOENT": it is
   * not there; exit code 127, for all others 126). Undefined: it ran. */
  readonly errno: string | undefined;
  readonly usage: Usage;
}

const SIGTERM = 15;
const SIGKILL = 9;
const SIGNAL_MAX = 64;
/** How long a program may take over SIGTERM. */
const GRACE_MS = 2000;

/** Linux's signals by name (asm-generic/signal.h). */
const SIGNAL_NAMES = Object.freeze(
  `HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP
  TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS`.split(/\s+/),
);

/**
 * @param signal a number from 1 to 64, or a name, as "SIGTERM"
 * @returns the signal's number
 * @throws SixfoldError "argument" when there is none
 */
export function signalNumber(signal: number | string): number {
  const name = String(signal).replace(/^SIG/, "");
  const number = typeof signal === "number" ? signal : SIGNAL_NAMES.indexOf(name) + 1;
  if (Number.isInteger(number) && number >= 1 && number <= SIGNAL_MAX) return number;
  throw new SixfoldError("argument", `"${signal}" is not a signal`);
}

/** @returns "SIGTERM" for 15, "signal 40" for what has no name */
export function signalName(signal: number): string {
  const name = SIGNAL_NAMES[signal - 1];
  return name === undefined ? `signal ${signal}` : `SIG${name}`;
}

export interface SupervisorOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly graceMs?: number;
}

export class Supervisor {
  readonly outcome: Promise<Outcome>;
  private readonly timers: ReturnType<typeof setTimeout>[] = [];
  private isStopping = false;

  /** @param beganMs when the start was asked for, by performance.now */
  constructor(
    private readonly program: HostedProgram,
    private readonly options: SupervisorOptions,
    private readonly beganMs: number,
  ) {
    const { timeoutMs, signal } = options;
    if (timeoutMs !== undefined) {
      const leftMs = Math.max(0, timeoutMs - (performance.now() - beganMs));
      this.after(leftMs, () => this.stop("timeout"));
    }
    if (signal?.aborted === true) this.stop("abort");
    signal?.addEventListener("abort", this.abort, { once: true });
    this.outcome = this.watch();
    // Who does not look at the result is not punished for it.
    this.outcome.catch(() => undefined);
  }

  kill(signal: number | string): void {
    this.program.signal(signalNumber(signal));
  }

  private async watch(): Promise<Outcome> {
    try {
      return this.describe(await this.program.end);
    } finally {
      for (const timer of this.timers) clearTimeout(timer);
      this.options.signal?.removeEventListener("abort", this.abort);
    }
  }

  private readonly abort = (): void => this.stop("abort");

  private after(delayMs: number, action: () => void): void {
    this.timers.push(setTimeout(action, delayMs));
  }

  private stop(reason: StopReason): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.program.stop(SIGTERM, reason);
    this.after(this.options.graceMs ?? GRACE_MS, () => this.program.stop(SIGKILL, reason));
  }

  /** Wait statuses are laid out as in wait(2): exit code << 8 | signal. */
  private describe(end: ProgramEnd): Outcome {
    const signal = end.status & 0x7f;
    const milliseconds = performance.now() - this.beganMs;
    const { instructions, memoryBytesMax, systemCalls } = end.usage;
    return {
      exitCode: signal === 0 ? (end.status >> 8) & 0xff : undefined,
      signal: signal === 0 ? undefined : signal,
      reason: reasonOf(end),
      limit: end.limit as LimitName | undefined,
      errno: end.startError === 0 ? undefined : errorName(end.startError),
      usage: { instructions, milliseconds, memoryBytesMax, systemCalls },
    };
  }
}

function reasonOf(end: ProgramEnd): EndReason {
  if (end.limit !== undefined) return "limit";
  if (end.stopReason !== undefined) return end.stopReason;
  return (end.status & 0x7f) === 0 ? "exit" : "signal";
}
