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
