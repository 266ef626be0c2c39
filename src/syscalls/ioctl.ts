/**
 * ioctl: what its argument is depends on the request, so that the range is found here. Terminal
 * requests have no size in their number (include/uapi/asm-generic/ioctls.h); newer ones do
 * (ioctl.h: direction, size).
 */
import { EFAULT } from "../abi/errno.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import type { Operate, Services } from "./row.js";

/** Bytes of the argument of requests without a size in their number. */
const ARGUMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [2, 4], // FIGETBSZ
  [0x8008_6601, 4], // FS_IOC_GETFLAGS
  [0x4008_6602, 4], // FS_IOC_SETFLAGS
  [0x5452, 4], // FIOASYNC
  [0x5401, 36], // TCGETS
  [0x5402, 36], // TCSETS
  [0x5403, 36], // TCSETSW
  [0x5404, 36], // TCSETSF
  [0x5405, 18], // TCGETA
  [0x5406, 18], // TCSETA
  [0x5407, 18], // TCSETAW
  [0x5408, 18], // TCSETAF
  [0x540f, 4], // TIOCGPGRP
  [0x5410, 4], // TIOCSPGRP
  [0x5411, 4], // TIOCOUTQ
  [0x5412, 1], // TIOCSTI
  [0x5413, 8], // TIOCGWINSZ
  [0x5414, 8], // TIOCSWINSZ
  [0x541b, 4], // FIONREAD
  [0x5420, 4], // TIOCPKT
  [0x5421, 4], // FIONBIO
  [0x5423, 4], // TIOCSETD
  [0x5424, 4], // TIOCGETD
  [0x5429, 4], // TIOCGSID
]);

/** Bytes of a request's argument; 0: a plain word. */
export function ioctlArgumentBytes(request: number): number {
  const known = ARGUMENT_BYTES.get(request);
  if (known !== undefined) return known;
  return request >>> 30 === 0 ? 0 : (request >>> 16) & 0x3fff;
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
    const ready = services.memory.prepare(caller, address, lengthBytes, access);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < lengthBytes) return -EFAULT;
  }
  return body(address);
}

/** ioctl: the range that the request names is faulted in, then the file decides. */
export const ioctl: Operate = (s, t, fd, request, argument) => {
  const lengthBytes = ioctlArgumentBytes(request);
  if (lengthBytes === 0) return s.file.ioctl(t, fd, request, argument, 0);
  return withRange(s, t, argument, lengthBytes, (at) =>
    s.file.ioctl(t, fd, request, at, lengthBytes),
  );
};
