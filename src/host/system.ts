/**
 * A booted system as embedders see it, whatever the host: programs, streams, results. Node's `boot`
 * is in src/index.ts.
 */
import { SixfoldError } from "./errors.js";
import type { HostedProgram, Link } from "./link.js";
import { type StartOptions, startRequest } from "./options.js";
import { type Outcome, Supervisor } from "./supervisor.js";

/** A program that was started. */
export interface Program {
  /** Its process id in the guest. */
  readonly pid: number;
  /** Its standard input; closing it is the end of file. */
  readonly stdin: WritableStream<Uint8Array>;
  /** Its standard output, until it ends; with a terminal, all that the terminal shows. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Its standard error output; with a terminal, nothing. */
  readonly stderr: ReadableStream<Uint8Array>;
  /** How it ended. Rejected only with a SixfoldError, when the system ends first. */
  readonly result: Promise<Outcome>;
  /**
   * Sends a signal to the process group that the program began with.
   * @param signal number (1 to 64) or name ("SIGTERM"); default SIGTERM
   */
  kill(signal?: number | string): void;
  /** The terminal's window has another size. */
  resize(columns: number, rows: number): void;
}

/** How a program ended, with what it wrote. */
export interface RunResult extends Outcome {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** More was written than `maxOutputBytes`; the rest was dropped. */
  readonly isTruncated: boolean;
  /** What was written, as text (UTF-8). */
  text(stream?: "stdout" | "stderr"): string;
}

export interface RunOptions extends StartOptions {
  /** What is kept of either output; default 16 MiB. */
  readonly maxOutputBytes?: number;
}

/** A booted system. */
export interface System {
  /** Starts a program. @throws SixfoldError when it cannot be begun (code "start", "busy", …) */
  start(argv: readonly string[], options?: StartOptions): Promise<Program>;
  /** Starts a program and waits for its end. @throws SixfoldError as `start` */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** A line per system call, when `trace` was asked for; else it never has any. */
  readonly trace: ReadableStream<Uint8Array>;
  /** What the guest writes to its console while no program has it as terminal. */
  readonly console: ReadableStream<Uint8Array>;
  /** Ends the system and its worker. What still runs is rejected with code "closed". */
  shutdown(): Promise<void>;
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** A booted system over its link. */
export class HostedSystem implements System {
  private terminalIsTaken = false;

  constructor(private readonly link: Link) {}

  get trace(): ReadableStream<Uint8Array> {
    return this.link.trace.readable;
  }

  get console(): ReadableStream<Uint8Array> {
    return this.link.console.output.readable;
  }

  async start(argv: readonly string[], options: StartOptions = {}): Promise<Program> {
    const request = startRequest(argv, options);
    options.signal?.throwIfAborted();
    if (options.terminal !== undefined) {
      if (this.terminalIsTaken) {
        throw new SixfoldError("busy", "the terminal is in use: one program at a time has it");
      }
      this.terminalIsTaken = true;
      this.link.resize(options.terminal);
    }
    const hosted = await this.link.start(request).catch((error: unknown) => {
      if (options.terminal !== undefined) this.terminalIsTaken = false;
      throw error;
    });
    const supervisor = new Supervisor(hosted, options);
    const release = (): void => {
      if (options.terminal !== undefined) this.terminalIsTaken = false;
    };
    supervisor.outcome.then(release, release);
    return programOf(this.link, hosted, supervisor);
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    if (options.terminal !== undefined) {
      throw new SixfoldError("argument", "run collects streams: use start for a terminal");
    }
    const limitBytes = options.maxOutputBytes ?? OUTPUT_BYTES_MAX;
    const program = await this.start(argv, { ...options, stdin: options.stdin ?? "" });
    const [stdout, stderr, outcome] = await Promise.all([
      collect(program.stdout, limitBytes),
      collect(program.stderr, limitBytes),
      program.result,
    ]);
    return {
      ...outcome,
      stdout: stdout.bytes,
      stderr: stderr.bytes,
      isTruncated: stdout.isTruncated || stderr.isTruncated,
      text: (stream = "stdout") =>
        new TextDecoder().decode(stream === "stdout" ? stdout.bytes : stderr.bytes),
    };
  }

  async shutdown(): Promise<void> {
    await this.link.shutdown();
  }
}

function programOf(link: Link, hosted: HostedProgram, supervisor: Supervisor): Program {
  return {
    pid: hosted.process,
    stdin: hosted.stdin,
    stdout: hosted.stdout,
    stderr: hosted.stderr,
    result: supervisor.outcome,
    kill: (signal = "SIGTERM") => supervisor.kill(signal),
    resize: (columns, rows) => link.resize({ columns, rows }),
  };
}

/** Reads a stream to its end and keeps its first bytes. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  limitBytes: number,
): Promise<{ bytes: Uint8Array; isTruncated: boolean }> {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let isTruncated = false;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const part = next.value.subarray(0, limitBytes - kept);
    isTruncated ||= part.length < next.value.length;
    chunks.push(part);
    kept += part.length;
  }
  const bytes = new Uint8Array(kept);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, isTruncated };
}
