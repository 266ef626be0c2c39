/**
 * The data flow of a region: which registers a block may find changed since the context had them,
 * which ones must be in locals, and which ones hold sign-extended words for sure. A register that
 * may be changed is put back wherever the region is left, so it is live there.
 */

import type { Block, Ending, Region } from "./region.js";
import { stepOf, successors } from "./region.js";
import { isSame, NO_REGISTERS, type RegisterSet, union, without } from "./register-set.js";
import { wordsAfter } from "./words.js";

/** What is known of a block. */
export interface BlockFlow {
  /** May differ from the context when the block begins. */
  readonly changed: RegisterSet;
  /** The same when it ends, its ending included. */
  readonly changedAfter: RegisterSet;
  /** Must be in locals when it begins. */
  readonly live: RegisterSet;
  /** Bits of integer registers that hold sign-extended words when it begins. */
  readonly words: number;
}

/** Behind these the context has everything, and the locals nothing. */
const reloads = ({ kind }: Ending): boolean =>
  kind === "call" || kind === "callRegister" || kind === "system";

interface Node {
  readonly block: Block;
  /** Read before they are written, and written. */
  readonly reads: RegisterSet;
  readonly writes: RegisterSet;
  changed: RegisterSet;
  live: RegisterSet;
  words: number;
}

/** x0 is a word. */
const WORDS_AT_ENTRY = 1;
const ALL_WORDS = -1;

/** @returns by offset of the block */
export function analyseFlow(region: Region): ReadonlyMap<number, BlockFlow> {
  const nodes = new Map<number, Node>();
  for (const block of region.blocks.values()) {
    nodes.set(block.start, {
      block,
      ...summary(block),
      changed: NO_REGISTERS,
      live: NO_REGISTERS,
      words: ALL_WORDS,
    });
  }
  const first = nodes.get(region.entry);
  if (first !== undefined) first.words = WORDS_AT_ENTRY;
  spreadForward(nodes);
  const wordsBack = first === undefined ? WORDS_AT_ENTRY : wordsOnWayBack(nodes, first);
  if (first !== undefined && wordsBack !== WORDS_AT_ENTRY) {
    // Each turn of the loop that the region begins in makes them words, and it is looked whether
    // they are when it is entered (writer.ts).
    for (const node of nodes.values()) node.words = ALL_WORDS;
    first.words = wordsBack;
    spreadForward(nodes);
  }
  spreadLive(nodes);
  const flows = new Map<number, BlockFlow>();
  for (const [start, { changed, live, words, writes }] of nodes) {
    flows.set(start, { changed, changedAfter: union(changed, writes), live, words });
  }
  return flows;
}

function summary({ steps, ending }: Block): { reads: RegisterSet; writes: RegisterSet } {
  let reads = NO_REGISTERS;
  let writes = NO_REGISTERS;
  const last = stepOf(ending);
  for (const step of last === undefined ? steps : [...steps, last]) {
    reads = union(reads, without(step.reads, writes));
    writes = union(writes, step.writes);
  }
  return { reads, writes };
}

/** What may be changed, and what is a word, from block to block until nothing changes. */
function spreadForward(nodes: ReadonlyMap<number, Node>): void {
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const node of nodes.values()) {
      const { block } = node;
      const isReloaded = reloads(block.ending);
      const changed = isReloaded ? NO_REGISTERS : union(node.changed, node.writes);
      const words = isReloaded ? WORDS_AT_ENTRY : wordsAfter(block, node.words);
      for (const next of successors(block.ending)) {
        const target = nodes.get(next);
        if (target === undefined) continue;
        const merged = union(target.changed, changed);
        const known = target.words & words;
        if (isSame(merged, target.changed) && known === target.words) continue;
        target.changed = merged;
        target.words = known;
        hasChanged = true;
      }
    }
  }
}

/** The words behind all that goes on at the first block. */
function wordsOnWayBack(nodes: ReadonlyMap<number, Node>, first: Node): number {
  let words = ALL_WORDS;
  for (const { block, words: before } of nodes.values()) {
    if (!successors(block.ending).includes(first.block.start)) continue;
    words &= reloads(block.ending) ? WORDS_AT_ENTRY : wordsAfter(block, before);
  }
  return words === ALL_WORDS ? WORDS_AT_ENTRY : words;
}

function spreadLive(nodes: ReadonlyMap<number, Node>): void {
  const backwards = [...nodes.values()].reverse();
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const node of backwards) {
      const { block } = node;
      let behind = NO_REGISTERS;
      if (!reloads(block.ending)) {
        for (const next of successors(block.ending)) {
          const target = nodes.get(next);
          if (target !== undefined) behind = union(behind, target.live);
        }
      }
      // Nearly every block can be left in its midst: what may be changed is put back there.
      const live = union(union(node.reads, without(behind, node.writes)), node.changed);
      if (isSame(live, node.live)) continue;
      node.live = live;
      hasChanged = true;
    }
  }
}

/** The blocks on ways from an offset back to it. */
export function cycleOf(start: number, blocks: ReadonlyMap<number, Block>): ReadonlySet<number> {
  const predecessors = new Map<number, number[]>();
  // A region that was cut off may have blocks that are not reached any more.
  const reached = new Set([start]);
  for (const one of reached) {
    const block = blocks.get(one);
    for (const next of block === undefined ? [] : successors(block.ending)) {
      if (!blocks.has(next)) continue;
      reached.add(next);
      const list = predecessors.get(next);
      if (list === undefined) predecessors.set(next, [one]);
      else list.push(one);
    }
  }
  const found = new Set<number>();
  const pending = [...(predecessors.get(start) ?? [])];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    if (found.has(one)) continue;
    found.add(one);
    pending.push(...(predecessors.get(one) ?? []));
  }
  return found;
}
