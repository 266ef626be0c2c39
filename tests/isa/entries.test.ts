/**
 * Entries of regions on random graphs: whichever number is asked for, the ways lead to its node
 * without passing another one, every node is written, and the graph stays reducible.
 * SIXFOLD_TEST_SEED sets the graphs.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type EntryGraph, findEntries } from "../../src/machine/translate/entries.js";
import { analyse } from "../../src/machine/translate/graph.js";
import { findLoops } from "../../src/machine/translate/loops.js";
import { shapeOf } from "../../src/machine/translate/structure.js";
import { Random } from "./random.js";

const GRAPHS = 2000;
const seed = Number(process.env.SIXFOLD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Blocks with up to two successors, mostly near. */
function randomGraph(random: Random): number[][] {
  const count = random.between(2, 20);
  return Array.from({ length: count }, (_, node) =>
    Array.from({ length: random.chance(10) ? 0 : random.between(1, 2) }, () =>
      random.chance(33) ? random.below(count) : Math.min(count - 1, node + random.between(1, 2)),
    ),
  );
}

/** Where one comes to by the ways when an entry is asked for. */
function follow({ parts }: EntryGraph, number: number): number {
  let part = parts[0];
  for (let steps = 0; part !== undefined && part.kind !== "node"; steps++) {
    assert.ok(steps < parts.length, "the ways end");
    if (part.kind === "pass" && part.own === number) return part.node;
    const way = part.ways.find(({ last }) => number <= last);
    assert.ok(way !== undefined, `entry ${number} has a way`);
    const next = parts[way.node];
    assert.equal(way.isThere, next?.kind === "node");
    part = next;
  }
  return part?.kind === "node" ? part.node : -1;
}

test(`entries of ${GRAPHS} random graphs are come to`, (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed}`);
  let entered = 0;
  for (let index = 0; index < GRAPHS; index++) {
    const random = new Random(seed + index);
    const note = `seed ${seed + index}`;
    const shape = shapeOf(randomGraph(random));
    if (shape === undefined) continue;
    const wanted = shape.originals.map(() => random.chance(50));
    const mayEnter = (node: number): boolean => wanted[node] === true;
    // The region's beginning must be on a cycle with the graph's: here they are the same.
    const found = findEntries(shape, findLoops(shape.graph), mayEnter, 0);
    if (found === undefined) continue;
    const originals = found.entries.map((node) => shape.originals[node]);
    assert.equal(new Set(originals).size, originals.length, `${note}: an entry is there twice`);
    for (const [place, node] of found.entries.entries()) {
      assert.equal(follow(found, place + 1), node, `${note}: entry ${place + 1}`);
      entered++;
    }
    const graph = analyse(found.successors);
    assert.ok(graph.isReducible, `${note}: reducible`);
    for (const [node, place] of found.nodes.entries()) {
      const isReached = (shape.graph.rank[node] ?? -1) >= 0;
      assert.equal((graph.rank[place] ?? -1) >= 0, isReached, `${note}: node ${node}`);
    }
  }
  assert.ok(entered > GRAPHS / 4, `only ${entered} entries`);
});
