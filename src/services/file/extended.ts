/**
 * Extended attributes (xattr(7)): who may see and change which. The file systems keep them; POSIX
 * access lists (system.*) are not there.
 */
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import {
  E2BIG,
  EBADF,
  EINVAL,
  ENODATA,
  ENOENT,
  EOPNOTSUPP,
  EPERM,
  ERANGE,
} from "../../abi/errno.js";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  S_ISVTX,
} from "../../abi/file.js";
import {
  FS_APPEND_FL,
  FS_IMMUTABLE_FL,
  XATTR_CREATE,
  XATTR_NAME_MAX,
  XATTR_REPLACE,
  XATTR_SIZE_MAX,
} from "../../abi/file-data.js";
import { IN_ATTRIB } from "../../abi/inotify.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { readText } from "../../kernel/texts.js";
import { openFile } from "./descriptors.js";
import { pathOf, walkTo } from "./names.js";
import { notice } from "./notify.js";
import {
  checkAccess,
  checkWritable,
  isCapable,
  isOwner,
  MAY_READ,
  MAY_WRITE,
} from "./permissions.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf } from "./state.js";
import { subjectOf } from "./subjects.js";
import { EMPTY, FOLLOW, newWalk, type Walk } from "./walk.js";

/** Walks to the node. */
function find(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
): Walk {
  const isDescriptor = (flags & AT_EMPTY_PATH) !== 0;
  if (isDescriptor && openFile(core, caller, directory) === undefined) {
    return { ...newWalk(core), error: -EBADF };
  }
  const follow = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : FOLLOW;
  const empty = isDescriptor ? EMPTY : 0;
  const walk = walkTo(core, caller, pathOf(directory, path, pathLength), follow | empty);
  if (walk.error === 0 && walk.node < 0) walk.error = walk.file !== 0 ? -EOPNOTSUPP : -ENOENT;
  return walk;
}

/** The attribute's name, checked. @returns it, or -ERANGE, -EINVAL, -EOPNOTSUPP */
function nameOf(core: Core, caller: TaskId, name: number, nameLength: number): string | Result {
  if (nameLength === 0 || nameLength > XATTR_NAME_MAX) return -ERANGE;
  return readText(core.kernel, caller, name, nameLength);
}

/** Linux's xattr_permission. @returns 0 or -errno */
function mayAccess(core: Core, caller: TaskId, walk: Walk, name: string, writes: boolean): Result {
  const { mount, node, mode } = walk;
  const privileged = isCapable(core, caller, CAP_SYS_ADMIN);
  if (writes) {
    const fixed = checkWritable(core, mount);
    if (fixed < 0) return fixed;
    const flags = fileSystemOf(core, mount).attribute(caller, node, NODE.flags);
    if (flags > 0 && (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) !== 0) return -EPERM;
  }
  if (name.startsWith("security.")) return writes && !privileged ? -EPERM : 0;
  if (name.startsWith("system.")) return 0;
  if (name.startsWith("trusted.")) {
    if (privileged) return 0;
    return writes ? -EPERM : -ENODATA;
  }
  if (name.startsWith("user.")) {
    const type = mode & S_IFMT;
    if (type !== S_IFREG && type !== S_IFDIR) return writes ? -EPERM : -ENODATA;
    const sticky = type === S_IFDIR && (mode & S_ISVTX) !== 0;
    if (writes && sticky && !isOwner(core, caller, mount, node)) return -EPERM;
  }
  return checkAccess(core, caller, mount, node, mode, writes ? MAY_WRITE : MAY_READ);
}

/** A name that is a prefix only names nothing (Linux: xattr_resolve_name). */
function checkPrefix(name: string): Result {
  const rest = ["user.", "trusted.", "security."].find((prefix) => name.startsWith(prefix));
  if (rest === undefined) return -EOPNOTSUPP;
  return name.length === rest.length ? -EINVAL : 0;
}

/** @returns 0, or why the caller cannot have or change this attribute */
function checkName(core: Core, caller: TaskId, walk: Walk, name: string, writes: boolean): Result {
  const refused = mayAccess(core, caller, walk, name, writes);
  return refused < 0 ? refused : checkPrefix(name);
}

/** getxattr(2), lgetxattr(2), fgetxattr(2). */
export function getAttribute(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  name: number,
  nameLength: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const walk = find(core, caller, directory, path, pathLength, flags);
  if (walk.error < 0) return walk.error;
  const text = nameOf(core, caller, name, nameLength);
  if (typeof text === "number") return text;
  const refused = checkName(core, caller, walk, text, false);
  if (refused < 0) return refused;
  const size = Math.min(lengthBytes, XATTR_SIZE_MAX);
  const fileSystem = fileSystemOf(core, walk.mount);
  return fileSystem.getExtended(caller, walk.node, name, nameLength, buffer, size);
}

/** setxattr(2), lsetxattr(2), fsetxattr(2). @param flags AT_* and XATTR_* */
export function setAttribute(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  name: number,
  nameLength: number,
  value: number,
  lengthBytes: number,
  flags: number,
): Result {
  const how = flags & (XATTR_CREATE | XATTR_REPLACE);
  if (lengthBytes > XATTR_SIZE_MAX) return -E2BIG;
  const text = nameOf(core, caller, name, nameLength);
  if (typeof text === "number") return text;
  const walk = find(core, caller, directory, path, pathLength, flags);
  if (walk.error < 0) return walk.error;
  const refused = checkName(core, caller, walk, text, true);
  if (refused < 0) return refused;
  const fileSystem = fileSystemOf(core, walk.mount);
  // An empty value may come without an address: the name's is one that may be passed on.
  const from = lengthBytes === 0 ? name : value;
  const failed = fileSystem.setExtended(
    caller,
    walk.node,
    name,
    nameLength,
    from,
    lengthBytes,
    how,
  );
  if (failed === 0) notice(core, subjectOf(core, walk), walk.mode, IN_ATTRIB);
  return failed;
}

/** listxattr(2), llistxattr(2), flistxattr(2). */
export function listAttributes(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const walk = find(core, caller, directory, path, pathLength, flags);
  if (walk.error < 0) return walk.error;
  const size = Math.min(lengthBytes, XATTR_SIZE_MAX);
  const privileged = isCapable(core, caller, CAP_SYS_ADMIN) ? 1 : 0;
  const fileSystem = fileSystemOf(core, walk.mount);
  const listed = fileSystem.listExtended(caller, walk.node, buffer, size, privileged);
  return listed === -EOPNOTSUPP ? 0 : listed;
}

/** removexattr(2), lremovexattr(2), fremovexattr(2). */
export function removeAttribute(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  name: number,
  nameLength: number,
  flags: number,
): Result {
  const text = nameOf(core, caller, name, nameLength);
  if (typeof text === "number") return text;
  const walk = find(core, caller, directory, path, pathLength, flags);
  if (walk.error < 0) return walk.error;
  const refused = checkName(core, caller, walk, text, true);
  if (refused < 0) return refused;
  const fileSystem = fileSystemOf(core, walk.mount);
  const failed = fileSystem.removeExtended(caller, walk.node, name, nameLength);
  if (failed === 0) notice(core, subjectOf(core, walk), walk.mode, IN_ATTRIB);
  return failed;
}
