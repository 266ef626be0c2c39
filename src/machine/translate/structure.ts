/**
 * Writes a control-flow graph with WebAssembly's blocks and loops: by the dominator tree where the
 * graph is reducible (Ramsey, Beyond Relooper: a node that several reach comes behind a block which
 * they leave; a node that is gone back to opens a loop). A graph that is not reducible is made so
 * by copies of nodes first, or written as one loop that branches by table.
 */

import type { CodeBuilder, Label } from "../wasm/code.js";
import { analyse, type Graph } from "./graph.js";
import { makeReducible, type SplitGraph } from "./split.js";

/** Writes the nodes; none of its calls leaves the code reachable behind it. */
export interface NodeWriter {
  /**
   * Writes a node with its ending; `goTo` writes the way to a successor.
   * @param isOnly whether only the node whose way is being written leads to it
   */
  write(node: number, goTo: (target: number) => void, isOnly: boolean): void;
}

/** A graph that can be written by blocks and loops; its nodes stand for those of another one. */
export interface Shape extends SplitGraph {
  readonly graph: Graph;
}

/**
 * @param successors of each node; node 0 is the entry
 * @returns undefined: it would take too many copies of nodes
 */
export function shapeOf(successors: readonly (readonly number[])[]): Shape | undefined {
  const graph = analyse(successors);
  if (graph.isReducible) return { successors, originals: successors.map((_, node) => node), graph };
  const split = makeReducible(successors);
  return split === undefined ? undefined : { ...split, graph: analyse(split.successors) };
}

/** Writes the nodes of a graph that is reducible. */
export function writeStructured(code: CodeBuilder, graph: Graph, writer: NodeWriter): void {
  new TreeWriter(code, graph, writer).writeTree(0, false);
}

class TreeWriter {
  private readonly mergeChildren: number[][];
  private readonly blocks = new Map<number, Label>();
  private readonly loops = new Map<number, Label>();

  constructor(
    private readonly code: CodeBuilder,
    private readonly graph: Graph,
    private readonly writer: NodeWriter,
  ) {
    this.mergeChildren = graph.rank.map(() => []);
    // In order, so that of two children the later one's block is the outer one.
    for (const node of graph.order) {
      if (node !== 0 && graph.isMerge[node] === true) {
        this.mergeChildren[graph.dominator[node] ?? 0]?.push(node);
      }
    }
  }

  writeTree(node: number, isOnWay: boolean): void {
    const isLoop = this.graph.isLoopHead[node] === true;
    if (isLoop) this.loops.set(node, this.code.loop());
    this.writeWithin(node, isOnWay && !isLoop);
    if (isLoop) this.code.end();
  }

  private writeWithin(node: number, isOnly: boolean): void {
    const { code } = this;
    const children = this.mergeChildren[node] ?? [];
    for (const child of [...children].reverse()) this.blocks.set(child, code.block());
    this.writer.write(node, (target) => this.goTo(node, target), isOnly);
    for (const child of children) {
      code.end();
      this.writeTree(child, false);
    }
  }

  private goTo(from: number, target: number): void {
    const { rank, isMerge } = this.graph;
    const isBack = (rank[target] ?? 0) <= (rank[from] ?? 0);
    const label = isBack ? this.loops.get(target) : this.blocks.get(target);
    if (!isBack && isMerge[target] !== true) this.writeTree(target, true);
    else if (label === undefined) throw new Error(`no label for the way ${from} to ${target}`);
    else this.code.br(label);
  }
}

/** Writes the nodes of any graph: one loop that branches by table, to `first` at first. */
export function writeByTable(
  code: CodeBuilder,
  graph: Graph,
  first: number,
  writer: NodeWriter,
): void {
  const next = code.local("i32");
  code.i32Const(graph.rank[first] ?? 0).localSet(next);
  const loop = code.loop();
  const labels = new Map<number, Label>();
  for (const node of [...graph.order].reverse()) labels.set(node, code.block());
  const targets = graph.order.map((node) => labels.get(node) ?? loop);
  code.localGet(next).brTable(targets, loop);
  for (const node of graph.order) {
    code.end();
    const goTo = (target: number): void => {
      code
        .i32Const(graph.rank[target] ?? 0)
        .localSet(next)
        .br(loop);
    };
    writer.write(node, goTo, false);
  }
  code.end();
}
