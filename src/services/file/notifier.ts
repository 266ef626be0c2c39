/**
 * The reader's side of an inotify file (inotify(7)): read, poll and FIONREAD of its queue.
 * notify.ts fills it; inotify.ts has the calls.
 */
import { EAGAIN, EINVAL } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import * as abi from "../../abi/inotify.js";
import { POLLIN, POLLRDNORM } from "../../abi/poll.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { eventBytes, holdFor } from "./notify.js";
import type { Core, NotedEvent, Notifier } from "./state.js";

/** Bytes of an event with its name, whose NULs fill up to a multiple of the header. */
function bytesOf(event: NotedEvent): number {
  const head = abi.INOTIFY_EVENT_BYTES;
  if (event.name === "") return head;
  return head + Math.ceil((event.name.length + 1) / head) * head;
}

/** read(2): as many whole events as fit. @returns bytes, -EINVAL: not even one, -EAGAIN, BLOCKED */
export function readEvents(
  core: Core,
  caller: TaskId,
  notifier: Notifier,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  const { events } = notifier;
  if ((flags & O_NONBLOCK) === 0) {
    if (events.length === 0 || kernel.forced(caller)) {
      return kernel.block(caller, notifier.channel);
    }
  } else if (events.length === 0) return -EAGAIN;
  let count = 0;
  let total = 0;
  for (const event of events) {
    if (total + bytesOf(event) > lengthBytes) break;
    total += bytesOf(event);
    count++;
  }
  if (count === 0) return -EINVAL;
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const event of events.slice(0, count)) {
    view.setInt32(at, event.watch, true);
    view.setUint32(at + 4, event.mask >>> 0, true);
    view.setUint32(at + 8, event.cookie, true);
    view.setUint32(at + 12, bytesOf(event) - abi.INOTIFY_EVENT_BYTES, true);
    for (let i = 0; i < event.name.length; i++) bytes[at + 16 + i] = event.name.charCodeAt(i);
    at += bytesOf(event);
  }
  const failed = kernel.copyOut(caller, buffer, bytes, 0, total);
  if (failed < 0) return failed;
  for (const event of events.splice(0, count)) holdFor(core, notifier, -eventBytes(event));
  return total;
}

/** FIONREAD: bytes of all events. */
export const unreadBytes = (notifier: Notifier): number =>
  notifier.events.reduce((sum, event) => sum + bytesOf(event), 0);

/** poll(2). @param register 1: also wait on its channel */
export function pollNotifier(
  core: Core,
  caller: TaskId,
  notifier: Notifier,
  events: number,
  register: number,
): Result {
  if (register === 1) core.kernel.block(caller, notifier.channel);
  return notifier.events.length > 0 ? events & (POLLIN | POLLRDNORM) : 0;
}
