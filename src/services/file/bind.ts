/**
 * Makes operations of plain functions: a group of the file service's operations is a table of
 * functions over the core (`mountOperations` in mount-calls.ts, …), and the service is the sum of
 * its groups.
 */
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Core } from "./state.js";

/** A group: each operation with the core before its own arguments. */
export type Unbound<T> = {
  readonly [K in keyof T]: T[K] extends (...words: infer W extends number[]) => Result
    ? (core: Core, ...words: W) => Result
    : never;
};

type Loose = (core: Core, caller: TaskId, ...words: number[]) => Result;

/** @returns the group's operations with the core bound; no more than nine words each */
export function bind<T>(core: Core, group: Unbound<T>): T {
  const bound: Record<string, unknown> = {};
  for (const [name, operate] of Object.entries<Loose>(group as Record<string, Loose>)) {
    // Written out: a rest parameter would make an array per call.
    bound[name] = (
      caller: TaskId,
      a: number,
      b: number,
      c: number,
      d: number,
      e: number,
      f: number,
      g: number,
      h: number,
      i: number,
    ) => operate(core, caller, a, b, c, d, e, f, g, h, i);
  }
  return bound as T;
}
