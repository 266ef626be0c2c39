/**
 * The process service: processes and threads, programs, waiting for children, signals as policy,
 * identities, limits. This file is the protocol's surface; the parts below it, each in its file:
 * execute (with loader and stack), clone, exit, wait, signals, identity, limits, and the state.
 */
import { EAGAIN } from "../../abi/errno.js";
import { SIGCHLD } from "../../abi/signal.js";
import { ATTRIBUTE, EVENT_PROCESS, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { capabilityGet, capabilitySet, setFirstCapabilities } from "./capabilities.js";
import { Clones } from "./clone.js";
import { Context, type ProcessOptions, type ProcessServices } from "./context.js";
import { control, personality, unshare } from "./control.js";
import { Executes } from "./execute.js";
import { Exits } from "./exit.js";
import { Identities } from "./identity.js";
import { Limits } from "./limits.js";
import type { ProcessService } from "./protocol.js";
import { getRobustList } from "./robust.js";
import { Scheduling } from "./scheduling.js";
import { Senders } from "./send.js";
import { Signals } from "./signals.js";
import {
  createProcessRecord,
  createProcessState,
  createThreadRecord,
  type ProcessState,
} from "./state.js";
import { compare, reboot, trace } from "./system.js";
import { Waits } from "./wait.js";

export class Processes implements ProcessService {
  readonly state: ProcessState = createProcessState();
  private readonly context: Context;
  private readonly exits: Exits;
  private readonly signals: Signals;
  private readonly senders: Senders;
  private readonly clones: Clones;
  private readonly waits: Waits;
  private readonly identities: Identities;
  private readonly limits: Limits;
  private readonly scheduling: Scheduling;
  private readonly executes: Executes;

  constructor(kernel: KernelCalls, services: ProcessServices, options: ProcessOptions) {
    this.context = new Context(kernel, services, options, this.state);
    this.exits = new Exits(this.context);
    this.signals = new Signals(this.context, this.exits);
    this.senders = new Senders(this.context);
    this.scheduling = new Scheduling(this.context);
    this.clones = new Clones(this.context, this.signals, this.scheduling);
    this.waits = new Waits(this.context, this.exits);
    this.identities = new Identities(this.context);
    this.limits = new Limits(this.context);
    this.executes = new Executes(this.context, this.signals, this.exits, this.limits);
  }

  event(_caller: TaskId, kind: number, word0: number, _word1: number, _word2: number): Result {
    if (kind === EVENT_PROCESS) this.signals.continued(word0);
    return 0;
  }

  clone(
    caller: TaskId,
    flags: number,
    exitSignal: number,
    stack: number,
    parentTid: number,
    tls: number,
    childTid: number,
  ): Result {
    const request = { flags, exitSignal, stack, parentTid, tls, childTid };
    return this.clones.clone(caller, request);
  }

  execute(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    args: number,
    argsLength: number,
    environment: number,
    environmentLength: number,
    flags: number,
  ): Result {
    return this.executes.execute(caller, {
      directory,
      path,
      pathLength,
      args,
      argsLength,
      environment,
      environmentLength,
      flags,
    });
  }

  exit(caller: TaskId, status: number): Result {
    return this.exits.exit(caller, status);
  }

  exitGroup(caller: TaskId, status: number): Result {
    return this.exits.exitProcess(caller, (status & 0xff) << 8);
  }

  wait(caller: TaskId, which: number, status: number, options: number, usage: number): Result {
    return this.waits.wait(caller, which, status, options, usage);
  }

  waitId(
    caller: TaskId,
    type: number,
    id: number,
    siginfo: number,
    options: number,
    usage: number,
  ): Result {
    return this.waits.waitId(caller, type, id, siginfo, options, usage);
  }

  kill(caller: TaskId, which: number, signal: number): Result {
    return this.senders.kill(caller, which, signal);
  }

  killThread(caller: TaskId, process: number, thread: number, signal: number): Result {
    return this.senders.killThread(caller, process, thread, signal);
  }

  queueSignal(
    caller: TaskId,
    process: number,
    thread: number,
    signal: number,
    siginfo: number,
  ): Result {
    return this.senders.queue(caller, process, thread, signal, siginfo);
  }

  signalAction(caller: TaskId, signal: number, action: number, oldAction: number): Result {
    return this.signals.setAction(caller, signal, action, oldAction);
  }

  signalMask(caller: TaskId, how: number, set: number, oldSet: number): Result {
    return this.signals.setMask(caller, how, set, oldSet);
  }

  signalPending(caller: TaskId, set: number): Result {
    return this.signals.pending(caller, set);
  }

  signalSuspend(caller: TaskId, maskLow: number, maskHigh: number): Result {
    return this.signals.suspend(caller, maskLow, maskHigh);
  }

  signalWait(
    caller: TaskId,
    setLow: number,
    setHigh: number,
    siginfo: number,
    timeout: number,
  ): Result {
    return this.signals.wait(caller, setLow, setHigh, siginfo, timeout);
  }

  signalStack(caller: TaskId, stack: number, oldStack: number): Result {
    return this.signals.setStack(caller, stack, oldStack);
  }

  signalReturn(caller: TaskId): Result {
    return this.signals.return(caller);
  }

  deliver(caller: TaskId): Result {
    return this.signals.deliver(caller);
  }

  fault(caller: TaskId, signal: number, code: number, address: number): Result {
    return this.signals.fault(caller, signal, code, address);
  }

  setGroup(caller: TaskId, process: number, group: number): Result {
    return this.identities.setGroup(caller, process, group);
  }

  getGroup(caller: TaskId, process: number): Result {
    return this.identities.getGroup(caller, process);
  }

  getSession(caller: TaskId, process: number): Result {
    return this.identities.getSession(caller, process);
  }

  newSession(caller: TaskId): Result {
    return this.identities.newSession(caller);
  }

  setIdentity(caller: TaskId, which: number, first: number, second: number, third: number): Result {
    return this.identities.set(caller, which, first, second, third);
  }

  getIdentity(
    caller: TaskId,
    which: number,
    real: number,
    effective: number,
    saved: number,
  ): Result {
    return this.identities.get(caller, which, [real, effective, saved]);
  }

  setGroups(caller: TaskId, count: number, groups: number, _lengthBytes: number): Result {
    return this.identities.setGroups(caller, count, groups);
  }

  getGroups(caller: TaskId, count: number, groups: number, _lengthBytes: number): Result {
    return this.identities.getGroups(caller, count, groups);
  }

  limit(
    caller: TaskId,
    process: number,
    resource: number,
    newLimit: number,
    oldLimit: number,
  ): Result {
    return this.limits.limit(caller, process, resource, newLimit, oldLimit);
  }

  usage(caller: TaskId, who: number, buffer: number): Result {
    return this.limits.usage(caller, who, buffer);
  }

  times(caller: TaskId, buffer: number): Result {
    return this.limits.times(caller, buffer);
  }

  control(
    caller: TaskId,
    option: number,
    word0: number,
    word1: number,
    word2: number,
    word3: number,
  ): Result {
    return control(this.context, caller, option, [word0, word1, word2, word3]);
  }

  name(caller: TaskId, set: number, buffer: number): Result {
    return this.limits.name(caller, set, buffer);
  }

  setClearChildTid(caller: TaskId, address: number): Result {
    this.context.thread(caller).clearChildTid = address;
    return caller;
  }

  getRobustList(caller: TaskId, task: number, head: number, length: number): Result {
    return getRobustList(this.context, caller, task, head, length);
  }

  setRobustList(caller: TaskId, address: number, lengthBytes: number): Result {
    if (lengthBytes !== 24) return -22;
    this.context.thread(caller).robustList = address;
    return 0;
  }

  setPriority(caller: TaskId, which: number, id: number, nice: number): Result {
    return this.scheduling.setPriority(caller, which, id, nice);
  }

  getPriority(caller: TaskId, which: number, id: number): Result {
    return this.scheduling.getPriority(caller, which, id);
  }

  setScheduling(
    caller: TaskId,
    task: number,
    policy: number,
    priority: number,
    nice: number,
    resetsOnFork: number,
  ): Result {
    const request = { policy, priority, nice, resetsOnFork: resetsOnFork !== 0 };
    return this.scheduling.set(caller, task, request);
  }

  getScheduling(caller: TaskId, task: number, figure: number): Result {
    return this.scheduling.get(caller, task, figure);
  }

  mayMove(caller: TaskId, task: number): Result {
    return this.scheduling.mayMove(caller, task);
  }

  setIoPriority(caller: TaskId, which: number, who: number, value: number): Result {
    return this.scheduling.setIoPriority(caller, which, who, value);
  }

  getIoPriority(caller: TaskId, which: number, who: number): Result {
    return this.scheduling.getIoPriority(caller, which, who);
  }

  capabilityGet(caller: TaskId, header: number, data: number): Result {
    return capabilityGet(this.context, caller, header, data);
  }

  capabilitySet(caller: TaskId, header: number, data: number): Result {
    return capabilitySet(this.context, caller, header, data);
  }

  personality(caller: TaskId, wanted: number): Result {
    return personality(this.context, caller, wanted);
  }

  unshare(caller: TaskId, flags: number): Result {
    return unshare(this.context, caller, flags);
  }

  trace(caller: TaskId, request: number, process: number): Result {
    return trace(this.context, caller, request, process);
  }

  compare(caller: TaskId, first: number, second: number, type: number): Result {
    return compare(this.context, caller, first, second, type);
  }

  reboot(caller: TaskId, command: number): Result {
    return reboot(this.context, caller, command);
  }

  start(
    _caller: TaskId,
    parent: number,
    userId: number,
    groupId: number,
    isHosted: number,
  ): Result {
    const { kernel, services, state } = this.context;
    const task = kernel.createTask(0, 0);
    if (task < 0) return task;
    for (let which = ATTRIBUTE.userId; which <= ATTRIBUTE.fileSystemGroupId; which++) {
      const id = which <= ATTRIBUTE.fileSystemUserId ? userId : groupId;
      kernel.setAttribute(task, which, id);
    }
    kernel.setAttribute(task, ATTRIBUTE.parent, parent);
    kernel.setAttribute(task, ATTRIBUTE.group, task);
    kernel.setAttribute(task, ATTRIBUTE.session, task);
    kernel.setAttribute(task, ATTRIBUTE.startNanoseconds, kernel.monotonicNanoseconds());
    setFirstCapabilities(kernel, task, userId);
    this.limits.setDefaults(task);
    const failed = services.file.fork(0, task, 0);
    if (failed < 0) {
      kernel.releaseTask(task);
      return failed;
    }
    const process = createProcessRecord(task, parent, kernel.newChannel());
    process.exitSignal = SIGCHLD;
    process.isHosted = isHosted !== 0;
    state.processes.set(task, process);
    state.processes.get(parent)?.children.push(task);
    state.threads.set(task, createThreadRecord(task));
    this.signals.setDefaults(process);
    return task;
  }

  takeResult(_caller: TaskId, process: number): Result {
    const result = this.state.results.get(process);
    if (result === undefined) return -EAGAIN;
    this.state.results.delete(process);
    return result.status | (result.startError << 16);
  }
}
