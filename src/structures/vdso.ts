/**
 * The vDSO: a shared object of one page that the kernel gives every process. riscv64 has no
 * SA_RESTORER, so a signal handler returns to its `__vdso_rt_sigreturn`; C libraries look up the
 * others by AT_SYSINFO_EHDR. Each is its system call: time is exact under the virtual clock.
 * Layers: `functions` → sections (vdso-sections.ts) → their places → headers around them.
 */
import {
  ELF_HEADER_BYTES,
  ELF_PROGRAM_HEADER_BYTES,
  ELFCLASS64,
  ELFDATA2LSB,
  EM_RISCV,
  ET_DYN,
  EV_CURRENT,
  PF_R,
  PF_X,
  PT_DYNAMIC,
  PT_LOAD,
} from "../abi/elf.js";
import { encode, toBytes } from "../machine/isa/encode.js";
import { SECTION, type Section, vdsoSections } from "./vdso-sections.js";
import { Bytes, stringTable } from "./vdso-tables.js";

export interface Vdso {
  /** The image, position-independent, to be mapped read and execute: a multiple of 4096 bytes. */
  readonly bytes: Uint8Array;
  /** Offset of __vdso_rt_sigreturn in it. */
  readonly signalReturnOffset: number;
}

const PAGE_BYTES = 4096;
const FUNCTION_BYTES = 16;
const SECTION_HEADER_BYTES = 64;
const REGISTER_A7 = 17;
/** EF_RISCV_FLOAT_ABI_DOUBLE (psABI, "File Header"). */
const ELF_FLAGS = 4;
const PROGRAM_HEADERS = 2;
const ALIGNMENT_BYTES = 16;

/** Names, and the numbers of the system calls that they make (asm-generic/unistd.h). */
const functions: readonly (readonly [name: string, callNumber: number])[] = Object.freeze([
  ["__vdso_rt_sigreturn", 139] as const,
  ["__vdso_clock_gettime", 113] as const,
  ["__vdso_gettimeofday", 169] as const,
  ["__vdso_clock_getres", 114] as const,
  ["__vdso_getcpu", 168] as const,
  ["__vdso_flush_icache", 259] as const,
]);

/** Each function: `li a7, number; ecall; ret`; unwinders know rt_sigreturn by two words. */
function code(): Uint8Array {
  const bytes = new Uint8Array(functions.length * FUNCTION_BYTES);
  functions.forEach(([, callNumber], index) => {
    const words = [
      encode("addi", { rd: REGISTER_A7, rs1: 0, imm: callNumber }),
      encode("ecall"),
      encode("jalr", { rd: 0, rs1: 1, imm: 0 }),
    ];
    bytes.set(toBytes(words), index * FUNCTION_BYTES);
  });
  return bytes;
}

/** Where each section of these lengths begins, by number (0: none), and where the last one ends. */
function place(lengthsBytes: readonly number[]): { places: number[]; end: number } {
  const places = [0];
  let end = ELF_HEADER_BYTES + PROGRAM_HEADERS * ELF_PROGRAM_HEADER_BYTES;
  for (const length of lengthsBytes) {
    places.push(end);
    end = Math.ceil((end + length) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  }
  return { places, end };
}

function fileHeader(entry: number, sectionHeadersOffset: number, sections: number): Bytes {
  const bytes = new Bytes().put(1, 0x7f, 0x45, 0x4c, 0x46);
  bytes.put(1, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, 0).put(8, 0);
  bytes.put(2, ET_DYN, EM_RISCV).put(4, EV_CURRENT);
  bytes.put(8, entry, ELF_HEADER_BYTES, sectionHeadersOffset).put(4, ELF_FLAGS);
  bytes.put(2, ELF_HEADER_BYTES, ELF_PROGRAM_HEADER_BYTES, PROGRAM_HEADERS);
  return bytes.put(2, SECTION_HEADER_BYTES, sections, SECTION.names);
}

function putProgramHeader(
  bytes: Bytes,
  type: number,
  flags: number,
  offset: number,
  lengthBytes: number,
  alignment: number,
): void {
  bytes.put(4, type, flags);
  bytes.put(8, offset, offset, offset, lengthBytes, lengthBytes, alignment);
}

function sectionHeaders(sections: readonly Section[], places: readonly number[]): Uint8Array {
  const names = stringTable(sections.map(({ name }) => name));
  const bytes = new Bytes().put(8, ...new Array<number>(SECTION_HEADER_BYTES / 8).fill(0));
  sections.forEach((section, index) => {
    const offset = places[index + 1] as number;
    bytes.put(4, names.offset(section.name), section.type).put(8, section.flags);
    bytes.put(8, section.flags === 0 ? 0 : offset, offset, section.bytes.length);
    bytes.put(4, section.link, section.info).put(8, ALIGNMENT_BYTES, section.entryBytes);
  });
  return bytes.take();
}

/**
 * The vDSO's image, the same at every call.
 * @throws never: all of it is fixed
 */
export function createVdso(): Vdso {
  const names = functions.map(([name]) => name);
  const text = code();
  const lengths = vdsoSections(names, text, []).map(({ bytes }) => bytes.length);
  const { places, end } = place(lengths);
  const sections = vdsoSections(names, text, places);
  const headers = sectionHeaders(sections, places);
  const textAt = places[SECTION.text] as number;
  const dynamicAt = places[SECTION.dynamic] as number;
  const front = fileHeader(textAt, end, sections.length + 1);
  const total = Math.ceil((end + headers.length) / PAGE_BYTES) * PAGE_BYTES;
  putProgramHeader(front, PT_LOAD, PF_R | PF_X, 0, total, PAGE_BYTES);
  const dynamicBytes = lengths[SECTION.dynamic - 1] as number;
  putProgramHeader(front, PT_DYNAMIC, PF_R, dynamicAt, dynamicBytes, 8);
  const bytes = new Uint8Array(total);
  bytes.set(front.take());
  sections.forEach((section, index) => {
    bytes.set(section.bytes, places[index + 1] as number);
  });
  bytes.set(headers, end);
  return { bytes, signalReturnOffset: textAt };
}
