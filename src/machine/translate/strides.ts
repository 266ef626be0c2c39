/**
 * Loops that walk through memory by strides: a base register is moved on by the same number in each
 * turn, or stays. How many turns lie within the pages that it is in is known before they are done;
 * so many are done in a copy of the loop that need not look at pages (turns.ts), entered at the
 * loop's way back. Here such loops are found, and put into the graph.
 */

import { analyse } from "./graph.js";
import { extentOf } from "./groups.js";
import { findLoops } from "./loops.js";
import { type Block, type Step, stepOf } from "./region.js";
import type { Shape } from "./structure.js";

/** What a base register is within a turn. */
interface Form {
  /** A register when the turn begins. */
  readonly root: number;
  /** Added to it. */
  readonly offset: number;
}

/** A register by which a loop walks. */
export interface Stride {
  readonly register: number;
  /** What each turn adds to it. */
  readonly bytes: number;
  /** Of a turn's accesses, from the register when it begins: first byte, and last one. */
  readonly least: number;
  readonly last: number;
  readonly hasStore: boolean;
}

/** A loop whose turns are done several at once. */
export interface StrideLoop {
  /** Nodes of the graph, from where it begins to where it goes back. */
  readonly path: readonly number[];
  /** Instructions of a turn. */
  readonly length: number;
  readonly strides: readonly Stride[];
  /** Accesses that need no look, by what they walk by. */
  readonly strideOf: ReadonlyMap<Step, Stride>;
}

/** A graph where nodes without an original stand for turns that are done at once. */
export interface StrideShape extends Shape {
  /** By node. */
  readonly turns: ReadonlyMap<number, StrideLoop>;
}

/** Longer strides leave a page soon. */
const STRIDE_BYTES_MAX = 1024;
/** The node stands for no other one. */
const NONE = -1;

/** Puts a node at the way back of each loop that walks by strides: turns that are done at once. */
export function addTurns(shape: Shape, blocks: readonly Block[]): StrideShape {
  const successors = shape.successors.map((list) => [...list]);
  const originals = [...shape.originals];
  const turns = new Map<number, StrideLoop>();
  const heads = new Map<number, number>();
  const loops = findLoops(shape.graph);
  for (const { head } of loops) heads.set(head, (heads.get(head) ?? 0) + 1);
  for (const { head, nodes } of loops) {
    const path = heads.get(head) === 1 ? pathOf(head, nodes, shape.successors) : undefined;
    const loop =
      path &&
      strideLoop(
        path,
        path.map((node) => blocks[originals[node] ?? NONE]),
      );
    const last = loop?.path.at(-1);
    if (loop === undefined || last === undefined) continue;
    const turn = successors.length;
    const inside = new Set(loop.path);
    const ways = loop.path.flatMap((node) => shape.successors[node] ?? []);
    const exits = new Set(ways.filter((node) => !inside.has(node)));
    successors.push([...exits, head]);
    originals.push(NONE);
    successors[last] = (successors[last] ?? []).map((node) => (node === head ? turn : node));
    turns.set(turn, loop);
  }
  if (turns.size === 0) return { ...shape, turns };
  return { successors, originals, graph: analyse(successors), turns };
}

/** The nodes of a loop in their order, if each has one way on within it. */
function pathOf(
  head: number,
  nodes: ReadonlySet<number>,
  successors: readonly (readonly number[])[],
): number[] | undefined {
  const path = [head];
  for (let node = head; ; ) {
    const within = new Set((successors[node] ?? []).filter((next) => nodes.has(next)));
    const [next] = within;
    if (next === undefined || within.size !== 1) return undefined;
    if (next === head) return path.length === nodes.size ? path : undefined;
    if (path.includes(next)) return undefined;
    path.push(next);
    node = next;
  }
}

function strideLoop(
  path: readonly number[],
  blocks: readonly (Block | undefined)[],
): StrideLoop | undefined {
  const steps: Step[] = [];
  for (const block of blocks) {
    if (block === undefined) return undefined;
    const { kind } = block.ending;
    if (kind !== "branch" && kind !== "jump" && kind !== "fall") return undefined;
    const last = stepOf(block.ending);
    steps.push(...block.steps, ...(last === undefined ? [] : [last]));
  }
  const { forms, accesses } = formsOf(steps);
  const strides = new Map<number, Stride>();
  const walks = new Map<Step, number>();
  for (const [step, { root, offset }] of accesses) {
    const extent = extentOf(step);
    const end = forms[root];
    if (extent === undefined || end?.root !== root) continue;
    if (Math.abs(end.offset) > STRIDE_BYTES_MAX) continue;
    const least = offset + step.operands.imm;
    const last = least + extent.sizeBytes - 1;
    const known = strides.get(root);
    const stride = {
      register: root,
      bytes: end.offset,
      least: Math.min(least, known?.least ?? least),
      last: Math.max(last, known?.last ?? last),
      hasStore: extent.isStore || known?.hasStore === true,
    };
    if (stride.last - stride.least > STRIDE_BYTES_MAX) continue;
    strides.set(root, stride);
    walks.set(step, root);
  }
  if (walks.size === 0) return undefined;
  const strideOf = new Map<Step, Stride>();
  for (const [step, root] of walks) strideOf.set(step, strides.get(root) as Stride);
  return { path, length: steps.length, strides: [...strides.values()], strideOf };
}

/** What registers are behind a turn, by those before it, and the bases of its accesses. */
function formsOf(steps: readonly Step[]): {
  forms: readonly (Form | undefined)[];
  accesses: ReadonlyMap<Step, Form>;
} {
  const forms: (Form | undefined)[] = Array.from({ length: 32 }, (_, register) =>
    register === 0 ? undefined : { root: register, offset: 0 },
  );
  const accesses = new Map<Step, Form>();
  for (const step of steps) {
    const base = forms[step.operands.rs1];
    if (extentOf(step) !== undefined && base !== undefined) accesses.set(step, base);
    if (step.writes.x !== 0) forms[step.operands.rd] = formOf(step, forms);
  }
  return { forms, accesses };
}

/** What an instruction makes its destination: a register moved on by a number, or a copy. */
function formOf({ row, operands }: Step, forms: readonly (Form | undefined)[]): Form | undefined {
  const { rs1, rs2, imm } = operands;
  if (row.name === "addi") {
    const form = forms[rs1];
    return form && { root: form.root, offset: form.offset + imm };
  }
  if (row.name !== "add" || (rs1 !== 0 && rs2 !== 0)) return undefined;
  return forms[rs1 === 0 ? rs2 : rs1];
}
