/**
 * What is translated at a time: a region, the blocks that direct jumps reach from an entry, behind
 * calls too, over the pages around it that execution has come to. Whatever is not translated ends
 * the region there; the machine goes on outside.
 *
 * Offsets are in bytes from the start of the entry's page, so that a region knows no address: a
 * page mapped elsewhere, or in another address space, has the same regions. What pages stand beside
 * it is looked at when execution goes over (writer.ts).
 */

import { decodeExpanded, emptyOperands, instructionLength } from "../isa/decode.js";
import type { Instruction, Operands } from "../isa/instruction.js";
import { PAGE_BYTES } from "../platform.js";
import { isRegionCsr } from "./csr.js";
import { type RegisterSet, registersOf } from "./register-set.js";

/** One instruction of a block. */
export interface Step {
  readonly offset: number;
  readonly lengthBytes: 2 | 4;
  readonly word: number;
  readonly row: Instruction;
  readonly operands: Operands;
  readonly reads: RegisterSet;
  readonly writes: RegisterSet;
}

/** How a block ends. An offset that is no block of the region leaves it. */
export type Ending =
  | { readonly kind: "branch"; readonly step: Step; readonly taken: number; readonly next: number }
  | { readonly kind: "jump"; readonly step: Step; readonly taken: number }
  /** A jump with a link: comes back to `next`, or does not. */
  | { readonly kind: "call"; readonly step: Step; readonly taken: number; readonly next: number }
  | {
      readonly kind: "callRegister";
      readonly step: Step;
      /** Where it was seen to go. */
      readonly targets: readonly number[];
      readonly next: number;
    }
  | { readonly kind: "return"; readonly step: Step }
  /** `targets`: where it was seen to go. */
  | { readonly kind: "jumpRegister"; readonly step: Step; readonly targets: readonly number[] }
  /** An environment call. */
  | { readonly kind: "system"; readonly step: Step; readonly next: number }
  /** Goes on at an offset without a jump: into another block, or out of the region. */
  | { readonly kind: "fall"; readonly next: number };

export interface Block {
  readonly start: number;
  /** All but the one that ends it. */
  readonly steps: readonly Step[];
  readonly ending: Ending;
}

export interface Region {
  /** Offset of the first block, in its page. */
  readonly entry: number;
  /** By offset of their first instruction; the entry's comes first. */
  readonly blocks: ReadonlyMap<number, Block>;
  /** Instructions in all blocks. */
  readonly length: number;
}

/** What a region is found in. */
export interface CodeSource {
  /** The half-word at an offset; undefined: nothing is known of its page. */
  halfAt(offset: number): number | undefined;
  /** Whether a block that begins there is worth translating. */
  isWanted(offset: number): boolean;
  /** Where the jump by register at an offset was seen to go. */
  targetsOf(offset: number): readonly number[];
}

/** Calls: the link registers are ra and t0 (Unprivileged 2.5.1). */
export const isLink = (register: number): boolean => register === 1 || register === 5;

/** Relative number of the page that an offset is in. */
export const pageOf = (offset: number): number => Math.floor(offset / PAGE_BYTES);

/** Whether an instruction begins in one page and ends in the next. */
export const isStraddling = ({ offset, lengthBytes }: Step): boolean =>
  pageOf(offset) !== pageOf(offset + lengthBytes - 1);

/** Instructions that change more than registers and memory: the interpreter's. */
function isTranslated(row: Instruction, operands: Operands): boolean {
  const { extension, name } = row;
  if (extension === "Zicsr") return isRegionCsr(row, operands);
  if (extension === "S" || extension === "Zifencei") return false;
  return name !== "ebreak";
}

/** Whether a row is a conditional branch: their major opcode. */
const isBranch = (row: Instruction): boolean => (row.match & 0x7f) === 0x63;

/** Rounding modes 5 and 6 are illegal instructions (Unprivileged, F: table of rounding modes). */
function hasReservedRounding(row: Instruction, operands: Operands): boolean {
  return row.hasRoundingMode && (operands.rm === 5 || operands.rm === 6);
}

/** The instruction at an offset, or undefined: none that is translated begins there. */
function stepAt(source: CodeSource, offset: number): Step | undefined {
  const low = source.halfAt(offset);
  if (low === undefined) return undefined;
  const lengthBytes = instructionLength(low);
  const high = lengthBytes === 4 ? source.halfAt(offset + 2) : 0;
  if (high === undefined) return undefined;
  const word = (low | (high << 16)) >>> 0;
  const operands = emptyOperands();
  const row = decodeExpanded(word, operands);
  if (row === undefined || !isTranslated(row, operands) || hasReservedRounding(row, operands)) {
    return undefined;
  }
  return { offset, lengthBytes, word, row, operands, ...registersOf(row, operands) };
}

/** How a step ends its block; undefined: it does not. */
function endingOf(source: CodeSource, step: Step): Ending | undefined {
  const { row, operands, offset } = step;
  const next = offset + step.lengthBytes;
  if (isBranch(row)) return { kind: "branch", step, taken: offset + operands.imm, next };
  if (row.name === "ecall") return { kind: "system", step, next };
  if (row.name === "jal") {
    const taken = offset + operands.imm;
    return isLink(operands.rd)
      ? { kind: "call", step, taken, next }
      : { kind: "jump", step, taken };
  }
  if (row.name !== "jalr") return undefined;
  const targets = source.targetsOf(offset);
  if (isLink(operands.rd)) return { kind: "callRegister", step, targets, next };
  if (operands.rd === 0 && isLink(operands.rs1)) return { kind: "return", step };
  return { kind: "jumpRegister", step, targets };
}

/** Offsets where execution goes on behind an ending, the most likely last. */
export function successors(ending: Ending): readonly number[] {
  switch (ending.kind) {
    case "branch":
      return [ending.next, ending.taken];
    case "jump":
      return [ending.taken];
    case "call":
    case "callRegister":
    case "system":
    case "fall":
      return [ending.next];
    case "jumpRegister":
      return ending.targets;
    case "return":
      return [];
  }
}

/** Where a run may stop behind a block (DESIGN 4.4): where it jumps back to. */
export function preemptionTarget(ending: Ending): number | undefined {
  const isJump = ending.kind === "branch" || ending.kind === "jump";
  return isJump && ending.step.operands.imm <= 0 ? ending.taken : undefined;
}

/** The last step of a block with its ending, if that is one. */
export const stepOf = (ending: Ending): Step | undefined =>
  ending.kind === "fall" ? undefined : ending.step;

/** Steps from an offset up to what ends them; a step over a page's end begins a block. */
function readRun(source: CodeSource, start: number, room: number): Block | undefined {
  const steps: Step[] = [];
  let at = start;
  for (;;) {
    const step = steps.length < room ? stepAt(source, at) : undefined;
    const isCut = step === undefined || (at !== start && (isStraddling(step) || entersPage(at)));
    if (isCut) {
      if (steps.length === 0) return undefined;
      return { start, steps, ending: { kind: "fall", next: at } };
    }
    const ending = endingOf(source, step);
    if (ending !== undefined) return { start, steps, ending };
    steps.push(step);
    at += step.lengthBytes;
  }
}

/** Whether an offset is the first of a page: there a block ends, as the page must be looked at. */
const entersPage = (offset: number): boolean => offset % PAGE_BYTES === 0;

/**
 * Finds the region of an entry.
 * @param limitInstructions beyond which it grows no further
 * @returns undefined: nothing translated begins at the entry
 */
export function findRegion(
  source: CodeSource,
  entry: number,
  limitInstructions: number,
): Region | undefined {
  const runs = new Map<number, Block>();
  const pending = [entry];
  let length = 0;
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    if (runs.has(start) || length >= limitInstructions) continue;
    if (start !== entry && !source.isWanted(start)) continue;
    const run = readRun(source, start, limitInstructions - length);
    if (run === undefined) continue;
    runs.set(start, run);
    length += run.steps.length + 1;
    pending.push(...successors(run.ending));
  }
  const first = runs.get(entry);
  // A region is entered by its own page; the next one has not been looked at there.
  if (first === undefined || pagesOfBlock(first).size > 1) return undefined;
  const blocks = cutRuns(runs, entry);
  let sum = 0;
  for (const { steps, ending } of blocks.values()) {
    sum += steps.length + (ending.kind === "fall" ? 0 : 1);
  }
  return { entry, blocks, length: sum };
}

/**
 * Finds the loop that begins at an entry: what lies between it and the last jump back to it. For
 * places within regions: whoever comes there goes on in the region around it when the loop ends.
 * @returns as findRegion; all that the entry reaches if it is no loop
 */
export function findLoop(
  source: CodeSource,
  entry: number,
  limitInstructions: number,
): Region | undefined {
  const region = findRegion(source, entry, limitInstructions);
  let last = Number.NEGATIVE_INFINITY;
  for (const { ending } of region?.blocks.values() ?? []) {
    const isJump = ending.kind === "branch" || ending.kind === "jump";
    if (isJump && ending.taken === entry) last = Math.max(last, ending.step.offset);
  }
  if (last < entry) return region;
  const isInside = (offset: number) => offset >= entry && offset <= last;
  const loop: CodeSource = {
    halfAt: (offset) => source.halfAt(offset),
    targetsOf: (offset) => source.targetsOf(offset),
    isWanted: (offset) => isInside(offset) && source.isWanted(offset),
  };
  return findRegion(loop, entry, limitInstructions);
}

/** Ends each run where another begins, so that every instruction is in one block. */
function cutRuns(runs: ReadonlyMap<number, Block>, entry: number): Map<number, Block> {
  const blocks = new Map<number, Block>();
  const starts = [entry, ...[...runs.keys()].filter((start) => start !== entry)];
  for (const start of starts) {
    const run = runs.get(start);
    if (run === undefined) continue;
    const endsAt = (offset: number) => offset !== start && runs.has(offset);
    const cut = run.steps.findIndex(({ offset }) => endsAt(offset));
    const last = stepOf(run.ending);
    if (cut >= 0) {
      const next = run.steps[cut]?.offset ?? 0;
      blocks.set(start, { start, steps: run.steps.slice(0, cut), ending: { kind: "fall", next } });
    } else if (last !== undefined && run.steps.length > 0 && endsAt(last.offset)) {
      const ending: Ending = { kind: "fall", next: last.offset };
      blocks.set(start, { start, steps: run.steps, ending });
    } else blocks.set(start, run);
  }
  return blocks;
}

/** Pages that have the bytes of a block. */
export function pagesOfBlock({ start, steps, ending }: Block): ReadonlySet<number> {
  const last = stepOf(ending) ?? steps.at(-1);
  const end = last === undefined ? start : last.offset + last.lengthBytes - 1;
  return new Set([pageOf(start), pageOf(end)]);
}

/**
 * Offsets where execution comes back from what a region leaves to others: instructions that are not
 * translated.
 */
export function continuations(region: Region, source: CodeSource): number[] {
  const found: number[] = [];
  for (const { ending } of region.blocks.values()) {
    if (ending.kind !== "fall" || region.blocks.has(ending.next)) continue;
    const low = source.halfAt(ending.next);
    if (low !== undefined) found.push(ending.next + instructionLength(low));
  }
  return found;
}
