/**
 * Watches over a program for the embedder: its time limit, its abort signal, and what its end is
 * called.
 */
import { SixfoldError } from "./errors.js";
import type { HostedProgram, ProgramEnd } from "./link.js";

/** Why a program ended: by itself, by a signal, or because the embedder's limits ended it. */
export type EndReason = "exit" | "signal" | "timeout" | "abort";

/** How a program ended. */
export interface Outcome {
  /** 0 to 255; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Number of the signal that ended it. */
  readonly signal: number | undefined;
  readonly reason: EndReason;
  readonly usage: {
    /** From start to end, by the host's clock. */
    readonly milliseconds: number;
    /** Run by the whole system since boot. */
    readonly instructions: number;
  };
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

/** @returns the number of a signal. @throws SixfoldError "argument" when there is none */
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
}

export class Supervisor {
  readonly outcome: Promise<Outcome>;
  private readonly beganMs = performance.now();
  private readonly timers: ReturnType<typeof setTimeout>[] = [];
  private stopReason: EndReason | undefined;

  constructor(
    private readonly program: HostedProgram,
    private readonly options: SupervisorOptions,
  ) {
    const { timeoutMs, signal } = options;
    if (timeoutMs !== undefined) this.after(timeoutMs, () => this.stop("timeout"));
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

  private stop(reason: EndReason): void {
    if (this.stopReason !== undefined) return;
    this.stopReason = reason;
    this.program.signal(SIGTERM);
    this.after(GRACE_MS, () => this.program.signal(SIGKILL));
  }

  /** Wait statuses are laid out as in wait(2): exit code << 8 | signal. */
  private describe({ status, instructions }: ProgramEnd): Outcome {
    const signal = status & 0x7f;
    const milliseconds = performance.now() - this.beganMs;
    return {
      exitCode: signal === 0 ? (status >> 8) & 0xff : undefined,
      signal: signal === 0 ? undefined : signal,
      reason: this.stopReason ?? (signal === 0 ? "exit" : "signal"),
      usage: { milliseconds, instructions },
    };
  }
}
