/**
 * Makers of rows: a row as such, one that can block, one that moves bytes in chunks.
 */
import { RESTART } from "../kernel/upcalls.js";
import type { ArgumentType } from "./arguments.js";
import type { Finish, Operate, Row } from "./row.js";

/** A row that never waits. `note` is its support note. */
export function row(
  number: number,
  name: string,
  types: readonly ArgumentType[],
  operate: Operate,
  note = "",
): Row {
  return Object.freeze({
    number,
    name,
    arguments: Object.freeze([...types]),
    restart: RESTART,
    canBlock: false,
    partial: undefined,
    chunkWord: -1,
    note,
    operate,
  });
}

/** The row can wait; what a signal then does is its restart class (kernel/upcalls.ts). */
export function blocks(base: Row, restart: number = RESTART): Row {
  return Object.freeze({ ...base, canBlock: true, restart });
}

/** Something is left to do when the call has ended (row.ts). */
export function finishes(base: Row, finish: Finish): Row {
  return Object.freeze({ ...base, finish });
}

/** The row moves bytes in chunks; arguments are descriptor, buffer or vector, length or count. */
export function moves(
  base: Row,
  direction: "read" | "write",
  offsetWord: number,
  isVector: boolean,
): Row {
  const partial = Object.freeze({ direction, offsetWord, isVector, flagsWord: -1 });
  // Only files have offsets of their own, and no file system here waits for a disk.
  return Object.freeze({ ...base, canBlock: offsetWord < 0, partial });
}

/** The row moves a vector at an offset or, with -1, at the file's position, with RWF_* flags. */
export function movesWith(base: Row, direction: "read" | "write", flagsWord: number): Row {
  const partial = Object.freeze({ direction, offsetWord: 3, isVector: true, flagsWord });
  return Object.freeze({ ...base, canBlock: true, partial });
}

/** The row moves a vector into or out of a pipe. */
export function movesEither(base: Row, flagsWord: number): Row {
  const direction = "either" as const;
  const partial = Object.freeze({ direction, offsetWord: -1, isVector: true, flagsWord });
  return Object.freeze({ ...base, canBlock: true, partial });
}

/** The row moves bytes between two files; the layer does the length in chunks. */
export function moveBetween(base: Row, chunkWord: number, canBlock = true): Row {
  return Object.freeze({ ...base, canBlock, chunkWord });
}
