/**
 * Dynamic-linking tables of the vDSO: strings, symbols, their hash table and their versions (System
 * V gABI chapter 5; Linux Standard Base, "Symbol Versioning"). Layers: `Bytes` (growing) →
 * one function per table → vdso.ts, which places them.
 */

/**
 * The name that the object gives itself, and the version of its symbols (arch/riscv/kernel/vdso).
 */
export const VDSO_NAME = "linux-vdso.so.1";
export const VDSO_VERSION = "LINUX_4.15";

export const SYMBOL_BYTES = 24;
/** One version for the object itself, then one for its symbols. */
export const VERSION_COUNT = 2;

const SYMBOL_VERSION = 2;
const GLOBAL_FUNCTION = 0x12;

export interface VdsoSymbol {
  readonly name: string;
  readonly address: number;
  readonly sizeBytes: number;
}

/** Little-endian values appended one after the other. */
export class Bytes {
  readonly values: number[] = [];

  /** Appends an unsigned value < 2^53 in `widthBytes` bytes. @returns itself */
  put(widthBytes: 1 | 2 | 4 | 8, ...numbers: readonly number[]): this {
    for (const number of numbers) {
      let rest = number;
      for (let i = 0; i < widthBytes; i++) {
        this.values.push(rest % 256);
        rest = Math.floor(rest / 256);
      }
    }
    return this;
  }

  take(): Uint8Array {
    return Uint8Array.from(this.values);
  }
}

/** A table of NUL-terminated ASCII strings, the first one empty. */
export interface Strings {
  readonly bytes: Uint8Array;
  offset(text: string): number;
}

/** @returns the table of these strings; its `offset` throws for a string that it does not have */
export function stringTable(texts: readonly string[]): Strings {
  const bytes = new Bytes().put(1, 0);
  const offsets = new Map<string, number>([["", 0]]);
  for (const text of texts) {
    if (offsets.has(text)) continue;
    offsets.set(text, bytes.values.length);
    for (let i = 0; i < text.length; i++) bytes.put(1, text.charCodeAt(i));
    bytes.put(1, 0);
  }
  return {
    bytes: bytes.take(),
    offset: (text) => {
      const offset = offsets.get(text);
      if (offset === undefined) throw new Error(`"${text}" is not in the string table`);
      return offset;
    },
  };
}

/** The hash of a symbol's name (gABI, "Hash Table"). @returns 28 bits */
export function elfHash(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) {
    hash = (hash * 16 + name.charCodeAt(i)) >>> 0;
    hash = (hash ^ ((hash & 0xf000_0000) >>> 24)) & 0x0fff_ffff;
  }
  return hash;
}

/** .dynsym: the empty symbol, then global functions of section `section`. */
export function symbolTable(
  symbols: readonly VdsoSymbol[],
  section: number,
  strings: Strings,
): Uint8Array {
  const bytes = new Bytes().put(8, 0, 0, 0);
  for (const { name, address, sizeBytes } of symbols) {
    bytes.put(4, strings.offset(name)).put(1, GLOBAL_FUNCTION, 0).put(2, section);
    bytes.put(8, address, sizeBytes);
  }
  return bytes.take();
}

/** .hash: buckets and chains of symbol numbers; the symbols are numbered from 1. */
export function hashTable(names: readonly string[]): Uint8Array {
  const buckets = new Array<number>(names.length).fill(0);
  const chains = new Array<number>(names.length + 1).fill(0);
  names.forEach((name, index) => {
    const bucket = elfHash(name) % buckets.length;
    chains[index + 1] = buckets[bucket] as number;
    buckets[bucket] = index + 1;
  });
  return new Bytes().put(4, buckets.length, chains.length, ...buckets, ...chains).take();
}

/** .gnu.version: the version of each symbol; the empty symbol is local. */
export function symbolVersions(count: number): Uint8Array {
  return new Bytes().put(2, 0, ...new Array<number>(count).fill(SYMBOL_VERSION)).take();
}

/** .gnu.version_d: the definitions of the object's own (base) version and of its symbols'. */
export function versionDefinitions(strings: Strings): Uint8Array {
  const bytes = new Bytes();
  const isBase = 1;
  const definitionBytes = 20;
  const auxiliaryBytes = 8;
  const define = (name: string, flags: number, index: number, next: number): void => {
    bytes.put(2, 1, flags, index, 1).put(4, elfHash(name), definitionBytes, next);
    bytes.put(4, strings.offset(name), 0);
  };
  define(VDSO_NAME, isBase, 1, definitionBytes + auxiliaryBytes);
  define(VDSO_VERSION, 0, SYMBOL_VERSION, 0);
  return bytes.take();
}
