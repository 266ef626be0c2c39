/**
 * Mounting on Linux: flags of mount(2) and umount2(2) (include/uapi/linux/mount.h), and those that
 * statfs(2) shows (include/linux/statfs.h). Numbers only.
 */

/** Flags of mount(2). */
export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_SYNCHRONOUS = 16;
export const MS_REMOUNT = 32;
export const MS_MANDLOCK = 64;
export const MS_DIRSYNC = 128;
export const MS_NOSYMFOLLOW = 256;
export const MS_NOATIME = 1024;
export const MS_NODIRATIME = 2048;
export const MS_BIND = 4096;
export const MS_MOVE = 8192;
export const MS_REC = 16384;
export const MS_SILENT = 32768;
export const MS_UNBINDABLE = 2 ** 17;
export const MS_PRIVATE = 2 ** 18;
export const MS_SLAVE = 2 ** 19;
export const MS_SHARED = 2 ** 20;
export const MS_RELATIME = 2 ** 21;
export const MS_STRICTATIME = 2 ** 24;
export const MS_LAZYTIME = 2 ** 25;
/** Kernel's own: refused from user space. */
export const MS_NOUSER = 2 ** 31;
/** What old programs put into the upper half of the flags. */
export const MS_MGC_VAL = 0xc0ed0000;
export const MS_MGC_MSK = 0xffff0000;

/** Flags of umount2(2). */
export const MNT_FORCE = 1;
export const MNT_DETACH = 2;
export const MNT_EXPIRE = 4;
export const UMOUNT_NOFOLLOW = 8;

/** f_flags of statfs(2) that are not numbered as MS_* are. */
export const ST_VALID = 0x20;
export const ST_RELATIME = 0x1000;
export const ST_NOSYMFOLLOW = 0x2000;
/** Offset of f_flags in struct statfs. */
export const STATFS_FLAGS_OFFSET = 80;
