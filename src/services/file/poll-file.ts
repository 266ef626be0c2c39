/**
 * What an open file is ready for: pipes here, epoll files by looking at what they watch, all else
 * by asking the file system. Below poll(2), select(2) (ready.ts) and epoll (epoll.ts).
 */
import { POLLERR, POLLHUP, POLLIN, POLLRDNORM } from "../../abi/poll.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { pollNotifier } from "./notifier.js";
import { pollPipe } from "./pipe.js";
import { type Core, type Epoll, fileAt, fileSystemOf, KIND_PIPE, type OpenFile } from "./state.js";

/**
 * @param events POLL* that are asked for; POLLERR and POLLHUP always are
 * @param register 1: the caller's call also waits on the channels of these events, or the watch
 *   that it registers for (kernel.watch)
 * @returns those that hold now
 */
export function pollFile(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  events: number,
  register: number,
): Result {
  if (file.kind === KIND_PIPE) return pollPipe(core, caller, file, events, register);
  const epoll = core.state.epolls.get(file.id);
  if (epoll !== undefined) return pollEpoll(core, caller, epoll, events, register);
  const notifier = core.state.notifiers.get(file.id);
  if (notifier !== undefined) return pollNotifier(core, caller, notifier, events, register);
  const wanted = events | POLLERR | POLLHUP;
  const ready = fileSystemOf(core, file.mount).poll(caller, file.handle, wanted, register);
  return ready < 0 ? POLLERR : ready & wanted;
}

/** An epoll file is readable when something that it watches is ready. */
function pollEpoll(
  core: Core,
  caller: TaskId,
  epoll: Epoll,
  events: number,
  register: number,
): Result {
  const { kernel, state } = core;
  if (register === 1) kernel.block(caller, epoll.set);
  const wanted = events & (POLLIN | POLLRDNORM);
  if (wanted === 0) return 0;
  for (let count = kernel.readyCount(epoll.set); count > 0; count--) {
    const token = kernel.takeReady(epoll.set);
    const item = state.epollItems.get(token);
    if (item === undefined || item.mask === 0) continue;
    const file = fileAt(core, item.file);
    if ((pollFile(core, caller, file, item.mask, 0) & item.mask) === 0) continue;
    kernel.putReady(epoll.set, token);
    return wanted;
  }
  return 0;
}
