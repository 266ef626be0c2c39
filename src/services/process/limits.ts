/**
 * Limits, usage and names: figures of a process that it may read and set.
 */
import { CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import {
  LIMIT_NONE,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RTPRIO,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
  RLIMITS,
  RUSAGE_CHILDREN,
  RUSAGE_SELF,
  RUSAGE_THREAD,
} from "../../abi/process.js";
import { ATTRIBUTE, RECORD, SETTING, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, isCapable } from "./context.js";
import { commandOf } from "./published.js";
import type { ProcessRecord, Usage } from "./state.js";
import { addUsage, ticksOf, usageOf, writeUsage } from "./usage.js";

const NAME_BYTES = 16;
/** Linux's defaults: [soft, hard]; what is not here has no limit. */
const DEFAULTS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [RLIMIT_STACK, [8 * 2 ** 20, LIMIT_NONE]],
  [RLIMIT_CORE, [0, LIMIT_NONE]],
  [RLIMIT_NPROC, [4096, 4096]],
  [RLIMIT_NOFILE, [1024, 524288]],
  [RLIMIT_MEMLOCK, [8 * 2 ** 20, 8 * 2 ** 20]],
  [RLIMIT_SIGPENDING, [4096, 4096]],
  [RLIMIT_MSGQUEUE, [819200, 819200]],
  [RLIMIT_NICE, [0, 0]],
  [RLIMIT_RTPRIO, [0, 0]],
]);

export class Limits {
  constructor(private readonly context: Context) {}

  /** The limits of a process that the host starts. */
  setDefaults(task: TaskId): void {
    for (let resource = 0; resource < RLIMITS; resource++) {
      const [soft, hard] = DEFAULTS.get(resource) ?? [LIMIT_NONE, LIMIT_NONE];
      this.context.kernel.setAttribute(task, ATTRIBUTE.limits + resource, soft);
      this.context.kernel.setAttribute(task, ATTRIBUTE.hardLimits + resource, hard);
    }
  }

  /** prlimit64(2). */
  limit(caller: TaskId, processId: number, resource: number, next: number, old: number): Result {
    const { kernel, state } = this.context;
    const own = this.context.own(caller);
    const process = processId === 0 ? own : state.processes.get(processId);
    if (process === undefined) return -ESRCH;
    const isPrivileged = isCapable(kernel, caller, CAP_SYS_RESOURCE);
    if (process !== own && !isPrivileged && !this.hasIdsOf(caller, process.id)) return -EPERM;
    if (resource >= RLIMITS) return -EINVAL;
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    let soft = kernel.attribute(process.id, ATTRIBUTE.limits + resource);
    let hard = kernel.attribute(process.id, ATTRIBUTE.hardLimits + resource);
    const oldPair = [soft, hard] as const;
    if (next !== 0) {
      const failed = kernel.copyIn(caller, next, bytes, 0, 16);
      if (failed < 0) return failed;
      soft = readLimit(view, 0);
      const newHard = readLimit(view, 8);
      if (soft > newHard) return -EINVAL;
      if (newHard > hard && !isPrivileged) return -EPERM;
      // As on Linux: no time at all is a second.
      if (resource === RLIMIT_CPU && soft === 0) soft = 1;
      if (resource === RLIMIT_NOFILE && newHard > kernel.setting(SETTING.descriptorsMax))
        return -EPERM;
      hard = newHard;
    }
    if (old !== 0) {
      writeLimit(view, 0, oldPair[0]);
      writeLimit(view, 8, oldPair[1]);
      const failed = kernel.copyOut(caller, old, bytes, 0, 16);
      if (failed < 0) return failed;
    }
    if (next === 0) return 0;
    kernel.setAttribute(process.id, ATTRIBUTE.limits + resource, soft);
    kernel.setAttribute(process.id, ATTRIBUTE.hardLimits + resource, hard);
    return 0;
  }

  /** The caller's real ids are all the ids of the other (check_prlimit_permission). */
  private hasIdsOf(caller: TaskId, task: TaskId): boolean {
    const { kernel } = this.context;
    const { userId, effectiveUserId, savedUserId } = ATTRIBUTE;
    const { groupId, effectiveGroupId, savedGroupId } = ATTRIBUTE;
    const user = kernel.attribute(caller, userId);
    const group = kernel.attribute(caller, groupId);
    return (
      [userId, effectiveUserId, savedUserId].every((id) => kernel.attribute(task, id) === user) &&
      [groupId, effectiveGroupId, savedGroupId].every((id) => kernel.attribute(task, id) === group)
    );
  }

  /** What the process's ended and living threads used. */
  private used(process: ProcessRecord): Usage {
    const usage = { ...process.ownUsage };
    for (const id of this.context.threadsOf(process.id)) addUsage(usage, usageOf(this.context, id));
    return usage;
  }

  usage(caller: TaskId, who: number, address: number): Result {
    const { kernel } = this.context;
    const process = this.context.own(caller);
    let usage: Usage;
    if (who === RUSAGE_SELF) usage = this.used(process);
    else if (who === RUSAGE_CHILDREN) usage = process.childUsage;
    else if (who === RUSAGE_THREAD) usage = usageOf(this.context, caller);
    else return -EINVAL;
    return kernel.copyOut(caller, address, writeUsage(usage), 0, 144);
  }

  times(caller: TaskId, address: number): Result {
    const { kernel } = this.context;
    const process = this.context.own(caller);
    if (address !== 0) {
      const own = this.used(process);
      const { childUsage } = process;
      const bytes = new Uint8Array(32);
      const view = new DataView(bytes.buffer);
      [own.user, own.kernel, childUsage.user, childUsage.kernel].forEach((value, i) => {
        view.setUint32(8 * i, ticksOf(value), true);
      });
      const failed = kernel.copyOut(caller, address, bytes, 0, 32);
      if (failed < 0) return failed;
    }
    return Math.floor(kernel.monotonicNanoseconds() / 1e7);
  }

  /** PR_SET_NAME and PR_GET_NAME. */
  name(caller: TaskId, set: number, address: number): Result {
    const { kernel } = this.context;
    const bytes = new Uint8Array(NAME_BYTES);
    if (set === 0) {
      bytes.set(commandOf(kernel, caller));
      return kernel.copyOut(caller, address, bytes, 0, NAME_BYTES);
    }
    const failed = kernel.copyIn(caller, address, bytes, 0, NAME_BYTES);
    if (failed < 0) return failed;
    this.setName(caller, bytes);
    return 0;
  }

  /** @param bytes a name, cut at its NUL or after 15 bytes */
  setName(caller: TaskId, bytes: Uint8Array): void {
    const end = bytes.indexOf(0);
    const length = Math.min(end < 0 ? bytes.length : end, NAME_BYTES - 1);
    this.context.kernel.publish(caller, RECORD.command, bytes.slice(0, length));
  }
}

function readLimit(view: DataView, at: number): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  return Math.min(value, LIMIT_NONE);
}

function writeLimit(view: DataView, at: number, value: number): void {
  const isNone = value >= LIMIT_NONE;
  view.setUint32(at, isNone ? 0xffff_ffff : value % 2 ** 32, true);
  view.setUint32(at + 4, isNone ? 0xffff_ffff : Math.floor(value / 2 ** 32), true);
}
