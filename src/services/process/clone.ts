/**
 * clone(2): processes (fork, vfork) and threads. First everything that can fail: the task, its
 * files, its memory; then the records, which cannot.
 */
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { EAGAIN, EFAULT, EINVAL, EPERM } from "../../abi/errno.js";
import {
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_FILES,
  CLONE_FS,
  CLONE_NAMESPACES,
  CLONE_NEWNS,
  CLONE_NEWUSER,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_SETTLS,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
  RLIMIT_NPROC,
} from "../../abi/process.js";
import { ATTRIBUTE, RECORD, type TaskId } from "../../kernel/calls.js";
import { ACCESS_WRITE } from "../../kernel/platform.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { type Context, INIT, isCapable } from "./context.js";
import { CLEARS_HANDLERS } from "./protocol.js";
import { commandOf, publishFork } from "./published.js";
import type { Scheduling } from "./scheduling.js";
import type { Signals } from "./signals.js";
import { createProcessRecord, createThreadRecord } from "./state.js";

/** Instructions charged for a new thread and process, besides those for what is copied. */
const CHARGE_THREAD = 1000;
const CHARGE_PROCESS = 4000;

const X_SP = 2;
const X_TP = 4;
const X_A0 = 10;

/** What clone(2) was asked for. */
interface Request {
  readonly flags: number;
  /** Signal to the parent at the end; 0: none. */
  readonly exitSignal: number;
  readonly stack: number;
  readonly parentTid: number;
  readonly tls: number;
  readonly childTid: number;
}

export class Clones {
  constructor(
    private readonly context: Context,
    private readonly signals: Signals,
    private readonly scheduling: Scheduling,
  ) {}

  clone(caller: TaskId, request: Request): Result {
    const child = this.context.kernel.started(caller);
    if (child !== 0) return this.awaitVfork(caller, child);
    const refused = this.refuse(caller, request);
    if (refused !== 0) return refused;
    const isThread = (request.flags & CLONE_THREAD) !== 0;
    const process = isThread ? this.context.kernel.attribute(caller, ATTRIBUTE.process) : 0;
    this.context.kernel.charge(caller, isThread ? CHARGE_THREAD : CHARGE_PROCESS);
    const task = this.context.kernel.createTask(caller, process);
    if (task < 0) return task;
    const failed = this.share(caller, task, request);
    if (failed !== 0) {
      this.context.kernel.releaseTask(task);
      return failed;
    }
    return this.begin(caller, task, request);
  }

  private refuse(caller: TaskId, request: Request): Result {
    const { flags } = request;
    const has = (flag: number): boolean => (flags & flag) !== 0;
    if (has(CLONE_SIGHAND) && !has(CLONE_VM)) return -EINVAL;
    if (has(CLONE_THREAD) && !has(CLONE_SIGHAND)) return -EINVAL;
    const { kernel, services } = this.context;
    if (has(CLONE_FS) && (has(CLONE_NEWNS) || has(CLONE_NEWUSER))) return -EINVAL;
    if (has(CLONE_PARENT) && kernel.attribute(caller, ATTRIBUTE.process) === INIT) return -EINVAL;
    // There are no namespaces: those who could make one get EINVAL, others EPERM.
    if (has(CLONE_NAMESPACES)) {
      const needsRight = (flags & CLONE_NAMESPACES) !== CLONE_NEWUSER;
      return needsRight && !isCapable(kernel, caller, CAP_SYS_ADMIN) ? -EPERM : -EINVAL;
    }
    if (has(CLONE_PARENT_SETTID)) {
      const ready = services.memory.prepare(caller, request.parentTid, 4, ACCESS_WRITE);
      if (ready === BLOCKED) return BLOCKED;
      if (ready < 4) return -EFAULT;
    }
    if (isCapable(kernel, caller, CAP_SYS_RESOURCE)) return 0;
    if (isCapable(kernel, caller, CAP_SYS_ADMIN)) return 0;
    const limit = kernel.attribute(caller, ATTRIBUTE.limits + RLIMIT_NPROC);
    if (limit >= 2 ** 31) return 0;
    const user = kernel.attribute(caller, ATTRIBUTE.userId);
    let count = 0;
    for (const id of this.context.state.threads.keys()) {
      if (kernel.attribute(id, ATTRIBUTE.userId) === user) count++;
    }
    return count >= limit ? -EAGAIN : 0;
  }

  /** Files and memory of the new task. @returns 0, -errno or BLOCKED */
  private share(caller: TaskId, task: TaskId, request: Request): Result {
    const { file, memory } = this.context.services;
    const shared = request.flags & (CLONE_FILES | CLONE_FS);
    const files = file.fork(caller, task, shared);
    if (files < 0) return files;
    const space = memory.fork(caller, task, (request.flags & CLONE_VM) !== 0 ? 1 : 0);
    if (space >= 0) return 0;
    // Before its id goes: what the file service gave it is found by the id. Until it gave something
    // the task's attributes are the caller's.
    file.leave(task);
    return space;
  }

  /** Nothing here can fail. */
  private begin(caller: TaskId, task: TaskId, request: Request): Result {
    const { kernel, services, state } = this.context;
    const { flags } = request;
    const thread = createThreadRecord(task);
    state.threads.set(task, thread);
    kernel.setAttribute(task, ATTRIBUTE.startNanoseconds, kernel.monotonicNanoseconds());
    if ((flags & CLONE_THREAD) === 0) this.addProcess(caller, task, request);
    kernel.publish(task, RECORD.command, commandOf(kernel, caller));
    this.inherit(caller, task, flags);
    this.context.setRegister(task, X_A0, 0);
    if (request.stack !== 0) this.context.setRegister(task, X_SP, request.stack);
    if ((flags & CLONE_SETTLS) !== 0) this.context.setRegister(task, X_TP, request.tls);
    if ((flags & CLONE_CHILD_CLEARTID) !== 0) thread.clearChildTid = request.childTid;
    if ((flags & CLONE_CHILD_SETTID) !== 0) {
      const ready = services.memory.prepare(task, request.childTid, 4, ACCESS_WRITE);
      if (ready === 4) kernel.storeWord(task, request.childTid, task);
    }
    if ((flags & CLONE_PARENT_SETTID) !== 0) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setInt32(0, task, true);
      // The fork has taken the write permission of the page since it was checked.
      services.memory.prepare(caller, request.parentTid, 4, ACCESS_WRITE);
      kernel.copyOut(caller, request.parentTid, bytes, 0, 4);
    }
    kernel.startTask(task);
    if ((flags & CLONE_VFORK) === 0) return task;
    thread.vforkChannel = kernel.newChannel();
    kernel.setStarted(caller, task);
    kernel.setKillable(caller);
    return kernel.block(caller, thread.vforkChannel);
  }

  /** What a thread has from the one that made it. */
  private inherit(caller: TaskId, task: TaskId, flags: number): void {
    const own = this.context.thread(caller);
    const thread = this.context.thread(task);
    if ((flags & CLONE_VM) === 0 || (flags & CLONE_VFORK) !== 0) {
      thread.alternateStack = own.alternateStack;
      thread.alternateBytes = own.alternateBytes;
      thread.alternateFlags = own.alternateFlags;
    }
    thread.secureBits = own.secureBits;
    thread.personality = own.personality;
    thread.ioPriority = own.ioPriority;
    thread.timerSlackNanoseconds = own.timerSlackNanoseconds;
    thread.timerSlackDefaultNanoseconds = own.timerSlackNanoseconds;
    if (own.resetsOnFork) this.scheduling.reset(task);
  }

  private addProcess(caller: TaskId, task: TaskId, request: Request): void {
    const { kernel, state } = this.context;
    const own = this.context.own(caller);
    const isSibling = (request.flags & CLONE_PARENT) !== 0;
    const parent = isSibling ? own.parent : own.id;
    const process = createProcessRecord(task, parent, kernel.newChannel());
    process.parentThread = isSibling ? own.parentThread : caller;
    process.exitSignal = isSibling ? own.exitSignal : request.exitSignal;
    process.vdsoAddress = own.vdsoAddress;
    process.dumpable = own.dumpable;
    process.noNewPrivileges = own.noNewPrivileges;
    own.actions.forEach((action, signal) => {
      process.actions[signal] = { ...action };
    });
    process.sets.set(own.sets);
    if ((request.flags & CLEARS_HANDLERS) !== 0) this.signals.resetHandlers(process);
    state.processes.set(task, process);
    state.processes.get(parent)?.children.push(task);
    kernel.setAttribute(task, ATTRIBUTE.parent, parent);
    kernel.inheritPublished(own.id, task);
    publishFork(this.context, process);
    this.signals.publishSets(process);
  }

  /** vfork's parent goes on when the child has its own memory or has ended. */
  private awaitVfork(caller: TaskId, child: number): Result {
    const channel = this.context.state.threads.get(child)?.vforkChannel ?? 0;
    const { kernel } = this.context;
    if (channel === 0) return kernel.forced(caller) ? BLOCKED : child;
    return kernel.block(caller, channel);
  }
}

/** The child of a vfork no longer uses its parent's memory. */
export function releaseVfork(context: Context, task: TaskId): void {
  const thread = context.thread(task);
  const channel = thread.vforkChannel;
  if (channel === 0) return;
  thread.vforkChannel = 0;
  context.kernel.wake(channel, 1);
}
