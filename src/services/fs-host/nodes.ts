/**
 * Nodes of fs-host: what the host told of files, asked for anew once in each call, so that a change
 * on the host's side is seen by the next call. A node without references is forgotten some time
 * after its last use. Between requests.ts and the rest.
 */
import { ENOENT, EPROTO, ESTALE } from "../../abi/errno.js";
import { S_IFDIR, S_IFMT } from "../../abi/file.js";
import * as fuse from "../../abi/fuse.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { dropNode, holdNode, moveNode, NODE } from "../file/protocol.js";
import { ask, askWhole, type Request, takePart, tell } from "./requests.js";
import type { Core, Node } from "./state.js";

/** Nodes without references that are remembered. */
const IDLE_MAX = 4096;

/** The node of this number, or undefined: it was forgotten. */
export const nodeAt = (core: Core, number: number): Node | undefined =>
  core.state.nodes.get(number);

/** S_IF* of the node. */
export const typeOf = (node: Node): number => node.attributes.mode & S_IFMT;

/** Takes attributes that have just come from the host. */
function refresh(core: Core, caller: TaskId, node: Node, attributes: fuse.FuseAttributes): void {
  node.attributes = attributes;
  node.freshCall = core.kernel.callId(caller);
}

/** Notes a node that the host told of. @param parent undefined: it is a folder's root */
export function learn(
  core: Core,
  caller: TaskId,
  number: number,
  attributes: fuse.FuseAttributes,
  parent: Node | undefined,
  isCounted = true,
): Node {
  const { state } = core;
  let node = state.nodes.get(number);
  if (node === undefined) {
    node = {
      number,
      root: parent?.root ?? number,
      parent: number,
      attributes,
      freshCall: -1,
      references: 0,
      lookups: 0,
      object: -1,
      loaded: { sizeBytes: -1, seconds: 0, nanoseconds: 0, doneBytes: 0 },
      accessSeconds: 0,
      modifySeconds: 0,
    };
    state.nodes.set(number, node);
    state.idle.set(number, true);
  } else if (state.idle.delete(number)) state.idle.set(number, true);
  if (isCounted) node.lookups++;
  refresh(core, caller, node, attributes);
  if (parent !== undefined) setParent(core, node, parent);
  return node;
}

/** The directory that a node is in now; a node holds it. */
export function setParent(core: Core, node: Node, parent: Node): void {
  if (node.number === node.root) return;
  moveNode(core.state, node, parent, (old) => drop(core, old));
}

/** Takes a reference. */
export function hold(core: Core, node: Node): void {
  holdNode(core.state, node);
}

/** Gives a reference back; the last one makes the node idle. */
export function drop(core: Core, number: number): void {
  const node = dropNode(core.state, number, "fs-host");
  if (node?.references === 0) core.state.idle.set(number, true);
}

/** Forgets the longest unused nodes beyond what is kept. */
export function forgetIdle(core: Core, caller: TaskId, limit = IDLE_MAX): void {
  const { idle } = core.state;
  // Forgetting a node may make its parent idle: that comes last then.
  for (const number of idle.keys()) {
    if (idle.size <= limit) return;
    forget(core, caller, number);
  }
}

function forget(core: Core, caller: TaskId, number: number): void {
  const { state } = core;
  state.idle.delete(number);
  const node = state.nodes.get(number);
  if (node === undefined) return;
  state.nodes.delete(number);
  dropObject(core, caller, node);
  if (node.parent !== number) drop(core, node.parent);
  const fields = [[0, 8, node.lookups]] as const;
  tell(core, caller, { opcode: fuse.FUSE_FORGET, node: number, argumentBytes: 8, fields });
}

/** The memory object of a node goes; mappings keep theirs. */
export function dropObject(core: Core, caller: TaskId, node: Node): void {
  if (node.object < 0) return;
  core.memory.releaseObject(caller, node.object);
  node.object = -1;
  node.loaded.sizeBytes = -1;
}

/** A request that is answered with an entry. @returns the node, -errno or BLOCKED */
export function askEntry(
  core: Core,
  caller: TaskId,
  request: Request,
  parent: Node | undefined,
): Node | Result {
  const reply = askWhole(core, caller, { ...request, replyBytes: fuse.ENTRY_OUT_BYTES });
  // An answer that is told again within the call counts once.
  if (typeof reply === "number") return reply;
  return entryOf(core, caller, reply.body, parent, reply.isNew);
}

/** Reads an entry of a reply. @returns the node, -ENOENT (a negative entry) or -EPROTO */
export function entryOf(
  core: Core,
  caller: TaskId,
  body: Uint8Array,
  parent: Node | undefined,
  isCounted: boolean,
): Node | Result {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const number = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (number === 0) return -ENOENT;
  const attributes = fuse.getAttributes(body, 40);
  const known = core.state.nodes.get(number);
  if (known !== undefined && typeOf(known) !== (attributes.mode & S_IFMT)) return -EPROTO;
  // A file may have several directories, a directory's parent may not be below it.
  return learn(core, caller, number, attributes, parent, isCounted);
}

/** Asks for a node's attributes, once in each call. @returns 0, -errno or BLOCKED */
export function freshen(core: Core, caller: TaskId, node: Node): Result {
  if (node.freshCall === core.kernel.callId(caller)) return 0;
  takePart(core, caller);
  const request = { opcode: fuse.FUSE_GETATTR, node: node.number, argumentBytes: 16 };
  const replyBytes = fuse.ATTRIBUTES_OUT_BYTES;
  const reply = ask(core, caller, { ...request, replyBytes }, false);
  return typeof reply === "number" ? reply : takeAttributes(core, caller, node, reply.body);
}

/** Takes attributes out of a reply to GETATTR or SETATTR. @returns 0 or -EPROTO */
export function takeAttributes(core: Core, caller: TaskId, node: Node, body: Uint8Array): Result {
  if (body.length < fuse.ATTRIBUTES_OUT_BYTES) return -EPROTO;
  const attributes = fuse.getAttributes(body, 16);
  if ((attributes.mode & S_IFMT) !== typeOf(node)) return -ESTALE;
  refresh(core, caller, node, attributes);
  return 0;
}

/** One attribute; undefined: there is none such. @param which NODE.x */
export function attributeOf(node: Node, which: number): number | undefined {
  const { attributes } = node;
  switch (which) {
    case NODE.mode:
      return attributes.mode;
    case NODE.userId:
      return attributes.userId;
    case NODE.groupId:
      return attributes.groupId;
    case NODE.sizeBytes:
      return attributes.sizeBytes;
    case NODE.links:
      return attributes.links;
    case NODE.device:
      return attributes.device;
    case NODE.accessSeconds:
      return attributes.accessSeconds;
    case NODE.accessNanoseconds:
      return attributes.accessNanoseconds;
    case NODE.modifySeconds:
      return attributes.modifySeconds;
    case NODE.modifyNanoseconds:
      return attributes.modifyNanoseconds;
    case NODE.changeSeconds:
    case NODE.birthSeconds:
      return attributes.changeSeconds;
    case NODE.changeNanoseconds:
    case NODE.birthNanoseconds:
      return attributes.changeNanoseconds;
    case NODE.inode:
      return attributes.inode;
    case NODE.flags:
      return 0;
    case NODE.isCopyMapped:
      return 1;
    default:
      return undefined;
  }
}

/** Whether the node is a directory. */
export const isDirectory = (node: Node): boolean => typeOf(node) === S_IFDIR;
