/**
 * Who may do what to a node: the only place in the system that compares user and group ids with
 * permission bits (path_resolution(7), "Permissions"). Task 0, the kernel itself, may do all.
 */
import {
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  hasCapability,
} from "../../abi/capability.js";
import { EACCES, EPERM, EROFS } from "../../abi/errno.js";
import {
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
  S_IXGRP,
} from "../../abi/file.js";
import { FS_APPEND_FL, FS_IMMUTABLE_FL } from "../../abi/file-data.js";
import { MS_RDONLY } from "../../abi/mount.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf, instanceOf, mountOf } from "./state.js";

export const MAY_EXECUTE = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/** Whether the caller has a capability (capabilities(7)), effective now. */
export function isCapable(core: Core, caller: TaskId, capability: number): boolean {
  if (caller === 0) return true;
  return hasCapability(core.kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities), capability);
}

/** Whether what a mount shows can be changed through it. @returns 0 or -EROFS */
export function checkWritable(core: Core, mount: number): Result {
  const flags = mountOf(core, mount).flags | instanceOf(core, mount).flags;
  return (flags & MS_RDONLY) === 0 ? 0 : -EROFS;
}

/** Whether the bytes of such a node are the file system's: only they can be read-only. */
export function isStored(mode: number): boolean {
  const type = mode & S_IFMT;
  return type === S_IFREG || type === S_IFDIR || type === S_IFLNK;
}

/** Whether the caller is in the group (file-system group or a supplementary one). */
function isInGroup(core: Core, caller: TaskId, group: number, own: number): boolean {
  if (own === group) return true;
  const count = core.kernel.groupCount(caller);
  for (let i = 0; i < count; i++) if (core.kernel.groupAt(caller, i) === group) return true;
  return false;
}

/** FS_*_FL of a node (ioctl_iflags(2)); 0: its file system has none. */
export function inodeFlags(core: Core, caller: TaskId, mount: number, node: number): number {
  return Math.max(0, fileSystemOf(core, mount).attribute(caller, node, NODE.flags));
}

/** Whether a node is immutable or may only grow: names and attributes stay as they are. */
export function isFrozen(core: Core, caller: TaskId, mount: number, node: number): boolean {
  return (inodeFlags(core, caller, mount, node) & (FS_IMMUTABLE_FL | FS_APPEND_FL)) !== 0;
}

/**
 * Checks access to a node.
 * @param mode its st_mode
 * @param wanted MAY_* bits
 * @param real check as the real ids (access(2)) instead of the file-system ids
 * @returns 0, -EACCES, or -EROFS: a write, and the file system (not only the mount) is read-only
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
  if ((wanted & MAY_WRITE) !== 0 && isStored(mode)) {
    if ((instanceOf(core, mount).flags & MS_RDONLY) !== 0) return -EROFS;
  }
  if ((wanted & MAY_WRITE) !== 0 && isStored(mode)) {
    if ((inodeFlags(core, caller, mount, node) & FS_IMMUTABLE_FL) !== 0) return -EPERM;
  }
  const { kernel } = core;
  const user = kernel.attribute(caller, real ? ATTRIBUTE.userId : ATTRIBUTE.fileSystemUserId);
  if ((mode & 0o7 & wanted) === wanted && ((mode >> 3) & (mode >> 6) & wanted) === wanted) return 0;
  const fileSystem = fileSystemOf(core, mount);
  let shift = 0;
  if (fileSystem.attribute(caller, node, NODE.userId) === user) shift = 6;
  else {
    const own = kernel.attribute(caller, real ? ATTRIBUTE.groupId : ATTRIBUTE.fileSystemGroupId);
    const group = fileSystem.attribute(caller, node, NODE.groupId);
    if (isInGroup(core, caller, group, own)) shift = 3;
  }
  if (((mode >> shift) & wanted) === wanted) return 0;
  return overrides(capabilitiesFor(core, caller, real), mode, wanted) ? 0 : -EACCES;
}

/** What counts: with the real ids only root's, and then all that it may have (access(2)). */
function capabilitiesFor(core: Core, caller: TaskId, real: boolean): number {
  const { kernel } = core;
  if (!real) return kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities);
  if (kernel.attribute(caller, ATTRIBUTE.userId) !== 0) return 0;
  return kernel.attribute(caller, ATTRIBUTE.permittedCapabilities);
}

/** Whether capabilities do instead of permission bits; to execute a file it needs one x bit. */
function overrides(capabilities: number, mode: number, wanted: number): boolean {
  const isDirectory = (mode & S_IFMT) === S_IFDIR;
  if (hasCapability(capabilities, CAP_DAC_OVERRIDE)) {
    return (wanted & MAY_EXECUTE) === 0 || isDirectory || (mode & 0o111) !== 0;
  }
  const reads = isDirectory ? (wanted & MAY_WRITE) === 0 : wanted === MAY_READ;
  return reads && hasCapability(capabilities, CAP_DAC_READ_SEARCH);
}

/** Whether the caller owns the node, or is privileged. */
export function isOwner(core: Core, caller: TaskId, mount: number, node: number): boolean {
  if (isCapable(core, caller, CAP_FOWNER)) return true;
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
  if ((inodeFlags(core, caller, mount, directory) & FS_APPEND_FL) !== 0) return -EPERM;
  if (isFrozen(core, caller, mount, node)) return -EPERM;
  if ((mode & S_ISVTX) === 0) return 0;
  const owns = isOwner(core, caller, mount, node) || isOwner(core, caller, mount, directory);
  return owns ? 0 : -EPERM;
}

/** Whether the caller is in a group, or has the capability. */
function ownsGroup(core: Core, caller: TaskId, group: number, capability: number): boolean {
  if (isCapable(core, caller, capability)) return true;
  const own = core.kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
  return isInGroup(core, caller, group, own);
}

/**
 * The permission bits that chmod(2) may give a node: set-group-ID goes when the caller is not in
 * its group.
 */
export function allowedMode(
  core: Core,
  caller: TaskId,
  mount: number,
  node: number,
  bits: number,
): number {
  if ((bits & S_ISGID) === 0) return bits;
  const group = fileSystemOf(core, mount).attribute(caller, node, NODE.groupId);
  return ownsGroup(core, caller, group, CAP_FSETID) ? bits : bits & ~S_ISGID;
}

/** The permission bits of a new node in a group that its directory hands down. */
export function newMode(core: Core, caller: TaskId, group: number, bits: number): number {
  const isRun = S_ISGID | S_IXGRP;
  const stays = (bits & isRun) !== isRun || ownsGroup(core, caller, group, CAP_FSETID);
  return stays ? bits : bits & ~S_ISGID;
}

/**
 * Checks chown(2): only the privileged give a node away; its owner may give it to a group of his.
 * @param user, group the ids wanted; -1: unchanged
 * @returns 0 or -EPERM
 */
export function checkOwnerChange(
  core: Core,
  caller: TaskId,
  mount: number,
  node: number,
  user: number,
  group: number,
): Result {
  if (isCapable(core, caller, CAP_CHOWN)) return 0;
  if (user === -1 && group === -1) return 0;
  if (!isOwner(core, caller, mount, node)) return -EPERM;
  const fileSystem = fileSystemOf(core, mount);
  if (user !== -1 && user !== fileSystem.attribute(caller, node, NODE.userId)) return -EPERM;
  if (group === -1 || group === fileSystem.attribute(caller, node, NODE.groupId)) return 0;
  return ownsGroup(core, caller, group, CAP_CHOWN) ? 0 : -EPERM;
}

/** A mode without what a change of content or owner takes away: set-user-ID, set-group-ID. */
export function withoutPrivileges(mode: number): number {
  const kept = mode & ~S_ISUID;
  return (mode & S_IXGRP) === 0 ? kept : kept & ~S_ISGID;
}

/** A change of content by someone unprivileged takes set-user-ID and set-group-ID away. */
export function dropPrivileges(core: Core, caller: TaskId, mount: number, node: number): void {
  if (isCapable(core, caller, CAP_FSETID)) return;
  const fileSystem = fileSystemOf(core, mount);
  const mode = fileSystem.attribute(caller, node, NODE.mode);
  if ((mode & (S_ISUID | S_ISGID)) === 0) return;
  let kept = withoutPrivileges(mode);
  const group = fileSystem.attribute(caller, node, NODE.groupId);
  if (!ownsGroup(core, caller, group, CAP_FSETID)) kept &= ~S_ISGID;
  if (kept !== mode) fileSystem.setAttribute(caller, node, NODE.mode, kept);
}
