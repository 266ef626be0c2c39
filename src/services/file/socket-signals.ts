/** SIGIO for sockets (fcntl(2), O_ASYNC): sent behind the operation that made one ready. */
import { S_IFMT, S_IFSOCK } from "../../abi/file.js";
import { POLLIN, POLLOUT } from "../../abi/poll.js";
import type { TaskId } from "../../kernel/calls.js";
import { signalOwner } from "./signal-owner.js";
import type { Core } from "./state.js";

/** Signals the owners of sockets to which something came, or that have room again. */
export function signalSockets(core: Core, caller: TaskId): void {
  const { network, state } = core;
  const { asynchronous, socketChanges } = state;
  if (network === undefined) return;
  for (const id of socketChanges.keys()) if (!asynchronous.includes(id)) socketChanges.delete(id);
  for (const id of asynchronous) {
    const file = state.files.get(id);
    if (file === undefined || (file.mode & S_IFMT) !== S_IFSOCK) continue;
    const arrivals = network.changes(caller, file.handle, 0);
    const rooms = network.changes(caller, file.handle, 1);
    const seen = socketChanges.get(id);
    socketChanges.set(id, { arrivals, rooms });
    if (seen === undefined) continue;
    if (arrivals > seen.arrivals) signalOwner(core, file, POLLIN);
    if (rooms > seen.rooms) signalOwner(core, file, POLLOUT);
  }
}
