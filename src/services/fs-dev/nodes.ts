/**
 * The nodes of /dev: a fixed directory of devices, directories and links, as plain data. What
 * devices do is in dev.ts.
 */

import { deviceNumber, S_IFCHR, S_IFDIR, S_IFLNK } from "../../abi/file.js";
import { type DirectoryEntries, entryType } from "../file/protocol.js";
import { deviceNode, MAJOR_STREAMS } from "./protocol.js";
import { type DevNode, type DevOptions, type DevState, ROOT } from "./state.js";

/** Groups of Debian's base-passwd. */
const GROUP_ROOT = 0;
const GROUP_TTY = 5;
const GROUP_PRINTER = 7;

/** Names, device numbers (Linux admin-guide/devices.txt), modes and groups as udev has them. */
const DEVICES = [
  ["null", 1, 3, 0o666, GROUP_ROOT],
  ["zero", 1, 5, 0o666, GROUP_ROOT],
  ["full", 1, 7, 0o666, GROUP_ROOT],
  ["random", 1, 8, 0o666, GROUP_ROOT],
  ["urandom", 1, 9, 0o666, GROUP_ROOT],
  ["kmsg", 1, 11, 0o644, GROUP_ROOT],
  ["tty", 5, 0, 0o666, GROUP_TTY],
  ["console", 5, 1, 0o600, GROUP_ROOT],
  ["ptmx", 5, 2, 0o666, GROUP_TTY],
  ["hvc0", 229, 0, 0o620, GROUP_TTY],
  ["lp0", 6, 0, 0o660, GROUP_PRINTER],
] as const;

const LINKS = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
  ["lp", "lp0"],
] as const;

/** Directories to mount on. */
const DIRECTORIES = ["pts", "shm"] as const;

function node(
  name: string,
  mode: number,
  device: number,
  target: string,
  groupId: number,
  seconds: number,
): DevNode {
  return {
    name,
    mode,
    device,
    target,
    userId: 0,
    groupId,
    accessSeconds: seconds,
    accessNanoseconds: 0,
    modifySeconds: seconds,
    modifyNanoseconds: 0,
    changeSeconds: seconds,
    changeNanoseconds: 0,
  };
}

/**
 * The directory with everything that the options ask for.
 * @param seconds the time of all nodes, since 1970
 */
export function makeNodes(options: DevOptions, seconds: number): Map<number, DevNode> {
  const make = (name: string, mode: number, device: number, target: string, group = GROUP_ROOT) =>
    node(name, mode, device, target, group, seconds);
  const nodes = new Map<number, DevNode>([[ROOT, make("", S_IFDIR | 0o755, 0, "")]]);
  for (const [name, major, minor, mode, group] of DEVICES) {
    const device = deviceNumber(major, minor);
    nodes.set(deviceNode(device), make(name, S_IFCHR | mode, device, "", group));
  }
  let next = ROOT + 1;
  for (const [name, target] of LINKS) nodes.set(next++, make(name, S_IFLNK | 0o777, 0, target));
  for (const name of [...DIRECTORIES, ...(options.directories ?? [])]) {
    nodes.set(next++, make(name, S_IFDIR | 0o755, 0, ""));
  }
  return nodes;
}

/** @returns the node's record; a device that has no name in /dev is world-accessible */
export function nodeAt(state: DevState, number: number): DevNode {
  const found = state.nodes.get(number);
  if (found !== undefined) return found;
  const device = number - deviceNode(0);
  if (device < 0) throw new Error(`fs-dev: node ${number} does not exist`);
  return node("", S_IFCHR | 0o666, device, "", GROUP_ROOT, 0);
}

/** @returns the node of that name in the root directory, or -1 */
export function nodeNamed(state: DevState, name: string): number {
  for (const [number, entry] of state.nodes) if (entry.name === name && name !== "") return number;
  return -1;
}

/** The port in a name "vport0pN" (1 ≤ N < 4096), or -1. Whether the port exists is seen at open. */
export function streamNamed(name: string): number {
  const match = /^vport0p([1-9][0-9]{0,3})$/.exec(name);
  const port = match === null ? -1 : Number(match[1]);
  return port < 4096 ? port : -1;
}

/** The node of a stream's port. */
export const streamNode = (port: number): number => deviceNode(deviceNumber(MAJOR_STREAMS, port));

/** The port behind a device number of MAJOR_STREAMS: its minor number. */
export const streamPort = (device: number): number => (device & 0xff) | ((device >>> 20) << 8);

/** The entries of a directory. */
export function listNodes(state: DevState, number: number, into: DirectoryEntries): void {
  const entries: [number, number, string][] = [
    [number, S_IFDIR, "."],
    [ROOT, S_IFDIR, ".."],
  ];
  if (number === ROOT) {
    for (const [inode, { name, mode }] of state.nodes) {
      if (name !== "") entries.push([inode, mode, name]);
    }
    for (const port of state.streams.keys()) {
      entries.push([streamNode(port), S_IFCHR, `vport0p${port}`]);
    }
  }
  for (const [index, [inode, mode, name]] of entries.entries()) {
    into.add(inode, index + 1, entryType(mode), name);
  }
}
