/** Protocol of fs-pts: a file system as the file service sees every one. */
import { fileSystemProtocol } from "../file/protocol.js";

export const ptsProtocol = fileSystemProtocol("fs-pts");

/** Nodes of slaves: the number in their name follows (Linux: inode 2 is ptmx). */
const SLAVES = 3;

/** The node of /dev/pts/`index`. */
export const slaveNode = (index: number): number => SLAVES + index;
/** The number in the slave's name. */
export const slaveIndex = (node: number): number => node - SLAVES;
