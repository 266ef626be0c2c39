/**
 * Loops that walk through memory by strides: a base register is moved on by the same number in each
 * turn, or stays. How many turns lie within the pages that it is in is known before they are done;
 * so many are done in a copy of the loop that need not look at pages (turns.ts), entered at the
 * loop's way back. Here such loops are found, and put into the graph.
 */

import { analyse } from "./graph.js";
import { extentOf, goesOn } from "./groups.js";
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
  /** Nodes of the graph, where it begins first; each comes behind those that lead to it. */
  readonly nodes: readonly number[];
  /** Instructions of the longest turn. */
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
/** Longer loops are not written once more. */
const LENGTH_MAX = 300;
/** The node stands for no other one. */
const NONE = -1;

/** Puts a node at the way back of each loop that walks by strides: turns that are done at once. */
export function addTurns(shape: Shape, blocks: readonly Block[]): StrideShape {
  const successors = shape.successors.map((list) => [...list]);
  const originals = [...shape.originals];
  const turns = new Map<number, StrideLoop>();
  for (const [head, nodes] of loopsByHead(shape)) {
    const loop = strideLoop(nodes, shape, blocks);
    if (loop === undefined) continue;
    const turn = successors.length;
    const ways = nodes.flatMap((node) => shape.successors[node] ?? []);
    const exits = new Set(ways.filter((node) => !nodes.includes(node)));
    for (const node of nodes) {
      successors[node] = (successors[node] ?? []).map((next) => (next === head ? turn : next));
    }
    successors.push([...exits, head]);
    originals.push(NONE);
    turns.set(turn, loop);
  }
  if (turns.size === 0) return { ...shape, turns };
  return { successors, originals, graph: analyse(successors), turns };
}

/** The nodes of loops that have no other within them, in their order. */
function loopsByHead({ graph }: Shape): Map<number, readonly number[]> {
  const bodies = new Map<number, Set<number>>();
  for (const { head, nodes } of findLoops(graph)) {
    const body = bodies.get(head) ?? new Set();
    for (const node of nodes) body.add(node);
    bodies.set(head, body);
  }
  const found = new Map<number, readonly number[]>();
  const { rank } = graph;
  for (const [head, body] of bodies) {
    if ([...bodies.keys()].some((other) => other !== head && body.has(other))) continue;
    found.set(
      head,
      [...body].sort((one, other) => (rank[one] ?? 0) - (rank[other] ?? 0)),
    );
  }
  return found;
}

function strideLoop(
  nodes: readonly number[],
  { successors, originals }: Shape,
  blocks: readonly Block[],
): StrideLoop | undefined {
  // What is known of an access is known of its step: a block may not stand there twice.
  if (new Set(nodes.map((node) => originals[node])).size < nodes.length) return undefined;
  const flow = new TurnFlow(nodes[0] ?? 0);
  for (const node of nodes) {
    const block = blocks[originals[node] ?? NONE];
    if (block === undefined || !goesOn(block)) return undefined;
    const within = (successors[node] ?? []).filter((next) => nodes.includes(next));
    flow.pass(node, block, within);
  }
  const { forms, length } = flow.end ?? { forms: [], length: Number.POSITIVE_INFINITY };
  if (length > LENGTH_MAX) return undefined;
  const strides = new Map<number, Stride>();
  const walks = new Map<Step, number>();
  for (const [step, { root, offset }] of flow.bases) {
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
  return { nodes, length, strides: [...strides.values()], strideOf };
}

type Forms = readonly (Form | undefined)[];

/** What is known where a node of a turn begins, or where the turn ends. */
interface Point {
  readonly forms: Forms;
  /** Instructions since the turn began, on the longest way. */
  readonly length: number;
}

/** Follows a turn through its blocks. */
class TurnFlow {
  /** By access: what its base is. */
  readonly bases = new Map<Step, Form>();
  /** Where the turn ends. */
  end: Point | undefined;
  private readonly points = new Map<number, Point>();

  constructor(private readonly head: number) {
    const forms = Array.from({ length: 32 }, (_, register) =>
      register === 0 ? undefined : { root: register, offset: 0 },
    );
    this.points.set(head, { forms, length: 0 });
  }

  /**
   * A block comes behind all that lead to it.
   * @param successors within the loop
   */
  pass(node: number, block: Block, successors: readonly number[]): void {
    const point = this.points.get(node);
    if (point === undefined) throw new Error("a loop's node is not come to from where it begins");
    const forms = [...point.forms];
    const last = stepOf(block.ending);
    const steps = last === undefined ? block.steps : [...block.steps, last];
    for (const step of steps) {
      const base = forms[step.operands.rs1];
      if (extentOf(step) !== undefined && base !== undefined) this.bases.set(step, base);
      if (step.writes.x !== 0) forms[step.operands.rd] = formOf(step, forms);
    }
    const behind = { forms, length: point.length + steps.length };
    for (const next of successors) {
      if (next === this.head) this.end = meet(this.end, behind);
      else this.points.set(next, meet(this.points.get(next), behind));
    }
  }
}

function meet(known: Point | undefined, other: Point): Point {
  if (known === undefined) return other;
  const forms = known.forms.map((form, register) => {
    const beside = other.forms[register];
    return form?.root === beside?.root && form?.offset === beside?.offset ? form : undefined;
  });
  return { forms, length: Math.max(known.length, other.length) };
}

/** What an instruction makes its destination: a register moved on by a number, or a copy. */
function formOf({ row, operands }: Step, forms: Forms): Form | undefined {
  const { rs1, rs2, imm } = operands;
  if (row.name === "addi") {
    const form = forms[rs1];
    return form && { root: form.root, offset: form.offset + imm };
  }
  if (row.name !== "add" || (rs1 !== 0 && rs2 !== 0)) return undefined;
  return forms[rs1 === 0 ? rs2 : rs1];
}
