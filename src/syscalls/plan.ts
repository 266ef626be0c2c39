/**
 * Plans: what dispatch has to do for the arguments of a row, worked out once: which words each
 * takes, and which of them are ranges of the caller's memory.
 */
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { type Finish, type Partial, type Row, wordOf } from "./row.js";

/** How a word is made of its register: the codes of `Plan.kinds`. */
export const KIND_INT = 0;
export const KIND_UNSIGNED = 1;
export const KIND_LONG = 2;
export const KIND_SIZE = 3;
export const KIND_ADDRESS = 4;
export const KIND_PATH = 5;

const KINDS = Object.freeze({
  int: KIND_INT,
  unsigned: KIND_UNSIGNED,
  long: KIND_LONG,
  size: KIND_SIZE,
  address: KIND_ADDRESS,
  range: KIND_ADDRESS,
  path: KIND_PATH,
} as const);

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
  /** A structure that is only read or only written. */
  readonly isPlain: boolean;
}

export interface Plan {
  /** The row, but for `finish`. */
  readonly row: Row;
  /** KIND_* of each argument: numbers in one kind of array, whatever the row. */
  readonly kinds: Uint8Array;
  /** By argument: a path that may be a null pointer. */
  readonly optionalPaths: Uint8Array;
  readonly ranges: readonly RangePlan[];
  /** How many words the arguments take: a path takes two. */
  readonly words: number;
  /** Of the row: here every plan has the same fields in the same order. */
  readonly partial: Partial | undefined;
  readonly finish: Finish | undefined;
}

/** A copy with every field in the same order: rows come from several makers. */
function uniform(row: Row): Row {
  return Object.freeze({
    number: row.number,
    name: row.name,
    arguments: row.arguments,
    restart: row.restart,
    canBlock: row.canBlock,
    partial: row.partial,
    chunkWord: row.chunkWord,
    note: row.note,
    operate: row.operate,
  });
}

/** The plan of a row. A row that moves bytes prepares its ranges itself (partial.ts). */
export function planOf(row: Row): Plan {
  const ranges: RangePlan[] = [];
  row.arguments.forEach((type, index) => {
    if (type.kind !== "range" || row.partial !== undefined) return;
    const { lengthArgument, lengthBytes, elementBytes, access, isOptional } = type;
    const lengthWord = lengthArgument < 0 ? -1 : wordOf(row, lengthArgument);
    const word = wordOf(row, index);
    const isPlain = lengthWord < 0 && (access === ACCESS_READ || access === ACCESS_WRITE);
    ranges.push({ word, lengthWord, lengthBytes, elementBytes, access, isOptional, isPlain });
  });
  const { partial, finish } = row;
  return {
    row: uniform(row),
    kinds: Uint8Array.from(row.arguments, ({ kind }) => KINDS[kind]),
    optionalPaths: Uint8Array.from(row.arguments, ({ isOptional }) => (isOptional ? 1 : 0)),
    ranges,
    words: wordOf(row, row.arguments.length),
    partial,
    finish,
  };
}
