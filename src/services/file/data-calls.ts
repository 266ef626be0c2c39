/**
 * Operations on content and attributes that came after POSIX (protocol-data.ts): fallocate, statx,
 * advice and synchronization of ranges, owners of open files, file handles. What moves bytes is in
 * transfer.ts and move.ts, extended attributes in extended.ts.
 */
import { CAP_DAC_READ_SEARCH } from "../../abi/capability.js";
import {
  EBADF,
  EFBIG,
  EINVAL,
  EISDIR,
  ENODEV,
  ENOENT,
  EOPNOTSUPP,
  EPERM,
  ESPIPE,
  ESRCH,
  ESTALE,
} from "../../abi/errno.js";
import {
  AT_EMPTY_PATH,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  OFFSET_MAX,
  S_IFBLK,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
} from "../../abi/file.js";
import * as abi from "../../abi/file-data.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { statNode } from "./attributes.js";
import type { Unbound } from "./bind.js";
import {
  freeDescriptor,
  install,
  isReadable,
  isWritable,
  mayOpen,
  openFile,
} from "./descriptors.js";
import * as extended from "./extended.js";
import { copyRange, splice, tee } from "./move.js";
import { pathOf, walkTo } from "./names.js";
import { openWalk } from "./open.js";
import { isCapable } from "./permissions.js";
import { pipeStat } from "./pipe.js";
import { NODE, STAT_BYTES } from "./protocol.js";
import type { DataOperations } from "./protocol-data.js";
import { setOwner } from "./signal-owner.js";
import {
  type Core,
  fileAt,
  fileSystemOf,
  instanceOf,
  KIND_PIPE,
  mountOf as mountAt,
  type OpenFile,
  pipeAt,
  tableOf,
} from "./state.js";
import { readWith, sizeLimit, tooLarge, writeWith } from "./transfer.js";
import { EMPTY, FOLLOW, newWalk, type Walk } from "./walk.js";

const typeOf = (file: OpenFile): number => file.mode & S_IFMT;

/** What a mode of fallocate(2) may be combined of. @returns 0 or -EOPNOTSUPP */
function checkMode(mode: number): Result {
  const keeps = (mode & abi.FALLOC_FL_KEEP_SIZE) !== 0;
  switch (mode & ~abi.FALLOC_FL_KEEP_SIZE) {
    case 0:
    case abi.FALLOC_FL_ZERO_RANGE:
    case abi.FALLOC_FL_UNSHARE_RANGE:
      return 0;
    case abi.FALLOC_FL_PUNCH_HOLE:
      return keeps ? 0 : -EOPNOTSUPP;
    case abi.FALLOC_FL_COLLAPSE_RANGE:
    case abi.FALLOC_FL_INSERT_RANGE:
      return keeps ? -EOPNOTSUPP : 0;
    default:
      return -EOPNOTSUPP;
  }
}

/** fallocate(2). */
function allocate(
  core: Core,
  caller: TaskId,
  descriptor: number,
  mode: number,
  offset: number,
  lengthBytes: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  if (offset < 0 || lengthBytes <= 0) return -EINVAL;
  const refused = checkMode(mode);
  if (refused < 0) return refused;
  if (!isWritable(file)) return -EBADF;
  if (file.kind === KIND_PIPE || typeOf(file) === S_IFIFO) return -ESPIPE;
  if (typeOf(file) === S_IFDIR) return -EISDIR;
  if (typeOf(file) !== S_IFREG) return -ENODEV;
  const end = offset + lengthBytes;
  if (end > OFFSET_MAX) return -EFBIG;
  const fileSystem = fileSystemOf(core, file.mount);
  const flags = Math.max(0, fileSystem.attribute(caller, file.node, NODE.flags));
  if ((flags & abi.FS_IMMUTABLE_FL) !== 0) return -EPERM;
  if (mode !== 0 && (flags & abi.FS_APPEND_FL) !== 0) return -EPERM;
  const grows = end > fileSystem.attribute(caller, file.node, NODE.sizeBytes);
  const makesHole = (mode & abi.FALLOC_FL_PUNCH_HOLE) !== 0;
  if (grows && !makesHole && end > sizeLimit(core, caller)) return tooLarge(core, caller);
  return fileSystem.allocate(caller, file.node, mode, offset, lengthBytes);
}

/** syncfs(2). */
function synchronizeAll(core: Core, caller: TaskId, descriptor: number): Result {
  return openFile(core, caller, descriptor) === undefined ? -EBADF : 0;
}

/** sync_file_range(2): no content waits in memory for a disk. */
function synchronizeRange(
  core: Core,
  caller: TaskId,
  descriptor: number,
  offset: number,
  lengthBytes: number,
  flags: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  if ((flags & ~abi.SYNC_FILE_RANGE_ALL) !== 0) return -EINVAL;
  if (offset < 0 || lengthBytes < 0) return -EINVAL;
  const hasPages = [S_IFREG, S_IFBLK, S_IFDIR].includes(typeOf(file));
  return hasPages ? 0 : -ESPIPE;
}

/** posix_fadvise(2): all content is in memory already. */
function adviseRange(
  core: Core,
  caller: TaskId,
  descriptor: number,
  _offset: number,
  lengthBytes: number,
  advice: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  if (typeOf(file) === S_IFIFO) return -ESPIPE;
  if (lengthBytes < 0 || advice < 0 || advice > abi.POSIX_FADV_NOREUSE) return -EINVAL;
  return 0;
}

/** readahead(2). */
function readAhead(core: Core, caller: TaskId, descriptor: number): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined || !isReadable(file)) return -EBADF;
  return typeOf(file) === S_IFREG || typeOf(file) === S_IFBLK ? 0 : -EINVAL;
}

/** Walks to what statx, name_to_handle_at name. */
function find(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
  follows: boolean,
): Walk {
  const empty = (flags & AT_EMPTY_PATH) !== 0 ? EMPTY : 0;
  const at = pathOf(directory, path, pathLength);
  const walk = walkTo(core, caller, at, empty | (follows ? FOLLOW : 0));
  if (walk.error === 0 && walk.node < 0 && walk.file === 0) walk.error = -ENOENT;
  return walk;
}

/** statx(2): from the node's struct stat, with the time of birth and the inode's flags. */
function statExtended(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
  mask: number,
  buffer: number,
): Result {
  const known = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | abi.AT_STATX_SYNC_TYPE;
  if ((mask & abi.STATX_RESERVED) !== 0 || (flags & ~known) !== 0) return -EINVAL;
  if ((flags & abi.AT_STATX_SYNC_TYPE) === abi.AT_STATX_SYNC_TYPE) return -EINVAL;
  const follows = (flags & AT_SYMLINK_NOFOLLOW) === 0;
  const walk = find(core, caller, directory, path, pathLength, flags, follows);
  if (walk.error < 0) return walk.error;
  const bytes = statBytes(core, caller, walk);
  if (typeof bytes === "number") return bytes;
  const attribute = (which: number): number =>
    walk.node < 0 ? -1 : fileSystemOf(core, walk.mount).attribute(caller, walk.node, which);
  const root = walk.mount < 0 ? -1 : mountAt(core, walk.mount).root;
  const encoded = abi.encodeStatx(new DataView(bytes.buffer), {
    mount: walk.mount,
    isMountRoot: walk.node >= 0 && walk.node === root,
    flags: Math.max(0, attribute(NODE.flags)),
    birthSeconds: (mask & abi.STATX_BTIME) !== 0 ? attribute(NODE.birthSeconds) : -1,
    birthNanoseconds: attribute(NODE.birthNanoseconds),
  });
  return core.kernel.copyOut(caller, buffer, encoded, 0, encoded.length);
}

/** The struct stat of what a walk came to. */
function statBytes(core: Core, caller: TaskId, walk: Walk): Uint8Array | Result {
  if (walk.node < 0) return pipeStat(pipeAt(core, fileAt(core, walk.file).pipe));
  const scratch = core.kernel.scratch(caller, STAT_BYTES);
  const failed = statNode(core, caller, walk, scratch);
  if (failed < 0) return failed;
  const bytes = new Uint8Array(STAT_BYTES);
  core.kernel.copyIn(caller, scratch, bytes, 0, STAT_BYTES);
  return bytes;
}

/** abi.F_GETOWN_EX, F_SETOWN_EX (fcntl(2)). */
function controlOwner(
  core: Core,
  caller: TaskId,
  descriptor: number,
  command: number,
  owner: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (command === abi.F_GETOWN_EX) {
    const type = file.ownerIsThread ? abi.F_OWNER_TID : abi.F_OWNER_PID;
    view.setInt32(0, file.owner < 0 ? abi.F_OWNER_PGRP : type, true);
    view.setInt32(4, Math.abs(file.owner), true);
    return core.kernel.copyOut(caller, owner, bytes, 0, 8);
  }
  const failed = core.kernel.copyIn(caller, owner, bytes, 0, 8);
  if (failed < 0) return failed;
  const type = view.getInt32(0, true);
  const id = view.getInt32(4, true);
  if (type !== abi.F_OWNER_TID && type !== abi.F_OWNER_PID && type !== abi.F_OWNER_PGRP)
    return -EINVAL;
  if (id < 0) return -ESRCH;
  return setOwner(
    core,
    caller,
    file,
    type === abi.F_OWNER_PGRP ? -id : id,
    type === abi.F_OWNER_TID,
  );
}

/** name_to_handle_at(2): a handle is the node's number. */
function handleOf(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
): Result {
  const walk = walkForHandle(core, caller, directory, path, pathLength, flags);
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return -EOPNOTSUPP;
  const exists = fileSystemOf(core, walk.mount).exists(caller, walk.node);
  return exists < 0 ? exists : walk.node;
}

function walkForHandle(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
): Walk {
  const follows = (flags & AT_SYMLINK_FOLLOW) !== 0;
  return find(core, caller, directory, path, pathLength, flags, follows);
}

/** The number of the mount that a path leads into. */
function mountOf(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
): Result {
  const walk = walkForHandle(core, caller, directory, path, pathLength, flags);
  return walk.error < 0 ? walk.error : walk.mount;
}

/** open_by_handle_at(2). */
function openHandle(
  core: Core,
  caller: TaskId,
  mountDescriptor: number,
  node: number,
  flags: number,
): Result {
  const start = walkForHandle(core, caller, mountDescriptor, 0, 0, AT_EMPTY_PATH);
  if (start.error < 0) return start.error;
  if (!isCapable(core, caller, CAP_DAC_READ_SEARCH)) return -EPERM;
  // A pipe or socket of nobody's mount.
  if (start.mount < 0) return -ESTALE;
  const fileSystem = fileSystemOf(core, start.mount);
  if (fileSystem.exists(caller, node) < 0) return -ESTALE;
  // A number that somebody made up may be of another mount's file.
  const { root } = instanceOf(core, start.mount);
  if (fileSystem.attribute(caller, node, NODE.instance) !== root) return -ESTALE;
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return descriptor;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const mode = fileSystem.attribute(caller, node, NODE.mode);
  const walk: Walk = { ...newWalk(core), mount: start.mount, node, mode };
  const file = openWalk(core, caller, walk, flags);
  if (typeof file === "number") return file;
  return install(tableOf(core, caller), descriptor, file, flags & O_CLOEXEC);
}

export const dataOperations: Unbound<DataOperations> = Object.freeze({
  allocate,
  readWith,
  writeWith,
  copyRange,
  splice,
  tee,
  statExtended,
  synchronizeAll,
  synchronizeRange,
  adviseRange,
  readAhead,
  getAttribute: extended.getAttribute,
  setAttribute: extended.setAttribute,
  listAttributes: extended.listAttributes,
  removeAttribute: extended.removeAttribute,
  controlOwner,
  handleOf,
  mountOf,
  openHandle,
});
