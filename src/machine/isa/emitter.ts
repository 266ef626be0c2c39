/**
 * What the semantics of an instruction may say, without knowing who asks. The interpreter
 * implements it with operands that are read from a decoded record; a translator implements it with
 * constants and locals. Values are on the WebAssembly stack: i64 unless said otherwise. A
 * parameter of type `Emit` writes the code of one value.
 */

import type { FloatFunctionName } from "../float/float.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { HelperName } from "./helpers.js";

export type Emit = () => void;
export type Source = "rs1" | "rs2" | "rs3";

/** Integer loads and stores by width and extension; the address is always x[rs1] + immediate. */
export type Access = "b" | "bu" | "h" | "hu" | "w" | "wu" | "d";
/** Widths of atomic accesses. */
export type AtomicWidth = "w" | "d";
/** Widths of floating-point loads and stores. */
export type FloatWidth = "w" | "d";

/** A floating-point computation over registers: a function of ../float. */
export interface FloatComputation {
  readonly name: FloatFunctionName;
  /** In the order of the function's parameters; x1 is x[rs1], the others are f registers. */
  readonly from: readonly (Source | "x1")[];
  readonly to: "f" | "x";
  /** Takes a rounding mode and where the flags go, only the latter, or neither. */
  readonly with: "rounding" | "flags" | "nothing";
}
/** What a CSR instruction does with the old value and its operand. */
export type CsrOperation = "write" | "set" | "clear";

export interface Emitter {
  /** The function body being written, for arithmetic. */
  readonly code: CodeBuilder;

  /** Pushes an integer register. */
  readX(source: "rs1" | "rs2"): void;
  /** Pushes the low 32 bits of an integer register as i32. */
  readWord(source: "rs1" | "rs2"): void;
  /** rd = value; nothing if rd is x0. */
  writeX(value: Emit): void;
  /** rd = sign-extended i32 value. */
  writeWord(value: Emit): void;
  /** Pushes the raw bits of a floating-point register. */
  readF(source: Source): void;
  /** f[rd] = raw bits. */
  writeF(value: Emit): void;
  /** Pushes the immediate, sign-extended. */
  immediate(): void;
  /** Pushes the immediate as i32. */
  immediateWord(): void;
  /** Pushes the address of this instruction. */
  programCounter(): void;
  /** rd or f[rd] = the computation, with its flags. */
  float(computation: FloatComputation): void;
  /** Calls a shared function whose operands are on the stack. */
  call(helper: HelperName): void;

  /** Pushes the extended value at x[rs1] + immediate; traps leave the instruction undone. */
  load(access: Access): void;
  /** Stores the low bits of the value at x[rs1] + immediate. */
  store(access: Access, value: Emit): void;
  /** f[rd] = the bits at x[rs1] + immediate; a word is boxed. */
  loadF(width: FloatWidth): void;
  /** Stores f[rs2], or its low word, at x[rs1] + immediate. */
  storeF(width: FloatWidth): void;
  /**
   * rd = old value at x[rs1]; the place gets `combine` of the old value (a local, extended).
   * Misaligned: trap 6.
   */
  atomic(width: AtomicWidth, combine: (oldLocal: number) => void): void;
  /** LR: rd = value at x[rs1], reserved. Misaligned: trap 4. */
  loadReserved(width: AtomicWidth): void;
  /** SC: rd = 0 and stores x[rs2] if the reservation holds, else rd = 1. Misaligned: trap 6. */
  storeConditional(width: AtomicWidth): void;

  /** Goes to pc + immediate if the condition (i32) is not zero. */
  branch(condition: Emit): void;
  /** rd = address of the next instruction; goes to pc + immediate. */
  jump(): void;
  /** rd = address of the next instruction; goes to (x[rs1] + immediate) without bit 0. */
  jumpRegister(): void;

  /** Raises an exception; `value` is what tval gets. */
  trap(cause: number, value: Emit): void;
  illegalInstruction(): void;
  environmentCall(): void;
  /** The six CSR instructions: the operand is x[rs1] or the number of the field rs1. */
  csr(operation: CsrOperation, operand: "register" | "constant"): void;

  /**
   * Resolves the rounding mode, fcsr's if the instruction says dynamic; a reserved one is an
   * illegal instruction. Comes before any other code of the instruction.
   * @returns an i32 local with the mode, 0 to 4
   */
  roundingMode(): number;
  /** Pushes the address of the fcsr word as i32, for the accrued exception flags. */
  flagsAddress(): void;
}
