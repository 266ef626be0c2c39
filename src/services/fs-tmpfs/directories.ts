/**
 * Directories of tmpfs: names to nodes in the order of their cookies. All checks that rename(2),
 * unlink(2) and rmdir(2) need of nodes are here; the changes cannot fail.
 */

import { EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY } from "../../abi/errno.js";
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from "../../abi/file.js";
import type { KernelCalls } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type DirectoryEntries, entryType } from "../file/protocol.js";
import {
  COOKIE_PARENT,
  COOKIE_SELF,
  type Entry,
  entryBytes,
  isDirectory,
  type Node,
  type TmpfsState,
} from "./nodes.js";

/** The node of this number; an unknown one is our bug. */
export function nodeAt(state: TmpfsState, number: number): Node {
  const node = state.nodes.get(number);
  if (node === undefined) throw new Error(`tmpfs: node ${number} does not exist`);
  return node;
}

/** @returns the node of that name, or undefined */
export function entryOf(state: TmpfsState, directory: Node, name: string): Node | undefined {
  const entry = directory.entries.get(name);
  return entry === undefined ? undefined : nodeAt(state, entry.node);
}

/** The entries of a directory, to be changed. */
function entriesOf(directory: Node): Map<string, Entry> {
  if (!isDirectory(directory)) throw new Error(`tmpfs: node ${directory.inode} has no entries`);
  return directory.entries as Map<string, Entry>;
}

/**
 * Puts a name into a directory; a subdirectory gets its parent and its parent a link.
 * @param job is charged for the name
 */
export function enter(
  kernel: KernelCalls,
  directory: Node,
  name: string,
  node: Node,
  job: number,
): void {
  entriesOf(directory).set(name, { node: node.inode, cookie: directory.nextCookie++, job });
  kernel.hold(job, entryBytes(name.length), 0);
  directory.sizeBytes = directory.entries.size;
  if (!isDirectory(node)) return;
  node.parent = directory.inode;
  directory.links++;
}

/** Takes a name out of a directory. @returns the job that was charged for it */
export function remove(kernel: KernelCalls, directory: Node, name: string, node: Node): number {
  const job = directory.entries.get(name)?.job ?? 0;
  entriesOf(directory).delete(name);
  kernel.hold(job, -entryBytes(name.length), 0);
  directory.sizeBytes = directory.entries.size;
  if (isDirectory(node)) directory.links--;
  return job;
}

/** Refusals of unlink(2) (wantDirectory false) and rmdir(2). @returns 0 or -errno */
export function mayUnlink(node: Node, wantDirectory: boolean): Result {
  if (wantDirectory && !isDirectory(node)) return -ENOTDIR;
  if (!wantDirectory && isDirectory(node)) return -EISDIR;
  return isDirectory(node) && node.entries.size > 0 ? -ENOTEMPTY : 0;
}

/** Whether `node` is `directory` or lies above it. */
function contains(state: TmpfsState, node: Node, directory: Node): boolean {
  for (let at = directory; ; at = nodeAt(state, at.parent)) {
    if (at === node) return true;
    if (at.parent === at.inode) return false;
  }
}

/** Refusals of rename(2) that concern nodes. @returns 0; 1: nothing to do; -errno */
export function mayRename(
  state: TmpfsState,
  node: Node | undefined,
  newDirectory: Node,
  old: Node | undefined,
  directory: Node,
  flags: number,
): Result {
  if (node === undefined) return -ENOENT;
  if (newDirectory.links === 0) return -ENOENT;
  if ((flags & RENAME_NOREPLACE) !== 0 && old !== undefined) return -EEXIST;
  if (isDirectory(node) && contains(state, node, newDirectory)) return -EINVAL;
  if ((flags & RENAME_EXCHANGE) !== 0) {
    if (old === undefined) return -ENOENT;
    return isDirectory(old) && contains(state, old, directory) ? -EINVAL : 0;
  }
  if (old === undefined) return 0;
  if (old === node) return 1;
  if (isDirectory(node) && !isDirectory(old)) return -ENOTDIR;
  if (!isDirectory(node) && isDirectory(old)) return -EISDIR;
  return isDirectory(old) && old.entries.size > 0 ? -ENOTEMPTY : 0;
}

/** The entries of a directory behind cookie `position`. */
export function listEntries(
  state: TmpfsState,
  directory: Node,
  position: number,
  into: DirectoryEntries,
): void {
  const type = entryType(directory.mode);
  into.add(directory.inode, COOKIE_SELF, type, ".");
  if (!into.add(directory.parent, COOKIE_PARENT, type, "..") || directory.links === 0) return;
  for (const [name, entry] of directory.entries) {
    if (entry.cookie <= position) continue;
    const node = nodeAt(state, entry.node);
    if (!into.add(node.inode, entry.cookie, entryType(node.mode), name)) return;
  }
}
