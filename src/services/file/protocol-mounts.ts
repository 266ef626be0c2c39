/** Operations of the file service on the mount table: part of protocol.ts; numbers 100 to 119. */
import type { TaskId } from "../../kernel/calls.js";
import { operation, path, type Result, word } from "../../kernel/protocol.js";

export interface MountOperations {
  mount(
    caller: TaskId,
    type: number,
    typeLength: number,
    path: number,
    pathLength: number,
    flags: number,
  ): Result;
  unmount(caller: TaskId, path: number, pathLength: number, flags: number): Result;
}

/** The table of MountOperations. */
export const MOUNT_OPERATIONS = Object.freeze({
  mount: operation(100, "mutation", path, path, word),
  unmount: operation(101, "mutation", path, word),
});
