/**
 * Names of fs-overlay: what a name of a directory stands for, and unlink, rmdir, rename and link. A
 * name below that goes is hidden from then on. Everything that may wait or fail comes first; the
 * change above is the last that may. Between copy-up.ts and overlay.ts (the service).
 */
import { EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EPERM } from "../../abi/errno.js";
import { RENAME_NOREPLACE } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { NODE } from "../file/protocol.js";
import { copyUp } from "./copy-up.js";
import { mergedNames } from "./listing.js";
import { isDirectory, learnLower, nodeAt, place, put, touch } from "./nodes.js";
import type { Core, Node } from "./state.js";

/** What the directory above has under a name. @returns its node there, or -ENOENT */
const above = (core: Core, caller: TaskId, directory: Node, name: string): Result =>
  directory.upper < 0
    ? -ENOENT
    : core.upper.lookup(caller, directory.upper, put(core, caller, name), name.length);

/** What the directory below shows under a name. @returns its node there, -ENOENT, … */
const below = (core: Core, caller: TaskId, directory: Node, name: string): Result =>
  directory.lower < 0 || directory.hidden.has(name)
    ? -ENOENT
    : core.lower.lookup(caller, directory.lower, put(core, caller, name), name.length);

/** What a name of a directory stands for. @returns the node, -ENOENT, -errno or BLOCKED */
export function find(core: Core, caller: TaskId, directory: Node, name: string): Node | Result {
  const upper = above(core, caller, directory, name);
  const known = nodeAt(core, core.state.byUpper.get(upper) ?? -1);
  if (upper >= 0 && known !== undefined) {
    place(core, known, directory, name);
    touch(core, known);
    return known;
  }
  const lower = below(core, caller, directory, name);
  return lower < 0 ? lower : learnLower(core, caller, lower, directory, name);
}

/** Notes that something in the directory was changed. */
function touchModified(core: Core, caller: TaskId, directory: Node): void {
  const { kernel, upper } = core;
  upper.setAttribute(caller, directory.upper, NODE.modifySeconds, kernel.realtimeSeconds());
  upper.setAttribute(caller, directory.upper, NODE.modifyNanoseconds, kernel.realtimeNanoseconds());
}

/** Refusals of rmdir(2) and of a directory that is replaced. @returns 0, -ENOTEMPTY, … */
function mayGo(core: Core, caller: TaskId, node: Node): Result {
  if (!isDirectory(node)) return 0;
  const names = mergedNames(core, caller, node);
  if (typeof names === "number") return names;
  return names.size > 0 ? -ENOTEMPTY : 0;
}

/** A name has gone from what is below. */
function hide(directory: Node, name: string, node: Node): void {
  directory.hidden.add(name);
  if (node.upper < 0) node.goneLinks++;
}

/** unlink(2), rmdir(2). @returns 0, -errno or BLOCKED */
export function unlink(
  core: Core,
  caller: TaskId,
  directory: Node,
  name: string,
  asDirectory: boolean,
): Result {
  const node = find(core, caller, directory, name);
  if (typeof node === "number") return node;
  if (asDirectory && !isDirectory(node)) return -ENOTDIR;
  if (!asDirectory && isDirectory(node)) return -EISDIR;
  const refused = mayGo(core, caller, node);
  if (refused < 0) return refused;
  const lower = below(core, caller, directory, name);
  if (lower < 0 && lower !== -ENOENT) return lower;
  const failed = copyUp(core, caller, directory);
  if (failed < 0) return failed;
  const isAbove = above(core, caller, directory, name) >= 0;
  if (isAbove) {
    const at = put(core, caller, name);
    const kind = asDirectory ? 1 : 0;
    const gone = core.upper.unlink(caller, directory.upper, at, name.length, kind);
    if (gone < 0) return gone;
  }
  if (lower >= 0) {
    hide(directory, name, node);
    touchModified(core, caller, directory);
  }
  touch(core, node);
  return 0;
}

/** Makes sure that the directory above has the name. @returns 0, -errno or BLOCKED */
function materialize(
  core: Core,
  caller: TaskId,
  directory: Node,
  name: string,
  node: Node,
): Result {
  const failed = copyUp(core, caller, node);
  if (failed < 0 || above(core, caller, directory, name) >= 0) return failed;
  // Another name of a file with several has led it up.
  const at = put(core, caller, name);
  return core.upper.link(caller, directory.upper, at, name.length, node.upper);
}

/** Whether `node` is `directory` or lies above it. */
function contains(core: Core, node: Node, directory: Node): boolean {
  for (let at: Node | undefined = directory; at !== undefined; ) {
    if (at === node) return true;
    at = at.parent === at.number ? undefined : nodeAt(core, at.parent);
  }
  return false;
}

/** Refusals of rename(2) that concern nodes. @returns 0; 1: nothing to do; -errno or BLOCKED */
function mayRename(
  core: Core,
  caller: TaskId,
  node: Node,
  to: Node,
  old: Node | undefined,
  flags: number,
): Result {
  if ((flags & ~RENAME_NOREPLACE) !== 0) return -EINVAL;
  if ((flags & RENAME_NOREPLACE) !== 0 && old !== undefined) return -EEXIST;
  if (isDirectory(node) && contains(core, node, to)) return -EINVAL;
  if (old === undefined) return 0;
  if (old === node) return 1;
  if (isDirectory(node) && !isDirectory(old)) return -ENOTDIR;
  if (!isDirectory(node) && isDirectory(old)) return -EISDIR;
  return mayGo(core, caller, old);
}

/** rename(2): a directory keeps what it shows of the directory below. @returns 0, -errno … */
export function rename(
  core: Core,
  caller: TaskId,
  from: Node,
  name: string,
  to: Node,
  newName: string,
  flags: number,
): Result {
  const old = find(core, caller, to, newName);
  if (typeof old === "number" && old !== -ENOENT) return old;
  const replaced = typeof old === "number" ? undefined : old;
  const node = find(core, caller, from, name);
  if (typeof node === "number") return node;
  const refused = mayRename(core, caller, node, to, replaced, flags);
  if (refused !== 0) return Math.min(refused, 0);
  const lowerOld = below(core, caller, to, newName);
  if (lowerOld < 0 && lowerOld !== -ENOENT) return lowerOld;
  const lowerFrom = below(core, caller, from, name);
  if (lowerFrom < 0 && lowerFrom !== -ENOENT) return lowerFrom;
  for (const step of [
    () => copyUp(core, caller, from),
    () => copyUp(core, caller, to),
    () => materialize(core, caller, from, name, node),
  ]) {
    const failed = step();
    if (failed < 0) return failed;
  }
  const oldAt = put(core, caller, name);
  const newAt = put(core, caller, newName);
  const moved = core.upper.rename(
    caller,
    from.upper,
    oldAt,
    name.length,
    to.upper,
    newAt,
    newName.length,
    0,
  );
  if (moved < 0) return moved;
  if (lowerFrom >= 0) from.hidden.add(name);
  if (lowerOld >= 0 && replaced !== undefined) hide(to, newName, replaced);
  place(core, node, to, newName);
  if (replaced !== undefined) touch(core, replaced);
  return 0;
}

/** link(2). */
export function link(
  core: Core,
  caller: TaskId,
  directory: Node,
  name: string,
  node: Node,
): Result {
  if (isDirectory(node)) return -EPERM;
  for (const step of [() => copyUp(core, caller, node), () => copyUp(core, caller, directory)]) {
    const failed = step();
    if (failed < 0) return failed;
  }
  const at = put(core, caller, name);
  return core.upper.link(caller, directory.upper, at, name.length, node.upper);
}
