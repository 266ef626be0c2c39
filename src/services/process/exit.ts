/**
 * The end of threads and processes: what they held is given back, children go to init, the parent
 * is told (POSIX _exit; Linux kernel/exit.c).
 */

import { STATUS_CORE } from "../../abi/process.js";
import {
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  SA_NOCLDWAIT,
  SI_KERNEL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGNALS_MAX,
} from "../../abi/signal.js";
import {
  ATTRIBUTE,
  PROCESS_END,
  SIGNAL_TO_GROUP,
  SIGNAL_TO_PROCESS,
  type TaskId,
} from "../../kernel/calls.js";
import { ACCESS_WRITE } from "../../kernel/platform.js";
import type { Result } from "../../kernel/protocol.js";
import { releaseVfork } from "./clone.js";
import { type Context, INIT } from "./context.js";
import { publishUsage } from "./published.js";
import { releaseRobust } from "./robust.js";
import type { ProcessRecord } from "./state.js";
import { addUsage, usageOf } from "./usage.js";

const ALL = 0x7fff_ffff;
/** Instructions charged for the end of a process, besides those for what it gives back. */
const CHARGE_EXIT = 4000;

export class Exits {
  constructor(private readonly context: Context) {}

  /** exit(2): of one thread; of the last one the process ends. */
  exit(caller: TaskId, status: number): Result {
    const process = this.context.own(caller);
    const others = this.context.threadsOf(process.id).filter((id) => id !== caller);
    if (others.length === 0) return this.exitProcess(caller, (status & 0xff) << 8);
    this.endThread(caller);
    return 0;
  }

  /** Ends every thread of the caller's process. @param status a wait status */
  exitProcess(caller: TaskId, status: number): Result {
    const process = this.context.own(caller);
    process.isExiting = true;
    const { kernel, services } = this.context;
    kernel.charge(caller, CHARGE_EXIT);
    for (const id of this.context.threadsOf(process.id)) {
      if (id !== caller) this.endThread(id);
    }
    services.time.leave(caller);
    this.endThread(caller);
    const isLeader = kernel.attribute(process.id, ATTRIBUTE.session) === process.id;
    // Also without a terminal now: it may have lost one, whose foreground is told now.
    if (isLeader) services.tty.hangUp(0, process.id);
    const linked = this.linkedGroups(process);
    this.giveAwayChildren(process);
    process.isZombie = true;
    process.status = status;
    kernel.setAttribute(process.id, ATTRIBUTE.ending, 1);
    kernel.wake(kernel.processChannel(process.id, PROCESS_END), ALL);
    this.orphanGroups(process, linked);
    this.tellParent(process);
    return 0;
  }

  /** What one thread holds; its id stays if it leads the process. */
  endThread(id: TaskId): void {
    const { kernel, services, state } = this.context;
    const process = this.context.own(id);
    const thread = this.context.thread(id);
    releaseRobust(this.context, id);
    services.futex.leave(id);
    if (thread.clearChildTid !== 0) this.clearTid(id, thread.clearChildTid);
    services.file.leave(id);
    addUsage(process.ownUsage, usageOf(this.context, id));
    services.memory.leave(id);
    releaseVfork(this.context, id);
    publishUsage(this.context, process);
    kernel.endTask(id);
    state.threads.delete(id);
    if (id === process.id) return;
    for (const child of process.children) {
      const record = state.processes.get(child);
      if (record?.parentThread === id) record.parentThread = process.id;
    }
    kernel.releaseTask(id);
  }

  /** CLONE_CHILD_CLEARTID: the word becomes 0 and one waiter is woken (pthread_join). */
  private clearTid(id: TaskId, address: number): void {
    const { kernel, services } = this.context;
    if (services.memory.prepare(id, address, 4, ACCESS_WRITE) !== 4) return;
    kernel.storeWord(id, address, 0);
    services.futex.wake(id, address, 1, 1, 0xffff_ffff);
  }

  private giveAwayChildren(process: ProcessRecord): void {
    const { kernel, state } = this.context;
    const heir = this.heirOf(process);
    for (const id of process.children) {
      const child = state.processes.get(id);
      if (child === undefined) continue;
      child.parent = heir?.id ?? 0;
      child.parentThread = child.parent;
      kernel.setAttribute(id, ATTRIBUTE.parent, child.parent);
      if (child.parentDeathSignal !== 0) {
        kernel.postSignal(SIGNAL_TO_PROCESS, id, child.parentDeathSignal, 0, process.id, 0, 0);
      }
      heir?.children.push(id);
      child.exitSignal = SIGCHLD;
      if (child.isZombie) this.tellParent(child);
    }
    process.children.length = 0;
  }

  /** The nearest ancestor that asked for orphans, else init. */
  private heirOf(process: ProcessRecord): ProcessRecord | undefined {
    const { state } = this.context;
    for (
      let next = state.processes.get(process.parent);
      next !== undefined;
      next = state.processes.get(next.parent)
    ) {
      if (next.isSubreaper && !next.isExiting) return next;
    }
    const init = state.processes.get(INIT);
    return init === undefined || init.isExiting ? undefined : init;
  }

  /**
   * Groups that the process links to its session: its own by a parent in another group, and those
   * of its children. Only these can become orphaned by its end.
   */
  private linkedGroups(process: ProcessRecord): ReadonlySet<number> {
    const { context } = this;
    const session = context.session(process);
    const own = context.group(process);
    const groups = new Set<number>();
    const parent = context.state.processes.get(process.parent);
    if (parent !== undefined && context.session(parent) === session) {
      if (context.group(parent) !== own) groups.add(own);
    }
    for (const id of process.children) {
      const child = context.state.processes.get(id);
      if (child === undefined || context.session(child) !== session) continue;
      if (context.group(child) !== own) groups.add(context.group(child));
    }
    return groups;
  }

  /**
   * Groups that lost their last link to the session get SIGHUP and SIGCONT if one of them is
   * stopped (POSIX 2.2.2.52, _exit).
   */
  private orphanGroups(process: ProcessRecord, linked: ReadonlySet<number>): void {
    if (linked.size === 0) return;
    const { kernel, state } = this.context;
    const session = this.context.session(process);
    const groups = new Set<number>();
    kernel.charge(0, state.processes.size);
    for (const other of state.processes.values()) {
      if (!other.isStopped || other.isZombie || this.context.session(other) !== session) continue;
      if (linked.has(this.context.group(other))) groups.add(this.context.group(other));
    }
    for (const group of groups) {
      if (!isOrphaned(this.context, group, session)) continue;
      kernel.postSignal(SIGNAL_TO_GROUP, group, SIGHUP, SI_KERNEL, 0, 0, 0);
      kernel.postSignal(SIGNAL_TO_GROUP, group, SIGCONT, SI_KERNEL, 0, 0, 0);
    }
  }

  /** SIGCHLD and a wake-up; or the zombie goes at once when nobody will wait. */
  private tellParent(process: ProcessRecord): void {
    const { kernel } = this.context;
    if (process.isHosted || process.parent === 0) {
      this.reap(process, undefined);
      return;
    }
    const parent = this.context.process(process.parent);
    const action = parent.actions[SIGCHLD];
    const isIgnored =
      process.exitSignal === SIGCHLD &&
      action !== undefined &&
      action.handlerLow === SIG_IGN &&
      action.handlerHigh === 0;
    const isUnwanted =
      isIgnored || (process.exitSignal === SIGCHLD && ((action?.flags ?? 0) & SA_NOCLDWAIT) !== 0);
    if (!isIgnored && process.exitSignal > 0 && process.exitSignal <= SIGNALS_MAX) {
      const signal = process.status & 0x7f;
      const code =
        signal === 0 ? CLD_EXITED : process.status & STATUS_CORE ? CLD_DUMPED : CLD_KILLED;
      const value = signal === 0 ? process.status >> 8 : signal;
      const user = kernel.attribute(process.id, ATTRIBUTE.userId);
      kernel.postSignal(
        SIGNAL_TO_PROCESS,
        parent.id,
        process.exitSignal,
        code,
        process.id,
        user,
        value,
      );
    }
    if (isUnwanted) this.reap(process, parent);
    kernel.wake(parent.childChannel, ALL);
  }

  /** The zombie is gone; its usage is added to the waiting parent's. */
  reap(process: ProcessRecord, parent: ProcessRecord | undefined): void {
    const { kernel, state } = this.context;
    if (process.isHosted) {
      const { user, kernel: system } = process.ownUsage;
      state.results.set(process.id, {
        status: process.status,
        startError: process.startError,
        user: user + process.childUsage.user,
        kernel: system + process.childUsage.kernel,
      });
    }
    const owner = parent ?? state.processes.get(process.parent);
    if (owner !== undefined) {
      addUsage(owner.childUsage, process.ownUsage);
      addUsage(owner.childUsage, process.childUsage);
      publishUsage(this.context, owner);
      const index = owner.children.indexOf(process.id);
      if (index >= 0) owner.children.splice(index, 1);
    }
    state.processes.delete(process.id);
    kernel.releaseTask(process.id);
  }
}

/** No member has a parent in another group of the same session. */
export function isOrphaned(context: Context, group: number, session: number): boolean {
  for (const process of context.state.processes.values()) {
    if (process.isZombie || context.group(process) !== group) continue;
    const parent = context.state.processes.get(process.parent);
    if (parent === undefined) continue;
    const isLink = context.group(parent) !== group && context.session(parent) === session;
    if (isLink) return false;
  }
  return true;
}
