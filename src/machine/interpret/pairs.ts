/**
 * Pairs: one handler for two instructions, one behind the other. It saves the way to the second's
 * handler, which is the most of what an instruction costs. The record of the second stays what it
 * is, for those who jump to it. Which pairs: what was met most in esbuild and in a shell's loop.
 */

import { FIRST_INSTRUCTION, type HandlerRow, handlerRows } from "./handlers.js";

/** First, and the names of what may be second. */
const followers: Readonly<Record<string, string>> = Object.freeze({
  ld: "addi ld bltu sd lbu add bne",
  sd: "sd addi lbu ld",
  addi: "bltu bge addi sd ld add bne/1 beq jalr",
  lbu: "slli lbu andi addi",
  lb: "lb",
  sb: "sb bne/1",
  slli: "or add",
  or: "lbu add",
  add: "xor sd add ld addi sb",
  xor: "srliw",
  srliw: "slliw",
  slliw: "or",
  auipc: "jalr ld",
  lui: "add",
  andi: "bne",
  lw: "beq",
});

export interface Pair {
  readonly first: HandlerRow;
  readonly second: HandlerRow;
}

function rowNamed(name: string): HandlerRow {
  const row = handlerRows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`there is no handler ${name}`);
  return row;
}

/** All pairs; the first has number FIRST_PAIR. */
export const pairs: readonly Pair[] = Object.freeze(
  Object.entries(followers).flatMap(([name, names]) =>
    names.split(" ").map((second) => ({ first: rowNamed(name), second: rowNamed(second) })),
  ),
);
export const FIRST_PAIR: number = FIRST_INSTRUCTION + handlerRows.length;

/** Handler numbers from here on are translated regions; a record holds 16 bits. */
export const FIRST_REGION: number = FIRST_PAIR + pairs.length;

const numberOf = (row: HandlerRow): number => FIRST_INSTRUCTION + handlerRows.indexOf(row);
const keyOf = (first: number, second: number): number => first * FIRST_PAIR + second;

const numbers: ReadonlyMap<number, number> = new Map(
  pairs.map(({ first, second }, index) => [
    keyOf(numberOf(first), numberOf(second)),
    FIRST_PAIR + index,
  ]),
);

/**
 * The handler that does what two do.
 * @param first number of a handler
 * @param second of that of the record behind it
 * @returns undefined: there is none
 */
export function pairOf(first: number, second: number): number | undefined {
  return numbers.get(keyOf(first, second));
}
