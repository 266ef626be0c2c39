/**
 * The translator's side of the semantics: operands are constants, registers are locals. What may
 * stop an instruction half-way (a fault, a page in two parts, a store to code) leaves the region
 * before it has changed anything, and the interpreter does that instruction; so the registers are
 * exact wherever the region is left.
 */

import { accesses } from "../interpret/handler-kind.js";
import { context, state } from "../interpret/layout.js";
import { CONTEXT, REMAINING } from "../interpret/runtime.js";
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
import { AccessWriter, type Bases } from "./accesses.js";
import { writeCsr } from "./csr.js";
import { FloatEmitter } from "./float.js";
import { FloatRegisters } from "./float-registers.js";
import { isIntegerHelper, writeIntegerHelper } from "./helpers.js";
import type { Block, Step } from "./region.js";
import type { RegionContext } from "./region-context.js";
import type { Turns } from "./turns.js";
import { hasWordOperands } from "./words.js";

export class RegionEmitter implements Emitter {
  readonly code: CodeBuilder;
  private step: Step | undefined;
  private stepsBefore = 0;
  private readonly memory: AccessWriter;
  private readonly registers: FloatRegisters;
  private readonly floats: FloatEmitter;

  /**
   * @param blocks of the region
   * @param successors of each, by place in `blocks`
   * @param steady bits of base registers that stay in a page for a while, by place in `blocks`
   */
  constructor(
    private readonly region: RegionContext,
    private readonly blocks: readonly Block[],
    successors: readonly (readonly number[])[],
    steady: readonly number[],
  ) {
    const { code, features, locals } = region;
    this.code = code;
    this.memory = new AccessWriter(region, blocks, successors, steady);
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
  begin(): void {
    if (this.region.locals.f.size > 0) this.registers.begin(this.blocks);
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

  /**
   * Writes the steps of a block from a place on: one, or accesses that share a look.
   * @param words bits of the registers that hold sign-extended words
   * @returns how many were written
   */
  writeFrom(block: Block, stepsBefore: number, words: number): number {
    const { steps } = block;
    const first = steps[stepsBefore] as Step;
    const length = this.memory.runLength(block, stepsBefore);
    if (length === 0) this.write(first, stepsBefore, words);
    else {
      this.memory.writeRun(first, stepsBefore, () => {
        for (let place = stepsBefore; place < stepsBefore + length; place++) {
          this.write(steps[place] as Step, place, words);
        }
      });
    }
    return Math.max(length, 1);
  }

  /** What is written from now on are these, or single ones. */
  setTurns(turns: Turns | undefined): void {
    this.memory.turns = turns;
  }

  /**
   * The steps of a block come next; `endBlock` behind them.
   * @param before what `endBlock` answered of the only block that leads here
   */
  beginBlock(block: Block, before: Bases): void {
    this.registers.beginBlock();
    this.memory.beginBlock(block, before);
  }

  /** @returns what was looked up and holds behind the block */
  endBlock(block: Block): Bases {
    return this.memory.endBlock(block);
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
    this.memory.write(this.current, this.stepsBefore, {
      access: ACCESS_READ,
      sizeBytes,
      result: "i64",
      write: (host, offsetBytes) => void this.code.localGet(host)[load](offsetBytes),
    });
  }

  store(access: Access, value: Emit): void {
    const { sizeBytes, store } = accesses[access];
    this.writeStore(sizeBytes, (host, offsetBytes) => {
      this.code.localGet(host);
      value();
      this.code[store](offsetBytes);
    });
  }

  loadF(width: FloatWidth): void {
    const { code } = this;
    const { rd } = this.current.operands;
    const load = (result: "f32" | "f64") =>
      this.memory.write(this.current, this.stepsBefore, {
        access: ACCESS_READ,
        sizeBytes: accesses[width].sizeBytes,
        result,
        write: (host, offsetBytes) => void code.localGet(host)[`${result}Load`](offsetBytes),
      });
    if (width === "w") this.registers.setSingle(rd, () => load("f32"));
    else {
      load("f64");
      code.localSet(this.localOf(this.region.locals.f, rd));
      this.registers.written(rd);
    }
  }

  storeF(width: FloatWidth): void {
    const { code } = this;
    const { rs2 } = this.current.operands;
    this.writeStore(accesses[width].sizeBytes, (host, offsetBytes) => {
      code.localGet(host);
      if (width === "w") {
        this.registers.pushWord(rs2);
        code.f32Store(offsetBytes);
      } else code.localGet(this.localOf(this.region.locals.f, rs2)).f64Store(offsetBytes);
    });
  }

  private writeStore(sizeBytes: number, write: (host: number, offsetBytes: number) => void): void {
    this.memory.write(this.current, this.stepsBefore, { access: ACCESS_WRITE, sizeBytes, write });
  }

  atomic(width: AtomicWidth, combine: (oldLocal: number) => void): void {
    const { code } = this;
    const { load, store } = accesses[width];
    const host = this.memory.alignedHostAddress(
      this.current,
      this.stepsBefore,
      width,
      ACCESS_WRITE,
    );
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
    const host = this.memory.alignedHostAddress(this.current, this.stepsBefore, width, ACCESS_READ);
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
    const host = this.memory.alignedHostAddress(
      this.current,
      this.stepsBefore,
      width,
      ACCESS_WRITE,
    );
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

  private notTranslated(): never {
    throw new Error(`${this.current.row.name} is not translated`);
  }
}
