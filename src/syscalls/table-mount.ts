/**
 * Rows of the mount table, and of names.
 */
import { address, descriptor, flags, mode, optional, path, size } from "./arguments.js";
import { blocks, row } from "./make-row.js";
import { openScoped } from "./open-how.js";
import type { Row } from "./row.js";

export const MOUNT_ROWS: readonly Row[] = Object.freeze([
  row(39, "umount2", [path, flags], (s, t, p, n, how) => s.file.unmount(t, p, n, how)),
  row(
    40,
    "mount",
    [optional(path), path, optional(path), flags, optional(path)],
    (s, t, ...w) => s.file.mount(t, ...w),
    "tmpfs, devtmpfs, proc, bind, move, remount; nothing propagates between mounts",
  ),
  row(
    41,
    "pivot_root",
    [path, path],
    (s, t, p, n, old, oldLength) => s.file.pivotRoot(t, p, n, old, oldLength),
    "of the whole system's root only",
  ),
  blocks(row(437, "openat2", [descriptor, path, address, size], openScoped)),
  row(452, "fchmodat2", [descriptor, path, mode, flags], (s, t, at, p, n, m, how) =>
    s.file.changeMode(t, at, p, n, m, how),
  ),
]);
