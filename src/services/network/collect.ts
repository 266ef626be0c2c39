/**
 * Sockets that only their own messages keep alive. A socket in a message in the queue of a socket
 * that is itself in such a message: once no descriptor leads to any of them, nobody can ever
 * receive them. The file service knows which sockets have no other reference; the queues are here.
 */
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { dropMessages } from "./queue.js";
import type { Core, Socket } from "./state.js";

/** Numbers of the open files in a socket's queue, and in those of who waits to be accepted. */
function inFlight(core: Core, socket: Socket): number[] {
  const waiting = socket.pending.flatMap((id) => core.state.sockets.get(id)?.queue ?? []);
  return [...socket.queue, ...waiting].flatMap(({ rights }) => rights);
}

/**
 * Empties the queues of the sockets that cannot be reached (a mark over the candidates).
 * @param pairs doubles: number of an open file in flight, its socket
 * @returns how many were emptied
 */
export function collect(core: Core, caller: TaskId, pairs: number, lengthBytes: number): Result {
  const bytes = new Uint8Array(lengthBytes);
  const failed = core.kernel.copyIn(caller, pairs, bytes, 0, lengthBytes);
  if (failed < 0) return failed;
  const view = new DataView(bytes.buffer);
  const socketOf = new Map<number, number>();
  for (let at = 0; at + 16 <= lengthBytes; at += 16) {
    socketOf.set(view.getFloat64(at, true), view.getFloat64(at + 8, true));
  }
  const unreached = new Set(socketOf.values());
  const embryos = new Set([...core.state.sockets.values()].flatMap(({ pending }) => pending));
  const reached = [...core.state.sockets.values()].filter(
    ({ id }) => !unreached.has(id) && !embryos.has(id),
  );
  core.kernel.charge(caller, core.state.sockets.size);
  for (let socket = reached.pop(); socket !== undefined; socket = reached.pop()) {
    for (const number of inFlight(core, socket)) {
      const id = socketOf.get(number);
      const found = id === undefined ? undefined : core.state.sockets.get(id);
      if (found !== undefined && unreached.delete(found.id)) reached.push(found);
    }
  }
  for (const id of unreached) {
    const socket = core.state.sockets.get(id);
    if (socket === undefined) continue;
    for (const pending of socket.pending) {
      const embryo = core.state.sockets.get(pending);
      if (embryo !== undefined) dropMessages(core, embryo);
    }
    dropMessages(core, socket);
  }
  return unreached.size;
}
