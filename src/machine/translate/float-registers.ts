/**
 * The floating-point registers of a region, and whether the host's arithmetic is right as fcsr
 * stands.
 *
 * A register is an f64 local with all its bits. Beside it, registers that are operands of singles
 * have an f32 local with the value as such an operand, so that boxes need not be opened each time:
 * it is written whenever the register is. While a block goes straight on it is also known of some
 * that they are boxed, so that the f32 local is all there is.
 */

import { boxMask, FLAG_INEXACT, single } from "../float/format.js";
import type { Emit } from "../isa/emitter.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { Block, Step } from "./region.js";

/** What the registers need of the region around them. */
export interface RegisterRegion {
  readonly code: CodeBuilder;
  /** The f64 local of a register. */
  local(register: number): number;
  /** Pushes the fcsr word, i32. */
  pushControl(): void;
}

/** Above the shifted bits of every number that takes the fast path, of both formats. */
const LIMIT = 0xfd00_0000;
/** fcsr: rounding mode and NX. */
const CONTROL_MASK = 0xe1;

export class FloatRegisters {
  private limitLocal: number | undefined;
  /** f32 local by register. */
  private readonly singles = new Map<number, number>();
  /** Registers whose f32 local is that of the f64 local, but what it does not tell of the box. */
  private operands: ReadonlySet<number> = new Set();
  /** Registers that are boxed. */
  private readonly boxed = new Set<number>();

  constructor(private readonly region: RegisterRegion) {}

  /** The function begins; its registers are in the f64 locals. */
  begin(blocks: Iterable<Block>): void {
    this.operands = singleOperands(blocks);
    this.reload();
  }

  /** Registers and fcsr may have been written by others. */
  reload(): void {
    this.refresh();
    for (const register of this.operands) this.open(register);
  }

  /** Code begins to which one may come from elsewhere. */
  beginBlock(): void {
    this.boxed.clear();
  }

  /**
   * fcsr may have changed: sets the local of `limit` to the bound of results if NX is set and
   * rounding is to nearest, else to 0. It begins with 0: without this all computations are calls.
   */
  refresh(): void {
    const { code } = this.region;
    this.region.pushControl();
    code.i32Const(CONTROL_MASK).i32And().i32Const(FLAG_INEXACT).i32Eq();
    code.i32Const(LIMIT).i32Mul().localSet(this.limit());
  }

  /** The i32 local of the bound. */
  limit(): number {
    this.limitLocal ??= this.region.code.local("i32");
    return this.limitLocal;
  }

  /** The register's f64 local was written. */
  written(register: number): void {
    this.boxed.delete(register);
    if (this.operands.has(register)) this.open(register);
  }

  /** The register becomes the f32 that is pushed, in its box. */
  setSingle(register: number, value: Emit): void {
    const { code } = this.region;
    value();
    code.localTee(this.single(register)).i32ReinterpretF32().i64ExtendI32U();
    code.i64Const(boxMask).i64Or().f64ReinterpretI64().localSet(this.region.local(register));
    this.boxed.add(register);
  }

  /** Pushes the low word as f32, whatever is above. */
  pushWord(register: number): void {
    const { code } = this.region;
    if (this.boxed.has(register)) code.localGet(this.single(register));
    else {
      code.localGet(this.region.local(register)).i64ReinterpretF64();
      code.i32WrapI64().f32ReinterpretI32();
    }
  }

  /** Pushes an operand: f64, or f32 of which a single without its box is the canonical NaN. */
  push(isSingle: boolean, register: number): void {
    if (isSingle && !this.operands.has(register)) {
      throw new Error(`f${register} is not known to be the operand of a single`);
    }
    const { code } = this.region;
    code.localGet(isSingle ? this.single(register) : this.region.local(register));
  }

  /** The f32 local of a register. */
  private single(register: number): number {
    let local = this.singles.get(register);
    if (local === undefined) {
      local = this.region.code.local("f32");
      this.singles.set(register, local);
    }
    return local;
  }

  /** The value of the operand from all bits of the register. */
  private open(register: number): void {
    const { code } = this.region;
    const bits = code.local("i64");
    code.localGet(this.region.local(register)).i64ReinterpretF64().localTee(bits).i32WrapI64();
    code.i32Const(Number(single.canonicalNaN));
    code.localGet(bits).i64Const(boxMask).i64GeU().select().f32ReinterpretI32();
    code.localSet(this.single(register));
    code.release(bits);
  }
}

/** Registers that are operands of computations with singles. */
function singleOperands(blocks: Iterable<Block>): Set<number> {
  const found = new Set<number>();
  const note = ({ row, operands }: Step): void => {
    // Loads, stores and moves carry any bits.
    const isComputation = row.name.includes(".s") && row.pattern.endsWith("1010011");
    if (!isComputation && !/^fn?m(add|sub)\.s$/.test(row.name)) return;
    for (const { operand, kind } of row.syntax) {
      if (kind === "f" && operand !== "rd") found.add(operands[operand as "rs1" | "rs2" | "rs3"]);
    }
  };
  for (const { steps } of blocks) for (const step of steps) note(step);
  return found;
}
