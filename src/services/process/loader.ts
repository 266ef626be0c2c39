/**
 * Loading programs: from a path to a memory object, through scripts to their interpreter, and the
 * segments of an ELF file into a space that is not in use yet (Linux fs/exec.c, fs/binfmt_elf.c).
 */

import {
  ELF_HEADER_BYTES,
  ELF_PROGRAM_HEADER_BYTES,
  type ElfProgram,
  type ElfSegment,
  ET_DYN,
  isFatalRefusal,
  PF_R,
  PF_W,
  PF_X,
  parseElfHeader,
  parseElfInterpreter,
  parseElfProgram,
} from "../../abi/elf.js";
import {
  EACCES,
  EFAULT,
  EINVAL,
  EIO,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOEXEC,
  ENOMEM,
} from "../../abi/errno.js";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PAGE_BYTES,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from "../../abi/memory.js";
import type { TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { CURRENT_DIRECTORY, EXECUTABLE_BYTES } from "../file/protocol.js";
import type { Context } from "./context.js";
import { EXECUTE_LOST } from "./protocol.js";

/** Bytes of a script's first line that count (BINPRM_BUF_SIZE). */
const SCRIPT_LINE_BYTES = 256;
const SCRIPT_DEPTH_MAX = 5;
/** Where a position-independent program goes: two thirds up, as Linux's ELF_ET_DYN_BASE. */
const PROGRAM_BASE = 0x2a_aaaa_a000;
const RANDOM_PAGES = 2 ** 18;

/** Where a program is: its path in scratch, and what of execveat(2) bears on finding it. */
export interface Place {
  readonly directory: number;
  readonly path: number;
  readonly pathLength: number;
  readonly flags: number;
}

/** An open executable: its memory object and what the file system says of it. */
export interface Executable {
  readonly object: number;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
}

/** What a script adds in front of the arguments. */
export interface Script {
  readonly executable: Executable;
  /** Interpreter, its argument, the script: each with its NUL; empty for a program itself. */
  readonly prefix: Uint8Array;
}

/** Where a program came to lie. */
export interface Loaded {
  readonly program: ElfProgram;
  /** Added to every address of the file. */
  readonly base: number;
}

/** A refusal: -errno or BLOCKED. Fatal: what Linux finds when there is no way back. */
export type Refusal = { readonly refused: Result; readonly isFatal?: boolean };
const refuse = (refused: Result): Refusal => ({ refused });
const refuseFatally = (refused: Result): Refusal => ({ refused, isFatal: true });
/** Whether loading was refused. */
export const isRefusal = (value: object): value is Refusal => "refused" in value;

export class Loader {
  constructor(private readonly context: Context) {}

  /** Opens a path for execution. @param path a scratch range */
  open(
    caller: TaskId,
    directory: number,
    path: number,
    length: number,
    flags: number,
  ): Executable | Refusal {
    const { kernel, services } = this.context;
    const record = kernel.scratch(caller, EXECUTABLE_BYTES);
    const opened = services.file.openForExecute(caller, directory, path, length, flags, record);
    if (opened === BLOCKED || opened < 0) return refuse(opened);
    const bytes = new Uint8Array(EXECUTABLE_BYTES);
    kernel.copyIn(caller, record, bytes, 0, EXECUTABLE_BYTES);
    const view = new DataView(bytes.buffer);
    const word = (index: number): number =>
      view.getUint32(8 * index, true) + view.getUint32(8 * index + 4, true) * 2 ** 32;
    return {
      object: word(0),
      sizeBytes: word(1),
      mode: word(2),
      userId: word(3),
      groupId: word(4),
    };
  }

  /** Opens, and follows `#!` lines to the program that runs. */
  openThroughScripts(caller: TaskId, request: Place, name: Uint8Array): Script | Refusal {
    const { kernel } = this.context;
    const { directory, path, pathLength, flags } = request;
    const walkFlags = flags & ~EXECUTE_LOST;
    let executable = this.open(caller, directory, path, pathLength, walkFlags);
    let script: Uint8Array = name;
    let prefix: Uint8Array = new Uint8Array(0);
    for (let depth = 0; ; depth++) {
      if (isRefusal(executable)) return executable;
      const head = this.read(caller, executable, 0, SCRIPT_LINE_BYTES);
      if (isRefusal(head)) return head;
      if (head[0] !== 0x23 || head[1] !== 0x21) return { executable, prefix };
      if (depth === SCRIPT_DEPTH_MAX) return refuse(-ELOOP);
      if (depth === 0 && (flags & EXECUTE_LOST) !== 0) return refuse(-ENOENT);
      const line = parseScriptLine(head);
      if (line === undefined) return refuse(-ENOEXEC);
      // An empty name is the working directory to it.
      if (line.interpreter.length === 0) return refuse(-EACCES);
      if (line.interpreter.length >= 4096) return refuse(-ENAMETOOLONG);
      const parts = [line.interpreter, ...(line.argument ? [line.argument] : []), script];
      // A script's interpreter may be a script: what was in front stays in front, but for argv[0].
      prefix = joinStrings([...parts, ...(depth === 0 ? [] : splitAfterFirst(prefix))]);
      script = line.interpreter.slice();
      const at = kernel.scratch(caller, script.length);
      kernel.copyOut(caller, at, script, 0, script.length);
      executable = this.open(caller, CURRENT_DIRECTORY, at, script.length, 0);
    }
  }

  /** Reads from an executable; bytes behind its end are not there. */
  read(
    caller: TaskId,
    executable: Executable,
    offset: number,
    lengthBytes: number,
  ): Uint8Array | Refusal {
    const { kernel, services } = this.context;
    const length = Math.max(0, Math.min(lengthBytes, executable.sizeBytes - offset));
    if (length === 0) return new Uint8Array(0);
    const at = kernel.scratch(caller, length);
    const done = services.memory.readObject(caller, executable.object, offset, at, length);
    if (done === BLOCKED || done < 0) return refuse(done);
    if (done < length) return refuse(-EIO);
    const bytes = new Uint8Array(length);
    return kernel.copyIn(caller, at, bytes, 0, length) < 0 ? refuse(-EFAULT) : bytes;
  }

  /** Parses an ELF file. */
  parse(caller: TaskId, executable: Executable): ElfProgram | Refusal {
    const head = this.read(caller, executable, 0, ELF_HEADER_BYTES);
    if (isRefusal(head)) return head;
    const header = parseElfHeader(head);
    if (typeof header === "string") {
      return isFatalRefusal(header) ? refuseFatally(-EINVAL) : refuse(-ENOEXEC);
    }
    const tableBytes = header.programHeadersCount * ELF_PROGRAM_HEADER_BYTES;
    const table = this.read(caller, executable, header.programHeadersOffset, tableBytes);
    if (isRefusal(table)) return table;
    const program = parseElfProgram(header, table, executable.sizeBytes);
    if (typeof program !== "string") return program;
    return isFatalRefusal(program) ? refuseFatally(-EINVAL) : refuse(-ENOEXEC);
  }

  /** The path of a dynamic program's interpreter; undefined: static. */
  interpreterPath(
    caller: TaskId,
    executable: Executable,
    program: ElfProgram,
  ): Uint8Array | undefined | Refusal {
    const { interpreter } = program;
    if (interpreter === undefined) return undefined;
    const bytes = this.read(caller, executable, interpreter.offset, interpreter.fileBytes);
    if (isRefusal(bytes)) return bytes;
    const path = parseElfInterpreter(bytes);
    return typeof path === "string" ? refuse(-ENOEXEC) : path;
  }

  /** Maps a program's segments into a space that is being built. */
  map(
    caller: TaskId,
    space: number,
    executable: Executable,
    program: ElfProgram,
    isInterpreter: boolean,
  ): Loaded | Refusal {
    const { services } = this.context;
    let base = 0;
    if (program.header.type === ET_DYN) {
      const extent = program.endAddress - program.startAddress;
      const hint = isInterpreter ? 0 : this.randomBase(program.alignment);
      const how = MAP_PRIVATE | MAP_ANONYMOUS;
      const at = services.memory.mapInto(caller, space, hint, extent, PROT_NONE, how, -1, 0);
      if (at < 0) return refuseFatally(at);
      base = at - program.startAddress;
    }
    for (const segment of program.loads) {
      const failed = this.mapSegment(caller, space, executable, segment, base);
      if (failed < 0) return refuseFatally(failed);
    }
    return { program, base };
  }

  private randomBase(alignment: number): number {
    const random = (this.context.kernel.randomWord() >>> 0) % RANDOM_PAGES;
    const address = PROGRAM_BASE + random * PAGE_BYTES;
    return address - (address % alignment);
  }

  /** One PT_LOAD: the file's part, the zeros behind it in its last page, anonymous pages. */
  private mapSegment(
    caller: TaskId,
    space: number,
    executable: Executable,
    segment: ElfSegment,
    base: number,
  ): Result {
    const { kernel, services } = this.context;
    const protection =
      ((segment.flags & PF_R) !== 0 ? PROT_READ : 0) |
      ((segment.flags & PF_W) !== 0 ? PROT_WRITE : 0) |
      ((segment.flags & PF_X) !== 0 ? PROT_EXEC : 0);
    const address = base + segment.address;
    const inPage = address % PAGE_BYTES;
    const start = address - inPage;
    const fileEnd = address + segment.fileBytes;
    const filePagesEnd = Math.ceil(fileEnd / PAGE_BYTES) * PAGE_BYTES;
    const end = Math.ceil((address + segment.memoryBytes) / PAGE_BYTES) * PAGE_BYTES;
    let zeroFrom = start;
    if (segment.fileBytes > 0) {
      const mapped = services.memory.mapInto(
        caller,
        space,
        start,
        filePagesEnd - start,
        protection,
        MAP_PRIVATE | MAP_FIXED,
        executable.object,
        segment.offset - inPage,
      );
      if (mapped < 0) return mapped;
      zeroFrom = filePagesEnd;
    }
    if (end > zeroFrom) {
      const how = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS;
      const length = end - zeroFrom;
      const mapped = services.memory.mapInto(
        caller,
        space,
        zeroFrom,
        length,
        protection,
        how,
        -1,
        0,
      );
      if (mapped < 0) return mapped;
    }
    // To the end of the page, also behind the segment: the dynamic linker counts on it.
    const zeros = segment.memoryBytes > segment.fileBytes ? filePagesEnd - fileEnd : 0;
    if (segment.fileBytes === 0 || zeros === 0 || (segment.flags & PF_W) === 0) return 0;
    const at = kernel.scratch(caller, zeros);
    const cleared = services.memory.writeInto(caller, space, fileEnd, at, zeros);
    return cleared === BLOCKED || cleared < 0 ? (cleared === BLOCKED ? -ENOMEM : cleared) : 0;
  }
}

/** `#!` interpreter and one optional argument (execve(2)); undefined: no interpreter named. */
export function parseScriptLine(
  head: Uint8Array,
): { interpreter: Uint8Array; argument: Uint8Array | undefined } | undefined {
  const newline = head.indexOf(10);
  let end = newline < 0 ? head.length : newline;
  const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9;
  let start = 2;
  while (start < end && isBlank(head[start])) start++;
  while (end > start && isBlank(head[end - 1])) end--;
  let stop = start;
  while (stop < end && !isBlank(head[stop]) && head[stop] !== 0) stop++;
  // A file that ends here: Linux's buffer goes on with NULs, so that the name is empty.
  const endsEarly = newline < 0 && head.length < SCRIPT_LINE_BYTES;
  if (stop === start && !endsEarly) return undefined;
  // A path cut off by the end of the buffer is refused; a cut argument is not (Linux).
  if (newline < 0 && stop === SCRIPT_LINE_BYTES) return undefined;
  let rest = stop;
  while (rest < end && isBlank(head[rest])) rest++;
  return {
    interpreter: head.slice(start, stop),
    argument: rest < end ? head.slice(rest, end) : undefined,
  };
}

function joinStrings(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length + 1;
  }
  return bytes;
}

/** The strings of a packed block behind its first. */
function splitAfterFirst(block: Uint8Array): Uint8Array[] {
  const strings: Uint8Array[] = [];
  let start = block.indexOf(0) + 1;
  while (start < block.length) {
    const end = block.indexOf(0, start);
    strings.push(block.subarray(start, end));
    start = end + 1;
  }
  return strings;
}
