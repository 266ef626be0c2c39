/**
 * Limits, priorities, usage and prctl(2): figures of a process that it may read and set.
 */
import { EACCES, EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import {
  LIMIT_NONE,
  PR_GET_CHILD_SUBREAPER,
  PR_GET_DUMPABLE,
  PR_GET_KEEPCAPS,
  PR_GET_NO_NEW_PRIVS,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_KEEPCAPS,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
  RLIMIT_CORE,
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
import { ATTRIBUTE, RECORD, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, isSuperuser } from "./context.js";
import { setDumpable, setNoNewPrivileges } from "./published.js";
import type { ProcessRecord, Usage } from "./state.js";
import { ticksOf, writeUsage } from "./usage.js";

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
    if (resource >= RLIMITS) return -EINVAL;
    const own = this.context.own(caller);
    const process = processId === 0 ? own : state.processes.get(processId);
    if (process === undefined) return -ESRCH;
    const isPrivileged = isSuperuser(kernel, caller);
    if (process !== own && !isPrivileged) {
      const user = kernel.attribute(caller, ATTRIBUTE.userId);
      if (kernel.attribute(process.id, ATTRIBUTE.userId) !== user) return -EPERM;
    }
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

  /** Instructions that the process's ended and living threads used. */
  private used(process: ProcessRecord): Usage {
    const { kernel } = this.context;
    const usage = { ...process.ownUsage };
    for (const id of this.context.threadsOf(process.id)) {
      usage.user += kernel.attribute(id, ATTRIBUTE.userInstructions);
      usage.kernel += kernel.attribute(id, ATTRIBUTE.kernelInstructions);
    }
    return usage;
  }

  usage(caller: TaskId, who: number, address: number): Result {
    const { kernel } = this.context;
    const process = this.context.own(caller);
    let usage: Usage;
    if (who === RUSAGE_SELF) usage = this.used(process);
    else if (who === RUSAGE_CHILDREN) usage = process.childUsage;
    else if (who === RUSAGE_THREAD) {
      usage = {
        user: kernel.attribute(caller, ATTRIBUTE.userInstructions),
        kernel: kernel.attribute(caller, ATTRIBUTE.kernelInstructions),
      };
    } else return -EINVAL;
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

  control(caller: TaskId, option: number, word: number): Result {
    const process = this.context.own(caller);
    switch (option) {
      case PR_SET_PDEATHSIG:
        if (!(word >= 0 && word <= 64)) return -EINVAL;
        process.parentDeathSignal = word;
        return 0;
      case PR_GET_DUMPABLE:
        return process.dumpable;
      case PR_SET_DUMPABLE:
        if (word !== 0 && word !== 1) return -EINVAL;
        setDumpable(this.context, process, word);
        return 0;
      case PR_GET_KEEPCAPS:
        return 0;
      case PR_SET_KEEPCAPS:
        return word === 0 ? 0 : -EPERM;
      case PR_SET_CHILD_SUBREAPER:
        process.isSubreaper = word !== 0;
        return 0;
      case PR_SET_NO_NEW_PRIVS:
        if (word !== 1) return -EINVAL;
        setNoNewPrivileges(this.context, process);
        return 0;
      case PR_GET_NO_NEW_PRIVS:
        return process.noNewPrivileges;
      case PR_GET_CHILD_SUBREAPER:
      default:
        return -EINVAL;
    }
  }

  /** PR_SET_NAME and PR_GET_NAME. */
  name(caller: TaskId, set: number, address: number): Result {
    const { kernel } = this.context;
    const thread = this.context.thread(caller);
    if (set === 0) return kernel.copyOut(caller, address, thread.name, 0, NAME_BYTES);
    const bytes = new Uint8Array(NAME_BYTES);
    const failed = kernel.copyIn(caller, address, bytes, 0, NAME_BYTES);
    if (failed < 0) return failed;
    this.setName(caller, bytes);
    return 0;
  }

  /** @param bytes a name, cut at its NUL or after 15 bytes */
  setName(caller: TaskId, bytes: Uint8Array): void {
    const end = bytes.indexOf(0);
    const length = Math.min(end < 0 ? bytes.length : end, NAME_BYTES - 1);
    const name = new Uint8Array(NAME_BYTES);
    name.set(bytes.subarray(0, length));
    this.context.thread(caller).name = name;
    this.context.kernel.publish(caller, RECORD.command, name.slice(0, length));
  }

  setPriority(caller: TaskId, which: number, id: number, nice: number): Result {
    const { kernel, services } = this.context;
    const tasks = this.selected(caller, which, id);
    if (typeof tasks === "number") return tasks;
    const wanted = Math.max(-20, Math.min(19, nice));
    for (const task of tasks) {
      if (!this.mayRenice(caller, task)) return -EPERM;
      const current = kernel.attribute(task, ATTRIBUTE.nice);
      if (wanted < current && !isSuperuser(kernel, caller)) return -EACCES;
    }
    for (const task of tasks) {
      kernel.setAttribute(task, ATTRIBUTE.nice, wanted);
      const failed = services.scheduler.niceChanged(caller, task);
      if (failed < 0) return failed;
    }
    return 0;
  }

  /** The system call answers 20 - nice, so that no value looks like an error. */
  getPriority(caller: TaskId, which: number, id: number): Result {
    const tasks = this.selected(caller, which, id);
    if (typeof tasks === "number") return tasks;
    const { kernel } = this.context;
    return 20 - Math.min(...tasks.map((task) => kernel.attribute(task, ATTRIBUTE.nice)));
  }

  private mayRenice(caller: TaskId, task: TaskId): boolean {
    const { kernel } = this.context;
    if (isSuperuser(kernel, caller)) return true;
    const effective = kernel.attribute(caller, ATTRIBUTE.effectiveUserId);
    return (
      kernel.attribute(task, ATTRIBUTE.userId) === effective ||
      kernel.attribute(task, ATTRIBUTE.effectiveUserId) === effective
    );
  }

  private selected(caller: TaskId, which: number, id: number): TaskId[] | Result {
    const { kernel, state } = this.context;
    if (which === PRIO_PROCESS) {
      const task = id === 0 ? caller : id;
      return state.threads.has(task) ? [task] : -ESRCH;
    }
    if (which !== PRIO_PGRP && which !== PRIO_USER) return -EINVAL;
    const attribute = which === PRIO_PGRP ? ATTRIBUTE.group : ATTRIBUTE.userId;
    const wanted = id === 0 ? kernel.attribute(caller, attribute) : id;
    const tasks = [...state.threads.keys()].filter(
      (task) => kernel.attribute(task, attribute) === wanted,
    );
    return tasks.length === 0 ? -ESRCH : tasks;
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
