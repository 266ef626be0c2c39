/**
 * The loops of a region, and in which blocks of them a base register walks through memory by small
 * steps, or stays, so that one access is mostly in the page of the one before.
 */

import type { Graph } from "./graph.js";
import { type Block, type Step, stepOf } from "./region.js";
import { numbersOf } from "./register-set.js";

/** The stack, global and thread pointers: they are steady everywhere. */
const POINTERS = 0b11100;
/** So many loops, and so large a share of them, overrule the innermost one. */
const OTHERS_MIN = 3;
const OTHERS_SHARE = 0.75;
/** ra, t0 to t2, a0 to a7, t3 to t6 (the ABI's registers that a callee may change). */
const CHANGED_BY_CALLS = 0xf003_fce2 | 0;

/** One way back to where a loop begins, and the nodes that lead there. */
export interface Loop {
  readonly head: number;
  readonly nodes: ReadonlySet<number>;
}

/**
 * @param blocks of the region
 * @param loops of a graph
 * @param blockOf places in `blocks` by node of that
 * @returns bits of the base registers that stay in a page for a while, by place in `blocks`
 */
export function findSteadyBases(
  blocks: readonly Block[],
  loops: readonly Loop[],
  blockOf: readonly number[],
): readonly number[] {
  /** By block, what the loops around it say, the innermost first. */
  const said = blocks.map(() => [] as number[]);
  for (const { nodes } of loops) {
    const places = new Set([...nodes].map((node) => blockOf[node] ?? 0).filter((at) => at >= 0));
    const steady = steadyIn([...places].flatMap((place) => blocks[place] ?? []));
    for (const place of places) said[place]?.push(steady);
  }
  return said.map((loopsAround) => agreed(loopsAround) | POINTERS);
}

/**
 * The innermost loop knows best, but where nearly all others say that a base is steady it is: the
 * block in which an interpreter jumps to what does an instruction is in a loop with each of these.
 */
function agreed([innermost = 0, ...others]: readonly number[]): number {
  let bits = innermost;
  if (others.length < OTHERS_MIN) return bits;
  for (let register = 1; register < 32; register++) {
    const count = others.filter((steady) => ((steady >>> register) & 1) !== 0).length;
    if (count >= others.length * OTHERS_SHARE) bits |= 1 << register;
  }
  return bits;
}

/**
 * Natural loops, one for each way back, small ones first. A region may be entered in the midst of
 * nested loops: then they begin at the same node, and the ways back tell them apart.
 */
export function findLoops({ order, rank, predecessors, isLoopHead }: Graph): Loop[] {
  const loops: Loop[] = [];
  for (const head of order) {
    if (isLoopHead[head] !== true) continue;
    const first = rank[head] ?? 0;
    const isWithin = (node: number) => (rank[node] ?? -1) >= first;
    for (const last of (predecessors[head] ?? []).filter(isWithin)) {
      const nodes = new Set([head]);
      const pending = [last];
      for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
        if (nodes.has(node)) continue;
        nodes.add(node);
        pending.push(...(predecessors[node] ?? []).filter(isWithin));
      }
      loops.push({ head, nodes });
    }
  }
  return loops.sort((a, b) => a.nodes.size - b.nodes.size);
}

/** Bits of the registers that these blocks change by steps half of the times at least, or not. */
function steadyIn(blocks: readonly Block[]): number {
  const surplus = new Int32Array(32);
  const copies: { readonly to: number; readonly from: number }[] = [];
  const change = (register: number, by: number) => {
    surplus[register] = (surplus[register] ?? 0) + by;
  };
  const steady = () => surplus.reduce((bits, sum, at) => bits | (sum >= 0 ? 1 << at : 0), 0);
  for (const { steps, ending } of blocks) {
    const last = stepOf(ending);
    for (const step of last === undefined ? steps : [...steps, last]) {
      if (step.writes.x === 0) continue;
      const from = copiedBy(step);
      if (from !== undefined) copies.push({ to: step.operands.rd, from });
      else change(step.operands.rd, isSmallStep(step) ? 1 : -1);
    }
    if (ending.kind !== "call" && ending.kind !== "callRegister") continue;
    for (const register of numbersOf(CHANGED_BY_CALLS)) change(register, -1);
  }
  // A copy goes where what is copied goes.
  const sources = steady() | POINTERS;
  for (const { to, from } of copies) change(to, ((sources >>> from) & 1) !== 0 ? 1 : -1);
  return steady() | POINTERS;
}

/** The register that is copied, if an instruction does that. */
function copiedBy({ row, operands }: Step): number | undefined {
  const { rs1, rs2, imm } = operands;
  if (row.name === "addi") return imm === 0 && rs1 !== 0 ? rs1 : undefined;
  if (row.name !== "add" || (rs1 !== 0 && rs2 !== 0)) return undefined;
  return rs1 === 0 ? rs2 : rs1;
}

/** Whether a register becomes one moved on by a number, or itself and a stride. */
function isSmallStep({ row, operands }: Step): boolean {
  const { rd, rs1, rs2 } = operands;
  if (row.name === "addi") return rs1 !== 0;
  return row.name === "add" && (rd === rs1) !== (rd === rs2);
}
