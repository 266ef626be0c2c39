/**
 * The messages between the embedder's thread and the worker that runs the system. Both ways only
 * plain data goes. Bytes travel in streams with credit: a sender has at most STREAM_CREDIT_BYTES of
 * a stream under way, and the receiver says how many it has taken.
 *
 * Numbers of streams: 0 is the console; program n (from 1 on, counted by the embedder's side) has
 * 3n-2, 3n-1 and 3n for its standard input, output and error; the trace and the printer have
 * numbers of their own.
 */
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
  /** Somebody reads the console; otherwise its output is dropped. */
  readonly consoleIsRead: boolean;
  /** There is a printer: what it prints goes to STREAM_PRINTER. */
  readonly printer: boolean;
  /** A line per system call goes to STREAM_TRACE. */
  readonly trace: boolean;
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
  /** Standard input that is known from the start, and whether that is all of it. */
  readonly input: Uint8Array;
  readonly inputEnded: boolean;
}

/** What the embedder's side sends. */
export type ToWorker =
  | { readonly kind: "start"; readonly program: number; readonly request: StartRequest }
  | { readonly kind: "input"; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: "input-end"; readonly stream: number }
  | { readonly kind: "taken"; readonly stream: number; readonly lengthBytes: number }
  | { readonly kind: "resize"; readonly window: WindowSize }
  | { readonly kind: "signal"; readonly program: number; readonly signal: number };

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
    }
  | { readonly kind: "output"; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: "input-taken"; readonly stream: number; readonly lengthBytes: number }
  /** Follows all output of the program. `status` is as wait4 gives it. */
  | {
      readonly kind: "ended";
      readonly program: number;
      readonly status: number;
      /** Of the whole system, since boot. */
      readonly instructions: number;
    }
  /** A line for the operator; `isDetail`: only of interest in verbose mode. */
  | { readonly kind: "report"; readonly line: string; readonly isDetail: boolean }
  | { readonly kind: "panic"; readonly line: string };
