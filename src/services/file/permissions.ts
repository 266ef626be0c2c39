/**
 * Who may do what to a node: the only place in the system that compares user and group ids with
 * permission bits (path_resolution(7), "Permissions"). Task 0, the kernel itself, may do all.
 */
import { EACCES, EPERM } from "../../abi/errno.js";
import { S_IFDIR, S_IFMT, S_ISVTX } from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf } from "./state.js";

export const MAY_EXECUTE = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/** Whether the caller is privileged (Linux: CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_CHOWN …). */
export function isPrivileged(core: Core, caller: TaskId): boolean {
  return caller === 0 || core.kernel.attribute(caller, ATTRIBUTE.fileSystemUserId) === 0;
}

/** Whether the caller is in the group (file-system group or a supplementary one). */
export function isInGroup(core: Core, caller: TaskId, group: number, own: number): boolean {
  if (own === group) return true;
  const count = core.kernel.groupCount(caller);
  for (let i = 0; i < count; i++) if (core.kernel.groupAt(caller, i) === group) return true;
  return false;
}

/**
 * Checks access to a node.
 * @param mode its st_mode
 * @param wanted MAY_* bits
 * @param real check as the real ids (access(2)) instead of the file-system ids
 * @returns 0 or -EACCES
 */
export function checkAccess(
  core: Core,
  caller: TaskId,
  mount: number,
  node: number,
  mode: number,
  wanted: number,
  real = false,
): Result {
  if (caller === 0 || wanted === 0) return 0;
  const { kernel } = core;
  const user = kernel.attribute(caller, real ? ATTRIBUTE.userId : ATTRIBUTE.fileSystemUserId);
  if (user === 0) {
    const isDirectory = (mode & S_IFMT) === S_IFDIR;
    if ((wanted & MAY_EXECUTE) === 0 || isDirectory || (mode & 0o111) !== 0) return 0;
    return -EACCES;
  }
  if ((mode & 0o7 & wanted) === wanted && ((mode >> 3) & (mode >> 6) & wanted) === wanted) return 0;
  const fileSystem = fileSystemOf(core, mount);
  let shift = 0;
  if (fileSystem.attribute(caller, node, NODE.userId) === user) shift = 6;
  else {
    const own = kernel.attribute(caller, real ? ATTRIBUTE.groupId : ATTRIBUTE.fileSystemGroupId);
    const group = fileSystem.attribute(caller, node, NODE.groupId);
    if (isInGroup(core, caller, group, own)) shift = 3;
  }
  return ((mode >> shift) & wanted) === wanted ? 0 : -EACCES;
}

/** Whether the caller owns the node, or is privileged. */
export function isOwner(core: Core, caller: TaskId, mount: number, node: number): boolean {
  if (isPrivileged(core, caller)) return true;
  const user = core.kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  return fileSystemOf(core, mount).attribute(caller, node, NODE.userId) === user;
}

/**
 * Checks that the caller may take a name out of a directory: write and search permission, and in a
 * sticky directory ownership of the node or the directory (unlink(2)).
 * @returns 0, -EACCES or -EPERM
 */
export function checkRemoval(
  core: Core,
  caller: TaskId,
  mount: number,
  directory: number,
  node: number,
): Result {
  const mode = fileSystemOf(core, mount).attribute(caller, directory, NODE.mode);
  const wanted = MAY_WRITE | MAY_EXECUTE;
  const refused = checkAccess(core, caller, mount, directory, mode, wanted);
  if (refused < 0) return refused;
  if ((mode & S_ISVTX) === 0) return 0;
  const owns = isOwner(core, caller, mount, node) || isOwner(core, caller, mount, directory);
  return owns ? 0 : -EPERM;
}
