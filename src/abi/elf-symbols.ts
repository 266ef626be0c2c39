/**
 * Names of functions in ELF64 files (System V gABI, chapters 4 and 5): the symbol tables, and where
 * there are none the unwinding information (LSB, .eh_frame), which at least knows where functions
 * begin and end. Bytes in, functions out; what is damaged or cut short has no names.
 */
import {
  ELF_HEADER_BYTES,
  ELF_PROGRAM_HEADER_BYTES,
  ELF_PROGRAM_HEADERS_MAX,
  PT_LOAD,
} from "./elf.js";

/** A function in a file. */
export interface ElfFunction {
  /** Where its code begins in the file. */
  readonly offset: number;
  /** 0: up to the next one. */
  readonly sizeBytes: number;
  /** Its symbol; of the unwinding information its address as the file numbers them, bracketed. */
  readonly name: string;
}

const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
/** In st_shndx: defined elsewhere. */
const SHN_UNDEF = 0;
/** Of a file: its own bytes must not say how long it takes to read. */
const LOADS_MAX = 64;
const NAME_BYTES_MAX = 512;
/** Of a record of .eh_frame: its length, and what it is. Longer ones have another form. */
const FRAME_HEADER_BYTES = 8;
const EXTENDED_LENGTH = 0xffff_fff0;

interface Load {
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
}

interface Section {
  /** Where its name is among those of sections. */
  readonly name: number;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly link: number;
}

/** A 64-bit value; what is above 2^53 fails every check of a range. */
function word64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

/**
 * The functions of a file that are named in it, by their symbols or by where they begin.
 * @param bytes the whole file
 * @returns ascending by offset, one for each offset; none: the file is no ELF64, or is stripped of
 * all that
 */
export function elfFunctions(bytes: Uint8Array): ElfFunction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isElf = bytes.length >= ELF_HEADER_BYTES && view.getUint32(0) === 0x7f454c46;
  if (!isElf || bytes[4] !== 2 || bytes[5] !== 1) return [];
  const loads = segmentsOf(view, PT_LOAD);
  const offsetOf = (address: number): number => {
    const load = loads.find((one) => address >= one.address && address < endOf(one));
    return load === undefined ? -1 : address - load.address + load.offset;
  };
  const named = symbolsOf(bytes, view, offsetOf);
  return merged(named, unwoundOf(bytes, view, offsetOf));
}

const endOf = ({ address, fileBytes }: Load): number => address + fileBytes;

function segmentsOf(view: DataView, type: number): Load[] {
  const start = word64(view, 32);
  const count = Math.min(view.getUint16(56, true), ELF_PROGRAM_HEADERS_MAX);
  const found: Load[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + index * ELF_PROGRAM_HEADER_BYTES;
    if (!(at + ELF_PROGRAM_HEADER_BYTES <= view.byteLength)) break;
    if (view.getUint32(at, true) !== type) continue;
    if (found.length === LOADS_MAX) break;
    const [offset, address] = [word64(view, at + 8), word64(view, at + 16)];
    found.push({ offset, address, fileBytes: word64(view, at + 32) });
  }
  return found;
}

function sectionsOf(view: DataView): Section[] {
  const start = word64(view, 40);
  const count = view.getUint16(60, true);
  const found: Section[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + index * SECTION_HEADER_BYTES;
    if (!(at + SECTION_HEADER_BYTES <= view.byteLength)) break;
    const [offset, sizeBytes] = [word64(view, at + 24), word64(view, at + 32)];
    const type = view.getUint32(at + 4, true);
    const name = view.getUint32(at, true);
    const address = word64(view, at + 16);
    found.push({ name, type, address, offset, sizeBytes, link: view.getUint32(at + 40, true) });
  }
  return found;
}

/** The text at a place of a table of texts; "": it is outside. */
function textAt(bytes: Uint8Array, table: Section, at: number): string {
  const start = table.offset + at;
  const tableEnd = Math.min(table.offset + table.sizeBytes, bytes.length);
  const limit = Math.min(tableEnd, start + NAME_BYTES_MAX);
  if (!(at < table.sizeBytes && start < limit)) return "";
  const text = bytes.subarray(start, limit);
  const end = text.indexOf(0);
  return new TextDecoder().decode(end < 0 ? text : text.subarray(0, end));
}

function symbolsOf(
  bytes: Uint8Array,
  view: DataView,
  offsetOf: (address: number) => number,
): ElfFunction[] {
  const sections = sectionsOf(view);
  const found: ElfFunction[] = [];
  // There is one of each kind at most (gABI).
  for (const type of [SHT_SYMTAB, SHT_DYNSYM]) {
    const table = sections.find((section) => section.type === type);
    const names = sections[table?.link ?? 0];
    if (table === undefined || names === undefined) continue;
    const { offset, sizeBytes } = table;
    const end = Math.min(offset + sizeBytes, bytes.length);
    for (let at = offset; at + SYMBOL_BYTES <= end; at += SYMBOL_BYTES) {
      const kind = view.getUint8(at + 4) & 15;
      if (kind !== STT_FUNC && kind !== STT_GNU_IFUNC) continue;
      if (view.getUint16(at + 6, true) === SHN_UNDEF) continue;
      const place = offsetOf(word64(view, at + 8));
      const name = place < 0 ? "" : textAt(bytes, names, view.getUint32(at, true));
      if (name !== "") found.push({ offset: place, sizeBytes: word64(view, at + 16), name });
    }
  }
  return found;
}

/**
 * What the unwinding information has: each function that it describes (LSB 10.6.1). Addresses are
 * taken to be relative and of 32 bits, as every compiler for this machine writes them.
 */
function unwoundOf(
  bytes: Uint8Array,
  view: DataView,
  offsetOf: (address: number) => number,
): ElfFunction[] {
  const sections = sectionsOf(view);
  const names = sections[view.getUint16(62, true)];
  if (names === undefined) return [];
  const section = sections.find(({ name }) => textAt(bytes, names, name) === ".eh_frame");
  if (section === undefined) return [];
  const { offset, address } = section;
  const end = Math.min(offset + section.sizeBytes, bytes.length);
  const found: ElfFunction[] = [];
  for (let at = offset; at + FRAME_HEADER_BYTES <= end; ) {
    const lengthBytes = view.getUint32(at, true);
    if (lengthBytes === 0 || lengthBytes >= EXTENDED_LENGTH) break;
    const isFunction = view.getUint32(at + 4, true) !== 0;
    if (isFunction && at + 16 <= end) {
      const start = address + (at + 8 - offset) + view.getInt32(at + 8, true);
      const place = offsetOf(start);
      const sizeBytes = view.getUint32(at + 12, true);
      if (place >= 0) found.push({ offset: place, sizeBytes, name: `[0x${start.toString(16)}]` });
    }
    at += 4 + lengthBytes;
  }
  return found;
}

/** Aliases become one name: the plainest. The unwinding information only fills what has none. */
function merged(named: readonly ElfFunction[], unwound: readonly ElfFunction[]): ElfFunction[] {
  const byOffset = new Map<number, ElfFunction>();
  for (const one of named) {
    const known = byOffset.get(one.offset);
    if (known === undefined || isPlainer(one.name, known.name)) byOffset.set(one.offset, one);
  }
  for (const one of unwound) if (!byOffset.has(one.offset)) byOffset.set(one.offset, one);
  return [...byOffset.values()].sort((left, right) => left.offset - right.offset);
}

const underscoresOf = (name: string): number => name.length - name.replace(/^_+/, "").length;

function isPlainer(name: string, than: string): boolean {
  const order = underscoresOf(name) - underscoresOf(than) || name.length - than.length;
  return order < 0 || (order === 0 && name < than);
}

/**
 * The function that a place of a file's code is in.
 * @param functions of `elfFunctions`
 * @param offset in the file
 * @returns its name, or undefined: nothing says
 */
export function functionAt(functions: readonly ElfFunction[], offset: number): string | undefined {
  let [low, high] = [0, functions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((functions[middle] as ElfFunction).offset <= offset) low = middle + 1;
    else high = middle;
  }
  const found = functions[low - 1];
  if (found === undefined) return undefined;
  const isWithin = found.sizeBytes === 0 || offset < found.offset + found.sizeBytes;
  return isWithin ? found.name : undefined;
}
