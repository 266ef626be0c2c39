/**
 * Protocol of fs-proc: a file system as the file service sees every one. Descriptors are the file
 * service's: it serves the contents of /proc/PID/fd itself, over the node numbers that are here.
 */
import { fileSystemProtocol } from "../file/protocol.js";

export const procProtocol = fileSystemProtocol("fs-proc");

/** Nodes of a process are its id × NODES + a kind; 0 stands for the system. */
export const NODES = 64;
/** Kind of the directory /proc/PID/fd. */
export const KIND_DESCRIPTORS = 12;
const LINKS = 2 ** 40;
const DESCRIPTORS_MAX = 2 ** 20;

/** The process whose descriptor directory the node is, or 0. */
export function descriptorsOf(node: number): number {
  return node < LINKS && node % NODES === KIND_DESCRIPTORS ? Math.floor(node / NODES) : 0;
}

/** The node of /proc/PID/fd/N. */
export const descriptorLink = (process: number, descriptor: number): number =>
  LINKS + process * DESCRIPTORS_MAX + descriptor;

/** The process of a descriptor's link node, or 0: it is none. */
export const linkProcess = (node: number): number =>
  node < LINKS ? 0 : Math.floor((node - LINKS) / DESCRIPTORS_MAX);

/** The descriptor of a link node. */
export const linkDescriptor = (node: number): number => (node - LINKS) % DESCRIPTORS_MAX;
