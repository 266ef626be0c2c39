/**
 * execve: the vectors of arguments and environment are copied once, packed one string behind the
 * other with their NULs, into scratch; the rest is the process service's.
 */
import { E2BIG, EFAULT, EINVAL } from "../abi/errno.js";
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from "../abi/file.js";
import { ATTRIBUTE } from "../kernel/calls.js";
import { ACCESS_READ, PAGE_BYTES } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { CURRENT_DIRECTORY } from "../services/file/protocol.js";
import { EXECUTE_LOST } from "../services/process/protocol.js";
import type { Operate, Services } from "./row.js";

/** Longest single string with its NUL (MAX_ARG_STRLEN). */
const STRING_BYTES_MAX = 131072;
/** All strings and pointers take a quarter of the stack's limit at most (execve(2)). */
const STACK_SHARE = 4;
const TOTAL_BYTES_MAX = 6 * 1024 * 1024;
const RLIMIT_STACK = 3;
const POINTER_BYTES = 8;
const F_GETFD = 1;
const FD_CLOEXEC = 1;
const SLASH = 0x2f;

/** What a vector takes, gathered as it is read. */
interface Strings {
  readonly chunks: Uint8Array[];
  lengthBytes: number;
  count: number;
}

/** What strings and pointers may still take. */
interface Room {
  bytes: number;
}

/** execve: copies path, arguments and environment once, then hands over to the process service. */
export const execute: Operate = (s, t, path, pathLength, argv, envp) =>
  run(s, t, CURRENT_DIRECTORY, path, pathLength, argv, envp, 0);

/** execveat: of a directory, or with AT_EMPTY_PATH the descriptor itself. */
export const executeAt: Operate = (s, t, directory, path, pathLength, argv, envp, flags) => {
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) return -EINVAL;
  const first = new Uint8Array(1);
  if (pathLength > 0) s.kernel.copyIn(t, path, first, 0, 1);
  const isOfDescriptor = directory !== CURRENT_DIRECTORY && first[0] !== SLASH;
  // A script's interpreter could not open a descriptor that is closed by then.
  const isLost = isOfDescriptor && (s.file.control(t, directory, F_GETFD, 0) & FD_CLOEXEC) === 1;
  const how = flags | (isLost ? EXECUTE_LOST : 0);
  return run(
    s,
    t,
    isOfDescriptor ? directory : CURRENT_DIRECTORY,
    path,
    pathLength,
    argv,
    envp,
    how,
  );
};

function run(
  s: Services,
  t: number,
  directory: number,
  path: number,
  pathLength: number,
  argv: number,
  envp: number,
  flags: number,
): Result {
  // All strings and pointers, of which 128 KiB are always allowed (fs/exec.c: bprm_stack_limits).
  const stack = s.kernel.attribute(t, ATTRIBUTE.limits + RLIMIT_STACK);
  const share = Math.min(Math.floor(stack / STACK_SHARE), TOTAL_BYTES_MAX);
  const limit = Math.min(Math.max(share, STRING_BYTES_MAX), stack);
  const left: Room = { bytes: limit - (pathLength + 1) };
  const args: Strings = { chunks: [], lengthBytes: 0, count: 0 };
  const environment: Strings = { chunks: [], lengthBytes: 0, count: 0 };
  let failed = readVector(s, t, argv, args, left);
  if (failed !== 0) return failed;
  // An empty vector of arguments gets an empty string.
  if (args.count === 0) left.bytes -= POINTER_BYTES + 1;
  failed = readVector(s, t, envp, environment, left);
  if (failed !== 0) return failed;
  const argsAt = pack(s, t, args);
  const environmentAt = pack(s, t, environment);
  return s.process.execute(
    t,
    directory,
    path,
    pathLength,
    argsAt,
    args.lengthBytes,
    environmentAt,
    environment.lengthBytes,
    flags,
  );
}

function pack(s: Services, caller: number, strings: Strings): number {
  const at = s.kernel.scratch(caller, strings.lengthBytes);
  let offset = 0;
  for (const chunk of strings.chunks) {
    s.kernel.copyOut(caller, at + offset, chunk, 0, chunk.length);
    offset += chunk.length;
  }
  return at;
}

/** Reads a null-terminated array of strings; null itself is an empty one (as on Linux). */
function readVector(
  s: Services,
  caller: number,
  vector: number,
  strings: Strings,
  left: Room,
): Result {
  if (vector === 0) return 0;
  const pointer = new Uint8Array(8);
  const view = new DataView(pointer.buffer);
  for (let at = vector; ; at += 8) {
    const failed = read(s, caller, at, pointer, 0, 8);
    if (failed !== 0) return failed;
    const string = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    if (string === 0) return 0;
    const before = strings.lengthBytes;
    const length = readString(s, caller, string, strings);
    if (length === BLOCKED || length < 0) return length;
    strings.count++;
    left.bytes -= POINTER_BYTES + strings.lengthBytes - before;
    if (left.bytes < 0) return -E2BIG;
  }
}

function read(
  s: Services,
  caller: number,
  address: number,
  to: Uint8Array,
  offset: number,
  lengthBytes: number,
): Result {
  const ready = s.prepare(caller, Math.min(address, 2 ** 39), lengthBytes, ACCESS_READ);
  if (ready < lengthBytes) return ready < 0 ? ready : -EFAULT;
  return s.kernel.copyIn(caller, address, to, offset, lengthBytes);
}

/** Appends a string with its NUL. @returns 0, -errno or BLOCKED */
function readString(s: Services, caller: number, start: number, strings: Strings): Result {
  let length = 0;
  for (;;) {
    const at = start + length;
    const chunk = new Uint8Array(PAGE_BYTES - (at % PAGE_BYTES));
    const failed = read(s, caller, at, chunk, 0, chunk.length);
    if (failed !== 0) return failed;
    const end = chunk.indexOf(0);
    const used = end < 0 ? chunk : chunk.subarray(0, end + 1);
    strings.chunks.push(used);
    strings.lengthBytes += used.length;
    length += used.length;
    if (length > STRING_BYTES_MAX) return -E2BIG;
    if (end >= 0) return 0;
  }
}
