/**
 * How often calls are done by the interpreter: each counts in its own record, and every
 * CALLS_UNTIL_TOLD times what it calls is told to the translator. So functions are found that are
 * called often and by many, where samples would come upon the places behind their calls.
 */

import type { CodeBuilder } from "../wasm/code.js";
import { CALLS_UNTIL_TOLD, record } from "./layout.js";
import { AREA, CONTEXT, RECORD, REMAINING, type Runtime } from "./runtime.js";

/**
 * Counts a call in its record.
 * @returns an i32 local with the count, to be released by the caller
 */
export function countCall(code: CodeBuilder): number {
  const calls = code.local("i32");
  code.localGet(RECORD).i32Load8U(record.calls).i32Const(1).i32Add().localSet(calls);
  code.localGet(RECORD).localGet(calls).i32Store8(record.calls);
  return calls;
}

/**
 * Goes on by the way that tells of the call when its counter has overflown; the call has been done.
 * @param calls from countCall; undefined: the jump is no call
 * @param pushTarget pushes the address called, i64
 */
export function tellCall(
  code: CodeBuilder,
  runtime: Runtime,
  calls: number | undefined,
  pushTarget: () => void,
): void {
  if (calls === undefined) return;
  code.localGet(calls).i32Const(CALLS_UNTIL_TOLD).i32Eq().if();
  code.localGet(CONTEXT);
  pushTarget();
  code.localGet(REMAINING).localGet(AREA).returnCall(runtime.calledAt).end();
}
