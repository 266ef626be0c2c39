/**
 * fs-proc: processes and figures of the system as files. Layers: protocol.ts (node numbers) →
 * source.ts → system-text.ts, sysctl.ts, process-text.ts, status-text.ts, process-bytes.ts (the
 * contents) → nodes.ts (the tree), writes.ts → this, the service. A text is made when a file is
 * read from its beginning, and kept for the open file, so that a reader in pieces sees one moment.
 */
import {
  EACCES,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOMEM,
  ENOTDIR,
  ENOTTY,
  EPERM,
  ESRCH,
} from "../../abi/errno.js";
import {
  encodeStat,
  encodeStatfs,
  O_ACCMODE,
  O_RDONLY,
  PROC_SUPER_MAGIC,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../abi/file.js";
import { DEFAULT_POLLMASK } from "../../abi/poll.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { bytesOf, Texts } from "../../kernel/texts.js";
import {
  DirectoryEntries,
  entryType,
  type FileSystemService,
  FixedTree,
  NODE,
} from "../file/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import type { NetworkService } from "../network/protocol.js";
import type { TtyService } from "../tty/protocol.js";
import { pollTable, type Watched } from "./changes.js";
import {
  CHECK_OPEN,
  CHECK_READ,
  isRowOf,
  type Kind,
  kindNamed,
  PROCESS_KINDS,
  SYSTEM_KINDS,
} from "./nodes.js";
import {
  descriptorInfo,
  descriptorInfosOf,
  descriptorLink,
  descriptorsOf,
  infoProcess,
  isThreadNode,
  KIND_DESCRIPTOR_INFOS,
  KIND_DESCRIPTORS,
  KIND_ROOT,
  kindOf,
  linkProcess,
  mayInspect,
  NODES,
  PROC_SET_TEXT,
  THREAD,
  taskOf,
} from "./protocol.js";
import { hasEnded, type Remembered, recordOf, type Source } from "./source.js";
import { write } from "./writes.js";

/** Cookies of processes and threads in a directory begin here; the id follows. */
const COOKIE_TASKS = 1000;
/** The directory that everybody owns as the process does, whether it may be looked at or not. */
const MODE_OPEN_DIRECTORY = S_IFDIR | 0o555;
/** What an open file has of text without a charge; instructions charged for each byte made. */
const TEXT_FREE_BYTES = 4096;
const CHARGE_TEXT_BYTE = 4;
/** Longest text that can be written. */
const WRITE_BYTES_MAX = 4096;

/** Rows that this file treats in a way of their own. */
const KIND = Object.freeze({
  self: kindNamed(SYSTEM_KINDS, "self"),
  threadSelf: kindNamed(SYSTEM_KINDS, "thread-self"),
  mounts: kindNamed(SYSTEM_KINDS, "mounts"),
  network: kindNamed(SYSTEM_KINDS, "net"),
  task: kindNamed(PROCESS_KINDS, "task"),
  memory: kindNamed(PROCESS_KINDS, "mem"),
});

interface Opened extends Watched {
  readonly node: number;
  /** When the task was made: its id may have been given to another since. */
  readonly startNanoseconds: number;
  /** The job that is charged for the text, and for how much. */
  job: number;
  heldBytes: number;
  /** Made at the first read, and again at each read from the beginning. */
  text: Uint8Array | undefined;
}

export interface ProcState extends Remembered {
  readonly opened: Map<number, Opened>;
  nextHandle: number;
}

/** Services below. */
export interface ProcServices {
  readonly memory: MemoryService;
  readonly tty: TtyService;
  readonly network: NetworkService;
}

/** The row of the table for a node; a descriptor's has none. */
function rowOf(node: number): Kind | undefined {
  const kinds = taskOf(node) === 0 ? SYSTEM_KINDS : PROCESS_KINDS;
  return kinds.find(({ kind }) => kind === kindOf(node));
}

export class ProcFileSystem extends FixedTree implements FileSystemService {
  readonly state: ProcState;
  private readonly source: Source;
  private readonly texts = new Texts();

  constructor(
    private readonly kernel: KernelCalls,
    services: ProcServices,
  ) {
    super();
    this.state = { opened: new Map(), nextHandle: 1, bootId: "" };
    this.source = { kernel, ...services, remembered: this.state };
  }

  event(): Result {
    return 0;
  }

  root(): Result {
    return KIND_ROOT;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    const text = this.texts.read(this.kernel, caller, name, nameLength);
    if (text === "..") return this.parentOf(directory);
    const id = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : -1;
    const task = taskOf(directory);
    if (task === 0) {
      if (directory === KIND_ROOT && id > 0) {
        return this.kernel.exists(id) === 1 ? id * NODES + KIND_ROOT : -ENOENT;
      }
      return this.rowBelow(directory, text);
    }
    if (this.kernel.exists(task) !== 1) return -ESRCH;
    if (descriptorsOf(directory) !== 0) return id < 0 ? -ENOENT : descriptorLink(task, id);
    if (descriptorInfosOf(directory) !== 0) {
      if (!mayInspect(this.kernel, caller, task)) return -EACCES;
      return id < 0 ? -ENOENT : descriptorInfo(task, id);
    }
    if (kindOf(directory) === KIND.task) {
      const isThread = this.kernel.exists(id) === 1 && this.processOf(id) === this.processOf(task);
      return id > 0 && isThread ? id * NODES + THREAD + KIND_ROOT : -ENOENT;
    }
    return this.rowBelow(directory, text);
  }

  private rowBelow(directory: number, name: string): Result {
    const found = this.below(directory).find((row) => row.name === name);
    return found === undefined ? -ENOENT : this.nodeOf(directory, found.kind);
  }

  attribute(caller: TaskId, node: number, which: number): Result {
    switch (which) {
      case NODE.mode:
        return this.modeOf(node);
      case NODE.userId: {
        // A process sees its own descriptors, also when its files are the superuser's.
        const isOwn = descriptorsOf(node) !== 0 && this.processOf(caller) === taskOf(node);
        if (isOwn) return this.kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
        return this.ownerOf(node, ATTRIBUTE.effectiveUserId);
      }
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

  statfs(caller: TaskId, _node: number, buffer: number): Result {
    const bytes = encodeStatfs(PROC_SUPER_MAGIC, 0, 0, 0, 0);
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  /** No name can be made: those that do not exist are looked for first. */
  override create(): Result {
    return -ENOENT;
  }

  override symlink(): Result {
    return -ENOENT;
  }

  override link(): Result {
    return -ENOENT;
  }

  override rename(
    caller: TaskId,
    _directory: number,
    _name: number,
    _nameLength: number,
    newDirectory: number,
    newName: number,
    newNameLength: number,
  ): Result {
    return this.lookup(caller, newDirectory, newName, newNameLength) < 0 ? -ENOENT : -EPERM;
  }

  readlink(caller: TaskId, node: number, buffer: number, lengthBytes: number): Result {
    // Where the links of a process lead is the file service's business.
    if (taskOf(node) !== 0) return -EINVAL;
    const process = this.processOf(caller);
    let text: string;
    if (kindOf(node) === KIND.self) text = `${process}`;
    else if (kindOf(node) === KIND.threadSelf) text = `${process}/task/${caller}`;
    else if (kindOf(node) === KIND.mounts) text = "self/mounts";
    else if (kindOf(node) === KIND.network) text = "self/net";
    else return -EINVAL;
    const bytes = bytesOf(text);
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
    const entries = new DirectoryEntries(new Uint8Array(lengthBytes), position);
    entries.add(node, 1, entryType(S_IFDIR), ".");
    let fits = entries.add(this.parentOf(node), 2, entryType(S_IFDIR), "..");
    for (const [index, { kind, name, mode }] of this.below(node).entries()) {
      fits &&= entries.add(this.nodeOf(node, kind), 3 + index, entryType(mode), name);
    }
    const after = Math.max(0, position - COOKIE_TASKS);
    for (let id = this.nextIn(node, after); fits && id > 0; id = this.nextIn(node, id)) {
      const inode = node === KIND_ROOT ? id * NODES + KIND_ROOT : id * NODES + THREAD + KIND_ROOT;
      fits = entries.add(inode, COOKIE_TASKS + id, entryType(S_IFDIR), String(id));
    }
    return entries.copyOut(this.kernel, caller, buffer);
  }

  /**
   * Opens. Files of the system that nothing can be written to can be opened for writing by whoever
   * permissions do not stop, as on Linux; settings cannot.
   */
  open(caller: TaskId, node: number, flags: number): Result {
    const task = taskOf(node);
    if (task !== 0 && this.kernel.exists(task) !== 1) return -ENOENT;
    const row = rowOf(node);
    const isPrivate = row?.check === CHECK_OPEN || kindOf(node) === KIND_DESCRIPTOR_INFOS;
    if (task !== 0 && isPrivate && !mayInspect(this.kernel, caller, task)) return -EACCES;
    if ((flags & O_ACCMODE) !== O_RDONLY) {
      const isFixed = row?.setting !== undefined && row.setting.set === undefined;
      if (isFixed || (task !== 0 && kindOf(node) === KIND.memory)) return -EACCES;
    }
    const startNanoseconds = this.kernel.attribute(task, ATTRIBUTE.startNanoseconds);
    const handle = this.state.nextHandle++;
    const text = row?.record === undefined ? undefined : recordOf(this.kernel, 0, row.record);
    const held = { job: 0, heldBytes: 0 };
    this.state.opened.set(handle, { ...held, node, startNanoseconds, text, toldCall: 0 });
    return handle;
  }

  close(_caller: TaskId, opened: number): Result {
    this.setText(0, this.openedAt(opened), undefined);
    return this.state.opened.delete(opened) ? 0 : -EINVAL;
  }

  /** An open file keeps a text, for which its job is charged. @returns 0 or -ENOMEM */
  private setText(caller: TaskId, file: Opened, text: Uint8Array | undefined): Result {
    const job = caller === 0 ? 0 : this.kernel.attribute(caller, ATTRIBUTE.job);
    const heldBytes = text !== undefined && text.length > TEXT_FREE_BYTES ? text.length : 0;
    if (heldBytes > 0 && this.kernel.mayHold(job, heldBytes, 0) < 0) return -ENOMEM;
    this.kernel.hold(file.job, -file.heldBytes, 0);
    this.kernel.hold(job, heldBytes, 0);
    Object.assign(file, { job, heldBytes, text });
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
    const task = taskOf(node);
    if ((this.modeOf(node) & S_IFMT) === S_IFDIR) return -EISDIR;
    if (!this.isThere(file)) return -ESRCH;
    const row = rowOf(node);
    if (row?.bytes !== undefined) {
      return row.bytes(this.source, caller, task, offset, buffer, lengthBytes);
    }
    if (row?.check === CHECK_READ && !mayInspect(this.kernel, caller, task)) return -EACCES;
    if (row?.text !== undefined && (offset === 0 || file.text === undefined)) {
      const made = row.text(this.source, caller, task, isThreadNode(node));
      const bytes = typeof made === "string" ? bytesOf(made) : made;
      this.kernel.charge(caller, bytes.length * CHARGE_TEXT_BYTE);
      const failed = this.setText(caller, file, bytes);
      if (failed < 0) return failed;
    }
    const { text } = file;
    const length = text === undefined ? 0 : Math.min(lengthBytes, text.length - offset);
    if (text === undefined || length <= 0) return 0;
    const failed = this.kernel.copyOut(caller, buffer, text, offset, length);
    return failed < 0 ? failed : length;
  }

  write(
    caller: TaskId,
    opened: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const file = this.openedAt(opened);
    const { node } = file;
    const row = rowOf(node);
    if (!this.isThere(file)) return -ESRCH;
    if (row === undefined) return -EINVAL;
    // A setting is written at once: what is written behind its beginning is not looked at.
    if (row.setting !== undefined && offset > 0) return lengthBytes;
    const bytes = new Uint8Array(Math.min(lengthBytes, WRITE_BYTES_MAX));
    const failed = this.kernel.copyIn(caller, buffer, bytes, 0, bytes.length);
    if (failed < 0) return failed;
    const done = write(this.source, caller, taskOf(node), row, bytes);
    return done < 0 ? done : lengthBytes;
  }

  /** Sizes are not kept: O_TRUNC, as a shell's ">" has it, means nothing. */
  override truncate(): Result {
    return 0;
  }

  poll(caller: TaskId, opened: number, events: number, register: number): Result {
    const file = this.openedAt(opened);
    const record = rowOf(file.node)?.record;
    if (record !== undefined) {
      const now = recordOf(this.kernel, 0, record);
      return pollTable(this.kernel, caller, file, now, events, register);
    }
    return events & DEFAULT_POLLMASK;
  }

  /** PROC_SET_TEXT: the file service gives the text of one of its own files. */
  ioctl(
    caller: TaskId,
    opened: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result {
    if (request !== PROC_SET_TEXT) return -ENOTTY;
    const text = new Uint8Array(lengthBytes);
    const failed = this.kernel.copyIn(caller, argument, text, 0, lengthBytes);
    if (failed < 0) return failed;
    return this.setText(caller, this.openedAt(opened), text);
  }

  /** Nodes are numbers of nothing that is kept; what has gone cannot be held any more. */
  override retain(_caller: TaskId, node: number): Result {
    const task = taskOf(node);
    return task === 0 || this.kernel.exists(task) === 1 ? 0 : -ESRCH;
  }

  private openedAt(handle: number): Opened {
    const found = this.state.opened.get(handle);
    if (found === undefined) throw new Error(`fs-proc: handle ${handle} is not open`);
    return found;
  }

  /** Whether the task of an open file is still the one that it was opened for. */
  private isThere({ node, startNanoseconds }: Opened): boolean {
    const task = taskOf(node);
    if (task === 0) return true;
    const start = this.kernel.attribute(task, ATTRIBUTE.startNanoseconds);
    return this.kernel.exists(task) === 1 && start === startNanoseconds;
  }

  private processOf(task: TaskId): number {
    return this.kernel.attribute(task, ATTRIBUTE.process);
  }

  private modeOf(node: number): number {
    if (linkProcess(node) !== 0) return S_IFLNK | 0o700;
    if (infoProcess(node) !== 0) return S_IFREG | 0o444;
    return rowOf(node)?.mode ?? 0;
  }

  /** The process's effective id; of what nobody may look into, or has no memory any more, 0. */
  private ownerOf(node: number, attribute: number): number {
    const task = taskOf(node);
    if (task === 0) return 0;
    const isGuarded = this.modeOf(node) !== MODE_OPEN_DIRECTORY;
    const isDumpable = this.kernel.attribute(task, ATTRIBUTE.dumpable) === 1;
    if (isGuarded && (!isDumpable || hasEnded(this.kernel, task))) return 0;
    return this.kernel.attribute(task, attribute);
  }

  /** The fixed entries of a directory. */
  private below(directory: number): readonly Kind[] {
    const own = kindOf(directory);
    if (taskOf(directory) === 0) {
      return SYSTEM_KINDS.filter(({ kind, parent }) => parent === own && kind !== KIND_ROOT);
    }
    const isThread = isThreadNode(directory);
    return PROCESS_KINDS.filter(
      (row) => row.parent === own && row.kind !== KIND_ROOT && isRowOf(row, isThread),
    );
  }

  /** The node of this kind beside or below a node of the same task. */
  private nodeOf(node: number, kind: number): number {
    return taskOf(node) * NODES + (isThreadNode(node) ? THREAD : 0) + kind;
  }

  private parentOf(node: number): number {
    const task = taskOf(node);
    if (linkProcess(node) !== 0) return task * NODES + KIND_DESCRIPTORS;
    if (infoProcess(node) !== 0) return task * NODES + KIND_DESCRIPTOR_INFOS;
    if (task === 0) return rowOf(node)?.parent ?? KIND_ROOT;
    if (kindOf(node) !== KIND_ROOT) return this.nodeOf(node, rowOf(node)?.parent ?? KIND_ROOT);
    if (!isThreadNode(node)) return KIND_ROOT;
    return (this.processOf(task) || task) * NODES + KIND.task;
  }

  /** The next process of the root directory, or thread of a task directory. @returns id or < 0 */
  private nextIn(node: number, after: TaskId): Result {
    const { kernel } = this;
    if (node === KIND_ROOT) {
      let id = kernel.nextTask(after);
      while (id > 0 && this.processOf(id) !== id) id = kernel.nextTask(id);
      return id;
    }
    const task = taskOf(node);
    if (task === 0 || kindOf(node) !== KIND.task) return -ESRCH;
    return kernel.nextThread(this.processOf(task), after);
  }
}
