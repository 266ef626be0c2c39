/** What those who write the parts of a region's function share. */

import type { CodeBuilder } from "../wasm/code.js";
import type { EngineFeatures } from "../wasm/features.js";
import type { Links } from "./links.js";
import type { Step } from "./region.js";

/** Locals of a region's function besides a handler's parameters. */
export interface RegionLocals {
  /** i64 by register number. */
  readonly x: ReadonlyMap<number, number>;
  /** f64 by register number. */
  readonly f: ReadonlyMap<number, number>;
  /** i64: the pc of the entry, a parameter. */
  readonly entryPc: number;
  /** i64: where a jump by register goes. */
  readonly target: number;
  /** Scratch of a memory access. */
  readonly address: number;
  readonly host: number;
  readonly entry: number;
  /** i32: a resolved rounding mode. */
  readonly mode: number;
}

/** What the emitter needs of the region around it. */
export interface RegionContext {
  readonly code: CodeBuilder;
  readonly locals: RegionLocals;
  readonly entryOffset: number;
  readonly features: EngineFeatures;
  /** What stands for functions until the module is made. */
  readonly links: Links;
  /** Whether the jump by register at an offset tells where it goes. */
  learns(offset: number): boolean;
  /** Writes a branch out of the region to the interpreter, which does this step. */
  resume(step: Step, stepsBefore: number): void;
}
