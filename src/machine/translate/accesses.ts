/**
 * Memory accesses of a region: from the address in a register to the one in the machine's memory,
 * by the translation area as in the interpreter. Accesses by one base share a look (groups.ts);
 * where a base mostly stays in its page (loops.ts) that is looked at first (interpret/slots.ts).
 * What that does not serve goes the long way, or leaves the region.
 */

import { accesses } from "../interpret/handler-kind.js";
import { translation } from "../interpret/layout.js";
import { AREA } from "../interpret/runtime.js";
import type { AtomicWidth } from "../isa/emitter.js";
import { ACCESS_READ, ACCESS_WRITE, PAGE_BYTES } from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import { type Group, groupAccesses } from "./groups.js";
import type { Block, Step } from "./region.js";
import type { RegionContext } from "./region-context.js";

/** For the stack, global and thread pointers, loads and stores. */
const POINTER_SLOTS = 6;

export class AccessWriter {
  private readonly code: CodeBuilder;
  /** By block, by the place of the step in it. */
  private readonly groupsOf = new Map<Block, ReadonlyMap<number, Group>>();
  private groups: ReadonlyMap<number, Group> = new Map();
  /** i32 locals with what makes host addresses of a group's; 0: each is looked up by itself. */
  private readonly addends = new Map<Group, number>();
  /** Bits of base registers that stay in a page for a while, by block. */
  private readonly steady: ReadonlyMap<Block, number>;
  private steadyHere = 0;

  /** @param steady bits of base registers that stay in a page for a while, by place in `blocks` */
  constructor(
    private readonly region: RegionContext,
    blocks: readonly Block[],
    steady: readonly number[],
  ) {
    this.code = region.code;
    this.steady = new Map(blocks.map((block, node) => [block, steady[node] ?? 0]));
    for (const block of blocks) this.groupsOf.set(block, groupAccesses(block));
  }

  /** The steps of a block come next; `endBlock` behind them. */
  beginBlock(block: Block): void {
    this.groups = this.groupsOf.get(block) ?? new Map();
    this.steadyHere = this.steady.get(block) ?? 0;
  }

  endBlock(): void {
    this.code.release(...this.addends.values());
    this.addends.clear();
  }

  /**
   * Translates x[rs1] + immediate.
   * @param stepsBefore instructions of the block before it
   * @returns the local with the host address
   */
  hostAddress(step: Step, stepsBefore: number, sizeBytes: number, access: number): number {
    const { code, region } = this;
    const { address, host, entry } = region.locals;
    const group = this.groups.get(stepsBefore);
    const isShared = group !== undefined && group.count > 1;
    const addend = isShared ? this.addendOf(step, group) : 0;
    this.pushAddress(step, step.operands.imm);
    code.localTee(address).i32WrapI64().localSet(host);
    if (isShared) {
      code.localGet(addend).i32Eqz().hint(false).if();
      this.fill(step, stepsBefore, sizeBytes, access);
      code.else();
      code.localGet(host).localGet(addend).i32Add().localSet(host);
      code.end();
    } else if (group !== undefined && this.isSteady(group)) {
      const slot = this.slotOf(group);
      // What is misaligned is never found there: it might cross into the next page.
      code
        .localGet(address)
        .i64Const(-PAGE_BYTES | (sizeBytes - 1))
        .i64And();
      code
        .localGet(AREA)
        .i64Load(slot + translation.slotPage)
        .i64Ne()
        .hint(false)
        .if();
      this.pushAccess(sizeBytes, slot);
      code.callLinked(region.links.runtime(group.hasStore ? "moveWrite" : "moveRead"));
      this.leaveIfZero(step, stepsBefore);
      code.end();
      code
        .localGet(host)
        .localGet(AREA)
        .i32Load(slot + translation.slotAddend)
        .i32Add();
      code.localSet(host);
    } else {
      this.pushHasEntry(access, sizeBytes - 1);
      code.hint(true).if();
      code.localGet(host).localGet(entry).i32Load(translation.addend).i32Add().localSet(host);
      code.else();
      this.fill(step, stepsBefore, sizeBytes, access);
      code.end();
    }
    return host;
  }

  /** As hostAddress, of an address in x[rs1]; the interpreter does what is misaligned. */
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
    return this.hostAddress(step, stepsBefore, sizeBytes, access);
  }

  /** Looks up the page of a group, if it is one, that allows what all of it do. */
  private addendOf(step: Step, group: Group): number {
    const known = this.addends.get(group);
    if (known !== undefined) return known;
    const { code, region } = this;
    const { address, host, entry } = region.locals;
    const addend = code.local("i32");
    this.addends.set(group, addend);
    const toLastByte = group.last - group.least;
    this.pushAddress(step, group.least);
    code.localSet(address);
    if (this.isSteady(group)) {
      const slot = this.slotOf(group);
      code
        .localGet(address)
        .localGet(AREA)
        .i64Load(slot + translation.slotPage)
        .i64Sub();
      code
        .i64Const(PAGE_BYTES - toLastByte)
        .i64GeU()
        .hint(false)
        .if("i32");
      this.pushAccess(toLastByte + 1, slot);
      code.callLinked(region.links.runtime(group.hasStore ? "shareWrite" : "shareRead"));
      code
        .else()
        .localGet(AREA)
        .i32Load(slot + translation.slotAddend)
        .end();
    } else {
      code.localGet(address).i32WrapI64().localSet(host);
      this.pushHasEntry(group.hasStore ? ACCESS_WRITE : ACCESS_READ, toLastByte);
      code.hint(true).if("i32");
      code.localGet(entry).i32Load(translation.addend);
      code.else().i32Const(0).end();
    }
    code.localSet(addend);
    return addend;
  }

  private isSteady({ register, isTable }: Group): boolean {
    return isTable || ((this.steadyHere >>> register) & 1) !== 0;
  }

  /** Where in the area the slot for such accesses is: pointers share theirs with other regions. */
  private slotOf({ register, hasStore, isTable }: Group): number {
    const number = register * 2 + (hasStore ? 1 : 0) + (isTable ? 27 : 0);
    const { slots, slotCount, slotBytes } = translation;
    const isPointer = register >= 2 && register <= 4 && !isTable;
    const others = slotCount - POINTER_SLOTS;
    const spread = POINTER_SLOTS + ((number + this.region.entryOffset * 13) % others);
    return slots + (isPointer ? number - 4 : spread) * slotBytes;
  }

  /** Pushes what `move` and `share` take. */
  private pushAccess(sizeBytes: number, slot: number): void {
    const { code, region } = this;
    code.localGet(AREA).localGet(region.locals.address).i32Const(sizeBytes);
    code.localGet(AREA).i32Const(slot).i32Add();
  }

  /** Pushes x[rs1] + a number. */
  private pushAddress({ operands }: Step, offset: number): void {
    const { code, region } = this;
    if (operands.rs1 === 0) code.i64Const(0);
    else code.localGet(region.locals.x.get(operands.rs1) ?? 0);
    if (offset !== 0) code.i64Const(offset).i64Add();
  }

  /**
   * Pushes whether the translation area has the page of the local `address`, and sets `entry`. It
   * is compared with the last byte's page: what crosses pages never matches.
   */
  private pushHasEntry(access: number, toLastByte: number): void {
    const { code, region } = this;
    const { address, host, entry } = region.locals;
    const tag = access === ACCESS_READ ? translation.readTag : translation.writeTag;
    const entryMask = (translation.dataEntries - 1) * translation.dataEntryBytes;
    code.localGet(host).i32Const(8).i32ShrU().i32Const(entryMask).i32And();
    code.localGet(AREA).i32Add().localTee(entry).i64Load32S(tag).localGet(address);
    if (toLastByte > 0) code.i64Const(toLastByte).i64Add();
    code.i64Const(12).i64ShrU().i64Eq();
  }

  /** Sets `host` for `address` the long way, or leaves the region. */
  private fill(step: Step, stepsBefore: number, sizeBytes: number, access: number): void {
    const { code, region } = this;
    const { address, host } = region.locals;
    code.localGet(AREA).localGet(address).i32Const(sizeBytes);
    code.callLinked(region.links.runtime(access === ACCESS_WRITE ? "fillWrite" : "fillRead"));
    code.localTee(host);
    this.leaveIfZero(step, stepsBefore);
  }

  /** Behind a call that may have asked the kernel; it answered 0 where it could not translate. */
  private leaveIfZero(step: Step, stepsBefore: number): void {
    const { code, region } = this;
    code.i32Eqz().hint(false).if();
    region.resume(step, stepsBefore);
    code.end();
    // A page may have another frame now.
    for (const addend of this.addends.values()) code.i32Const(0).localSet(addend);
  }
}

/** Integer loads and stores. */
const ACCESSES: ReadonlySet<string> = new Set("lb lh lw ld lbu lhu lwu sb sh sw sd".split(" "));

/** Whether an instruction may be given to the interpreter: memory, and rounding modes. */
export function canLeave(extension: string, name: string): boolean {
  return extension === "F" || extension === "D" || extension === "A" || ACCESSES.has(name);
}
