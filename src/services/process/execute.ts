/**
 * execve(2): first the new space is built, which may fail or wait and is undone by the memory
 * service's abort; then the process becomes the program, which can do neither (Linux fs/exec.c).
 */

import {
  AT_BASE,
  AT_CLKTCK,
  AT_EGID,
  AT_ENTRY,
  AT_EUID,
  AT_FLAGS,
  AT_GID,
  AT_HWCAP,
  AT_MINSIGSTKSZ,
  AT_PAGESZ,
  AT_PHDR,
  AT_PHENT,
  AT_PHNUM,
  AT_SECURE,
  AT_SYSINFO_EHDR,
  AT_UID,
  ELF_HEADER_BYTES,
  ELF_PROGRAM_HEADER_BYTES,
  type ElfProgram,
  PF_X,
} from "../../abi/elf.js";
import { E2BIG, EIO, ELIBBAD, ENOENT, ENOEXEC, ENOTDIR } from "../../abi/errno.js";
import { AT_EMPTY_PATH } from "../../abi/file.js";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  PAGE_BYTES,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  USER_ADDRESS_LIMIT,
} from "../../abi/memory.js";
import { CLOCK_TICKS_PER_SECOND, HWCAP_RV64GC } from "../../abi/process.js";
import { SIGCHLD, SIGSEGV } from "../../abi/signal.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import { BLOCKED, RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { CURRENT_DIRECTORY } from "../file/protocol.js";
import { executedCapabilities } from "./capabilities.js";
import { releaseVfork } from "./clone.js";
import type { Context } from "./context.js";
import type { Exits } from "./exit.js";
import type { Limits } from "./limits.js";
import { type Executable, isRefusal, type Loaded, Loader, type Refusal } from "./loader.js";
import { type Layout, publishProgram, setDumpable } from "./published.js";
import { releaseRobust } from "./robust.js";
import type { Signals } from "./signals.js";
import { type BuiltStack, buildStack } from "./stack.js";
import { usageOf } from "./usage.js";

const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o010;
const X_SP = 2;
const REGISTER_PC = 64;
const STACK_RANDOM_PAGES = 2 ** 11;
/** Room below the arguments that is there from the start. */
const STACK_ROOM_BYTES = 131072;
const STATUS_NOT_FOUND = 127;
const STATUS_NOT_EXECUTABLE = 126;

/** What execve(2) was given. */
export interface ExecuteRequest {
  readonly directory: number;
  readonly path: number;
  readonly pathLength: number;
  readonly args: number;
  readonly argsLength: number;
  readonly environment: number;
  readonly environmentLength: number;
  readonly flags: number;
}

/** A program that only has to be put in place. */
interface Prepared {
  readonly executable: Executable;
  readonly entry: number;
  readonly stack: BuiltStack;
  readonly vdsoAddress: number;
  readonly path: Uint8Array;
  readonly layout: Layout;
}

export class Executes {
  private readonly loader: Loader;

  constructor(
    private readonly context: Context,
    private readonly signals: Signals,
    private readonly exits: Exits,
    private readonly limits: Limits,
  ) {
    this.loader = new Loader(context);
  }

  execute(caller: TaskId, request: ExecuteRequest): Result {
    const prepared = this.prepare(caller, request);
    if (!isRefusal(prepared)) return this.commit(caller, prepared);
    const { kernel } = this.context;
    const failed = prepared.refused;
    if (failed === BLOCKED) return failed;
    if (prepared.isFatal === true) {
      // Linux finds this out when the old program is gone already.
      this.exits.exitProcess(caller, SIGSEGV);
      return failed;
    }
    if (kernel.attribute(caller, ATTRIBUTE.space) >= 0) return failed;
    // A program that the host started: there is nothing to go back to.
    const isMissing = failed === -ENOENT || failed === -ENOTDIR;
    const status = isMissing ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
    const process = this.context.state.processes.get(caller);
    if (process !== undefined) process.startError = -failed;
    this.exits.exitProcess(caller, status << 8);
    return failed;
  }

  private bytes(caller: TaskId, address: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    if (lengthBytes > 0) this.context.kernel.copyIn(caller, address, bytes, 0, lengthBytes);
    return bytes;
  }

  private prepare(caller: TaskId, request: ExecuteRequest): Prepared | Refusal {
    const { directory, path, pathLength, flags } = request;
    if (pathLength === 0 && (flags & AT_EMPTY_PATH) === 0) return { refused: -ENOENT };
    const name = nameOf(directory, this.bytes(caller, path, pathLength));
    const found = this.loader.openThroughScripts(caller, request, name);
    if (isRefusal(found)) return found;
    const { executable, prefix } = found;
    const given = this.bytes(caller, request.args, request.argsLength);
    const args = withPrefix(prefix, given);
    const environment = this.bytes(caller, request.environment, request.environmentLength);
    const space = this.context.services.memory.createSpace(caller);
    if (space < 0) return { refused: space };
    const program = this.loader.parse(caller, executable);
    if (isRefusal(program)) return program;
    const linker = this.openInterpreter(caller, executable, program);
    if (linker !== undefined && isRefusal(linker)) return linker;
    const loaded = this.loader.map(caller, space, executable, program, false);
    if (isRefusal(loaded)) return loaded;
    const interpreter =
      linker && this.loader.map(caller, space, linker.executable, linker.program, true);
    if (interpreter !== undefined && isRefusal(interpreter)) return interpreter;
    const { memory } = this.context.services;
    const breakSet = memory.setBreakStart(caller, space, loaded.base + program.endAddress);
    if (breakSet < 0) return { refused: breakSet, isFatal: true };
    const vdsoAddress = memory.mapVdso(caller, space);
    if (vdsoAddress < 0) return { refused: vdsoAddress };
    const stack = buildStack({
      top: USER_ADDRESS_LIMIT - PAGE_BYTES * (1 + this.random(STACK_RANDOM_PAGES)),
      args,
      environment,
      path: name,
      random: this.randomBytes(),
      vector: this.vector(caller, executable, loaded, interpreter, vdsoAddress),
    });
    const failed = this.mapStack(caller, space, stack, program.executableStack);
    if (failed !== 0) return { refused: failed };
    const start = interpreter ?? loaded;
    const entry = start.base + start.program.header.entry;
    const layout = layoutOf(stack, args.length, environment.length, loaded);
    return { executable, entry, stack, vdsoAddress, path: name, layout };
  }

  private random(limit: number): number {
    return (this.context.kernel.randomWord() >>> 0) % limit;
  }

  private randomBytes(): Uint8Array {
    const words = Uint32Array.from({ length: 4 }, () => this.context.kernel.randomWord());
    return new Uint8Array(words.buffer);
  }

  /** A dynamic program's interpreter; undefined: a static program. */
  private openInterpreter(
    caller: TaskId,
    executable: Executable,
    program: ElfProgram,
  ): { executable: Executable; program: ElfProgram } | undefined | Refusal {
    const path = this.loader.interpreterPath(caller, executable, program);
    if (path === undefined) return undefined;
    if (!(path instanceof Uint8Array)) return path;
    const { kernel } = this.context;
    const at = kernel.scratch(caller, path.length);
    kernel.copyOut(caller, at, path, 0, path.length);
    const opened = this.loader.open(caller, CURRENT_DIRECTORY, at, path.length, 0);
    if (isRefusal(opened)) return opened;
    if (opened.sizeBytes < ELF_HEADER_BYTES) return { refused: -EIO };
    const found = this.loader.parse(caller, opened);
    if (!isRefusal(found)) return { executable: opened, program: found };
    return found.refused === -ENOEXEC ? { refused: -ELIBBAD } : found;
  }

  private vector(
    caller: TaskId,
    executable: Executable,
    loaded: Loaded,
    interpreter: Loaded | undefined,
    vdsoAddress: number,
  ): (readonly [number, number])[] {
    const { kernel } = this.context;
    const { program, base } = loaded;
    const ids = this.newIds(caller, executable);
    const isSecure =
      ids.user !== kernel.attribute(caller, ATTRIBUTE.userId) ||
      ids.group !== kernel.attribute(caller, ATTRIBUTE.groupId);
    const vector: (readonly [number, number])[] = [
      [AT_HWCAP, HWCAP_RV64GC],
      [AT_PAGESZ, PAGE_BYTES],
      [AT_CLKTCK, CLOCK_TICKS_PER_SECOND],
      [AT_PHDR, program.programHeadersAddress === 0 ? 0 : base + program.programHeadersAddress],
      [AT_PHENT, ELF_PROGRAM_HEADER_BYTES],
      [AT_PHNUM, program.header.programHeadersCount],
      [AT_BASE, interpreter === undefined ? 0 : interpreter.base],
      [AT_FLAGS, 0],
      [AT_ENTRY, base + program.header.entry],
      [AT_UID, kernel.attribute(caller, ATTRIBUTE.userId)],
      [AT_EUID, ids.user],
      [AT_GID, kernel.attribute(caller, ATTRIBUTE.groupId)],
      [AT_EGID, ids.group],
      [AT_SECURE, isSecure ? 1 : 0],
      [AT_MINSIGSTKSZ, kernel.signalFrameBytes()],
    ];
    if (vdsoAddress !== 0) vector.push([AT_SYSINFO_EHDR, vdsoAddress]);
    return vector;
  }

  private mapStack(caller: TaskId, space: number, stack: BuiltStack, isCode: boolean): Result {
    const { kernel, services } = this.context;
    const end = stack.address + stack.bytes.length;
    const first = Math.floor((stack.address - STACK_ROOM_BYTES) / PAGE_BYTES) * PAGE_BYTES;
    const protection = PROT_READ | PROT_WRITE | (isCode ? PROT_EXEC : 0);
    const how = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN;
    const length = end - first;
    const mapped = services.memory.mapInto(caller, space, first, length, protection, how, -1, 0);
    if (mapped < 0) return mapped;
    for (let done = 0; done < stack.bytes.length; ) {
      const chunk = Math.min(stack.bytes.length - done, RANGE_BYTES_MAX);
      const at = kernel.scratch(caller, chunk);
      if (at < 0) return -E2BIG;
      kernel.copyOut(caller, at, stack.bytes, done, chunk);
      const wrote = services.memory.writeInto(caller, space, stack.address + done, at, chunk);
      if (wrote === BLOCKED || wrote < 0) return wrote === BLOCKED ? BLOCKED : wrote;
      done += chunk;
    }
    return 0;
  }

  /** Effective ids under set-user-ID and set-group-ID bits. */
  private newIds(caller: TaskId, executable: Executable): { user: number; group: number } {
    const { kernel } = this.context;
    const user = kernel.attribute(caller, ATTRIBUTE.effectiveUserId);
    const group = kernel.attribute(caller, ATTRIBUTE.effectiveGroupId);
    if (this.context.own(caller).noNewPrivileges !== 0) return { user, group };
    const { mode } = executable;
    const isGroupSet = (mode & S_ISGID) !== 0 && (mode & S_IXGRP) !== 0;
    return {
      user: (mode & S_ISUID) !== 0 ? executable.userId : user,
      group: isGroupSet ? executable.groupId : group,
    };
  }

  /** The process becomes the program. Nothing here can fail. */
  private commit(caller: TaskId, prepared: Prepared): Result {
    const { kernel, services } = this.context;
    const process = this.context.own(caller);
    for (const id of this.context.threadsOf(process.id)) {
      if (id !== caller) this.exits.endThread(id);
    }
    const task = this.takeLead(caller, process.id);
    // Of the space that goes, the peak stays (Linux: setmax_mm_hiwater_rss).
    const { residentPeakPages } = usageOf(this.context, task);
    const { ownUsage } = process;
    ownUsage.residentPeakPages = Math.max(ownUsage.residentPeakPages, residentPeakPages);
    const ids = this.newIds(task, prepared.executable);
    for (const [attribute, id] of [
      [ATTRIBUTE.effectiveUserId, ids.user],
      [ATTRIBUTE.savedUserId, ids.user],
      [ATTRIBUTE.fileSystemUserId, ids.user],
      [ATTRIBUTE.effectiveGroupId, ids.group],
      [ATTRIBUTE.savedGroupId, ids.group],
      [ATTRIBUTE.fileSystemGroupId, ids.group],
    ] as const) {
      kernel.setAttribute(task, attribute, id);
    }
    const isOwn =
      ids.user === kernel.attribute(task, ATTRIBUTE.userId) &&
      ids.group === kernel.attribute(task, ATTRIBUTE.groupId);
    executedCapabilities(this.context, task, !isOwn);
    if (!isOwn) process.parentDeathSignal = 0;
    process.exitSignal = SIGCHLD;
    this.signals.resetHandlers(process);
    const thread = this.context.thread(task);
    thread.alternateStack = 0;
    thread.alternateBytes = 0;
    thread.alternateFlags = 0;
    thread.clearChildTid = 0;
    releaseRobust(this.context, task);
    services.futex.leave(task);
    thread.robustList = 0;
    services.time.executed(task);
    kernel.setAttribute(task, ATTRIBUTE.barriers, 0);
    process.executed = true;
    process.vdsoAddress = prepared.vdsoAddress;
    setDumpable(this.context, process, isOwn ? 1 : 0);
    const base = prepared.path.subarray(prepared.path.lastIndexOf(0x2f) + 1);
    this.limits.setName(task, base.slice(0, 15));
    publishProgram(this.context, task, prepared.layout, prepared.stack.vector);
    kernel.clearRegisters(task);
    this.context.setRegister(task, X_SP, prepared.stack.address);
    this.context.setRegister(task, REGISTER_PC, prepared.entry);
    services.file.executed(task, prepared.executable.object);
    releaseVfork(this.context, task);
    return 0;
  }

  /** A thread that calls execve takes its leader's place. @returns its id from now on */
  private takeLead(caller: TaskId, leader: number): TaskId {
    if (caller === leader) return caller;
    const { kernel, state } = this.context;
    const thread = this.context.thread(caller);
    kernel.adoptLeader(caller);
    state.threads.delete(caller);
    state.threads.set(leader, { ...thread, id: leader });
    return leader;
  }
}

/** What a program is called that execveat(2) names by a descriptor: a path that leads to it. */
function nameOf(directory: number, path: Uint8Array): Uint8Array {
  if (directory === CURRENT_DIRECTORY) return path;
  const prefix = new TextEncoder().encode(`/dev/fd/${directory}${path.length > 0 ? "/" : ""}`);
  const name = new Uint8Array(prefix.length + path.length);
  name.set(prefix);
  name.set(path, prefix.length);
  return name;
}

/** Where the program's strings and its code came to lie (start_code to end_data of Linux). */
function layoutOf(
  stack: BuiltStack,
  argumentsBytes: number,
  environmentBytes: number,
  loaded: Loaded,
): Layout {
  let codeStart = Number.POSITIVE_INFINITY;
  let codeEnd = 0;
  let dataStart = 0;
  let dataEnd = 0;
  for (const { flags, address, fileBytes } of loaded.program.segments) {
    const start = loaded.base + address;
    dataStart = Math.max(dataStart, start);
    dataEnd = Math.max(dataEnd, start + fileBytes);
    if ((flags & PF_X) === 0) continue;
    codeStart = Math.min(codeStart, start);
    codeEnd = Math.max(codeEnd, start + fileBytes);
  }
  return {
    argumentsStart: stack.argumentsAddress,
    argumentsEnd: stack.argumentsAddress + argumentsBytes,
    environmentStart: stack.environmentAddress,
    environmentEnd: stack.environmentAddress + environmentBytes,
    stackStart: stack.address,
    codeStart: codeEnd === 0 ? 0 : codeStart,
    codeEnd,
    dataStart,
    dataEnd,
  };
}

/** A script's interpreter replaces argv[0]. */
function withPrefix(prefix: Uint8Array, args: Uint8Array): Uint8Array {
  if (prefix.length === 0) return args.length === 0 ? new Uint8Array(1) : args;
  const rest = args.subarray(args.indexOf(0) + 1);
  const joined = new Uint8Array(prefix.length + rest.length);
  joined.set(prefix);
  joined.set(rest, prefix.length);
  return joined;
}
