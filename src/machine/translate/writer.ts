/**
 * Writes the function of a region. Registers are locals: loaded where the function begins and
 * behind calls, as far as they are used; put back wherever it is left, as far as they may have
 * changed (ways.ts).
 */

import {
  CALL_DEPTH_MAX,
  context,
  LEAVING_ALONE,
  LEAVING_BUDGET,
  LEAVING_PLAIN,
  state,
} from "../interpret/layout.js";
import { REGION } from "../interpret/regions.js";
import type { CodeBuilder, Label } from "../wasm/code.js";
import type { EngineFeatures } from "../wasm/features.js";
import { type Bases, canLeave } from "./accesses.js";
import { CalleeWriter } from "./callees.js";
import { RegionEmitter } from "./emitter.js";
import { type Entry, type EntryGraph, findEntries, rootFirst, writeWays } from "./entries.js";
import { analyseFlow, type BlockFlow } from "./flow.js";
import { analyse } from "./graph.js";
import type { Links } from "./links.js";
import { findLoops, findSteadyBases } from "./loops.js";
import { Neighbours } from "./neighbours.js";
import {
  type Block,
  type Ending,
  pagesOfBlock,
  preemptionTarget,
  type Region,
  type Step,
  successors,
} from "./region.js";
import type { RegionContext, RegionLocals } from "./region-context.js";
import { union } from "./register-set.js";
import { Registers } from "./registers.js";
import { addTurns, type StrideLoop, type StrideShape } from "./strides.js";
import { type NodeWriter, shapeOf, writeByTable, writeStructured } from "./structure.js";
import { beginTurns, type Turns } from "./turns.js";
import { type Ways, WayWriter } from "./ways.js";
import { wordsBehind } from "./words.js";

/** Beyond this many targets a jump by register goes through a table, if they are close enough. */
const COMPARISONS_MAX = 4;
const TABLE_BYTES_MAX = 8192;
type GoTo = (node: number) => void;

const NO_BASES: Bases = Object.freeze(new Map());

export class RegionWriter {
  private readonly registers: Registers;
  private readonly neighbours: Neighbours;
  private readonly locals: RegionLocals;
  private readonly context: RegionContext;
  private readonly out: WayWriter;
  private readonly emitter: RegionEmitter;
  private readonly callees: CalleeWriter;
  private readonly flows: ReadonlyMap<number, BlockFlow>;
  /** i64 */
  private readonly next: number;
  /** Nodes of the graph: blocks in the order of the map. */
  private readonly blocks: readonly Block[];
  private readonly nodeOf: ReadonlyMap<number, number>;
  private readonly successors: readonly (readonly number[])[];
  /** Undefined: it is written by table. */
  private readonly shape: StrideShape | undefined;
  /** Undefined: only the beginning is one. */
  private readonly entryGraph: EntryGraph | undefined;
  private turns: Turns | undefined;
  /** What was looked up in the block whose way is being written, for the one that it leads to. */
  private before: Bases = NO_BASES;
  private ways: Ways | undefined;

  /** @param learns whether the jump by register at an offset tells where it goes */
  constructor(
    private readonly code: CodeBuilder,
    private readonly region: Region,
    private readonly links: Links,
    features: EngineFeatures,
    private readonly learns: (offset: number) => boolean,
  ) {
    this.blocks = rootFirst(region);
    this.nodeOf = new Map(this.blocks.map(({ start }, node) => [start, node]));
    this.successors = this.blocks.map(({ ending }) =>
      successors(ending).flatMap((offset) => this.nodeOf.get(offset) ?? []),
    );
    const shape = shapeOf(this.successors);
    this.shape = shape && addTurns(shape, this.blocks);
    this.flows = analyseFlow(region);
    this.registers = new Registers(code, this.blocks);
    this.locals = {
      x: this.registers.x,
      f: this.registers.f,
      entryPc: REGION.pc,
      target: code.local("i64"),
      address: code.local("i64"),
      host: code.local("i32"),
      entry: code.local("i32"),
      mode: code.local("i32"),
    };
    this.neighbours = new Neighbours(code, region.entry, links, this.locals.entry);
    this.out = new WayWriter(code, this.registers, region.entry);
    this.next = code.local("i64");
    this.context = {
      code,
      locals: this.locals,
      entryOffset: region.entry,
      features,
      links,
      learns,
      resume: (step, stepsBefore) => {
        this.count(stepsBefore);
        const way = this.ways?.labels.get(stepsBefore);
        if (way === undefined) throw new Error(`${step.row.name} cannot be left`);
        this.out.leave(way, step.offset, LEAVING_ALONE);
      },
    };
    const loops = this.shape === undefined ? [] : findLoops(this.shape.graph);
    if (this.shape !== undefined) {
      const targets = new Set(this.blocks.flatMap(({ ending }) => preemptionTarget(ending) ?? []));
      const mayEnter = (node: number) => {
        if (this.shape?.turns.has(node)) return false;
        const block = this.blockOf(node);
        // Of its pages only the first one is looked at when it is entered.
        return targets.has(block.start) && pagesOfBlock(block).size === 1;
      };
      const beginning = this.nodeOf.get(region.entry) ?? 0;
      this.entryGraph = findEntries(this.shape, loops, mayEnter, beginning);
    }
    const steady = findSteadyBases(this.blocks, loops, this.shape?.originals ?? []);
    this.emitter = new RegionEmitter(this.context, this.blocks, this.successors, steady);
    this.callees = new CalleeWriter(this.context, this.neighbours, this.emitter);
  }

  /** Where it may be entered: its beginning comes first. */
  get entries(): readonly Entry[] {
    const { entries, beginning } = this.entryGraph ?? { entries: [], beginning: 0 };
    const entryAt = (number: number, offset: number): Entry => {
      const { words, live } = this.flowOf(this.region.blocks.get(offset));
      return { number, offset, words: words & live.x };
    };
    const others = entries.map((node, place) => entryAt(place + 1, this.blockOf(node).start));
    return [entryAt(0, this.region.entry), ...others.filter(({ number }) => number !== beginning)];
  }

  write(): void {
    const { code, entryGraph } = this;
    const beginning = this.nodeOf.get(this.region.entry) ?? 0;
    const live = this.entries.map(({ offset }) => this.flowOf(this.region.blocks.get(offset)).live);
    this.registers.load(live.reduce(union));
    this.emitter.begin();
    this.out.begin();
    if (this.shape === undefined) {
      const write: NodeWriter["write"] = (node, goTo) => this.writeBlock(this.blockOf(node), goTo);
      writeByTable(code, analyse(this.successors), beginning, { write });
    } else if (beginning !== 0 && (entryGraph?.beginning ?? 0) === 0) {
      throw new Error("a region begins where its graph cannot be entered");
    } else if (entryGraph !== undefined) this.writeWithEntries(entryGraph);
    else {
      const write: NodeWriter["write"] = (node, goTo, isOnly) => {
        if (!isOnly) this.before = NO_BASES;
        this.writeNode(node, goTo);
      };
      writeStructured(code, this.shape.graph, { write });
    }
    this.out.end(this.locals.target, () => this.callees.goOnAtTarget());
  }

  private writeWithEntries({ parts, successors, nodeOf, nodes, beginning }: EntryGraph): void {
    const { code } = this;
    const entry = code.local("i32");
    code.i32Const(0).i32Load(state.entry).localTee(entry).hint(false).if();
    code.i32Const(0).i32Const(0).i32Store(state.entry);
    if (beginning !== 0) code.else().i32Const(beginning).localSet(entry);
    code.end();
    writeStructured(code, analyse(successors), {
      write: (place, goTo, isOnly) => {
        const part = parts[place];
        if (!isOnly || part?.kind !== "node") this.before = NO_BASES;
        if (part?.kind === "node") this.writeNode(part.node, (node) => goTo(nodeOf(node)));
        else if (part !== undefined) {
          writeWays(code, part, entry, goTo);
          goTo(part.kind === "begin" ? nodeOf(0) : (nodes[part.node] ?? 0));
        }
      },
    });
  }

  /** Writes what a node stands for: a block, or turns that are done at once. */
  private writeNode(node: number, goTo: GoTo): void {
    const loop = this.shape?.turns.get(node);
    if (loop !== undefined) this.writeTurns(node, loop, goTo);
    else this.writeBlock(this.blockOf(node), (original) => goTo(this.nextOf(node, original)));
  }

  /** The node behind one that stands for a block, or for the turns that begin with it. */
  private nextOf(node: number, original: number): number {
    const { successors, originals, turns } = this.shape as StrideShape;
    const blockOf = (one: number) => originals[turns.get(one)?.nodes[0] ?? one];
    const next = successors[node]?.find((one) => blockOf(one) === original);
    if (next === undefined) throw new Error(`node ${node} does not go to ${original}`);
    return next;
  }

  private writeTurns(node: number, loop: StrideLoop, goTo: GoTo): void {
    const { code } = this;
    const { nodes } = loop;
    const isOver = code.block();
    const turns = beginTurns(this.context, loop, isOver);
    this.turns = turns;
    this.emitter.setTurns(turns);
    // Behind the blocks of a turn comes where it ends.
    const end = nodes.length;
    const within = nodes.map((one) =>
      (this.shape?.successors[one] ?? []).flatMap((next) =>
        next === node ? end : nodes.includes(next) ? nodes.indexOf(next) : [],
      ),
    );
    writeStructured(code, analyse([...within, []]), {
      write: (place, goOn, isOnly) => {
        if (!isOnly) this.before = NO_BASES;
        if (place === end) {
          code.localGet(turns.left).i32Const(1).i32Sub().localTee(turns.left).brIf(turns.turn);
          code.br(turns.again);
          return;
        }
        const at = nodes[place] ?? 0;
        this.writeBlock(this.blockOf(at), (original) => {
          const next = this.nextOf(at, original);
          if (next === node) goOn(end);
          else if (nodes.includes(next)) goOn(nodes.indexOf(next));
          else goTo(next);
        });
      },
    });
    this.turns = undefined;
    this.emitter.setTurns(undefined);
    code.end().end().end();
    code.release(...turns.locals);
    goTo(nodes[0] ?? 0);
  }

  private blockOf(node: number): Block {
    return this.blocks[this.shape?.originals[node] ?? node] as Block;
  }

  // Blocks

  private writeBlock(block: Block, goTo: GoTo): void {
    const ways = this.openWays(block);
    let { words } = this.flowOf(block);
    const { before } = this;
    this.before = NO_BASES;
    this.emitter.beginBlock(block, before);
    for (let index = 0; index < block.steps.length; ) {
      const end = index + this.emitter.writeFrom(block, index, words);
      for (; index < end; index++) words = wordsBehind(block.steps[index] as Step, words);
    }
    const behind = this.emitter.endBlock(block);
    this.writeEnding(block, words, (node) => {
      this.before = behind;
      goTo(node);
      this.before = NO_BASES;
    });
    const { code } = this;
    code.release(...[...behind].flatMap(([group, local]) => (before.has(group) ? [] : [local])));
    this.out.close(ways);
  }

  private openWays(block: Block): Ways {
    const { turns } = this;
    const canLeaveAt = (step: Step) =>
      !turns?.addends.has(step) && canLeave(step.row.extension, step.row.name);
    this.ways = this.out.open(block, this.flowOf(block), canLeaveAt);
    return this.ways;
  }

  // Endings

  private writeEnding(block: Block, words: number, goTo: GoTo): void {
    const { ending } = block;
    const { last } = this.ways ?? { last: this.out.clean };
    const count = block.steps.length;
    if (ending.kind === "fall") {
      this.count(count);
      this.goToOffset(block, ending.next, last, goTo);
      return;
    }
    if (ending.kind === "system") {
      this.count(count + 1);
      this.writeSystemCall(block, ending.next, goTo);
      return;
    }
    this.emitter.write(ending.step, count, words);
    this.count(count + 1);
    if (ending.kind === "branch") this.writeBranch(block, ending, last, goTo);
    else if (ending.kind === "jump") {
      const isPreemption = ending.step.operands.imm <= 0;
      this.goAfterJump(block, ending.taken, isPreemption, last, goTo);
    } else if (ending.kind === "jumpRegister" || ending.kind === "return") {
      this.writeJumpRegister(block, ending, goTo);
    } else this.writeCall(block, ending, goTo);
  }

  /** The condition is on the stack. */
  private writeBranch(
    block: Block,
    ending: Extract<Ending, { kind: "branch" }>,
    last: Label,
    goTo: GoTo,
  ): void {
    const { code } = this;
    code.if();
    this.goAfterJump(block, ending.taken, ending.step.operands.imm <= 0, last, goTo);
    code.end();
    this.goToOffset(block, ending.next, last, goTo);
  }

  /** Looks at the budget where DESIGN 4.4 has a preemption point. */
  private goAfterJump(
    block: Block,
    offset: number,
    isPreemption: boolean,
    last: Label,
    goTo: GoTo,
  ): void {
    const { code } = this;
    // There is budget for the turns that are done at once.
    if (isPreemption && this.turns === undefined) {
      code.localGet(REGION.remaining).i32Const(0).i32LeS().hint(false).if();
      this.out.leave(last, offset, LEAVING_BUDGET);
      code.end();
    }
    this.goToOffset(block, offset, last, goTo);
  }

  /** On to a block of the region, once its pages are what they were, or out of it. */
  private goToOffset(from: Block, offset: number, last: Label, goTo: GoTo): void {
    const { code } = this;
    const node = this.nodeOf.get(offset);
    if (node === undefined) {
      this.out.leave(last, offset, LEAVING_PLAIN);
      return;
    }
    const known = pagesOfBlock(from);
    for (const page of pagesOfBlock(this.blocks[node] as Block)) {
      if (known.has(page)) continue;
      this.neighbours.pushIsElsewhere(page);
      code.hint(false).if();
      this.out.leave(last, offset, LEAVING_PLAIN);
      code.end();
    }
    goTo(node);
  }

  /** To the address in `target`; often a return. */
  private writeJumpRegister(
    block: Block,
    ending: Extract<Ending, { kind: "jumpRegister" | "return" }>,
    goTo: GoTo,
  ): void {
    const { code, locals } = this;
    const { step } = ending;
    code.localGet(REGION.remaining).i32Const(0).i32LeS().hint(false).if();
    code.localGet(locals.target);
    this.emitter.pushAddress(step.offset);
    code.i64LeU().if();
    this.registers.putBack(this.flowOf(block).changedAfter);
    code.localGet(REGION.context).localGet(locals.target).i64Store(context.pc);
    code.i32Const(0).i32Const(LEAVING_BUDGET).i32Store(state.leaving);
    code.i64Const(1).localGet(REGION.remaining).return().end().end();
    if (ending.kind === "jumpRegister") {
      const inRegion = ending.targets.filter((offset) => this.nodeOf.has(offset));
      if (inRegion.length > 0) this.writeTargets(block, inRegion, goTo);
      if (this.learns(step.offset)) this.callees.learn(step);
    }
    this.registers.putBack(this.flowOf(block).changedAfter);
    if (ending.kind === "jumpRegister") this.callees.goOnAtTarget();
    else code.localGet(locals.target).localGet(REGION.remaining);
    code.return();
  }

  /** To the blocks that the jump was seen to go to; falls through when it is none of them. */
  private writeTargets(block: Block, targets: readonly number[], goTo: GoTo): void {
    const { code, locals } = this;
    const { last } = this.ways ?? { last: this.out.clean };
    const lowest = Math.min(...targets);
    const span = Math.max(...targets) - lowest;
    if (targets.length <= COMPARISONS_MAX || span > TABLE_BYTES_MAX) {
      for (const offset of targets) {
        code.localGet(locals.target);
        this.emitter.pushAddress(offset);
        code.i64Eq().if();
        this.goToOffset(block, offset, last, goTo);
        code.end();
      }
      return;
    }
    const isOther = code.block();
    const labels = new Map(targets.map((offset) => [offset, code.block()] as const));
    code.localGet(locals.target);
    this.emitter.pushAddress(lowest);
    code.i64Sub().localTee(locals.address).i64Const(span).i64GtU().brIf(isOther);
    code.localGet(locals.address).i32WrapI64().i32Const(1).i32ShrU();
    const places = Array.from({ length: span / 2 + 1 }, (_, index) => lowest + index * 2);
    code.brTable(
      places.map((offset) => labels.get(offset) ?? isOther),
      isOther,
    );
    for (const offset of [...labels.keys()].reverse()) {
      code.end();
      this.goToOffset(block, offset, last, goTo);
    }
    code.end();
  }

  /** Calls what is there as a function; comes back if it answers the address behind the call. */
  private writeCall(
    block: Block,
    ending: Extract<Ending, { kind: "call" | "callRegister" }>,
    goTo: GoTo,
  ): void {
    const { code, locals } = this;
    this.registers.putBack(this.flowOf(block).changedAfter);
    if (ending.kind === "call") {
      this.emitter.pushAddress(ending.taken);
      code.localSet(locals.target);
    }
    code.localGet(REGION.remaining).i32Const(0).i32LeS().hint(false).if();
    code.localGet(REGION.context).localGet(locals.target).i64Store(context.pc);
    code.i32Const(0).i32Const(LEAVING_BUDGET).i32Store(state.leaving);
    code.i64Const(1).localGet(REGION.remaining).return().end();
    const isElsewhere = code.block();
    code.localGet(REGION.depth).i32Const(CALL_DEPTH_MAX).i32GeU();
    code.hint(false).brIf(isElsewhere);
    if (ending.kind === "call") this.callees.callKnown(block, ending.taken);
    else this.callees.callLearnt(block, ending);
    code.localSet(REGION.remaining).localTee(this.next);
    this.emitter.pushAddress(ending.next);
    code.i64Ne().hint(false).if();
    code.localGet(this.next).localGet(REGION.remaining).return().end();
    this.goOnBehindCall(block, ending.next, goTo);
    code.end();
    code.localGet(locals.target).localGet(REGION.remaining).return();
  }

  /** Everything is in the context: the locals that are needed come from there. */
  private goOnBehindCall(block: Block, offset: number, goTo: GoTo): void {
    const node = this.nodeOf.get(offset);
    if (node !== undefined) {
      this.registers.load(this.flowOf(this.blocks[node]).live);
      this.emitter.reload();
    }
    this.goToOffset(block, offset, this.out.clean, goTo);
  }

  private writeSystemCall(block: Block, next: number, goTo: GoTo): void {
    const { code } = this;
    this.registers.putBack(this.flowOf(block).changedAfter);
    code.localGet(REGION.context);
    this.emitter.pushAddress(next);
    code.localGet(REGION.remaining).callLinked(this.links.runtime("systemCall"));
    code.hint(false).if();
    code.i64Const(1).localGet(REGION.remaining).return().end();
    if (this.nodeOf.has(next)) this.goOnBehindCall(block, next, goTo);
    else this.out.leave(this.out.clean, next, LEAVING_PLAIN);
  }

  // Parts

  private count(instructions: number): void {
    if (instructions === 0) return;
    this.code.localGet(REGION.remaining).i32Const(instructions).i32Sub();
    this.code.localSet(REGION.remaining);
  }

  private flowOf(block: Block | undefined): BlockFlow {
    const flow = block === undefined ? undefined : this.flows.get(block.start);
    if (flow === undefined) throw new Error("a block without flow");
    return flow;
  }
}
