/**
 * Protocols of the file service: of itself (names, descriptors, open files, pipes, mounts) and of
 * the file systems below it (`FileSystemService`, which every fs-* folder offers).
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  inputOutput,
  operation,
  output,
  outputOf,
  type Protocol,
  path,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

/** Bytes of Linux's struct stat on riscv64. */
export const STAT_BYTES = 128;
/** Bytes of struct statfs. */
export const STATFS_BYTES = 120;

/** Attributes of a node, for FileSystemService.attribute and setAttribute. */
export const NODE = Object.freeze({
  /** File type and permission bits, as st_mode. */
  mode: 0,
  userId: 1,
  groupId: 2,
  sizeBytes: 3,
  links: 4,
  /** Linux's encoding of a device number. */
  device: 5,
  accessSeconds: 6,
  accessNanoseconds: 7,
  modifySeconds: 8,
  modifyNanoseconds: 9,
  changeSeconds: 10,
  changeNanoseconds: 11,
  inode: 12,
} as const);

/**
 * A file system. Nodes are numbers; the file service holds references (retain, release) for what
 * is open, a cwd or a mount; a node without links and references is freed. All permission checks
 * are the file service's. Names are at most 255 bytes, without "/" and NUL.
 */
export interface FileSystemService {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** The root directory's node. */
  root(caller: TaskId): Result;
  /**
   * @returns node, or -ENOENT; "." and ".." are the file service's business except that ".."
   * answers the parent
   */
  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result;
  attribute(caller: TaskId, node: number, which: number): Result;
  /** Times of "now" are set by which = changeSeconds with value -1. */
  setAttribute(caller: TaskId, node: number, which: number, value: number): Result;
  /** Fills a struct stat; st_dev is `device`. */
  stat(caller: TaskId, node: number, device: number, buffer: number): Result;
  statfs(caller: TaskId, buffer: number): Result;
  /** Makes a node of any type (mode has the type bits). @returns node, or -EEXIST, -ENOSPC, … */
  create(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    mode: number,
    userId: number,
    groupId: number,
    device: number,
  ): Result;
  symlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    target: number,
    targetLength: number,
    userId: number,
    groupId: number,
  ): Result;
  link(caller: TaskId, directory: number, name: number, nameLength: number, node: number): Result;
  /** isDirectory 1: rmdir (-ENOTDIR, -ENOTEMPTY); 0: unlink (-EISDIR). */
  unlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    isDirectory: number,
  ): Result;
  /** All refusals of rename(2) that concern nodes of this file system. flags: RENAME_*. */
  rename(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    newDirectory: number,
    newName: number,
    newNameLength: number,
    flags: number,
  ): Result;
  readlink(caller: TaskId, node: number, buffer: number, lengthBytes: number): Result;
  /** Fills linux_dirent64 records from `position` (a cookie: d_off of the last record, 0 first).
   * @returns bytes, 0 at the end */
  readDirectory(
    caller: TaskId,
    node: number,
    position: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** Opens; devices with a state per open answer an own handle. @returns handle for read … close */
  open(caller: TaskId, node: number, flags: number): Result;
  close(caller: TaskId, opened: number, flags: number): Result;
  read(
    caller: TaskId,
    opened: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  write(
    caller: TaskId,
    opened: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  truncate(caller: TaskId, node: number, sizeBytes: number): Result;
  /** @param register 1: also block the caller's call on the channels of these events
   * @returns the mask of POLL* events that hold now */
  poll(caller: TaskId, opened: number, events: number, register: number): Result;
  /** ioctl with its argument as range (lengthBytes 0: `argument` is a plain word). */
  ioctl(
    caller: TaskId,
    opened: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result;
  retain(caller: TaskId, node: number): Result;
  release(caller: TaskId, node: number): Result;
  /** The memory object behind a regular file (not retained), for mmap and exec; -ENODEV if none. */
  object(caller: TaskId, node: number): Result;
  synchronize(caller: TaskId, node: number): Result;
}

/** The table of FileSystemService for the fs-* service `name`. */
export function fileSystemProtocol(name: string): Protocol<FileSystemService> {
  return protocol<FileSystemService>(name, {
    event: operation(1, "mutation", word, word, word, word),
    root: operation(2, "query"),
    lookup: operation(3, "query", handle, input(2), word),
    attribute: operation(4, "query", handle, word),
    setAttribute: operation(5, "mutation", handle, word, word),
    stat: operation(6, "query", handle, word, outputOf(STAT_BYTES)),
    statfs: operation(7, "query", outputOf(STATFS_BYTES)),
    create: operation(8, "mutation", handle, input(2), word, word, word, word, word),
    symlink: operation(9, "mutation", handle, input(2), word, input(4), word, word, word),
    link: operation(10, "mutation", handle, input(2), word, handle),
    unlink: operation(11, "mutation", handle, input(2), word, word),
    rename: operation(12, "mutation", handle, input(2), word, handle, input(5), word, word),
    readlink: operation(13, "query", handle, output(2), word),
    readDirectory: operation(14, "query", handle, word, output(3), word),
    open: operation(15, "mutation", handle, word),
    close: operation(16, "mutation", handle, word),
    read: operation(17, "mutation", handle, word, output(3), word, word),
    write: operation(18, "mutation", handle, word, input(3), word, word),
    truncate: operation(19, "mutation", handle, word),
    poll: operation(20, "query", handle, word, word),
    ioctl: operation(21, "mutation", handle, word, inputOutput(3), word),
    retain: operation(22, "mutation", handle),
    release: operation(23, "mutation", handle),
    object: operation(24, "query", handle),
    synchronize: operation(25, "mutation", handle),
  });
}

/** A descriptor that names the working directory (AT_FDCWD). */
export const CURRENT_DIRECTORY = -100;

/** Bytes of the record that `openForExecute` fills: five 8-byte little-endian words: memory object,
 * size, mode, owner, group. */
export const EXECUTABLE_BYTES = 40;

/** Paths are (address, length) in scratch, without the NUL; flags are Linux's AT_*, O_*. */
export interface FileService {
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
  mount(
    caller: TaskId,
    type: number,
    typeLength: number,
    path: number,
    pathLength: number,
    flags: number,
  ): Result;
  unmount(caller: TaskId, path: number, pathLength: number, flags: number): Result;
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
  mount: operation(40, "mutation", path, path, word),
  unmount: operation(41, "mutation", path, word),
  fork: operation(42, "query", handle, word),
  openForExecute: operation(43, "query", handle, path, word, outputOf(EXECUTABLE_BYTES)),
  executed: operation(44, "mutation", handle),
  leave: operation(45, "mutation"),
  openAt: operation(46, "mutation", path, word, handle),
  sendfile: operation(47, "mutation", handle, handle, word, word),
});
