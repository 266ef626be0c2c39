/**
 * What an emitted handler is made for: which of an instruction's handlers it is, what it may call,
 * how it goes on, and the WebAssembly instructions of each kind of memory access.
 */

import type { Access } from "../isa/emitter.js";
import type { HelperName } from "../isa/helpers.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { Runtime } from "./runtime.js";

/** How a handler hands over to the next instruction; locals 0 to 3 are a handler's parameters. */
export interface Flow {
  /** To the record that the local RECORD has now. */
  dispatch(code: CodeBuilder): void;
  /** To the address in an i64 local. */
  goTo(code: CodeBuilder, targetLocal: number): void;
}

/** What a handler may call. */
export interface Linkage {
  readonly runtime: Runtime;
  readonly helpers: Readonly<Record<HelperName, number>>;
  readonly csr: Readonly<{ check: number; read: number; write: number }>;
}

/** Which of an instruction's handlers is being emitted. */
export interface Variant {
  /** The handler to hand over to on a translation miss; undefined: this is that one. */
  readonly slowHandler?: () => number;
  /** Target within the page, so that records can be stepped over without an address. */
  readonly isLocal?: boolean;
  /** Jump: look at the budget always, never, or only if the target is not ahead. */
  readonly preemption?: "always" | "never" | "ifBackward";
  /** Jump: rd is not x0. */
  readonly hasLink?: boolean;
}

export interface AccessRow {
  readonly sizeBytes: number;
  readonly load: keyof CodeBuilder & `i64Load${string}`;
  readonly store: keyof CodeBuilder & `i64Store${string}`;
}

export const accesses: Readonly<Record<Access, AccessRow>> = Object.freeze({
  b: { sizeBytes: 1, load: "i64Load8S", store: "i64Store8" },
  bu: { sizeBytes: 1, load: "i64Load8U", store: "i64Store8" },
  h: { sizeBytes: 2, load: "i64Load16S", store: "i64Store16" },
  hu: { sizeBytes: 2, load: "i64Load16U", store: "i64Store16" },
  w: { sizeBytes: 4, load: "i64Load32S", store: "i64Store32" },
  wu: { sizeBytes: 4, load: "i64Load32U", store: "i64Store32" },
  d: { sizeBytes: 8, load: "i64Load", store: "i64Store" },
});
