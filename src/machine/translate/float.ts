/**
 * Floating point within a region: the host's own instructions, inline, where neither flags nor
 * rounding can come out different; else, out of the way, a call of the exact function.
 *
 * The local `limit` says whether the host's rounding and no flags are right (NX is set already and
 * fcsr rounds to nearest): it is then the bound that the result's exponent must not reach, else 0,
 * which no result is below. So one comparison decides, of the result's sign and exponent bits
 * shifted left by one. Sums may be any finite number: their zeros and subnormals are exact. Of
 * others the exponent field must be 2 at least: what is smaller may be an underflow, and the
 * smallest normal number what a tiny result rounds to. Very large numbers take the call as
 * infinities and NaNs do; see ../float/float.ts.
 *
 * A register is an f64 local with all its bits. Of singles the value is kept in an f32 local beside
 * it as long as a block is straight on, so that boxes need not be opened each time.
 */

import type { FloatFunctionName } from "../float/float.js";
import { boxMask, FLAG_INEXACT, single } from "../float/format.js";
import type { Emit, FloatComputation } from "../isa/emitter.js";
import type { Operands } from "../isa/instruction.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { EngineFeatures } from "../wasm/features.js";
import { emitFusedMultiplyAdd } from "../wasm/features.js";

/** What floating point needs of the region around it. */
export interface FloatRegion {
  readonly code: CodeBuilder;
  readonly features: EngineFeatures;
  /** The f64 local of a register. */
  local(register: number): number;
  /** Pushes the fcsr word, i32. */
  pushControl(): void;
  /** x[rd] = the i64 that is pushed. */
  writeX(value: Emit): void;
  /** Pushes x[rs1]. */
  readX(): void;
}

/** Writes a computation by a call. @returns what pushes the result's bits */
type ExactCall = () => Emit;

/** One instruction that is being written. */
interface Job {
  readonly isSingle: boolean;
  /** The function's name without that of its format. */
  readonly operation: string;
  readonly operands: Operands;
  readonly exact: ExactCall;
}

type FloatType = "f32" | "f64";

/** Static rounding modes for which the flag NX alone may differ, and the host's instruction. */
const roundings = Object.freeze([
  [0, "f64Nearest"],
  [1, undefined],
  [2, "f64Floor"],
  [3, "f64Ceil"],
  [7, "f64Nearest"],
] as const);

/** Above the shifted bits of every number that takes the fast path, of both formats. */
const LIMIT = 0xfd00_0000;
/** fcsr: rounding mode and NX. */
const CONTROL_MASK = 0xe1;
const DYNAMIC = 7;
const WORD_BOUND = 2 ** 31;
const LONG_BOUND = 2 ** 63;

export class FloatEmitter {
  private limit: number | undefined;
  /** f32 local by register. */
  private readonly singles = new Map<number, number>();
  /** What the f32 local of a register is: the operand's value, or besides all of the register. */
  private readonly known = new Map<number, "value" | "whole">();

  constructor(private readonly region: FloatRegion) {}

  /** Code begins to which one may come from elsewhere. */
  beginBlock(): void {
    this.known.clear();
  }

  /** The register's f64 local was written. */
  written(register: number): void {
    this.known.delete(register);
  }

  /** fcsr may have changed, or the region begins. Without this all computations are calls. */
  refresh(): void {
    const { code } = this.region;
    this.region.pushControl();
    code.i32Const(CONTROL_MASK).i32And().i32Const(FLAG_INEXACT).i32Eq();
    code.i32Const(LIMIT).i32Mul().localSet(this.limitLocal());
  }

  /** @returns whether the computation was written */
  write(computation: FloatComputation, operands: Operands, exact: ExactCall): boolean {
    const { name } = computation;
    const job = { isSingle: name.startsWith("f32"), operation: name.slice(3), operands, exact };
    return this.writeMove(job) || this.writeArithmetic(job, name) || this.writeConversion(job);
  }

  /** f[rd] = the word at the host address pushed by `address`, boxed. */
  loadSingle(register: number, push: Emit): void {
    const local = this.singleLocal(register);
    push();
    this.region.code.localSet(local);
    this.box(register);
  }

  /** Pushes the low word of a register as f32. */
  pushWord(register: number): void {
    const { code } = this.region;
    if (this.known.get(register) === "whole") code.localGet(this.singleLocal(register));
    else {
      code.localGet(this.region.local(register)).i64ReinterpretF64();
      code.i32WrapI64().f32ReinterpretI32();
    }
  }

  // Kinds of computations: each is written here, or not at all

  private writeMove(job: Job): boolean {
    const { operation } = job;
    if (operation.startsWith("Sign")) this.writeSign(job);
    else if (operation === "Min" || operation === "Max") this.writeMinimum(job);
    else if (operation === "Eq" || operation === "Lt" || operation === "Le") this.writeCompare(job);
    else return false;
    return true;
  }

  private writeArithmetic(job: Job, name: FloatFunctionName): boolean {
    const { operation, operands } = job;
    if (operands.rm !== 0 && operands.rm !== DYNAMIC) return false;
    const { code } = this.region;
    const type = name.slice(0, 3) as FloatType;
    const push = (register: number) => this.pushOperand(job.isSingle, register);
    if (operation === "Add" || operation === "Sub" || operation === "Mul" || operation === "Div") {
      this.writeResult(job, operation === "Add" || operation === "Sub", () => {
        push(operands.rs1);
        push(operands.rs2);
        code[`${type}${operation}` as const]();
      });
    } else if (operation === "Sqrt") {
      // Never subnormal, and zero only of zero: any finite result will do.
      this.writeResult(job, true, () => {
        push(operands.rs1);
        code[`${type}Sqrt` as const]();
      });
    } else if (operation.includes("Multiply")) {
      return this.writeFused(job, type);
    } else if (name === "f32Convert") {
      this.writeResult(job, false, () => {
        code.localGet(this.region.local(operands.rs1)).f32DemoteF64();
      });
    } else return false;
    return true;
  }

  private writeConversion(job: Job): boolean {
    const { operation, isSingle } = job;
    if (operation.startsWith("To")) return this.writeToInteger(job);
    if (operation.startsWith("From")) return this.writeFromInteger(job);
    if (operation === "Convert" && !isSingle) return this.writeWiden(job);
    return false;
  }

  // Arithmetic

  /**
   * f[rd] = what `native` pushes, if it is what the exact function gives.
   * @param isSum zeros and subnormals are exact
   */
  private writeResult(job: Job, isSum: boolean, native: Emit, isOdd?: Emit): void {
    const { code } = this.region;
    const result = this.beginResult(job);
    native();
    code.localTee(result);
    if (job.isSingle) code.i32ReinterpretF32();
    else code.i64ReinterpretF64().i64Const(32).i64ShrU().i32WrapI64();
    code.i32Const(1).i32Shl();
    const smallest = 2 * (job.isSingle ? 2 * 2 ** 23 : 2 * 2 ** 20);
    if (!isSum) code.i32Const(smallest).i32Sub();
    code.localGet(this.limitLocal()).i32GeU();
    if (isOdd !== undefined) {
      isOdd();
      code.i32Or();
    }
    this.callIf(job, result, true);
    this.endResult(job, result);
  }

  private writeFused(job: Job, type: FloatType): boolean {
    const { code, features } = this.region;
    const { operation, operands, isSingle } = job;
    if (!features.fusedMultiplyAdd && !isSingle) return false;
    const negatesProduct = operation.startsWith("Negated");
    const negatesAddend = operation === "MultiplySubtract" || operation === "NegatedMultiplyAdd";
    const push = (register: number, isNegated: boolean) => () => {
      this.pushOperand(isSingle, register);
      if (isNegated) code[`${type}Neg` as const]();
    };
    const [a, b, c] = [
      push(operands.rs1, negatesProduct),
      push(operands.rs2, false),
      push(operands.rs3, negatesAddend),
    ] as const;
    if (features.fusedMultiplyAdd) {
      this.writeResult(job, false, () => emitFusedMultiplyAdd(code, type, [a, b, c]));
    } else this.writeFusedByDouble(job, a, b, c);
    return true;
  }

  /** A single's product is exact as a double; the sum is not to be halfway between two singles. */
  private writeFusedByDouble(job: Job, a: Emit, b: Emit, c: Emit): void {
    const { code } = this.region;
    const sum = code.local("f64");
    const native = () => {
      a();
      code.f64PromoteF32();
      b();
      code.f64PromoteF32().f64Mul();
      c();
      code.f64PromoteF32().f64Add().localTee(sum).f32DemoteF64();
    };
    this.writeResult(job, false, native, () => {
      code.localGet(sum).i64ReinterpretF64().i32WrapI64();
      code.i32Const(0x1fff_ffff).i32And().i32Const(0x1000_0000).i32Eq();
    });
    code.release(sum);
  }

  // Moves, minimum, comparison

  private writeSign(job: Job): void {
    const { code } = this.region;
    const { operands, operation, isSingle } = job;
    const type: FloatType = isSingle ? "f32" : "f64";
    const result = this.beginResult(job);
    this.pushOperand(isSingle, operands.rs1);
    if (operands.rs1 === operands.rs2) {
      if (operation === "SignNegate") code[`${type}Neg` as const]();
      else if (operation === "SignXor") code[`${type}Abs` as const]();
    } else {
      this.pushOperand(isSingle, operands.rs2);
      if (operation === "SignXor") this.pushProductOfSigns(isSingle, operands);
      else if (operation === "SignNegate") code[`${type}Neg` as const]();
      code[`${type}Copysign` as const]();
    }
    code.localSet(result);
    this.endResult(job, result);
  }

  /** Takes b from the stack and pushes what has the sign of a xor b. */
  private pushProductOfSigns(isSingle: boolean, operands: Operands): void {
    const { code } = this.region;
    if (isSingle) code.i32ReinterpretF32();
    else code.i64ReinterpretF64();
    this.pushOperand(isSingle, operands.rs1);
    if (isSingle) code.i32ReinterpretF32().i32Xor().f32ReinterpretI32();
    else code.i64ReinterpretF64().i64Xor().f64ReinterpretI64();
  }

  /** The host's give NaN for any NaN, and order zeros by sign as they should be. */
  private writeMinimum(job: Job): void {
    const { code } = this.region;
    const { operands, operation, isSingle } = job;
    const type: FloatType = isSingle ? "f32" : "f64";
    const result = this.beginResult(job);
    this.pushOperand(isSingle, operands.rs1);
    this.pushOperand(isSingle, operands.rs2);
    code[`${type}${operation as "Min" | "Max"}` as const]();
    code.localTee(result).localGet(result);
    code[`${type}Ne` as const]();
    this.callIf(job, result, false);
    this.endResult(job, result);
  }

  private writeCompare(job: Job): void {
    const { code } = this.region;
    const { operands, operation, isSingle } = job;
    const type: FloatType = isSingle ? "f32" : "f64";
    const holds = code.local("i32");
    const compare = (instruction: "Eq" | "Lt" | "Le" | "Gt" | "Ge") => {
      this.pushOperand(isSingle, operands.rs1);
      this.pushOperand(isSingle, operands.rs2);
      code[`${type}${instruction}` as const]();
    };
    compare(operation as "Eq" | "Lt" | "Le");
    code.localTee(holds);
    // Two numbers are ordered in one of three ways, a NaN in none.
    compare(operation === "Lt" ? "Ge" : "Gt");
    code.i32Or();
    if (operation === "Eq") {
      compare("Lt");
      code.i32Or();
    }
    code.i32Eqz().hint(false).if();
    job.exact()();
    code.i32WrapI64().localSet(holds).end();
    this.region.writeX(() => code.localGet(holds).i64ExtendI32U());
    code.release(holds);
  }

  // Conversions

  private writeToInteger(job: Job): boolean {
    const { code } = this.region;
    const { operands, operation, isSingle } = job;
    const rounding = roundings.find(([mode]) => mode === operands.rm);
    if (rounding === undefined) return false;
    const [value, result] = [code.local("f64"), code.local("i64")];
    this.pushOperand(isSingle, operands.rs1);
    if (isSingle) code.f64PromoteF32();
    if (rounding[1] !== undefined) code[rounding[1]]();
    code.localSet(value);
    this.pushIsInside(operation, value);
    code.localGet(this.limitLocal()).i32Const(31).i32ShrU().i32And().hint(true).if();
    code.localGet(value).i64TruncF64S();
    if (operation === "ToWu") code.i64Extend32S();
    code.localSet(result).else();
    job.exact()();
    code.localSet(result);
    this.refresh();
    code.end();
    this.region.writeX(() => code.localGet(result));
    code.release(value, result);
    return true;
  }

  /** Pushes whether a number's integer is one of the type; of a NaN it is not. */
  private pushIsInside(operation: string, value: number): void {
    const { code } = this.region;
    const isLong = operation.startsWith("ToL");
    if (operation.endsWith("u")) {
      code.localGet(value).f64Const(-1).f64Gt();
      code.localGet(value).f64Const(isLong ? LONG_BOUND : 2 * WORD_BOUND);
      code.f64Lt().i32And();
    } else {
      code.localGet(value).f64Abs();
      code.f64Const(isLong ? LONG_BOUND : WORD_BOUND).f64Lt();
    }
  }

  private writeFromInteger(job: Job): boolean {
    const { code } = this.region;
    const { operands, operation, isSingle } = job;
    const type: FloatType = isSingle ? "f32" : "f64";
    const isWord = operation.startsWith("FromW");
    const isExact = isWord && !isSingle;
    // A dynamic mode that is reserved is an illegal instruction even where nothing is rounded.
    if (operands.rm !== 0 && (isExact || operands.rm !== DYNAMIC)) return false;
    const suffix = operation.endsWith("u") ? "U" : "S";
    const result = this.beginResult(job);
    this.region.readX();
    if (isWord) code.i32WrapI64();
    code[`${type}ConvertI${isWord ? 32 : 64}${suffix}` as const]();
    code.localSet(result);
    if (!isExact) {
      code.localGet(this.limitLocal()).i32Eqz();
      this.callIf(job, result, true);
    }
    this.endResult(job, result);
    return true;
  }

  /** Single to double: exact, but a NaN becomes the canonical one. */
  private writeWiden(job: Job): boolean {
    const { code } = this.region;
    const { operands } = job;
    if (operands.rm !== 0) return false;
    const result = this.beginResult(job);
    this.pushOperand(true, operands.rs1);
    code.f64PromoteF32().localTee(result).localGet(result).f64Ne();
    this.callIf(job, result, false);
    this.endResult(job, result);
    return true;
  }

  // Parts

  /** Takes a condition: if it holds, the exact function makes the result. */
  private callIf(job: Job, result: number, mayRaiseInexact: boolean): void {
    const { code } = this.region;
    code.hint(false).if();
    job.exact()();
    if (job.isSingle) code.i32WrapI64().f32ReinterpretI32();
    else code.f64ReinterpretI64();
    code.localSet(result);
    if (mayRaiseInexact) this.refresh();
    code.end();
  }

  /** The local for the result: not one that the exact function's operands are read from. */
  private beginResult({ isSingle, operands }: Job): number {
    return isSingle ? this.singleLocal(operands.rd) : this.region.code.local("f64");
  }

  private endResult({ isSingle, operands }: Job, result: number): void {
    const { code } = this.region;
    if (isSingle) this.box(operands.rd);
    else {
      code.localGet(result).localSet(this.region.local(operands.rd));
      this.known.delete(operands.rd);
      code.release(result);
    }
  }

  /** All bits of a register from its f32 local. */
  private box(register: number): void {
    const { code } = this.region;
    code.localGet(this.singleLocal(register)).i32ReinterpretF32().i64ExtendI32U();
    code.i64Const(boxMask).i64Or().f64ReinterpretI64().localSet(this.region.local(register));
    this.known.set(register, "whole");
  }

  /** Pushes an operand; a single without its box is the canonical NaN. */
  private pushOperand(isSingle: boolean, register: number): void {
    const { code } = this.region;
    if (!isSingle) {
      code.localGet(this.region.local(register));
      return;
    }
    const local = this.singleLocal(register);
    if (this.known.has(register)) {
      code.localGet(local);
      return;
    }
    const bits = code.local("i64");
    code.localGet(this.region.local(register)).i64ReinterpretF64().localTee(bits).i32WrapI64();
    code.i32Const(Number(single.canonicalNaN));
    code.localGet(bits).i64Const(boxMask).i64GeU().select().f32ReinterpretI32().localTee(local);
    code.release(bits);
    this.known.set(register, "value");
  }

  private limitLocal(): number {
    this.limit ??= this.region.code.local("i32");
    return this.limit;
  }

  private singleLocal(register: number): number {
    let local = this.singles.get(register);
    if (local === undefined) {
      local = this.region.code.local("f32");
      this.singles.set(register, local);
    }
    return local;
  }
}
