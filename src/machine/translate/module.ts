/**
 * The WebAssembly module of some regions: a function with a handler's signature for each. It begins
 * with the registers from the context, and each way out puts back those that the region writes:
 * the ways out are shared by all places that leave.
 */

import { context, state } from "../interpret/layout.js";
import { AREA, CONTEXT, handlerSignature, RECORD, REMAINING } from "../interpret/runtime.js";
import type { HelperName } from "../isa/helpers.js";
import { EXIT_BUDGET } from "../platform.js";
import type { CodeBuilder, Label } from "../wasm/code.js";
import type { EngineFeatures } from "../wasm/features.js";
import { ModuleBuilder } from "../wasm/module.js";
import type { Signature } from "../wasm/opcodes.js";
import { RegionEmitter, type RegionLocals, recordDistance } from "./emitter.js";
import { helpersFor } from "./helpers.js";
import {
  type Block,
  type Ending,
  isLink,
  type Region,
  type RegisterUse,
  registersOf,
  type Step,
} from "./region.js";
import { writeStructured } from "./structure.js";

/** What a region's module takes from the interpreter's. */
export const runtimeSignatures = Object.freeze({
  goOn: handlerSignature,
  leaveAt: handlerSignature,
  resume: handlerSignature,
  goOnAt: signature(["i32", "i64", "i32", "i32"]),
  fillRead: signature(["i32", "i64", "i32", "i64"]),
  fillWrite: signature(["i32", "i64", "i32", "i64"]),
});

function signature(parameters: readonly ("i32" | "i64")[]): Readonly<Signature> {
  return Object.freeze({
    parameters: Object.freeze(parameters),
    results: Object.freeze(["i32"] as const),
  });
}

type RuntimeNumbers = Readonly<Record<keyof typeof runtimeSignatures, number>>;

interface Linkage {
  readonly runtime: RuntimeNumbers;
  readonly features: EngineFeatures;
  helper(name: HelperName): number;
}

/** Export name of the region at this place of the list. */
export const regionName = (place: number): string => `r${place}`;

/**
 * Builds the module.
 * @param memoryPages size of the memory in pages of 64 KiB: initial and maximum
 * @param helperNames what the interpreter exports besides
 * @param features of the engine that will run it
 * @returns the binary; it exports the regions' functions by `regionName`
 */
export function buildRegions(
  regions: readonly Region[],
  memoryPages: number,
  helperNames: readonly HelperName[],
  features: EngineFeatures,
): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory("machine", "memory", { initial: memoryPages, maximum: memoryPages });
  const importOne = (name: string, type: Signature) =>
    module.importFunction("interpreter", name, type);
  const runtime = Object.fromEntries(
    Object.entries(runtimeSignatures).map(([name, type]) => [name, importOne(name, type)]),
  ) as RuntimeNumbers;
  const helpers = new Map(
    [...helpersFor(regions, helperNames)].map(([name, type]) => [name, importOne(name, type)]),
  );
  const link: Linkage = {
    runtime,
    features,
    helper(name) {
      const index = helpers.get(name);
      if (index === undefined) throw new Error(`helper ${name} is not imported`);
      return index;
    },
  };
  for (const [place, region] of regions.entries()) {
    const index = module.addFunction(handlerSignature, (code) => {
      new RegionWriter(code, region, link).write();
    });
    module.addExport(regionName(place), "function", index);
  }
  return module.finish();
}

/** Where a region's function goes when it is left; the labels of the code behind which it is. */
interface Exits {
  readonly resume: Label;
  readonly dispatch: Label;
  readonly leave: Label;
  readonly jump: Label;
  readonly leaveByAddress: Label;
}

class RegionWriter {
  private readonly use: RegisterUse;
  private readonly locals: RegionLocals;
  private readonly emitter: RegionEmitter;
  /** i32: bytes from the entry's record to the one where the region is left. */
  private readonly distance: number;
  /** Nodes of the graph: blocks in the order of the map. */
  private readonly blocks: readonly Block[];
  private readonly nodeOf: ReadonlyMap<number, number>;
  private exits: Exits | undefined;

  constructor(
    private readonly code: CodeBuilder,
    private readonly region: Region,
    private readonly link: Linkage,
  ) {
    this.use = registersOf(region);
    const registers = (set: ReadonlySet<number>, type: "i64" | "f64") =>
      new Map([...set].map((register) => [register, code.local(type)] as const));
    this.locals = {
      x: registers(this.use.x, "i64"),
      f: registers(this.use.f, "f64"),
      entryPc: code.local("i64"),
      target: code.local("i64"),
      address: code.local("i64"),
      host: code.local("i32"),
      entry: code.local("i32"),
      mode: code.local("i32"),
    };
    this.distance = code.local("i32");
    this.blocks = [...region.blocks.values()];
    this.nodeOf = new Map(this.blocks.map(({ start }, node) => [start, node]));
    this.emitter = new RegionEmitter({
      code,
      locals: this.locals,
      entryOffset: region.entry,
      features: link.features,
      helper: (name) => link.helper(name),
      fillRead: link.runtime.fillRead,
      fillWrite: link.runtime.fillWrite,
      resume: (step, stepsBefore) => this.leaveAtStep(step, stepsBefore),
    });
  }

  write(): void {
    const { code } = this;
    this.writeEntry();
    const [leaveByAddress, jump] = [code.block(), code.block()];
    const [leave, dispatch, resume] = [code.block(), code.block(), code.block()];
    this.exits = { resume, dispatch, leave, jump, leaveByAddress };
    const successors = this.blocks.map((block) => this.nodesBehind(block));
    writeStructured(code, successors, {
      write: (node, goTo) => this.writeBlock(this.blocks[node] as Block, goTo),
    });
    code.unreachable();
    this.writeExits();
  }

  /** Registers and the pc into locals. */
  private writeEntry(): void {
    const { code, locals } = this;
    for (const [register, local] of locals.x) {
      code
        .localGet(CONTEXT)
        .i64Load(context.x + register * 8)
        .localSet(local);
    }
    for (const [register, local] of locals.f) {
      code
        .localGet(CONTEXT)
        .f64Load(context.f + register * 8)
        .localSet(local);
    }
    code.localGet(RECORD).i64ExtendI32U();
    code.localGet(CONTEXT).i64Load(context.recordDelta).i64Add().i64Const(3).i64ShrU();
    code.localSet(locals.entryPc);
    this.emitter.begin(this.blocks);
  }

  private spill(): void {
    const { code, locals, use } = this;
    for (const register of use.writtenX) {
      code.localGet(CONTEXT).localGet(locals.x.get(register) ?? 0);
      code.i64Store(context.x + register * 8);
    }
    for (const register of use.writtenF) {
      code.localGet(CONTEXT).localGet(locals.f.get(register) ?? 0);
      code.f64Store(context.f + register * 8);
    }
  }

  /** The ways out, in the order in which their blocks end. */
  private writeExits(): void {
    const { code, link, locals } = this;
    const { runtime } = link;
    const atRecord = () => {
      this.spill();
      code.localGet(CONTEXT).localGet(RECORD).localGet(this.distance).i32Add().localGet(REMAINING);
    };
    code.end();
    atRecord();
    code.localGet(AREA).returnCall(runtime.resume);
    code.end();
    atRecord();
    code.localGet(AREA).returnCall(runtime.goOn);
    code.end();
    atRecord();
    code.i32Const(EXIT_BUDGET).returnCall(runtime.leaveAt);
    code.end();
    this.spill();
    code.localGet(CONTEXT).localGet(locals.target).localGet(REMAINING).localGet(AREA);
    code.returnCall(runtime.goOnAt);
    code.end();
    this.spill();
    code.localGet(CONTEXT).localGet(locals.target).i64Store(context.pc);
    code.i32Const(0).localGet(REMAINING).i32Store(state.remaining);
    code.i32Const(EXIT_BUDGET);
  }

  private nodesBehind(block: Block): number[] {
    const targets = this.waysOf(block.ending);
    return targets.flatMap((offset) => this.nodeOf.get(offset) ?? []);
  }

  /** Offsets that the ending goes to within the function. */
  private waysOf(ending: Ending): number[] {
    switch (ending.kind) {
      case "branch":
        return [ending.taken, ending.next];
      case "jump":
        return isLink(ending.step.operands.rd) ? [] : [ending.taken];
      case "fall":
        return [ending.next];
      case "jumpRegister":
        return [];
    }
  }

  private writeBlock(block: Block, goTo: (node: number) => void): void {
    for (const [index, step] of block.steps.entries()) this.emitter.write(step, index);
    const { ending } = block;
    const count = block.steps.length;
    if (ending.kind === "fall") {
      this.count(count);
      this.goToOffset(ending.next, goTo);
      return;
    }
    this.emitter.write(ending.step, count);
    this.count(count + 1);
    if (ending.kind === "branch") this.writeBranch(ending, goTo);
    else if (ending.kind === "jump") this.writeJump(ending.step, ending.taken, goTo);
    else this.writeJumpRegister(ending.step);
  }

  /** The condition is on the stack. */
  private writeBranch(
    ending: { readonly step: Step; readonly taken: number; readonly next: number },
    goTo: (node: number) => void,
  ): void {
    const { code } = this;
    code.if();
    this.goAfterJump(ending.taken, ending.step.operands.imm <= 0, goTo);
    code.end();
    this.goToOffset(ending.next, goTo);
  }

  private writeJump(step: Step, taken: number, goTo: (node: number) => void): void {
    const { rd, imm } = step.operands;
    if (!isLink(rd)) this.goAfterJump(taken, imm <= 0, goTo);
    else this.goAfterJump(taken, true, undefined);
  }

  private writeJumpRegister(step: Step): void {
    const { code, locals } = this;
    const exits = this.knownExits();
    code.localGet(REMAINING).i32Const(0).i32LeS();
    if (!isLink(step.operands.rd)) {
      code.localGet(locals.target);
      this.emitter.pushAddress(step.offset);
      code.i64LeU().i32And();
    }
    code.brIf(exits.leaveByAddress).br(exits.jump);
  }

  /**
   * A jump to an offset, with a look at the budget where DESIGN 4.4 has a preemption point.
   * @param goTo undefined: out of the region in any case
   */
  private goAfterJump(
    offset: number,
    isPreemption: boolean,
    goTo: ((node: number) => void) | undefined,
  ): void {
    const { code, locals } = this;
    const exits = this.knownExits();
    const isInPage = offset >= 0 && offset < 4096;
    if (!isInPage) {
      this.emitter.pushAddress(offset);
      code.localSet(locals.target);
    }
    if (isPreemption) {
      if (isInPage) this.setDistance(offset);
      code.localGet(REMAINING).i32Const(0).i32LeS();
      code.brIf(isInPage ? exits.leave : exits.leaveByAddress);
    }
    if (!isInPage) code.br(exits.jump);
    else this.goToOffset(offset, goTo);
  }

  private goToOffset(offset: number, goTo: ((node: number) => void) | undefined): void {
    const node = this.nodeOf.get(offset);
    if (node !== undefined && goTo !== undefined) {
      goTo(node);
      return;
    }
    if (offset >= 0 && offset <= 4096) {
      this.setDistance(offset);
      this.code.br(this.knownExits().dispatch);
      return;
    }
    this.emitter.pushAddress(offset);
    this.code.localSet(this.locals.target).br(this.knownExits().jump);
  }

  private leaveAtStep(step: Step, stepsBefore: number): void {
    this.setDistance(step.offset);
    this.count(stepsBefore);
    this.code.br(this.knownExits().resume);
  }

  private setDistance(offset: number): void {
    this.code.i32Const(recordDistance(offset, this.region.entry)).localSet(this.distance);
  }

  private count(instructions: number): void {
    if (instructions === 0) return;
    this.code.localGet(REMAINING).i32Const(instructions).i32Sub().localSet(REMAINING);
  }

  private knownExits(): Exits {
    if (this.exits === undefined) throw new Error("the region's function has not begun");
    return this.exits;
  }
}
