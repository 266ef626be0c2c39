/**
 * Floating point within a region: the host's own instructions, inline, where neither flags nor
 * rounding can come out different; else, out of the way, a call of the exact function.
 *
 * The local `limit` of float-registers.ts says whether the host's rounding and no flags are right:
 * it is then the bound that the result's exponent must not reach, else 0, which no result is below.
 * So one comparison decides, of the result's sign and exponent bits shifted left by one. Sums may
 * be any finite number: their zeros and subnormals are exact. Of others the exponent field must be
 * 2 at least: what is smaller may be an underflow, and the smallest normal number what a tiny
 * result rounds to. Very large numbers take the call as infinities and NaNs do; see
 * ../float/float.ts.
 */

import type { FloatFunctionName } from "../float/float.js";
import type { Emit, FloatComputation } from "../isa/emitter.js";
import type { Operands } from "../isa/instruction.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { EngineFeatures } from "../wasm/features.js";
import { emitFusedMultiplyAdd } from "../wasm/features.js";
import type { FloatRegisters } from "./float-registers.js";

/** What computations need of the region around them. */
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

/** How the host makes a result, and when it is right. */
interface HostResult {
  /** Pushes it. */
  readonly native: Emit;
  /** Zeros and subnormals are exact. */
  readonly isSum?: boolean;
  /** Pushes, as i32, whether it may be wrong though it is in the range of numbers. */
  readonly isDoubtful?: Emit;
  /** Pushes, as i32, whether it is right for any flags; asked of what is out of the range. */
  readonly isExact?: (result: number) => void;
}

/** Static rounding modes for which the flag NX alone may differ, and the host's instruction. */
const roundings = Object.freeze([
  [0, "f64Nearest"],
  [1, undefined],
  [2, "f64Floor"],
  [3, "f64Ceil"],
  [7, "f64Nearest"],
] as const);

/** fcsr: the rounding mode. */
const MODE_MASK = 0xe0;
const DYNAMIC = 7;
/** Above this what rounding takes from a product is not rounded itself. */
const ERROR_IS_NORMAL = 2 ** -900;
const WORD_BOUND = 2 ** 31;
const LONG_BOUND = 2 ** 63;

export class FloatEmitter {
  constructor(
    private readonly region: FloatRegion,
    private readonly registers: FloatRegisters,
  ) {}

  /** @returns whether the computation was written */
  write(computation: FloatComputation, operands: Operands, exact: ExactCall): boolean {
    const { name } = computation;
    const job = { isSingle: name.startsWith("f32"), operation: name.slice(3), operands, exact };
    return this.writeMove(job) || this.writeArithmetic(job, name) || this.writeConversion(job);
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
    const push = (register: number) => this.registers.push(job.isSingle, register);
    if (operation === "Add" || operation === "Sub" || operation === "Mul" || operation === "Div") {
      const native = () => {
        push(operands.rs1);
        push(operands.rs2);
        code[`${type}${operation}` as const]();
      };
      if (operation === "Mul") {
        const isExact = (product: number) => this.pushIsExactProduct(job, product);
        this.writeResult(job, { native, isExact });
      } else if (operation === "Div") this.writeResult(job, { native });
      else {
        const isExact = (sum: number) => this.pushIsExactSum(job, type, sum);
        this.writeResult(job, { native, isSum: true, isExact });
      }
    } else if (operation === "Sqrt") {
      // Never subnormal, and zero only of zero: any finite result will do.
      const native = () => {
        push(operands.rs1);
        code[`${type}Sqrt` as const]();
      };
      this.writeResult(job, { native, isSum: true });
    } else if (operation.includes("Multiply")) {
      return this.writeFused(job, type);
    } else if (name === "f32Convert") {
      const native = () => code.localGet(this.region.local(operands.rs1)).f32DemoteF64();
      this.writeResult(job, { native });
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

  /** f[rd] = the host's result, if it is what the exact function gives. */
  private writeResult(job: Job, result: HostResult): void {
    const { code } = this.region;
    const local = this.beginResult(job);
    result.native();
    code.localTee(local);
    if (job.isSingle) code.i32ReinterpretF32();
    else code.i64ReinterpretF64().i64Const(32).i64ShrU().i32WrapI64();
    code.i32Const(1).i32Shl();
    const smallest = 2 * (job.isSingle ? 2 * 2 ** 23 : 2 * 2 ** 20);
    if (result.isSum !== true) code.i32Const(smallest).i32Sub();
    code.localGet(this.registers.limit()).i32GeU();
    if (result.isDoubtful !== undefined) {
      result.isDoubtful();
      code.i32Or();
    }
    this.callIf(job, local, true, result.isExact);
    this.endResult(job, local);
  }

  /** Pushes whether a sum or difference has no error (Knuth's two-sum). */
  private pushIsExactSum({ isSingle, operands, operation }: Job, type: FloatType, sum: number) {
    const { code } = this.region;
    const part = code.local(type);
    this.registers.push(isSingle, operands.rs1);
    code.localGet(sum).localGet(sum);
    this.registers.push(isSingle, operands.rs1);
    code[`${type}Sub` as const]().localTee(part);
    code[`${type}Sub` as const]()[`${type}Sub` as const]();
    this.registers.push(isSingle, operands.rs2);
    if (operation === "Sub") code[`${type}Neg` as const]();
    code.localGet(part);
    code[`${type}Sub` as const]()[`${type}Add` as const]();
    pushZero(code, type);
    code[`${type}Eq` as const]();
    code.release(part);
  }

  /**
   * Pushes whether a product has no error: of singles, it is that of doubles; of doubles, it is
   * zero because a factor is, or nothing is left when it is taken from the product that is fused.
   */
  private pushIsExactProduct({ isSingle, operands }: Job, product: number): void {
    const { code, features } = this.region;
    const push = (register: number) => () => this.registers.push(isSingle, register);
    const [a, b] = [push(operands.rs1), push(operands.rs2)];
    if (isSingle) {
      a();
      code.f64PromoteF32();
      b();
      code.f64PromoteF32().f64Mul().localGet(product).f64PromoteF32().f64Eq();
      return;
    }
    this.pushHasZeroFactor(false, operands);
    code.localGet(product).f64Const(0).f64Eq().i32And();
    if (!features.fusedMultiplyAdd) return;
    const negated = () => code.localGet(product).f64Neg();
    emitFusedMultiplyAdd(code, "f64", [a, b, negated]);
    code.f64Const(0).f64Eq();
    code.localGet(product).f64Abs().f64Const(ERROR_IS_NORMAL).f64Gt().i32And().i32Or();
  }

  private pushHasZeroFactor(isSingle: boolean, { rs1, rs2 }: Operands): void {
    const { code } = this.region;
    const type: FloatType = isSingle ? "f32" : "f64";
    for (const register of [rs1, rs2]) {
      this.registers.push(isSingle, register);
      pushZero(code, type);
      code[`${type}Eq` as const]();
    }
    code.i32Or();
  }

  private writeFused(job: Job, type: FloatType): boolean {
    const { code, features } = this.region;
    const { operation, operands, isSingle } = job;
    if (!features.fusedMultiplyAdd && !isSingle) return false;
    const negatesProduct = operation.startsWith("Negated");
    const negatesAddend = operation === "MultiplySubtract" || operation === "NegatedMultiplyAdd";
    const push = (register: number, isNegated: boolean) => () => {
      this.registers.push(isSingle, register);
      if (isNegated) code[`${type}Neg` as const]();
    };
    const [a, b, c] = [
      push(operands.rs1, negatesProduct),
      push(operands.rs2, false),
      push(operands.rs3, negatesAddend),
    ] as const;
    // Nothing is added to the addend, unless there is a NaN.
    const isExact = (sum: number) => {
      this.pushHasZeroFactor(isSingle, operands);
      code.localGet(sum).localGet(sum);
      code[`${type}Eq` as const]().i32And();
    };
    if (features.fusedMultiplyAdd) {
      const native = () => emitFusedMultiplyAdd(code, type, [a, b, c]);
      this.writeResult(job, { native, isExact });
    } else this.writeFusedByDouble(job, isExact, [a, b, c]);
    return true;
  }

  /** A single's product is exact as a double; the sum is not to be halfway between two singles. */
  private writeFusedByDouble(
    job: Job,
    isExact: (result: number) => void,
    [a, b, c]: readonly [Emit, Emit, Emit],
  ): void {
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
    const isDoubtful = () => {
      code.localGet(sum).i64ReinterpretF64().i32WrapI64();
      code.i32Const(0x1fff_ffff).i32And().i32Const(0x1000_0000).i32Eq();
    };
    this.writeResult(job, { native, isDoubtful, isExact });
    code.release(sum);
  }

  // Moves, minimum, comparison

  private writeSign(job: Job): void {
    const { code } = this.region;
    const { operands, operation, isSingle } = job;
    const type: FloatType = isSingle ? "f32" : "f64";
    const result = this.beginResult(job);
    this.registers.push(isSingle, operands.rs1);
    if (operands.rs1 === operands.rs2) {
      if (operation === "SignNegate") code[`${type}Neg` as const]();
      else if (operation === "SignXor") code[`${type}Abs` as const]();
    } else {
      this.registers.push(isSingle, operands.rs2);
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
    this.registers.push(isSingle, operands.rs1);
    if (isSingle) code.i32ReinterpretF32().i32Xor().f32ReinterpretI32();
    else code.i64ReinterpretF64().i64Xor().f64ReinterpretI64();
  }

  /** The host's give NaN for any NaN, and order zeros by sign as they should be. */
  private writeMinimum(job: Job): void {
    const { code } = this.region;
    const { operands, operation, isSingle } = job;
    const type: FloatType = isSingle ? "f32" : "f64";
    const result = this.beginResult(job);
    this.registers.push(isSingle, operands.rs1);
    this.registers.push(isSingle, operands.rs2);
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
      this.registers.push(isSingle, operands.rs1);
      this.registers.push(isSingle, operands.rs2);
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
    this.registers.push(isSingle, operands.rs1);
    if (isSingle) code.f64PromoteF32();
    if (rounding[1] !== undefined) code[rounding[1]]();
    code.localSet(value);
    this.pushIsInside(operation, value);
    code.localGet(this.registers.limit()).i32Const(31).i32ShrU().i32And().hint(true).if();
    code.localGet(value).i64TruncF64S();
    if (operation === "ToWu") code.i64Extend32S();
    code.localSet(result).else();
    job.exact()();
    code.localSet(result);
    this.registers.refresh();
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
      code.localGet(this.registers.limit()).i32Eqz();
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
    this.registers.push(true, operands.rs1);
    code.f64PromoteF32().localTee(result).localGet(result).f64Ne();
    this.callIf(job, result, false);
    this.endResult(job, result);
    return true;
  }

  // Parts

  /**
   * Takes a condition: if it holds, the exact function makes the result, but what is exact
   * whatever the flags, with rounding to nearest.
   */
  private callIf(
    job: Job,
    result: number,
    mayRaiseInexact: boolean,
    isExact?: (result: number) => void,
  ): void {
    const { code } = this.region;
    code.hint(false).if();
    if (isExact !== undefined) {
      isExact(result);
      if (job.operands.rm === DYNAMIC) {
        this.region.pushControl();
        code.i32Const(MODE_MASK).i32And().i32Eqz().i32And();
      }
      code.i32Eqz().if();
    }
    job.exact()();
    if (job.isSingle) code.i32WrapI64().f32ReinterpretI32();
    else code.f64ReinterpretI64();
    code.localSet(result);
    if (mayRaiseInexact) this.registers.refresh();
    if (isExact !== undefined) code.end();
    code.end();
  }

  /** A local for the result: not the register's, which may be an operand too. */
  private beginResult({ isSingle }: Job): number {
    return this.region.code.local(isSingle ? "f32" : "f64");
  }

  private endResult({ isSingle, operands }: Job, result: number): void {
    const { code } = this.region;
    const { rd } = operands;
    if (isSingle) this.registers.setSingle(rd, () => code.localGet(result));
    else {
      code.localGet(result).localSet(this.region.local(rd));
      this.registers.written(rd);
    }
    code.release(result);
  }
}

function pushZero(code: CodeBuilder, type: FloatType): void {
  if (type === "f32") code.f32Const(0);
  else code.f64Const(0);
}
