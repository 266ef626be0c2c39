/**
 * Plans: what dispatch has to do for the arguments of a row, worked out once: which words each
 * takes, and which of them are ranges of the caller's memory.
 */
import type { ArgumentType } from "./arguments.js";
import { type Row, wordOf } from "./row.js";

/** A range of the caller's memory among a row's arguments. */
export interface RangePlan {
  /** Word index of its address. */
  readonly word: number;
  /** Word index of its length, or -1: it is `lengthBytes` long. */
  readonly lengthWord: number;
  readonly lengthBytes: number;
  readonly elementBytes: number;
  /** ACCESS_* bits. */
  readonly access: number;
  readonly isOptional: boolean;
}

export interface Plan {
  readonly row: Row;
  readonly arguments: readonly ArgumentType[];
  readonly ranges: readonly RangePlan[];
  /** How many words the arguments take: a path takes two. */
  readonly words: number;
}

/** The plan of a row. A row that moves bytes prepares its ranges itself (partial.ts). */
export function planOf(row: Row): Plan {
  const ranges: RangePlan[] = [];
  row.arguments.forEach((type, index) => {
    if (type.kind !== "range" || row.partial !== undefined) return;
    const { lengthArgument, lengthBytes, elementBytes, access, isOptional } = type;
    const lengthWord = lengthArgument < 0 ? -1 : wordOf(row, lengthArgument);
    const word = wordOf(row, index);
    ranges.push({ word, lengthWord, lengthBytes, elementBytes, access, isOptional });
  });
  const words = wordOf(row, row.arguments.length);
  return { row, arguments: row.arguments, ranges, words };
}
