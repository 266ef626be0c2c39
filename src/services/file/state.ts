/**
 * What the file service keeps, as plain data, and how its parts get at it. Layers, from below:
 * state → descriptors.ts (tables, open files), permissions.ts, mounts.ts → walk.ts (paths) →
 * pipe.ts, create.ts → open.ts, transfer.ts, names.ts, attributes.ts, ready.ts (poll), locks.ts,
 * share.ts (fork, exec, exit) → files.ts (the service).
 */
import { deviceNumber } from "../../abi/file.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Texts } from "../../kernel/texts.js";
import type { EventsService } from "../events/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import type { NetworkService } from "../network/protocol.js";
import { type LatestOfAll, lookUp } from "./latest.js";
import type { FileSystemService } from "./protocol.js";

/** A descriptor table: shared by the threads of a process (CLONE_FILES). */
export interface DescriptorTable {
  /** Its key; 0 until `addTable`. */
  id: number;
  /** The job that is charged for it, and descriptors that it is charged for. */
  readonly job: number;
  heldSlots: number;
  /** All below are taken. */
  lowestFree: number;
  /** Tasks that use it. */
  references: number;
  /** By descriptor: open file, or 0. */
  readonly files: number[];
  /** By descriptor: FD_CLOEXEC or 0. */
  readonly flags: number[];
}

/** Working directory, root and umask: shared by threads (CLONE_FS). */
export interface Context {
  references: number;
  /** Keys of places. */
  directory: number;
  root: number;
  umask: number;
}

/** A directory that contexts hold: one reference of the file system's node for all of them. */
export interface Place {
  readonly mount: number;
  readonly node: number;
  /** As in OpenFile. */
  directory: number;
  name: string;
  references: number;
}

export const KIND_NODE = 0;
export const KIND_PIPE = 1;
/** O_PATH: names a node, without access to it. */
export const KIND_PATH = 2;

/** A mount that a system begins with. */
export interface MountOption {
  /** Absolute; its parent is "/" or the path of a mount before it. Empty: a hidden mount. */
  readonly path: string;
  /** Index in Core.fileSystems. */
  readonly fileSystem: number;
  /** As in /proc/mounts; absent: by the path, devtmpfs for /dev, proc for /proc, else tmpfs. */
  readonly type?: string;
}

/** An open file description (open(2)): what descriptors share after dup and fork. */
export interface OpenFile {
  readonly id: number;
  /** The job that is charged for it. */
  readonly job: number;
  /** Descriptors that lead here, and calls under way. */
  references: number;
  readonly kind: number;
  /** -1: a pipe without a name. */
  readonly mount: number;
  readonly node: number;
  /** The file system's handle. */
  readonly handle: number;
  readonly pipe: number;
  /** The directory (of the same mount) and the name in it that it was opened under, Latin-1; -1:
   * none. Renames keep it up to date (link-texts.ts). */
  directory: number;
  name: string;
  /** st_mode at open: only the type is used. */
  readonly mode: number;
  /** O_* */
  flags: number;
  position: number;
  /** This open made the file (F_CREATED_QUERY). */
  created: boolean;
  /** Who gets SIGIO (F_SETOWN): a task, a process, or minus a group; 0: nobody. */
  owner: number;
  /** F_OWNER_TID: the owner is one thread. */
  ownerIsThread: boolean;
  /** User ids of who set the owner: the signal is sent as by them. */
  ownerUser: number;
  ownerEffectiveUser: number;
  /** The descriptor that asked for signals, for si_fd. */
  ownerDescriptor: number;
  /** F_SETSIG: instead of SIGIO; 0: SIGIO without details. */
  signal: number;
  /** FIFO opened for reading: its `writerOpens` then, for POLLHUP; -1: of no interest. */
  generation: number;
}

/** A lease on a node (fcntl(2), F_SETLEASE). */
export interface Lease {
  /** Open files that hold it. */
  readonly holders: number[];
  /** F_RDLCK or F_WRLCK. */
  type: number;
  /** While it is broken: what it is to become; else -1. */
  target: number;
  deadline: number;
  readonly channel: number;
}

/** An event for an inotify file: what inotify_event says. */
export interface NotedEvent {
  readonly watch: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
}

/** An inotify file: what it watches, and what it has to tell. */
export interface Notifier {
  /** The job that is charged for it, and for how much. */
  readonly job: number;
  heldBytes: number;
  readonly channel: number;
  nextWatch: number;
  /** By number: the node's key and the events that are wanted. */
  readonly watches: Map<number, { readonly key: string; mask: number }>;
  readonly events: NotedEvent[];
}

/** A page of a pipe's content: bytes [offset, offset + length). */
export interface PipeSlot {
  readonly bytes: Uint8Array;
  offset: number;
  length: number;
  /** A packet (O_DIRECT): read alone, nothing is added to it. */
  readonly packet: boolean;
}

/** A pipe: a queue of pages with two ends. */
export interface Pipe {
  readonly id: number;
  /** The job that is charged for it, and pages that it is charged for. */
  readonly job: number;
  heldPages: number;
  /** In order, the oldest first. */
  readonly slots: PipeSlot[];
  /** Pages to use again. */
  readonly spare: Uint8Array[];
  slotsMax: number;
  /** Bytes in all slots. */
  length: number;
  readers: number;
  writers: number;
  /** How often an end was opened: what a FIFO's open waits for. */
  readerOpens: number;
  writerOpens: number;
  readonly readChannel: number;
  readonly writeChannel: number;
  /** Somebody has polled it: every write is an event then. */
  polled: boolean;
  readonly inode: number;
  readonly userId: number;
  readonly groupId: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  accessSeconds: number;
  accessNanoseconds: number;
  modifySeconds: number;
  modifyNanoseconds: number;
  /** A FIFO's node, which the pipe holds; mount -1: none. */
  readonly mount: number;
  readonly node: number;
}

/** A file system as it was mounted once: what all bind mounts of it share (Linux: superblock). */
export interface Instance {
  /** Minor number of the device 0:N that st_dev shows. */
  readonly id: number;
  /** Index in Core.fileSystems. */
  readonly fileSystem: number;
  /** As mount(2) names it. */
  readonly type: string;
  /** Its root directory. */
  readonly root: number;
  /** MS_RDONLY, MS_SYNCHRONOUS, MS_DIRSYNC, MS_LAZYTIME. */
  flags: number;
  /** Mounts that show it. */
  mounts: number;
}

/** A mount: what is seen in place of a node of its parent mount, and below it. */
export interface Mount {
  readonly id: number;
  readonly instance: number;
  readonly fileSystem: number;
  /** What /proc/mounts names first. */
  readonly source: string;
  /** The node that it shows; of a bind mount any directory or file of the instance. */
  readonly root: number;
  /** Where that was in the instance when it was mounted. */
  readonly rootPath: string;
  /** The mount, and the node of it, that this one covers; -1: the first root, or detached. */
  parent: number;
  point: number;
  /** A file is covered under one of its names only: the directory and the name; else -1, "". */
  pointDirectory: number;
  pointName: string;
  /** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NO*ATIME, … of this mount alone. */
  flags: number;
  /** In the tree of mounts; detached ones live on while they are in use. */
  attached: boolean;
  /** Open files, working and root directories. */
  references: number;
  /** Marked by MNT_EXPIRE and not used since. */
  expiring: boolean;
}

/** What a call under way has done that abort undoes. */
export interface Pending {
  /** fork: the child that has a table and a context already; 0: none. */
  child: TaskId;
  /** exec: memory objects that the call retains. */
  readonly objects: number[];
  /** Place of each object's file, by its index in `objects`. */
  readonly programs: number[];
  /** open of a FIFO: the open file that waits for its peer (0: none), and how often the peer's end
   * had been opened before. */
  file: number;
  peerOpens: number;
}

/** A lock on a range of bytes (fcntl) or a whole file (flock). */
export interface FileLock {
  /** fcntl: the descriptor table; OFD and flock: minus the open file's id. */
  readonly owner: number;
  /** Who made it, for F_GETLK; OFD and flock: -1. */
  readonly process: number;
  readonly exclusive: boolean;
  readonly start: number;
  /** First byte behind it. */
  readonly end: number;
}

/** Locks of one node. */
export interface LockList {
  /** The job that is charged for them. */
  readonly job: number;
  ranges: FileLock[];
  /** flock(2), which does not see fcntl's. */
  whole: FileLock[];
  readonly channel: number;
}

/** An epoll file (epoll(7)), by its open file. */
export interface Epoll {
  /** The channel of its set of watches. */
  readonly set: number;
  /** Tokens of its registrations, by open file and descriptor (watched.ts: itemKey). */
  readonly items: Map<string, number>;
}

/** A registration of an epoll file. */
export interface EpollItem {
  /** The job that is charged for it. */
  readonly job: number;
  /** Open files: the epoll file, and what it watches. */
  readonly epoll: number;
  readonly file: number;
  readonly descriptor: number;
  /** As given: EPOLL*. */
  events: number;
  /** The POLL* of them that count; 0: reported once and not asked for again (EPOLLONESHOT). */
  mask: number;
  /** The program's own data. */
  low: number;
  high: number;
}

/** Open files in messages of sockets (flight.ts). */
export interface Flight {
  /** An open file has lost a reference since sockets that cannot be reached were looked for. */
  mayHaveCycles: boolean;
  nextNumber: number;
  /** By number: the open file, and the user who sent it. */
  readonly files: Map<
    number,
    { readonly file: number; readonly user: number; readonly job: number }
  >;
  /** How many of a user; none: no entry. */
  readonly byUser: Map<number, number>;
}

export interface FileState {
  nextId: number;
  readonly tables: Map<number, DescriptorTable>;
  readonly contexts: Map<number, Context>;
  readonly places: Map<number, Place>;
  readonly files: Map<number, OpenFile>;
  readonly pipes: Map<number, Pipe>;
  /** Pipe of a FIFO in use, by nodeKey. */
  readonly fifos: Map<string, number>;
  /** Empty until the first path is walked (mounts.ts). */
  readonly mounts: Map<number, Mount>;
  readonly instances: Map<number, Instance>;
  /** How many mounts cover nodes of this number, to rule most out fast. */
  readonly points: Map<number, number>;
  /** The mount that is everybody's root unless they have another. */
  rootMount: number;
  /** The mount through which character devices of all file systems are opened; -1: none. */
  deviceMount: number;
  nextMount: number;
  nextDevice: number;
  readonly flight: Flight;
  /** By open file of a socket: the node that it is bound to. */
  readonly boundNodes: Map<number, { readonly mount: number; readonly node: number }>;
  readonly epolls: Map<number, Epoll>;
  /** By token. */
  readonly epollItems: Map<number, EpollItem>;
  /** Tokens of the registrations of an open file; none: no entry. */
  readonly watched: Map<number, Set<number>>;
  readonly pending: Map<number, Pending>;
  readonly locks: Map<string, LockList>;
  /** Processes that wait for a record lock: for whom, and the call that waits. */
  readonly lockWaits: Map<number, { readonly owner: number; readonly call: number }>;
  /** By task: the file whose program it runs, as busy.ts names it. */
  readonly executing: Map<TaskId, string>;
  /** Mapped files by nodeKey: their memory object, and what memory was told of their path. */
  readonly mapped: Map<
    string,
    { readonly object: number; readonly path: string; readonly job: number }
  >;
  /** By nodeKey. */
  readonly leases: Map<string, Lease>;
  /** Inotify files by open file. */
  readonly notifiers: Map<number, Notifier>;
  /** By nodeKey: which open files watch the node, under which of their watches (0: F_NOTIFY). */
  readonly noticed: Map<string, { readonly file: number; readonly watch: number }[]>;
  /** F_NOTIFY: DN_* by open file. */
  readonly directorySignals: Map<number, number>;
  nextCookie: number;
  /** Open files with O_ASYNC, by id. */
  readonly asynchronous: number[];
  /** Of sockets among them: what the network service told when they were last signalled. */
  readonly socketChanges: Map<number, { readonly arrivals: number; readonly rooms: number }>;
  /** Table and context of task 0. */
  kernelTable: number;
  kernelContext: number;
  /** A channel that nobody wakes: for a poll of nothing. */
  readonly idleChannel: number;
  readonly filesMax: number;
}

/**
 * Where walks keep the bytes of their paths, one behind the other and from the beginning again:
 * there is room for all walks of one call.
 */
export interface PathBytes {
  readonly bytes: Uint8Array;
  next: number;
}

/** Descriptors that every table has without a charge. */
export const SLOTS_FREE = 64;

/** What the functions of this folder work on. */
export interface Core {
  readonly latest: LatestOfAll;
  readonly texts: Texts;
  readonly paths: PathBytes;
  readonly kernel: KernelCalls;
  readonly memory: MemoryService;
  readonly fileSystems: readonly FileSystemService[];
  /** The file system of hidden mount "socket", with its own operations; undefined: no sockets. */
  readonly network: NetworkService | undefined;
  /** The file system of hidden mount "events", with its own operations; undefined in unit tests. */
  readonly events: EventsService | undefined;
  readonly state: FileState;
  /** What is mounted before the first path is walked. */
  readonly first: { readonly root: number; readonly mounts: readonly MountOption[] };
  /** Index in fileSystems of each type that mount(2) takes. */
  readonly types: ReadonlyMap<string, number>;
  /** Index of the file system that serves device nodes of all; -1: none. */
  readonly devices: number;
  /** Index of fs-pts, whose nodes are devices of its own; -1: none. */
  readonly terminals: number;
  /** Index of fs-proc, whose descriptor links are this service's; -1: none. */
  readonly processes: number;
}

/** A mount by its id; an unknown one is our bug, as in the next three. */
export const mountOf = (core: Core, id: number): Mount =>
  lookUp(core.latest.mount, core.state.mounts, id, "mount");
/** What a mount shows. */
export const instanceOf = (core: Core, mount: number): Instance =>
  lookUp(core.latest.instance, core.state.instances, mountOf(core, mount).instance, "instance");

/** A node as a key: the same through all mounts, since a file system numbers its nodes once. */
export const nodeKey = (core: Core, mount: number, node: number): string =>
  `${mount < 0 ? -1 : mountOf(core, mount).fileSystem}:${node}`;

/** The file system behind a mount. */
export function fileSystemOf(core: Core, mount: number): FileSystemService {
  const found = core.fileSystems[mountOf(core, mount).fileSystem];
  if (found === undefined) throw new Error(`file: no file system behind mount ${mount}`);
  return found;
}

/** st_dev of a mount's nodes. */
export const deviceOf = (core: Core, mount: number): number =>
  deviceNumber(0, mountOf(core, mount).instance);

/** The open file; an unknown id is our bug, as in the next two. */
export const fileAt = (core: Core, id: number): OpenFile =>
  lookUp(core.latest.file, core.state.files, id, "file");
/** The pipe of this id. */
export const pipeAt = (core: Core, id: number): Pipe =>
  lookUp(core.latest.pipe, core.state.pipes, id, "pipe");
/** The place of this key. */
export const placeAt = (core: Core, id: number): Place =>
  lookUp(core.latest.place, core.state.places, id, "place");

/** The caller's descriptor table; a task without one gets an empty one. */
export function tableOf(core: Core, caller: TaskId): DescriptorTable {
  const { state, kernel } = core;
  const id = caller === 0 ? state.kernelTable : kernel.attribute(caller, ATTRIBUTE.fileTable);
  if (id !== 0) return lookUp(core.latest.table, state.tables, id, "table");
  const job = caller === 0 ? 0 : kernel.attribute(caller, ATTRIBUTE.job);
  const empty = { id: 0, heldSlots: SLOTS_FREE, lowestFree: 0, files: [], flags: [] };
  const table: DescriptorTable = { ...empty, job, references: 1 };
  setTable(core, caller, addTable(core, table));
  return table;
}

/** @returns the key of a new descriptor table */
export function addTable(core: Core, table: DescriptorTable): number {
  const id = core.state.nextId++;
  table.id = id;
  core.state.tables.set(id, table);
  return id;
}

/** Gives a task its descriptor table; 0: none. */
export function setTable(core: Core, caller: TaskId, id: number): void {
  if (caller === 0) core.state.kernelTable = id;
  else core.kernel.setAttribute(caller, ATTRIBUTE.fileTable, id);
}

/** The caller's context; a task without one begins in the root directory, with umask 022. */
export function contextOf(core: Core, caller: TaskId): Context {
  const { state, kernel } = core;
  const id = caller === 0 ? state.kernelContext : kernel.attribute(caller, ATTRIBUTE.fileContext);
  if (id !== 0) return lookUp(core.latest.context, state.contexts, id, "context");
  const context: Context = { references: 1, directory: 0, root: 0, umask: 0o022 };
  setContext(core, caller, addContext(core, context));
  return context;
}

/** @returns the key of a new context */
export function addContext(core: Core, context: Context): number {
  const id = core.state.nextId++;
  core.state.contexts.set(id, context);
  return id;
}

/** Gives a task its context; 0: none. */
export function setContext(core: Core, caller: TaskId, id: number): void {
  if (caller === 0) core.state.kernelContext = id;
  else core.kernel.setAttribute(caller, ATTRIBUTE.fileContext, id);
}

/** The note of what the caller's call has done so far. */
export function pendingOf(core: Core, caller: TaskId): Pending {
  const id = core.kernel.callId(caller);
  let pending = core.state.pending.get(id);
  if (pending === undefined) {
    pending = { child: 0, objects: [], programs: [], file: 0, peerOpens: 0 };
    core.state.pending.set(id, pending);
    core.kernel.participate(caller);
  }
  return pending;
}
