/** Runs the built `sixfold` command as its users do: in a process of its own. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findImage } from "../../src/image/index.js";

export const root = join(fileURLToPath(import.meta.url), "..", "..", "..");
export const structures = ["monolithic", "microkernel"] as const;
const usualLimitMs = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface CommandOptions {
  /** After this the command has failed; default a minute. */
  readonly limitMs?: number;
  readonly input?: Uint8Array | string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard output is closed after its first bytes. */
  readonly closesOutput?: boolean;
  /** Called when the command runs; may send a signal, then or later. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
  /** Called with all that was written to standard output so far; may send a signal. */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Why tests that boot the default image cannot run here, or false. */
export async function missingImage(): Promise<string | false> {
  return (await findImage()) === undefined ? "needs an image: sixfold image build" : false;
}

/** Runs `sixfold` with arguments to its end. */
export function sixfold(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "bin", "sixfold.js"), ...args], {
      env: { ...process.env, ...options.environment },
      timeout: options.limitMs ?? usualLimitMs,
      killSignal: "SIGKILL",
    });
    options.onStart?.((signal) => child.kill(signal));
    const stdout: Buffer[] = [];
    let stderr = "";
    child.on("error", reject);
    child.stdout.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      if (options.closesOutput === true) child.stdout.destroy();
      options.onOutput?.(Buffer.concat(stdout).toString(), (signal) => child.kill(signal));
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("close", (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }));
    // A guest that reads no input closes its end early.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
