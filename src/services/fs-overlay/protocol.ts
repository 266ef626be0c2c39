/** Protocol of fs-overlay: a file system, and what tells it that a call has ended. */
import type { TaskId } from "../../kernel/calls.js";
import { handle, operation, type Protocol, type Result } from "../../kernel/protocol.js";
import { type FileSystemService, fileSystemProtocol } from "../file/protocol.js";

export interface OverlayFileSystemService extends FileSystemService {
  commit(caller: TaskId, callId: number): Result;
  abort(caller: TaskId, callId: number): Result;
}

export const overlayProtocol: Protocol<OverlayFileSystemService> = Object.freeze({
  name: "fs-overlay",
  operations: Object.freeze({
    ...fileSystemProtocol("fs-overlay").operations,
    commit: operation(60, "mutation", handle),
    abort: operation(61, "mutation", handle),
  }),
});
