/**
 * Calls about other processes or the whole system that are little more than their refusals:
 * ptrace(2), kcmp(2), reboot(2).
 */
import { CAP_SYS_BOOT, CAP_SYS_PTRACE } from "../../abi/capability.js";
import { EINVAL, ENOSYS, EPERM, ESRCH } from "../../abi/errno.js";
import {
  KCMP_FILES,
  KCMP_FS,
  KCMP_IO,
  KCMP_SIGHAND,
  KCMP_SYSVSEM,
  KCMP_VM,
  PTRACE_TRACEME,
  REBOOT_CAD_OFF,
  REBOOT_CAD_ON,
  REBOOT_HALT,
  REBOOT_POWER_OFF,
  REBOOT_RESTART,
  REBOOT_RESTART2,
} from "../../abi/process.js";
import { ATTRIBUTE, POWER, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, INIT, isCapable } from "./context.js";

/** ptrace(2): nobody can be traced. What Linux refuses is refused so, all else is ENOSYS. */
export function trace(context: Context, caller: TaskId, request: number, id: number): Result {
  if (request === PTRACE_TRACEME) return -ENOSYS;
  if (!context.state.threads.has(id)) return -ESRCH;
  const isOwn = context.own(id) === context.own(caller);
  if (isOwn || id === INIT || !mayLook(context, caller, id)) return -EPERM;
  return -ENOSYS;
}

/** kcmp(2) of what is shared with clone(2) flags; descriptors are the file service's. */
export function compare(
  context: Context,
  caller: TaskId,
  first: number,
  second: number,
  type: number,
): Result {
  const { threads } = context.state;
  if (!threads.has(first) || !threads.has(second)) return -ESRCH;
  if (!mayLook(context, caller, first) || !mayLook(context, caller, second)) return -EPERM;
  const identities = [first, second].map((id) => identityOf(context, id, type));
  const [one, two] = identities;
  if (one === undefined || two === undefined) return -EINVAL;
  if (one === two) return 0;
  return one < two ? 1 : 2;
}

/** What stands for the shared thing of this type. */
function identityOf(context: Context, id: TaskId, type: number): number | undefined {
  const { kernel } = context;
  switch (type) {
    case KCMP_VM:
      return kernel.attribute(id, ATTRIBUTE.space);
    case KCMP_FILES:
      return kernel.attribute(id, ATTRIBUTE.fileTable);
    case KCMP_FS:
      return kernel.attribute(id, ATTRIBUTE.fileContext);
    case KCMP_SIGHAND:
      return kernel.attribute(id, ATTRIBUTE.process);
    // Nobody has an I/O context, or a list of semaphore undos.
    case KCMP_IO:
    case KCMP_SYSVSEM:
      return 0;
    default:
      return undefined;
  }
}

/** Same user in every respect, or the right over others (__ptrace_may_access). */
function mayLook(context: Context, caller: TaskId, id: TaskId): boolean {
  const { kernel } = context;
  if (context.own(id) === context.own(caller)) return true;
  if (isCapable(kernel, caller, CAP_SYS_PTRACE)) return true;
  const user = kernel.attribute(caller, ATTRIBUTE.userId);
  return [ATTRIBUTE.userId, ATTRIBUTE.effectiveUserId, ATTRIBUTE.savedUserId].every(
    (which) => kernel.attribute(id, which) === user,
  );
}

/** reboot(2): the system ends cleanly; there is no machine to start again by itself. */
export function reboot(context: Context, caller: TaskId, command: number): Result {
  const { kernel } = context;
  if (!isCapable(kernel, caller, CAP_SYS_BOOT)) return -EPERM;
  switch (command) {
    case REBOOT_RESTART:
    case REBOOT_RESTART2:
      kernel.endSystem(POWER.restart);
      return 0;
    case REBOOT_HALT:
      kernel.endSystem(POWER.halt);
      return 0;
    case REBOOT_POWER_OFF:
      kernel.endSystem(POWER.off);
      return 0;
    // There is no such key on this machine.
    case REBOOT_CAD_ON:
    case REBOOT_CAD_OFF:
      return 0;
    default:
      return -EINVAL;
  }
}
