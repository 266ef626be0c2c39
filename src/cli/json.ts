/**
 * What `--json` prints: one object, of the result or of an error of ours. Its fields are in
 * docs/cli.md and stay; others may come.
 */
import { ImageError } from "../image/errors.js";
import { type RunResult, SixfoldError, signalName } from "../index.js";
import { UsageError } from "./exit.js";

/** Output as JSON has it: text as it is, bytes that are none in base64. */
interface Written {
  readonly text: string;
  readonly encoding: "utf-8" | "base64";
}

function writtenOf(bytes: Uint8Array): Written {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes), encoding: "utf-8" };
  } catch {
    return { text: Buffer.from(bytes).toString("base64"), encoding: "base64" };
  }
}

/** Writes a line to standard output, whatever is at its other end. */
async function print(value: object): Promise<void> {
  await new Promise<void>((resolve) => {
    // A reader that left is no reason for another result.
    process.stdout.on("error", () => resolve());
    process.stdout.write(`${JSON.stringify(value)}\n`, () => resolve());
  });
}

/** Prints how a program ended and what it wrote. */
export async function printResult(result: RunResult): Promise<void> {
  const [stdout, stderr] = [writtenOf(result.stdout), writtenOf(result.stderr)];
  await print({
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    signalName: result.signal === undefined ? null : signalName(result.signal),
    reason: result.reason,
    limit: result.limit ?? null,
    errno: result.errno ?? null,
    stdout: stdout.text,
    stdoutEncoding: stdout.encoding,
    stderr: stderr.text,
    stderrEncoding: stderr.encoding,
    truncated: result.truncated,
    usage: result.usage,
  });
}

function codeOf(error: unknown): string {
  if (error instanceof SixfoldError) return error.code;
  if (error instanceof ImageError) return "image";
  return error instanceof UsageError ? "usage" : "internal";
}

/** Prints an error of ours. */
export async function printError(error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  await print({ error: { code: codeOf(error), message } });
}
