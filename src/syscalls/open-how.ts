/**
 * openat2(2): its structure, which is refused for anything that this system does not know.
 */
import { E2BIG, EAGAIN, EINVAL } from "../abi/errno.js";
import * as F from "../abi/file.js";
import { withRange } from "./ioctl.js";
import type { Operate, Services } from "./row.js";

const SIZE_MAX = 4096;
const FLAGS =
  F.O_ACCMODE |
  F.O_CREAT |
  F.O_EXCL |
  F.O_NOCTTY |
  F.O_TRUNC |
  F.O_APPEND |
  F.O_NONBLOCK |
  F.O_SYNC |
  F.O_ASYNC |
  F.O_DIRECT |
  F.O_LARGEFILE |
  F.O_DIRECTORY |
  F.O_NOFOLLOW |
  F.O_NOATIME |
  F.O_CLOEXEC |
  F.O_PATH |
  F.O_TMPFILE;
const WITH_PATH = F.O_PATH | F.O_DIRECTORY | F.O_NOFOLLOW | F.O_CLOEXEC;
const SCOPES = F.RESOLVE_BENEATH | F.RESOLVE_IN_ROOT;
const RESOLVE =
  SCOPES | F.RESOLVE_NO_XDEV | F.RESOLVE_NO_MAGICLINKS | F.RESOLVE_NO_SYMLINKS | F.RESOLVE_CACHED;

/** The row of openat2: descriptor, path (two words), struct open_how, its size. */
export const openScoped: Operate = (s, t, directory, path, length, how, size) => {
  if (size < F.OPEN_HOW_BYTES) return -EINVAL;
  if (size > SIZE_MAX) return -E2BIG;
  return withRange(s, t, how, size, (at) => {
    const bytes = new Uint8Array(size);
    const failed = s.kernel.copyIn(t, at, bytes, 0, size);
    if (failed < 0) return failed;
    if (bytes.subarray(F.OPEN_HOW_BYTES).some((byte) => byte !== 0)) return -E2BIG;
    return openAs(s, t, directory, path, length, new DataView(bytes.buffer));
  });
};

function openAs(
  services: Services,
  caller: number,
  directory: number,
  path: number,
  length: number,
  how: DataView,
): number {
  const [flags, mode, resolve] = [0, 8, 16].map((offset) => how.getUint32(offset, true));
  const isLarge = [4, 12, 20].some((offset) => how.getUint32(offset, true) !== 0);
  if (flags === undefined || mode === undefined || resolve === undefined) return -EINVAL;
  if (isLarge || (flags & ~FLAGS) !== 0 || (resolve & ~RESOLVE) !== 0) return -EINVAL;
  if ((resolve & SCOPES) === SCOPES) return -EINVAL;
  const isUnnamed = (flags & F.O_TMPFILE) === F.O_TMPFILE;
  const makes = (flags & F.O_CREAT) !== 0 || isUnnamed;
  if (makes ? (mode & ~0o7777) !== 0 : mode !== 0) return -EINVAL;
  if ((flags & F.O_PATH) !== 0 && (flags & ~WITH_PATH) !== 0) return -EINVAL;
  if ((resolve & F.RESOLVE_CACHED) !== 0 && (makes || (flags & F.O_TRUNC) !== 0)) return -EAGAIN;
  const wanted = resolve & ~F.RESOLVE_CACHED;
  return services.file.openScoped(caller, directory, path, length, flags, mode, wanted);
}
