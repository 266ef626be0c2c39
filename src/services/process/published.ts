/**
 * What the process service tells everybody about a process: attributes and records of the kernel,
 * which fs-proc shows and other services check. The service's own records stay what counts; here
 * they are copied when they change.
 */
import { ATTRIBUTE, type KernelCalls, RECORD, type TaskId } from "../../kernel/calls.js";
import type { Context } from "./context.js";
import type { ProcessRecord } from "./state.js";

/** Longest name of a thread. */
const COMMAND_BYTES_MAX = 15;

/** Where a program's strings and code lie: addresses, ends exclusive. */
export interface Layout {
  readonly argumentsStart: number;
  readonly argumentsEnd: number;
  readonly environmentStart: number;
  readonly environmentEnd: number;
  readonly stackStart: number;
  readonly codeStart: number;
  readonly codeEnd: number;
  readonly dataStart: number;
  readonly dataEnd: number;
}

/** The name of a thread (PR_SET_NAME, /proc/PID/comm), without a NUL. */
export function commandOf(kernel: KernelCalls, task: TaskId): Uint8Array {
  const bytes = new Uint8Array(COMMAND_BYTES_MAX);
  return bytes.subarray(0, Math.max(0, kernel.readPublished(task, RECORD.command, 0, bytes)));
}

/** The usage of ended threads and of children, in instructions. */
export function publishUsage(context: Context, process: ProcessRecord): void {
  const { kernel } = context;
  const { ownUsage, childUsage, id } = process;
  kernel.setAttribute(id, ATTRIBUTE.endedUserInstructions, ownUsage.user);
  kernel.setAttribute(id, ATTRIBUTE.endedKernelInstructions, ownUsage.kernel);
  kernel.setAttribute(id, ATTRIBUTE.childrenUserInstructions, childUsage.user);
  kernel.setAttribute(id, ATTRIBUTE.childrenKernelInstructions, childUsage.kernel);
  kernel.setAttribute(id, ATTRIBUTE.endedMinorFaults, ownUsage.minorFaults);
  kernel.setAttribute(id, ATTRIBUTE.childrenMinorFaults, childUsage.minorFaults);
}

/** A new process: nothing of what its parent has used and done is its own. */
export function publishFork(context: Context, process: ProcessRecord): void {
  publishUsage(context, process);
  const counted = [
    ATTRIBUTE.executed,
    ATTRIBUTE.bytesRead,
    ATTRIBUTE.bytesWritten,
    ATTRIBUTE.readCalls,
    ATTRIBUTE.writeCalls,
  ];
  for (const which of counted) context.kernel.setAttribute(process.id, which, 0);
}

/** PR_SET_DUMPABLE, and 0 for whoever changes its effective ids (Linux commit_creds). */
export function setDumpable(context: Context, process: ProcessRecord, dumpable: number): void {
  process.dumpable = dumpable;
  context.kernel.setAttribute(process.id, ATTRIBUTE.dumpable, dumpable);
}

/** PR_SET_NO_NEW_PRIVS, which is for good. */
export function setNoNewPrivileges(context: Context, process: ProcessRecord): void {
  process.noNewPrivileges = 1;
  context.kernel.setAttribute(process.id, ATTRIBUTE.noNewPrivileges, 1);
}

/**
 * A new program: where its strings are, and its auxiliary vector.
 * @param vector pairs of 8-byte words, the last with AT_NULL
 */
export function publishProgram(
  context: Context,
  task: TaskId,
  layout: Layout,
  vector: Uint8Array,
): void {
  const { kernel } = context;
  for (const name of Object.keys(layout) as (keyof Layout)[]) {
    kernel.setAttribute(task, ATTRIBUTE[name], layout[name]);
  }
  kernel.setAttribute(task, ATTRIBUTE.executed, 1);
  kernel.publish(task, RECORD.auxiliaryVector, vector);
}
