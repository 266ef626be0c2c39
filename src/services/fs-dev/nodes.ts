/**
 * The nodes of fs-dev: a fixed directory of device nodes and links, as plain data. Numbers are
 * those of Linux (Documentation/admin-guide/devices.txt).
 */
import { deviceNumber, S_IFCHR, S_IFDIR, S_IFLNK } from "../../abi/file.js";

/** What a node does when it is opened. */
export type DeviceKind =
  | "directory"
  | "link"
  | "null"
  | "zero"
  | "full"
  | "random"
  | "tty"
  | "console"
  | "stream";

export interface DeviceNode {
  readonly number: number;
  readonly name: string;
  readonly kind: DeviceKind;
  mode: number;
  userId: number;
  groupId: number;
  readonly device: number;
  /** Of a link. */
  readonly target: string;
  /** Port of a stream. */
  readonly port: number;
}

export const ROOT = 1;
/** Stream nodes are ROOT + this + port. */
const STREAM_NODES = 100;
const GROUP_TTY = 5;
/** Major number of virtio console ports (dynamic on Linux; here fixed in the local range). */
const STREAM_MAJOR = 240;

const DEVICES: readonly (readonly [string, DeviceKind, number, number, number])[] = Object.freeze([
  ["null", "null", 0o666, 1, 3],
  ["zero", "zero", 0o666, 1, 5],
  ["full", "full", 0o666, 1, 7],
  ["random", "random", 0o666, 1, 8],
  ["urandom", "random", 0o666, 1, 9],
  ["tty", "tty", 0o666, 5, 0],
  ["console", "console", 0o620, 5, 1],
]);

const LINKS: readonly (readonly [string, string])[] = Object.freeze([
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
]);

/** @returns the nodes by number */
export function createNodes(): Map<number, DeviceNode> {
  const nodes = new Map<number, DeviceNode>();
  const add = (node: Partial<DeviceNode> & Pick<DeviceNode, "name" | "kind" | "mode">): void => {
    const number = node.number ?? nodes.size + ROOT;
    const rest = { userId: 0, groupId: 0, device: 0, target: "", port: 0 };
    nodes.set(number, { ...rest, ...node, number });
  };
  add({ name: "", kind: "directory", mode: S_IFDIR | 0o755 });
  for (const [name, kind, mode, major, minor] of DEVICES) {
    const groupId = kind === "tty" || kind === "console" ? GROUP_TTY : 0;
    const device = deviceNumber(major, minor);
    add({ name, kind, mode: S_IFCHR | mode, groupId, device });
  }
  for (const [name, target] of LINKS) {
    add({ name, kind: "link", mode: S_IFLNK | 0o777, target });
  }
  return nodes;
}

/** The node of a stream port, made when it is first looked up. */
export function streamNode(port: number): DeviceNode {
  return {
    number: ROOT + STREAM_NODES + port,
    name: `vport0p${port}`,
    kind: "stream",
    mode: S_IFCHR | 0o600,
    userId: 0,
    groupId: 0,
    device: deviceNumber(STREAM_MAJOR, port),
    target: "",
    port,
  };
}

/** @returns the port of a name like vport0p3, or 0 */
export function streamPort(name: string): number {
  const match = /^vport0p([1-9]\d?)$/.exec(name);
  return match === null ? 0 : Number(match[1]);
}
