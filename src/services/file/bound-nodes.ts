/** Nodes that sockets are bound to: each is held until its socket is closed. */
import type { TaskId } from "../../kernel/calls.js";
import { type Core, fileSystemOf, type OpenFile } from "./state.js";

/** A file was closed: if it was a socket with a node, the node is let go. */
export function releaseBoundNode(core: Core, caller: TaskId, file: OpenFile): void {
  const { boundNodes } = core.state;
  const bound = boundNodes.size > 0 ? boundNodes.get(file.id) : undefined;
  if (bound === undefined) return;
  boundNodes.delete(file.id);
  fileSystemOf(core, bound.mount).release(caller, bound.node);
}
