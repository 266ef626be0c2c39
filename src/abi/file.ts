/**
 * Files of Linux/riscv64: numbers (include/uapi/asm-generic/fcntl.h, linux/stat.h, linux/fs.h) and
 * the layouts of struct stat, statfs and linux_dirent64 (asm-generic/stat.h, statfs.h;
 * linux/dirent.h). Numbers only.
 */

/** Flags of open(2). */
export const O_ACCMODE = 3;
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DSYNC = 0o10000;
export const O_ASYNC = 0o20000;
export const O_DIRECT = 0o40000;
export const O_LARGEFILE = 0o100000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
export const O_SYNC = 0o4010000;
export const O_PATH = 0o10000000;
export const O_TMPFILE = 0o20200000;

/** st_mode. */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IXGRP = 0o010;

/** struct open_how of openat2(2): flags, mode, resolve, each u64. */
export const OPEN_HOW_BYTES = 24;
export const RESOLVE_NO_XDEV = 1;
export const RESOLVE_NO_MAGICLINKS = 2;
export const RESOLVE_NO_SYMLINKS = 4;
export const RESOLVE_BENEATH = 8;
export const RESOLVE_IN_ROOT = 16;
export const RESOLVE_CACHED = 32;

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** unlinkat's and faccessat's flag have the same number. */
export const AT_REMOVEDIR = 0x200;
export const AT_EACCESS = 0x200;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;

/** access(2). */
export const R_OK = 4;
export const W_OK = 2;
export const X_OK = 1;

/** Commands of fcntl(2). */
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETLKW = 7;
export const F_SETOWN = 8;
export const F_GETOWN = 9;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_OFD_SETLKW = 38;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;
export const FD_CLOEXEC = 1;
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;
/** struct flock: l_type i16, l_whence i16, l_start i64 at 8, l_len i64 at 16, l_pid i32 at 24. */
export const FLOCK_BYTES = 32;
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
export const RENAME_WHITEOUT = 4;

/** d_type of a directory entry is the type of st_mode, shifted. */
export const DT_SHIFT = 12;
/** linux_dirent64: d_ino u64, d_off i64, d_reclen u16, d_type u8, d_name with its NUL. */
export const DIRENT_NAME_OFFSET = 19;

export const NAME_MAX = 255;
/** With the NUL. */
export const PATH_MAX = 4096;
/** Symbolic links followed in one path (path_resolution(7)). */
export const SYMLINKS_MAX = 40;
export const LINKS_MAX = 65000;
export const PIPE_BUF = 4096;
export const PIPE_BYTES = 65536;
/** Pages of all pipes of one user, beyond which new ones are small (pipe(7)). */
export const PIPE_PAGES_SOFT = 16384;

export const CLONE_FS = 0x200;
export const CLONE_FILES = 0x400;
export const CLOSE_RANGE_UNSHARE = 2;
export const CLOSE_RANGE_CLOEXEC = 4;

/** Resources of getrlimit(2), asm-generic/resource.h. */
export const RLIMIT_FSIZE = 1;
export const RLIMIT_NOFILE = 7;

/** Nanosecond values of utimensat(2). */
export const UTIME_NOW = 0x3fff_ffff;
export const UTIME_OMIT = 0x3fff_fffe;

/** Requests of ioctl(2) on any file. */
export const FIONREAD = 0x541b;
export const FIONBIO = 0x5421;
export const FIONCLEX = 0x5450;
export const FIOCLEX = 0x5451;
export const FIOASYNC = 0x5452;

/** Magic numbers of statfs(2), linux/magic.h. */
export const TMPFS_MAGIC = 0x0102_1994;
export const PROC_SUPER_MAGIC = 0x9fa0;
export const DEVPTS_SUPER_MAGIC = 0x1cd1;
export const PIPEFS_MAGIC = 0x5049_5045;

/** Largest size and offset of a file: what a double holds exactly (docs/design.md 4.7). */
export const OFFSET_MAX = Number.MAX_SAFE_INTEGER;

/** What struct stat tells. */
export interface StatFields {
  readonly device: number;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly userId: number;
  readonly groupId: number;
  /** Of a device node. */
  readonly specialDevice: number;
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly accessSeconds: number;
  readonly accessNanoseconds: number;
  readonly modifySeconds: number;
  readonly modifyNanoseconds: number;
  readonly changeSeconds: number;
  readonly changeNanoseconds: number;
}

/** Stores an integer with |value| ≤ 2^53 as 64 bits, little-endian two's complement. */
export function setInteger64(view: DataView, offset: number, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  view.setUint32(offset, value - high * 2 ** 32, true);
  view.setInt32(offset + 4, high, true);
}

/** @returns the signed 64-bit integer there, rounded if it is beyond 2^53 */
export function getInteger64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

/** What a node itself has of struct stat: the rest is said beside it. */
export type NodeFields = Omit<StatFields, "device" | "specialDevice" | "blocks">;

/** Words of 32 bits of a struct stat (asm-generic/stat.h). */
export const STAT_WORDS = 32;

/** @returns the 128 bytes of a struct stat */
export function encodeStat(fields: StatFields): Uint8Array {
  const words = new Int32Array(STAT_WORDS);
  const { device, specialDevice, blocks } = fields;
  fillStat(words, fields, device, specialDevice, blocks);
  return new Uint8Array(words.buffer);
}

/** Puts an integer with |value| ≤ 2^53 into two words. */
function putWords(words: Int32Array, at: number, value: number): void {
  words[at] = value;
  words[at + 1] = Math.floor(value / 2 ** 32);
}

/** Fills a struct stat: every field, so that the words may be used again and again. */
export function fillStat(
  words: Int32Array,
  fields: NodeFields,
  device: number,
  specialDevice: number,
  blocks: number,
): void {
  putWords(words, 0, device);
  putWords(words, 2, fields.inode);
  words[4] = fields.mode;
  words[5] = fields.links;
  words[6] = fields.userId;
  words[7] = fields.groupId;
  putWords(words, 8, specialDevice);
  putWords(words, 12, fields.sizeBytes);
  words[14] = 4096;
  putWords(words, 16, blocks);
  putWords(words, 18, fields.accessSeconds);
  putWords(words, 20, fields.accessNanoseconds);
  putWords(words, 22, fields.modifySeconds);
  putWords(words, 24, fields.modifyNanoseconds);
  putWords(words, 26, fields.changeSeconds);
  putWords(words, 28, fields.changeNanoseconds);
}

/** @returns the 120 bytes of a struct statfs (asm-generic/statfs.h); counts in 4096-byte blocks */
export function encodeStatfs(
  magic: number,
  blocks: number,
  blocksFree: number,
  files: number,
  filesFree: number,
): Uint8Array {
  const bytes = new Uint8Array(120);
  const view = new DataView(bytes.buffer);
  setInteger64(view, 0, magic);
  setInteger64(view, 8, 4096);
  setInteger64(view, 16, blocks);
  setInteger64(view, 24, blocksFree);
  setInteger64(view, 32, blocksFree);
  setInteger64(view, 40, files);
  setInteger64(view, 48, filesFree);
  setInteger64(view, 64, NAME_MAX);
  setInteger64(view, 72, 4096);
  return bytes;
}

/**
 * Appends a linux_dirent64 to `bytes`.
 * @param name its bytes as latin1 text
 * @returns the offset behind it, or -1: it does not fit
 */
export function putDirectoryEntry(
  bytes: Uint8Array,
  offset: number,
  inode: number,
  cookie: number,
  type: number,
  name: string,
): number {
  const length = (DIRENT_NAME_OFFSET + name.length + 1 + 7) & ~7;
  if (offset + length > bytes.length) return -1;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length);
  setInteger64(view, 0, inode);
  setInteger64(view, 8, cookie);
  view.setUint16(16, length, true);
  view.setUint8(18, type);
  for (let i = 0; i < name.length; i++) {
    view.setUint8(DIRENT_NAME_OFFSET + i, name.charCodeAt(i));
  }
  view.setUint8(DIRENT_NAME_OFFSET + name.length, 0);
  return offset + length;
}

/** Linux's encoding of a device number (linux/kdev_t.h, new_encode_dev), below 2^32. */
export function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 256 + (minor >>> 8) * 2 ** 20;
}
