/**
 * Copying up: before something below is changed, the file system above gets it, with the
 * directories that lead to it; mode, owner and times stay. Content is copied in pieces; a call that
 * waits for the file system below goes on where it was. Between nodes.ts and names.ts.
 */
import { ENOENT } from "../../abi/errno.js";
import { O_RDONLY, O_WRONLY, PATH_MAX, S_IFDIR, S_IFLNK, S_IFREG } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import { BLOCKED, RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { type FileSystemService, NODE } from "../file/protocol.js";
import { nodeAt, put, raise } from "./nodes.js";
import type { Core, Node } from "./state.js";

const TIMES = Object.freeze([
  NODE.accessSeconds,
  NODE.accessNanoseconds,
  NODE.modifySeconds,
  NODE.modifyNanoseconds,
] as const);

const timesOf = (files: FileSystemService, caller: TaskId, node: number): number[] =>
  TIMES.map((which) => files.attribute(caller, node, which));

function setTimes(core: Core, caller: TaskId, upper: number, times: readonly number[]): void {
  for (const [index, which] of TIMES.entries()) {
    core.upper.setAttribute(caller, upper, which, times[index] ?? 0);
  }
}

/** Whether the name that the node was found under still leads to it, and only below. */
function hasName(core: Core, caller: TaskId, node: Node, parent: Node): boolean {
  if (parent.hidden.has(node.name)) return false;
  const name = put(core, caller, node.name);
  return core.upper.lookup(caller, parent.upper, name, node.name.length) === -ENOENT;
}

/**
 * Makes sure that the node is above.
 * @param withContent 0: a file comes empty, since it will be cut
 * @returns 0, -errno or BLOCKED
 */
export function copyUp(core: Core, caller: TaskId, node: Node, withContent = true): Result {
  // From the nearest directory that is above, down: each step has its parent above.
  const below: Node[] = [];
  for (let at: Node | undefined = node; at !== undefined && at.upper < 0; ) {
    below.push(at);
    at = nodeAt(core, at.parent);
  }
  for (let at = below.pop(); at !== undefined; at = below.pop()) {
    const failed = copyOne(core, caller, at, withContent);
    if (failed < 0) return failed;
  }
  return 0;
}

function copyOne(core: Core, caller: TaskId, node: Node, withContent: boolean): Result {
  const { lower, upper } = core;
  const parent = nodeAt(core, node.parent);
  if (parent === undefined || parent.upper < 0) return -ENOENT;
  const get = (which: number): number => lower.attribute(caller, node.lower, which);
  const [mode, user, group] = [get(NODE.mode), get(NODE.userId), get(NODE.groupId)];
  const times = timesOf(lower, caller, node.lower);
  const parentTimes = timesOf(upper, caller, parent.upper);
  const isNamed = hasName(core, caller, node, parent);
  const length = node.name.length;
  const name = put(core, caller, node.name);
  let made: Result;
  if (node.type === S_IFREG) {
    made = copyFile(core, caller, node, parent, [mode, user, group], withContent);
    if (made < 0) return made;
    if (isNamed) {
      const failed = upper.link(caller, parent.upper, name, length, made);
      if (failed < 0) {
        upper.release(caller, made);
        return failed;
      }
    }
  } else {
    if (!isNamed) return -ENOENT;
    if (node.type === S_IFLNK) {
      const target = core.kernel.scratch(caller, PATH_MAX);
      const bytes = lower.readlink(caller, node.lower, target, PATH_MAX);
      if (bytes < 0) return bytes;
      made = upper.symlink(caller, parent.upper, name, length, target, bytes, user, group);
    } else {
      const device = node.type === S_IFDIR ? 0 : get(NODE.device);
      made = upper.create(caller, parent.upper, name, length, mode, user, group, device);
    }
    if (made < 0) return made;
  }
  setTimes(core, caller, made, times);
  setTimes(core, caller, parent.upper, parentTimes);
  raise(core, caller, node, made, node.type === S_IFREG);
  return 0;
}

/** A file without a name that has the content. @returns its node above, held; -errno or BLOCKED */
function copyFile(
  core: Core,
  caller: TaskId,
  node: Node,
  parent: Node,
  [mode, user, group]: readonly [number, number, number],
  withContent: boolean,
): Result {
  const { kernel, lower, upper } = core;
  if (!withContent) return upper.createUnnamed(caller, parent.upper, mode, user, group, 1);
  if (node.copy === undefined) {
    const lowerHandle = lower.open(caller, node.lower, O_RDONLY);
    if (lowerHandle < 0) return lowerHandle;
    const made = upper.createUnnamed(caller, parent.upper, mode, user, group, 1);
    const upperHandle = made < 0 ? made : upper.open(caller, made, O_WRONLY);
    if (upperHandle < 0) {
      lower.close(caller, lowerHandle, O_RDONLY);
      if (made >= 0) upper.release(caller, made);
      return upperHandle;
    }
    kernel.participate(caller);
    const callId = kernel.callId(caller);
    node.copy = { callId, upper: made, lowerHandle, upperHandle, offset: 0 };
    core.state.copying.add(node.number);
  }
  const { copy } = node;
  const buffer = kernel.scratch(caller, RANGE_BYTES_MAX);
  for (;;) {
    const at = copy.offset;
    const read = lower.read(caller, copy.lowerHandle, at, buffer, RANGE_BYTES_MAX, 0);
    const wrote = read <= 0 ? read : upper.write(caller, copy.upperHandle, at, buffer, read, 0);
    if (wrote < 0) {
      // What waits goes on with what it has.
      if (wrote !== BLOCKED) endCopy(core, caller, node);
      return wrote;
    }
    if (wrote === 0) break;
    copy.offset += wrote;
  }
  closeCopy(core, caller, node);
  return copy.upper;
}

function closeCopy(core: Core, caller: TaskId, node: Node): void {
  const { copy } = node;
  if (copy === undefined) return;
  core.lower.close(caller, copy.lowerHandle, O_RDONLY);
  core.upper.close(caller, copy.upperHandle, O_WRONLY);
  node.copy = undefined;
  core.state.copying.delete(node.number);
}

/** Gives up what was copied so far. */
function endCopy(core: Core, caller: TaskId, node: Node): void {
  const { copy } = node;
  closeCopy(core, caller, node);
  if (copy !== undefined) core.upper.release(caller, copy.upper);
}

/** The call has ended: copies that it did not bring to an end are given up. */
export function endCopies(core: Core, caller: TaskId, callId: number): void {
  for (const number of core.state.copying) {
    const node = nodeAt(core, number);
    if (node?.copy?.callId === callId) endCopy(core, caller, node);
  }
}
