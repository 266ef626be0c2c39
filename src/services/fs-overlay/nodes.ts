/**
 * Nodes of fs-overlay: known by the node below until they are changed, then by the one above. What
 * was changed is known for good; what is only below is forgotten some time after its last use.
 */
import { S_IFDIR, S_IFMT } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { dropNode, type FileSystemService, holdNode, moveNode, NODE } from "../file/protocol.js";
import type { Core, Node } from "./state.js";

/** Nodes that are only below and without references, that are remembered. */
const IDLE_MAX = 4096;
/** Inode numbers of what is only above begin here, behind those of the file system below. */
const UPPER_INODES = 2 ** 52;

/** The node of this number, or undefined: it was forgotten. */
export const nodeAt = (core: Core, number: number): Node | undefined =>
  core.state.nodes.get(number);

/** Whether the node is a directory. */
export const isDirectory = (node: Node): boolean => node.type === S_IFDIR;

/** The file system that has the node now, and its number there. */
export function placeOf(core: Core, node: Node): { files: FileSystemService; at: number } {
  if (node.upper >= 0) return { files: core.upper, at: node.upper };
  return { files: core.lower, at: node.lower };
}

/** Bytes in scratch, for a nested call. @returns their address */
export function put(core: Core, caller: TaskId, text: string): number {
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const address = core.kernel.scratch(caller, bytes.length);
  core.kernel.copyOut(caller, address, bytes, 0, bytes.length);
  return address;
}

function addNode(
  core: Core,
  fields: Pick<Node, "type" | "inode" | "lower" | "upper">,
  root: number,
): Node {
  const { state } = core;
  const number = state.nextNumber++;
  const node: Node = {
    ...fields,
    number,
    root: root < 0 ? number : root,
    parent: number,
    name: "",
    references: 0,
    goneLinks: 0,
    hidden: new Set(),
    listing: undefined,
    copy: undefined,
  };
  state.nodes.set(number, node);
  return node;
}

/** The node of what was found below; it holds that. @returns it, -errno or BLOCKED */
export function learnLower(
  core: Core,
  caller: TaskId,
  lower: number,
  parent: Node,
  name: string,
): Node | Result {
  const { state } = core;
  const known = state.nodes.get(state.byLower.get(lower) ?? -1);
  let node = known;
  if (node === undefined) {
    const mode = core.lower.attribute(caller, lower, NODE.mode);
    if (mode < 0) return mode;
    const inode = core.lower.attribute(caller, lower, NODE.inode);
    const held = core.lower.retain(caller, lower);
    if (held < 0) return held;
    node = addNode(core, { type: mode & S_IFMT, inode, lower, upper: -1 }, parent.root);
    state.byLower.set(lower, node.number);
  }
  if (node.upper < 0) place(core, node, parent, name);
  touch(core, node);
  return node;
}

/** The node of what was made above; it holds that. @param isHeld it is held already */
export function learnUpper(
  core: Core,
  caller: TaskId,
  upper: number,
  mode: number,
  parent: Node,
  name: string,
  isHeld = false,
): Node {
  const inode = UPPER_INODES + core.upper.attribute(caller, upper, NODE.inode);
  const fields = { type: mode & S_IFMT, inode, lower: -1, upper: -1 };
  const node = addNode(core, fields, parent.root);
  raise(core, caller, node, upper, isHeld);
  place(core, node, parent, name);
  return node;
}

/** From now on the node is what it is above. */
export function raise(
  core: Core,
  caller: TaskId,
  node: Node,
  upper: number,
  isHeld: boolean,
): void {
  if (!isHeld) core.upper.retain(caller, upper);
  node.upper = upper;
  core.state.byUpper.set(upper, node.number);
  core.state.idle.delete(node.number);
}

/** The root of a new instance. */
export function addRoot(core: Core, lower: number, upper: number, inode: number): Node {
  const node = addNode(core, { type: S_IFDIR, inode, lower, upper }, -1);
  core.state.byLower.set(lower, node.number);
  core.state.byUpper.set(upper, node.number);
  node.references = 1;
  return node;
}

/** Notes where a node is seen; it holds the directory. */
export function place(core: Core, node: Node, parent: Node, name: string): void {
  node.name = name;
  moveNode(core.state, node, parent, (old) => drop(core, old));
}

/** Takes a reference. */
export function hold(core: Core, node: Node): void {
  holdNode(core.state, node);
}

/** Gives a reference back. */
export function drop(core: Core, number: number): void {
  const node = dropNode(core.state, number, "fs-overlay");
  if (node !== undefined) touch(core, node);
}

/** It was used: if nothing holds it, it may be forgotten after the others. */
export function touch(core: Core, node: Node): void {
  const { idle, loose } = core.state;
  idle.delete(node.number);
  if (node.references > 0) return;
  if (node.upper >= 0) loose.add(node.number);
  else idle.set(node.number, true);
}

/** At the end of a call: what has no name any more is forgotten, and what is longest unused. */
export function forgetIdle(core: Core, caller: TaskId): void {
  const { idle, loose, nodes } = core.state;
  for (const number of loose) {
    const node = nodes.get(number);
    if (node === undefined || node.references > 0) continue;
    const links = core.upper.attribute(caller, node.upper, NODE.links);
    if (links === 0) forget(core, caller, node);
  }
  loose.clear();
  for (const number of idle.keys()) {
    if (idle.size <= IDLE_MAX) break;
    const node = nodes.get(number);
    if (node !== undefined) forget(core, caller, node);
  }
}

/** The node is no more; what it held below and above is released. */
export function forget(core: Core, caller: TaskId, node: Node): void {
  const { state } = core;
  state.nodes.delete(node.number);
  state.idle.delete(node.number);
  state.listed.delete(node.number);
  if (node.lower >= 0) {
    state.byLower.delete(node.lower);
    if (node.number !== node.root) core.lower.release(caller, node.lower);
  }
  if (node.upper >= 0) {
    state.byUpper.delete(node.upper);
    if (node.number !== node.root) core.upper.release(caller, node.upper);
  }
  if (node.parent !== node.number) drop(core, node.parent);
}
