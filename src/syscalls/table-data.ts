/**
 * Rows of calls on the content and attributes of files that came after POSIX: extended attributes,
 * fallocate, sendfile, splice and kin, preadv2, statx, advice, file handles.
 */
import { E2BIG, EBADF, EFAULT, EINVAL, EOVERFLOW, ESTALE } from "../abi/errno.js";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  F_GETFL,
  F_GETPIPE_SZ,
  getInteger64,
  O_ACCMODE,
  O_RDONLY,
  setInteger64,
} from "../abi/file.js";
import {
  RWF_NOWAIT,
  SPLICE_F_GIFT,
  SPLICE_F_MORE,
  SPLICE_F_MOVE,
  SPLICE_F_NONBLOCK,
  STATX_BYTES,
  XATTR_CREATE,
  XATTR_REPLACE,
  XATTR_SIZE_MAX,
} from "../abi/file-data.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import type { Result } from "../kernel/protocol.js";
import { CURRENT_DIRECTORY } from "../services/file/protocol.js";
import {
  address,
  bytesOut,
  descriptor,
  flags,
  int,
  long,
  optional,
  path,
  size,
  unsigned,
} from "./arguments.js";
import { withRange } from "./ioctl.js";
import { blocks, moveBetween, movesEither, movesWith, row } from "./make-row.js";
import { onRange, readBytes } from "./ranges.js";
import type { Operate, Row, Services } from "./row.js";

const NOFOLLOW = AT_SYMLINK_NOFOLLOW;
/** Of a call on a descriptor itself. */
const SELF = AT_EMPTY_PATH;

/**
 * Runs `body` with the offset at `pointer` (-1: none is given) and stores it moved on.
 * @param wrapBytes an offset so little below 0 that as many bytes end above it: EOVERFLOW
 */
function withOffset(
  s: Services,
  t: number,
  pointer: number,
  body: (offset: number) => Result,
  wrapBytes = 0,
): Result {
  if (pointer === 0) return body(-1);
  return withRange(s, t, pointer, 8, (at) => {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    s.kernel.copyIn(t, at, bytes, 0, 8);
    const offset = getInteger64(view, 0);
    if (offset < 0) return offset + wrapBytes > 0 ? -EOVERFLOW : -EINVAL;
    const done = body(offset);
    if (done > 0) {
      setInteger64(view, 0, offset + done);
      s.kernel.copyOut(t, at, bytes, 0, 8);
    }
    return done;
  });
}

/** A pipe takes what it has room for, once; other files take all (Linux: do_sendfile). */
const sendfile: Operate = (s, t, to, from, pointer, length, progress) =>
  progress > 0 && s.file.control(t, to, F_GETPIPE_SZ, 0) > 0
    ? 0
    : withOffset(s, t, pointer, (offset) => s.file.sendfile(t, to, from, offset, length));

const copyRange: Operate = (s, t, from, fromAt, to, toAt, length, how) => {
  if (how !== 0) return -EINVAL;
  const copy = (start: number, goal: number): Result =>
    s.file.copyRange(t, from, start, to, goal, length);
  const copyFrom = (start: number): Result =>
    withOffset(s, t, toAt, (goal) => copy(start, goal), length);
  return withOffset(s, t, fromAt, copyFrom, length);
};

const splice: Operate = (s, t, from, fromAt, to, toAt, length, how) => {
  if (length === 0) return 0;
  for (const fd of [from, to]) if (s.file.control(t, fd, F_GETFL, 0) < 0) return -EBADF;
  return withOffset(s, t, fromAt, (start) =>
    withOffset(s, t, toAt, (goal) => s.file.splice(t, from, start, to, goal, length, how)),
  );
};

const SPLICE_FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;

/** vmsplice copies: a pipe's pages are its own. It waits only before the first byte. */
const vmsplice: Operate = (s, t, fd, buffer, length, _offset, how, progress) => {
  if ((how & ~SPLICE_FLAGS) !== 0) return -EINVAL;
  const waits = (how & SPLICE_F_NONBLOCK) === 0 && progress === 0;
  const access = s.file.control(t, fd, F_GETFL, 0) & O_ACCMODE;
  const flags = waits ? 0 : RWF_NOWAIT;
  return access === O_RDONLY
    ? s.file.readWith(t, fd, buffer, length, -1, flags)
    : s.file.writeWith(t, fd, buffer, length, -1, flags);
};

const readWith: Operate = (s, t, fd, buffer, length, offset, how) =>
  s.file.readWith(t, fd, buffer, length, offset, how);
const writeWith: Operate = (s, t, fd, buffer, length, offset, how) =>
  s.file.writeWith(t, fd, buffer, length, offset, how);

/** struct file_handle: handle_bytes u32, handle_type i32, f_handle. */
const HANDLE_HEADER_BYTES = 8;
const HANDLE_BYTES = 12;
const HANDLE_BYTES_MAX = 128;
/** FILEID_INO32_GEN, with the inode's upper half, as tmpfs has it. */
const HANDLE_TYPE = 1;
const HANDLE_FLAGS = AT_SYMLINK_FOLLOW | AT_EMPTY_PATH;

const nameToHandle: Operate = (s, t, at, p, n, handle, mountId, how) => {
  if ((how & ~HANDLE_FLAGS) !== 0) return -EINVAL;
  const node = s.file.handleOf(t, at, p, n, how);
  if (node < 0) return node;
  return withRange(s, t, handle, HANDLE_HEADER_BYTES, (start) => {
    const bytes = new Uint8Array(HANDLE_HEADER_BYTES + HANDLE_BYTES);
    const view = new DataView(bytes.buffer);
    s.kernel.copyIn(t, start, bytes, 0, HANDLE_HEADER_BYTES);
    const room = view.getUint32(0, true);
    if (room > HANDLE_BYTES_MAX) return -EINVAL;
    const mount = new Uint8Array(4);
    new DataView(mount.buffer).setInt32(0, s.file.mountOf(t, at, p, n, how), true);
    const ready = s.prepare(t, mountId, 4, ACCESS_WRITE);
    if (ready < 4) return -EFAULT;
    s.kernel.copyOut(t, mountId, mount, 0, 4);
    view.setUint32(0, HANDLE_BYTES, true);
    if (room < HANDLE_BYTES) {
      s.kernel.copyOut(t, start, bytes, 0, 4);
      return -EOVERFLOW;
    }
    view.setInt32(4, HANDLE_TYPE, true);
    setInteger64(view, 12, node);
    const all = s.prepare(t, start, bytes.length, ACCESS_WRITE);
    if (all < bytes.length) return -EFAULT;
    return s.kernel.copyOut(t, start, bytes, 0, bytes.length);
  });
};

const openByHandle: Operate = (s, t, mount, handle, how) => {
  const header = readBytes(s, t, handle, HANDLE_HEADER_BYTES);
  if (typeof header === "number") return header;
  const length = new DataView(header.buffer).getUint32(0, true);
  if (length === 0 || length > HANDLE_BYTES_MAX) return -EINVAL;
  const bytes = readBytes(s, t, handle, HANDLE_HEADER_BYTES + length);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const isOurs = length >= HANDLE_BYTES && view.getInt32(4, true) === HANDLE_TYPE;
  const node = isOurs ? getInteger64(view, 12) : -1;
  const opened = s.file.openHandle(t, mount, node, how);
  return isOurs || opened < 0 ? opened : -ESTALE;
};

const setFlags = (how: number): number => how & (XATTR_CREATE | XATTR_REPLACE);
const badFlags = (how: number): boolean => (how & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0;

/** Checks the flags and the size, and faults the value in. */
function withValue(
  s: Services,
  t: number,
  value: number,
  lengthBytes: number,
  how: number,
  operate: () => Result,
): Result {
  if (badFlags(how)) return -EINVAL;
  if (lengthBytes > XATTR_SIZE_MAX) return -E2BIG;
  if (lengthBytes === 0) return operate();
  const ready = s.prepare(t, value, lengthBytes, ACCESS_READ);
  if (ready < lengthBytes) return ready < 0 ? ready : -EFAULT;
  return operate();
}

/** setxattr and lsetxattr. */
const setByPath =
  (more: number): Operate =>
  (s, t, p, n, name, nameLength, value, length, how) =>
    withValue(s, t, value, length, how, () =>
      s.file.setAttribute(
        t,
        CURRENT_DIRECTORY,
        p,
        n,
        name,
        nameLength,
        value,
        length,
        setFlags(how) | more,
      ),
    );
const getByPath =
  (more: number): Operate =>
  (s, t, p, n, name, nameLength, value, length) =>
    s.file.getAttribute(t, CURRENT_DIRECTORY, p, n, name, nameLength, value, length, more);
const listByPath =
  (more: number): Operate =>
  (s, t, p, n, list, length) =>
    s.file.listAttributes(t, CURRENT_DIRECTORY, p, n, list, length, more);
const removeByPath =
  (more: number): Operate =>
  (s, t, p, n, name, nameLength) =>
    s.file.removeAttribute(t, CURRENT_DIRECTORY, p, n, name, nameLength, more);

/** A range of the caller's as `bytesOut` prepares it, but only up to what attributes can have. */
const ATTRIBUTE_ROWS: readonly Row[] = [
  row(5, "setxattr", [path, path, address, size, flags], setByPath(0)),
  row(6, "lsetxattr", [path, path, address, size, flags], setByPath(NOFOLLOW)),
  row(7, "fsetxattr", [descriptor, path, address, size, flags], (s, t, ...w) => {
    const [fd, name, nameLength, value, length, how] = w as readonly number[] as Six;
    const all = setFlags(how) | SELF;
    return withValue(s, t, value, length, how, () =>
      s.file.setAttribute(t, fd, 0, 0, name, nameLength, value, length, all),
    );
  }),
  row(8, "getxattr", [path, path, bytesOut(3), size], getByPath(0)),
  row(9, "lgetxattr", [path, path, bytesOut(3), size], getByPath(NOFOLLOW)),
  row(10, "fgetxattr", [descriptor, path, bytesOut(3), size], (s, t, fd, name, n, value, length) =>
    s.file.getAttribute(t, fd, 0, 0, name, n, value, length, SELF),
  ),
  row(11, "listxattr", [path, bytesOut(2), size], listByPath(0)),
  row(12, "llistxattr", [path, bytesOut(2), size], listByPath(NOFOLLOW)),
  row(13, "flistxattr", [descriptor, bytesOut(2), size], (s, t, fd, list, length) =>
    s.file.listAttributes(t, fd, 0, 0, list, length, SELF),
  ),
  row(14, "removexattr", [path, path], removeByPath(0)),
  row(15, "lremovexattr", [path, path], removeByPath(NOFOLLOW)),
  row(16, "fremovexattr", [descriptor, path], (s, t, fd, name, nameLength) =>
    s.file.removeAttribute(t, fd, 0, 0, name, nameLength, SELF),
  ),
];

type Six = [number, number, number, number, number, number];

export const DATA_ROWS: readonly Row[] = Object.freeze([
  ...ATTRIBUTE_ROWS,
  row(26, "inotify_init1", [flags], (s, t, how) => s.file.openNotifier(t, how)),
  row(27, "inotify_add_watch", [descriptor, path, flags], (s, t, fd, p, n, mask) =>
    s.file.addWatch(t, fd, p, n, mask),
  ),
  row(28, "inotify_rm_watch", [descriptor, int], (s, t, fd, watch) =>
    s.file.removeWatch(t, fd, watch),
  ),
  row(47, "fallocate", [descriptor, int, long, long], (s, t, fd, mode, offset, length) =>
    s.file.allocate(t, fd, mode, offset, length),
  ),
  moveBetween(row(71, "sendfile", [descriptor, descriptor, address, size], sendfile), 3),
  movesEither(row(75, "vmsplice", [descriptor, address, long, flags], vmsplice), 3),
  blocks(row(76, "splice", [descriptor, address, descriptor, address, size, flags], splice)),
  blocks(
    row(77, "tee", [descriptor, descriptor, size, flags], (s, t, from, to, length, how) =>
      s.file.tee(t, from, to, length, how),
    ),
  ),
  row(84, "sync_file_range", [descriptor, long, long, flags], (s, t, fd, offset, length, how) =>
    s.file.synchronizeRange(t, fd, offset, length, how),
  ),
  row(213, "readahead", [descriptor, long, size], (s, t, fd, offset, length) =>
    s.file.readAhead(t, fd, offset, length),
  ),
  row(223, "fadvise64", [descriptor, long, long, int], (s, t, fd, offset, length, advice) =>
    s.file.adviseRange(t, fd, offset, length, advice),
  ),
  row(264, "name_to_handle_at", [descriptor, path, address, address, flags], nameToHandle),
  row(265, "open_by_handle_at", [descriptor, address, flags], openByHandle),
  row(267, "syncfs", [descriptor], (s, t, fd) => s.file.synchronizeAll(t, fd)),
  moveBetween(
    row(285, "copy_file_range", [descriptor, address, descriptor, address, size, flags], copyRange),
    4,
    false,
  ),
  movesWith(
    row(286, "preadv2", [descriptor, address, long, long, long, flags], readWith),
    "read",
    5,
  ),
  movesWith(
    row(287, "pwritev2", [descriptor, address, long, long, long, flags], writeWith),
    "write",
    5,
  ),
  row(
    291,
    "statx",
    [descriptor, optional(path), flags, unsigned, address],
    (s, t, at, p, n, how, mask, buffer) =>
      onRange(s, t, buffer, STATX_BYTES, ACCESS_WRITE, (to) =>
        s.file.statExtended(t, at, p, n, how, mask, to),
      ),
  ),
]);
