/**
 * The errors of the image builder. Each message is one line that says what was wrong and what to
 * do; if packages cannot be had together, a line for each reason.
 */

/**
 * What kind of thing went wrong, for callers that decide by it:
 * `no-mirror` no mirror is known, `unreachable` it is known but does not answer, `not-found` it
 * answers that it has no such file, `untrusted` a signature, date or hash is wrong, `malformed` a
 * file is not what its format says, `input` an option or environment variable is not usable.
 */
export type ImageErrorCode =
  | "no-mirror"
  | "unreachable"
  | "not-found"
  | "untrusted"
  | "malformed"
  | "input";

/** An expected failure of the builder. Its message is for the user as it stands. */
export class ImageError extends Error {
  override readonly name = "ImageError";

  constructor(
    readonly code: ImageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The message of anything that was thrown, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const { cause } = error;
  const inner = cause instanceof Error && error.message.trim() === "fetch failed" ? cause : error;
  const code = (inner as NodeJS.ErrnoException).code;
  const text = inner.message === "" ? (code ?? inner.name) : inner.message;
  return text.replace(/\s+/g, " ");
}
