/**
 * Files in use as programs: who executes a file, and who may write to it. The two exclude each
 * other (ETXTBSY, open(2), execve(2)).
 */
import { O_ACCMODE, O_PATH, O_RDONLY, S_IFMT, S_IFREG } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import { type Core, nodeKey } from "./state.js";

/** Whether a program runs from the file. */
export function isExecuted(core: Core, mount: number, node: number): boolean {
  const { executing } = core.state;
  if (executing.size === 0) return false;
  const key = nodeKey(core, mount, node);
  for (const [task, held] of executing) {
    if (held !== key) continue;
    if (core.kernel.exists(task) === 1) return true;
    executing.delete(task);
  }
  return false;
}

const mayWrite = (flags: number): boolean =>
  (flags & O_PATH) === 0 && (flags & O_ACCMODE) !== O_RDONLY;

/** Whether the file is open for writing: where memfd_create(2) made it does not count. */
export function isWritten(core: Core, mount: number, node: number): boolean {
  for (const file of core.state.files.values()) {
    if (file.directory < 0 && file.name.startsWith("memfd:")) continue;
    if (file.node !== node || (file.mode & S_IFMT) !== S_IFREG || !mayWrite(file.flags)) continue;
    if (nodeKey(core, file.mount, node) === nodeKey(core, mount, node)) return true;
  }
  return false;
}

/** The task runs the file's program from now on. */
export function noteExecuted(core: Core, task: TaskId, mount: number, node: number): void {
  core.state.executing.set(task, nodeKey(core, mount, node));
}

/** A child runs what its parent runs. */
export function inheritExecuted(core: Core, parent: TaskId, child: TaskId): void {
  const held = core.state.executing.get(parent);
  if (held !== undefined) core.state.executing.set(child, held);
}
