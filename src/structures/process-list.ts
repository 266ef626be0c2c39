/** What a host is told of the processes in a system: by the kernel's tables, not by /proc. */
import { ATTRIBUTE, type KernelCalls, RECORD } from "../kernel/calls.js";
import type { Kernel } from "../kernel/kernel.js";
import type { Process } from "../kernel/tasks.js";
import { PAGE_BYTES } from "../machine/platform.js";
import type { MemoryService } from "../services/memory/protocol.js";

/** One process. */
export interface ProcessEntry {
  readonly process: number;
  readonly parent: number;
  readonly userId: number;
  /** As ps shows it: R, S, D, T or Z. */
  readonly state: string;
  /** Bytes of its arguments as they lie in its memory, each with its NUL; a process that has none
   * (yet, or any more) has its name instead. */
  readonly argv: Uint8Array;
  /** What of its memory is there. */
  readonly memoryBytes: number;
  /** The first process of its job; 0: the system's own. */
  readonly jobProcess: number;
}

/** memory.usage: pages that are there. */
const RESIDENT = 1;
const ARGUMENTS_BYTES_MAX = 65_536;
const COMMAND_BYTES = 16;

/** @param hidden a process that is not listed */
export function listProcesses(
  kernel: Kernel,
  calls: KernelCalls,
  memory: MemoryService,
  hidden: number,
): ProcessEntry[] {
  const all = [...kernel.tasks.state.processes.values()].filter(({ id }) => id !== hidden);
  all.sort((left, right) => left.id - right.id);
  return all.map((process) => {
    const { id } = process;
    const attribute = (which: number): number => calls.attribute(id, which);
    const resident = memory.usage(0, id, RESIDENT);
    return {
      process: id,
      parent: attribute(ATTRIBUTE.parent),
      userId: attribute(ATTRIBUTE.userId),
      state: String.fromCharCode(attribute(ATTRIBUTE.stateCode)),
      argv: argumentsOf(kernel, calls, process),
      memoryBytes: Math.max(0, resident) * PAGE_BYTES,
      jobProcess: kernel.jobs.of(attribute(ATTRIBUTE.job)).process,
    };
  });
}

function argumentsOf(kernel: Kernel, calls: KernelCalls, { id }: Process): Uint8Array {
  const start = calls.attribute(id, ATTRIBUTE.argumentsStart);
  const end = calls.attribute(id, ATTRIBUTE.argumentsEnd);
  const bytes = new Uint8Array(Math.max(0, Math.min(end - start, ARGUMENTS_BYTES_MAX)));
  const task = kernel.tasks.find(id);
  if (bytes.length > 0 && task !== undefined && task.space >= 0) {
    const target = { space: task.space, record: task.call };
    if (kernel.memory.read(target, start, bytes, 0, bytes.length) === 0) return bytes;
  }
  const name = new Uint8Array(COMMAND_BYTES);
  const length = calls.readPublished(id, RECORD.command, 0, name);
  return name.subarray(0, Math.max(0, length));
}
