/**
 * Where a region may be entered besides its beginning: where a run may come back within its loops.
 * One function serves all: it takes the number of the entry and goes there by way of where the
 * loops around it begin, so that the graph stays reducible.
 */

import type { CodeBuilder } from "../wasm/code.js";
import { cycleOf } from "./flow.js";
import type { Loop } from "./loops.js";
import { type Block, type Ending, preemptionTarget, type Region, stepOf } from "./region.js";
import type { Shape } from "./structure.js";

/** Where a region may be entered besides its beginning. */
export interface Entry {
  /** Counted from 1; 0: its beginning. */
  readonly number: number;
  /** In the region, bytes from the start of the page of its beginning. */
  readonly offset: number;
  /** Bits of the registers that are taken for sign-extended words there. */
  readonly words: number;
}

/**
 * The blocks of a region, first the one that its graph begins at best. A region that begins within
 * loops was come upon there: the outermost one begins where the widest jump back goes to.
 */
export function rootFirst({ entry, blocks }: Region): Block[] {
  const cycle = cycleOf(entry, blocks);
  let root = entry;
  let widestBytes = -1;
  for (const start of cycle) {
    const ending = blocks.get(start)?.ending;
    const target = ending === undefined ? undefined : preemptionTarget(ending);
    if (target === undefined || !cycle.has(target)) continue;
    const spanBytes = (stepOf(ending as Ending)?.offset ?? target) - target;
    if (spanBytes <= widestBytes) continue;
    widestBytes = spanBytes;
    root = target;
  }
  const first = blocks.get(root);
  const others = [...blocks.values()].filter((block) => block !== first);
  return first === undefined ? others : [first, ...others];
}

/** A node of the graph with its entries. */
type Part =
  /** Where the function begins. */
  | { readonly kind: "begin"; readonly ways: readonly Way[] }
  /** Before a node with whose loop others begin within. */
  | {
      readonly kind: "pass";
      readonly own: number;
      readonly node: number;
      readonly ways: readonly Way[];
    }
  /** A node of the graph without entries. */
  | { readonly kind: "node"; readonly node: number };

/** Towards some entries. */
interface Way {
  readonly node: number;
  /** The entries up to this number are there, that are not by the ways before. */
  readonly last: number;
  /** The node is the entry itself. */
  readonly isThere: boolean;
}

export interface EntryGraph {
  /** Nodes of the graph without entries, by the number of the entry, from 1 on. */
  readonly entries: readonly number[];
  readonly parts: readonly Part[];
  readonly successors: readonly (readonly number[])[];
  /** The number of the region's beginning; 0: it is the graph's. */
  readonly beginning: number;
  /** Where one goes to come to a node of the graph without entries. */
  nodeOf(node: number): number;
  /** Those nodes themselves. */
  readonly nodes: readonly number[];
}

/** Entries of one region: each is a function in a table that the engine copies. */
export const ENTRIES_MAX = 24;
/** No entry has this number. */
const NONE = 0;

/** A loop, or an entry in one; it and those within have the numbers behind `before`. */
interface Nest {
  readonly node: number;
  /** It is written once more, before the loop that it is in. */
  readonly isCopied: boolean;
  readonly body: ReadonlySet<number>;
  readonly within: Nest[];
  before: number;
  /** Its own number, or `before`: it is no entry. */
  own: number;
  last: number;
}

/**
 * @param shape node 0 is the beginning
 * @param loops of it
 * @param mayEnter whether a node may be an entry
 * @param beginning of the region: a node, or copies of it
 * @returns undefined: there is no further entry
 */
export function findEntries(
  { successors, originals }: Shape,
  loops: readonly Loop[],
  mayEnter: (node: number) => boolean,
  beginning: number,
): EntryGraph | undefined {
  const entries: number[] = [];
  // Of copies one is enough.
  const known = new Set([originals[0]]);
  const outermost = nest(
    loops,
    successors,
    (node) => originals[node] === beginning || mayEnter(node),
  );
  const count = (one: Nest): void => {
    const original = originals[one.node];
    one.before = entries.length;
    const isWanted = original === beginning || (entries.length < ENTRIES_MAX && mayEnter(one.node));
    if (isWanted && !known.has(original)) {
      known.add(original);
      entries.push(one.node);
    }
    one.own = entries.length;
    for (const inner of one.within) count(inner);
    one.last = entries.length;
  };
  for (const loop of outermost) count(loop);
  if (entries.length === 0) return undefined;
  const number = entries.findIndex((node) => originals[node] === beginning) + 1;
  return { ...buildGraph(successors, outermost, entries), beginning: number };
}

/** The loops that are in no other, with what is within them: loops, and other entries. */
function nest(
  loops: readonly Loop[],
  successors: readonly (readonly number[])[],
  mayEnter: (node: number) => boolean,
): Nest[] {
  const bodies = new Map<number, Set<number>>();
  for (const { head, nodes } of loops) {
    const body = bodies.get(head) ?? new Set<number>();
    for (const node of nodes) body.add(node);
    bodies.set(head, body);
  }
  const make = (node: number, body: ReadonlySet<number>, isCopied: boolean): Nest => {
    return { node, isCopied, body, within: [], before: 0, own: 0, last: 0 };
  };
  const nests = [...bodies]
    .map(([head, body]) => make(head, body, false))
    .sort((left, right) => left.body.size - right.body.size);
  const outermost: Nest[] = [];
  const settled = new Set(bodies.keys());
  for (const [place, loop] of nests.entries()) {
    const around = nests.slice(place + 1).find(({ body }) => body.has(loop.node));
    const beside = around?.within ?? outermost;
    beside.push(loop);
    for (const node of loop.body) {
      if (settled.has(node)) continue;
      settled.add(node);
      if (!mayEnter(node)) continue;
      // What goes on where the loop begins needs no way from there: a test for each of its turns.
      const isLast = (successors[node] ?? []).every(
        (next) => next === loop.node || !loop.body.has(next),
      );
      (isLast ? beside : loop.within).push(make(node, new Set(), isLast));
    }
  }
  return outermost;
}

/** Puts the ways to the entries before the blocks' graph. */
function buildGraph(
  plain: readonly (readonly number[])[],
  outermost: readonly Nest[],
  entries: readonly number[],
): Omit<EntryGraph, "beginning"> {
  const parts: Part[] = [{ kind: "begin", ways: [] }];
  const nodes = plain.map((_, node) => parts.push({ kind: "node", node }) - 1);
  const passes = new Map<number, number>();
  const nodeOf = (node: number): number => passes.get(node) ?? nodes[node] ?? 0;
  const waysTo = (loops: readonly Nest[]): Way[] =>
    loops
      .filter(({ before, last }) => last > before)
      .map((loop) => {
        const isThere = loop.last === loop.own;
        if (!isThere) addPass(loop);
        const node = loop.isCopied
          ? parts.push({ kind: "node", node: loop.node }) - 1
          : nodeOf(loop.node);
        return { node, last: loop.last, isThere };
      });
  const addPass = ({ node, before, own, within }: Nest): void => {
    const place = parts.push({ kind: "node", node }) - 1;
    passes.set(node, place);
    parts[place] = { kind: "pass", own: own > before ? own : NONE, node, ways: waysTo(within) };
  };
  parts[0] = { kind: "begin", ways: waysTo(outermost) };
  const successors = parts.map((part) => {
    if (part.kind === "node") return (plain[part.node] ?? []).map(nodeOf);
    const last = part.kind === "begin" ? nodeOf(0) : (nodes[part.node] ?? 0);
    return [...part.ways.map(({ node }) => node), last];
  });
  return { entries, parts, successors, nodeOf, nodes };
}

/**
 * Writes a part that is no block.
 * @param entry i32 local: the number of the entry that is gone to, or 0
 * @param goTo writes the way to a node
 */
export function writeWays(
  code: CodeBuilder,
  part: Exclude<Part, { kind: "node" }>,
  entry: number,
  goTo: (node: number) => void,
): void {
  code.localGet(entry).hint(false).if();
  if (part.kind === "pass" && part.own !== NONE) {
    code.localGet(entry).i32Const(part.own).i32Eq().if();
    code.i32Const(NONE).localSet(entry).else();
  }
  for (const [place, { node, last, isThere }] of part.ways.entries()) {
    const isLast = place === part.ways.length - 1;
    if (!isLast) code.localGet(entry).i32Const(last).i32LeU().if();
    if (isThere) code.i32Const(NONE).localSet(entry);
    goTo(node);
    if (!isLast) code.end();
  }
  if (part.kind === "pass" && part.own !== NONE) code.end();
  code.end();
}
