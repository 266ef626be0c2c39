/** Nodes that sockets are bound to: each is held, with its mount, until its socket is closed. */
import type { TaskId } from "../../kernel/calls.js";
import { dropMount, holdMount } from "./mounts.js";
import { type Core, fileSystemOf, type OpenFile } from "./state.js";

/** A socket's open file was bound to a node. Cannot fail. */
export function holdBoundNode(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  mount: number,
  node: number,
): void {
  fileSystemOf(core, mount).retain(caller, node);
  holdMount(core, mount);
  core.state.boundNodes.set(file.id, { mount, node });
}

/** A file was closed: if it was a socket with a node, the node is let go. */
export function releaseBoundNode(core: Core, caller: TaskId, file: OpenFile): void {
  const { boundNodes } = core.state;
  const bound = boundNodes.size > 0 ? boundNodes.get(file.id) : undefined;
  if (bound === undefined) return;
  boundNodes.delete(file.id);
  fileSystemOf(core, bound.mount).release(caller, bound.node);
  dropMount(core, caller, bound.mount);
}
