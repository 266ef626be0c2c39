/**
 * Entries of regions on random graphs: whichever number is asked for, the ways lead to its node
 * without passing another one, every node is written, and the graph stays reducible.
 * SIXFOLD_TEST_SEED sets the graphs.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT_TRAP } from "../../src/machine/platform.js";
import { type EntryGraph, findEntries } from "../../src/machine/translate/entries.js";
import { analyse } from "../../src/machine/translate/graph.js";
import { findLoops } from "../../src/machine/translate/loops.js";
import { shapeOf } from "../../src/machine/translate/structure.js";
import { Random } from "./random.js";
import { CODE, type Line, Rig } from "./rig.js";

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
      const isReached: boolean = (shape.graph.rank[node] ?? -1) >= 0;
      assert.equal((graph.rank[place] ?? -1) >= 0, isReached, `${note}: node ${node}`);
    }
  }
  assert.ok(entered > GRAPHS / 4, `only ${entered} entries`);
});

/** Two loops; what the outer one sets is a word in the inner one, if that is come to by it. */
const LOOPS: readonly Line[] = [
  ["addi", { rd: 6, imm: 7 }],
  ["addi", { rd: 8, imm: 1 }],
  ["add", { rd: 7, rs1: 7, rs2: 6 }],
  ["addi", { rd: 8, rs1: 8, imm: -1 }],
  ["bne", { rs1: 8, imm: -8 }],
  ["addi", { rd: 10, rs1: 10, imm: -1 }],
  ["bne", { rs1: 10, imm: -24 }],
  ["ebreak"],
];
const INNER = CODE + 8;

test("a loop come to with other values than its region knows is translated for them", () => {
  const [plain, translated] = [false, true].map((translator) => {
    const rig = new Rig({ translator, translateAfterSamples: 1, sampleInstructions: 40 });
    rig.code(LOOPS);
    rig.setPc(CODE);
    rig.setX(10, 2000);
    assert.equal(rig.run(1_000_000), EXIT_TRAP);
    const before = rig.machine.translations?.counts.regions ?? 0;
    rig.setPc(INNER);
    rig.setX(6, 1n << 40n);
    rig.setX(8, 20_000);
    rig.setX(10, 1);
    assert.equal(rig.run(1_000_000), EXIT_TRAP);
    const regions = (rig.machine.translations?.counts.regions ?? 0) - before;
    return { sum: rig.getX(7), executed: rig.machine.executedInstructions, before, regions };
  });
  assert.equal(plain?.sum, (1n << 40n) * 20_000n + 7n * 2000n);
  assert.equal(translated?.sum, plain?.sum);
  assert.equal(translated?.executed, plain?.executed);
  assert.ok((translated?.before ?? 0) > 0, "the loops were translated");
  assert.equal(translated?.regions, 1, "the inner loop was translated by itself");
});
