/**
 * The shape of a control-flow graph: reverse postorder, dominators, loops; what structure.ts needs
 * to write it with blocks and loops.
 */

export interface Graph {
  /** Nodes in reverse postorder; the entry, node 0, comes first. */
  readonly order: readonly number[];
  /** Place of a node in the order, or -1: not reachable. */
  readonly rank: readonly number[];
  readonly predecessors: readonly (readonly number[])[];
  /** Immediate dominator; of the entry itself. */
  readonly dominator: readonly number[];
  /** Nodes with a back edge to them. */
  readonly isLoopHead: readonly boolean[];
  /** Nodes with two or more forward edges to them. */
  readonly isMerge: readonly boolean[];
  /** Whether every back edge leads to a dominator of where it comes from. */
  readonly isReducible: boolean;
}

function reversePostorder(successors: readonly (readonly number[])[]): number[] {
  const seen = successors.map(() => false);
  const postorder: number[] = [];
  const stack = [{ node: 0, next: 0 }];
  seen[0] = true;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const target = successors[top.node]?.[top.next++];
    if (target === undefined) {
      postorder.push(top.node);
      stack.pop();
    } else if (seen[target] === false) {
      seen[target] = true;
      stack.push({ node: target, next: 0 });
    }
  }
  return postorder.reverse();
}

/** Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm. */
function findDominators(
  order: readonly number[],
  rank: readonly number[],
  predecessors: readonly (readonly number[])[],
): number[] {
  const dominator = rank.map(() => -1);
  dominator[0] = 0;
  const meet = (left: number, right: number): number => {
    let [a, b] = [left, right];
    while (a !== b) {
      while ((rank[a] ?? 0) > (rank[b] ?? 0)) a = dominator[a] ?? 0;
      while ((rank[b] ?? 0) > (rank[a] ?? 0)) b = dominator[b] ?? 0;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order.slice(1)) {
      const known = (predecessors[node] ?? []).filter((one) => dominator[one] !== -1);
      const found = known.reduce((a, b) => meet(a, b));
      if (dominator[node] !== found) changed = true;
      dominator[node] = found;
    }
  }
  return dominator;
}

/** @param successors of each node; node 0 is the entry */
export function analyse(successors: readonly (readonly number[])[]): Graph {
  const order = reversePostorder(successors);
  const rank = successors.map(() => -1);
  for (const [place, node] of order.entries()) rank[node] = place;
  const predecessors: number[][] = successors.map(() => []);
  for (const node of order) {
    for (const target of successors[node] ?? []) predecessors[target]?.push(node);
  }
  const dominator = findDominators(order, rank, predecessors);
  const dominates = (above: number, below: number): boolean => {
    let node = below;
    while ((rank[node] ?? 0) > (rank[above] ?? 0)) node = dominator[node] ?? 0;
    return node === above;
  };
  const isBack = (from: number, to: number) => (rank[to] ?? 0) <= (rank[from] ?? 0);
  const backInto = predecessors.map((list, node) => list.filter((from) => isBack(from, node)));
  return {
    order,
    rank,
    predecessors,
    dominator,
    isLoopHead: backInto.map((list) => list.length > 0),
    isMerge: predecessors.map((list, node) => list.length - (backInto[node]?.length ?? 0) > 1),
    isReducible: backInto.every((list, node) => list.every((from) => dominates(node, from))),
  };
}
