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
