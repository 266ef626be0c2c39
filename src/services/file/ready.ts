/**
 * poll(2) and select(2): asks every file for its events; if none holds, the call waits on all their
 * channels and its deadline. Nothing is stored in the caller's range before the call ends.
 */
import { EBADF, EINVAL } from "../../abi/errno.js";
import {
  POLLFD_BYTES,
  POLLNVAL,
  SELECT_EXCEPT,
  SELECT_READ,
  SELECT_WRITE,
} from "../../abi/poll.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { descriptorLimit, openFile } from "./descriptors.js";
import { pollFile } from "./poll-file.js";
import type { Core } from "./state.js";

/** Events of one descriptor that hold now. */
function eventsOf(
  core: Core,
  caller: TaskId,
  descriptor: number,
  events: number,
  register: number,
): number {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return POLLNVAL;
  return pollFile(core, caller, file, events, register);
}

/** Sets the call's deadline at its first run. */
function arm(core: Core, caller: TaskId, timeoutNanoseconds: number): void {
  const { kernel } = core;
  if (timeoutNanoseconds <= 0 || kernel.deadline(caller) !== Number.POSITIVE_INFINITY) return;
  kernel.setDeadline(caller, kernel.monotonicNanoseconds() + timeoutNanoseconds);
}

/** Whether the call must wait on; the files it registered with will wake it. */
function mustWait(core: Core, caller: TaskId, ready: number, timeoutNanoseconds: number): boolean {
  const { kernel } = core;
  if (timeoutNanoseconds === 0) return false;
  if (ready === 0) return kernel.monotonicNanoseconds() < kernel.deadline(caller);
  return kernel.forced(caller);
}

/** Waits on a channel that nobody wakes besides those registered: there may have been none. */
function wait(core: Core, caller: TaskId): Result {
  return core.kernel.block(caller, core.state.idleChannel);
}

/** poll(2). @returns how many descriptors have events, or BLOCKED */
export function poll(
  core: Core,
  caller: TaskId,
  address: number,
  lengthBytes: number,
  timeoutNanoseconds: number,
): Result {
  const count = Math.floor(lengthBytes / POLLFD_BYTES);
  if (count > descriptorLimit(core, caller)) return -EINVAL;
  const bytes = new Uint8Array(lengthBytes);
  const view = new DataView(bytes.buffer);
  const failed = count === 0 ? 0 : core.kernel.copyIn(caller, address, bytes, 0, lengthBytes);
  if (failed < 0) return failed;
  arm(core, caller, timeoutNanoseconds);
  let ready = 0;
  for (let at = 0; at < count * POLLFD_BYTES; at += POLLFD_BYTES) {
    const descriptor = view.getInt32(at, true);
    const wanted = view.getInt16(at + 4, true);
    const register = ready === 0 && timeoutNanoseconds !== 0 ? 1 : 0;
    const events = descriptor < 0 ? 0 : eventsOf(core, caller, descriptor, wanted, register);
    view.setInt16(at + 6, events, true);
    if (events !== 0) ready++;
  }
  if (mustWait(core, caller, ready, timeoutNanoseconds)) return wait(core, caller);
  if (count === 0) return 0;
  core.kernel.charge(caller, count);
  const stored = core.kernel.copyOut(caller, address, bytes, 0, lengthBytes);
  return stored < 0 ? stored : ready;
}

/**
 * select(2).
 * @param count highest descriptor + 1
 * @param sets three bit sets one after the other: read, write, except
 * @returns how many bits are set, or BLOCKED
 */
export function select(
  core: Core,
  caller: TaskId,
  count: number,
  sets: number,
  lengthBytes: number,
  timeoutNanoseconds: number,
): Result {
  const setBytes = Math.floor(lengthBytes / 3);
  if (count < 0 || count > setBytes * 8) return -EINVAL;
  const bytes = new Uint8Array(lengthBytes);
  const failed = core.kernel.copyIn(caller, sets, bytes, 0, lengthBytes);
  if (failed < 0) return failed;
  const result = new Uint8Array(lengthBytes);
  arm(core, caller, timeoutNanoseconds);
  let ready = 0;
  for (let descriptor = 0; descriptor < count; descriptor++) {
    const at = descriptor >> 3;
    const bit = 1 << (descriptor & 7);
    const wanted = [SELECT_READ, SELECT_WRITE, SELECT_EXCEPT].map((events, set) =>
      ((bytes[set * setBytes + at] ?? 0) & bit) !== 0 ? events : 0,
    );
    const all = wanted.reduce((sum, events) => sum | events, 0);
    if (all === 0) continue;
    const register = ready === 0 && timeoutNanoseconds !== 0 ? 1 : 0;
    const events = eventsOf(core, caller, descriptor, all, register);
    if ((events & POLLNVAL) !== 0) return -EBADF;
    for (const [set, mask] of wanted.entries()) {
      if ((events & mask) === 0) continue;
      const index = set * setBytes + at;
      result[index] = (result[index] ?? 0) | bit;
      ready++;
    }
  }
  if (mustWait(core, caller, ready, timeoutNanoseconds)) return wait(core, caller);
  core.kernel.charge(caller, count);
  const stored = core.kernel.copyOut(caller, sets, result, 0, lengthBytes);
  return stored < 0 ? stored : ready;
}
