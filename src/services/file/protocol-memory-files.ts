/** Operations on files in memory without a name: part of protocol.ts; numbers 280 to 289. */
import type { TaskId } from "../../kernel/calls.js";
import { operation, path, type Result, word } from "../../kernel/protocol.js";

export interface MemoryFileOperations {
  /** memfd_create(2). @param name in scratch @returns a descriptor */
  createMemoryFile(caller: TaskId, name: number, nameLength: number, flags: number): Result;
}

/** The table of MemoryFileOperations. */
export const MEMORY_FILE_OPERATIONS = Object.freeze({
  createMemoryFile: operation(280, "mutation", path, word),
});
