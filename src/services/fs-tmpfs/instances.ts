/**
 * Instances of tmpfs: each mount of the type has nodes and limits of its own. Here are the options
 * of mount(2) for it (tmpfs(5)), as read and as /proc/mounts shows them, and the figures of
 * statfs(2). Between nodes.ts and tmpfs.ts (the service).
 */
import { EINVAL, ENOMEM, ENOSPC } from "../../abi/errno.js";
import { encodeStatfs, NAME_MAX, S_IFCHR, S_IFDIR, TMPFS_MAGIC } from "../../abi/file.js";
import { PAGE_BYTES } from "../../abi/memory.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  blankNode,
  entryBytes,
  type Instance,
  type Node,
  nodeBytes,
  type TmpfsState,
  touchAll,
} from "./nodes.js";

/** What these functions work on. */
interface Content {
  readonly kernel: KernelCalls;
  readonly state: TmpfsState;
}

/** More than any instance can have: the limit 0. */
const UNLIMITED = 2 ** 52;
const UNITS: Readonly<Record<string, number>> = Object.freeze({
  "": 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
});

/** What a mount asks for; absent: not said. */
interface Options {
  pagesMax?: number;
  nodesMax?: number;
  mode?: number;
  userId?: number;
  groupId?: number;
}

/** "16k", "0x10", "1m" as Linux's memparse reads them. @returns the number, or -1 */
function amount(text: string): number {
  const match = /^(0x[0-9a-f]+|[0-9]+)([kmgt]?)$/i.exec(text);
  if (match === null) return -1;
  return Number(match[1]) * (UNITS[(match[2] ?? "").toLowerCase()] as number);
}

/** Bytes of "size=", also as a part of the memory: "50%". @returns bytes, or -1 */
function sizeOf(text: string, framesTotal: number): number {
  if (!text.endsWith("%")) return amount(text);
  const percent = amount(text.slice(0, -1));
  return percent < 0 ? -1 : Math.floor((percent * framesTotal) / 100) * PAGE_BYTES;
}

/** One option. @returns whether it is one of tmpfs's with a good value */
function readOption(options: Options, name: string, value: string, framesTotal: number): boolean {
  const limit = (count: number): number => (count === 0 ? UNLIMITED : count);
  const number = /^[0-9]+$/.test(value) ? Number(value) : -1;
  switch (name) {
    case "size": {
      const bytes = sizeOf(value, framesTotal);
      options.pagesMax = limit(Math.ceil(bytes / PAGE_BYTES));
      return bytes >= 0;
    }
    case "nr_blocks":
      options.pagesMax = limit(amount(value));
      return amount(value) >= 0;
    case "nr_inodes":
      options.nodesMax = limit(amount(value));
      return amount(value) >= 0;
    case "mode":
      options.mode = Number.parseInt(value, 8) & 0o7777;
      return /^[0-7]+$/.test(value);
    case "uid":
      options.userId = number;
      return number >= 0 && number < 2 ** 32;
    case "gid":
      options.groupId = number;
      return number >= 0 && number < 2 ** 32;
    // Node numbers are what they are; there are no huge pages.
    case "inode64":
      return value === "";
    case "huge":
      return value === "never";
    default:
      return false;
  }
}

/** Reads "name=value,…". @returns the options, or -EINVAL */
function readOptions(text: string, framesTotal: number): Options | Result {
  const options: Options = {};
  for (const part of text.split(",")) {
    if (part === "") continue;
    const cut = part.indexOf("=");
    const name = cut < 0 ? part : part.slice(0, cut);
    const value = cut < 0 ? "" : part.slice(cut + 1);
    if (!readOption(options, name, value, framesTotal)) return -EINVAL;
  }
  return options;
}

/** The instance that a node is in; an unknown one is our bug. */
export function instanceOf(state: TmpfsState, node: Node): Instance {
  const found = state.instances.get(node.instance);
  if (found === undefined) throw new Error(`tmpfs: node ${node.inode} is in no instance`);
  return found;
}

/**
 * Limits an instance anew: not below what it has, and only if it was limited before. Owner and mode
 * are of the first mount only. @returns 0 or -EINVAL
 */
function limit(instance: Instance, options: Options): Result {
  const { pagesMax = instance.pagesMax, nodesMax = instance.nodesMax } = options;
  if (pagesMax < instance.pages || nodesMax < instance.nodes) return -EINVAL;
  if (instance.pagesMax === UNLIMITED && pagesMax !== UNLIMITED) return -EINVAL;
  if (instance.nodesMax === UNLIMITED && nodesMax !== UNLIMITED) return -EINVAL;
  if (options.pagesMax !== undefined) instance.shown.pages = pagesMax;
  if (options.nodesMax !== undefined) instance.shown.nodes = nodesMax;
  instance.pagesMax = pagesMax;
  instance.nodesMax = nodesMax;
  return 0;
}

/** What was asked for, as /proc/mounts shows it. */
export function describe({ shown }: Instance): string {
  const size = shown.pages === UNLIMITED ? 0 : shown.pages * (PAGE_BYTES / 1024);
  const nodes = shown.nodes === UNLIMITED ? 0 : shown.nodes;
  return (
    (shown.pages < 0 ? "" : `,size=${size}k`) +
    (shown.nodes < 0 ? "" : `,nr_inodes=${nodes}`) +
    (shown.mode < 0 ? "" : `,mode=${shown.mode.toString(8).padStart(3, "0")}`) +
    (shown.userId <= 0 ? "" : `,uid=${shown.userId}`) +
    (shown.groupId <= 0 ? "" : `,gid=${shown.groupId}`)
  );
}

/**
 * A struct statfs. No more blocks are free than the caller can fill, and there are no more than
 * those that are used and those that are free: a limit of all file systems together may be nearer
 * than this one's own (docs/limits.md).
 */
export function figures(kernel: KernelCalls, caller: TaskId, instance: Instance): Uint8Array {
  const { pages, pagesMax, nodes, nodesMax } = instance;
  const isUnlimited = pagesMax === UNLIMITED;
  const left = isUnlimited ? 0 : Math.min(pagesMax - pages, kernel.fileFramesLeft(caller));
  const free = Math.max(0, left);
  const blocks = isUnlimited ? 0 : pages + free;
  const files = nodesMax === UNLIMITED ? 0 : nodesMax;
  return encodeStatfs(TMPFS_MAGIC, blocks, free, files, Math.max(0, files - nodes));
}

/** A new instance, with its root as the only node. @param framesTotal for the usual limits */
export function newInstance(root: number, options: Options, framesTotal: number): Instance {
  const usual = Math.floor(framesTotal / 2);
  const { pagesMax = usual, nodesMax = usual, mode = -1, userId = -1, groupId = -1 } = options;
  const isUsual = mode === 0o1777;
  return {
    root,
    pages: 0,
    nodes: 1,
    pagesMax,
    nodesMax,
    shown: {
      pages: options.pagesMax ?? -1,
      nodes: options.nodesMax ?? -1,
      mode: isUsual ? -1 : mode,
      userId,
      groupId,
    },
  };
}

/** A new instance with its root directory. @param text the options @returns its root, or -EINVAL */
export function mountInstance(content: Content, caller: TaskId, text: string): Result {
  const { kernel, state } = content;
  const frames = kernel.framesTotal();
  const wanted = readOptions(text, frames);
  if (typeof wanted === "number") return wanted;
  const number = state.nextInode++;
  const job = kernel.attribute(caller, ATTRIBUTE.job);
  if (kernel.mayHold(job, nodeBytes(0), 0) < 0) return -ENOMEM;
  kernel.hold(job, nodeBytes(0), 0);
  const root = blankNode(number, number, S_IFDIR | (wanted.mode ?? 0o1777), 0, -1, job);
  root.parent = number;
  root.userId = wanted.userId ?? kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  root.groupId = wanted.groupId ?? kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
  touchAll(kernel, root);
  state.nodes.set(number, root);
  state.instances.set(number, newInstance(number, wanted, frames));
  return number;
}

/** Other limits for an instance. @param text the options @returns 0 or -EINVAL */
export function remountInstance(content: Content, root: Node, text: string): Result {
  const wanted = readOptions(text, content.kernel.framesTotal());
  return typeof wanted === "number" ? wanted : limit(instanceOf(content.state, root), wanted);
}

/**
 * What RENAME_WHITEOUT leaves behind, for overlay file systems: the character device 0:0.
 * @returns a node in no directory yet, or -ENOSPC
 */
export function whiteout(content: Content, caller: TaskId, directory: Node): Node | Result {
  const { kernel, state } = content;
  const { nodes, nodesMax } = instanceOf(state, directory);
  const job = kernel.attribute(caller, ATTRIBUTE.job);
  const full = kernel.mayHold(job, nodeBytes(0) + entryBytes(NAME_MAX), 0) < 0;
  if (nodes >= nodesMax || full) return -ENOSPC;
  const node = blankNode(state.nextInode++, directory.instance, S_IFCHR, 0, -1, job);
  node.userId = kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  node.groupId = kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
  return node;
}
