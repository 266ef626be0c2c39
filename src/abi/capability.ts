/**
 * Capabilities of Linux (include/uapi/linux/capability.h, securebits.h; capabilities(7)). A set is
 * a number below 2^41, a bit per capability, so that it fits into an attribute of a task.
 */
export const CAP_CHOWN = 0;
export const CAP_DAC_OVERRIDE = 1;
export const CAP_DAC_READ_SEARCH = 2;
export const CAP_FOWNER = 3;
export const CAP_FSETID = 4;
export const CAP_KILL = 5;
export const CAP_SETGID = 6;
export const CAP_SETUID = 7;
export const CAP_SETPCAP = 8;
export const CAP_LINUX_IMMUTABLE = 9;
export const CAP_SYS_CHROOT = 18;
export const CAP_NET_ADMIN = 12;
export const CAP_SYS_PTRACE = 19;
export const CAP_IPC_LOCK = 14;
export const CAP_SYS_ADMIN = 21;
export const CAP_SYS_BOOT = 22;
export const CAP_SYS_NICE = 23;
export const CAP_SYS_RESOURCE = 24;
export const CAP_MKNOD = 27;
export const CAP_MAC_OVERRIDE = 32;
/** How many there are in Linux 6.12; the last is CAP_CHECKPOINT_RESTORE. */
export const CAPABILITIES = 41;
export const ALL_CAPABILITIES: number = 2 ** CAPABILITIES - 1;
/** Those that follow the file-system user (CAP_FS_SET). */
export const FILE_CAPABILITIES: number = [
  CAP_CHOWN,
  CAP_MKNOD,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_LINUX_IMMUTABLE,
  CAP_MAC_OVERRIDE,
].reduce((set, capability) => set + 2 ** capability, 0);

/** Versions of struct __user_cap_header_struct. Version 1 has one block of 12 bytes, others two. */
export const CAPABILITY_VERSION_1 = 0x19980330;
export const CAPABILITY_VERSION_2 = 0x20071026;
export const CAPABILITY_VERSION_3 = 0x20080522;

export const SECURE_NOROOT = 0x01;
export const SECURE_NO_SETUID_FIXUP = 0x04;
export const SECURE_KEEP_CAPS = 0x10;
export const SECURE_KEEP_CAPS_LOCKED = 0x20;
export const SECURE_NO_CAP_AMBIENT_RAISE = 0x40;
/** Every defined bit, and the bits that lock the one below them. */
export const SECURE_ALL = 0xff;
export const SECURE_LOCKS = 0xaa;

/** Whether a set has a capability. */
export function hasCapability(set: number, capability: number): boolean {
  const word = capability < 32 ? set : Math.floor(set / 2 ** 32);
  return ((word >> capability) & 1) === 1;
}

/** The capabilities that are in both sets. */
export function intersection(a: number, b: number): number {
  return combine(a, b, (x, y) => x & y);
}

/** The capabilities that are in at least one of the sets. */
export function union(a: number, b: number): number {
  return combine(a, b, (x, y) => x | y);
}

/** The capabilities of `a` that are not in `b`. */
export function difference(a: number, b: number): number {
  return combine(a, b, (x, y) => x & ~y);
}

/** Whether all of `a` is in `b`. */
export function isSubset(a: number, b: number): boolean {
  return difference(a, b) === 0;
}

function combine(a: number, b: number, operate: (x: number, y: number) => number): number {
  const low = operate(a | 0, b | 0) >>> 0;
  return operate(Math.floor(a / 2 ** 32), Math.floor(b / 2 ** 32)) * 2 ** 32 + low;
}
