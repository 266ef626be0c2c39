/**
 * A WebAssembly module under construction: types, imports, functions, tables, globals, exports,
 * element and data segments, and on request the names of functions for profilers. `finish` writes
 * the binary (Core Specification 5.5), section by section in the order the format demands.
 *
 * Function numbers are fixed when a function is imported or declared, so bodies can call functions
 * that are defined later. Imports come first: their numbers precede all others.
 */

import { type BranchHint, CodeBuilder, type EncodedFunction } from "./code.js";
import { ByteWriter } from "./encoder.js";
import type { ExternalKind, Signature, ValueType } from "./opcodes.js";
import { externalKind, opcode, section } from "./opcodes.js";

export interface Limits {
  readonly initial: number;
  readonly maximum?: number;
}

export interface MemoryLimits extends Limits {
  /** Shared between workers (then `maximum` is needed). */
  readonly shared?: boolean;
}

/** What a function's body must offer to be written. */
interface FunctionBody {
  readonly lengthBytes: number;
  hints(): readonly BranchHint[];
  writeTo(target: ByteWriter): void;
}

interface DeclaredFunction {
  readonly typeIndex: number;
  readonly signature: Signature;
  code: FunctionBody | undefined;
}

/** One module; functions can be declared before they are defined. */
export class ModuleBuilder {
  private readonly typeNumbers: Map<string, number> = new Map();
  private readonly types = new ByteWriter();
  private readonly imports = new ByteWriter();
  private readonly exports = new ByteWriter();
  private readonly tables = new ByteWriter(16);
  private readonly globals = new ByteWriter(64);
  private readonly elements = new ByteWriter();
  private readonly data = new ByteWriter();
  private readonly functions: DeclaredFunction[] = [];
  private readonly names: Map<number, string> = new Map();
  private readonly imported = { function: 0, table: 0, memory: 0, global: 0 };
  private readonly defined = { table: 0, global: 0 };
  private exportCount = 0;
  private elementCount = 0;
  private dataCount = 0;
  private memoryLimits: MemoryLimits | undefined;
  private readonly withNames: boolean;

  /** @param options `names`: write the names of functions for profilers and stack traces */
  constructor(options: { readonly names?: boolean } = {}) {
    this.withNames = options.names ?? false;
  }

  /** The number of a function type, the same for equal signatures. */
  typeIndex(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`;
    const known = this.typeNumbers.get(key);
    if (known !== undefined) return known;
    const index = this.typeNumbers.size;
    this.typeNumbers.set(key, index);
    this.types.byte(0x60);
    this.types.valueTypes(signature.parameters);
    this.types.valueTypes(signature.results);
    return index;
  }

  // Imports

  /** Imports the memory; limits in pages of 64 KiB. */
  importMemory(module: string, name: string, limits: MemoryLimits): void {
    this.beginImport(module, name, "memory");
    writeLimits(this.imports, limits, limits.shared ?? false);
  }

  /** @returns the function's number, for `call` */
  importFunction(module: string, name: string, signature: Signature): number {
    if (this.functions.length > 0) throw new Error(`import ${name} before declaring functions`);
    const index = this.beginImport(module, name, "function");
    this.imports.u32(this.typeIndex(signature));
    this.names.set(index, name);
    return index;
  }

  /** @returns the table's number */
  importTable(module: string, name: string, limits: Limits): number {
    if (this.defined.table > 0) throw new Error(`import ${name} before adding tables`);
    const index = this.beginImport(module, name, "table");
    this.imports.valueType("funcref");
    writeLimits(this.imports, limits, false);
    return index;
  }

  /** @returns the global's number */
  importGlobal(module: string, name: string, type: ValueType, mutable: boolean): number {
    if (this.defined.global > 0) throw new Error(`import ${name} before adding globals`);
    const index = this.beginImport(module, name, "global");
    this.imports.valueType(type);
    this.imports.byte(mutable ? 1 : 0);
    return index;
  }

  // Functions

  /** A function whose body follows by `defineFunction`. @returns its number, for `call` */
  declareFunction(signature: Signature, name?: string): number {
    const index = this.imported.function + this.functions.length;
    this.functions.push({ typeIndex: this.typeIndex(signature), signature, code: undefined });
    if (name !== undefined) this.names.set(index, name);
    return index;
  }

  /** The builder of a declared function's body; the body's `end` is written by `finish`. */
  defineFunction(index: number): CodeBuilder {
    const declared = this.undefinedFunction(index);
    const code = new CodeBuilder(declared.signature, (type) => this.typeIndex(type));
    declared.code = code;
    return code;
  }

  /** A declared function's body that is written already, with its gaps filled in. */
  defineEncoded(index: number, { bytes, hints }: EncodedFunction): void {
    this.undefinedFunction(index).code = {
      lengthBytes: bytes.length,
      hints: () => hints,
      writeTo: (target) => target.vector(bytes),
    };
  }

  private undefinedFunction(index: number): DeclaredFunction {
    const declared = this.functions[index - this.imported.function];
    if (declared === undefined) throw new Error(`function ${index} is not declared`);
    if (declared.code !== undefined) throw new Error(`function ${index} is defined twice`);
    return declared;
  }

  /** Declares a function and writes its body. @returns its number, for `call` */
  addFunction(signature: Signature, body: (code: CodeBuilder) => void, name?: string): number {
    const index = this.declareFunction(signature, name);
    body(this.defineFunction(index));
    return index;
  }

  // Memory, tables, globals, segments, exports

  /** A memory of the module's own; limits in pages of 64 KiB. */
  addMemory(limits: MemoryLimits): void {
    this.memoryLimits = limits;
  }

  /** A table of functions. @returns its number */
  addTable(limits: Limits): number {
    this.tables.valueType("funcref");
    writeLimits(this.tables, limits, false);
    return this.imported.table + this.defined.table++;
  }

  /** A global of type i32 or i64. @returns its number */
  addGlobal(type: "i32" | "i64", mutable: boolean, initial: number | bigint): number {
    this.globals.valueType(type);
    this.globals.byte(mutable ? 1 : 0);
    this.globals.byte(type === "i32" ? opcode.i32Const : opcode.i64Const);
    if (type === "i32") this.globals.s32(Number(initial));
    else this.globals.s64(initial);
    this.globals.byte(opcode.end);
    return this.imported.global + this.defined.global++;
  }

  /** Puts functions into a table from `offset` on when the module is instantiated. */
  addElements(table: number, offset: number, functionIndices: readonly number[]): void {
    this.elements.byte(2);
    this.elements.u32(table);
    writeOffset(this.elements, offset);
    this.elements.byte(0);
    this.elements.u32(functionIndices.length);
    for (const index of functionIndices) this.elements.u32(index);
    this.elementCount++;
  }

  /** Puts bytes into memory at address `offset` when the module is instantiated. */
  addData(offset: number, bytes: Uint8Array): void {
    this.data.byte(0);
    writeOffset(this.data, offset);
    this.data.vector(bytes);
    this.dataCount++;
  }

  /** Exports the function, table, memory or global with this number. */
  addExport(name: string, kind: ExternalKind, index: number): void {
    this.exports.name(name);
    this.exports.byte(externalKind[kind]);
    this.exports.u32(index);
    this.exportCount++;
  }

  // Output

  /** The binary module. Every declared function must have a body. */
  finish(): Uint8Array {
    const code = this.codeEntries();
    const output = new ByteWriter(code.lengthBytes + this.types.lengthBytes + 4096);
    output.raw(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
    const { imported } = this;
    const importCount = imported.function + imported.table + imported.memory + imported.global;
    const functionTypes = new ByteWriter(this.functions.length + 16);
    for (const declared of this.functions) functionTypes.u32(declared.typeIndex);
    const memory = new ByteWriter(16);
    if (this.memoryLimits !== undefined) {
      writeLimits(memory, this.memoryLimits, this.memoryLimits.shared ?? false);
    }
    writeSection(output, section.type, this.typeNumbers.size, this.types);
    writeSection(output, section.import, importCount, this.imports);
    writeSection(output, section.function, this.functions.length, functionTypes);
    writeSection(output, section.table, this.defined.table, this.tables);
    writeSection(output, section.memory, this.memoryLimits === undefined ? 0 : 1, memory);
    writeSection(output, section.global, this.defined.global, this.globals);
    writeSection(output, section.export, this.exportCount, this.exports);
    writeSection(output, section.element, this.elementCount, this.elements);
    this.writeBranchHints(output);
    writeSection(output, section.code, this.functions.length, code);
    writeSection(output, section.data, this.dataCount, this.data);
    if (this.withNames) this.writeNames(output);
    return output.view().slice();
  }

  private beginImport(module: string, name: string, kind: ExternalKind): number {
    this.imports.name(module);
    this.imports.name(name);
    this.imports.byte(externalKind[kind]);
    return this.imported[kind]++;
  }

  private codeEntries(): ByteWriter {
    let lengthBytes = 64;
    for (const { code } of this.functions) lengthBytes += (code?.lengthBytes ?? 0) + 16;
    const entries = new ByteWriter(lengthBytes);
    for (const [position, { code }] of this.functions.entries()) {
      const index = this.imported.function + position;
      if (code === undefined) {
        throw new Error(`function ${this.names.get(index) ?? index} is declared but not defined`);
      }
      code.writeTo(entries);
    }
    return entries;
  }

  /** The custom section of the branch hinting proposal; it comes before the code. */
  private writeBranchHints(output: ByteWriter): void {
    const functions = new ByteWriter();
    let count = 0;
    for (const [position, { code }] of this.functions.entries()) {
      const hints = code?.hints() ?? [];
      if (hints.length === 0) continue;
      count++;
      functions.u32(this.imported.function + position);
      functions.u32(hints.length);
      for (const { offsetBytes, isLikely } of hints) {
        functions.u32(offsetBytes);
        functions.vector(new Uint8Array([isLikely ? 1 : 0]));
      }
    }
    if (count === 0) return;
    const custom = new ByteWriter(functions.lengthBytes + 64);
    custom.name("metadata.code.branch_hint");
    custom.u32(count);
    custom.raw(functions.view());
    output.byte(section.custom);
    output.vector(custom.view());
  }

  /** The custom section "name" with its function names (Core, appendix A.4). */
  private writeNames(output: ByteWriter): void {
    const map = new ByteWriter();
    map.u32(this.names.size);
    const ascending = [...this.names].sort(([left], [right]) => left - right);
    for (const [index, name] of ascending) {
      map.u32(index);
      map.name(name);
    }
    const custom = new ByteWriter();
    custom.name("name");
    custom.byte(1);
    custom.vector(map.view());
    output.byte(section.custom);
    output.vector(custom.view());
  }
}

/** Limits of a table or memory (Core 5.3.7; the flag for shared is of the threads proposal). */
function writeLimits(output: ByteWriter, limits: Limits, shared: boolean): void {
  if (shared && limits.maximum === undefined) throw new Error("shared memory needs a maximum");
  output.byte((limits.maximum === undefined ? 0 : 1) | (shared ? 2 : 0));
  output.u32(limits.initial);
  if (limits.maximum !== undefined) output.u32(limits.maximum);
}

/** A constant expression with an i32, for segments. */
function writeOffset(output: ByteWriter, offset: number): void {
  output.byte(opcode.i32Const);
  output.s32(offset);
  output.byte(opcode.end);
}

/** A section that is a vector; left out when it is empty. */
function writeSection(output: ByteWriter, id: number, count: number, content: ByteWriter): void {
  if (count === 0) return;
  const countBytes = new ByteWriter(8);
  countBytes.u32(count);
  output.byte(id);
  output.u32(countBytes.lengthBytes + content.lengthBytes);
  output.raw(countBytes.view());
  output.raw(content.view());
}
