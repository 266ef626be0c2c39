/**
 * Protocols of the file service: of itself (names, descriptors, open files, pipes; a file
 * protocol-*.ts for each further group of its operations, with a range of numbers of its own) and
 * of the file systems below it (protocol-file-system.ts).
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  inputOutput,
  operation,
  output,
  outputOf,
  path,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";
import { DATA_OPERATIONS, type DataOperations } from "./protocol-data.js";
import { DirectoryEntries, entryType } from "./protocol-entries.js";
import { EVENT_OPERATIONS, type EventOperations } from "./protocol-events.js";
import {
  ALWAYS_ATIME,
  type FileSystemService,
  fileSystemProtocol,
  NODE,
  SINGLE,
  STAT_BYTES,
  STATFS_BYTES,
  unsupported,
} from "./protocol-file-system.js";
import { FixedTree } from "./protocol-fixed.js";
import { dropNode, holdNode, moveNode } from "./protocol-held-nodes.js";
import { MEMORY_FILE_OPERATIONS, type MemoryFileOperations } from "./protocol-memory-files.js";
import { MOUNT_OPERATIONS, type MountOperations } from "./protocol-mounts.js";
import { NOTIFY_OPERATIONS, type NotifyOperations } from "./protocol-notify.js";
import { SHARING_OPERATIONS, type SharingOperations } from "./protocol-sharing.js";
import { MESSAGE_RECORD, SOCKET_OPERATIONS, type SocketOperations } from "./protocol-sockets.js";

export type { FileSystemService };
export {
  ALWAYS_ATIME,
  DirectoryEntries,
  dropNode,
  entryType,
  FixedTree,
  fileSystemProtocol,
  holdNode,
  MESSAGE_RECORD,
  moveNode,
  NODE,
  SINGLE,
  STAT_BYTES,
  STATFS_BYTES,
  unsupported,
};

/** A descriptor that names the working directory (AT_FDCWD). */
export const CURRENT_DIRECTORY = -100;

/** Bytes of the record that `openForExecute` fills: five 8-byte little-endian words: memory object,
 * size, mode, owner, group. */
export const EXECUTABLE_BYTES = 40;

/** Paths are (address, length) in scratch, without the NUL; flags are Linux's AT_*, O_*. */
export interface FileService
  extends DataOperations,
    NotifyOperations,
    EventOperations,
    MountOperations,
    SharingOperations,
    MemoryFileOperations,
    SocketOperations {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  commit(caller: TaskId, callId: number): Result;
  abort(caller: TaskId, callId: number): Result;
  open(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
    mode: number,
  ): Result;
  close(caller: TaskId, descriptor: number): Result;
  closeRange(caller: TaskId, first: number, last: number, flags: number): Result;
  /** offset -1: at the file's position. flags: RWF_*. A range of ≤ RANGE_BYTES_MAX. */
  read(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    offset: number,
  ): Result;
  write(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    offset: number,
  ): Result;
  seek(caller: TaskId, descriptor: number, offset: number, whence: number): Result;
  /** Two descriptors as 32-bit words into the range. */
  pipe(caller: TaskId, descriptors: number, flags: number): Result;
  duplicate(caller: TaskId, descriptor: number): Result;
  /** dup3; sameAllowed 1 for what dup2 does with equal descriptors. */
  duplicateTo(caller: TaskId, from: number, to: number, flags: number): Result;
  /** fcntl with a plain word (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETPIPE_SZ, …). */
  control(caller: TaskId, descriptor: number, command: number, argument: number): Result;
  /** fcntl with a struct flock (F_GETLK, F_SETLK, F_SETLKW and OFD variants). */
  lock(
    caller: TaskId,
    descriptor: number,
    command: number,
    flock: number,
    lengthBytes: number,
  ): Result;
  flock(caller: TaskId, descriptor: number, how: number): Result;
  ioctl(
    caller: TaskId,
    descriptor: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result;
  /** fstatat: an empty path with AT_EMPTY_PATH is the descriptor. */
  stat(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    buffer: number,
    flags: number,
  ): Result;
  statfs(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    buffer: number,
    flags: number,
  ): Result;
  access(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    mode: number,
    flags: number,
  ): Result;
  makeDirectory(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    mode: number,
  ): Result;
  makeNode(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    mode: number,
    device: number,
  ): Result;
  unlink(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
  ): Result;
  rename(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    newDirectory: number,
    newPath: number,
    newPathLength: number,
    flags: number,
  ): Result;
  link(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    newDirectory: number,
    newPath: number,
    newPathLength: number,
    flags: number,
  ): Result;
  symlink(
    caller: TaskId,
    target: number,
    targetLength: number,
    directory: number,
    path: number,
    pathLength: number,
  ): Result;
  readlink(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  readDirectory(caller: TaskId, descriptor: number, buffer: number, lengthBytes: number): Result;
  changeDirectory(caller: TaskId, path: number, pathLength: number, descriptor: number): Result;
  changeRoot(caller: TaskId, path: number, pathLength: number): Result;
  /** getcwd: writes the path with its NUL. @returns its length with the NUL, or -ERANGE */
  currentDirectory(caller: TaskId, buffer: number, lengthBytes: number): Result;
  changeMode(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    mode: number,
    flags: number,
  ): Result;
  changeOwner(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    userId: number,
    groupId: number,
    flags: number,
  ): Result;
  /** utimensat: two struct timespec (32 bytes) in the range, address 0: now. */
  changeTimes(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    times: number,
    flags: number,
  ): Result;
  truncate(
    caller: TaskId,
    path: number,
    pathLength: number,
    descriptor: number,
    sizeBytes: number,
  ): Result;
  synchronize(caller: TaskId, descriptor: number): Result;
  setUmask(caller: TaskId, mask: number): Result;
  /** poll(2) and ppoll: `count` struct pollfd in the range; timeoutNanoseconds < 0: none. */
  poll(
    caller: TaskId,
    descriptors: number,
    lengthBytes: number,
    timeoutNanoseconds: number,
  ): Result;
  /** select(2): three bit sets of `setBytes` each, one after the other in the range. */
  select(
    caller: TaskId,
    count: number,
    sets: number,
    lengthBytes: number,
    timeoutNanoseconds: number,
  ): Result;
  /** The memory object behind a descriptor, checked for the wanted protection; for mmap. */
  mapObject(caller: TaskId, descriptor: number, protection: number, flags: number): Result;
  /**
   * fork, clone: gives `child` a copy of descriptor table and context, or shares them (CLONE_FILES,
   * CLONE_FS bits in flags). Undone by abort.
   */
  fork(caller: TaskId, child: TaskId, flags: number): Result;
  /** exec's look at a file: permission to execute checked; fills EXECUTABLE_BYTES. */
  openForExecute(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
    record: number,
  ): Result;
  /** exec's commit: closes close-on-exec descriptors, unshares the table, publishes the path of the
   * program (the memory object that openForExecute gave). Cannot fail. */
  executed(caller: TaskId, object: number): Result;
  /** exit: drops the task's table and context. Cannot fail. */
  leave(caller: TaskId): Result;
  /** Opens a path for a new program's descriptor `to` (boot, start): no permission checks. */
  openAt(caller: TaskId, path: number, pathLength: number, flags: number, to: number): Result;
  sendfile(caller: TaskId, to: number, from: number, offset: number, lengthBytes: number): Result;
}

export const fileProtocol = protocol<FileService>("file", {
  ...DATA_OPERATIONS,
  ...NOTIFY_OPERATIONS,
  ...EVENT_OPERATIONS,
  ...MOUNT_OPERATIONS,
  ...SHARING_OPERATIONS,
  ...MEMORY_FILE_OPERATIONS,
  ...SOCKET_OPERATIONS,
  event: operation(1, "mutation", word, word, word, word),
  commit: operation(2, "mutation", handle),
  abort: operation(3, "mutation", handle),
  open: operation(4, "mutation", handle, path, word, word),
  close: operation(5, "mutation", handle),
  closeRange: operation(6, "mutation", word, word, word),
  read: operation(7, "mutation", handle, output(2), word, word),
  write: operation(8, "mutation", handle, input(2), word, word),
  seek: operation(9, "mutation", handle, word, word),
  pipe: operation(10, "mutation", outputOf(8), word),
  duplicate: operation(11, "mutation", handle),
  duplicateTo: operation(12, "mutation", handle, handle, word),
  control: operation(13, "mutation", handle, word, word),
  lock: operation(14, "mutation", handle, word, inputOutput(3), word),
  flock: operation(15, "mutation", handle, word),
  ioctl: operation(16, "mutation", handle, word, inputOutput(3), word),
  stat: operation(17, "query", handle, path, outputOf(STAT_BYTES), word),
  statfs: operation(18, "query", handle, path, outputOf(STATFS_BYTES), word),
  access: operation(19, "query", handle, path, word, word),
  makeDirectory: operation(20, "mutation", handle, path, word),
  makeNode: operation(21, "mutation", handle, path, word, word),
  unlink: operation(22, "mutation", handle, path, word),
  rename: operation(23, "mutation", handle, path, handle, path, word),
  link: operation(24, "mutation", handle, path, handle, path, word),
  symlink: operation(25, "mutation", path, handle, path),
  readlink: operation(26, "query", handle, path, output(4), word),
  readDirectory: operation(27, "mutation", handle, output(2), word),
  changeDirectory: operation(28, "mutation", path, handle),
  changeRoot: operation(29, "mutation", path),
  currentDirectory: operation(30, "query", output(1), word),
  changeMode: operation(31, "mutation", handle, path, word, word),
  changeOwner: operation(32, "mutation", handle, path, word, word, word),
  changeTimes: operation(33, "mutation", handle, path, { kind: "in", lengthBytes: 32 }, word),
  truncate: operation(34, "mutation", path, handle, word),
  synchronize: operation(35, "mutation", handle),
  setUmask: operation(36, "mutation", word),
  poll: operation(37, "query", inputOutput(1), word, word),
  select: operation(38, "query", word, inputOutput(2), word, word),
  mapObject: operation(39, "query", handle, word, word),
  fork: operation(42, "query", handle, word),
  openForExecute: operation(43, "query", handle, path, word, outputOf(EXECUTABLE_BYTES)),
  executed: operation(44, "mutation", handle),
  leave: operation(45, "mutation"),
  openAt: operation(46, "mutation", path, word, handle),
  sendfile: operation(47, "mutation", handle, handle, word, word),
});
