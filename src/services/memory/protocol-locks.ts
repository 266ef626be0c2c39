/**
 * Operations of the memory service on locked memory, on other tasks' memory, and on pages of mapped
 * files: part of protocol.ts; numbers 80 to 99.
 */
import type { TaskId } from "../../kernel/calls.js";
import { handle, input, operation, output, type Result, word } from "../../kernel/protocol.js";

export interface LockOperations {
  /** mlock2(2): flags is 0 or MLOCK_ONFAULT. */
  lock(caller: TaskId, address: number, lengthBytes: number, flags: number): Result;
  /** munlock(2) */
  unlock(caller: TaskId, address: number, lengthBytes: number): Result;
  /** How many shared mappings of an object are writable or may become so. */
  writableMappings(caller: TaskId, object: number): Result;
  /** remap_file_pages(2): `page` of the file is shown from the address on. */
  remapFile(
    caller: TaskId,
    address: number,
    lengthBytes: number,
    page: number,
    flags: number,
  ): Result;
  /** mlockall(2); flags 0: munlockall. */
  lockAll(caller: TaskId, flags: number): Result;
  /**
   * Copies from another task's memory at `remote` to the caller's. May not be asked of a task that
   * the caller has no right over. @returns bytes copied (less: a page is not readable), or -EFAULT
   */
  readTask(
    caller: TaskId,
    task: TaskId,
    remote: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** The same in the other direction. */
  writeTask(
    caller: TaskId,
    task: TaskId,
    remote: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
}

/** The table of LockOperations. */
export const LOCK_OPERATIONS = Object.freeze({
  lock: operation(80, "mutation", word, word, word),
  unlock: operation(81, "mutation", word, word),
  lockAll: operation(82, "mutation", word),
  writableMappings: operation(85, "query", handle),
  remapFile: operation(86, "mutation", word, word, word, word),
  readTask: operation(83, "query", handle, word, output(3), word),
  writeTask: operation(84, "mutation", handle, word, input(3), word),
});
