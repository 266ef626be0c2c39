/**
 * The messages between the embedder's thread and the worker that runs the system. Both ways only
 * plain data goes. Bytes travel in streams with credit: a sender has at most STREAM_CREDIT_BYTES of
 * a stream under way, and the receiver says how many it has taken.
 *
 * Numbers of streams: 0 is the console; program n (from 1 on, counted by the embedder's side) has
 * 3n-2, 3n-1 and 3n for its standard input, output and error (on a terminal, what is typed and
 * what is shown); the trace and the printer have numbers of their own.
 *
 * Requests (files, the list of processes, the profile) have numbers too, and each gets one answer.
 */
import type { FileFacts, ListedName, ProcessEntry, ProfileData } from "../structures/boot.js";
import type { JobLimits, JobUsage } from "../structures/limits.js";
import type { SixfoldErrorCode } from "./errors.js";

/** Bytes of one stream that may be under way in one direction. */
export const STREAM_CREDIT_BYTES = 262_144;
export const STREAM_CONSOLE = 0;
export const STREAM_TRACE = -1;
export const STREAM_PRINTER = -2;
export const STREAMS_PER_PROGRAM = 3;

/** @returns the streams of program `program`: input, output, error */
export function streamsOf(program: number): readonly [number, number, number] {
  const last = program * STREAMS_PER_PROGRAM;
  return [last - 2, last - 1, last];
}

/** Characters of a terminal's window. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** A folder of the host, and how the guest sees it. */
export interface Mount {
  /** The folder's path on the host. */
  readonly source: string;
  /** An absolute path in the guest; folders that are not there are made. */
  readonly target: string;
  /** "rw" (default): read and written live; "ro": only read; "overlay": what is written stays in
   * the guest. */
  readonly mode?: "rw" | "ro" | "overlay";
}

/** What the worker is created with. */
export interface BootData {
  readonly structure: string;
  /** A root file system, cpio newc. */
  readonly image: Uint8Array;
  readonly memoryBytes: number;
  /** A whole number, 0 to 2^32 - 1. */
  readonly seed: number;
  readonly hostName: string;
  readonly clock: "host" | "virtual";
  /** Seconds since 1970 at boot. */
  readonly epochSeconds: number;
  readonly epochNanoseconds: number;
  readonly window: WindowSize;
  /** Of all programs together, and of each that says nothing else. */
  readonly limits: Partial<JobLimits>;
  /** Bytes of translated code that the machine keeps; undefined: its default. */
  readonly translationBytes: number | undefined;
  /** Folders of the host. */
  readonly mounts: readonly Mount[];
  /** Somebody reads the console; otherwise its output is dropped while no program has it. */
  readonly consoleIsRead: boolean;
  /** There is a printer: what it prints goes to STREAM_PRINTER. */
  readonly printer: boolean;
  /** Folder of the host where translations are kept for the next start; undefined: nowhere. */
  readonly translationFolder: string | undefined;
  /** A line per system call goes to STREAM_TRACE. */
  readonly trace: boolean;
  /** A profile is made. */
  readonly profile: boolean;
}

/** A program to begin. */
export interface StartRequest {
  readonly argv: readonly string[];
  /** NAME=value, over the defaults of the account. */
  readonly environment: readonly string[];
  /** Undefined: the account's home. */
  readonly workdir: string | undefined;
  /** NAME, NUMBER or NUMBER:NUMBER. */
  readonly user: string;
  /** On the console instead of three streams. */
  readonly terminal: boolean;
  readonly limits: Partial<JobLimits>;
  /** The program may write so many bytes in all; Infinity: any number. */
  readonly outputBytes: number;
  /** What it leaves behind goes on when it has ended. */
  readonly detached: boolean;
  /** Standard input that is known from the start, and whether that is all of it. */
  readonly input: Uint8Array;
  readonly inputEnded: boolean;
}

/** Why the host ended a run. */
export type StopReason = "timeout" | "abort";

/** A wish that is answered. Paths are bytes without NUL. */
export type Request =
  | { readonly operation: "processes" }
  | { readonly operation: "profile" }
  | { readonly operation: "read"; readonly path: Uint8Array }
  | {
      readonly operation: "write";
      readonly path: Uint8Array;
      readonly bytes: Uint8Array;
      /** Undefined: 0644 for a new file; a file that is there keeps its own. */
      readonly mode: number | undefined;
    }
  | { readonly operation: "list"; readonly path: Uint8Array }
  | { readonly operation: "stat"; readonly path: Uint8Array; readonly followLinks: boolean }
  | {
      readonly operation: "mkdir";
      readonly path: Uint8Array;
      readonly mode: number;
      readonly recursive: boolean;
    }
  | { readonly operation: "remove"; readonly path: Uint8Array; readonly recursive: boolean }
  | { readonly operation: "rename"; readonly path: Uint8Array; readonly to: Uint8Array };

/** What a request is answered with: what was read, names, facts, processes, a profile, nothing. */
export type Answer =
  | Uint8Array
  | readonly ListedName[]
  | FileFacts
  | readonly NamedProcess[]
  | ProfileData
  | undefined;

/** A process, with its user's name if the image has one. */
export interface NamedProcess extends ProcessEntry {
  readonly user: string | undefined;
}

/** How a program ended, as the worker knows it. */
export interface ProgramEnd {
  /** As wait4 gives it. */
  readonly status: number;
  /** The errno with which the program could not be executed at all; 0: it was. */
  readonly startError: number;
  /** Why the host ended it, if it did. */
  readonly stopReason: StopReason | undefined;
  /** The limit that ended it. */
  readonly limit: string | undefined;
  readonly usage: JobUsage;
}

/** What the embedder's side sends. */
export type ToWorker =
  | { readonly kind: "start"; readonly program: number; readonly request: StartRequest }
  | { readonly kind: "input"; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: "input-end"; readonly stream: number }
  | {
      readonly kind: "taken";
      readonly stream: number;
      readonly lengthBytes: number;
      /** The memory of what was taken, when the receiver has no use for it. */
      readonly buffer?: ArrayBuffer;
    }
  /** Nobody will ever see more of the stream; its writer does not notice. */
  | { readonly kind: "drop"; readonly stream: number }
  | { readonly kind: "resize"; readonly window: WindowSize }
  /** Nobody reads the stream any more: its writer learns of it. */
  | { readonly kind: "cancel"; readonly stream: number }
  | { readonly kind: "request"; readonly number: number; readonly request: Request }
  /** To the process group that the program began with. */
  | { readonly kind: "signal"; readonly program: number; readonly signal: number }
  /** To all that descends from the program. */
  | {
      readonly kind: "stop";
      readonly program: number;
      readonly signal: number;
      readonly reason: StopReason;
    };

/** What the worker sends. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly code: SixfoldErrorCode; readonly message: string }
  | { readonly kind: "started"; readonly program: number; readonly process: number }
  | {
      readonly kind: "refused";
      readonly program: number;
      readonly code: SixfoldErrorCode;
      readonly message: string;
      readonly errno: string | undefined;
    }
  | { readonly kind: "answer"; readonly number: number; readonly value: Answer }
  /** The request failed with this error of Linux's. */
  | { readonly kind: "denied"; readonly number: number; readonly error: number }
  | { readonly kind: "output"; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: "input-taken"; readonly stream: number; readonly lengthBytes: number }
  /** Follows all output of the program. */
  | { readonly kind: "ended"; readonly program: number; readonly end: ProgramEnd }
  /** A line for the operator; `isDetail`: only of interest in verbose mode. */
  | { readonly kind: "report"; readonly line: string; readonly isDetail: boolean }
  | { readonly kind: "panic"; readonly line: string };
