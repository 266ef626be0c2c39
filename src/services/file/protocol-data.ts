/**
 * Operations of the file service on the content and attributes of files that came after POSIX: part
 * of protocol.ts; numbers 200 to 239.
 */
import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  inputOutputOf,
  operation,
  output,
  outputOf,
  path,
  type Result,
  word,
} from "../../kernel/protocol.js";

/** Bytes of struct statx. */
const STATX_BYTES = 256;
/** Bytes of struct f_owner_ex. */
const OWNER_BYTES = 8;

export interface DataOperations {
  /** fallocate(2). */
  allocate(
    caller: TaskId,
    descriptor: number,
    mode: number,
    offset: number,
    lengthBytes: number,
  ): Result;
  /** preadv2(2): as read, with RWF_* flags. */
  readWith(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    offset: number,
    flags: number,
  ): Result;
  /** pwritev2(2): as write, with RWF_* flags. */
  writeWith(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    offset: number,
    flags: number,
  ): Result;
  /** copy_file_range(2). Offsets: -1: at the file's position. */
  copyRange(
    caller: TaskId,
    from: number,
    fromOffset: number,
    to: number,
    toOffset: number,
    lengthBytes: number,
  ): Result;
  /** splice(2). Offsets: -1: at the file's position. */
  splice(
    caller: TaskId,
    from: number,
    fromOffset: number,
    to: number,
    toOffset: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** tee(2). */
  tee(caller: TaskId, from: number, to: number, lengthBytes: number, flags: number): Result;
  /** statx(2). */
  statExtended(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
    mask: number,
    buffer: number,
  ): Result;
  /** syncfs(2). */
  synchronizeAll(caller: TaskId, descriptor: number): Result;
  /** sync_file_range(2). */
  synchronizeRange(
    caller: TaskId,
    descriptor: number,
    offset: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** posix_fadvise(2). */
  adviseRange(
    caller: TaskId,
    descriptor: number,
    offset: number,
    lengthBytes: number,
    advice: number,
  ): Result;
  /** readahead(2). */
  readAhead(caller: TaskId, descriptor: number, offset: number, lengthBytes: number): Result;
  /** getxattr(2) and kin; flags AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH (the descriptor itself). */
  getAttribute(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    name: number,
    nameLength: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** setxattr(2) and kin; flags also XATTR_CREATE and XATTR_REPLACE. */
  setAttribute(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    name: number,
    nameLength: number,
    value: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** listxattr(2) and kin. */
  listAttributes(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** removexattr(2) and kin. */
  removeAttribute(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    name: number,
    nameLength: number,
    flags: number,
  ): Result;
  /** F_GETOWN_EX and F_SETOWN_EX: a struct f_owner_ex in the range. */
  controlOwner(caller: TaskId, descriptor: number, command: number, owner: number): Result;
  /** name_to_handle_at(2): the node's number. @returns it */
  handleOf(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
  ): Result;
  /** The mount of a descriptor or path, as name_to_handle_at tells it. */
  mountOf(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
  ): Result;
  /** open_by_handle_at(2). */
  openHandle(caller: TaskId, mountDescriptor: number, node: number, flags: number): Result;
}

/** The table of DataOperations. */
export const DATA_OPERATIONS = Object.freeze({
  allocate: operation(200, "mutation", handle, word, word, word),
  readWith: operation(201, "mutation", handle, output(2), word, word, word),
  writeWith: operation(202, "mutation", handle, input(2), word, word, word),
  copyRange: operation(203, "mutation", handle, word, handle, word, word),
  splice: operation(204, "mutation", handle, word, handle, word, word, word),
  tee: operation(205, "mutation", handle, handle, word, word),
  statExtended: operation(206, "query", handle, path, word, word, outputOf(STATX_BYTES)),
  synchronizeAll: operation(207, "mutation", handle),
  synchronizeRange: operation(208, "mutation", handle, word, word, word),
  adviseRange: operation(209, "mutation", handle, word, word, word),
  readAhead: operation(210, "mutation", handle, word, word),
  getAttribute: operation(211, "query", handle, path, path, output(6), word, word),
  setAttribute: operation(212, "mutation", handle, path, path, input(6), word, word),
  listAttributes: operation(213, "query", handle, path, output(4), word, word),
  removeAttribute: operation(214, "mutation", handle, path, path, word),
  controlOwner: operation(215, "mutation", handle, word, inputOutputOf(OWNER_BYTES)),
  handleOf: operation(216, "query", handle, path, word),
  mountOf: operation(217, "query", handle, path, word),
  openHandle: operation(218, "mutation", handle, word, word),
});
