/**
 * Memory accesses of a region: from the address in a register to the one in the machine's memory.
 * Where its base mostly stays in a page (loops.ts) that is in a slot of the translation area
 * (slot-looks.ts), elsewhere its entry is looked for; accesses by one base share a look
 * (groups.ts). What that does not serve goes the long way, or leaves the region.
 */

import { accesses } from "../interpret/handler-kind.js";
import { translation } from "../interpret/layout.js";
import { AREA } from "../interpret/runtime.js";
import { pushHasEntry } from "../interpret/slots.js";
import type { AtomicWidth } from "../isa/emitter.js";
import { ACCESS_READ, ACCESS_WRITE, PAGE_BYTES } from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { ValueType } from "../wasm/opcodes.js";
import { type BlockGroups, type Group, goesOn, groupAccesses, lone } from "./groups.js";
import type { Block, Step } from "./region.js";
import type { RegionContext } from "./region-context.js";
import { pushSharedHost, pushSlotAccess, pushSlotHost, slotOf } from "./slot-looks.js";
import type { Turns } from "./turns.js";

interface Size {
  /** ACCESS_READ or ACCESS_WRITE. */
  readonly access: number;
  readonly sizeBytes: number;
}

/** A load or store. */
export interface MemoryAccess extends Size {
  /** What a load pushes. */
  readonly result?: ValueType;
  /** Writes it, for an i32 local with a host address and what is added to that. Called twice. */
  write(host: number, offsetBytes: number): void;
}

/** i32 locals with the host address of a group's least one; 0: each is looked up by itself. */
export type Bases = ReadonlyMap<Group, number>;

export class AccessWriter {
  private readonly code: CodeBuilder;
  private readonly groupsOf: ReadonlyMap<Block, BlockGroups>;
  private groups: BlockGroups | undefined;
  private before: Bases = new Map();
  private bases = new Map<Group, number>();
  /** Bits of base registers that stay in a page for a while, by block. */
  private readonly steady: ReadonlyMap<Block, number>;
  private steadyHere = 0;
  /** Within a run: whether what is being written is for what the look found. */
  private isFound: boolean | undefined;
  /** Those that are being written; undefined: single ones. */
  turns: Turns | undefined;

  /**
   * @param successors of each block, by place in `blocks`
   * @param steady bits of base registers that stay in a page for a while, by place in `blocks`
   */
  constructor(
    private readonly region: RegionContext,
    blocks: readonly Block[],
    successors: readonly (readonly number[])[],
    steady: readonly number[],
  ) {
    this.code = region.code;
    this.steady = new Map(blocks.map((block, node) => [block, steady[node] ?? 0]));
    const groups = groupAccesses(blocks, successors);
    this.groupsOf = new Map(blocks.map((block, node) => [block, groups[node] as BlockGroups]));
  }

  /**
   * The steps of a block come next; `endBlock` behind them.
   * @param before what `endBlock` answered of the only block that leads here
   */
  beginBlock(block: Block, before: Bases): void {
    this.groups = this.groupsOf.get(block);
    this.steadyHere = this.steady.get(block) ?? 0;
    this.before = before;
    this.bases = new Map(before);
  }

  /** @returns what was looked up and holds behind the block */
  endBlock(block: Block): Bases {
    const { atEnd, writes } = this.groups as BlockGroups;
    const holds = (group: Group): boolean =>
      goesOn(block) &&
      (atEnd.get(group.register) === group || ((writes >>> group.register) & 1) === 0);
    const behind = new Map<Group, number>();
    for (const [group, local] of this.bases) {
      if (holds(group)) behind.set(group, local);
      else if (!this.before.has(group)) this.code.release(local);
    }
    return behind;
  }

  /**
   * Writes an access of memory.
   * @param stepsBefore instructions of the block before it
   */
  write(step: Step, stepsBefore: number, access: MemoryAccess): void {
    const { code } = this;
    const { host } = this.region.locals;
    const addend = this.turns?.addends.get(step);
    if (addend !== undefined) {
      this.writeInTurn(step, addend, access);
      return;
    }
    const group = this.groups?.byStep.get(stepsBefore) ?? lone(step, access.access);
    const { base, least } = this.baseFor(step, group);
    if (base !== undefined) {
      if (this.isFound === undefined) this.pushIsMissed(base).if(access.result);
      if (this.isFound !== true) {
        this.pushAddress(step, step.operands.imm);
        code.localSet(this.region.locals.address);
        this.callFill(step, stepsBefore, access);
        access.write(host, 0);
      }
      if (this.isFound === undefined) code.else();
      if (this.isFound !== false) access.write(base, step.operands.imm - least);
      if (this.isFound === undefined) code.end();
      return;
    }
    this.pushIsThere(step, group, access);
    code.hint(true).if(access.result);
    this.pushHost(group);
    code.localSet(host);
    access.write(host, 0);
    code.else();
    if (this.isSteady(group)) this.callMove(step, stepsBefore, group, access.sizeBytes);
    else this.callFill(step, stepsBefore, access);
    access.write(host, 0);
    code.end();
  }

  /**
   * How many integer accesses from a step of the block on, one behind the other, share a look, if
   * these are two or more; else 0.
   */
  runLength({ steps }: Block, stepsBefore: number): number {
    const group = this.groups?.byStep.get(stepsBefore);
    let length = 0;
    for (let step = steps[stepsBefore]; step !== undefined; step = steps[stepsBefore + length]) {
      const isIn = group !== undefined && this.groups?.byStep.get(stepsBefore + length) === group;
      if (!isIn || !ACCESSES.has(step.row.name) || this.turns?.addends.has(step)) break;
      length++;
    }
    return length > 1 ? length : 0;
  }

  /** Writes a run twice, for what the look found and did not, behind one question. */
  writeRun(first: Step, stepsBefore: number, writeSteps: () => void): void {
    const { code } = this;
    const group = this.groups?.byStep.get(stepsBefore);
    const base = group && this.baseFor(first, group).base;
    if (base === undefined) throw new Error(`${first.row.name} shares no look`);
    this.pushIsMissed(base).if();
    this.isFound = false;
    writeSteps();
    code.else();
    this.isFound = true;
    writeSteps();
    code.end();
    this.isFound = undefined;
  }

  /** Pushes whether a shared look did not find where the accesses are. */
  private pushIsMissed(base: number): CodeBuilder {
    const { code } = this;
    return code.localGet(base).i32Const(translation.hostAddressMin).i32LtU().hint(false);
  }

  /** Writes one that is in a page which was looked up before. */
  private writeInTurn({ operands }: Step, addend: number, access: MemoryAccess): void {
    const { code } = this;
    const { x, host } = this.region.locals;
    code
      .localGet(x.get(operands.rs1) ?? 0)
      .i32WrapI64()
      .localGet(addend)
      .i32Add();
    if (operands.imm < 0) code.i32Const(operands.imm).i32Add();
    code.localSet(host);
    access.write(host, Math.max(operands.imm, 0));
  }

  /**
   * Translates x[rs1] for an atomic access; the interpreter does what is misaligned.
   * @returns the local with the host address
   */
  alignedHostAddress(step: Step, stepsBefore: number, width: AtomicWidth, access: number): number {
    const { code, region } = this;
    const { sizeBytes } = accesses[width];
    this.pushAddress(step, 0);
    code
      .i32WrapI64()
      .i32Const(sizeBytes - 1)
      .i32And()
      .hint(false)
      .if();
    region.resume(step, stepsBefore);
    code.end();
    const group = lone(step, access);
    this.pushIsThere(step, group, { access, sizeBytes });
    code.hint(true).if();
    this.pushHost(group);
    code.localSet(region.locals.host).else();
    this.callFill(step, stepsBefore, { access, sizeBytes });
    code.end();
    return region.locals.host;
  }

  /** Pushes whether a single access is where its slot or entry says; sets `address`, `entry`. */
  private pushIsThere(step: Step, group: Group, { access, sizeBytes }: Size): void {
    const { code } = this;
    const { address, entry } = this.region.locals;
    this.pushAddress(step, group.least);
    code.localSet(address);
    if (!this.isSteady(group)) {
      const tag = access === ACCESS_READ ? translation.readTag : translation.writeTag;
      pushHasEntry(code, { area: AREA, address, entry }, tag, sizeBytes - 1);
      return;
    }
    // What is misaligned is never found there: it might cross into the next page.
    code
      .localGet(address)
      .i64Const(-PAGE_BYTES | (sizeBytes - 1))
      .i64And();
    code
      .localGet(AREA)
      .i64Load(slotOf(this.region, group) + translation.slotPage)
      .i64Eq();
  }

  /** Pushes the host address for the local `address`, which is where the slot or entry says. */
  private pushHost(group: Group): void {
    const { code } = this;
    const { address, entry } = this.region.locals;
    if (this.isSteady(group)) pushSlotHost(this.region, slotOf(this.region, group));
    else code.localGet(address).i32WrapI64().localGet(entry).i32Load(translation.addend).i32Add();
  }

  /** What is looked up for an access and others: undefined if it is by itself. */
  private baseFor(step: Step, group: Group): { base: number | undefined; least: number } {
    for (let one: Group | undefined = group; one !== undefined; one = one.within) {
      const base = this.bases.get(one);
      if (base !== undefined) return { base, least: one.least };
    }
    const { count, least } = group;
    return { base: count > 1 ? this.makeBase(step, group) : undefined, least };
  }

  private makeBase(step: Step, group: Group): number {
    const { code, region } = this;
    const { address, entry } = region.locals;
    const base = code.local("i32");
    this.bases.set(group, base);
    const toLastByte = group.last - group.least;
    this.pushAddress(step, group.least);
    code.localSet(address);
    if (this.isSteady(group)) {
      const slot = slotOf(region, group);
      pushSharedHost(region, slot, group.hasStore, toLastByte, "span");
    } else {
      const tag = group.hasStore ? translation.writeTag : translation.readTag;
      pushHasEntry(code, { area: AREA, address, entry }, tag, toLastByte);
      code.hint(true).if("i32");
      this.pushHost(group);
      code.else().i32Const(0).end();
    }
    code.localSet(base);
    return base;
  }

  private isSteady({ register, isTable }: Group): boolean {
    return isTable || ((this.steadyHere >>> register) & 1) !== 0;
  }

  /** Pushes x[rs1] + a number. */
  private pushAddress({ operands }: Step, offset: number): void {
    const { code, region } = this;
    if (operands.rs1 === 0) code.i64Const(0);
    else code.localGet(region.locals.x.get(operands.rs1) ?? 0);
    if (offset !== 0) code.i64Const(offset).i64Add();
  }

  /** Sets `host` for `address` the long way, or leaves the region. */
  private callFill(step: Step, stepsBefore: number, { access, sizeBytes }: Size): void {
    const { code, region } = this;
    if (this.turns !== undefined) {
      // Pages that were looked up may have other frames behind it.
      region.resume(step, stepsBefore);
      return;
    }
    code.localGet(AREA).localGet(region.locals.address).i32Const(sizeBytes);
    code.callLinked(region.links.runtime(access === ACCESS_WRITE ? "fillWrite" : "fillRead"));
    this.setHostOrLeave(step, stepsBefore);
  }

  /** The same; the group's slot has the page from now on. */
  private callMove(step: Step, stepsBefore: number, group: Group, sizeBytes: number): void {
    const { code, region } = this;
    if (this.turns !== undefined) {
      region.resume(step, stepsBefore);
      return;
    }
    pushSlotAccess(region, sizeBytes, slotOf(region, group));
    code.callLinked(region.links.runtime(group.hasStore ? "moveWrite" : "moveRead"));
    this.setHostOrLeave(step, stepsBefore);
  }

  /** Behind a call that may have asked the kernel; it answered 0 where it could not translate. */
  private setHostOrLeave(step: Step, stepsBefore: number): void {
    const { code, region } = this;
    code.localTee(region.locals.host).i32Eqz().hint(false).if();
    region.resume(step, stepsBefore);
    code.end();
    // A page may have another frame now.
    for (const base of this.bases.values()) code.i32Const(0).localSet(base);
  }
}

/** Integer loads and stores. */
const ACCESSES: ReadonlySet<string> = new Set("lb lh lw ld lbu lhu lwu sb sh sw sd".split(" "));

/** Whether an instruction may be given to the interpreter: memory, and rounding modes. */
export function canLeave(extension: string, name: string): boolean {
  return extension === "F" || extension === "D" || extension === "A" || ACCESSES.has(name);
}
