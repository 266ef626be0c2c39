/**
 * Translated regions that are kept: in memory for when the same code comes again, and by a store
 * for the next start. They are found by the bytes at their entry and hold only where all their
 * bytes are; what a store gives is checked before it is used.
 */

import { ByteWriter } from "../wasm/encoder.js";
import type { EngineFeatures } from "../wasm/features.js";
import type { CodeStore, Description as ModuleDescription } from "./kept-modules.js";
import type { RegionCode, Span } from "./region-code.js";

/**
 * Bytes that outlive the process, for one version of the translator and of what the engine has.
 * None of it throws: a store that cannot be read is empty, what cannot be written is lost.
 */
export interface TranslationStore {
  /** All that is there, at the start. */
  readAll(): Uint8Array;
  /** A part of it again. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array;
  append(bytes: Uint8Array): void;
  /** Drops everything, machine code too: it has become too large, or is damaged. */
  clear(): void;
  /** What the engine makes of modules; undefined: it does not give it away. */
  readonly code?: CodeStore | undefined;
}

/** The store for what an engine has. */
export type TranslationStoreOf = (features: EngineFeatures) => TranslationStore;

/** Where an entry is in the store. */
interface Stored {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What a region is known by: its key, and the checksum of its entry. */
export interface Identity {
  readonly key: number;
  readonly check: number;
}

/** An entry: magic number, key, checksum, length of what follows, in words of 32 bits. */
const HEADER_BYTES = 16;
const MAGIC = 0x47_52_58_53;
/** The description of a module; it has no key. */
const MODULE_MAGIC = 0x4d_52_58_53;
/** The key is made of so many half-words from the entry on. */
const KEY_HALVES = 16;
const STORE_BYTES_MAX = 32 << 20;
/** Of machine code, in files of its own. */
const CODE_BYTES_MAX = 128 << 20;
const MEMORY_BYTES_MAX = 16 << 20;
/** Further translations are written in one piece of about so many. */
const APPEND_BYTES = 1 << 20;

export class KeptRegions {
  /** By key. */
  private readonly inMemory = new Map<number, RegionCode[]>();
  private inMemoryBytes = 0;
  private readonly inStore = new Map<number, Stored[]>();
  private readonly identities = new WeakMap<RegionCode, Identity>();
  private moduleEntries: ModuleDescription[] = [];
  private pending = new ByteWriter();
  private storeBytes = 0;
  /** The store was read. */
  private isOpen = false;

  constructor(private readonly store: TranslationStore | undefined) {}

  /** Whether there may be a region for a key. */
  has(key: number): boolean {
    this.open();
    return this.inMemory.has(key) || this.inStore.has(key);
  }

  /** The region added last of those that hold; undefined: there is none. */
  find(key: number, holds: (code: RegionCode) => boolean): RegionCode | undefined {
    this.open();
    const known = this.inMemory.get(key)?.find(holds);
    if (known !== undefined || this.store === undefined) return known;
    const candidates = this.inStore.get(key) ?? [];
    while (candidates.length > 0) {
      const { offsetBytes, lengthBytes } = candidates.pop() as Stored;
      const entry = this.store.read(offsetBytes, lengthBytes);
      const code = decodeEntry(entry);
      if (code === undefined) continue;
      this.identities.set(code, { key, check: checkOf(entry) });
      // What is read comes from the last one to the first.
      this.remember(key, code).push(code);
      if (holds(code)) return code;
    }
    return undefined;
  }

  /** Keeps a region that was just translated. */
  add(key: number, code: RegionCode): void {
    this.remember(key, code).unshift(code);
    if (this.store === undefined || this.storeBytes > STORE_BYTES_MAX) return;
    const entry = encodeEntry(MAGIC, key, encodeRegion(code));
    this.identities.set(code, { key, check: checkOf(entry) });
    this.append(entry);
  }

  /** What a region is known by; undefined: it is not in the store. */
  identityOf(code: RegionCode): Identity | undefined {
    return this.identities.get(code);
  }

  /** Whether both are one region, which may have been read twice. */
  isSame(left: RegionCode | undefined, right: RegionCode): boolean {
    const [one, other] = [left && this.identities.get(left), this.identities.get(right)];
    return one !== undefined && one.key === other?.key && one.check === other.check;
  }

  /** What the store says of modules, in the order in which they were kept; no former states. */
  modules(): readonly ModuleDescription[] {
    this.open();
    return this.moduleEntries;
  }

  addModule(description: ModuleDescription): void {
    const text = new TextEncoder().encode(JSON.stringify(description));
    this.append(encodeEntry(MODULE_MAGIC, 0, text));
  }

  private append(entry: Uint8Array): void {
    this.pending.raw(entry);
    this.storeBytes += entry.length;
    if (this.pending.lengthBytes >= APPEND_BYTES) this.flush();
  }

  /** Hands to the store what it does not have yet. */
  flush(): void {
    if (this.pending.lengthBytes === 0) return;
    this.store?.append(this.pending.view().slice());
    this.pending = new ByteWriter();
  }

  /** @returns those in memory of a key, the one made last first, to which the region is added */
  private remember(key: number, code: RegionCode): RegionCode[] {
    if (this.inMemoryBytes > MEMORY_BYTES_MAX) {
      this.inMemory.clear();
      this.inMemoryBytes = 0;
    }
    this.inMemoryBytes += code.function.bytes.length;
    const same = this.inMemory.get(key) ?? [];
    this.inMemory.set(key, same);
    return same;
  }

  private open(): void {
    if (this.isOpen || this.store === undefined) return;
    this.isOpen = true;
    const bytes = this.store.readAll();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    for (; at + HEADER_BYTES <= bytes.length; ) {
      const [magic, lengthBytes] = [view.getUint32(at, true), view.getUint32(at + 12, true)];
      const end = at + HEADER_BYTES + lengthBytes;
      if ((magic !== MAGIC && magic !== MODULE_MAGIC) || end > bytes.length) break;
      if (magic === MAGIC) this.found(view.getUint32(at + 4, true), at, end - at);
      else this.foundModule(bytes.subarray(at, end));
      at = end;
    }
    this.storeBytes = at;
    const gone = new Set(this.moduleEntries.map(({ instead }) => instead));
    this.moduleEntries = this.moduleEntries.filter(({ stored }) => !gone.has(stored.name));
    let codeBytes = 0;
    for (const { stored } of this.moduleEntries) codeBytes += stored.sizeBytes;
    if (at === bytes.length && at <= STORE_BYTES_MAX && codeBytes <= CODE_BYTES_MAX) return;
    // What begins in the midst of an entry could never be found again.
    this.inStore.clear();
    this.moduleEntries = [];
    this.storeBytes = 0;
    this.store.clear();
  }

  private found(key: number, offsetBytes: number, lengthBytes: number): void {
    const same = this.inStore.get(key);
    if (same === undefined) this.inStore.set(key, [{ offsetBytes, lengthBytes }]);
    else same.push({ offsetBytes, lengthBytes });
  }

  private foundModule(entry: Uint8Array): void {
    const content = contentOf(entry);
    if (content === undefined) return;
    this.moduleEntries.push(JSON.parse(new TextDecoder().decode(content)) as ModuleDescription);
  }
}

/**
 * The key of a place.
 * @param halves content of its page
 * @param first index of the half-word where it begins
 */
export function keyOf(halves: Uint16Array, first: number): number {
  const end = Math.min(first + KEY_HALVES, halves.length);
  let hash = first;
  for (let index = first; index < end; index++) {
    hash = Math.imul(hash ^ (halves[index] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

// Entries

/** What an entry says of a region in text; the half-words and the function follow as bytes. */
interface Description {
  readonly entry: number;
  readonly entries: RegionCode["entries"];
  readonly length: number;
  /** Page, index, count. */
  readonly spans: readonly (readonly [number, number, number])[];
  readonly further: readonly number[];
  readonly learnt: RegionCode["learnt"];
  /** Offset and link. */
  readonly gaps: readonly (readonly [number, number])[];
  /** Offset, negative minus one: unlikely. */
  readonly hints: readonly number[];
  readonly links: RegionCode["links"];
}

function encodeEntry(magic: number, key: number, content: Uint8Array): Uint8Array {
  const entry = new ByteWriter(HEADER_BYTES + content.length);
  for (const word of [magic, key, checksum(content), content.length]) entry.word(word);
  entry.raw(content);
  return entry.view();
}

/** The checksum that an entry says. */
const checkOf = (entry: Uint8Array): number =>
  new DataView(entry.buffer, entry.byteOffset, entry.length).getUint32(8, true);

/** What follows the header; undefined: it is damaged. */
function contentOf(entry: Uint8Array): Uint8Array | undefined {
  if (entry.length < HEADER_BYTES) return undefined;
  const content = entry.subarray(HEADER_BYTES);
  const lengthBytes = new DataView(entry.buffer, entry.byteOffset).getUint32(12, true);
  const isWhole = lengthBytes === content.length && checkOf(entry) === checksum(content);
  return isWhole ? content : undefined;
}

function encodeRegion(code: RegionCode): Uint8Array {
  const description: Description = {
    entry: code.entry,
    entries: code.entries,
    length: code.length,
    spans: code.spans.map(({ page, first, halves }) => [page, first, halves.length]),
    further: code.further,
    learnt: code.learnt,
    gaps: code.function.gaps.map(({ offsetBytes, link }) => [offsetBytes, link]),
    hints: code.function.hints.map(({ offsetBytes, isLikely }) =>
      isLikely ? offsetBytes : -1 - offsetBytes,
    ),
    links: code.links,
  };
  const text = new TextEncoder().encode(JSON.stringify(description));
  const writer = new ByteWriter(text.length + code.function.bytes.length + 4096);
  writer.vector(text);
  for (const { halves } of code.spans) {
    writer.raw(new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength));
  }
  writer.raw(code.function.bytes);
  return writer.view();
}

/** @returns undefined: it is damaged */
function decodeEntry(bytes: Uint8Array): RegionCode | undefined {
  const content = contentOf(bytes);
  if (content === undefined) return undefined;
  const { value: textBytes, next: textStart } = readLength(content, 0);
  let at = textStart + textBytes;
  const text = new TextDecoder().decode(content.subarray(textStart, at));
  const description = JSON.parse(text) as Description;
  const spans = description.spans.map(([page, first, count]): Span => {
    const halves = new Uint16Array(content.slice(at, at + count * 2).buffer);
    at += count * 2;
    return { page, first, halves };
  });
  return {
    entry: description.entry,
    entries: description.entries,
    length: description.length,
    spans,
    further: description.further,
    learnt: description.learnt,
    links: description.links,
    function: {
      bytes: content.slice(at),
      gaps: description.gaps.map(([offsetBytes, link]) => ({ offsetBytes, link })),
      hints: description.hints.map((hint) => ({
        offsetBytes: hint < 0 ? -1 - hint : hint,
        isLikely: hint >= 0,
      })),
    },
  };
}

/** Unsigned LEB128. */
function readLength(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  let next = start;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[next++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next };
  }
}

/** Against damage, not against somebody who may write into the user's cache. */
function checksum(bytes: Uint8Array): number {
  const wholeBytes = bytes.length & -4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let hash = bytes.length;
  let other = 0;
  for (let at = 0; at < wholeBytes; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193);
    other = Math.imul(other ^ hash, 0x85ebca6b) ^ (other >>> 13);
  }
  for (let at = wholeBytes; at < bytes.length; at++) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  }
  return (hash ^ other) >>> 0;
}
