/**
 * What every part of the process service works with: the kernel, the services below, the state, and
 * the look-ups over it.
 */
import { hasCapability } from "../../abi/capability.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { FileService } from "../file/protocol.js";
import type { FutexService } from "../futex/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import type { SchedulerService } from "../scheduler/protocol.js";
import type { TimeService } from "../time/protocol.js";
import type { TtyService } from "../tty/protocol.js";
import type { ProcessRecord, ProcessState, ThreadRecord } from "./state.js";

/** Services that the process service calls. */
export interface ProcessServices {
  readonly file: FileService;
  readonly memory: MemoryService;
  readonly futex: FutexService;
  readonly time: TimeService;
  readonly tty: TtyService;
  readonly scheduler: SchedulerService;
}

export interface ProcessOptions {
  /** Offset of __vdso_rt_sigreturn in the vDSO. */
  readonly signalReturnOffset: number;
}

/** The process that inherits orphans. */
export const INIT = 1;

export class Context {
  constructor(
    readonly kernel: KernelCalls,
    readonly services: ProcessServices,
    readonly options: ProcessOptions,
    readonly state: ProcessState,
  ) {}

  /** The caller's process. */
  own(caller: TaskId): ProcessRecord {
    return this.process(this.kernel.attribute(caller, ATTRIBUTE.process));
  }

  /** A process that must exist. */
  process(id: number): ProcessRecord {
    const process = this.state.processes.get(id);
    if (process === undefined) throw new Error(`process ${id} has no record`);
    return process;
  }

  thread(id: TaskId): ThreadRecord {
    const thread = this.state.threads.get(id);
    if (thread === undefined) throw new Error(`thread ${id} has no record`);
    return thread;
  }

  /** Threads of a process that have not ended, in order of their ids. */
  threadsOf(process: number): TaskId[] {
    const threads: TaskId[] = [];
    for (
      let id = this.kernel.nextThread(process, 0);
      id > 0;
      id = this.kernel.nextThread(process, id)
    ) {
      if (this.state.threads.has(id)) threads.push(id);
    }
    return threads;
  }

  group(process: ProcessRecord): number {
    return this.kernel.attribute(process.id, ATTRIBUTE.group);
  }

  session(process: ProcessRecord): number {
    return this.kernel.attribute(process.id, ATTRIBUTE.session);
  }

  /** An address as two words. */
  setRegister(task: TaskId, register: number, value: number): void {
    this.kernel.setRegister(task, register, lowWord(value), Math.floor(value / 2 ** 32) | 0);
  }

  register(task: TaskId, register: number): number {
    const low = this.kernel.registerLow(task, register) >>> 0;
    return (this.kernel.registerHigh(task, register) >>> 0) * 2 ** 32 + low;
  }
}

/** The caller has a capability (abi/capability.ts) in its effective set. */
export function isCapable(kernel: KernelCalls, caller: TaskId, capability: number): boolean {
  return hasCapability(kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities), capability);
}

/** The low 32 bits of a number up to 2^53, signed. */
export function lowWord(value: number): number {
  return (value % 2 ** 32) | 0;
}
