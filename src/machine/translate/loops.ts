/**
 * The loops of a region, as far as memory accesses care: in which blocks a base register walks
 * through memory by small steps, or stays, so that one access is mostly in the page of the one
 * before.
 */

import type { Graph } from "./graph.js";
import { type Block, type Step, stepOf } from "./region.js";
import { numbersOf } from "./register-set.js";

/** The stack, global and thread pointers: they are steady everywhere. */
const POINTERS = 0b11100;
/** ra, t0 to t2, a0 to a7, t3 to t6 (the ABI's registers that a callee may change). */
const CHANGED_BY_CALLS = 0xf003_fce2 | 0;

/**
 * @param blocks by node of the graph
 * @returns bits of the base registers that stay in a page for a while, by node
 */
export function findSteadyBases(blocks: readonly Block[], graph: Graph): readonly number[] {
  const found: (number | undefined)[] = blocks.map(() => undefined);
  for (const nodes of loopsOf(graph)) {
    const steady = steadyIn([...nodes].flatMap((node) => blocks[node] ?? []));
    // A loop within it has said what holds there.
    for (const node of nodes) found[node] ??= steady;
  }
  return found.map((bits) => bits ?? POINTERS);
}

/**
 * Natural loops, one for each way back, small ones first. A region may be entered in the midst of
 * nested loops: then they begin at the same node, and the ways back tell them apart.
 */
function loopsOf({ order, rank, predecessors, isLoopHead }: Graph): ReadonlySet<number>[] {
  const loops: ReadonlySet<number>[] = [];
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
      loops.push(nodes);
    }
  }
  return loops.sort((a, b) => a.size - b.size);
}

/** Bits of the registers that these blocks change by steps, if at all, half of the times at least. */
function steadyIn(blocks: readonly Block[]): number {
  const surplus = new Int32Array(32);
  const change = (register: number, by: number) => {
    surplus[register] = (surplus[register] ?? 0) + by;
  };
  for (const { steps, ending } of blocks) {
    const last = stepOf(ending);
    for (const step of last === undefined ? steps : [...steps, last]) {
      if (step.writes.x !== 0) change(step.operands.rd, isSmallStep(step) ? 1 : -1);
    }
    if (ending.kind !== "call" && ending.kind !== "callRegister") continue;
    for (const register of numbersOf(CHANGED_BY_CALLS)) change(register, -1);
  }
  const steady = surplus.reduce((bits, balance, at) => bits | (balance >= 0 ? 1 << at : 0), 0);
  return steady | POINTERS;
}

/** Whether a register is moved on by a number, or by another register: a stride. */
function isSmallStep({ row, operands }: Step): boolean {
  const { rd, rs1, rs2 } = operands;
  if (row.name === "addi") return rd === rs1;
  return row.name === "add" && rd !== 0 && (rd === rs1) !== (rd === rs2) && rs1 !== 0 && rs2 !== 0;
}
