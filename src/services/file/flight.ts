/**
 * Open files in flight: each one in a message of a socket (SCM_RIGHTS) has a number here, by which
 * the network service carries it, and one reference. It ends by being received, or dropped with a
 * message that nobody reads.
 *
 * Sockets that only messages refer to, themselves in queues of such sockets, are collected when
 * something else lets go of an open file (descriptors.ts, dropFile).
 */
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE, hasCapability } from "../../abi/capability.js";
import { RLIMIT_NOFILE } from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { FLIGHT_BYTES, hold, jobOf, mayHold } from "./charges.js";
import { dropFile } from "./descriptors.js";
import { hiddenMount } from "./mounts.js";
import { signalSockets } from "./socket-signals.js";
import { type Core, fileAt, type OpenFile } from "./state.js";

/**
 * Whether the caller's user has too many files in flight (unix(7), ETOOMANYREFS), or there is no
 * memory for so many more.
 */
export function isOverLimit(core: Core, caller: TaskId, more: number): boolean {
  if (mayHold(core, jobOf(core, caller), more * FLIGHT_BYTES) < 0) return true;
  const user = core.kernel.attribute(caller, ATTRIBUTE.userId);
  const count = core.state.flight.byUser.get(user) ?? 0;
  const limit = core.kernel.attribute(caller, ATTRIBUTE.limits + RLIMIT_NOFILE);
  if (count <= limit) return false;
  const held = core.kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities);
  return !hasCapability(held, CAP_SYS_RESOURCE) && !hasCapability(held, CAP_SYS_ADMIN);
}

/** Files are on their way: their numbers are those from `flight.nextNumber` on. */
export function depart(core: Core, caller: TaskId, files: readonly OpenFile[]): void {
  const { flight } = core.state;
  const user = core.kernel.attribute(caller, ATTRIBUTE.userId);
  const job = jobOf(core, caller);
  for (const file of files) {
    file.references++;
    flight.files.set(flight.nextNumber++, { file: file.id, user, job });
    hold(core, job, FLIGHT_BYTES);
    flight.byUser.set(user, (flight.byUser.get(user) ?? 0) + 1);
  }
}

/** A file has arrived or was dropped; its reference is the caller's now. */
export function arrive(core: Core, number: number): OpenFile {
  const { flight } = core.state;
  const entry = flight.files.get(number);
  if (entry === undefined) throw new Error(`file: no file ${number} is in flight`);
  flight.files.delete(number);
  hold(core, entry.job, -FLIGHT_BYTES);
  const count = (flight.byUser.get(entry.user) ?? 0) - 1;
  if (count > 0) flight.byUser.set(entry.user, count);
  else flight.byUser.delete(entry.user);
  return fileAt(core, entry.file);
}

/** The file stays in flight: a look at the message (MSG_PEEK). */
export function fileInFlight(core: Core, number: number): OpenFile {
  const entry = core.state.flight.files.get(number);
  if (entry === undefined) throw new Error(`file: no file ${number} is in flight`);
  return fileAt(core, entry.file);
}

/**
 * What follows from a change of sockets, behind every operation that may have made one: files in
 * messages that nobody will read are closed, SIGIO is sent. @returns the operation's own result
 */
export function settled(core: Core, caller: TaskId, result: Result): Result {
  const { asynchronous, flight, socketChanges } = core.state;
  if (flight.files.size > 0) settle(core, caller);
  if (asynchronous.length > 0 || socketChanges.size > 0) signalSockets(core, caller);
  return result;
}

function settle(core: Core, caller: TaskId): void {
  const { network, state } = core;
  if (network === undefined) return;
  while (state.flight.files.size > 0) {
    for (let number = network.dropped(caller); number > 0; number = network.dropped(caller)) {
      dropFile(core, caller, arrive(core, number));
    }
    if (!state.flight.mayHaveCycles) return;
    state.flight.mayHaveCycles = false;
    if (!collectCycles(core, caller)) return;
  }
}

/** Empties sockets that cannot be reached. @returns whether there were any */
function collectCycles(core: Core, caller: TaskId): boolean {
  const { kernel, network, state } = core;
  if (network === undefined) return false;
  const mount = hiddenMount(core, "socket");
  const counts = new Map<number, number>();
  for (const { file } of state.flight.files.values()) {
    if (fileAt(core, file).mount === mount) counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  kernel.charge(caller, state.flight.files.size);
  const pairs: number[] = [];
  for (const [number, { file }] of state.flight.files) {
    const open = fileAt(core, file);
    if (counts.get(file) === open.references) pairs.push(number, open.handle);
  }
  if (pairs.length === 0) return false;
  const bytes = new Uint8Array(new Float64Array(pairs).buffer);
  const scratch = kernel.scratch(caller, bytes.length);
  kernel.copyOut(caller, scratch, bytes, 0, bytes.length);
  return network.collect(caller, scratch, bytes.length) > 0;
}
