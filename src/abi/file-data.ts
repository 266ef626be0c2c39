/**
 * Numbers of calls on the content and attributes of files that came after POSIX: fallocate,
 * preadv2, splice, statx, extended attributes, inode flags (include/uapi/linux/falloc.h, fs.h,
 * xattr.h, stat.h, splice.h). Numbers only.
 */

/** Modes of fallocate(2). */
export const FALLOC_FL_KEEP_SIZE = 1;
export const FALLOC_FL_PUNCH_HOLE = 2;
export const FALLOC_FL_COLLAPSE_RANGE = 8;
export const FALLOC_FL_ZERO_RANGE = 0x10;
export const FALLOC_FL_INSERT_RANGE = 0x20;
export const FALLOC_FL_UNSHARE_RANGE = 0x40;

/** Flags of setxattr(2), and its limits. */
export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;
export const XATTR_NAME_MAX = 255;
export const XATTR_SIZE_MAX = 65536;
export const XATTR_LIST_MAX = 65536;

/** Flags of preadv2(2) and pwritev2(2). */
export const RWF_HIPRI = 1;
export const RWF_DSYNC = 2;
export const RWF_SYNC = 4;
export const RWF_NOWAIT = 8;
export const RWF_APPEND = 0x10;
export const RWF_NOAPPEND = 0x20;

/** Flags of splice(2), tee(2), vmsplice(2). */
export const SPLICE_F_MOVE = 1;
export const SPLICE_F_NONBLOCK = 2;
export const SPLICE_F_MORE = 4;
export const SPLICE_F_GIFT = 8;

/** Fields of statx(2). */
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;
export const STATX_RESERVED = 0x8000_0000;
export const AT_STATX_SYNC_TYPE = 0x6000;
export const AT_STATX_FORCE_SYNC = 0x2000;
export const AT_STATX_DONT_SYNC = 0x4000;
export const STATX_BYTES = 256;
/** stx_attributes. */
export const STATX_ATTR_IMMUTABLE = 0x10;
export const STATX_ATTR_APPEND = 0x20;
export const STATX_ATTR_NODUMP = 0x40;
export const STATX_ATTR_MOUNT_ROOT = 0x2000;

/** Inode flags of FS_IOC_GETFLAGS. */
export const FS_IMMUTABLE_FL = 0x10;
export const FS_APPEND_FL = 0x20;
export const FS_NODUMP_FL = 0x40;
export const FS_NOATIME_FL = 0x80;
export const FS_IOC_GETFLAGS = 0x8008_6601;
export const FS_IOC_SETFLAGS = 0x4008_6602;
export const FIGETBSZ = 2;

/** sync_file_range(2). */
export const SYNC_FILE_RANGE_ALL = 7;
/** posix_fadvise(2): the highest advice. */
export const POSIX_FADV_NOREUSE = 5;

/** Further commands of fcntl(2). */
export const F_SETSIG = 10;
export const F_GETSIG = 11;
export const F_SETOWN_EX = 15;
export const F_GETOWN_EX = 16;
export const F_OWNER_TID = 0;
export const F_OWNER_PID = 1;
export const F_OWNER_PGRP = 2;
export const F_SETLEASE = 1024;
export const F_GETLEASE = 1025;
export const F_NOTIFY = 1026;
export const F_DUPFD_QUERY = 1027;
export const F_CREATED_QUERY = 1028;

/** What struct statx says beyond struct stat. */
export interface StatxFields {
  readonly mount: number;
  readonly isMountRoot: boolean;
  /** FS_*_FL */
  readonly flags: number;
  /** -1: not asked for, or not known. */
  readonly birthSeconds: number;
  readonly birthNanoseconds: number;
}

/** @returns the 256 bytes of a struct statx, from a struct stat (128 bytes) and what it lacks */
export function encodeStatx(stat: DataView, fields: StatxFields): Uint8Array {
  const bytes = new Uint8Array(STATX_BYTES);
  const view = new DataView(bytes.buffer);
  const copy = (from: number, to: number, lengthBytes: number): void => {
    for (let i = 0; i < lengthBytes; i += 4) {
      view.setUint32(to + i, stat.getUint32(from + i, true), true);
    }
  };
  const hasBirth = fields.birthSeconds >= 0;
  const known = STATX_BASIC_STATS | STATX_MNT_ID | (hasBirth ? STATX_BTIME : 0);
  const attributes = fields.flags & (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL);
  const all = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP | STATX_ATTR_MOUNT_ROOT;
  view.setUint32(0, known, true);
  view.setUint32(4, 4096, true);
  view.setUint32(8, attributes | (fields.isMountRoot ? STATX_ATTR_MOUNT_ROOT : 0), true);
  copy(20, 16, 12);
  view.setUint16(28, stat.getUint32(16, true), true);
  copy(8, 32, 8);
  copy(48, 40, 8);
  copy(64, 48, 8);
  view.setUint32(56, all, true);
  copy(72, 64, 12);
  if (hasBirth) {
    view.setUint32(80, fields.birthSeconds, true);
    view.setUint32(84, Math.floor(fields.birthSeconds / 2 ** 32), true);
    view.setUint32(88, fields.birthNanoseconds, true);
  }
  copy(104, 96, 12);
  copy(88, 112, 12);
  for (const [from, to] of [
    [32, 128],
    [0, 136],
  ] as const) {
    const device = stat.getUint32(from, true);
    view.setUint32(to, (device >>> 8) & 0xfff, true);
    view.setUint32(to + 4, (device & 0xff) | ((device >>> 12) & 0xfff00), true);
  }
  view.setUint32(144, fields.mount, true);
  return bytes;
}
