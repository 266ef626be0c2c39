/**
 * The protocol of the file systems below the file service (`FileSystemService`, which every fs-*
 * folder offers). Others import it from protocol.ts.
 */
import { EINVAL, EOPNOTSUPP } from "../../abi/errno.js";
import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  inputOutput,
  operation,
  output,
  outputOf,
  type Protocol,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

/** Bytes of Linux's struct stat on riscv64. */
export const STAT_BYTES = 128;
/** Bytes of struct statfs. */
export const STATFS_BYTES = 120;

/** Beside O_* for read and readDirectory: every access is noted (mount option strictatime). */
export const ALWAYS_ATIME = 2 ** 30;

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
  birthSeconds: 13,
  birthNanoseconds: 14,
  /** FS_*_FL of FS_IOC_GETFLAGS. */
  flags: 15,
  /** F_SEAL_* (fcntl(2)); only tmpfs has them. */
  seals: 16,
  /** 1: mappings are of a copy; what is written through a shared one would not reach the file. */
  isCopyMapped: 17,
  /** Root directory of the instance that the node is in; below 0: not known. */
  instance: 18,
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
  /** Only `sizeBytes` may answer BLOCKED. */
  attribute(caller: TaskId, node: number, which: number): Result;
  /** changeSeconds with -1: the time of change is now; accessNanoseconds with -1: it was read now,
   * as relatime has it. */
  setAttribute(caller: TaskId, node: number, which: number, value: number): Result;
  /** Fills a struct stat; st_dev is `device`. */
  stat(caller: TaskId, node: number, device: number, buffer: number): Result;
  /** Fills a struct statfs about the instance that the node is in, without f_flags. */
  statfs(caller: TaskId, node: number, buffer: number): Result;
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
   * @param flags O_NOATIME, ALWAYS_ATIME or 0
   * @returns bytes, 0 at the end */
  readDirectory(
    caller: TaskId,
    node: number,
    position: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
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
  /** fallocate(2) of a regular file: mode 0, FALLOC_FL_KEEP_SIZE, or that with PUNCH_HOLE.
   * @returns 0, -ENOSPC, -EOPNOTSUPP */
  allocate(caller: TaskId, node: number, mode: number, offset: number, lengthBytes: number): Result;
  /** lseek's SEEK_DATA and SEEK_HOLE. @returns the position, or -ENXIO */
  findData(caller: TaskId, node: number, offset: number, whence: number): Result;
  /** A regular file without a name (O_TMPFILE), beside `directory`; held by one reference.
   * @param linkable 1: link may name it later */
  createUnnamed(
    caller: TaskId,
    directory: number,
    mode: number,
    userId: number,
    groupId: number,
    linkable: number,
  ): Result;
  /** An extended attribute's value (xattr(7)); names with their prefix. lengthBytes 0: only its
   * length. @returns its length, -ENODATA, -ERANGE, -EOPNOTSUPP: no such kind of names */
  getExtended(
    caller: TaskId,
    node: number,
    name: number,
    nameLength: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** @param flags XATTR_CREATE, XATTR_REPLACE @returns 0, -EEXIST, -ENODATA, -ENOSPC … */
  setExtended(
    caller: TaskId,
    node: number,
    name: number,
    nameLength: number,
    value: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** All names, each with its NUL. @param isPrivileged 1: trusted.* too @returns bytes, -ERANGE */
  listExtended(
    caller: TaskId,
    node: number,
    buffer: number,
    lengthBytes: number,
    isPrivileged: number,
  ): Result;
  removeExtended(caller: TaskId, node: number, name: number, nameLength: number): Result;
  /** Whether there is such a node now (open_by_handle_at). @returns 0, -ESTALE */
  exists(caller: TaskId, node: number): Result;
  /** A new instance, as mount(2) asks for it; a file system that is there once gives what it has.
   * @param options text, "name=value,…" @returns its root directory's node, or -EINVAL */
  mount(caller: TaskId, options: number, optionsLength: number): Result;
  /** Changes the options of an instance. @param root its root @returns 0 or -EINVAL */
  remount(caller: TaskId, root: number, options: number, optionsLength: number): Result;
  /** The last mount of an instance has gone, and nothing in it is in use. Cannot fail. */
  unmount(caller: TaskId, root: number): Result;
  /** The options of an instance as /proc/mounts shows them: "" or ",name=value…". @returns bytes */
  options(caller: TaskId, root: number, buffer: number, lengthBytes: number): Result;
}

/** The answer of a file system that does not have an operation. */
export const unsupported = (): Result => -EOPNOTSUPP;

/** `mount`, `remount`, `unmount` and `options` of a file system that is there once. */
export const SINGLE = Object.freeze({
  remount: (_caller: TaskId, _root: number, _options: number, length: number): Result =>
    length === 0 ? 0 : -EINVAL,
  unmount: (): Result => 0,
  options: (): Result => 0,
});

/** The table of FileSystemService for the fs-* service `name`. */
export function fileSystemProtocol(name: string): Protocol<FileSystemService> {
  return protocol<FileSystemService>(name, {
    event: operation(1, "mutation", word, word, word, word),
    root: operation(2, "query"),
    lookup: operation(3, "query", handle, input(2), word),
    attribute: operation(4, "query", handle, word),
    setAttribute: operation(5, "mutation", handle, word, word),
    stat: operation(6, "query", handle, word, outputOf(STAT_BYTES)),
    statfs: operation(7, "query", handle, outputOf(STATFS_BYTES)),
    create: operation(8, "mutation", handle, input(2), word, word, word, word, word),
    symlink: operation(9, "mutation", handle, input(2), word, input(4), word, word, word),
    link: operation(10, "mutation", handle, input(2), word, handle),
    unlink: operation(11, "mutation", handle, input(2), word, word),
    rename: operation(12, "mutation", handle, input(2), word, handle, input(5), word, word),
    readlink: operation(13, "query", handle, output(2), word),
    readDirectory: operation(14, "query", handle, word, output(3), word, word),
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
    allocate: operation(40, "mutation", handle, word, word, word),
    findData: operation(41, "query", handle, word, word),
    createUnnamed: operation(42, "mutation", handle, word, word, word, word),
    getExtended: operation(43, "query", handle, input(2), word, output(4), word),
    setExtended: operation(44, "mutation", handle, input(2), word, input(4), word, word),
    listExtended: operation(45, "query", handle, output(2), word, word),
    removeExtended: operation(46, "mutation", handle, input(2), word),
    exists: operation(47, "query", handle),
    mount: operation(30, "mutation", input(1), word),
    remount: operation(31, "mutation", handle, input(2), word),
    unmount: operation(32, "mutation", handle),
    options: operation(33, "query", handle, output(2), word),
  });
}
