/**
 * Protocol of fs-dev: a file system as the file service sees every one. It also serves device nodes
 * that lie in other file systems (mknod): the file service opens them by their device number.
 */
import { fileSystemProtocol } from "../file/protocol.js";

export const devProtocol = fileSystemProtocol("fs-dev");

/** Node numbers from here on mean a character device by its number. */
const DEVICE_NODES = 2 ** 33;

/** The node of fs-dev for character device number `device` (< 2^32), wherever its name lies. */
export const deviceNode = (device: number): number => DEVICE_NODES + device;

/** Majors of the virtio console's terminals (hvc) and of pseudo-terminals' slaves, as Linux has
 * them; of the console's ports (vport), which Linux gives out as they come; of printers. */
export const MAJOR_TERMINALS = 229;
export const MAJOR_SLAVES = 136;
export const MAJOR_SLAVES_END = 144;
export const MAJOR_STREAMS = 248;
const MAJOR_VIRTUAL_TERMINALS = 4;
const MAJOR_CONSOLES = 5;
const MAJOR_PRINTERS = 6;

/** Whether a character device's bytes have no offsets: lseek and pread answer ESPIPE. */
export function isStreamDevice(device: number): boolean {
  const major = (device >>> 8) & 0xfff;
  if (major >= MAJOR_SLAVES && major < MAJOR_SLAVES_END) return true;
  if (major === MAJOR_VIRTUAL_TERMINALS || major === MAJOR_CONSOLES) return true;
  return major === MAJOR_PRINTERS || major === MAJOR_STREAMS || major === MAJOR_TERMINALS;
}
