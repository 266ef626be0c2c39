/**
 * ELF64 executables for RISC-V (System V ABI, gABI chapters 4 and 5; RISC-V ELF psABI). Parsing
 * with exact validation, no behaviour: bytes in, headers or the reason of refusal out. Every offset
 * is checked before it is used; a file cannot make the parser read outside or loop for long.
 */

export const ELF_HEADER_BYTES = 64;
export const ELF_PROGRAM_HEADER_BYTES = 56;
/** Program headers that Linux takes: at most 64 KiB of them (fs/binfmt_elf.c). */
export const ELF_PROGRAM_HEADERS_MAX = Math.floor(65536 / ELF_PROGRAM_HEADER_BYTES);
/** Bytes of a path in PT_INTERP with its NUL (PATH_MAX). */
export const ELF_INTERPRETER_BYTES_MAX = 4096;

export const ET_EXEC = 2;
export const ET_DYN = 3;
export const EM_RISCV = 243;
export const EV_CURRENT = 1;
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;

export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;
export const PT_NOTE = 4;
export const PT_PHDR = 6;
export const PT_TLS = 7;
export const PT_GNU_EH_FRAME = 0x6474_e550;
export const PT_GNU_STACK = 0x6474_e551;
export const PT_GNU_RELRO = 0x6474_e552;
export const PT_RISCV_ATTRIBUTES = 0x7000_0003;

export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

/** Auxiliary vector (include/uapi/linux/auxvec.h, asm/auxvec.h of riscv). */
export const AT_NULL = 0;
export const AT_PHDR = 3;
export const AT_PHENT = 4;
export const AT_PHNUM = 5;
export const AT_PAGESZ = 6;
export const AT_BASE = 7;
export const AT_FLAGS = 8;
export const AT_ENTRY = 9;
export const AT_UID = 11;
export const AT_EUID = 12;
export const AT_GID = 13;
export const AT_EGID = 14;
export const AT_PLATFORM = 15;
export const AT_HWCAP = 16;
export const AT_CLKTCK = 17;
export const AT_SECURE = 23;
export const AT_RANDOM = 25;
export const AT_HWCAP2 = 26;
export const AT_EXECFN = 31;
export const AT_SYSINFO_EHDR = 33;
export const AT_MINSIGSTKSZ = 51;

/** User addresses are below this (Sv39). */
const ADDRESS_LIMIT = 2 ** 38;
const PAGE_BYTES = 4096;

/** Why a file is not an executable for this machine. */
export type ElfRefusal =
  | "not ELF"
  | "header cut short"
  | "not 64-bit"
  | "not little-endian"
  | "unknown version"
  | "not for RISC-V"
  | "not an executable"
  | "entry outside user memory"
  | "program headers of another size"
  | "no program headers"
  | "too many program headers"
  | "program headers outside the file"
  | "segment longer in the file than in memory"
  | "segment outside the file"
  | "segment outside user memory"
  | "segments not in ascending order"
  | "segment's address and offset differ within a page"
  | "nothing to load"
  | "interpreter path of a bad length"
  | "interpreter path without its end"
  | "more than one interpreter";

/** The reasons that Linux finds only when it maps the segments, behind the point of no return. */
const FATAL: ReadonlySet<ElfRefusal> = new Set<ElfRefusal>([
  "entry outside user memory",
  "segment longer in the file than in memory",
  "segment outside user memory",
  "segments not in ascending order",
  "segment's address and offset differ within a page",
  "nothing to load",
]);

/** Whether execve(2) kills the program for it (SIGSEGV) instead of answering ENOEXEC. */
export function isFatalRefusal(refusal: ElfRefusal): boolean {
  return FATAL.has(refusal);
}

export interface ElfHeader {
  /** ET_EXEC: at its own addresses; ET_DYN: anywhere. */
  readonly type: number;
  readonly entry: number;
  readonly flags: number;
  readonly programHeadersOffset: number;
  readonly programHeadersCount: number;
}

export interface ElfSegment {
  readonly type: number;
  /** PF_R, PF_W, PF_X. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly alignment: number;
}

export interface ElfProgram {
  readonly header: ElfHeader;
  readonly segments: readonly ElfSegment[];
  /** The PT_LOAD segments with a size, ascending by address. */
  readonly loads: readonly ElfSegment[];
  /** Where the interpreter's path is in the file (with its NUL), or undefined: static. */
  readonly interpreter: ElfSegment | undefined;
  /** Lowest address, down to a page, and highest, up to a page, of what is loaded. */
  readonly startAddress: number;
  readonly endAddress: number;
  /** Of the segments the largest alignment that is a power of two, at least a page. */
  readonly alignment: number;
  /** Address of the program headers once loaded (AT_PHDR), 0: not loaded. */
  readonly programHeadersAddress: number;
  /** PT_GNU_STACK asks for an executable stack; without one the stack is not executable. */
  readonly executableStack: boolean;
}

/** A 64-bit value, or Infinity if it is 2^53 or more: every check then refuses it. */
function word64(view: DataView, offset: number): number {
  const value = view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.POSITIVE_INFINITY;
}

/**
 * The ELF header.
 * @param bytes the first ELF_HEADER_BYTES of the file, or all that there are
 * @returns the header, or why it is refused (execve: ENOEXEC)
 */
export function parseElfHeader(bytes: Uint8Array): ElfHeader | ElfRefusal {
  if (bytes.length < 4 || bytes[0] !== 0x7f) return "not ELF";
  if (bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) return "not ELF";
  if (bytes.length < ELF_HEADER_BYTES) return "header cut short";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[4] !== ELFCLASS64) return "not 64-bit";
  if (bytes[5] !== ELFDATA2LSB) return "not little-endian";
  if (bytes[6] !== EV_CURRENT || view.getUint32(20, true) !== EV_CURRENT) return "unknown version";
  if (view.getUint16(18, true) !== EM_RISCV) return "not for RISC-V";
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) return "not an executable";
  const entry = word64(view, 24);
  if (entry >= ADDRESS_LIMIT) return "entry outside user memory";
  if (view.getUint16(54, true) !== ELF_PROGRAM_HEADER_BYTES) {
    return "program headers of another size";
  }
  const count = view.getUint16(56, true);
  if (count === 0) return "no program headers";
  if (count > ELF_PROGRAM_HEADERS_MAX) return "too many program headers";
  const offset = word64(view, 32);
  if (offset === Number.POSITIVE_INFINITY) return "program headers outside the file";
  return {
    type,
    entry,
    flags: view.getUint32(48, true),
    programHeadersOffset: offset,
    programHeadersCount: count,
  };
}

/** @returns the segment of a program header at a byte of `view` */
function parseSegment(view: DataView, offset: number): ElfSegment {
  return {
    type: view.getUint32(offset, true),
    flags: view.getUint32(offset + 4, true),
    offset: word64(view, offset + 8),
    address: word64(view, offset + 16),
    fileBytes: word64(view, offset + 32),
    memoryBytes: word64(view, offset + 40),
    alignment: word64(view, offset + 48),
  };
}

/** Checks one PT_LOAD, also against the one before it. @returns a reason, or undefined */
function refuseLoad(segment: ElfSegment, before: ElfSegment | undefined): ElfRefusal | undefined {
  if (segment.fileBytes > segment.memoryBytes) return "segment longer in the file than in memory";
  // A segment may end behind the file: its pages there are SIGBUS.
  if (!(segment.offset < 2 ** 52)) return "segment outside the file";
  if (!(segment.address + segment.memoryBytes <= ADDRESS_LIMIT)) {
    return "segment outside user memory";
  }
  const isCongruent = segment.address % PAGE_BYTES === segment.offset % PAGE_BYTES;
  if (segment.fileBytes > 0 && !isCongruent) {
    return "segment's address and offset differ within a page";
  }
  if (before !== undefined && segment.address < before.address + before.memoryBytes) {
    return "segments not in ascending order";
  }
  return undefined;
}

function refuseInterpreter(segment: ElfSegment, fileBytes: number): ElfRefusal | undefined {
  if (segment.fileBytes < 2 || segment.fileBytes > ELF_INTERPRETER_BYTES_MAX) {
    return "interpreter path of a bad length";
  }
  return segment.offset + segment.fileBytes <= fileBytes ? undefined : "segment outside the file";
}

/**
 * The program headers, with what loading needs.
 * @param header of parseElfHeader
 * @param bytes the program headers: programHeadersCount × 56 bytes of the file at
 * programHeadersOffset
 * @param fileBytes size of the file
 * @returns the program, or why it is refused
 */
export function parseElfProgram(
  header: ElfHeader,
  bytes: Uint8Array,
  fileBytes: number,
): ElfProgram | ElfRefusal {
  const tableBytes = header.programHeadersCount * ELF_PROGRAM_HEADER_BYTES;
  if (bytes.length < tableBytes || header.programHeadersOffset + tableBytes > fileBytes) {
    return "program headers outside the file";
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments: ElfSegment[] = [];
  const loads: ElfSegment[] = [];
  let interpreter: ElfSegment | undefined;
  for (let at = 0; at < tableBytes; at += ELF_PROGRAM_HEADER_BYTES) {
    const segment = parseSegment(view, at);
    segments.push(segment);
    let refusal: ElfRefusal | undefined;
    if (segment.type === PT_LOAD && segment.memoryBytes > 0) {
      refusal = refuseLoad(segment, loads[loads.length - 1]);
      loads.push(segment);
    } else if (segment.type === PT_INTERP) {
      if (interpreter !== undefined) return "more than one interpreter";
      refusal = refuseInterpreter(segment, fileBytes);
      interpreter = segment;
    }
    if (refusal !== undefined) return refusal;
  }
  const first = loads[0];
  const last = loads[loads.length - 1];
  if (first === undefined || last === undefined) return "nothing to load";
  return {
    header,
    segments,
    loads,
    interpreter,
    startAddress: first.address - (first.address % PAGE_BYTES),
    endAddress: Math.ceil((last.address + last.memoryBytes) / PAGE_BYTES) * PAGE_BYTES,
    alignment: Math.max(PAGE_BYTES, ...loads.map(alignmentOf)),
    programHeadersAddress: loadedAddress(loads, header.programHeadersOffset, tableBytes),
    executableStack: segments.some(
      ({ type, flags }) => type === PT_GNU_STACK && (flags & PF_X) > 0,
    ),
  };
}

/** A segment's alignment if it is a power of two that leaves room to choose, else 1. */
function alignmentOf({ alignment }: ElfSegment): number {
  const isPower = alignment >= 1 && Number.isInteger(Math.log2(alignment));
  return isPower && alignment <= ADDRESS_LIMIT / 16 ? alignment : 1;
}

/** The address at which a part of the file is in memory, or 0: no segment has all of it. */
function loadedAddress(loads: readonly ElfSegment[], offset: number, lengthBytes: number): number {
  const load = loads.find(
    (segment) =>
      offset >= segment.offset && offset + lengthBytes <= segment.offset + segment.fileBytes,
  );
  return load === undefined ? 0 : offset - load.offset + load.address;
}

/**
 * The interpreter's path.
 * @param bytes the PT_INTERP segment's bytes
 * @returns the path's bytes without the NUL, or why it is refused
 */
export function parseElfInterpreter(bytes: Uint8Array): Uint8Array | ElfRefusal {
  if (bytes.length < 2 || bytes.length > ELF_INTERPRETER_BYTES_MAX) {
    return "interpreter path of a bad length";
  }
  if (bytes[bytes.length - 1] !== 0) return "interpreter path without its end";
  return bytes.subarray(0, bytes.indexOf(0));
}
