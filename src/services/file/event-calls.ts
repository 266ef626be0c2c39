/**
 * Files of events: eventfd, timerfd, signalfd and pidfd are opened by the events service and have
 * descriptors here, on its hidden mount; epoll.ts has epoll.
 */
import { CAP_SYS_PTRACE } from "../../abi/capability.js";
import { EBADF, EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  PIDFD_NONBLOCK,
  SFD_CLOEXEC,
  SFD_NONBLOCK,
  TFD_CLOEXEC,
  TFD_NONBLOCK,
} from "../../abi/events.js";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { EVENT_KIND, type EventsService, eventKind } from "../events/protocol.js";
import { isThreadNode, KIND_ROOT, kindOf, taskOf } from "../fs-proc/protocol.js";
import type { Unbound } from "./bind.js";
import { addFile, freeDescriptor, install, mayOpen, openFile } from "./descriptors.js";
import { controlEpoll, openEpoll, waitEpoll } from "./epoll.js";
import { isProc } from "./links.js";
import { hiddenMount } from "./mounts.js";
import { isCapable } from "./permissions.js";
import type { EventOperations } from "./protocol-events.js";
import { type Core, fileAt, KIND_NODE, type OpenFile, tableOf } from "./state.js";

function eventsOf(core: Core): EventsService {
  if (core.events === undefined) throw new Error("file: there is no events service");
  return core.events;
}

/** A descriptor for what `make` opens. @param flags O_NONBLOCK and O_CLOEXEC count */
function openEvent(core: Core, caller: TaskId, flags: number, make: () => Result): Result {
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return descriptor;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const handle = make();
  if (handle < 0) return handle;
  const mount = hiddenMount(core, "events");
  const kept = O_RDWR | (flags & O_NONBLOCK);
  const fields = { mount, node: handle, handle, pipe: 0, mode: 0o600, flags: kept };
  return install(tableOf(core, caller), descriptor, addFile(core, caller, 0, fields), flags);
}

/** The open file of a descriptor if it is of this EVENT_KIND. @returns it, or undefined */
function eventFile(
  core: Core,
  caller: TaskId,
  descriptor: number,
  kind: number,
): OpenFile | undefined {
  const file = openFile(core, caller, descriptor);
  if (file === undefined || file.mount !== hiddenMount(core, "events")) return undefined;
  return eventKind(file.handle) === kind ? file : undefined;
}

/** The handle of a descriptor of this kind. @returns it, -EBADF, or -EINVAL: of another kind */
function handleOf(core: Core, caller: TaskId, descriptor: number, kind: number): Result {
  if (openFile(core, caller, descriptor) === undefined) return -EBADF;
  return eventFile(core, caller, descriptor, kind)?.handle ?? -EINVAL;
}

function openSignals(
  core: Core,
  caller: TaskId,
  descriptor: number,
  maskLow: number,
  maskHigh: number,
  flags: number,
): Result {
  if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) !== 0) return -EINVAL;
  const events = eventsOf(core);
  if (descriptor === -1) {
    return openEvent(core, caller, flags, () => events.createSignals(caller, maskLow, maskHigh));
  }
  const handle = handleOf(core, caller, descriptor, EVENT_KIND.signals);
  if (handle < 0) return handle;
  const failed = events.setSignals(caller, handle, maskLow, maskHigh);
  return failed < 0 ? failed : descriptor;
}

function processOf(core: Core, caller: TaskId, descriptor: number, orDirectory: number): Result {
  const file = eventFile(core, caller, descriptor, EVENT_KIND.process);
  if (file !== undefined) return eventsOf(core).processOf(caller, file.handle);
  const directory = orDirectory === 1 ? openFile(core, caller, descriptor) : undefined;
  if (directory?.kind !== KIND_NODE || !isProc(core, directory.mount)) return -EBADF;
  const { node } = directory;
  const isProcess = kindOf(node) === KIND_ROOT && taskOf(node) !== 0 && !isThreadNode(node);
  if (!isProcess) return -EBADF;
  return core.kernel.attribute(taskOf(node), ATTRIBUTE.process) === taskOf(node)
    ? taskOf(node)
    : -ESRCH;
}

/** pidfd_getfd(2): for whom the process is not secret (ptrace(2), access mode checks). */
function takeDescriptor(
  core: Core,
  caller: TaskId,
  pidfd: number,
  descriptor: number,
  flags: number,
): Result {
  if (flags !== 0) return -EINVAL;
  const process = processOf(core, caller, pidfd, 0);
  if (process < 0) return process;
  const { kernel } = core;
  const own = kernel.attribute(caller, ATTRIBUTE.process) === process;
  const user = kernel.attribute(caller, ATTRIBUTE.userId);
  const isSame = [ATTRIBUTE.userId, ATTRIBUTE.effectiveUserId, ATTRIBUTE.savedUserId].every(
    (which) => kernel.attribute(process, which) === user,
  );
  if (!own && !isSame && !isCapable(core, caller, CAP_SYS_PTRACE)) return -EPERM;
  const table = core.state.tables.get(kernel.attribute(process, ATTRIBUTE.fileTable));
  if (table === undefined) return -ESRCH;
  const id = table.files[descriptor] ?? 0;
  if (id === 0) return -EBADF;
  const target = freeDescriptor(core, caller);
  if (target < 0) return target;
  const file = fileAt(core, id);
  file.references++;
  return install(tableOf(core, caller), target, file, O_CLOEXEC);
}

export const eventOperations: Unbound<EventOperations> = Object.freeze({
  openCounter(core, caller, initial, flags) {
    if ((flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) !== 0) return -EINVAL;
    const semaphore = flags & EFD_SEMAPHORE;
    return openEvent(core, caller, flags, () =>
      eventsOf(core).createCounter(caller, initial, semaphore),
    );
  },
  openTimer(core, caller, clock, flags) {
    if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) !== 0) return -EINVAL;
    return openEvent(core, caller, flags, () => eventsOf(core).createTimer(caller, clock));
  },
  openSignals,
  openProcess(core, caller, process, flags) {
    if ((flags & ~PIDFD_NONBLOCK) !== 0 || process <= 0) return -EINVAL;
    const how = flags | O_CLOEXEC;
    return openEvent(core, caller, how, () => eventsOf(core).createProcess(caller, process));
  },
  openEpoll,
  setTimer(core, caller, descriptor, flags, value, old) {
    const handle = handleOf(core, caller, descriptor, EVENT_KIND.timer);
    return handle < 0 ? handle : eventsOf(core).setTimer(caller, handle, flags, value, old);
  },
  getTimer(core, caller, descriptor, value) {
    const handle = handleOf(core, caller, descriptor, EVENT_KIND.timer);
    return handle < 0 ? handle : eventsOf(core).getTimer(caller, handle, value);
  },
  processOf,
  takeDescriptor,
  controlEpoll,
  waitEpoll,
});
