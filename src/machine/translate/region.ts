/**
 * What is translated at a time: a region, the blocks of one page that direct jumps reach from an
 * entry without a call. Whatever leaves the page, calls, returns, or is not translated ends the
 * region there; the interpreter goes on, or finds the next region.
 *
 * A region knows its page's content and no address: a page mapped elsewhere, or in another address
 * space, has the same regions.
 */

import { decodeExpanded, emptyOperands, instructionLength } from "../isa/decode.js";
import type { Instruction, OperandName, Operands } from "../isa/instruction.js";
import { isRegionCsr } from "./csr.js";

/** One instruction of a block. */
export interface Step {
  /** In the page, bytes. */
  readonly offset: number;
  readonly lengthBytes: 2 | 4;
  readonly word: number;
  readonly row: Instruction;
  readonly operands: Operands;
}

/** How a block ends. Offsets are in the page; one outside of it leaves by address. */
export type Ending =
  | { readonly kind: "branch"; readonly step: Step; readonly taken: number; readonly next: number }
  | { readonly kind: "jump"; readonly step: Step; readonly taken: number }
  | { readonly kind: "jumpRegister"; readonly step: Step }
  /** Goes on at an offset without a jump: into another block, or to the interpreter. */
  | { readonly kind: "fall"; readonly next: number };

export interface Block {
  readonly start: number;
  /** All but the jump or branch that ends it. */
  readonly steps: readonly Step[];
  readonly ending: Ending;
}

export interface Region {
  /** Offset of the first block. */
  readonly entry: number;
  /** By offset of their first instruction; the entry's comes first. */
  readonly blocks: ReadonlyMap<number, Block>;
  /** Instructions in all blocks. */
  readonly length: number;
}

const PAGE_BYTES = 4096;
/** Beyond this a region grows no further. */
const REGION_INSTRUCTIONS_MAX = 1500;

/** Instructions that change more than registers and memory: the interpreter's. */
function isTranslated(row: Instruction, operands: Operands): boolean {
  const { extension, name } = row;
  if (extension === "Zicsr") return isRegionCsr(row, operands);
  if (extension === "S" || extension === "Zifencei") return false;
  return name !== "ecall" && name !== "ebreak";
}

/** Whether a row is a conditional branch: their major opcode. */
export const isBranch = (row: Instruction): boolean => row.pattern.endsWith("1100011");

/** Calls: the link registers are ra and t0 (Unprivileged 2.5.1). */
export const isLink = (register: number): boolean => register === 1 || register === 5;

/** Reads single instructions of a page. */
class Page {
  constructor(private readonly halves: Uint16Array) {}

  /** The instruction at an offset, or undefined: none that is translated begins there. */
  stepAt(offset: number): Step | undefined {
    if (offset < 0 || offset >= PAGE_BYTES) return undefined;
    const low = this.halves[offset >>> 1] ?? 0;
    const lengthBytes = instructionLength(low);
    if (offset + lengthBytes > PAGE_BYTES) return undefined;
    const high = lengthBytes === 4 ? (this.halves[(offset >>> 1) + 1] ?? 0) : 0;
    const word = (low | (high << 16)) >>> 0;
    const operands = emptyOperands();
    const row = decodeExpanded(word, operands);
    if (row === undefined || !isTranslated(row, operands) || hasReservedRounding(row, operands)) {
      return undefined;
    }
    return { offset, lengthBytes, word, row, operands };
  }
}

/** Rounding modes 5 and 6 are illegal instructions (Unprivileged, F: table of rounding modes). */
function hasReservedRounding(row: Instruction, operands: Operands): boolean {
  const hasMode = row.syntax.some(({ kind }) => kind === "rm");
  return hasMode && (operands.rm === 5 || operands.rm === 6);
}

/** Steps from an offset up to and with the one that ends the run, as found on the way. */
interface Run {
  readonly steps: Step[];
  readonly ending: Ending;
}

function readRun(page: Page, start: number, room: number): Run {
  const steps: Step[] = [];
  let at = start;
  for (;;) {
    const step = steps.length < room ? page.stepAt(at) : undefined;
    if (step === undefined) return { steps, ending: { kind: "fall", next: at } };
    const { row, operands } = step;
    const next = at + step.lengthBytes;
    if (isBranch(row)) {
      return { steps, ending: { kind: "branch", step, taken: at + operands.imm, next } };
    }
    if (row.name === "jal")
      return { steps, ending: { kind: "jump", step, taken: at + operands.imm } };
    if (row.name === "jalr") return { steps, ending: { kind: "jumpRegister", step } };
    steps.push(step);
    at = next;
  }
}

/** Offsets where the region goes on behind an ending. */
export function successors(ending: Ending): number[] {
  switch (ending.kind) {
    case "branch":
      return [ending.next, ending.taken];
    case "jump":
      return isLink(ending.step.operands.rd) ? [] : [ending.taken];
    case "fall":
      return [ending.next];
    case "jumpRegister":
      return [];
  }
}

/**
 * Finds the region of an entry.
 * @param halves the page's 2048 half-words
 * @param isElsewhere offsets where another region begins: this one hands over to it
 * @returns undefined: nothing translated begins at the entry
 */
export function findRegion(
  halves: Uint16Array,
  entry: number,
  isElsewhere: (offset: number) => boolean,
): Region | undefined {
  const page = new Page(halves);
  const runs = new Map<number, Run>();
  const pending = [entry];
  let length = 0;
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    if (runs.has(start) || length >= REGION_INSTRUCTIONS_MAX) continue;
    const run = readRun(page, start, REGION_INSTRUCTIONS_MAX - length);
    if (run.steps.length === 0 && run.ending.kind === "fall") continue;
    runs.set(start, run);
    length += run.steps.length + 1;
    for (const next of successors(run.ending)) {
      if (next >= 0 && next < PAGE_BYTES && !(next !== entry && isElsewhere(next))) {
        pending.push(next);
      }
    }
  }
  if (!runs.has(entry)) return undefined;
  const blocks = cutRuns(runs, isElsewhere, entry);
  let sum = 0;
  for (const { steps, ending } of blocks.values()) {
    sum += steps.length + (ending.kind === "fall" ? 0 : 1);
  }
  return { entry, blocks, length: sum };
}

/** Ends each run where another begins, so that every instruction is in one block. */
function cutRuns(
  runs: ReadonlyMap<number, Run>,
  isElsewhere: (offset: number) => boolean,
  entry: number,
): Map<number, Block> {
  const blocks = new Map<number, Block>();
  const starts = [entry, ...[...runs.keys()].filter((start) => start !== entry)];
  for (const start of starts) {
    const run = runs.get(start);
    if (run === undefined) continue;
    const endsAt = (offset: number) =>
      offset !== start && (runs.has(offset) || (offset !== entry && isElsewhere(offset)));
    const cut = run.steps.findIndex(({ offset }) => endsAt(offset));
    const last = run.ending.kind === "fall" ? undefined : run.ending.step;
    if (cut >= 0) {
      const next = run.steps[cut]?.offset ?? 0;
      blocks.set(start, { start, steps: run.steps.slice(0, cut), ending: { kind: "fall", next } });
    } else if (last !== undefined && run.steps.length > 0 && endsAt(last.offset)) {
      const ending: Ending = { kind: "fall", next: last.offset };
      blocks.set(start, { start, steps: run.steps, ending });
    } else blocks.set(start, { start, steps: run.steps, ending: run.ending });
  }
  return blocks;
}

/**
 * Offsets in the page where execution comes back from what a region leaves to others: behind calls
 * and behind instructions that are not translated.
 */
export function continuations(region: Region, halves: Uint16Array): number[] {
  const found: number[] = [];
  for (const { ending } of region.blocks.values()) {
    if (ending.kind === "fall") {
      if (ending.next < PAGE_BYTES && !region.blocks.has(ending.next)) {
        const length = instructionLength(halves[ending.next >>> 1] ?? 0);
        found.push(ending.next + length);
      }
    } else if (ending.kind !== "branch" && isLink(ending.step.operands.rd)) {
      found.push(ending.step.offset + ending.step.lengthBytes);
    }
  }
  return found.filter((offset) => offset < PAGE_BYTES);
}

/** Registers by kind that the region reads or writes, and those that it writes. */
export interface RegisterUse {
  readonly x: ReadonlySet<number>;
  readonly f: ReadonlySet<number>;
  readonly writtenX: ReadonlySet<number>;
  readonly writtenF: ReadonlySet<number>;
}

/** x0 is in none of the sets. */
export function registersOf(region: Region): RegisterUse {
  const use = { x: new Set<number>(), f: new Set<number>() };
  const written = { x: new Set<number>(), f: new Set<number>() };
  const note = ({ row, operands }: Step): void => {
    for (const { operand, kind } of row.syntax) {
      if (kind !== "x" && kind !== "f") continue;
      const register = operands[operand as OperandName];
      if (kind === "x" && register === 0) continue;
      use[kind].add(register);
      if (operand === "rd") written[kind].add(register);
    }
  };
  for (const { steps, ending } of region.blocks.values()) {
    for (const step of steps) note(step);
    if (ending.kind !== "fall") note(ending.step);
  }
  return { x: use.x, f: use.f, writtenX: written.x, writtenF: written.f };
}
