/** inotify(7): numbers and the layout of struct inotify_event (include/uapi/linux/inotify.h). */

export const IN_ACCESS = 0x1;
export const IN_MODIFY = 0x2;
export const IN_ATTRIB = 0x4;
export const IN_CLOSE_WRITE = 0x8;
export const IN_CLOSE_NOWRITE = 0x10;
export const IN_OPEN = 0x20;
export const IN_MOVED_FROM = 0x40;
export const IN_MOVED_TO = 0x80;
export const IN_CREATE = 0x100;
export const IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_UNMOUNT = 0x2000;
export const IN_Q_OVERFLOW = 0x4000;
export const IN_IGNORED = 0x8000;
/** All events that a watch may ask for. */
export const IN_ALL_EVENTS = 0xfff;
export const IN_ONLYDIR = 0x0100_0000;
export const IN_DONT_FOLLOW = 0x0200_0000;
export const IN_EXCL_UNLINK = 0x0400_0000;
export const IN_MASK_CREATE = 0x1000_0000;
export const IN_MASK_ADD = 0x2000_0000;
export const IN_ISDIR = 0x4000_0000;
export const IN_ONESHOT = 0x8000_0000;

/** Bytes before the name: wd i32, mask u32, cookie u32, len u32. Names fill up to a multiple. */
export const INOTIFY_EVENT_BYTES = 16;
/** Defaults of /proc/sys/fs/inotify. */
export const INOTIFY_EVENTS_MAX = 16384;
export const INOTIFY_WATCHES_MAX = 65536;
export const INOTIFY_INSTANCES_MAX = 128;

/** Events of directories for F_NOTIFY (fcntl(2)). */
export const DN_ACCESS = 0x1;
export const DN_MODIFY = 0x2;
export const DN_CREATE = 0x4;
export const DN_DELETE = 0x8;
export const DN_RENAME = 0x10;
export const DN_ATTRIB = 0x20;
export const DN_MULTISHOT = 0x8000_0000;
