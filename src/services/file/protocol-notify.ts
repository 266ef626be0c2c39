/** Operations of the file service for inotify(7): part of protocol.ts; numbers 270 to 279. */
import type { TaskId } from "../../kernel/calls.js";
import { handle, operation, path, type Result, word } from "../../kernel/protocol.js";

export interface NotifyOperations {
  /** inotify_init1(2). @returns the descriptor */
  openNotifier(caller: TaskId, flags: number): Result;
  /** inotify_add_watch(2). @returns the watch's number */
  addWatch(
    caller: TaskId,
    descriptor: number,
    path: number,
    pathLength: number,
    mask: number,
  ): Result;
  /** inotify_rm_watch(2). */
  removeWatch(caller: TaskId, descriptor: number, watch: number): Result;
}

/** The table of NotifyOperations. */
export const NOTIFY_OPERATIONS = Object.freeze({
  openNotifier: operation(270, "mutation", word),
  addWatch: operation(271, "mutation", handle, path, word),
  removeWatch: operation(272, "mutation", handle, word),
});
