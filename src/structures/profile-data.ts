/** A profile as it is handed to the host: plain data, with places in files instead of names. */

/** Where the time since the first program's start has gone, in milliseconds of the host's clock. */
export interface ProfileTimes {
  /** Guest code, by how it was run: estimated from samples. */
  readonly interpreted: number;
  readonly translated: number;
  /** System calls, page faults, signals, scheduling. */
  readonly kernel: number;
  /** Making WebAssembly of guest code, and compiling it. */
  readonly translation: number;
  /** Everything in the guest waited. */
  readonly waiting: number;
  /** What the system's host did between two turns: messages, streams, files. */
  readonly host: number;
}

/** What was spent at a place of code. */
export interface ProfileWeights {
  milliseconds: number;
  /** Of these, those in translated code. */
  translatedMilliseconds: number;
  instructions: number;
}

/** Code of a file where execution was seen. */
export interface ProfilePlace extends Readonly<ProfileWeights> {
  /** Path in the guest, one character for each byte; or in brackets what is no file. */
  readonly file: string;
  /** In the file; -1: it is none. */
  readonly offset: number;
}

/** What the kernel did for a program. */
export interface ProfileCall {
  /** A system call, "page fault", "signal delivery" or "program start". */
  readonly name: string;
  /** How often, with what was run again after it had waited. */
  readonly runs: number;
  readonly milliseconds: number;
}

/** All processes of one name. */
export interface ProfileProgram {
  readonly name: string;
  readonly places: readonly ProfilePlace[];
  readonly calls: readonly ProfileCall[];
}

export interface ProfileData {
  readonly times: ProfileTimes;
  /** Run by programs, without what calls were charged. */
  readonly instructions: number;
  /** What the translator has made since boot. */
  readonly modules: number;
  readonly regions: number;
  readonly programs: readonly ProfileProgram[];
  /** Of nobody in particular: events, choosing who runs. */
  readonly schedulingMilliseconds: number;
}
