/**
 * open(2): from a path to a new open file, creating and truncating; FIFOs, which wait for their
 * peer; pipe(2).
 */
import {
  EACCES,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EPERM,
  ETXTBSY,
} from "../../abi/errno.js";
import {
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../abi/file.js";
import { FS_APPEND_FL, FS_IMMUTABLE_FL } from "../../abi/file-data.js";
import { IN_MODIFY, IN_OPEN } from "../../abi/inotify.js";
import { MS_NODEV, MS_NOEXEC } from "../../abi/mount.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { deviceNode } from "../fs-dev/protocol.js";
import { isExecuted, isWritten } from "./busy.js";
import { jobOf, mayHold, PIPE_COST_BYTES } from "./charges.js";
import { createNode, ownerIn } from "./create.js";
import { addFile, dropFile, freeDescriptor, install, mayOpen } from "./descriptors.js";
import { breakLeases } from "./leases.js";
import { holdMount } from "./mounts.js";
import { noticeFile } from "./notify.js";
import {
  checkAccess,
  checkWritable,
  dropPrivileges,
  isOwner,
  MAY_EXECUTE,
  MAY_READ,
  MAY_WRITE,
  newMode,
} from "./permissions.js";
import { addPipe, openPipeEnd, peerMissing } from "./pipe.js";
import { NODE } from "./protocol.js";
import {
  type Core,
  contextOf,
  fileAt,
  fileSystemOf,
  KIND_NODE,
  KIND_PATH,
  KIND_PIPE,
  mountOf,
  nodeKey,
  type OpenFile,
  type Pipe,
  pendingOf,
  pipeAt,
  tableOf,
} from "./state.js";
import { CREATE, FOLLOW, namedOf, PRIVILEGED, type Walk, walkPath } from "./walk.js";

/** Flags that an open file does not keep (fcntl F_GETFL does not show them). */
const NOT_KEPT = O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC;
/** Flags that mean something together with O_PATH (open(2)). */
const WITH_PATH = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/**
 * open(2).
 * @param resolve RESOLVE_* of openat2(2), among the flags of a walk
 * @returns the descriptor, -errno or BLOCKED
 */
export function openPath(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  wantedFlags: number,
  mode: number,
  resolve = 0,
): Result {
  const flags = (wantedFlags & O_PATH) !== 0 ? wantedFlags & WITH_PATH : wantedFlags;
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return descriptor;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const waiting = core.state.pending.get(core.kernel.callId(caller))?.file ?? 0;
  const file =
    waiting !== 0
      ? waitForPeer(core, caller, fileAt(core, waiting))
      : openFileOf(core, caller, directory, path, pathLength, flags, mode, resolve);
  if (typeof file === "number") return file;
  if ((flags & O_PATH) === 0) noticeOpened(core, file, flags);
  return install(tableOf(core, caller), descriptor, file, flags);
}

/** Tells those who watch the file; what was there before is gone behind the opening. */
function noticeOpened(core: Core, file: OpenFile, flags: number): void {
  noticeFile(core, file, IN_OPEN);
  const isCut = (flags & O_TRUNC) !== 0 && (file.mode & S_IFMT) === S_IFREG && !file.created;
  if (isCut) noticeFile(core, file, IN_MODIFY);
}

/** Opens a path into descriptor `to` (which is free), without permission checks. */
export function openInto(
  core: Core,
  caller: TaskId,
  path: number,
  pathLength: number,
  flags: number,
  to: number,
): Result {
  const walkFlags = PRIVILEGED;
  const file = openFileOf(core, caller, -100, path, pathLength, flags, 0o644, walkFlags);
  if (typeof file === "number") return file;
  return install(tableOf(core, caller), to, file, flags);
}

function openFileOf(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
  mode: number,
  walkFlags: number,
): OpenFile | Result {
  if ((flags & O_TMPFILE & ~O_DIRECTORY) !== 0) {
    if ((flags & O_DIRECTORY) === 0) return -EINVAL;
    return openUnnamed(core, caller, directory, path, pathLength, flags, mode, walkFlags);
  }
  const creates = (flags & O_CREAT) !== 0;
  if (creates && (flags & O_DIRECTORY) !== 0) return -EINVAL;
  const exclusive = creates && (flags & O_EXCL) !== 0;
  const follow = (flags & O_NOFOLLOW) === 0 && !exclusive ? FOLLOW : 0;
  const how = walkFlags | follow | (creates ? CREATE : 0);
  const walk = walkPath(core, caller, directory, path, pathLength, how);
  if (walk.error < 0) return walk.error;
  if (walk.file !== 0 && walk.node < 0) return reopenPipe(core, caller, walk, flags);
  const created = walk.node < 0;
  if (created) {
    if (!creates) return -ENOENT;
    const unwritable = checkWritable(core, walk.parentMount);
    if (unwritable < 0) return unwritable;
    const made = createNode(core, caller, walk, S_IFREG | (mode & 0o7777), 0, walkFlags);
    if (made < 0) return made;
    walk.node = made;
    walk.mode = S_IFREG | (mode & 0o7777);
  } else {
    const refused = mayOpenNode(core, caller, walk, flags, walkFlags);
    if (refused < 0) return refused;
  }
  if ((flags & O_PATH) !== 0) {
    const failed = fileSystemOf(core, walk.mount).retain(caller, walk.node);
    return failed < 0 ? failed : addWalked(core, caller, KIND_PATH, walk, -1, flags);
  }
  if ((walk.mode & S_IFMT) === S_IFIFO) return openFifo(core, caller, walk, flags);
  return openNode(core, caller, walk, flags, created);
}

/** The open file of what a walk came to. */
function addWalked(
  core: Core,
  caller: TaskId,
  kind: number,
  walk: Walk,
  handle: number,
  flags: number,
  pipe = 0,
): OpenFile {
  const kept = (flags & ~NOT_KEPT) | O_LARGEFILE;
  const { mount, node, mode } = walk;
  const { directory, name } = namedOf(core, walk);
  return addFile(core, caller, kind, {
    mount,
    node,
    handle,
    pipe,
    mode,
    flags: kept,
    directory,
    name,
  });
}

/** Refusals of open(2) for a node that exists. @returns 0 or -errno */
function mayOpenNode(
  core: Core,
  caller: TaskId,
  walk: Walk,
  flags: number,
  walkFlags: number,
): Result {
  const type = walk.mode & S_IFMT;
  if ((flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0) return -EEXIST;
  if (type === S_IFDIR && (flags & O_CREAT) !== 0) return -EISDIR;
  if (type !== S_IFDIR && (flags & O_DIRECTORY) !== 0) return -ENOTDIR;
  if (type === S_IFLNK && (flags & O_PATH) === 0) return -ELOOP;
  if ((flags & O_PATH) !== 0) return 0;
  const access = flags & O_ACCMODE;
  let wanted = access === O_RDONLY ? MAY_READ : MAY_WRITE;
  // O_ACCMODE itself asks for both and gives neither: for ioctl alone (open(2), NOTES).
  if (access === O_RDWR || access === O_ACCMODE) wanted |= MAY_READ;
  if ((flags & O_TRUNC) !== 0) wanted |= MAY_WRITE;
  const unwritable =
    (wanted & MAY_WRITE) !== 0 && type === S_IFREG ? checkWritable(core, walk.mount) : 0;
  if (unwritable < 0 && (flags & O_TRUNC) !== 0) return unwritable;
  if (type === S_IFDIR && (wanted & MAY_WRITE) !== 0) return -EISDIR;
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (isDevice && (mountOf(core, walk.mount).flags & MS_NODEV) !== 0) return -EACCES;
  if ((walkFlags & PRIVILEGED) === 0) {
    const refused = checkAccess(core, caller, walk.mount, walk.node, walk.mode, wanted);
    if (refused < 0) return refused;
  }
  if ((flags & O_NOATIME) !== 0 && !isOwner(core, caller, walk.mount, walk.node)) return -EPERM;
  if (unwritable < 0) return unwritable;
  if (type === S_IFSOCK || type === S_IFBLK) return -ENXIO;
  if ((flags & O_DIRECT) !== 0 && (type === S_IFCHR || type === S_IFDIR)) return -EINVAL;
  if (type !== S_IFREG || (wanted & MAY_WRITE) === 0) return 0;
  return checkInodeFlags(core, caller, walk, flags);
}

/** Refusals of writing to a file that is executed, immutable, or may only grow. */
function checkInodeFlags(core: Core, caller: TaskId, walk: Walk, flags: number): Result {
  const held = fileSystemOf(core, walk.mount).attribute(caller, walk.node, NODE.flags);
  if (held > 0 && (held & FS_IMMUTABLE_FL) !== 0) return -EPERM;
  if (held > 0 && (held & FS_APPEND_FL) !== 0) {
    if ((flags & O_APPEND) === 0 || (flags & O_TRUNC) !== 0) return -EPERM;
  }
  return isExecuted(core, walk.mount, walk.node) ? -ETXTBSY : 0;
}

/** O_TMPFILE: a regular file without a name, in the file system of a directory (open(2)). */
function openUnnamed(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
  mode: number,
  walkFlags: number,
): OpenFile | Result {
  if ((flags & O_ACCMODE) === O_RDONLY || (flags & O_CREAT) !== 0) return -EINVAL;
  const follow = (flags & O_NOFOLLOW) === 0 ? FOLLOW : 0;
  const walk = walkPath(core, caller, directory, path, pathLength, walkFlags | follow);
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return -ENOENT;
  if ((walk.mode & S_IFMT) !== S_IFDIR) return -ENOTDIR;
  const wanted = MAY_WRITE | MAY_EXECUTE;
  const unwritable = checkWritable(core, walk.mount);
  if (unwritable < 0) return unwritable;
  const refused = checkAccess(core, caller, walk.mount, walk.node, walk.mode, wanted);
  if (refused < 0) return refused;
  const fileSystem = fileSystemOf(core, walk.mount);
  const { user, group, isInherited } = ownerIn(core, caller, walk.mount, walk.node);
  let bits = S_IFREG | (mode & 0o7777 & ~contextOf(core, caller).umask);
  if (isInherited) bits = newMode(core, caller, group, bits);
  const linkable = (flags & O_EXCL) === 0 ? 1 : 0;
  const made = fileSystem.createUnnamed(caller, walk.node, bits, user, group, linkable);
  if (made < 0) return made;
  const above = walk.node;
  walk.node = made;
  walk.mode = bits;
  // The node's one reference becomes the open file's. Its name is one that no file has.
  const file = addWalked(core, caller, KIND_NODE, walk, made, flags);
  file.directory = above;
  file.name = `#${made}`;
  return file;
}

/**
 * Opens what a walk came to, as open(2) does behind its path (open_by_handle_at).
 * @returns the open file or -errno
 */
export function openWalk(core: Core, caller: TaskId, walk: Walk, flags: number): OpenFile | Result {
  const refused = mayOpenNode(core, caller, walk, flags, 0);
  return refused < 0 ? refused : openNode(core, caller, walk, flags, false);
}

function openNode(
  core: Core,
  caller: TaskId,
  walk: Walk,
  flags: number,
  created: boolean,
): OpenFile | Result {
  let fileSystem = fileSystemOf(core, walk.mount);
  if ((walk.mode & S_IFMT) === S_IFCHR && isForeignDevice(core, walk)) {
    const device = fileSystem.attribute(caller, walk.node, NODE.device);
    walk.mount = core.state.deviceMount;
    if (walk.mount < 0) return -ENXIO;
    walk.node = deviceNode(device);
    fileSystem = fileSystemOf(core, walk.mount);
  }
  if (!created && (walk.mode & S_IFMT) === S_IFREG) {
    const waits = breakLeases(core, caller, walk.mount, walk.node, flags);
    if (waits < 0) return waits;
  }
  const handle = fileSystem.open(caller, walk.node, flags);
  if (handle < 0) return handle;
  if ((flags & O_TRUNC) !== 0 && !created && (walk.mode & S_IFMT) === S_IFREG) {
    const failed = fileSystem.truncate(caller, walk.node, 0);
    if (failed < 0) {
      fileSystem.close(caller, handle, flags);
      return failed;
    }
    dropPrivileges(core, caller, walk.mount, walk.node);
  }
  const file = addWalked(core, caller, KIND_NODE, walk, handle, flags);
  file.created = created;
  return file;
}

function isForeignDevice(core: Core, walk: Walk): boolean {
  const { fileSystem } = mountOf(core, walk.mount);
  return fileSystem !== core.devices && fileSystem !== core.terminals;
}

/** Opens an end of a FIFO (fifo(7)). The end counts from now on, also while the call waits. */
function openFifo(core: Core, caller: TaskId, walk: Walk, flags: number): OpenFile | Result {
  const { state } = core;
  if ((flags & O_ACCMODE) === O_ACCMODE) return -EINVAL;
  const key = nodeKey(core, walk.mount, walk.node);
  const known = state.fifos.get(key);
  const access = flags & O_ACCMODE;
  if ((flags & O_NONBLOCK) !== 0 && access === O_WRONLY) {
    if (known === undefined || pipeAt(core, known).readers === 0) return -ENXIO;
  }
  let pipe: Pipe;
  if (known !== undefined) pipe = pipeAt(core, known);
  else {
    const failed = fileSystemOf(core, walk.mount).retain(caller, walk.node);
    if (failed < 0) return failed;
    holdMount(core, walk.mount);
    pipe = addPipe(core, caller, walk.mount, walk.node);
    state.fifos.set(key, pipe.id);
  }
  const peerOpens = access === O_WRONLY ? pipe.readerOpens : pipe.writerOpens;
  const file = addWalked(core, caller, KIND_PIPE, walk, -1, flags, pipe.id);
  openPipeEnd(core, pipe, file.flags);
  const missing = peerMissing(pipe, flags);
  if (missing && access === O_RDONLY) file.generation = pipe.writerOpens;
  if ((flags & O_NONBLOCK) !== 0 || access === O_RDWR) return file;
  const pending = pendingOf(core, caller);
  pending.file = file.id;
  pending.peerOpens = peerOpens;
  return waitForPeer(core, caller, file);
}

/** The rest of a FIFO's open, run again until the peer's end was opened. */
function waitForPeer(core: Core, caller: TaskId, file: OpenFile): OpenFile | Result {
  const pipe = pipeAt(core, file.pipe);
  const pending = pendingOf(core, caller);
  const isWriter = (file.flags & O_ACCMODE) === O_WRONLY;
  const opens = isWriter ? pipe.readerOpens : pipe.writerOpens;
  const missing = opens === pending.peerOpens && peerMissing(pipe, file.flags);
  if (missing || core.kernel.forced(caller)) {
    return core.kernel.block(caller, isWriter ? pipe.writeChannel : pipe.readChannel);
  }
  pending.file = 0;
  file.generation = -1;
  return file;
}

/** A pipe without a name, opened again through /proc/PID/fd: a new end. */
function reopenPipe(core: Core, caller: TaskId, walk: Walk, flags: number): OpenFile | Result {
  if ((flags & (O_DIRECTORY | O_PATH)) !== 0) return -ENOTDIR;
  const pipe = pipeAt(core, fileAt(core, walk.file).pipe);
  const fields = { mount: -1, node: -1, handle: -1, pipe: pipe.id, mode: walk.mode };
  const file = addFile(core, caller, KIND_PIPE, { ...fields, flags: flags & ~NOT_KEPT });
  openPipeEnd(core, pipe, file.flags);
  return file;
}

/** pipe2(2): two descriptors into the range. */
export function openPipe(core: Core, caller: TaskId, address: number, flags: number): Result {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) !== 0) return -EINVAL;
  const first = freeDescriptor(core, caller);
  if (first < 0) return first;
  const second = freeDescriptor(core, caller, first + 1);
  if (second < 0) return second;
  const full = Math.min(
    mayOpen(core, caller, 2),
    mayHold(core, jobOf(core, caller), PIPE_COST_BYTES),
  );
  if (full < 0) return full;
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, first, true);
  view.setInt32(4, second, true);
  const failed = core.kernel.copyOut(caller, address, bytes, 0, 8);
  if (failed < 0) return failed;
  const pipe = addPipe(core, caller, -1, -1);
  const table = tableOf(core, caller);
  for (const [descriptor, access] of [
    [first, O_RDONLY],
    [second, O_WRONLY],
  ] as const) {
    const kept = access | (flags & (access === O_WRONLY ? O_NONBLOCK | O_DIRECT : O_NONBLOCK));
    const fields = { mount: -1, node: -1, handle: -1, pipe: pipe.id, mode: S_IFIFO | 0o600 };
    const file = addFile(core, caller, KIND_PIPE, { ...fields, flags: kept });
    openPipeEnd(core, pipe, file.flags);
    install(table, descriptor, file, flags);
  }
  return 0;
}

/** The waiting open of a FIFO has failed: its end goes. */
export function abandonFifo(core: Core, caller: TaskId, file: number): void {
  dropFile(core, caller, fileAt(core, file));
}

/** A regular file that may be executed, for exec. @returns the walk, with error 0 or -errno */
export function walkToExecutable(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  walkFlags: number,
): Walk {
  const walk = walkPath(core, caller, directory, path, pathLength, walkFlags);
  if (walk.error < 0) return walk;
  if (walk.node < 0) walk.error = walk.file !== 0 ? -EACCES : -ENOENT;
  else if ((walk.mode & S_IFMT) === S_IFLNK) walk.error = -ELOOP;
  else if ((walk.mode & S_IFMT) !== S_IFREG) walk.error = -EACCES;
  else if ((mountOf(core, walk.mount).flags & MS_NOEXEC) !== 0) walk.error = -EACCES;
  else walk.error = checkAccess(core, caller, walk.mount, walk.node, walk.mode, MAY_EXECUTE);
  if (walk.error === 0 && isWritten(core, walk.mount, walk.node)) walk.error = -ETXTBSY;
  return walk;
}
