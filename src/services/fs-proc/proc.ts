/**
 * fs-proc: processes and figures of the system as read-only files. Layers: protocol.ts and nodes.ts
 * (the tree) → text.ts (the contents) → this, the service. A text is made when a file is read from
 * its beginning, and kept for the open file, so that a reader in pieces sees one moment.
 */
import {
  EACCES,
  EINVAL,
  EISDIR,
  ENODEV,
  ENOENT,
  ENOTDIR,
  ENOTTY,
  EPERM,
  ESRCH,
} from "../../abi/errno.js";
import {
  DT_SHIFT,
  encodeStat,
  encodeStatfs,
  O_ACCMODE,
  O_RDONLY,
  PROC_SUPER_MAGIC,
  putDirectoryEntry,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from "../../abi/file.js";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { ATTRIBUTE, type KernelCalls, RECORD, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type FileSystemService, NODE, unsupported } from "../file/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import { type Kind, PROCESS, PROCESS_KINDS, ROOT_KIND, SYSTEM, SYSTEM_KINDS } from "./nodes.js";
import { descriptorLink, descriptorsOf, linkProcess, NODES } from "./protocol.js";
import { processText, programRecord, type Source, systemText } from "./text.js";

/** Kinds of a thread's nodes below /proc/PID/task are those of a process and this. */
const THREAD = 32;
/** Cookies of processes and threads in a directory begin here; the id follows. */
const COOKIE_TASKS = 1000;

export interface ProcOptions {
  /** What uname -r says. */
  readonly release?: string;
}

interface Opened {
  readonly node: number;
  /** Made at the first read, and again at each read from the beginning. */
  text: Uint8Array | undefined;
}

export interface ProcState {
  readonly opened: Map<number, Opened>;
  nextHandle: number;
}

const taskOf = (node: number): number => linkProcess(node) || Math.floor(node / NODES);
const kindOf = (node: number): number => (node % NODES) % THREAD;
const isThreadNode = (node: number): boolean => node % NODES >= THREAD;

/** The row of the table for a node. */
function rowOf(node: number): Kind | undefined {
  const kinds = taskOf(node) === 0 ? SYSTEM_KINDS : PROCESS_KINDS;
  return kinds.find(({ kind }) => kind === kindOf(node));
}

export class ProcFileSystem implements FileSystemService {
  readonly allocate = unsupported;
  readonly findData = unsupported;
  readonly createUnnamed = unsupported;
  readonly getExtended = unsupported;
  readonly setExtended = unsupported;
  readonly listExtended = unsupported;
  readonly removeExtended = unsupported;
  readonly exists = unsupported;
  readonly state: ProcState;
  private readonly source: Source;

  constructor(
    private readonly kernel: KernelCalls,
    private readonly services: { readonly memory: MemoryService },
    options: ProcOptions = {},
  ) {
    this.state = { opened: new Map(), nextHandle: 1 };
    const { memory } = services;
    const { release = "6.12.0-sixfold" } = options;
    this.source = { kernel, memory, release };
  }

  event(): Result {
    return 0;
  }

  root(): Result {
    return SYSTEM.root;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    const bytes = new Uint8Array(nameLength);
    this.kernel.copyIn(caller, name, bytes, 0, nameLength);
    const text = String.fromCharCode(...bytes);
    if (text === "..") return this.parentOf(directory);
    const id = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : -1;
    if (directory === SYSTEM.root && id > 0) {
      return this.kernel.exists(id) === 1 ? id * NODES + ROOT_KIND : -ENOENT;
    }
    const task = taskOf(directory);
    if (task !== 0 && this.kernel.exists(task) !== 1) return -ENOENT;
    if (descriptorsOf(directory) !== 0) return id < 0 ? -ENOENT : descriptorLink(task, id);
    if (task !== 0 && kindOf(directory) === PROCESS.task) {
      const isThread = this.kernel.exists(id) === 1 && this.processOf(id) === this.processOf(task);
      return id > 0 && isThread ? id * NODES + THREAD + ROOT_KIND : -ENOENT;
    }
    const kinds = this.below(directory);
    const found = kinds.find((row) => row.name === text);
    return found === undefined ? -ENOENT : this.nodeOf(directory, found.kind);
  }

  attribute(_caller: TaskId, node: number, which: number): Result {
    switch (which) {
      case NODE.mode:
        return this.modeOf(node);
      case NODE.userId:
        return this.ownerOf(node, ATTRIBUTE.effectiveUserId);
      case NODE.groupId:
        return this.ownerOf(node, ATTRIBUTE.effectiveGroupId);
      case NODE.links:
        return 1;
      case NODE.inode:
        return node;
      case NODE.accessSeconds:
      case NODE.modifySeconds:
      case NODE.changeSeconds:
        return this.kernel.realtimeSeconds();
      default:
        return 0;
    }
  }

  setAttribute(): Result {
    return -EPERM;
  }

  stat(caller: TaskId, node: number, device: number, buffer: number): Result {
    const seconds = this.kernel.realtimeSeconds();
    const bytes = encodeStat({
      device,
      inode: node,
      mode: this.modeOf(node),
      links: 1,
      userId: this.ownerOf(node, ATTRIBUTE.effectiveUserId),
      groupId: this.ownerOf(node, ATTRIBUTE.effectiveGroupId),
      specialDevice: 0,
      sizeBytes: 0,
      blocks: 0,
      accessSeconds: seconds,
      accessNanoseconds: 0,
      modifySeconds: seconds,
      modifyNanoseconds: 0,
      changeSeconds: seconds,
      changeNanoseconds: 0,
    });
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  statfs(caller: TaskId, buffer: number): Result {
    const bytes = encodeStatfs(PROC_SUPER_MAGIC, 0, 0, 0, 0);
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  /** Nothing can be made (Linux: no such name can be), removed or written. */
  create(): Result {
    return -ENOENT;
  }

  symlink(): Result {
    return -ENOENT;
  }

  link(): Result {
    return -ENOENT;
  }

  unlink(): Result {
    return -EPERM;
  }

  rename(): Result {
    return -EPERM;
  }

  readlink(caller: TaskId, node: number, buffer: number, lengthBytes: number): Result {
    const task = taskOf(node);
    let bytes: Uint8Array;
    if (task !== 0) {
      if (kindOf(node) !== PROCESS.exe || linkProcess(node) !== 0) return -EINVAL;
      bytes = programRecord(this.kernel, task, RECORD.executable);
      if (bytes.length === 0) return -ENOENT;
    } else {
      const process = this.processOf(caller);
      const isThread = kindOf(node) === SYSTEM.threadSelf;
      if (!isThread && kindOf(node) !== SYSTEM.self) return -EINVAL;
      bytes = new TextEncoder().encode(isThread ? `${process}/task/${caller}` : `${process}`);
    }
    const length = Math.min(lengthBytes, bytes.length);
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, length);
    return failed < 0 ? failed : length;
  }

  readDirectory(
    caller: TaskId,
    node: number,
    position: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    if ((this.modeOf(node) & S_IFMT) !== S_IFDIR) return -ENOTDIR;
    const task = taskOf(node);
    if (task !== 0 && this.kernel.exists(task) !== 1) return -ENOENT;
    const bytes = new Uint8Array(lengthBytes);
    let end = 0;
    const put = (inode: number, cookie: number, name: string, mode: number): boolean => {
      if (cookie <= position) return true;
      const type = (mode & S_IFMT) >> DT_SHIFT;
      const next = putDirectoryEntry(bytes, end, inode, cookie, type, name);
      if (next < 0) return false;
      end = next;
      return true;
    };
    let fits = put(node, 1, ".", S_IFDIR) && put(this.parentOf(node), 2, "..", S_IFDIR);
    for (const [index, { kind, name, mode }] of this.below(node).entries()) {
      fits &&= put(this.nodeOf(node, kind), 3 + index, name, mode);
    }
    const after = Math.max(0, position - COOKIE_TASKS);
    for (let id = this.nextIn(node, after); fits && id > 0; id = this.nextIn(node, id)) {
      const inode = node === SYSTEM.root ? id * NODES + ROOT_KIND : id * NODES + THREAD + ROOT_KIND;
      fits = put(inode, COOKIE_TASKS + id, String(id), S_IFDIR);
    }
    if (end === 0) return fits ? 0 : -EINVAL;
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, end);
    return failed < 0 ? failed : end;
  }

  open(_caller: TaskId, node: number, flags: number): Result {
    const task = taskOf(node);
    if (task !== 0 && this.kernel.exists(task) !== 1) return -ENOENT;
    if ((flags & O_ACCMODE) !== O_RDONLY) return -EACCES;
    const handle = this.state.nextHandle++;
    this.state.opened.set(handle, { node, text: undefined });
    return handle;
  }

  close(_caller: TaskId, opened: number): Result {
    this.state.opened.delete(opened);
    return 0;
  }

  read(
    caller: TaskId,
    opened: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const file = this.openedAt(opened);
    const { node } = file;
    if ((this.modeOf(node) & S_IFMT) === S_IFDIR) return -EISDIR;
    const task = taskOf(node);
    if (task !== 0) {
      if (this.kernel.exists(task) !== 1) return -ESRCH;
      if (kindOf(node) === PROCESS.maps) {
        return this.services.memory.describeMaps(caller, task, offset, buffer, lengthBytes);
      }
    }
    if (offset === 0 || file.text === undefined) {
      file.text =
        task === 0
          ? systemText(this.source, caller, kindOf(node))
          : processText(this.source, caller, task, kindOf(node), isThreadNode(node));
    }
    const { text } = file;
    if (text === undefined) return -EINVAL;
    const length = Math.max(0, Math.min(lengthBytes, text.length - offset));
    if (length === 0) return 0;
    const failed = this.kernel.copyOut(caller, buffer, text, offset, length);
    return failed < 0 ? failed : length;
  }

  write(): Result {
    return -EACCES;
  }

  truncate(): Result {
    return -EACCES;
  }

  poll(_caller: TaskId, _opened: number, events: number): Result {
    return events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
  }

  ioctl(): Result {
    return -ENOTTY;
  }

  /** Nodes are numbers of nothing that is kept. */
  retain(): Result {
    return 0;
  }

  release(): Result {
    return 0;
  }

  object(): Result {
    return -ENODEV;
  }

  synchronize(): Result {
    return -EINVAL;
  }

  private openedAt(handle: number): Opened {
    const found = this.state.opened.get(handle);
    if (found === undefined) throw new Error(`fs-proc: handle ${handle} is not open`);
    return found;
  }

  private processOf(task: TaskId): number {
    return this.kernel.attribute(task, ATTRIBUTE.process);
  }

  private modeOf(node: number): number {
    if (linkProcess(node) !== 0) return S_IFLNK | 0o700;
    return rowOf(node)?.mode ?? 0;
  }

  private ownerOf(node: number, attribute: number): number {
    const task = taskOf(node);
    return task === 0 ? 0 : this.kernel.attribute(task, attribute);
  }

  /** The fixed entries of a directory. */
  private below(directory: number): readonly Kind[] {
    const own = kindOf(directory);
    const kinds = taskOf(directory) === 0 ? SYSTEM_KINDS : PROCESS_KINDS;
    const inThread = (kind: number): boolean => kind !== PROCESS.task;
    return kinds.filter(
      ({ kind, parent }) =>
        parent === own && kind !== ROOT_KIND && (!isThreadNode(directory) || inThread(kind)),
    );
  }

  /** The node of this kind beside or below a node of the same task. */
  private nodeOf(node: number, kind: number): number {
    // A thread's descriptors are its process's: the same directory.
    const isThread = isThreadNode(node) && kind !== PROCESS.descriptors;
    return taskOf(node) * NODES + (isThread ? THREAD : 0) + kind;
  }

  private parentOf(node: number): number {
    const task = taskOf(node);
    if (task === 0) return rowOf(node)?.parent ?? SYSTEM.root;
    if (linkProcess(node) !== 0) return task * NODES + PROCESS.descriptors;
    if (kindOf(node) !== ROOT_KIND) return this.nodeOf(node, ROOT_KIND);
    if (!isThreadNode(node)) return SYSTEM.root;
    return (this.processOf(task) || task) * NODES + PROCESS.task;
  }

  /** The next process of the root directory, or thread of a task directory. @returns id or < 0 */
  private nextIn(node: number, after: TaskId): Result {
    const { kernel } = this;
    if (node === SYSTEM.root) {
      let id = kernel.nextTask(after);
      while (id > 0 && this.processOf(id) !== id) id = kernel.nextTask(id);
      return id;
    }
    const task = taskOf(node);
    if (task === 0 || kindOf(node) !== PROCESS.task) return -ESRCH;
    return kernel.nextThread(this.processOf(task), after);
  }
}
