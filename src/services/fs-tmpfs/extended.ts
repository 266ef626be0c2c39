/**
 * Extended attributes of tmpfs (xattr(7)): names with their prefix to bytes, per node. Who may see
 * and change which is the file service's business. Between nodes.ts and tmpfs.ts (the service).
 */
import { EEXIST, ENODATA, ENOSPC, EOPNOTSUPP, ERANGE } from "../../abi/errno.js";
import { XATTR_CREATE, XATTR_LIST_MAX, XATTR_REPLACE } from "../../abi/file-data.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import type { Content } from "./content.js";
import { type Node, touchChanged } from "./nodes.js";

/** All attributes of one node together take no more than this. */
const TOTAL_BYTES_MAX = 2 ** 20;
const ATTRIBUTE_BYTES = 256;
const PREFIXES: readonly string[] = ["user.", "trusted.", "security."];

const isKnown = (name: string): boolean => PREFIXES.some((prefix) => name.startsWith(prefix));

/** What an attribute takes of the host's memory: the file's job is charged. */
const costOf = (name: string, lengthBytes: number): number =>
  ATTRIBUTE_BYTES + name.length + lengthBytes;

/** The node goes, and its attributes with it. */
export function dropExtended(content: Content, node: Node): void {
  for (const [name, { length }] of content.state.extended.get(node.inode) ?? []) {
    content.kernel.hold(node.job, -costOf(name, length), 0);
  }
  content.state.extended.delete(node.inode);
}

/** The attribute's value. @param lengthBytes 0: only its length is asked for */
export function getExtended(
  content: Content,
  caller: TaskId,
  node: Node,
  name: string,
  buffer: number,
  lengthBytes: number,
): Result {
  if (!isKnown(name)) return -EOPNOTSUPP;
  const value = content.state.extended.get(node.inode)?.get(name);
  if (value === undefined) return -ENODATA;
  if (lengthBytes === 0) return value.length;
  if (lengthBytes < value.length) return -ERANGE;
  const failed = content.kernel.copyOut(caller, buffer, value, 0, value.length);
  return failed < 0 ? failed : value.length;
}

/** Sets an attribute. @param flags XATTR_CREATE, XATTR_REPLACE */
export function setExtended(
  content: Content,
  caller: TaskId,
  node: Node,
  name: string,
  value: number,
  lengthBytes: number,
  flags: number,
): Result {
  if (!isKnown(name)) return -EOPNOTSUPP;
  const { state, kernel } = content;
  const all = state.extended.get(node.inode) ?? new Map<string, Uint8Array>();
  const old = all.get(name);
  if ((flags & XATTR_CREATE) !== 0 && old !== undefined) return -EEXIST;
  if ((flags & XATTR_REPLACE) !== 0 && old === undefined) return -ENODATA;
  let total = lengthBytes + name.length;
  for (const [other, held] of all) if (other !== name) total += other.length + held.length;
  if (total > TOTAL_BYTES_MAX) return -ENOSPC;
  const more = costOf(name, lengthBytes) - (old === undefined ? 0 : costOf(name, old.length));
  if (kernel.mayHold(node.job, more, 0) < 0) return -ENOSPC;
  const bytes = new Uint8Array(lengthBytes);
  const failed = kernel.copyIn(caller, value, bytes, 0, lengthBytes);
  if (failed < 0) return failed;
  kernel.hold(node.job, more, 0);
  all.set(name, bytes);
  state.extended.set(node.inode, all);
  touchChanged(kernel, node);
  return 0;
}

/** The names, each with its NUL. @param lengthBytes 0: only the length is asked for */
export function listExtended(
  content: Content,
  caller: TaskId,
  node: Node,
  buffer: number,
  lengthBytes: number,
  isPrivileged: boolean,
): Result {
  const names = [...(content.state.extended.get(node.inode)?.keys() ?? [])]
    .filter((name) => isPrivileged || !name.startsWith("trusted."))
    .sort();
  const text = names.map((name) => `${name}\0`).join("");
  if (lengthBytes === 0) return text.length;
  if (text.length > Math.min(lengthBytes, XATTR_LIST_MAX)) return -ERANGE;
  const bytes = bytesOf(text);
  const failed = content.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  return failed < 0 ? failed : bytes.length;
}

/** Removes an attribute. */
export function removeExtended(content: Content, node: Node, name: string): Result {
  if (!isKnown(name)) return -EOPNOTSUPP;
  const all = content.state.extended.get(node.inode);
  const old = all?.get(name);
  if (all === undefined || old === undefined) return -ENODATA;
  all.delete(name);
  content.kernel.hold(node.job, -costOf(name, old.length), 0);
  if (all.size === 0) content.state.extended.delete(node.inode);
  touchChanged(content.kernel, node);
  return 0;
}
