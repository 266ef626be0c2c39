/**
 * Directories of fs-overlay: the names below and above as one list. A name keeps its position, also
 * when the list is made anew, so that a program which changes what it lists sees each name once.
 * Between copy-up.ts and overlay.ts (the service).
 */
import { ENOENT } from "../../abi/errno.js";
import { DIRENT_NAME_OFFSET, getInteger64, O_NOATIME } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import { RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { DirectoryEntries, entryType, type FileSystemService, NODE } from "../file/protocol.js";
import { isDirectory, nodeAt, put } from "./nodes.js";
import type { Core, ListedName, Node } from "./state.js";

/** Directories whose list is kept. */
const LISTINGS_MAX = 64;
/** Positions of "." and "..". */
const SELF = 1;
const PARENT = 2;

/** A name as a directory has it. */
interface Found {
  readonly inode: number;
  /** DT_* */
  readonly type: number;
  readonly isBelow: boolean;
}

/** All names of a directory but "." and "..". @returns them, -errno or BLOCKED */
function namesOf(
  core: Core,
  caller: TaskId,
  files: FileSystemService,
  directory: number,
): Map<string, Found> | Result {
  const { kernel } = core;
  const names = new Map<string, Found>();
  const isBelow = files === core.lower;
  const bytes = new Uint8Array(RANGE_BYTES_MAX);
  const view = new DataView(bytes.buffer);
  const buffer = kernel.scratch(caller, bytes.length);
  for (let position = 0; ; ) {
    const length = files.readDirectory(
      caller,
      directory,
      position,
      buffer,
      bytes.length,
      O_NOATIME,
    );
    if (length < 0) return length;
    if (length === 0) return names;
    kernel.copyIn(caller, buffer, bytes, 0, length);
    kernel.charge(caller, length);
    for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
      position = getInteger64(view, at + 8);
      const start = at + DIRENT_NAME_OFFSET;
      const name = String.fromCharCode(...bytes.subarray(start, bytes.indexOf(0, start)));
      const found = { inode: getInteger64(view, at), type: view.getUint8(at + 18), isBelow };
      if (name !== "." && name !== "..") names.set(name, found);
    }
  }
}

/** The names that a directory shows. @returns them, -errno or BLOCKED */
export function mergedNames(core: Core, caller: TaskId, node: Node): Map<string, Found> | Result {
  const below = node.lower < 0 ? new Map() : namesOf(core, caller, core.lower, node.lower);
  if (typeof below === "number") return below;
  for (const name of node.hidden) below.delete(name);
  if (node.upper < 0) return below;
  const above = namesOf(core, caller, core.upper, node.upper);
  if (typeof above === "number") return above;
  for (const name of above.keys()) {
    const found = upperOf(core, caller, node, name);
    if (found === undefined) continue;
    const { inode, type } = found;
    below.set(name, { inode, type: entryType(type), isBelow: below.has(name) });
  }
  return below;
}

/** What a name of the directory above stands for. */
function upperOf(core: Core, caller: TaskId, node: Node, name: string): Node | undefined {
  if (node.upper < 0) return undefined;
  const at = core.upper.lookup(caller, node.upper, put(core, caller, name), name.length);
  return nodeAt(core, core.state.byUpper.get(at) ?? -1);
}

/** Makes the directory's list anew; names that were there keep their positions. */
function refresh(core: Core, caller: TaskId, node: Node): Result {
  const { listed, nodes } = core.state;
  const found = mergedNames(core, caller, node);
  if (typeof found === "number") return found;
  const names: ListedName[] = [];
  let { next } = node.listing ?? { next: PARENT + 1 };
  for (const { name, position } of node.listing?.names ?? []) {
    const now = found.get(name);
    if (now !== undefined) names.push({ name, position, ...now });
    found.delete(name);
  }
  for (const [name, now] of found) names.push({ name, position: next++, ...now });
  node.listing = { names, next };
  listed.delete(node.number);
  listed.add(node.number);
  for (const other of listed) {
    if (listed.size <= LISTINGS_MAX) break;
    listed.delete(other);
    const old = nodes.get(other);
    if (old !== undefined) old.listing = undefined;
  }
  return 0;
}

/** Whether a name of the list still shows. */
function isShown(core: Core, caller: TaskId, node: Node, { name, isBelow }: ListedName): boolean {
  if (isBelow && !node.hidden.has(name)) return true;
  if (node.upper < 0) return false;
  const at = put(core, caller, name);
  return core.upper.lookup(caller, node.upper, at, name.length) !== -ENOENT;
}

/**
 * Fills linux_dirent64 records from `position` on; 0 makes the list anew.
 * @returns bytes, 0 at the end, -EINVAL: not even one fits, -errno or BLOCKED
 */
export function listDirectory(
  core: Core,
  caller: TaskId,
  node: Node,
  position: number,
  buffer: number,
  lengthBytes: number,
): Result {
  if (position === 0 || node.listing === undefined) {
    const failed = refresh(core, caller, node);
    if (failed < 0) return failed;
  }
  const entries = new DirectoryEntries(new Uint8Array(lengthBytes), position);
  const parent = nodeAt(core, node.parent) ?? node;
  entries.add(node.inode, SELF, entryType(node.type), ".");
  let fits = entries.add(parent.inode, PARENT, entryType(node.type), "..");
  for (const one of node.listing?.names ?? []) {
    if (!fits) break;
    if (one.position <= position || !isShown(core, caller, node, one)) continue;
    fits = entries.add(one.inode, one.position, one.type, one.name);
  }
  return entries.copyOut(core.kernel, caller, buffer);
}

/** Links of a node. A directory of both has no true number: as on Linux it is 1 then. */
export function linksOf(core: Core, caller: TaskId, node: Node): number {
  if (node.upper < 0) {
    const links = core.lower.attribute(caller, node.lower, NODE.links);
    return isDirectory(node) && node.goneLinks > 0 ? 0 : Math.max(0, links - node.goneLinks);
  }
  const links = core.upper.attribute(caller, node.upper, NODE.links);
  return isDirectory(node) && node.lower >= 0 ? Math.min(1, links) : links;
}
