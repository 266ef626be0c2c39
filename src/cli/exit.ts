/** Exit codes of `sixfold`, as container tools and timeout(1) have them, and its error lines. */
import { ImageError } from "../image/errors.js";
import { type Outcome, SixfoldError, signalName } from "../index.js";

export const EXIT_OK = 0;
export const EXIT_TIMEOUT = 124;
/** Our own error: options, image, boot. */
export const EXIT_OWN_ERROR = 125;
export const EXIT_NOT_EXECUTABLE = 126;
export const EXIT_NOT_FOUND = 127;
export const EXIT_SIGNAL_BASE = 128;
/** A limit ended the program: 128 + SIGKILL. */
export const EXIT_LIMIT = 137;
export const SIGHUP = 1;
/** Signals that end the command in an orderly way. */
export const SIGNALS = Object.freeze({ SIGHUP, SIGINT: 2, SIGTERM: 15 } as const);

/** A wrong use of the command; its message is for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Writes lines for the user, with the carriage return that a raw terminal needs. */
export function say(text: string): void {
  const end = process.stderr.isTTY && process.stdin.isRaw ? "\r\n" : "\n";
  for (const line of text.split("\n")) process.stderr.write(`sixfold: ${line}${end}`);
}

/** @returns the exit code that stands for how a program ended */
export function exitCodeOf(outcome: Outcome): number {
  if (outcome.reason === "timeout") return EXIT_TIMEOUT;
  // As what a kernel short of memory kills: the program had no say in it.
  if (outcome.reason === "limit") return EXIT_LIMIT;
  if (outcome.signal !== undefined) return EXIT_SIGNAL_BASE + outcome.signal;
  return outcome.exitCode ?? EXIT_OWN_ERROR;
}

/** @returns how a program ended, in words: "exit 0", "SIGKILL", "timeout" */
export function endOf({ reason, exitCode, signal, limit }: Outcome): string {
  if (reason === "limit") return `limit ${limit}`;
  if (reason === "exit") return `exit ${exitCode}`;
  return reason === "signal" && signal !== undefined ? signalName(signal) : reason;
}

/**
 * Says what went wrong.
 * @param isVerbose whether bugs of our own come with their stack
 * @returns the exit code
 */
export function reportError(error: unknown, isVerbose: boolean): number {
  const isExpected =
    error instanceof SixfoldError || error instanceof ImageError || error instanceof UsageError;
  const hasStack = error instanceof Error && error.stack !== undefined && !isExpected && isVerbose;
  const message = error instanceof Error ? error.message : String(error);
  say(hasStack ? (error.stack as string) : message);
  return EXIT_OWN_ERROR;
}
