/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A booted system as embedders see it, whatever the host: programs, streams, results, files. Node's
 * `boot` is in src/index.ts.
 */
import type { ProfileData } from "../structures/boot.js";
import { abortError, SixfoldError } from "./errors.js";
import { type Files, HostedFiles } from "./files.js";
import type { HostedProgram, Link } from "./link.js";
import type { NamedProcess, StartRequest } from "./messages.js";
import { type StartOptions, startRequest } from "./options.js";
import { namedProfile, type Profile } from "./profile.js";
import { type Outcome, Supervisor } from "./supervisor.js";

/** A program that was started. It and all that descends from it are the run. */
export interface Program {
  /** Its process id in the guest. */
  readonly pid: number;
  /** Its standard input, in bytes or text; closing it is the end of file (but on a terminal). What
   * is written after the program's end is dropped. */
  readonly stdin: WritableStream<Uint8Array | string>;
  /** Its standard output, until it ends; with a terminal, all that the terminal shows. A reader
   * that does not read stops the writer; one that cancels gives it SIGPIPE. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Its standard error output; with a terminal, nothing. */
  readonly stderr: ReadableStream<Uint8Array>;
  /** How it ended, once it has and what it left behind is gone, whether or not its output was read.
   * Rejected only with a SixfoldError, when the system ends first. */
  readonly result: Promise<RunResult>;
  /**
   * Sends a signal to the process group that the program began with. After its end, nothing.
   * @param signal number (1 to 64) or name ("SIGTERM"); default SIGTERM
   * @throws SixfoldError "argument" when there is no such signal
   */
  kill(signal?: number | string): void;
  /** The terminal's window has another size. */
  resize(columns: number, rows: number): void;
}

/** How a program ended, with what it wrote. */
export interface RunResult extends Outcome {
  /** The first `maxOutputBytes` of standard output (on a terminal, of what it showed). */
  readonly stdout: Uint8Array<ArrayBuffer>;
  readonly stderr: Uint8Array<ArrayBuffer>;
  /** More was written than `maxOutputBytes`; the rest was dropped. */
  readonly truncated: boolean;
  /** What was written, as text (UTF-8); default standard output. */
  text(stream?: "stdout" | "stderr"): string;
}

/** A process in the guest. */
export interface ProcessInfo {
  readonly pid: number;
  /** Process id of its parent; 0: none. */
  readonly parent: number;
  /** Name of its user, or the number of one that the image does not know. */
  readonly user: string;
  /** As ps shows it: "R" runs, "S" sleeps, "D" waits for what cannot be interrupted, "T" is
   * stopped, "Z" has ended. */
  readonly state: string;
  /** Its arguments as they are in its memory now. */
  readonly argv: readonly string[];
  /** What of its memory is there. */
  readonly memoryBytes: number;
  /** The `pid` of the program that it descends from; 0: of none that the host started. */
  readonly job: number;
}

/** A booted system. `await using` shuts it down. */
export interface System extends AsyncDisposable {
  /**
   * Starts a program. One that is not there, or cannot be executed, has a result that says so.
   * @param argv the program (looked up in PATH unless it has a slash) and its arguments
   * @throws SixfoldError when it cannot be begun (code "start", "busy", "argument", …)
   */
  start(argv: readonly string[], options?: StartOptions): Promise<Program>;
  /**
   * Starts a program and waits for its end. Its output is kept, up to `maxOutputBytes`; it is the
   * whole run that a signal aborted, also when it was before the start.
   * @throws SixfoldError as `start`
   */
  run(argv: readonly string[], options?: StartOptions): Promise<RunResult>;
  /** The files in the guest. */
  readonly files: Files;
  /** The processes in the guest. */
  processes(): Promise<ProcessInfo[]>;
  /**
   * Where time went since the first program's start. It goes on being measured.
   * @throws SixfoldError "argument" when `profile` was not asked for at boot
   */
  profile(): Promise<Profile>;
  /** A line per system call, when `trace` was asked for; else it never has any. */
  readonly trace: ReadableStream<Uint8Array>;
  /** What the guest writes to its console while no program has it as terminal, when `useConsole`
   * was asked for; else it never has any. */
  readonly console: ReadableStream<Uint8Array>;
  /** Ends the system and its worker. What is under way is rejected with code "closed". */
  shutdown(): Promise<void>;
}

const OUTPUT_BYTES_KEPT = 16 * 1024 * 1024;

/** A booted system over its link. */
export class HostedSystem implements System {
  readonly files: Files;
  private terminalIsTaken = false;

  /** @param outputBytes the limit of runs that have none of their own */
  constructor(
    private readonly link: Link,
    private readonly outputBytes = Number.POSITIVE_INFINITY,
  ) {
    this.files = new HostedFiles(link);
  }

  get trace(): ReadableStream<Uint8Array> {
    return this.link.trace.readable;
  }

  get console(): ReadableStream<Uint8Array> {
    return this.link.console.readable;
  }

  async start(argv: readonly string[], options: StartOptions = {}): Promise<Program> {
    const request = startRequest(argv, options, this.outputBytes);
    if (options.signal?.aborted === true) throw abortError("the start", options.signal);
    const { hosted, supervisor } = await this.begin(request, options);
    const keptBytes = options.maxOutputBytes ?? 0;
    hosted.stdout.keep(keptBytes);
    hosted.stderr.keep(keptBytes);
    const result = supervisor.outcome.then((outcome) => resultOf(hosted, outcome));
    // Who does not look at the result is not punished for it.
    result.catch(() => undefined);
    return {
      pid: hosted.process,
      stdin: hosted.stdin.writable,
      stdout: hosted.stdout.readable,
      stderr: hosted.stderr.readable,
      result,
      kill: (signal = "SIGTERM") => supervisor.kill(signal),
      resize: (columns, rows) => this.link.resize({ columns, rows }),
    };
  }

  async run(argv: readonly string[], options: StartOptions = {}): Promise<RunResult> {
    const isTerminal = options.terminal !== undefined;
    const given = isTerminal ? options : { ...options, stdin: options.stdin ?? "" };
    const request = startRequest(argv, given, this.outputBytes);
    if (options.signal?.aborted === true) return resultOf(undefined, NEVER_BEGUN);
    const { hosted, supervisor } = await this.begin(request, options);
    for (const stream of [hosted.stdout, hosted.stderr]) {
      stream.keep(options.maxOutputBytes ?? OUTPUT_BYTES_KEPT);
      stream.drain();
    }
    return resultOf(hosted, await supervisor.outcome);
  }

  async processes(): Promise<ProcessInfo[]> {
    const all = (await this.link.request({ operation: "processes" })) as readonly NamedProcess[];
    const decoder = new TextDecoder();
    return all.map((entry) => {
      // Who has shortened its arguments (as init does) has filled the rest with NUL.
      const words = decoder.decode(entry.argv).replace(/\0+$/, "").split("\0");
      return {
        pid: entry.process,
        parent: entry.parent,
        user: entry.user ?? String(entry.userId),
        state: entry.state,
        argv: words,
        memoryBytes: entry.memoryBytes,
        job: entry.jobProcess,
      };
    });
  }

  async profile(): Promise<Profile> {
    const data = (await this.link.request({ operation: "profile" })) as ProfileData | undefined;
    if (data === undefined) {
      throw new SixfoldError("argument", "no profile is made: boot with the option profile");
    }
    return await namedProfile(data, (path) => this.files.read(path).catch(() => undefined));
  }

  async shutdown(): Promise<void> {
    await this.link.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  private async begin(
    request: StartRequest,
    options: StartOptions,
  ): Promise<{ hosted: HostedProgram; supervisor: Supervisor }> {
    const beganMs = performance.now();
    const { terminal } = options;
    if (terminal !== undefined) this.takeTerminal(terminal);
    const release = (): void => {
      if (terminal !== undefined) this.terminalIsTaken = false;
    };
    const hosted = await this.link.start(request).catch((error: unknown) => {
      release();
      throw error;
    });
    const supervisor = new Supervisor(hosted, options, beganMs);
    supervisor.outcome.then(release, release);
    return { hosted, supervisor };
  }

  private takeTerminal(window: { readonly columns: number; readonly rows: number }): void {
    if (this.terminalIsTaken) {
      throw new SixfoldError("busy", "the terminal is in use: one program at a time has it");
    }
    this.terminalIsTaken = true;
    this.link.resize(window);
  }
}

/** Of a run that was aborted before its start. */
const NEVER_BEGUN: Outcome = Object.freeze({
  exitCode: undefined,
  signal: undefined,
  reason: "abort",
  limit: undefined,
  errno: undefined,
  usage: Object.freeze({ instructions: 0, milliseconds: 0, memoryBytesMax: 0, systemCalls: 0 }),
});

function resultOf(hosted: HostedProgram | undefined, outcome: Outcome): RunResult {
  const nothing = { bytes: new Uint8Array(0), isTruncated: false };
  const stdout = hosted?.stdout.kept() ?? nothing;
  const stderr = hosted?.stderr.kept() ?? nothing;
  return {
    ...outcome,
    stdout: stdout.bytes,
    stderr: stderr.bytes,
    truncated: stdout.isTruncated || stderr.isTruncated,
    text: (stream = "stdout") =>
      new TextDecoder().decode(stream === "stdout" ? stdout.bytes : stderr.bytes),
  };
}
