/**
 * The file service: names, descriptors, open files, pipes and mounts over file systems. Each
 * operation is a few lines here; the work is in the files that state.ts lists.
 */
import { EBADF, EBUSY, EINVAL } from "../../abi/errno.js";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  FLOCK_BYTES,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from "../../abi/file.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import { inherited } from "../../kernel/methods.js";
import type { Result } from "../../kernel/protocol.js";
import { Texts } from "../../kernel/texts.js";
import type { EventsService } from "../events/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import type { NetworkService } from "../network/protocol.js";
import { type AttributeOperations, attributeOperations } from "./attribute-calls.js";
import { bind } from "./bind.js";
import * as controls from "./control.js";
import { dataOperations } from "./data-calls.js";
import { closeSlot, mayOpen, openFile } from "./descriptors.js";
import * as directories from "./directories.js";
import { eventOperations } from "./event-calls.js";
import { settled } from "./flight.js";
import { notifyOperations } from "./inotify.js";
import { newLatest } from "./latest.js";
import { readlink } from "./link-texts.js";
import { lockRange, lockWhole } from "./locks.js";
import { memoryFileOperations } from "./memory-files.js";
import { mountOperations } from "./mount-calls.js";
import { FIRST_DEVICE } from "./mounts.js";
import { sendfile } from "./move.js";
import * as names from "./names.js";
import { openInto, openPath, openPipe } from "./open.js";
import { currentDirectory } from "./paths.js";
import type { FileService, FileSystemService } from "./protocol.js";
import type { DataOperations } from "./protocol-data.js";
import type { EventOperations } from "./protocol-events.js";
import type { MemoryFileOperations } from "./protocol-memory-files.js";
import type { MountOperations } from "./protocol-mounts.js";
import type { NotifyOperations } from "./protocol-notify.js";
import type { SharingOperations } from "./protocol-sharing.js";
import type { SocketOperations } from "./protocol-sockets.js";
import * as ready from "./ready.js";
import * as renames from "./rename.js";
import * as share from "./share.js";
import { sharingOperations } from "./sharing.js";
import { socketOperations } from "./sockets.js";
import {
  type Core,
  contextOf,
  type FileState,
  fileSystemOf,
  type MountOption,
  tableOf,
} from "./state.js";
import * as transfer from "./transfer.js";
import { EMPTY, FOLLOW } from "./walk.js";

export interface FilesOptions {
  /** Index of the root's file system in `fileSystems`; 0 if absent. */
  readonly root?: number;
  /** Further mounts, parents first. */
  readonly mounts?: readonly MountOption[];
  /** Index of fs-dev, which serves character device nodes of all file systems. */
  readonly devices?: number;
  /** Index of fs-pts, which serves its own device nodes. */
  readonly terminals?: number;
  /** The types that mount(2) takes, with their index in `fileSystems`. */
  readonly types?: readonly (readonly [string, number])[];
  /** Limit of open files in the system. */
  readonly filesMax?: number;
}

export interface FilesServices {
  readonly memory: MemoryService;
  readonly fileSystems: readonly FileSystemService[];
  /** One of the file systems: the one behind the hidden mount "events". */
  readonly events?: EventsService;
  /** One of the file systems: the one behind the hidden mount "socket". */
  readonly network?: NetworkService;
}

const { pathOf } = names;
/** For the longest paths of several walks. */
const PATHS_BYTES = 65536;

/** What the tables of functions make of a core. */
type Groups = AttributeOperations &
  NotifyOperations &
  DataOperations &
  EventOperations &
  MountOperations &
  SharingOperations &
  MemoryFileOperations &
  SocketOperations;

function bindGroups(core: Core): Groups {
  return {
    ...bind<AttributeOperations>(core, attributeOperations),
    ...bind<DataOperations>(core, dataOperations),
    ...bind<NotifyOperations>(core, notifyOperations),
    ...bind<EventOperations>(core, eventOperations),
    ...bind<MountOperations>(core, mountOperations),
    ...bind<SharingOperations>(core, sharingOperations),
    ...bind<MemoryFileOperations>(core, memoryFileOperations),
    ...bind<SocketOperations>(core, socketOperations),
  };
}

/** The file service over its file systems, from the bottom up. */
export function makeFiles(
  kernel: KernelCalls,
  services: FilesServices,
  options: FilesOptions = {},
): FileService & { readonly state: FileState } {
  const files = new Files(kernel, services, options);
  return inherited(Object.assign(files, bindGroups(files.core)));
}

class Files implements Omit<FileService, keyof Groups> {
  readonly state: FileState;
  readonly core: Core;

  constructor(kernel: KernelCalls, services: FilesServices, options: FilesOptions) {
    this.state = {
      nextId: 1,
      tables: new Map(),
      contexts: new Map(),
      places: new Map(),
      files: new Map(),
      pipes: new Map(),
      fifos: new Map(),
      mounts: new Map(),
      instances: new Map(),
      points: new Map(),
      rootMount: -1,
      deviceMount: -1,
      nextMount: 1,
      nextDevice: FIRST_DEVICE,
      epolls: new Map(),
      epollItems: new Map(),
      watched: new Map(),
      flight: { mayHaveCycles: false, nextNumber: 1, files: new Map(), byUser: new Map() },
      boundNodes: new Map(),
      pending: new Map(),
      locks: new Map(),
      lockWaits: new Map(),
      executing: new Map(),
      leases: new Map(),
      notifiers: new Map(),
      noticed: new Map(),
      directorySignals: new Map(),
      nextCookie: 1,
      asynchronous: [],
      socketChanges: new Map(),
      kernelTable: 0,
      kernelContext: 0,
      idleChannel: kernel.newChannel(),
      mapped: new Map(),
      filesMax: options.filesMax ?? 2 ** 20,
    };
    const { memory, fileSystems } = services;
    const types = new Map(options.types ?? []);
    this.core = {
      texts: new Texts(),
      latest: newLatest(),
      paths: { bytes: new Uint8Array(PATHS_BYTES), next: 0 },
      kernel,
      memory,
      fileSystems,
      events: services.events,
      network: services.network,
      state: this.state,
      first: { root: options.root ?? 0, mounts: options.mounts ?? [] },
      types,
      devices: options.devices ?? -1,
      terminals: options.terminals ?? -1,
      processes: types.get("proc") ?? -1,
    };
  }

  event(): Result {
    return 0;
  }

  commit(caller: TaskId, callId: number): Result {
    return share.finish(this.core, caller, callId, true);
  }

  abort(caller: TaskId, callId: number): Result {
    return share.finish(this.core, caller, callId, false);
  }

  open(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
    mode: number,
  ): Result {
    return openPath(this.core, caller, directory, path, pathLength, flags, mode);
  }

  close(caller: TaskId, descriptor: number): Result {
    const table = tableOf(this.core, caller);
    return settled(this.core, caller, closeSlot(this.core, caller, table, descriptor));
  }

  closeRange(caller: TaskId, first: number, last: number, flags: number): Result {
    const done = controls.closeRange(this.core, caller, first, last, flags);
    return settled(this.core, caller, done);
  }

  read(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    offset: number,
  ): Result {
    const done = transfer.read(this.core, caller, descriptor, buffer, lengthBytes, offset);
    return settled(this.core, caller, done);
  }

  write(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    offset: number,
  ): Result {
    const done = transfer.write(this.core, caller, descriptor, buffer, lengthBytes, offset);
    return settled(this.core, caller, done);
  }

  seek(caller: TaskId, descriptor: number, offset: number, whence: number): Result {
    return transfer.seek(this.core, caller, descriptor, offset, whence);
  }

  pipe(caller: TaskId, descriptors: number, flags: number): Result {
    return openPipe(this.core, caller, descriptors, flags);
  }

  duplicate(caller: TaskId, descriptor: number): Result {
    return controls.duplicate(this.core, caller, descriptor, 0, 0);
  }

  duplicateTo(caller: TaskId, from: number, to: number, flags: number): Result {
    return settled(this.core, caller, controls.duplicateTo(this.core, caller, from, to, flags));
  }

  control(caller: TaskId, descriptor: number, command: number, argument: number): Result {
    const done = controls.control(this.core, caller, descriptor, command, argument);
    return settled(this.core, caller, done);
  }

  lock(
    caller: TaskId,
    descriptor: number,
    command: number,
    flock: number,
    lengthBytes: number,
  ): Result {
    const file = openFile(this.core, caller, descriptor);
    if (file === undefined) return -EBADF;
    if (lengthBytes < FLOCK_BYTES) return -EINVAL;
    return lockRange(this.core, caller, file, command, flock);
  }

  flock(caller: TaskId, descriptor: number, how: number): Result {
    const file = openFile(this.core, caller, descriptor);
    return file === undefined ? -EBADF : lockWhole(this.core, caller, file, how);
  }

  ioctl(
    caller: TaskId,
    descriptor: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result {
    const done = controls.ioctl(this.core, caller, descriptor, request, argument, lengthBytes);
    return settled(this.core, caller, done);
  }

  makeDirectory(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    mode: number,
  ): Result {
    return names.makeDirectory(this.core, caller, pathOf(directory, path, pathLength), mode);
  }

  makeNode(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    mode: number,
    device: number,
  ): Result {
    return names.makeNode(this.core, caller, pathOf(directory, path, pathLength), mode, device);
  }

  unlink(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
  ): Result {
    return names.unlink(this.core, caller, pathOf(directory, path, pathLength), flags);
  }

  rename(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    newDirectory: number,
    newPath: number,
    newPathLength: number,
    flags: number,
  ): Result {
    const from = pathOf(directory, path, pathLength);
    const to = pathOf(newDirectory, newPath, newPathLength);
    return renames.rename(this.core, caller, from, to, flags);
  }

  link(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    newDirectory: number,
    newPath: number,
    newPathLength: number,
    flags: number,
  ): Result {
    const from = pathOf(directory, path, pathLength);
    const to = pathOf(newDirectory, newPath, newPathLength);
    return renames.link(this.core, caller, from, to, flags);
  }

  symlink(
    caller: TaskId,
    target: number,
    targetLength: number,
    directory: number,
    path: number,
    pathLength: number,
  ): Result {
    const at = pathOf(directory, path, pathLength);
    return names.symlink(this.core, caller, target, targetLength, at);
  }

  readlink(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    return readlink(this.core, caller, directory, path, pathLength, buffer, lengthBytes);
  }

  readDirectory(caller: TaskId, descriptor: number, buffer: number, lengthBytes: number): Result {
    return transfer.readDirectory(this.core, caller, descriptor, buffer, lengthBytes);
  }

  changeDirectory(caller: TaskId, path: number, pathLength: number, descriptor: number): Result {
    const start = pathLength === 0 && path === 0 ? descriptor : AT_FDCWD;
    return directories.changeDirectory(this.core, caller, pathOf(start, path, pathLength));
  }

  changeRoot(caller: TaskId, path: number, pathLength: number): Result {
    return directories.changeRoot(this.core, caller, pathOf(AT_FDCWD, path, pathLength));
  }

  currentDirectory(caller: TaskId, buffer: number, lengthBytes: number): Result {
    return currentDirectory(this.core, caller, buffer, lengthBytes);
  }

  truncate(
    caller: TaskId,
    path: number,
    pathLength: number,
    descriptor: number,
    sizeBytes: number,
  ): Result {
    return transfer.truncate(this.core, caller, path, pathLength, descriptor, sizeBytes);
  }

  synchronize(caller: TaskId, descriptor: number): Result {
    if (descriptor === -1) return 0;
    const file = openFile(this.core, caller, descriptor);
    if (file === undefined) return -EBADF;
    const type = file.mode & S_IFMT;
    if (file.mount < 0 || (type !== S_IFREG && type !== S_IFDIR)) return -EINVAL;
    return fileSystemOf(this.core, file.mount).synchronize(caller, file.node);
  }

  setUmask(caller: TaskId, mask: number): Result {
    const context = contextOf(this.core, caller);
    const old = context.umask;
    context.umask = mask & 0o777;
    return old;
  }

  poll(
    caller: TaskId,
    descriptors: number,
    lengthBytes: number,
    timeoutNanoseconds: number,
  ): Result {
    return ready.poll(this.core, caller, descriptors, lengthBytes, timeoutNanoseconds);
  }

  select(
    caller: TaskId,
    count: number,
    sets: number,
    lengthBytes: number,
    timeoutNanoseconds: number,
  ): Result {
    return ready.select(this.core, caller, count, sets, lengthBytes, timeoutNanoseconds);
  }

  mapObject(caller: TaskId, descriptor: number, protection: number, flags: number): Result {
    return share.mapObject(this.core, caller, descriptor, protection, flags);
  }

  fork(caller: TaskId, child: TaskId, flags: number): Result {
    return share.fork(this.core, caller, child, flags);
  }

  openForExecute(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
    record: number,
  ): Result {
    const follow = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : FOLLOW;
    const empty = (flags & AT_EMPTY_PATH) !== 0 ? EMPTY : 0;
    const at = pathOf(directory, path, pathLength);
    return share.openForExecute(this.core, caller, at, follow | empty, record);
  }

  executed(caller: TaskId, object: number): Result {
    return settled(this.core, caller, share.executed(this.core, caller, object));
  }

  leave(caller: TaskId): Result {
    return settled(this.core, caller, share.leave(this.core, caller));
  }

  openAt(caller: TaskId, path: number, pathLength: number, flags: number, to: number): Result {
    const { core } = this;
    const full = Math.min(mayOpen(core, caller), controls.checkSlot(core, caller, to));
    if (full < 0) return full;
    if ((tableOf(core, caller).files[to] ?? 0) !== 0) return -EBUSY;
    return openInto(core, caller, path, pathLength, flags, to);
  }

  sendfile(caller: TaskId, to: number, from: number, offset: number, lengthBytes: number): Result {
    return sendfile(this.core, caller, to, from, offset, lengthBytes);
  }
}
