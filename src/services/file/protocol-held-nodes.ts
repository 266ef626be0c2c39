/**
 * What file systems share that know nodes only while somebody uses them: a node holds its
 * directory, and is idle while nothing holds it.
 */

/** A node that is forgotten some time after its last use. */
export interface HeldNode {
  readonly number: number;
  /** The directory that it was found in last; of a root: itself. */
  parent: number;
  /** Open files, working directories, mounts, and nodes that have it as their parent. */
  references: number;
}

export interface HeldNodes<N extends HeldNode> {
  readonly nodes: ReadonlyMap<number, N>;
  /** Without references, the longest unused first. */
  readonly idle: Map<number, true>;
}

/** Takes a reference. */
export function holdNode<N extends HeldNode>(held: HeldNodes<N>, node: N): void {
  node.references++;
  held.idle.delete(node.number);
}

/**
 * Gives a reference back; what follows from the last one is the caller's.
 * @param service for the error, which is our own bug
 * @returns the node, or undefined: it was forgotten
 */
export function dropNode<N extends HeldNode>(
  held: HeldNodes<N>,
  number: number,
  service: string,
): N | undefined {
  const node = held.nodes.get(number);
  if (node === undefined) return undefined;
  if (node.references === 0) throw new Error(`${service}: node ${number} released too often`);
  node.references--;
  return node;
}

/**
 * The directory that a node is in from now on, which it holds. What others move may seem to lie
 * within itself for a while, until all of it is looked up: then it stays where it was.
 * @param drop gives a reference of the directory before back
 */
export function moveNode<N extends HeldNode>(
  held: HeldNodes<N>,
  node: N,
  parent: N,
  drop: (number: number) => void,
): void {
  if (node.parent === parent.number) return;
  for (let at: N | undefined = parent; at !== undefined; ) {
    if (at === node) return;
    at = at.parent === at.number ? undefined : held.nodes.get(at.parent);
  }
  const old = node.parent;
  node.parent = parent.number;
  holdNode(held, parent);
  if (old !== node.number) drop(old);
}
