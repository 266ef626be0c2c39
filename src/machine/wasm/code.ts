/**
 * The body of one function: a method per WebAssembly instruction, labels whose branch depth is
 * computed, and locals that can be released and used again.
 *
 * Instructions without immediates, saturating truncations, vectors, loads and stores come from
 * the tables in opcodes.ts: each row becomes a method of `CodeBuilder`. All methods return the
 * builder, so that a line can read `code.localGet(x).localGet(y).i64Add().localSet(z)`; `block`,
 * `loop` and `if` return a label instead.
 */

import { ByteWriter } from "./encoder.js";
import type { Signature, ValueType } from "./opcodes.js";
import {
  memoryInstructions,
  opcode,
  plainInstructions,
  saturatingInstructions,
  valueTypeByte,
  vectorInstructions,
} from "./opcodes.js";

/** A block, loop or if that is open; the target of branches. */
export interface Label {
  /** Number of constructs around it, itself included; 0 is the function body. */
  readonly depth: number;
  /** False once its `end` is written. */
  isOpen: boolean;
}

/** Which way an `if` or a `brIf` mostly goes. */
export interface BranchHint {
  /** Of the instruction, from the start of the body's instructions. */
  readonly offsetBytes: number;
  readonly isLikely: boolean;
}

/** A number that is not known yet, in five bytes: `link` says which to whoever knows it later. */
export interface Gap {
  readonly offsetBytes: number;
  readonly link: number;
}

/** The body of a function for a module that is made later; offsets are from its first byte. */
export interface EncodedFunction {
  /** Locals and instructions: an entry of the code section behind its size (Core 5.5.13). */
  readonly bytes: Uint8Array;
  readonly hints: readonly BranchHint[];
  readonly gaps: readonly Gap[];
}

/** What a block leaves: nothing, one value, or a full signature. */
export type BlockType = ValueType | Signature | undefined;

/** Finds or makes the number of a type in the module. */
export type TypeIndexOf = (signature: Signature) => number;

type WithoutImmediates = {
  readonly [Name in
    | keyof typeof plainInstructions
    | keyof typeof saturatingInstructions
    | keyof typeof vectorInstructions]: () => CodeBuilder;
};
type MemoryAccesses = {
  /** `offsetBytes` is added to the address; `alignLog2` is a hint and natural by default. */
  readonly [Name in keyof typeof memoryInstructions]: (
    offsetBytes?: number,
    alignLog2?: number,
  ) => CodeBuilder;
};

export interface CodeBuilder extends WithoutImmediates, MemoryAccesses {}

/** As long as LEB128 of a number of 32 bits can be. */
const GAP_BYTES = 5;

/**
 * Fills a gap in.
 * @param value an integer, taken modulo 2^32: a number below 2^31, or a constant
 */
export function fillGap(bytes: Uint8Array, { offsetBytes }: Gap, value: number): void {
  let rest = value | 0;
  for (let index = 0; index < GAP_BYTES - 1; index++) {
    bytes[offsetBytes + index] = (rest & 0x7f) | 0x80;
    rest >>= 7;
  }
  bytes[offsetBytes + GAP_BYTES - 1] = rest & 0x7f;
}

/**
 * Writes one function. Its end is written by the module.
 *
 * biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods come from the tables
 */
export class CodeBuilder {
  /** The function's body itself: a branch to it returns. */
  readonly body: Label = { depth: 0, isOpen: true };
  private readonly writer = new ByteWriter(512);
  private readonly open: Label[] = [this.body];
  private readonly localTypes: ValueType[] = [];
  private readonly branchHints: BranchHint[] = [];
  private readonly gaps: Gap[] = [];
  private readonly released: Map<ValueType, number[]> = new Map();
  private readonly signature: Signature;
  private readonly typeIndexOf: TypeIndexOf;

  constructor(signature: Signature, typeIndexOf: TypeIndexOf) {
    this.signature = signature;
    this.typeIndexOf = typeIndexOf;
  }

  static {
    const methods = CodeBuilder.prototype as unknown as Record<string, unknown>;
    for (const [name, code] of Object.entries(plainInstructions)) {
      methods[name] = function (this: CodeBuilder): CodeBuilder {
        this.writer.byte(code);
        return this;
      };
    }
    for (const [name, code] of Object.entries(saturatingInstructions)) {
      methods[name] = function (this: CodeBuilder): CodeBuilder {
        this.writer.byte(opcode.prefixed);
        this.writer.byte(code);
        return this;
      };
    }
    for (const [name, [code, lane]] of Object.entries(vectorInstructions)) {
      methods[name] = function (this: CodeBuilder): CodeBuilder {
        this.writer.byte(opcode.vector);
        this.writer.u32(code);
        if (lane !== undefined) this.writer.byte(lane);
        return this;
      };
    }
    for (const [name, [code, naturalLog2]] of Object.entries(memoryInstructions)) {
      methods[name] = function (
        this: CodeBuilder,
        offsetBytes = 0,
        alignLog2: number = naturalLog2,
      ): CodeBuilder {
        this.writer.byte(code);
        this.writer.u32(alignLog2);
        this.writer.u32(offsetBytes);
        return this;
      };
    }
  }

  // Locals

  /** A local of this type: a released one or a new one. A reused one keeps its old value. */
  local(type: ValueType): number {
    const free = this.released.get(type)?.pop();
    if (free !== undefined) return free;
    this.localTypes.push(type);
    return this.signature.parameters.length + this.localTypes.length - 1;
  }

  /** Give locals back for reuse. Parameters can be released too. */
  release(...locals: readonly number[]): void {
    for (const local of locals) {
      const type = this.typeOfLocal(local);
      const list = this.released.get(type);
      if (list === undefined) this.released.set(type, [local]);
      else if (list.includes(local)) throw new Error(`local ${local} is released twice`);
      else list.push(local);
    }
  }

  /** The type of a parameter or local. */
  typeOfLocal(local: number): ValueType {
    const { parameters } = this.signature;
    const type = parameters[local] ?? this.localTypes[local - parameters.length];
    if (type === undefined) throw new Error(`no local ${local}`);
    return type;
  }

  localGet(local: number): this {
    return this.withIndex(opcode.localGet, local);
  }

  localSet(local: number): this {
    return this.withIndex(opcode.localSet, local);
  }

  localTee(local: number): this {
    return this.withIndex(opcode.localTee, local);
  }

  globalGet(global: number): this {
    return this.withIndex(opcode.globalGet, global);
  }

  /** A global whose number is filled in when the function is put into a module. */
  globalGetLinked(link: number): this {
    return this.withGap(opcode.globalGet, link);
  }

  globalSet(global: number): this {
    return this.withIndex(opcode.globalSet, global);
  }

  // Constants

  /** @param value an integer, taken modulo 2^32 */
  i32Const(value: number): this {
    this.writer.byte(opcode.i32Const);
    this.writer.s32(value);
    return this;
  }

  /** @param value a safe integer or a bigint, taken modulo 2^64 */
  i64Const(value: number | bigint): this {
    this.writer.byte(opcode.i64Const);
    this.writer.s64(value);
    return this;
  }

  /** The 64-bit constant with these two words. */
  i64ConstWords(low: number, high: number): this {
    this.writer.byte(opcode.i64Const);
    this.writer.s64Words(low, high);
    return this;
  }

  /** A float constant by its bits, so that no NaN passes through JavaScript. */
  f32ConstBits(bits: number): this {
    this.writer.byte(opcode.f32Const);
    this.writer.word(bits);
    return this;
  }

  /** A double constant by its two words. */
  f64ConstBits(low: number, high: number): this {
    this.writer.byte(opcode.f64Const);
    this.writer.word(low);
    this.writer.word(high);
    return this;
  }

  /** A double constant that is not a NaN. */
  f64Const(value: number): this {
    const words = new Uint32Array(new Float64Array([value]).buffer);
    return this.f64ConstBits(words[0] ?? 0, words[1] ?? 0);
  }

  /** A float constant, rounded from a number that is not a NaN. */
  f32Const(value: number): this {
    return this.f32ConstBits(new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0);
  }

  // Control

  /** Opens a block; a branch to the label leaves it. */
  block(type?: BlockType): Label {
    return this.enter(opcode.block, type);
  }

  /** Opens a loop; a branch to the label starts it again. */
  loop(type?: BlockType): Label {
    return this.enter(opcode.loop, type);
  }

  /** Takes an i32 condition and opens an if; a branch to the label leaves it. */
  if(type?: BlockType): Label {
    return this.enter(opcode.if, type);
  }

  else(): this {
    this.writer.byte(opcode.else);
    return this;
  }

  /** Closes the innermost block, loop or if. */
  end(): this {
    const label = this.open.length > 1 ? this.open.pop() : undefined;
    if (label === undefined) throw new Error("end without block, loop or if");
    label.isOpen = false;
    this.writer.byte(opcode.end);
    return this;
  }

  br(target: Label): this {
    return this.withIndex(opcode.br, this.branchDepth(target));
  }

  brIf(target: Label): this {
    return this.withIndex(opcode.brIf, this.branchDepth(target));
  }

  /** Branch to `targets[index]`, or to `otherwise` beyond the end. */
  brTable(targets: readonly Label[], otherwise: Label): this {
    this.withIndex(opcode.brTable, targets.length);
    for (const target of targets) this.writer.u32(this.branchDepth(target));
    this.writer.u32(this.branchDepth(otherwise));
    return this;
  }

  /**
   * Says of the `if` or `brIf` that is written next whether its condition is mostly true. Engines
   * that know the section (branch hinting proposal) keep the other way out of the hot code's
   * registers; the others are told nothing.
   */
  hint(isLikely: boolean): this {
    this.branchHints.push({ offsetBytes: this.writer.lengthBytes, isLikely });
    return this;
  }

  call(functionIndex: number): this {
    return this.withIndex(opcode.call, functionIndex);
  }

  /** Calls a function whose number is filled in when this one is put into a module. */
  callLinked(link: number): this {
    return this.withGap(opcode.call, link);
  }

  /** Call table[top of stack]; the callee must have this signature. */
  callIndirect(signature: Signature, table = 0): this {
    this.withIndex(opcode.callIndirect, this.typeIndexOf(signature));
    this.writer.u32(table);
    return this;
  }

  /** Tail call. */
  returnCall(functionIndex: number): this {
    return this.withIndex(opcode.returnCall, functionIndex);
  }

  returnCallIndirect(signature: Signature, table = 0): this {
    this.withIndex(opcode.returnCallIndirect, this.typeIndexOf(signature));
    this.writer.u32(table);
    return this;
  }

  // Memory

  /** memory.copy(destination, source, lengthBytes) */
  memoryCopy(): this {
    this.writer.byte(opcode.prefixed);
    this.writer.byte(opcode.memoryCopy);
    this.writer.byte(0);
    this.writer.byte(0);
    return this;
  }

  /** memory.fill(destination, byte, lengthBytes) */
  memoryFill(): this {
    this.writer.byte(opcode.prefixed);
    this.writer.byte(opcode.memoryFill);
    this.writer.byte(0);
    return this;
  }

  // Encoding

  /** Bytes of instructions so far. */
  get lengthBytes(): number {
    return this.writer.lengthBytes;
  }

  /** The hints so far, with offsets from the start of the entry behind its size. */
  hints(): readonly BranchHint[] {
    if (this.branchHints.length === 0) return this.branchHints;
    const headerBytes = this.localsHeader().lengthBytes;
    return this.branchHints.map(({ offsetBytes, isLikely }) => ({
      offsetBytes: offsetBytes + headerBytes,
      isLikely,
    }));
  }

  /** Write size, locals and instructions as an entry of the code section (Core 5.5.13). */
  writeTo(target: ByteWriter): void {
    if (this.gaps.length > 0) throw new Error(`${this.gaps.length} numbers are not filled in`);
    target.vector(this.encode().bytes);
  }

  /** The body as it stands, its end included. */
  encode(): EncodedFunction {
    if (this.open.length !== 1) throw new Error(`${this.open.length - 1} blocks are not closed`);
    const header = this.localsHeader();
    const bytes = new Uint8Array(header.lengthBytes + this.writer.lengthBytes + 1);
    bytes.set(header.view());
    bytes.set(this.writer.view(), header.lengthBytes);
    bytes[bytes.length - 1] = opcode.end;
    const gaps = this.gaps.map(({ offsetBytes, link }) => ({
      offsetBytes: offsetBytes + header.lengthBytes,
      link,
    }));
    return { bytes, hints: this.hints(), gaps };
  }

  private localsHeader(): ByteWriter {
    const header = new ByteWriter(32);
    const runs = this.localRuns();
    header.u32(runs.length);
    for (const run of runs) {
      header.u32(run.count);
      header.valueType(run.type);
    }
    return header;
  }

  private localRuns(): { type: ValueType; count: number }[] {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.localTypes) {
      const last = runs[runs.length - 1];
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    return runs;
  }

  private withGap(code: number, link: number): this {
    this.writer.byte(code);
    this.gaps.push({ offsetBytes: this.writer.lengthBytes, link });
    this.writer.raw(new Uint8Array(GAP_BYTES));
    return this;
  }

  private withIndex(code: number, index: number): this {
    this.writer.byte(code);
    this.writer.u32(index);
    return this;
  }

  private enter(code: number, type: BlockType): Label {
    this.writer.byte(code);
    if (type === undefined) this.writer.byte(0x40);
    else if (typeof type === "string") this.writer.byte(valueTypeByte[type]);
    else this.writer.s32(this.typeIndexOf(type));
    const label: Label = { depth: this.open.length, isOpen: true };
    this.open.push(label);
    return label;
  }

  private branchDepth(target: Label): number {
    if (this.open[target.depth] !== target) throw new Error("branch to a label that is not open");
    return this.open.length - 1 - target.depth;
  }
}
