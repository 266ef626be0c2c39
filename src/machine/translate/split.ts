/**
 * Makes a control-flow graph reducible: a loop that is entered at several places gets one of them
 * as its head, and what the others reach before the head is copied for those who come from outside
 * (node splitting). Hand-written and merged code has such loops; copies are few in practice.
 */

/** A graph whose nodes stand for those of another one. */
export interface SplitGraph {
  readonly successors: readonly (readonly number[])[];
  /** By node: the one it stands for. */
  readonly originals: readonly number[];
}

/** Copies of so many nodes are allowed, and so many besides for each node that there is. */
const COPIES_MAX = 100;
const COPIES_PER_NODE = 1;

interface Work {
  readonly successors: number[][];
  readonly originals: number[];
}

/** A loop that is entered at several places. */
interface Tangle {
  readonly nodes: ReadonlySet<number>;
  readonly entries: readonly number[];
}

/** @returns undefined: it would take too many copies */
export function makeReducible(successors: readonly (readonly number[])[]): SplitGraph | undefined {
  const work: Work = {
    successors: successors.map((list) => [...list]),
    originals: successors.map((_, node) => node),
  };
  const limit = successors.length * (1 + COPIES_PER_NODE) + COPIES_MAX;
  for (;;) {
    const reachable = reachableFrom(work.successors, [0], () => true);
    const predecessors = predecessorsOf(work.successors, reachable);
    const tangle = findTangle(work.successors, predecessors, reachable);
    if (tangle === undefined) return work;
    untangle(work, predecessors, tangle);
    if (work.successors.length > limit) return undefined;
  }
}

function reachableFrom(
  successors: readonly (readonly number[])[],
  start: readonly number[],
  isInside: (node: number) => boolean,
): Set<number> {
  const seen = new Set(start);
  const pending = [...start];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const next of successors[node] ?? []) {
      if (seen.has(next) || !isInside(next)) continue;
      seen.add(next);
      pending.push(next);
    }
  }
  return seen;
}

function predecessorsOf(
  successors: readonly (readonly number[])[],
  nodes: ReadonlySet<number>,
): number[][] {
  const predecessors: number[][] = successors.map(() => []);
  for (const node of nodes) {
    for (const next of successors[node] ?? []) predecessors[next]?.push(node);
  }
  return predecessors;
}

/** Loops from the outer ones inwards: a loop without its head is searched for further ones. */
function findTangle(
  successors: readonly (readonly number[])[],
  predecessors: readonly (readonly number[])[],
  reachable: ReadonlySet<number>,
): Tangle | undefined {
  const pending: ReadonlySet<number>[] = [reachable];
  for (let nodes = pending.pop(); nodes !== undefined; nodes = pending.pop()) {
    for (const loop of loopsIn(successors, predecessors, nodes)) {
      const entries = [...loop].filter(
        (node) => node === 0 || predecessors[node]?.some((from) => !loop.has(from)),
      );
      if (entries.length > 1) return { nodes: loop, entries };
      const inner = new Set(loop);
      for (const head of entries) inner.delete(head);
      pending.push(inner);
    }
  }
  return undefined;
}

/** Strongly connected components that are loops (Kosaraju's algorithm). */
function loopsIn(
  successors: readonly (readonly number[])[],
  predecessors: readonly (readonly number[])[],
  nodes: ReadonlySet<number>,
): Set<number>[] {
  const finished = finishingOrder(successors, nodes);
  const left = new Set(nodes);
  const loops: Set<number>[] = [];
  for (const root of finished.reverse()) {
    if (!left.has(root)) continue;
    const component = reachableFrom(predecessors, [root], (node) => left.has(node));
    for (const node of component) left.delete(node);
    const isLoop = component.size > 1 || successors[root]?.includes(root) === true;
    if (isLoop) loops.push(component);
  }
  return loops;
}

function finishingOrder(
  successors: readonly (readonly number[])[],
  nodes: ReadonlySet<number>,
): number[] {
  const seen = new Set<number>();
  const finished: number[] = [];
  for (const root of nodes) {
    if (seen.has(root)) continue;
    seen.add(root);
    const stack = [{ node: root, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = successors[top.node]?.[top.next++];
      if (target === undefined) {
        finished.push(top.node);
        stack.pop();
      } else if (nodes.has(target) && !seen.has(target)) {
        seen.add(target);
        stack.push({ node: target, next: 0 });
      }
    }
  }
  return finished;
}

/** Copies what the entries other than the head reach before it, for those who come from outside. */
function untangle(work: Work, predecessors: readonly (readonly number[])[], tangle: Tangle): void {
  const { nodes, entries } = tangle;
  const reachedBy = (entry: number, head: number) =>
    reachableFrom(work.successors, [entry], (node) => node !== head && nodes.has(node));
  const cost = (head: number) =>
    entries.reduce((sum, entry) => sum + (entry === head ? 0 : reachedBy(entry, head).size), 0);
  const head = entries.includes(0)
    ? 0
    : entries.reduce((best, entry) => (cost(entry) < cost(best) ? entry : best));
  for (const entry of entries) {
    if (entry === head) continue;
    const copies = new Map<number, number>();
    for (const node of reachedBy(entry, head)) {
      copies.set(node, work.successors.length);
      work.originals.push(work.originals[node] ?? node);
      work.successors.push([...(work.successors[node] ?? [])]);
    }
    for (const copy of copies.values()) redirect(work, copy, copies);
    const fromOutside = new Map([[entry, copies.get(entry) ?? entry]]);
    for (const from of predecessors[entry] ?? []) {
      if (!nodes.has(from)) redirect(work, from, fromOutside);
    }
  }
}

function redirect(work: Work, node: number, to: ReadonlyMap<number, number>): void {
  work.successors[node] = (work.successors[node] ?? []).map((next) => to.get(next) ?? next);
}
