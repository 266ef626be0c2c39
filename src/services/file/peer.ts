/** TIOCGPTPEER (ioctl_tty(2)): the slave of a pseudo-terminal opened from its master. */
import { EIO } from "../../abi/errno.js";
import { O_CREAT, O_EXCL, O_TRUNC } from "../../abi/file.js";
import { TIOCGPTPEER } from "../../abi/termios.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { slaveNode } from "../fs-pts/protocol.js";
import { addFile, freeDescriptor, install, mayOpen } from "./descriptors.js";
import { mountWith } from "./mounts.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf, KIND_NODE, type OpenFile, tableOf } from "./state.js";

/**
 * Opens the slave, whatever its path is now and whoever may open that.
 * @param flags of open(2)
 * @returns the descriptor; -EIO: the file is no master, or the slave is locked
 */
export function openPeer(core: Core, caller: TaskId, master: OpenFile, flags: number): Result {
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return descriptor;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const index = fileSystemOf(core, master.mount).ioctl(
    caller,
    master.handle,
    TIOCGPTPEER,
    flags,
    0,
  );
  if (index < 0) return index;
  const mount = mountWith(core, core.terminals);
  if (mount < 0) return -EIO;
  const fileSystem = fileSystemOf(core, mount);
  const node = slaveNode(index);
  const handle = fileSystem.open(caller, node, flags);
  if (handle < 0) return handle;
  const mode = fileSystem.attribute(caller, node, NODE.mode);
  const kept = flags & ~(O_CREAT | O_EXCL | O_TRUNC);
  const file = addFile(core, caller, KIND_NODE, {
    mount,
    node,
    mode,
    handle,
    pipe: 0,
    flags: kept,
  });
  return install(tableOf(core, caller), descriptor, file, flags);
}
