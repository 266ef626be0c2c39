/**
 * The interpreter's side of the semantics: operands come from the decoded record, registers are in
 * the hart context, and each handler ends by tail-calling the handler of the next record. So every
 * handler is a small function that the engine compiles and replaces by itself (there is no
 * on-stack replacement of a long loop), and a rare case is a tail call too: it costs the hot path
 * no spills.
 *
 * An instruction that accesses memory has two handlers: the fast one looks at the translation area
 * only and hands over to the slow one on a miss; the slow one asks TypeScript, can trap, and goes
 * on by address, because what TypeScript did may have moved decoded pages.
 */

import { boxMask } from "../float/format.js";
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
import { emitFloatCall } from "../isa/float-call.js";
import type { HelperName } from "../isa/helpers.js";
import {
  ACCESS_READ,
  ACCESS_WRITE,
  CAUSE_ILLEGAL_INSTRUCTION,
  CAUSE_LOAD_MISALIGNED,
  CAUSE_STORE_MISALIGNED,
  EXIT_BUDGET,
  EXIT_LEFT,
} from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import { countCall, tellCall } from "./calls.js";
import { accesses, type Flow, type Linkage, type Variant } from "./handler-kind.js";
import { context, record, state, translation } from "./layout.js";
import { AREA, CONTEXT, pushProgramCounter, RECORD, REMAINING, setTrap } from "./runtime.js";

/** Writes one handler: the semantics of a row over record and context. */
export class InterpreterEmitter implements Emitter {
  readonly code: CodeBuilder;
  private readonly link: Linkage;
  private readonly variant: Variant;
  private readonly flow: Flow;
  private readonly temporaries: number[] = [];
  private leavesByItself = false;
  private touchesMemory = false;
  /** Of a call: i32, how often it was done. */
  private calls: number | undefined;

  constructor(code: CodeBuilder, link: Linkage, variant: Variant, flow: Flow) {
    this.code = code;
    this.link = link;
    this.variant = variant;
    this.flow = flow;
  }

  /** Writes the whole body: the semantics, then the way to the next instruction. */
  emitHandler(semantics: (emit: Emitter) => void): void {
    semantics(this);
    if (!this.leavesByItself) {
      if (this.touchesMemory && this.variant.slowHandler === undefined) this.nextByAddress();
      else this.next();
    }
    this.code.release(...this.temporaries);
  }

  // Registers

  readX(source: "rs1" | "rs2"): void {
    this.registerAddress(source);
    this.code.i64Load(context.x);
  }

  readWord(source: "rs1" | "rs2"): void {
    this.registerAddress(source);
    this.code.i32Load(context.x);
  }

  writeX(value: Emit): void {
    this.destinationAddress();
    value();
    this.code.i64Store(0);
  }

  writeWord(value: Emit): void {
    this.writeX(() => {
      value();
      this.code.i64ExtendI32S();
    });
  }

  readF(source: Source): void {
    this.registerAddress(source);
    this.code.i64Load(context.f);
  }

  writeF(value: Emit): void {
    this.writeX(value);
  }

  immediate(): void {
    this.code.localGet(RECORD).i64Load32S(record.immediate);
  }

  immediateWord(): void {
    this.code.localGet(RECORD).i32Load(record.immediate);
  }

  programCounter(): void {
    pushProgramCounter(this.code, RECORD);
  }

  float(computation: FloatComputation): void {
    emitFloatCall(this, computation);
  }

  call(helper: HelperName): void {
    this.code.call(this.link.helpers[helper]);
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
    this.finishStore(host, sizeBytes);
  }

  loadF(width: FloatWidth): void {
    this.writeF(() => {
      this.load(width === "w" ? "wu" : "d");
      if (width === "w") this.code.i64Const(boxMask).i64Or();
    });
  }

  storeF(width: FloatWidth): void {
    this.store(width, () => this.readF("rs2"));
  }

  atomic(width: AtomicWidth, combine: (oldLocal: number) => void): void {
    const { code } = this;
    const { sizeBytes, load, store } = accesses[width];
    const host = this.hostAddress(sizeBytes, ACCESS_WRITE, CAUSE_STORE_MISALIGNED);
    const old = this.temporary("i64");
    code.localGet(host);
    code[load]().localSet(old);
    code.localGet(host);
    combine(old);
    code[store]();
    this.writeX(() => code.localGet(old));
    this.finishStore(host, sizeBytes);
  }

  loadReserved(width: AtomicWidth): void {
    const { code } = this;
    const { sizeBytes, load } = accesses[width];
    const host = this.hostAddress(sizeBytes, ACCESS_READ, CAUSE_LOAD_MISALIGNED);
    const address = this.temporary("i64");
    this.readX("rs1");
    code.localSet(address);
    this.writeX(() => {
      code.localGet(host);
      code[load]();
    });
    code.i32Const(0).localGet(address).i64Store(state.reservation);
  }

  storeConditional(width: AtomicWidth): void {
    const { code } = this;
    const { sizeBytes, store } = accesses[width];
    const host = this.hostAddress(sizeBytes, ACCESS_WRITE, CAUSE_STORE_MISALIGNED);
    const failed = this.temporary("i64");
    code.i32Const(0).i64Load(state.reservation);
    this.readX("rs1");
    code.i64Ne().i64ExtendI32U().localTee(failed).i64Eqz().if();
    code.localGet(host);
    this.readX("rs2");
    code[store]();
    this.finishStore(host, sizeBytes);
    code.end();
    code.i32Const(0).i64Const(-1).i64Store(state.reservation);
    this.writeX(() => code.localGet(failed));
  }

  // Control

  branch(condition: Emit): void {
    const { code } = this;
    this.leavesByItself = true;
    condition();
    code.if();
    if (this.variant.isLocal === true) this.goLocal();
    else {
      this.goTo(() => {
        this.programCounter();
        this.immediate();
        code.i64Add();
      });
    }
    code.end();
    this.next();
  }

  jump(): void {
    const { code, variant } = this;
    this.leavesByItself = true;
    if (variant.isLocal === true) {
      if (variant.hasLink === true) {
        this.writeX(() => this.nextProgramCounter());
        this.calls = this.released(countCall(code));
      }
      this.goLocal();
      return;
    }
    const target = this.temporary("i64");
    this.programCounter();
    this.immediate();
    code.i64Add().localSet(target);
    if (variant.hasLink === true) {
      this.writeX(() => this.nextProgramCounter());
      this.calls = this.released(countCall(code));
    }
    this.goTo(() => code.localGet(target));
  }

  jumpRegister(): void {
    const { code, variant } = this;
    this.leavesByItself = true;
    const target = this.temporary("i64");
    this.readX("rs1");
    this.immediate();
    code.i64Add().i64Const(-2).i64And().localSet(target);
    if (variant.hasLink === true) {
      this.writeX(() => this.nextProgramCounter());
      this.calls = this.released(countCall(code));
    }
    this.goTo(() => code.localGet(target));
  }

  trap(cause: number, value: Emit): void {
    this.leavesByItself = true;
    this.raise(cause, value);
  }

  illegalInstruction(): void {
    this.trap(CAUSE_ILLEGAL_INSTRUCTION, () => this.instructionWord());
  }

  environmentCall(): void {
    const { code, link } = this;
    this.leavesByItself = true;
    code.localGet(CONTEXT);
    this.nextProgramCounter();
    code.i64Store(context.pc);
    this.countInstruction();
    code.i32Const(0).i64Const(-1).i64Store(state.reservation);
    code.i32Const(0).localGet(REMAINING).i32Store(state.remaining);
    code.localGet(CONTEXT).localGet(REMAINING).call(link.runtime.environmentCall).if();
    code.i32Const(EXIT_LEFT).return().end();
    code.localGet(CONTEXT).localGet(CONTEXT).i64Load(context.pc);
    code.localGet(REMAINING).localGet(AREA).returnCall(link.runtime.jumpTo);
  }

  csr(operation: CsrOperation, operand: "register" | "constant"): void {
    const { code, link } = this;
    const [old, value, writes] = [
      this.temporary("i64"),
      this.temporary("i64"),
      this.temporary("i32"),
    ];
    // Set and clear with x0 or 0 do not write (Unprivileged, Zicsr).
    if (operation === "write") code.i32Const(1);
    else code.localGet(RECORD).i32Load8U(record.rs1);
    code.localSet(writes);
    code.localGet(CONTEXT);
    this.immediateWord();
    code.localGet(writes).call(link.csr.check).i32Eqz().if();
    this.raise(CAUSE_ILLEGAL_INSTRUCTION, () => this.instructionWord());
    code.end();
    if (operand === "register") this.readX("rs1");
    else code.localGet(RECORD).i64Load8U(record.rs1).i64Const(3).i64ShrU();
    code.localSet(value);
    code.localGet(CONTEXT).localGet(REMAINING);
    this.immediateWord();
    code.call(link.csr.read).localSet(old);
    code.localGet(writes).if();
    code.localGet(CONTEXT);
    this.immediateWord();
    if (operation === "set") code.localGet(old).localGet(value).i64Or();
    else if (operation === "clear") {
      code.localGet(old).localGet(value).i64Const(-1).i64Xor().i64And();
    } else code.localGet(value);
    code.call(link.csr.write).end();
    this.writeX(() => code.localGet(old));
  }

  roundingMode(): number {
    const { code } = this;
    const mode = this.temporary("i32");
    code.localGet(RECORD).i32Load(record.word).i32Const(12).i32ShrU();
    code.i32Const(7).i32And().localTee(mode).i32Const(4).i32GtU().if();
    // 7: dynamic; fcsr holds it above the five flags.
    code.localGet(mode).i32Const(7).i32Eq().if("i32");
    code.localGet(CONTEXT).i32Load(context.fcsr).i32Const(5).i32ShrU();
    code.else().i32Const(7).end().localTee(mode).i32Const(4).i32GtU().if();
    this.raise(CAUSE_ILLEGAL_INSTRUCTION, () => this.instructionWord());
    code.end().end();
    return mode;
  }

  flagsAddress(): void {
    this.code.localGet(CONTEXT).i32Const(context.fcsr).i32Add();
  }

  // Parts

  private temporary(type: "i32" | "i64"): number {
    return this.released(this.code.local(type));
  }

  /** A local that is released when the handler ends. */
  private released(local: number): number {
    this.temporaries.push(local);
    return local;
  }

  private registerAddress(source: Source): void {
    this.code.localGet(CONTEXT).localGet(RECORD).i32Load8U(record[source]).i32Add();
  }

  private destinationAddress(): void {
    this.code.localGet(CONTEXT).localGet(RECORD).i32Load16U(record.rd).i32Add();
  }

  private instructionWord(): void {
    this.code.localGet(RECORD).i64Load32U(record.word);
  }

  private nextProgramCounter(): void {
    this.programCounter();
    this.code.localGet(RECORD).i64Load8U(record.length).i64Const(3).i64ShrU().i64Add();
  }

  private countInstruction(): void {
    this.code.localGet(REMAINING).i32Const(1).i32Sub().localSet(REMAINING);
  }

  /** On to the record behind this one. */
  private next(): void {
    const { code } = this;
    this.countInstruction();
    code.localGet(RECORD).localGet(RECORD).i32Load8U(record.length).i32Add().localSet(RECORD);
    this.flow.dispatch(code);
  }

  private nextByAddress(): void {
    const target = this.temporary("i64");
    this.nextProgramCounter();
    this.code.localSet(target);
    this.countInstruction();
    this.flow.goTo(this.code, target);
  }

  /** To the record `immediate` bytes away. */
  private goLocal(): void {
    const { code, variant } = this;
    this.countInstruction();
    code.localGet(RECORD).localGet(RECORD).i32Load(record.immediate).i32Add().localSet(RECORD);
    if (variant.preemption !== "never") {
      code.localGet(REMAINING).i32Const(0).i32LeS().if();
      code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).i32Const(EXIT_BUDGET);
      code.returnCall(this.link.runtime.leaveAt).end();
    }
    tellCall(code, this.link.runtime, this.calls, () => pushProgramCounter(code, RECORD));
    this.flow.dispatch(code);
  }

  /** To an address, looking at the budget where DESIGN 4.4 has a preemption point. */
  private goTo(pushTarget: Emit): void {
    const { code, variant } = this;
    const target = this.temporary("i64");
    this.countInstruction();
    pushTarget();
    code.localSet(target);
    if (variant.preemption !== "never") {
      code.localGet(REMAINING).i32Const(0).i32LeS();
      if (variant.preemption === "ifBackward") {
        code.localGet(target);
        this.programCounter();
        code.i64LeU().i32And();
      }
      code.if();
      code.localGet(CONTEXT).localGet(target).i64Store(context.pc);
      code.i32Const(0).localGet(REMAINING).i32Store(state.remaining);
      code.i32Const(EXIT_BUDGET).return().end();
    }
    tellCall(code, this.link.runtime, this.calls, () => code.localGet(target));
    this.flow.goTo(code, target);
  }

  private raise(cause: number, value: Emit): void {
    setTrap(this.code, cause, value);
    this.leaveWithTrap();
  }

  private leaveWithTrap(): void {
    this.code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA);
    this.code.returnCall(this.link.runtime.trapExit);
  }

  /**
   * Translates x[rs1] + immediate. @returns an i32 local with the host address
   * @param misalignedCause trap if the address is not a multiple of the size
   */
  private hostAddress(sizeBytes: number, access: number, misalignedCause?: number): number {
    const { code } = this;
    this.touchesMemory = true;
    const [address, host] = [this.temporary("i64"), this.temporary("i32")];
    this.readX("rs1");
    this.immediate();
    code.i64Add().localSet(address);
    const ask = { address, host, sizeBytes, access, misalignedCause };
    const { slowHandler } = this.variant;
    if (slowHandler === undefined) this.slowHostAddress(ask);
    else this.fastHostAddress(ask, slowHandler);
    return host;
  }

  private fastHostAddress(ask: HostAddressRequest, slowHandler: () => number): void {
    const { code } = this;
    const { address, host, sizeBytes } = ask;
    const tag = ask.access === ACCESS_READ ? translation.readTag : translation.writeTag;
    const entry = this.temporary("i32");
    const entryMask = (translation.dataEntries - 1) * translation.dataEntryBytes;
    code.localGet(address).i32WrapI64().localSet(host);
    code.localGet(host).i32Const(8).i32ShrU().i32Const(entryMask).i32And();
    code.localGet(AREA).i32Add().localSet(entry);
    code.localGet(entry).i64Load32U(tag);
    // The tag of the last byte's page: an access that crosses pages never matches.
    code.localGet(address);
    if (sizeBytes > 1) code.i64Const(sizeBytes - 1).i64Add();
    code.i64Const(12).i64ShrU().i64Ne();
    if (ask.misalignedCause !== undefined) {
      code
        .localGet(host)
        .i32Const(sizeBytes - 1)
        .i32And()
        .i32Or();
    }
    code.if();
    code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA);
    code.returnCall(slowHandler()).end();
    code.localGet(host).localGet(entry).i32Load(translation.addend).i32Add().localSet(host);
  }

  private slowHostAddress(ask: HostAddressRequest): void {
    const { code } = this;
    const { address, host, sizeBytes, access, misalignedCause } = ask;
    if (misalignedCause !== undefined) {
      code
        .localGet(address)
        .i32WrapI64()
        .i32Const(sizeBytes - 1)
        .i32And()
        .if();
      this.raise(misalignedCause, () => code.localGet(address));
      code.end();
    }
    code.localGet(AREA).localGet(address).i32Const(sizeBytes).i32Const(access);
    code.call(this.link.runtime.slowAddress).localTee(host).i32Eqz().if();
    this.leaveWithTrap();
    code.end();
  }

  private finishStore(host: number, sizeBytes: number): void {
    if (this.variant.slowHandler !== undefined) return;
    this.code.localGet(host).i32Const(sizeBytes).call(this.link.runtime.finishStore);
  }
}

interface HostAddressRequest {
  readonly address: number;
  readonly host: number;
  readonly sizeBytes: number;
  readonly access: number;
  readonly misalignedCause: number | undefined;
}
