/**
 * Rows of files, directories, descriptors, pipes and waiting for them.
 */
import { EBADF, EFAULT, EINVAL } from "../abi/errno.js";
import { F_GETFL, F_GETLK, F_OFD_GETLK, O_PATH } from "../abi/file.js";
import { ACCESS_WRITE } from "../kernel/platform.js";
import type { Result } from "../kernel/protocol.js";
import { CURRENT_DIRECTORY, STAT_BYTES, STATFS_BYTES } from "../services/file/protocol.js";
import {
  address,
  bytesIn,
  bytesOut,
  descriptor,
  flags,
  int,
  long,
  mode,
  optional,
  path,
  size,
  structIn,
  structOut,
  unsigned,
} from "./arguments.js";
import { ioctl, withRange } from "./ioctl.js";
import { blocks, moves, row } from "./make-row.js";
import { onRange, orFault, rangeOrNone, readBytes } from "./ranges.js";
import type { Operate, Row, Services } from "./row.js";

const AT_EMPTY_PATH = 0x1000;
const AT_REMOVEDIR = 0x200;

type Six = [number, number, number, number, number, number];
type Seven = [...Six, number];
type Words = readonly number[];

/** F_GETLK, F_SETLK, F_SETLKW and their OFD variants carry a struct flock. */
const LOCK_COMMANDS: ReadonlySet<number> = new Set([5, 6, 7, 36, 37, 38]);
const FLOCK_BYTES = 32;
/** What an address that no program can have becomes. */
const BAD_ADDRESS = 2 ** 39;
/** F_SETOWN_EX and F_GETOWN_EX carry a struct f_owner_ex. */
const OWNER_COMMANDS: ReadonlySet<number> = new Set([15, 16]);

const control = (s: Services, t: number, fd: number, command: number, argument: number): Result =>
  OWNER_COMMANDS.has(command)
    ? withRange(s, t, argument, 8, (at) => s.file.controlOwner(t, fd, command, at))
    : LOCK_COMMANDS.has(command)
      ? lock(s, t, fd, command, argument)
      : s.file.control(t, fd, command, argument);

/** Only F_GETLK and F_OFD_GETLK store into the struct flock: others may find it read-only. */
function lock(s: Services, t: number, fd: number, command: number, argument: number): Result {
  if (command === F_GETLK || command === F_OFD_GETLK) {
    return withRange(s, t, argument, FLOCK_BYTES, (at) =>
      s.file.lock(t, fd, command, at, FLOCK_BYTES),
    );
  }
  const bytes = readBytes(
    s,
    t,
    argument < 0 ? BAD_ADDRESS : Math.min(argument, BAD_ADDRESS),
    FLOCK_BYTES,
  );
  if (typeof bytes === "number") return bytes;
  const scratch = s.kernel.scratch(t, FLOCK_BYTES);
  s.kernel.copyOut(t, scratch, bytes, 0, FLOCK_BYTES);
  return s.file.lock(t, fd, command, scratch, FLOCK_BYTES);
}

/** fchmod and fchown: not by a descriptor that only names a file. */
const changesBy = (s: Services, t: number, fd: number, change: () => Result): Result => {
  const held = s.file.control(t, fd, F_GETFL, 0);
  return held < 0 || (held & O_PATH) !== 0 ? -EBADF : change();
};

/** utimensat with a null path: the descriptor itself (futimens), and nothing else. */
const changeTimes: Operate = (s, t, at, p, n, times, how) => {
  if (p !== 0) return s.file.changeTimes(t, at, p, n, times, how);
  if (at === CURRENT_DIRECTORY) return -EFAULT;
  if (how !== 0) return -EINVAL;
  return changesBy(s, t, at, () => s.file.changeTimes(t, at, 0, 0, times, AT_EMPTY_PATH));
};

const readAt: Operate = (s, t, fd, buffer, length, offset) =>
  s.file.read(t, fd, buffer, length, offset);
const writeAt: Operate = (s, t, fd, buffer, length, offset) =>
  s.file.write(t, fd, buffer, length, offset);
const readFrom: Operate = (s, t, fd, buffer, length, offset) =>
  offset < 0 ? -EINVAL : s.file.read(t, fd, buffer, length, offset);
const writeTo: Operate = (s, t, fd, buffer, length, offset) =>
  offset < 0 ? -EINVAL : s.file.write(t, fd, buffer, length, offset);

/** fsync of a descriptor below 0 is a bad descriptor; -1 would mean all files. */
const synchronize = (s: Services, t: number, fd: number): Result =>
  s.file.synchronize(t, fd < 0 ? -2 : fd);

/** The length is refused before the buffer. */
const currentDirectory: Operate = (s, t, buffer, length) => {
  const needed = s.file.currentDirectory(t, 0, length);
  if (needed < 0) return needed;
  return withRange(s, t, buffer, needed, (at) => s.file.currentDirectory(t, at, needed));
};

export const FILE_ROWS: readonly Row[] = Object.freeze([
  row(17, "getcwd", [address, size], currentDirectory),
  row(23, "dup", [descriptor], (s, t, fd) => s.file.duplicate(t, fd)),
  row(24, "dup3", [descriptor, descriptor, flags], (s, t, from, to, how) =>
    s.file.duplicateTo(t, from, to, how),
  ),
  blocks(
    row(25, "fcntl", [descriptor, int, long], (s, t, fd, command, argument) =>
      control(s, t, fd, command, argument),
    ),
  ),
  blocks(row(29, "ioctl", [descriptor, unsigned, long], ioctl)),
  blocks(row(32, "flock", [descriptor, int], (s, t, fd, how) => s.file.flock(t, fd, how))),
  row(33, "mknodat", [descriptor, path, mode, unsigned], (s, t, at, p, n, m, device) =>
    s.file.makeNode(t, at, p, n, m, device),
  ),
  row(34, "mkdirat", [descriptor, path, mode], (s, t, at, p, n, m) =>
    s.file.makeDirectory(t, at, p, n, m),
  ),
  row(35, "unlinkat", [descriptor, path, flags], (s, t, at, p, n, how) =>
    (how & ~AT_REMOVEDIR) !== 0 ? -EINVAL : s.file.unlink(t, at, p, n, how),
  ),
  row(36, "symlinkat", [path, descriptor, path], (s, t, target, targetLength, at, p, n) =>
    s.file.symlink(t, target, targetLength, at, p, n),
  ),
  row(37, "linkat", [descriptor, path, descriptor, path, flags], (s, t, ...w) => {
    const [at, p, n, at2, p2, n2, how] = w as Words as Seven;
    return s.file.link(t, at, p, n, at2, p2, n2, how);
  }),
  row(43, "statfs", [path, address], (s, t, p, n, buffer) =>
    onRange(s, t, buffer, STATFS_BYTES, ACCESS_WRITE, (at) =>
      s.file.statfs(t, CURRENT_DIRECTORY, p, n, at, 0),
    ),
  ),
  row(44, "fstatfs", [descriptor, address], (s, t, fd, buffer) =>
    onRange(s, t, buffer, STATFS_BYTES, ACCESS_WRITE, (at) =>
      s.file.statfs(t, fd, 0, 0, at, AT_EMPTY_PATH),
    ),
  ),
  blocks(
    row(45, "truncate", [path, long], (s, t, p, n, length) => s.file.truncate(t, p, n, -1, length)),
  ),
  row(46, "ftruncate", [descriptor, long], (s, t, fd, length) =>
    s.file.truncate(t, 0, 0, fd, length),
  ),
  row(48, "faccessat", [descriptor, path, int], (s, t, at, p, n, how) =>
    s.file.access(t, at, p, n, how, 0),
  ),
  row(49, "chdir", [path], (s, t, p, n) => s.file.changeDirectory(t, p, n, -1)),
  row(50, "fchdir", [descriptor], (s, t, fd) => s.file.changeDirectory(t, 0, 0, fd)),
  row(51, "chroot", [path], (s, t, p, n) => s.file.changeRoot(t, p, n)),
  row(52, "fchmod", [descriptor, mode], (s, t, fd, m) =>
    changesBy(s, t, fd, () => s.file.changeMode(t, fd, 0, 0, m, AT_EMPTY_PATH)),
  ),
  row(53, "fchmodat", [descriptor, path, mode], (s, t, at, p, n, m) =>
    s.file.changeMode(t, at, p, n, m, 0),
  ),
  row(54, "fchownat", [descriptor, path, int, int, flags], (s, t, ...w) => {
    const [at, p, n, user, group, how] = w as Words as Six;
    return s.file.changeOwner(t, at, p, n, user, group, how);
  }),
  row(55, "fchown", [descriptor, int, int], (s, t, fd, user, group) =>
    changesBy(s, t, fd, () => s.file.changeOwner(t, fd, 0, 0, user, group, AT_EMPTY_PATH)),
  ),
  blocks(
    row(56, "openat", [descriptor, path, flags, mode], (s, t, at, p, n, how, m) =>
      s.file.open(t, at, p, n, how, m),
    ),
  ),
  row(57, "close", [descriptor], (s, t, fd) => s.file.close(t, fd)),
  row(59, "pipe2", [structOut("descriptors", 8), flags], (s, t, at, how) =>
    s.file.pipe(t, at, how),
  ),
  row(61, "getdents64", [descriptor, bytesOut(2), size], (s, t, fd, buffer, length) =>
    s.file.readDirectory(t, fd, buffer, length),
  ),
  row(62, "lseek", [descriptor, long, int], (s, t, fd, offset, whence) =>
    s.file.seek(t, fd, offset, whence),
  ),
  moves(row(63, "read", [descriptor, bytesOut(2), size], readAt), "read", -1, false),
  moves(row(64, "write", [descriptor, bytesIn(2), size], writeAt), "write", -1, false),
  moves(row(65, "readv", [descriptor, address, long], readAt), "read", -1, true),
  moves(row(66, "writev", [descriptor, address, long], writeAt), "write", -1, true),
  moves(row(67, "pread64", [descriptor, bytesOut(2), size, long], readFrom), "read", 3, false),
  moves(row(68, "pwrite64", [descriptor, bytesIn(2), size, long], writeTo), "write", 3, false),
  moves(row(69, "preadv", [descriptor, address, long, long], readFrom), "read", 3, true),
  moves(row(70, "pwritev", [descriptor, address, long, long], writeTo), "write", 3, true),
  row(78, "readlinkat", [descriptor, path, bytesOut(3), long], (s, t, at, p, n, buffer, length) =>
    length <= 0 ? -EINVAL : s.file.readlink(t, at, p, n, buffer, length),
  ),
  row(79, "newfstatat", [descriptor, path, address, flags], (s, t, at, p, n, buffer, how) => {
    const to = rangeOrNone(s, t, buffer, STAT_BYTES, ACCESS_WRITE);
    return to < 0 ? to : orFault(s.file.stat(t, at, p, n, to, how), to);
  }),
  row(80, "fstat", [descriptor, address], (s, t, fd, buffer) => {
    const to = rangeOrNone(s, t, buffer, STAT_BYTES, ACCESS_WRITE);
    return to < 0 ? to : orFault(s.file.stat(t, fd, 0, 0, to, AT_EMPTY_PATH), to);
  }),
  row(81, "sync", [], (s, t) => s.file.synchronize(t, -1)),
  row(82, "fsync", [descriptor], (s, t, fd) => synchronize(s, t, fd)),
  row(83, "fdatasync", [descriptor], (s, t, fd) => synchronize(s, t, fd)),
  row(
    88,
    "utimensat",
    [descriptor, optional(path), optional(structIn("timespec[2]", 32)), flags],
    changeTimes,
  ),
  row(166, "umask", [mode], (s, t, mask) => s.file.setUmask(t, mask)),
  row(276, "renameat2", [descriptor, path, descriptor, path, flags], (s, t, ...w) => {
    const [at, p, n, at2, p2, n2, how] = w as Words as Seven;
    return s.file.rename(t, at, p, n, at2, p2, n2, how);
  }),
  row(436, "close_range", [unsigned, unsigned, flags], (s, t, first, last, how) =>
    s.file.closeRange(t, first, last, how),
  ),
  row(439, "faccessat2", [descriptor, path, int, flags], (s, t, at, p, n, how, more) =>
    s.file.access(t, at, p, n, how, more),
  ),
]);
