/**
 * ioctl: what its argument is depends on the request, so that the range is found here. Terminal
 * requests have no size in their number (include/uapi/asm-generic/ioctls.h); newer ones do
 * (ioctl.h: direction, size).
 */
import { EFAULT } from "../abi/errno.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import type { Operate, Services } from "./row.js";

/** Which way a request's argument goes: bits of ioctl.h's _IOC_DIR, as the program sees it. */
const WRITES = 1;
const READS = 2;

/** Bytes of the argument and its direction, for requests that do not say so in their number. */
const ARGUMENTS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [0x5401, [36, READS]], // TCGETS
  [0x5402, [36, WRITES]], // TCSETS
  [0x5403, [36, WRITES]], // TCSETSW
  [0x5404, [36, WRITES]], // TCSETSF
  [0x5405, [18, READS]], // TCGETA
  [0x5406, [18, WRITES]], // TCSETA
  [0x5407, [18, WRITES]], // TCSETAW
  [0x5408, [18, WRITES]], // TCSETAF
  [0x540f, [4, READS]], // TIOCGPGRP
  [0x5410, [4, WRITES]], // TIOCSPGRP
  [0x5411, [4, READS]], // TIOCOUTQ
  [0x5412, [1, WRITES]], // TIOCSTI
  [0x5413, [8, READS]], // TIOCGWINSZ
  [0x5414, [8, WRITES]], // TIOCSWINSZ
  [0x541b, [4, READS]], // FIONREAD
  [0x5420, [4, WRITES]], // TIOCPKT
  [0x5421, [4, WRITES]], // FIONBIO
  [0x5423, [4, WRITES]], // TIOCSETD
  [0x5424, [4, READS]], // TIOCGETD
  [0x5429, [4, READS]], // TIOCGSID
  [0x5452, [4, WRITES]], // FIOASYNC
  [2, [4, READS]], // FIGETBSZ
  [0x8008_6601, [4, READS]], // FS_IOC_GETFLAGS: an int, whatever its number says
  [0x4008_6602, [4, WRITES]], // FS_IOC_SETFLAGS
  [0x4004_5436, [0, 0]], // TIOCSIG: its number says a pointer, but it is the signal itself
]);

/** Length and direction of a request's argument; length 0: a plain word. */
function argumentOf(request: number): readonly [number, number] {
  const known = ARGUMENTS.get(request);
  if (known !== undefined) return known;
  const direction = request >>> 30;
  return direction === 0 ? [0, 0] : [(request >>> 16) & 0x3fff, direction];
}

/** Bytes of a request's argument; 0: a plain word. */
export function ioctlArgumentBytes(request: number): number {
  return argumentOf(request)[0];
}

/** Runs `body` over a range that was faulted in for reading and writing. */
export function withRange(
  services: Services,
  caller: number,
  address: number,
  lengthBytes: number,
  body: (address: number) => Result,
): Result {
  if (!(address > 0 && address < 2 ** 38)) return -EFAULT;
  for (const access of [ACCESS_READ, ACCESS_WRITE]) {
    const ready = services.prepare(caller, address, lengthBytes, access);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < lengthBytes) return -EFAULT;
  }
  return body(address);
}

/**
 * ioctl: the range that the request names is faulted in, then the file decides. A bad range is the
 * file's to refuse as well, by address 0: EBADF and ENOTTY come before EFAULT.
 */
export const ioctl: Operate = (s, t, fd, request, argument) => {
  const [lengthBytes, direction] = argumentOf(request >>> 0);
  if (lengthBytes === 0) return s.file.ioctl(t, fd, request, argument, 0);
  let at = argument > 0 && argument < 2 ** 38 ? argument : 0;
  for (const [bit, access] of ACCESSES) {
    if (at === 0 || (direction & bit) === 0) continue;
    const ready = s.prepare(t, at, lengthBytes, access);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < lengthBytes) at = 0;
  }
  return s.file.ioctl(t, fd, request, at, lengthBytes);
};

const ACCESSES = Object.freeze([
  [WRITES, ACCESS_READ],
  [READS, ACCESS_WRITE],
] as const);
