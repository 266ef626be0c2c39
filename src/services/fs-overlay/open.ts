/**
 * Open files of fs-overlay: a file that was opened below is read above once it was copied up.
 * Between nodes.ts and overlay.ts (the service).
 */
import { EBADF } from "../../abi/errno.js";
import { O_RDONLY } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { hold, nodeAt } from "./nodes.js";
import type { Core, Node, Opened } from "./state.js";

/** Opens a node where it is now. @returns the handle for read … close */
export function openNode(core: Core, caller: TaskId, node: Node, flags: number): Result {
  const { state } = core;
  const isAbove = node.upper >= 0;
  const files = isAbove ? core.upper : core.lower;
  const handle = files.open(caller, isAbove ? node.upper : node.lower, flags);
  if (handle < 0) return handle;
  hold(core, node);
  const number = state.nextNumber++;
  const lowerHandle = isAbove ? -1 : handle;
  const upperHandle = isAbove ? handle : -1;
  state.opened.set(number, { node: node.number, flags, lowerHandle, upperHandle });
  return number;
}

/** The handle above of an open file; it is opened there once the file is there. */
function above(core: Core, caller: TaskId, opened: Opened, node: Node): Result {
  if (opened.upperHandle < 0) {
    const handle = core.upper.open(caller, node.upper, O_RDONLY);
    if (handle < 0) return handle;
    opened.upperHandle = handle;
  }
  return opened.upperHandle;
}

/** read(2) at an offset. */
export function readOpened(
  core: Core,
  caller: TaskId,
  number: number,
  offset: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const opened = core.state.opened.get(number);
  const node = nodeAt(core, opened?.node ?? -1);
  if (opened === undefined || node === undefined) {
    throw new Error(`fs-overlay: handle ${number} is not open`);
  }
  if (node.upper < 0) {
    return core.lower.read(caller, opened.lowerHandle, offset, buffer, lengthBytes, flags);
  }
  const handle = above(core, caller, opened, node);
  if (handle < 0) return handle;
  return core.upper.read(caller, handle, offset, buffer, lengthBytes, flags);
}

/** write(2) at an offset; who opened for writing has the file above. */
export function writeOpened(
  core: Core,
  caller: TaskId,
  number: number,
  offset: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const opened = core.state.opened.get(number);
  if (opened === undefined) throw new Error(`fs-overlay: handle ${number} is not open`);
  if (opened.upperHandle < 0) return -EBADF;
  return core.upper.write(caller, opened.upperHandle, offset, buffer, lengthBytes, flags);
}
