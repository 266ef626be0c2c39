/**
 * The numbering of handlers: which handlers there are, in which order they stand in the function
 * table, and which one a decoded instruction gets. A row of the instruction table has one, a branch
 * three, a jump one for each way that is cheaper when known in advance.
 */

import type { Instruction, Operands } from "../isa/instruction.js";
import { instructions } from "../isa/table.js";
import type { Variant } from "./handler-kind.js";

/** Handlers that are no instruction: see module.ts. */
export const HANDLER_DECODE = 0;
export const HANDLER_PAGE_END = 1;
export const HANDLER_CROSSING = 2;
export const HANDLER_ILLEGAL = 3;
export const FIRST_INSTRUCTION = 4;

type Shape = "plain" | "branch" | "jump" | "jumpRegister";

export interface HandlerRow {
  readonly instruction: Instruction;
  readonly variant: Variant;
  readonly name: string;
}

const branchVariants: readonly Variant[] = [
  { isLocal: true, preemption: "never" },
  { isLocal: true, preemption: "always" },
  { isLocal: false, preemption: "ifBackward" },
];

/** Index: isLocal × 4 + is preemption point × 2 + has link. */
const jumpVariants: readonly Variant[] = Array.from({ length: 8 }, (_, index) => ({
  isLocal: (index & 4) !== 0,
  preemption: (index & 2) !== 0 ? "always" : "never",
  hasLink: (index & 1) !== 0,
}));

const jumpRegisterVariants: readonly Variant[] = [
  { preemption: "ifBackward", hasLink: false },
  { preemption: "ifBackward", hasLink: true },
  { preemption: "always", hasLink: true },
];

function shapeOf(row: Instruction): Shape {
  if (row.name === "jal") return "jump";
  if (row.name === "jalr") return "jumpRegister";
  return row.pattern.endsWith("1100011") ? "branch" : "plain";
}

const variantsOf: Readonly<Record<Shape, readonly Variant[]>> = {
  plain: [{}],
  branch: branchVariants,
  jump: jumpVariants,
  jumpRegister: jumpRegisterVariants,
};

interface Numbering {
  readonly shape: Shape;
  readonly first: number;
}

function number(): { rows: HandlerRow[]; numbering: Map<Instruction, Numbering> } {
  const rows: HandlerRow[] = [];
  const numbering = new Map<Instruction, Numbering>();
  for (const row of instructions) {
    if (row.semantics === undefined) continue;
    const shape = shapeOf(row);
    numbering.set(row, { shape, first: FIRST_INSTRUCTION + rows.length });
    for (const [index, variant] of variantsOf[shape].entries()) {
      rows.push({
        instruction: row,
        variant,
        name: index === 0 ? row.name : `${row.name}/${index}`,
      });
    }
  }
  return { rows, numbering };
}
const numbered = Object.freeze(number());

/** All instruction handlers; the first has number FIRST_INSTRUCTION. */
export const handlerRows: readonly HandlerRow[] = Object.freeze(numbered.rows);
const numbering: ReadonlyMap<Instruction, Numbering> = numbered.numbering;

/** A record holds 16 bits. */
export const HANDLERS_MAX = 65536;

/** Calls: the link registers are ra and t0 (Unprivileged 2.5.1). */
function isLink(register: number): boolean {
  return register === 1 || register === 5;
}

/** A handler's number, and whether its immediate becomes a distance between records. */
export interface Selection {
  handler: number;
  isLocal: boolean;
}

/**
 * Chooses the handler of a decoded base instruction.
 * @param offsetBytes of the instruction in its page, or -1: its records are not side by side
 */
export function selectHandler(
  row: Instruction,
  operands: Operands,
  offsetBytes: number,
  selection: Selection,
): void {
  const known = numbering.get(row);
  if (known === undefined) throw new Error(`${row.name} has no semantics`);
  selection.isLocal = false;
  if (known.shape === "plain") {
    selection.handler = known.first;
    return;
  }
  if (known.shape === "jumpRegister") {
    const variant = operands.rd === 0 ? 0 : isLink(operands.rd) ? 2 : 1;
    selection.handler = known.first + variant;
    return;
  }
  const target = offsetBytes + operands.imm;
  selection.isLocal = offsetBytes >= 0 && target >= 0 && target < 4096;
  const isBackward = operands.imm <= 0;
  if (known.shape === "branch") {
    selection.handler = known.first + (selection.isLocal ? (isBackward ? 1 : 0) : 2);
    return;
  }
  const isPreemption = isBackward || isLink(operands.rd);
  const hasLink = operands.rd !== 0;
  selection.handler =
    known.first + (selection.isLocal ? 4 : 0) + (isPreemption ? 2 : 0) + (hasLink ? 1 : 0);
}
