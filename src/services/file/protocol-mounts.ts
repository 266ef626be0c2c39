/**
 * Operations of the file service on the mount table, and names with a scope: part of protocol.ts;
 * numbers 100 to 119.
 */
import type { TaskId } from "../../kernel/calls.js";
import { handle, operation, path, type Result, word } from "../../kernel/protocol.js";

export interface MountOperations {
  /** mount(2): where the mount is to be seen, what, of which type; `data` are the file system's
   * options. Source, type and data at address 0: absent. */
  mount(
    caller: TaskId,
    source: number,
    sourceLength: number,
    target: number,
    targetLength: number,
    type: number,
    typeLength: number,
    flags: number,
    data: number,
    dataLength: number,
  ): Result;
  /** umount2(2). */
  unmount(caller: TaskId, target: number, targetLength: number, flags: number): Result;
  /** pivot_root(2). */
  pivotRoot(
    caller: TaskId,
    root: number,
    rootLength: number,
    old: number,
    oldLength: number,
  ): Result;
  /** openat2(2). @param resolve RESOLVE_* */
  openScoped(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    flags: number,
    mode: number,
    resolve: number,
  ): Result;
}

/** The table of MountOperations. */
export const MOUNT_OPERATIONS = Object.freeze({
  mount: operation(100, "mutation", path, path, path, word, path),
  unmount: operation(101, "mutation", path, word),
  pivotRoot: operation(102, "mutation", path, path),
  openScoped: operation(103, "mutation", handle, path, word, word, word),
});
