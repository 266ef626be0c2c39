/**
 * New nodes: under the last name of a walk, as the caller. Whether the caller may make them, whose
 * they are, and their permission bits. Below open.ts and names.ts.
 */
import { EEXIST } from "../../abi/errno.js";
import { S_IFDIR, S_IFMT, S_ISGID } from "../../abi/file.js";
import { IN_CREATE } from "../../abi/inotify.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { noticeChild } from "./notify.js";
import { checkAccess, MAY_EXECUTE, MAY_WRITE, newMode } from "./permissions.js";
import { NODE } from "./protocol.js";
import { type Core, contextOf, fileSystemOf } from "./state.js";
import { childOf } from "./subjects.js";
import { LAST_NAME, PRIVILEGED, type Walk } from "./walk.js";

/**
 * Makes a node of any type under the walk's last name, as the caller (mkdir, mknod, open).
 * @returns the node, or -errno
 */
export function createNode(
  core: Core,
  caller: TaskId,
  walk: Walk,
  mode: number,
  device: number,
  walkFlags = 0,
): Result {
  const refused = (walkFlags & PRIVILEGED) !== 0 ? 0 : mayCreate(core, caller, walk);
  if (refused < 0) return refused;
  const fileSystem = fileSystemOf(core, walk.parentMount);
  let bits = mode & ~contextOf(core, caller).umask;
  const { user, group, isInherited } = ownerFor(core, caller, walk);
  if (isInherited && (mode & S_IFMT) === S_IFDIR) bits |= S_ISGID;
  else if (isInherited) bits = newMode(core, caller, group, bits);
  const { parent, name, nameLength } = walk;
  const made = fileSystem.create(caller, parent, name, nameLength, bits, user, group, device);
  if (made >= 0) noticeChild(core, childOf(core, walk), mode, IN_CREATE);
  return made;
}

/** Whose a new node in the walk's directory is. */
export const ownerFor = (core: Core, caller: TaskId, walk: Walk): Owner =>
  ownerIn(core, caller, walk.parentMount, walk.parent);

/** Whose a new node is. */
export interface Owner {
  readonly user: number;
  readonly group: number;
  readonly isInherited: boolean;
}

/** Whose a new node in a directory is: a set-group-ID directory hands its group down. */
export function ownerIn(core: Core, caller: TaskId, mount: number, directory: number): Owner {
  const fileSystem = fileSystemOf(core, mount);
  const isInherited = (fileSystem.attribute(caller, directory, NODE.mode) & S_ISGID) !== 0;
  const user = caller === 0 ? 0 : core.kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  if (isInherited) {
    return { user, group: fileSystem.attribute(caller, directory, NODE.groupId), isInherited };
  }
  const group = caller === 0 ? 0 : core.kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
  return { user, group, isInherited };
}

/** Whether the caller may put a name into the walk's directory. @returns 0 or -errno */
export function mayCreate(core: Core, caller: TaskId, walk: Walk): Result {
  if (walk.last !== LAST_NAME) return -EEXIST;
  const mode = fileSystemOf(core, walk.parentMount).attribute(caller, walk.parent, NODE.mode);
  const wanted = MAY_WRITE | MAY_EXECUTE;
  return checkAccess(core, caller, walk.parentMount, walk.parent, mode, wanted);
}
