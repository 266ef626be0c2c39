/**
 * Typed expressions over the code builder, for code that is a formula: `x.shrU(1).or(x.and(1))`
 * instead of a stack of instructions. An expression is written each time it is used; what is used
 * twice belongs in a variable.
 *
 * `Expression` computes, `Variable` is a local, `Body` holds statements: if, return, assignment.
 */

import type { CodeBuilder, Label } from "./code.js";
import type { ValueType } from "./opcodes.js";

type NumberType = Exclude<ValueType, "funcref">;

/** An expression, or a constant of the type that the other operand has. */
export type Operand = Expression | number | bigint;

type BinaryName =
  | "Add"
  | "Sub"
  | "Mul"
  | "Div"
  | "DivU"
  | "And"
  | "Or"
  | "Xor"
  | "Shl"
  | "ShrS"
  | "ShrU";
type ComparisonName =
  | "Eq"
  | "Ne"
  | "Lt"
  | "Le"
  | "Gt"
  | "Ge"
  | "LtS"
  | "LtU"
  | "GtS"
  | "GtU"
  | "LeS"
  | "LeU"
  | "GeS"
  | "GeU";

/** A formula with one value. Constants take the type of the other operand. */
export class Expression {
  readonly type: NumberType;
  /** Writes the instructions that leave the value on the stack. */
  readonly emit: (code: CodeBuilder) => void;

  constructor(type: NumberType, emit: (code: CodeBuilder) => void) {
    this.type = type;
    this.emit = emit;
  }

  add(other: Operand): Expression {
    return this.binary("Add", other);
  }
  sub(other: Operand): Expression {
    return this.binary("Sub", other);
  }
  mul(other: Operand): Expression {
    return this.binary("Mul", other);
  }
  /** Quotient of floats. */
  div(other: Operand): Expression {
    return this.binary("Div", other);
  }
  divU(other: Operand): Expression {
    return this.binary("DivU", other);
  }
  and(other: Operand): Expression {
    return this.binary("And", other);
  }
  or(other: Operand): Expression {
    return this.binary("Or", other);
  }
  xor(other: Operand): Expression {
    return this.binary("Xor", other);
  }
  shl(count: Operand): Expression {
    return this.binary("Shl", count);
  }
  shrS(count: Operand): Expression {
    return this.binary("ShrS", count);
  }
  shrU(count: Operand): Expression {
    return this.binary("ShrU", count);
  }

  eq(other: Operand): Expression {
    return this.compare("Eq", other);
  }
  ne(other: Operand): Expression {
    return this.compare("Ne", other);
  }
  /** Less than, of floats; `le`, `gt` likewise. */
  lt(other: Operand): Expression {
    return this.compare("Lt", other);
  }
  le(other: Operand): Expression {
    return this.compare("Le", other);
  }
  gt(other: Operand): Expression {
    return this.compare("Gt", other);
  }
  ltS(other: Operand): Expression {
    return this.compare("LtS", other);
  }
  ltU(other: Operand): Expression {
    return this.compare("LtU", other);
  }
  leS(other: Operand): Expression {
    return this.compare("LeS", other);
  }
  leU(other: Operand): Expression {
    return this.compare("LeU", other);
  }
  gtS(other: Operand): Expression {
    return this.compare("GtS", other);
  }
  gtU(other: Operand): Expression {
    return this.compare("GtU", other);
  }
  geS(other: Operand): Expression {
    return this.compare("GeS", other);
  }
  geU(other: Operand): Expression {
    return this.compare("GeU", other);
  }

  /** 1 if the integer is zero, else 0. */
  isZero(): Expression {
    return this.apply(`${this.type}Eqz`, "i32");
  }
  /** Leading zeros, in the type of the operand. */
  clz(): Expression {
    return this.apply(`${this.type}Clz`, this.type);
  }
  sqrt(): Expression {
    return this.apply(`${this.type}Sqrt`, this.type);
  }
  /** The low 32 bits of an i64. */
  wrap(): Expression {
    return this.apply("i32WrapI64", "i32");
  }
  /** An i32 zero-extended to i64. */
  extendU(): Expression {
    return this.apply("i64ExtendI32U", "i64");
  }
  /** An i32 sign-extended to i64. */
  extendS(): Expression {
    return this.apply("i64ExtendI32S", "i64");
  }
  /** The bits of a float as an integer of the same width, or the reverse. */
  reinterpret(): Expression {
    const to = { i32: "f32", f32: "i32", i64: "f64", f64: "i64" } as const;
    const from = this.type.toUpperCase();
    return this.apply(`${to[this.type]}Reinterpret${from}`, to[this.type]);
  }
  /** Any other instruction with one operand and no immediates, by its builder's name. */
  apply(instruction: string, result: NumberType): Expression {
    return new Expression(result, (code) => {
      this.emit(code);
      plain(code, instruction);
    });
  }
  /** `this` (an i32 condition) decides; both operands are computed. */
  choose(whenTrue: Expression, whenFalse: Operand): Expression {
    return new Expression(whenTrue.type, (code) => {
      whenTrue.emit(code);
      emitOperand(code, whenTrue.type, whenFalse);
      this.emit(code);
      code.select();
    });
  }

  private binary(name: BinaryName, other: Operand): Expression {
    return this.pair(`${this.type}${name}`, other, this.type);
  }
  private compare(name: ComparisonName, other: Operand): Expression {
    return this.pair(`${this.type}${name}`, other, "i32");
  }
  private pair(instruction: string, other: Operand, result: NumberType): Expression {
    if (typeof other === "object" && other.type !== this.type) {
      throw new Error(`${instruction} of ${this.type} and ${other.type}`);
    }
    return new Expression(result, (code) => {
      this.emit(code);
      emitOperand(code, this.type, other);
      plain(code, instruction);
    });
  }
}

/** A local of the function; `set` writes an assignment at once. */
export class Variable extends Expression {
  readonly local: number;
  private readonly code: CodeBuilder;

  constructor(code: CodeBuilder, local: number) {
    super(code.typeOfLocal(local) as NumberType, (target) => {
      target.localGet(local);
    });
    this.local = local;
    this.code = code;
  }

  set(value: Operand): void {
    emitOperand(this.code, this.type, value);
    this.code.localSet(this.local);
  }
}

/** The statements of a function that is being written. */
export class Body {
  readonly code: CodeBuilder;

  constructor(code: CodeBuilder) {
    this.code = code;
  }

  /** The function's parameters from the first to `count`. */
  parameters<Count extends number>(count: Count): Variable[] & { length: Count } {
    const list = Array.from({ length: count }, (_, local) => new Variable(this.code, local));
    return list as Variable[] & { length: Count };
  }

  parameter(local: number): Variable {
    return new Variable(this.code, local);
  }

  /** A new local that holds the value. */
  let(value: Expression): Variable {
    const variable = this.variable(value.type);
    variable.set(value);
    return variable;
  }

  /** A new local; zero, as no local of a body is released. */
  variable(type: NumberType): Variable {
    return new Variable(this.code, this.code.local(type));
  }

  if(condition: Expression, whenTrue: () => void, otherwise?: () => void): void {
    condition.emit(this.code);
    this.code.if();
    whenTrue();
    if (otherwise !== undefined) {
      this.code.else();
      otherwise();
    }
    this.code.end();
  }

  /** A block that `leave` (a branch to its label) ends early. */
  block(content: (label: Label) => void): void {
    const label = this.code.block();
    content(label);
    this.code.end();
  }

  leaveIf(condition: Expression, label: Label): void {
    condition.emit(this.code);
    this.code.brIf(label);
  }

  return(value: Expression): void {
    value.emit(this.code);
    this.code.return();
  }

  /** Leaves the value as the function's result; the last statement. */
  result(value: Expression): void {
    value.emit(this.code);
  }

  /** Tail call: the last statement on its path. */
  returnCall(functionIndex: number, ...operands: readonly Expression[]): void {
    for (const operand of operands) operand.emit(this.code);
    this.code.returnCall(functionIndex);
  }

  store32(address: Expression, value: Expression): void {
    address.emit(this.code);
    value.emit(this.code);
    this.code.i32Store();
  }
}

/** A constant. */
export function constant(type: NumberType, value: number | bigint): Expression {
  return new Expression(type, (code) => emitOperand(code, type, value));
}

/** The 32-bit word in memory at an address. */
export function load32(address: Expression): Expression {
  return new Expression("i32", (code) => {
    address.emit(code);
    code.i32Load();
  });
}

/** A call with one result. */
export function call(
  functionIndex: number,
  result: NumberType,
  ...operands: readonly Expression[]
): Expression {
  return new Expression(result, (code) => {
    for (const operand of operands) operand.emit(code);
    code.call(functionIndex);
  });
}

function emitOperand(code: CodeBuilder, type: NumberType, operand: Operand): void {
  if (typeof operand === "object") operand.emit(code);
  else if (type === "i32") code.i32Const(Number(operand));
  else if (type === "i64") code.i64Const(operand);
  else if (type === "f32") code.f32Const(Number(operand));
  else code.f64Const(Number(operand));
}

function plain(code: CodeBuilder, instruction: string): void {
  const method = (code as unknown as Record<string, (() => void) | undefined>)[instruction];
  if (method === undefined) throw new Error(`no instruction ${instruction}`);
  method.call(code);
}
