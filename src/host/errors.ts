/** The one error type that the public API throws: what was wrong and what to do, in one line. */

/**
 * What kind of thing went wrong, for callers that decide by it:
 * `argument` an option is not usable, `not-supported` it is not there yet, `structure` no such
 * structure, `image` the image is not there or not usable, `start` a program could not be begun
 * (`errno` says why), `busy` all console streams (or the one terminal) are in use, `abort` a signal
 * was aborted before there was anything to end, `panic` the system halted by a bug of its own,
 * `closed` the system was shut down; and the errors of `system.files` under Linux's names, as
 * `ENOENT`.
 */
export type SixfoldErrorCode =
  | "argument"
  | "not-supported"
  | "structure"
  | "image"
  | "start"
  | "busy"
  | "abort"
  | "panic"
  | "closed"
  | `E${Uppercase<string>}`;

export interface SixfoldErrorOptions extends ErrorOptions {
  /** Linux's name of the error that the guest's system gave, as "ENOENT". */
  readonly errno?: string | undefined;
}

/** An error of Sixfold itself, never of the guest. Its message is for the user as it stands. */
export class SixfoldError extends Error {
  override readonly name = "SixfoldError";
  /** With code "start" and those of files: Linux's name of the error, as "ENOENT". */
  readonly errno: string | undefined;

  constructor(
    readonly code: SixfoldErrorCode,
    message: string,
    options: SixfoldErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errno = options.errno;
  }
}

/** @returns the error for a signal that is aborted before there is anything to end */
export function abortError(what: string, signal: AbortSignal): SixfoldError {
  return new SixfoldError("abort", `${what} was aborted`, { cause: signal.reason });
}
