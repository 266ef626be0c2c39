/** pidfd_open(2): files that refer to a process, and can be polled for its end. */
import { EINVAL, ESRCH } from "../../abi/errno.js";
import { POLLHUP, POLLIN, POLLRDNORM } from "../../abi/poll.js";
import { ATTRIBUTE, PROCESS_END, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { EVENT_KIND } from "./protocol.js";
import { addHandle, type Core, type ProcessReference } from "./state.js";

/** pidfd_open(2). */
export function createProcess(core: Core, process: number): Result {
  const { kernel, state } = core;
  if (kernel.exists(process) !== 1) return -ESRCH;
  if (kernel.attribute(process, ATTRIBUTE.process) !== process) return -EINVAL;
  const startNanoseconds = kernel.attribute(process, ATTRIBUTE.startNanoseconds);
  const reference = { process, startNanoseconds };
  return addHandle(state, state.processes, EVENT_KIND.process, reference);
}

/** Whether the process is there, if only as a zombie. */
export function isThere(core: Core, { process, startNanoseconds }: ProcessReference): boolean {
  const { kernel } = core;
  if (kernel.exists(process) !== 1) return false;
  return kernel.attribute(process, ATTRIBUTE.startNanoseconds) === startNanoseconds;
}

/** poll(2): readable once the process has ended, hung up once it has been waited for. */
export function pollProcess(
  core: Core,
  caller: TaskId,
  reference: ProcessReference,
  events: number,
  register: number,
): Result {
  const { kernel } = core;
  const { process } = reference;
  if (!isThere(core, reference)) return (events & (POLLIN | POLLRDNORM)) | POLLHUP;
  if (kernel.attribute(process, ATTRIBUTE.ending) !== 0) return events & (POLLIN | POLLRDNORM);
  if (register === 1) kernel.block(caller, kernel.processChannel(process, PROCESS_END));
  return 0;
}
