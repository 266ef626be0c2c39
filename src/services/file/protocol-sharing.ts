/** Operations on what processes share of their files: part of protocol.ts; numbers 190 to 199. */
import type { TaskId } from "../../kernel/calls.js";
import { handle, operation, type Result, word } from "../../kernel/protocol.js";

export interface SharingOperations {
  /** unshare(2): a copy of the table (CLONE_FILES), of directory, root and umask (CLONE_FS). */
  unshare(caller: TaskId, flags: number): Result;
  /**
   * kcmp(2) of descriptors of two tasks.
   * @returns 0: the same open file; 1, 2: less, greater; -EBADF
   */
  compareFiles(
    caller: TaskId,
    first: number,
    firstDescriptor: number,
    second: number,
    secondDescriptor: number,
  ): Result;
}

/** The table of SharingOperations. */
export const SHARING_OPERATIONS = Object.freeze({
  unshare: operation(190, "mutation", word),
  compareFiles: operation(191, "query", handle, word, handle, word),
});
