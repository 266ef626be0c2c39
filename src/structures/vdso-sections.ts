/**
 * The sections of the vDSO as a linker would make them: tables for dynamic linking, then the code.
 * Layers: vdso-tables.ts (bytes of each table) → `vdsoSections` → vdso.ts, which places them.
 */
import {
  Bytes,
  hashTable,
  type Strings,
  SYMBOL_BYTES,
  stringTable,
  symbolTable,
  symbolVersions,
  VDSO_NAME,
  VDSO_VERSION,
  VERSION_COUNT,
  versionDefinitions,
} from "./vdso-tables.js";

/** sh_type values, and tags of dynamic entries (gABI; symbol versioning). */
const SHT = Object.freeze({ progbits: 1, strtab: 3, hash: 5, dynamic: 6, dynsym: 11 });
const SHT_VERSIONS = Object.freeze({ verdef: 0x6fff_fffd, versym: 0x6fff_ffff });
const DT = Object.freeze({ hash: 4, strtab: 5, symtab: 6, strsz: 10, syment: 11, soname: 14 });
const DT_VERSIONS = Object.freeze({ sym: 0x6fff_fff0, def: 0x6fff_fffc, count: 0x6fff_fffd });
/** SHF_ALLOC, SHF_EXECINSTR. */
const ALLOC = 2;
const EXECUTE = 4;

/** Numbers of the sections; 0 is none. */
export const SECTION = Object.freeze({
  dynsym: 2,
  dynstr: 3,
  versions: 5,
  dynamic: 6,
  text: 7,
  names: 8,
});

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** The section that it refers to, a number that its type defines, and the size of its entries. */
  readonly link: number;
  readonly info: number;
  readonly entryBytes: number;
  readonly bytes: Uint8Array;
}

/** @param places offsets of the sections by number; wrong ones change no length */
function dynamic(places: readonly number[], strings: Strings): Uint8Array {
  const [, hash = 0, dynsym = 0, dynstr = 0, versions = 0, definitions = 0] = places;
  const bytes = new Bytes();
  bytes.put(8, DT.soname, strings.offset(VDSO_NAME), DT.hash, hash, DT.strtab, dynstr);
  bytes.put(8, DT.symtab, dynsym, DT.strsz, strings.bytes.length, DT.syment, SYMBOL_BYTES);
  bytes.put(8, DT_VERSIONS.sym, versions, DT_VERSIONS.def, definitions);
  return bytes.put(8, DT_VERSIONS.count, VERSION_COUNT, 0, 0).take();
}

/**
 * The sections from number 1 on.
 * @param names of the functions, which stand in the code one after the other
 * @param code the same number of bytes for each function
 * @param places offset of each section by number, [] if they are not known yet: the lengths of the
 *   sections do not depend on them
 */
export function vdsoSections(
  names: readonly string[],
  code: Uint8Array,
  places: readonly number[],
): Section[] {
  const strings = stringTable([...names, VDSO_NAME, VDSO_VERSION]);
  const text = places[SECTION.text] ?? 0;
  const sizeBytes = code.length / names.length;
  const symbols = names.map((name, index) => {
    return { name, address: text + index * sizeBytes, sizeBytes };
  });
  const { dynsym, dynstr } = SECTION;
  const dynsymBytes = symbolTable(symbols, SECTION.text, strings);
  const definitions = versionDefinitions(strings);
  const made = [
    section(".hash", SHT.hash, ALLOC, dynsym, 0, 4, hashTable(names)),
    section(".dynsym", SHT.dynsym, ALLOC, dynstr, 1, SYMBOL_BYTES, dynsymBytes),
    section(".dynstr", SHT.strtab, ALLOC, 0, 0, 0, strings.bytes),
    section(".gnu.version", SHT_VERSIONS.versym, ALLOC, dynsym, 0, 2, symbolVersions(names.length)),
    section(".gnu.version_d", SHT_VERSIONS.verdef, ALLOC, dynstr, VERSION_COUNT, 0, definitions),
    section(".dynamic", SHT.dynamic, ALLOC, dynstr, 0, 16, dynamic(places, strings)),
    section(".text", SHT.progbits, ALLOC | EXECUTE, 0, 0, 0, code),
  ];
  const titles = stringTable([...made.map(({ name }) => name), ".shstrtab"]);
  return [...made, section(".shstrtab", SHT.strtab, 0, 0, 0, 0, titles.bytes)];
}

function section(
  name: string,
  type: number,
  flags: number,
  link: number,
  info: number,
  entryBytes: number,
  bytes: Uint8Array,
): Section {
  return { name, type, flags, link, info, entryBytes, bytes };
}
