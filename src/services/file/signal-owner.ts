/**
 * Signals for input and output (fcntl(2), F_SETOWN, F_SETSIG, O_ASYNC): who owns an open file and
 * what it is sent when the file becomes ready.
 */
import { EINVAL, ESRCH } from "../../abi/errno.js";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SI_KERNEL, SIGIO } from "../../abi/signal.js";
import {
  ATTRIBUTE,
  SIGNAL_TO_GROUP,
  SIGNAL_TO_PROCESS,
  SIGNAL_TO_TASK,
  type TaskId,
} from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Core, OpenFile } from "./state.js";

/** si_code of the events. */
const POLL_IN = 1;
const POLL_OUT = 2;
const POLL_MSG = 3;
const POLLWRBAND = 0x200;
/** What F_NOTIFY's signals are of. */
export const POLLMSG = 0x400;
/** si_code and si_band by event. */
const KINDS: readonly (readonly [number, number, number])[] = [
  [POLL_IN, POLLIN | POLLRDNORM, POLLIN],
  [POLL_OUT, POLLOUT | POLLWRNORM | POLLWRBAND, POLLOUT],
  [POLL_MSG, POLLIN | POLLRDNORM | POLLMSG, POLLMSG],
];

/**
 * F_SETOWN. @param owner a process, a thread, minus a group, or 0
 * @returns 0, -ESRCH, -EINVAL
 */
export function setOwner(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  owner: number,
  isThread: boolean,
): Result {
  const { kernel } = core;
  if (owner === -(2 ** 31)) return -EINVAL;
  if (owner > 0 && kernel.exists(owner) === 0) return -ESRCH;
  if (owner < 0 && !hasGroup(core, -owner)) return -ESRCH;
  file.owner = owner;
  file.ownerIsThread = isThread;
  file.ownerUser = kernel.attribute(caller, ATTRIBUTE.userId);
  file.ownerEffectiveUser = kernel.attribute(caller, ATTRIBUTE.effectiveUserId);
  return 0;
}

function hasGroup(core: Core, group: number): boolean {
  const { kernel } = core;
  for (let task = kernel.nextTask(0); task > 0; task = kernel.nextTask(task)) {
    if (kernel.attribute(task, ATTRIBUTE.group) === group) return true;
  }
  return false;
}

/** Sends an open file's signal to its owner. @param events POLLIN, POLLOUT or POLLMSG */
export function signalOwner(core: Core, file: OpenFile, events: number): void {
  const { kernel } = core;
  const { owner } = file;
  if (owner === 0) return;
  let target = SIGNAL_TO_PROCESS;
  if (owner < 0) target = SIGNAL_TO_GROUP;
  else if (file.ownerIsThread) target = SIGNAL_TO_TASK;
  if (owner > 0 && kernel.exists(owner) === 0) return;
  if (owner > 0 && !maySignal(core, file, owner)) return;
  if (file.signal === 0) {
    kernel.postSignal(target, Math.abs(owner), SIGIO, SI_KERNEL, 0, 0, 0);
    return;
  }
  const [code, band] = KINDS.find(([, , event]) => event === events) ?? [POLL_IN, POLLIN];
  kernel.postSignal(target, Math.abs(owner), file.signal, code, band, 0, file.ownerDescriptor);
}

/** Linux's sigio_perm: the one who set the owner may signal it. */
function maySignal(core: Core, file: OpenFile, owner: number): boolean {
  const { kernel } = core;
  if (file.ownerEffectiveUser === 0) return true;
  const user = kernel.attribute(owner, ATTRIBUTE.userId);
  const saved = kernel.attribute(owner, ATTRIBUTE.savedUserId);
  const allowed = [file.ownerUser, file.ownerEffectiveUser];
  return allowed.includes(user) || allowed.includes(saved);
}

/** Turns O_ASYNC of an open file on or off. @param descriptor that the signals will name */
export function setAsynchronous(core: Core, file: OpenFile, descriptor: number, on: boolean): void {
  if (on) file.ownerDescriptor = descriptor;
  const { asynchronous } = core.state;
  if (on && !asynchronous.includes(file.id)) asynchronous.push(file.id);
  if (!on) removeAsynchronous(core, file);
}

/** The open file gets no more signals. */
export function removeAsynchronous(core: Core, file: OpenFile): void {
  const { asynchronous } = core.state;
  const index = asynchronous.indexOf(file.id);
  if (index >= 0) asynchronous.splice(index, 1);
}
