/**
 * The translator's side of the semantics: operands are constants, registers are locals. What may
 * stop an instruction half-way (a fault, a page in two parts, a store to code) leaves the region
 * before it has changed anything, and the interpreter does that instruction; so the registers are
 * exact wherever the region is left.
 */

import { accesses } from "../interpret/handler-kind.js";
import { context, state, translation } from "../interpret/layout.js";
import { AREA, CONTEXT, REMAINING } from "../interpret/runtime.js";
import type {
  Access,
  AtomicWidth,
  CsrOperation,
  Emit,
  Emitter,
  FloatComputation,
  FloatWidth,
  Source,
} from "../isa/emitter.js";
import { emitFloatCall, floatCall } from "../isa/float-call.js";
import type { HelperName } from "../isa/helpers.js";
import { ACCESS_READ, ACCESS_WRITE } from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { EngineFeatures } from "../wasm/features.js";
import { writeCsr } from "./csr.js";
import { FloatEmitter } from "./float.js";
import { FloatRegisters } from "./float-registers.js";
import { type Group, groupAccesses } from "./groups.js";
import { isIntegerHelper, writeIntegerHelper } from "./helpers.js";
import type { Links } from "./links.js";
import type { Block, Step } from "./region.js";
import { hasWordOperands } from "./words.js";

/** Locals of a region's function besides a handler's parameters. */
export interface RegionLocals {
  /** i64 by register number. */
  readonly x: ReadonlyMap<number, number>;
  /** f64 by register number. */
  readonly f: ReadonlyMap<number, number>;
  /** i64: the pc of the entry, a parameter. */
  readonly entryPc: number;
  /** i64: where a jump by register goes. */
  readonly target: number;
  /** Scratch of a memory access. */
  readonly address: number;
  readonly host: number;
  readonly entry: number;
  /** i32: a resolved rounding mode. */
  readonly mode: number;
}

/** What the emitter needs of the region around it. */
export interface RegionContext {
  readonly code: CodeBuilder;
  readonly locals: RegionLocals;
  readonly entryOffset: number;
  readonly features: EngineFeatures;
  /** What stands for functions until the module is made. */
  readonly links: Links;
  /** Writes a branch out of the region to the interpreter, which does this step. */
  resume(step: Step, stepsBefore: number): void;
}

export class RegionEmitter implements Emitter {
  readonly code: CodeBuilder;
  private step: Step | undefined;
  private stepsBefore = 0;
  private groups: ReadonlyMap<number, Group> = new Map();
  /** i32 locals with what makes host addresses of a group's; 0: each is looked up by itself. */
  private readonly addends = new Map<Group, number>();
  private readonly registers: FloatRegisters;
  private readonly floats: FloatEmitter;

  constructor(private readonly region: RegionContext) {
    const { code, features, locals } = region;
    this.code = code;
    const floatRegion = {
      code,
      features,
      local: (register: number) => this.localOf(locals.f, register),
      pushControl: () => void code.localGet(CONTEXT).i32Load(context.fcsr),
      readX: () => this.readX("rs1"),
      writeX: (value: Emit) => this.writeX(value),
    };
    this.registers = new FloatRegisters(floatRegion);
    this.floats = new FloatEmitter(floatRegion, this.registers);
  }

  /** The registers are in the locals: writes what floating point needs besides. */
  begin(blocks: Iterable<Block>): void {
    if (this.region.locals.f.size > 0) this.registers.begin(blocks);
  }

  /** The same where others, a function that was called, may have written registers and fcsr. */
  reload(): void {
    if (this.region.locals.f.size > 0) this.registers.reload();
  }

  /**
   * Writes one instruction. A branch leaves its condition on the stack; a jump by register sets the
   * local `target`; both leave the way to go to the caller.
   * @param stepsBefore instructions of the block before it
   * @param words bits of the registers that hold sign-extended words
   */
  write(step: Step, stepsBefore: number, words: number): void {
    this.step = step;
    this.stepsBefore = stepsBefore;
    const { semantics, wordSemantics } = step.row;
    if (wordSemantics !== undefined && hasWordOperands(step, words)) wordSemantics(this);
    else semantics?.(this);
  }

  /** The steps of a block come next; `endBlock` behind them. */
  beginBlock(block: Block): void {
    this.registers.beginBlock();
    this.groups = groupAccesses(block);
  }

  endBlock(): void {
    this.code.release(...this.addends.values());
    this.addends.clear();
  }

  /** Pushes the pc of an offset in the page. */
  pushAddress(offset: number): void {
    this.code.localGet(this.region.locals.entryPc);
    this.code.i64Const(offset - this.region.entryOffset).i64Add();
  }

  // Registers

  readX(source: "rs1" | "rs2"): void {
    const register = this.current.operands[source];
    if (register === 0) this.code.i64Const(0);
    else this.code.localGet(this.localOf(this.region.locals.x, register));
  }

  readWord(source: "rs1" | "rs2"): void {
    this.readX(source);
    this.code.i32WrapI64();
  }

  writeX(value: Emit): void {
    const { rd } = this.current.operands;
    value();
    if (rd === 0) this.code.drop();
    else this.code.localSet(this.localOf(this.region.locals.x, rd));
  }

  writeWord(value: Emit): void {
    this.writeX(() => {
      value();
      this.code.i64ExtendI32S();
    });
  }

  readF(source: Source): void {
    const register = this.current.operands[source];
    this.code.localGet(this.localOf(this.region.locals.f, register)).i64ReinterpretF64();
  }

  writeF(value: Emit): void {
    const { rd } = this.current.operands;
    value();
    this.code.f64ReinterpretI64().localSet(this.localOf(this.region.locals.f, rd));
    this.registers.written(rd);
  }

  immediate(): void {
    this.code.i64Const(this.current.operands.imm);
  }

  immediateWord(): void {
    this.code.i32Const(this.current.operands.imm);
  }

  programCounter(): void {
    this.pushAddress(this.current.offset);
  }

  float(computation: FloatComputation): void {
    const exact = () => floatCall(this, computation);
    if (this.floats.write(computation, this.current.operands, exact)) return;
    emitFloatCall(this, computation);
    if (computation.with === "rounding") this.registers.refresh();
  }

  call(helper: HelperName): void {
    if (isIntegerHelper(helper)) {
      writeIntegerHelper(this.code, helper, this.current.row.name.endsWith("w"));
    } else this.code.callLinked(this.region.links.helper(helper));
  }

  // Memory

  load(access: Access): void {
    const { sizeBytes, load } = accesses[access];
    const host = this.hostAddress(sizeBytes, ACCESS_READ);
    this.code.localGet(host);
    this.code[load]();
  }

  store(access: Access, value: Emit): void {
    const { sizeBytes, store } = accesses[access];
    const host = this.hostAddress(sizeBytes, ACCESS_WRITE);
    this.code.localGet(host);
    value();
    this.code[store]();
  }

  loadF(width: FloatWidth): void {
    const { code } = this;
    const { rd } = this.current.operands;
    const host = this.hostAddress(accesses[width].sizeBytes, ACCESS_READ);
    if (width === "w") {
      this.registers.setSingle(rd, () => code.localGet(host).f32Load());
    } else {
      code.localGet(host).f64Load().localSet(this.localOf(this.region.locals.f, rd));
      this.registers.written(rd);
    }
  }

  storeF(width: FloatWidth): void {
    const { code } = this;
    const { rs2 } = this.current.operands;
    const host = this.hostAddress(accesses[width].sizeBytes, ACCESS_WRITE);
    code.localGet(host);
    if (width === "w") {
      this.registers.pushWord(rs2);
      code.f32Store();
    } else code.localGet(this.localOf(this.region.locals.f, rs2)).f64Store();
  }

  atomic(width: AtomicWidth, combine: (oldLocal: number) => void): void {
    const { code } = this;
    const { load, store } = accesses[width];
    const host = this.alignedHostAddress(width, ACCESS_WRITE);
    const old = code.local("i64");
    code.localGet(host);
    code[load]().localSet(old);
    code.localGet(host);
    combine(old);
    code[store]();
    this.writeX(() => code.localGet(old));
    code.release(old);
  }

  loadReserved(width: AtomicWidth): void {
    const { code } = this;
    const host = this.alignedHostAddress(width, ACCESS_READ);
    code.i32Const(0);
    this.readX("rs1");
    code.i64Store(state.reservation);
    this.writeX(() => {
      code.localGet(host);
      code[accesses[width].load]();
    });
  }

  storeConditional(width: AtomicWidth): void {
    const { code } = this;
    const host = this.alignedHostAddress(width, ACCESS_WRITE);
    const failed = code.local("i32");
    code.i32Const(0).i64Load(state.reservation);
    this.readX("rs1");
    code.i64Ne().localTee(failed).i32Eqz().hint(true).if();
    code.localGet(host);
    this.readX("rs2");
    code[accesses[width].store]();
    code.end();
    code.i32Const(0).i64Const(-1).i64Store(state.reservation);
    this.writeX(() => code.localGet(failed).i64ExtendI32U());
    code.release(failed);
  }

  // Control

  branch(condition: Emit): void {
    condition();
  }

  jump(): void {
    this.writeLink();
  }

  jumpRegister(): void {
    this.readX("rs1");
    this.immediate();
    this.code.i64Add().i64Const(-2).i64And().localSet(this.region.locals.target);
    this.writeLink();
  }

  trap(_cause: number, _value: Emit): void {
    this.notTranslated();
  }

  illegalInstruction(): void {
    this.notTranslated();
  }

  environmentCall(): void {
    this.notTranslated();
  }

  csr(operation: CsrOperation, operand: "register" | "constant"): void {
    const { code } = this;
    const { operands } = this.current;
    const writesControl = writeCsr(
      {
        code,
        pushOperand: () => {
          if (operand === "register") this.readX("rs1");
          else code.i64Const(operands.rs1);
        },
        writeX: (value) => this.writeX(value),
        pushCount: (address) => {
          code.localGet(CONTEXT).localGet(REMAINING).i32Const(this.stepsBefore).i32Sub();
          code.i32Const(address).callLinked(this.region.links.helper("csrRead"));
        },
      },
      operation,
      operands,
    );
    if (writesControl) this.registers.refresh();
  }

  roundingMode(): number {
    const { code, region } = this;
    const { mode } = region.locals;
    const { rm } = this.current.operands;
    if (rm !== 7) {
      code.i32Const(rm).localSet(mode);
      return mode;
    }
    // Dynamic: fcsr holds it above the five flags.
    code.localGet(CONTEXT).i32Load(context.fcsr).i32Const(5).i32ShrU();
    code.localTee(mode).i32Const(4).i32GtU().hint(false).if();
    this.region.resume(this.current, this.stepsBefore);
    code.end();
    return mode;
  }

  flagsAddress(): void {
    this.code.localGet(CONTEXT).i32Const(context.fcsr).i32Add();
  }

  // Parts

  private get current(): Step {
    if (this.step === undefined) throw new Error("no instruction is being written");
    return this.step;
  }

  private localOf(locals: ReadonlyMap<number, number>, register: number): number {
    const local = locals.get(register);
    if (local === undefined) throw new Error(`${this.current.row.name} uses a register unseen`);
    return local;
  }

  private writeLink(): void {
    const { offset, lengthBytes } = this.current;
    if (this.current.operands.rd === 0) return;
    this.writeX(() => this.pushAddress(offset + lengthBytes));
  }

  /** Translates x[rs1] + immediate. @returns the local with the host address */
  private hostAddress(sizeBytes: number, access: number): number {
    const { code, region } = this;
    const { address, host, entry } = region.locals;
    const group = this.groups.get(this.stepsBefore);
    if (group !== undefined) return this.hostAddressInGroup(group, sizeBytes, access);
    this.pushBase(this.current.operands.imm);
    code.localTee(address).i32WrapI64().localSet(host);
    this.pushHasEntry(access, sizeBytes - 1);
    code.hint(true).if();
    code.localGet(host).localGet(entry).i32Load(translation.addend).i32Add().localSet(host);
    code.else();
    this.fill(sizeBytes, access);
    code.end();
    return host;
  }

  private hostAddressInGroup(group: Group, sizeBytes: number, access: number): number {
    const { code, region } = this;
    const { address, host } = region.locals;
    const addend = this.addends.get(group) ?? this.lookUp(group);
    this.pushBase(this.current.operands.imm);
    code.localTee(address).i32WrapI64().localGet(addend).i32Add().localSet(host);
    code.localGet(addend).i32Eqz().hint(false).if();
    this.fill(sizeBytes, access);
    code.end();
    return host;
  }

  /** Looks up the page of a group, if it is one, that allows what all of it do. */
  private lookUp(group: Group): number {
    const { code, region } = this;
    const { address, host, entry } = region.locals;
    const addend = code.local("i32");
    this.addends.set(group, addend);
    this.pushBase(group.least);
    code.localTee(address).i32WrapI64().localSet(host);
    this.pushHasEntry(group.hasStore ? ACCESS_WRITE : ACCESS_READ, group.last - group.least);
    code.hint(true).if("i32");
    code.localGet(entry).i32Load(translation.addend);
    code.else().i32Const(0).end().localSet(addend);
    return addend;
  }

  /** Pushes x[rs1] + a number. */
  private pushBase(offset: number): void {
    this.readX("rs1");
    if (offset !== 0) this.code.i64Const(offset).i64Add();
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
  private fill(sizeBytes: number, access: number): void {
    const { code, region } = this;
    const { address, host } = region.locals;
    code.localGet(AREA).localGet(address).i32Const(sizeBytes);
    code.callLinked(region.links.runtime(access === ACCESS_WRITE ? "fillWrite" : "fillRead"));
    code.localTee(host).i32Eqz().hint(false).if();
    region.resume(this.current, this.stepsBefore);
    code.end();
    // A page may have another frame now.
    for (const addend of this.addends.values()) code.i32Const(0).localSet(addend);
  }

  /** As hostAddress, of an address in x[rs1]; the interpreter does what is misaligned. */
  private alignedHostAddress(width: AtomicWidth, access: number): number {
    const { code, region } = this;
    const { sizeBytes } = accesses[width];
    this.readWord("rs1");
    code
      .i32Const(sizeBytes - 1)
      .i32And()
      .hint(false)
      .if();
    region.resume(this.current, this.stepsBefore);
    code.end();
    return this.hostAddress(sizeBytes, access);
  }

  private notTranslated(): never {
    throw new Error(`${this.current.row.name} is not translated`);
  }
}
