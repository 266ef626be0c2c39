/** The one error type that the public API throws: what was wrong and what to do, in one line. */

/**
 * What kind of thing went wrong, for callers that decide by it:
 * `argument` an option is not usable, `not-supported` it is not there yet, `structure` no such
 * structure, `image` the image is not usable, `start` a program could not be begun, `busy` all
 * console streams (or the one terminal) are in use, `panic` the system halted by a bug of its own,
 * `closed` the system was shut down.
 */
export type SixfoldErrorCode =
  | "argument"
  | "not-supported"
  | "structure"
  | "image"
  | "start"
  | "busy"
  | "panic"
  | "closed";

/** An error of Sixfold itself, never of the guest. Its message is for the user as it stands. */
export class SixfoldError extends Error {
  override readonly name = "SixfoldError";

  constructor(
    readonly code: SixfoldErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
