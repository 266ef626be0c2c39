/**
 * Bytes of the host's files. `read` and `write` go to the host each time. A mapping and a program
 * need frames: the whole file is copied into a memory object, when it is asked for and the file is
 * not as it was then; what the guest itself writes goes into the object too. Between nodes.ts and
 * host.ts (the service).
 */
import { EBADF, EISDIR, ENODEV } from "../../abi/errno.js";
import { O_ACCMODE, O_APPEND, O_RDONLY, O_WRONLY, S_IFDIR, S_IFREG } from "../../abi/file.js";
import * as fuse from "../../abi/fuse.js";
import type { TaskId } from "../../kernel/calls.js";
import { BLOCKED, RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { dropObject, freshen, hold, isDirectory, nodeAt, typeOf } from "./nodes.js";
import { ask, askBody, forgetOpened, tell } from "./requests.js";
import type { Core, Node, Opened } from "./state.js";

/** Room for a READ and its reply without data. */
const READ_SCRATCH_BYTES = 256;

/** Opens on the host's side. @returns FUSE's handle, -errno or BLOCKED */
export function openOnHost(core: Core, caller: TaskId, node: Node, flags: number): Result {
  const body = askBody(core, caller, {
    opcode: fuse.FUSE_OPEN,
    node: node.number,
    argumentBytes: 8,
    fields: [[0, 4, flags]],
    replyBytes: fuse.OPEN_OUT_BYTES,
  });
  if (typeof body === "number") return body;
  return new DataView(body.buffer, body.byteOffset).getUint32(0, true);
}

/** Closes on the host's side. */
export function closeOnHost(core: Core, caller: TaskId, node: number, fileHandle: number): void {
  forgetOpened(core, caller, fileHandle);
  const fields = [[0, 8, fileHandle]] as const;
  tell(core, caller, { opcode: fuse.FUSE_RELEASE, node, argumentBytes: 24, fields });
}

/** open(2) of a node. @returns the handle for read … close */
export function openNode(core: Core, caller: TaskId, node: Node, flags: number): Result {
  const { state } = core;
  let fileHandle = -1;
  if (typeOf(node) === S_IFREG) {
    const created = state.created.get(core.kernel.callId(caller));
    fileHandle = created?.get(node.number) ?? -1;
    if (fileHandle >= 0) created?.delete(node.number);
    else fileHandle = openOnHost(core, caller, node, flags);
    if (fileHandle < 0) return fileHandle;
  }
  hold(core, node);
  const opened = state.nextHandle++;
  state.opened.set(opened, { node: node.number, fileHandle, flags });
  return opened;
}

const readFields = (fileHandle: number, offset: number, lengthBytes: number) =>
  [
    [0, 8, fileHandle],
    [8, 8, offset],
    [16, 4, lengthBytes],
  ] as const;

/** Reads through a handle of the host's. @returns bytes, -errno or BLOCKED */
function readOnHost(
  core: Core,
  caller: TaskId,
  node: number,
  fileHandle: number,
  offset: number,
  buffer: number,
  lengthBytes: number,
  scratch = -1,
): Result {
  const request = {
    opcode: fuse.FUSE_READ,
    node,
    argumentBytes: 40,
    fields: readFields(fileHandle, offset, lengthBytes),
    output: [buffer, lengthBytes],
  } as const;
  const reply = ask(core, caller, request, false, scratch);
  return typeof reply === "number" ? reply : reply.extra;
}

/** read(2) at an offset. */
export function readContent(
  core: Core,
  caller: TaskId,
  opened: Opened,
  offset: number,
  buffer: number,
  lengthBytes: number,
): Result {
  const node = nodeAt(core, opened.node);
  if (node === undefined || opened.fileHandle < 0) {
    return node !== undefined && isDirectory(node) ? -EISDIR : -EBADF;
  }
  if (lengthBytes === 0) return 0;
  node.freshCall = -1;
  return readOnHost(core, caller, node.number, opened.fileHandle, offset, buffer, lengthBytes);
}

/** write(2) at an offset, or with O_APPEND at the end that the file has on the host then. */
export function writeContent(
  core: Core,
  caller: TaskId,
  opened: Opened,
  offset: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const node = nodeAt(core, opened.node);
  if (node === undefined || opened.fileHandle < 0) return -EBADF;
  if (lengthBytes === 0) return 0;
  const request = {
    opcode: fuse.FUSE_WRITE,
    node: node.number,
    argumentBytes: 40,
    fields: [...readFields(opened.fileHandle, offset, lengthBytes), [32, 4, flags]],
    input: [buffer, lengthBytes],
    // A call writes one thing at a time; where the end of the file is may change meanwhile.
    key: `write ${opened.fileHandle}`,
    replyBytes: fuse.WRITE_OUT_BYTES,
  } as const;
  const reply = ask(core, caller, request, false);
  if (typeof reply === "number") return reply;
  const { body } = reply;
  const done = body.length < 4 ? 0 : new DataView(body.buffer, body.byteOffset).getUint32(0, true);
  node.freshCall = -1;
  if (node.object >= 0 && done > 0 && (flags & O_APPEND) === 0) {
    core.memory.writeObject(caller, node.object, offset, buffer, Math.min(done, lengthBytes));
  }
  return done;
}

/** Whether the object has what the file has, as far as its attributes tell. */
function isLoaded({ loaded, attributes, object }: Node): boolean {
  return (
    object >= 0 &&
    loaded.sizeBytes === attributes.sizeBytes &&
    loaded.seconds === attributes.modifySeconds &&
    loaded.nanoseconds === attributes.modifyNanoseconds
  );
}

/** A handle of the host's for reading that is open already; -1: none. */
function readingHandle(core: Core, node: Node): number {
  for (const { node: of, fileHandle, flags } of core.state.opened.values()) {
    if (of === node.number && fileHandle >= 0 && (flags & O_ACCMODE) !== O_WRONLY) {
      return fileHandle;
    }
  }
  return -1;
}

/** The memory object with a file's content. @returns it, -ENODEV, -errno or BLOCKED */
export function objectOf(core: Core, caller: TaskId, node: Node): Result {
  if (typeOf(node) !== S_IFREG) return -ENODEV;
  const failed = freshen(core, caller, node);
  if (failed < 0) return failed;
  if (isLoaded(node) && node.loaded.doneBytes >= node.loaded.sizeBytes) return node.object;
  const known = readingHandle(core, node);
  const fileHandle = known >= 0 ? known : openOnHost(core, caller, node, O_RDONLY);
  if (fileHandle < 0) return fileHandle;
  const result = load(core, caller, node, fileHandle);
  if (result < 0 && known >= 0) return result;
  // While the call waits, the handle is found again among what it asked for.
  if (known < 0 && result !== BLOCKED) closeOnHost(core, caller, node.number, fileHandle);
  return result;
}

/** Fills the node's object from where it is. */
function load(core: Core, caller: TaskId, node: Node, fileHandle: number): Result {
  const { kernel, memory } = core;
  const { sizeBytes, modifySeconds: seconds, modifyNanoseconds: nanoseconds } = node.attributes;
  if (node.object < 0) {
    const object = memory.createObject(caller, sizeBytes);
    if (object < 0) return object;
    node.object = object;
  } else if (!isLoaded(node)) {
    const cut = memory.truncateObject(caller, node.object, sizeBytes);
    if (cut < 0) return cut;
  }
  if (!isLoaded(node)) node.loaded = { sizeBytes, seconds, nanoseconds, doneBytes: 0 };
  const buffer = kernel.scratch(caller, RANGE_BYTES_MAX);
  const scratch = kernel.scratch(caller, READ_SCRATCH_BYTES);
  const { number, loaded } = node;
  while (loaded.doneBytes < loaded.sizeBytes) {
    const at = loaded.doneBytes;
    const length = Math.min(RANGE_BYTES_MAX, loaded.sizeBytes - at);
    const read = readOnHost(core, caller, number, fileHandle, at, buffer, length, scratch);
    if (read < 0) return read;
    // It has become shorter meanwhile: the rest is zeros.
    if (read === 0) break;
    const wrote = memory.writeObject(caller, node.object, at, buffer, read);
    if (wrote < 0) {
      dropObject(core, caller, node);
      return wrote;
    }
    loaded.doneBytes += wrote;
  }
  loaded.doneBytes = loaded.sizeBytes;
  return node.object;
}

/** truncate(2). */
export function truncateContent(
  core: Core,
  caller: TaskId,
  node: Node,
  sizeBytes: number,
  set: (fields: readonly (readonly [number, 4 | 8, number])[]) => Result,
): Result {
  if (typeOf(node) === S_IFDIR) return -EISDIR;
  const failed = set([
    [0, 4, fuse.FATTR_SIZE],
    [16, 8, sizeBytes],
  ]);
  if (failed === 0 && node.object >= 0) {
    core.memory.truncateObject(caller, node.object, sizeBytes);
  }
  return failed;
}
