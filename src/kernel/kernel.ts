/**
 * The kernel as a function: `run(budgetInstructions)` works until the budget is spent or everything
 * waits, and says when it wants to run next (docs/design.md 4.5). Mechanisms only:
 *
 *   tasks, run queues     tasks.ts, scheduler.ts
 *   call records, waiting call-record.ts, wait-channels.ts, watches.ts, calls-under-way.ts
 *   frames, mappings      frames.ts, address-space.ts, user-memory.ts
 *   signals               signals.ts, signal-delivery.ts, signal-frame.ts
 *   time, events          time.ts, events.ts, interrupts.ts
 *   figures, limits       accounting.ts, jobs.ts
 *   what services may ask handle.ts, behind domains and ports: domain.ts, port.ts
 */
import { EAGAIN, ESRCH } from "../abi/errno.js";
import {
  BUS_ADRALN,
  ILL_ILLOPC,
  SIGBUS,
  SIGILL,
  SIGKILL,
  SIGTRAP,
  TRAP_BRKPT,
} from "../abi/signal.js";
import {
  CAUSE_BREAKPOINT,
  CAUSE_ILLEGAL_INSTRUCTION,
  CAUSE_INSTRUCTION_PAGE_FAULT,
  CAUSE_LOAD_PAGE_FAULT,
  CAUSE_STORE_PAGE_FAULT,
  EXIT_TRAP,
  PAGE_BYTES,
  type Platform,
  USER_ADDRESS_LIMIT,
} from "../machine/platform.js";
import { Accounting } from "./accounting.js";
import { AddressSpaces } from "./address-space.js";
import { CALL_FAULT, type CallRecord, createCallRecord } from "./call-record.js";
import { ATTRIBUTE, EVENT_TIMER, POWER, SETTINGS_FIRST, SIGNAL_TO_PROCESS } from "./calls.js";
import { CallsUnderWay } from "./calls-under-way.js";
import { Events } from "./events.js";
import { Frames } from "./frames.js";
import { createInjection, type InjectionState } from "./injection.js";
import { Interrupts } from "./interrupts.js";
import {
  type Job,
  type JobLimits,
  Jobs,
  type JobUsage,
  type LimitName,
  NO_LIMITS,
  SYSTEM_JOB,
} from "./jobs.js";
import type { KernelProfile } from "./profile.js";
import { createRandom, type RandomState, randomWord } from "./random.js";
import { PRIORITIES, RunQueues } from "./scheduler.js";
import { SignalDelivery } from "./signal-delivery.js";
import {
  jobOf,
  NO_SIGNAL,
  type Process,
  TASK_ENDED,
  TASK_PARKED,
  TASK_RUNNABLE,
  type Task,
  Tasks,
} from "./tasks.js";
import { type ClockOptions, DEADLINE_TIMER, NANOSECONDS_PER_TICK, Time } from "./time.js";
import type { ServiceEntry, Upcalls } from "./upcalls.js";
import { UserMemory } from "./user-memory.js";
import { WaitChannels } from "./wait-channels.js";
import { Watches } from "./watches.js";

export interface KernelOptions {
  readonly seed: number;
  readonly clock: ClockOptions;
  readonly injection: boolean;
  /** > 0: slices end early, after a random number of instructions up to this (tests). */
  readonly preemptionInstructions: number;
  /** What all jobs together may take. */
  readonly limits?: JobLimits;
  /** Takes one line about something that the operator should know (a domain that died). */
  readonly report: (line: string) => void;
  /** Is told what goes on. */
  readonly profile?: KernelProfile | undefined;
}

/** What `run` says of its end. */
export interface RunResult {
  /** Nothing can run before `wakeNanoseconds` (monotonic) or an input. */
  readonly idle: boolean;
  readonly wakeNanoseconds: number;
}

/** Instructions charged for an event, a context switch. */
const CHARGE_EVENT = 100;
const CHARGE_SWITCH = 60;

export class Kernel {
  readonly jobs: Jobs;
  readonly frames: Frames;
  readonly spaces: AddressSpaces;
  readonly memory: UserMemory;
  readonly tasks: Tasks;
  readonly channels = new WaitChannels();
  readonly watches = new Watches();
  readonly queues = new RunQueues();
  readonly time: Time;
  readonly events = new Events();
  readonly accounting = new Accounting();
  /** By SETTING. */
  readonly settings: number[] = [...SETTINGS_FIRST];
  readonly interrupts: Interrupts;
  readonly calls: CallsUnderWay;
  readonly signals: SignalDelivery;
  readonly random: RandomState;
  readonly injection: InjectionState;
  /** The record of task 0, the kernel itself. */
  readonly ownRecord: CallRecord = createCallRecord(0);
  readonly published = new Map<string, Uint8Array>();
  /** How the system has ended (POWER), and processes that ended without the process service. */
  readonly ends: { power: number; readonly stranded: Map<number, number> } = {
    power: POWER.on,
    stranded: new Map(),
  };
  /** Services by number. */
  readonly services: ServiceEntry[] = [];
  upcalls!: Upcalls;
  /** The task in `platform.run`, and the instructions it has retired in this run. */
  current: Task | undefined;
  runningInstructions = 0;
  /** A task more urgent than the current one became runnable. */
  reschedule = false;
  private chargedInstructions = 0;
  /** What the current task may run and be charged before it leaves user mode. */
  private sliceInstructions = 0;

  constructor(
    readonly platform: Platform,
    readonly options: KernelOptions,
  ) {
    this.jobs = new Jobs(options.limits ?? NO_LIMITS);
    this.frames = new Frames(platform, this.jobs);
    this.spaces = new AddressSpaces(platform, this.frames);
    this.memory = new UserMemory(platform, this.spaces, this.frames);
    this.tasks = new Tasks(platform, this.jobs);
    this.time = new Time(options.clock);
    this.interrupts = new Interrupts(platform.bus);
    this.calls = new CallsUnderWay(this);
    this.signals = new SignalDelivery(this);
    this.random = createRandom(options.seed);
    this.injection = createInjection(options.injection);
  }

  /** Everything that the kernel knows, as plain data (docs/design.md 4.5). */
  get state(): Record<string, unknown> {
    return {
      jobs: this.jobs.state,
      frames: this.frames.state,
      spaces: this.spaces.state,
      tasks: this.tasks.state,
      channels: this.channels.state,
      watches: this.watches.state,
      queues: this.queues.state,
      time: this.time.state,
      events: this.events.state,
      accounting: this.accounting.state,
      settings: this.settings,
      interrupts: this.interrupts.state,
      random: this.random,
      injection: this.injection,
      ownRecord: this.ownRecord,
      published: this.published,
      ends: this.ends,
    };
  }

  /** Must be called once, before the first run. */
  connect(upcalls: Upcalls): void {
    this.upcalls = upcalls;
  }

  now(): number {
    return this.time.now(this.runningInstructions);
  }

  /** Work done for a task (or, with task 0, for nobody), in instructions. */
  charge(task: Task | undefined, instructions: number): void {
    this.chargedInstructions += instructions;
    this.time.advance(instructions);
    if (task !== undefined) task.attributes[ATTRIBUTE.kernelInstructions]! += instructions;
  }

  /** Platform handler: a page without a cached translation. */
  translate(space: number, page: number, access: number): number {
    let entry = this.spaces.mapping(space, page);
    if (entry >= 0 && (entry & access) !== 0) return entry;
    const task = this.current;
    if (task === undefined || task.space !== space) return -1;
    const { profile } = this.options;
    const before = profile?.enter(task, CALL_FAULT, 0);
    const failed = this.upcalls.memory.fault(task.id, page, access);
    if (before !== undefined) profile?.leave(before);
    if (failed !== 0) return -1;
    task.attributes[ATTRIBUTE.minorFaults]!++;
    entry = this.spaces.mapping(space, page);
    return entry >= 0 && (entry & access) !== 0 ? entry : -1;
  }

  /** Platform handler: the time CSR. */
  timeTicks(executedInstructions: number): number {
    this.runningInstructions = executedInstructions;
    return Math.floor(this.now() / NANOSECONDS_PER_TICK);
  }

  /**
   * Whether the current task has used its slice up, counting what its calls were charged: the
   * machine counts user instructions only, and a loop of writes has few of them.
   */
  get isSliceSpent(): boolean {
    return this.runningInstructions + this.chargedInstructions >= this.sliceInstructions;
  }

  /** @param budgetInstructions > 0: run and charged ones */
  run(budgetInstructions: number): RunResult {
    let left = budgetInstructions;
    while (left > 0) {
      if (this.ends.power !== POWER.on) {
        return { idle: true, wakeNanoseconds: Number.POSITIVE_INFINITY };
      }
      this.dispatch();
      const id = this.queues.head();
      if (id === 0) {
        if (this.events.state.queue.length > 0) continue;
        const next = this.time.next();
        if (!this.time.state.virtual || next === Number.POSITIVE_INFINITY) {
          return { idle: true, wakeNanoseconds: next };
        }
        this.time.jump(next);
        // Timers that go off for ever must not keep the host waiting for ever.
        left -= CHARGE_EVENT;
        continue;
      }
      left -= this.runTask(this.tasks.get(id), left);
    }
    return { idle: false, wakeNanoseconds: this.now() };
  }

  /** Lets one task run for at most its slice. @returns instructions spent, at least 1 */
  private runTask(task: Task, leftInstructions: number): number {
    this.chargedInstructions = 0;
    this.current = task;
    this.jobs.enter(jobOf(task));
    const job = this.jobs.current;
    this.countSwitch(task);
    this.reschedule = false;
    let executed = 0;
    if (this.calls.advance(task)) {
      const left = Math.min(leftInstructions, job.limits.instructions - job.instructions);
      this.sliceInstructions = this.slice(task, left);
      const { profile } = this.options;
      profile?.enterUser(task);
      const exit = this.platform.run(task.context, this.sliceInstructions);
      executed = this.platform.executedInstructions;
      profile?.leaveUser(executed);
      this.runningInstructions = 0;
      this.time.advance(executed);
      task.attributes[ATTRIBUTE.userInstructions]! += executed;
      if (exit === EXIT_TRAP) this.trap(task);
    }
    this.current = undefined;
    const spent = Math.max(1, executed + this.chargedInstructions);
    this.spend(job, spent);
    task.remainingInstructions -= spent;
    if (task.remainingInstructions <= 0) this.expire(task);
    return spent;
  }

  /** Counts what a task of the job has spent; a job that has none left is killed. */
  private spend(job: Job, instructions: number): void {
    job.instructions += instructions;
    if (job.instructions >= job.limits.instructions && !job.isEnding) {
      this.endJob(job, "instructions");
    }
    this.jobs.enter(SYSTEM_JOB);
  }

  /** Kills every process of a job, for a limit; nothing new begins in it. */
  private endJob(job: Job, limit: LimitName): void {
    if (job.endedBy === "") job.endedBy = limit;
    this.signalJob(job, SIGKILL);
  }

  /** Ends a process for which there is no memory: SIGKILL. */
  killExhausted(process: number): void {
    const job = this.jobs.ofProcess(process);
    if (job !== undefined && job.endedBy === "") job.endedBy = "memoryBytes";
    this.signals.post(SIGNAL_TO_PROCESS, process, { ...NO_SIGNAL, signal: SIGKILL });
  }

  /** Every process of a job gets the signal, whoever its user is. @returns 0 or -ESRCH */
  signalJob(job: Job, signal: number): number {
    if (signal === SIGKILL) job.isEnding = true;
    const processes = this.tasks.livingOf(job);
    for (const id of processes) {
      this.charge(undefined, CHARGE_EVENT);
      this.signals.post(SIGNAL_TO_PROCESS, id, { ...NO_SIGNAL, signal });
    }
    return processes.length === 0 ? -ESRCH : 0;
  }

  jobUsage(job: Job): JobUsage {
    const { instructions, systemCalls, memoryBytesMax, endedBy } = job;
    const processes = this.tasks.livingOf(job).length;
    const limit = endedBy === "" ? undefined : endedBy;
    return { instructions, systemCalls, memoryBytesMax, processes, limit };
  }

  /** Another task than the last one runs: a switch of the system's, and of that one. */
  private countSwitch(task: Task): void {
    const { state } = this.accounting;
    if (state.latestTask === task.id) return;
    // Only here: where the host ends its slices is to change nothing.
    this.chargedInstructions = CHARGE_SWITCH;
    const last = this.tasks.find(state.latestTask);
    state.latestTask = task.id;
    state.contextSwitches++;
    if (last === undefined) return;
    const isWilling = last.state !== TASK_RUNNABLE;
    const which = isWilling ? ATTRIBUTE.voluntarySwitches : ATTRIBUTE.involuntarySwitches;
    last.attributes[which]!++;
  }

  private slice(task: Task, leftInstructions: number): number {
    const slice = Math.max(1, Math.min(task.remainingInstructions, leftInstructions, 1_000_000));
    const limit = this.options.preemptionInstructions;
    return limit > 0 ? Math.min(slice, 1 + (randomWord(this.random) % limit)) : slice;
  }

  /**
   * The quantum is used up: the policy sets the next, and the task goes to the end of its queue.
   */
  private expire(task: Task): void {
    if (task.state !== TASK_RUNNABLE && task.state !== TASK_PARKED) return;
    this.signals.checkProcessorLimit(task);
    this.upcalls.scheduler.quantumExpired(0, task.id);
    task.remainingInstructions = Math.max(1, task.quantumInstructions);
    if (!task.queued) return;
    this.queues.remove(task);
    this.queues.add(task, false);
  }

  /** A trap of the running task: a page fault may wait; others are signals at once. */
  private trap(task: Task): void {
    const cause = this.platform.trapCause;
    const low = this.platform.trapValueLow;
    const high = this.platform.trapValueHigh;
    const isPageFault =
      cause === CAUSE_INSTRUCTION_PAGE_FAULT ||
      cause === CAUSE_LOAD_PAGE_FAULT ||
      cause === CAUSE_STORE_PAGE_FAULT;
    const address = (high >>> 0) * 2 ** 32 + (low >>> 0);
    if (isPageFault) {
      const page = address < USER_ADDRESS_LIMIT ? Math.floor(address / PAGE_BYTES) : -1;
      this.calls.beginFault(task, page, cause, low, high);
      return;
    }
    const pc = this.tasks.registerWord(task, 64);
    const words = this.platform.words;
    const pcAddress = (words[pc + 1] as number) * 2 ** 32 + ((words[pc] as number) >>> 0);
    if (cause === CAUSE_ILLEGAL_INSTRUCTION) this.fault(task, SIGILL, ILL_ILLOPC, pcAddress);
    else if (cause === CAUSE_BREAKPOINT) this.fault(task, SIGTRAP, TRAP_BRKPT, pcAddress);
    else this.fault(task, SIGBUS, BUS_ADRALN, address);
  }

  /** A signal that the task's own instruction caused. */
  fault(task: Task, signal: number, code: number, address: number): void {
    if (this.upcalls.process.fault(task.id, signal, code, address) < 0) this.abandon(task);
  }

  /** The process service is lost, so nobody can signal or end the task: the kernel does. */
  abandon(task: Task): void {
    this.upcalls.calls.abandon(task, SIGKILL);
  }

  /** Ends all tasks of a process by the kernel's own means. @param status a wait status */
  strand(process: Process, status: number): void {
    for (const id of process.tasks) {
      const task = this.tasks.get(id);
      this.calls.cancel(task);
      this.queues.remove(task);
      task.state = TASK_ENDED;
      task.attention = true;
    }
    this.ends.stranded.set(process.id, status);
    this.report(`process ${process.id} ended by the kernel: the process service is dead`);
  }

  /** Nothing runs any more. @param how POWER.x */
  endSystem(how: number): void {
    this.ends.power = how;
    if (this.current !== undefined) this.current.attention = true;
  }

  /** A priority has changed: the running task goes on only if nobody is more urgent. */
  reconsider(): void {
    const { current } = this;
    if (current !== undefined && this.queues.best() < current.priority) this.reschedule = true;
  }

  /** Makes a task runnable, at the end of its queue. */
  enqueue(task: Task): void {
    if (task.state !== TASK_RUNNABLE || this.tasks.process(task.process).stopped) return;
    this.queues.add(task, false);
    const current = this.current;
    if (current !== undefined && task.priority < current.priority) this.reschedule = true;
  }

  /** Delivers what has happened: interrupts, passed deadlines, posted events. */
  private dispatch(): void {
    for (let line = this.interrupts.claim(); line !== 0; line = this.interrupts.claim()) {
      this.events.postInterrupt(this.interrupts.state.attached.get(line) ?? 0, line);
    }
    const now = this.now();
    this.accounting.sampleLoad(now, this.queues);
    for (let due = this.time.takeDue(now); due !== undefined; due = this.time.takeDue(now)) {
      if (due.kind === DEADLINE_TIMER) {
        if (!this.time.state.timers.delete(due.id)) continue;
        this.events.post(due.owner, EVENT_TIMER, due.token, due.id, 0);
      } else {
        this.calls.deadlinePassed(due.owner, due.id);
      }
    }
    this.time.compact((entry) => this.calls.waitsForDeadline(entry.owner, entry.id));
    let budget = this.events.state.queue.length;
    for (; budget > 0; budget--) {
      const event = this.events.take();
      if (event === undefined) break;
      this.charge(undefined, CHARGE_EVENT);
      const entry = this.services[event.service];
      if (entry === undefined) throw new Error(`event for unknown service ${event.service}`);
      entry.service.event(0, event.kind, event.word0, event.word1, event.word2);
      this.calls.endOwn();
    }
  }

  /** Whether any task can run now (for the host's decision to sleep). */
  get busy(): boolean {
    return this.queues.best() < PRIORITIES || this.events.state.queue.length > 0;
  }

  /** One line for the operator. */
  report(line: string): void {
    this.options.report(line);
  }

  /** @returns -EAGAIN: the queue of events is full */
  post(service: number, kind: number, word0: number, word1: number, word2: number): number {
    return this.events.post(service, kind, word0, word1, word2) ? 0 : -EAGAIN;
  }
}
