/**
 * A process of the host's that runs no program: by it the host makes calls of services as the
 * superuser. It is there only between `begin` and `end`.
 */
import { EAGAIN } from "../abi/errno.js";
import { CALL_START } from "../kernel/call-record.js";
import type { KernelCalls } from "../kernel/calls.js";
import { SYSTEM_JOB } from "../kernel/jobs.js";
import type { Kernel } from "../kernel/kernel.js";
import type { FileService } from "../services/file/protocol.js";
import type { ProcessService } from "../services/process/protocol.js";

export class HostProcess {
  private task = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly calls: KernelCalls,
    private readonly processes: ProcessService,
    private readonly files: FileService,
  ) {}

  /** Its id, or 0: it is not there. */
  get id(): number {
    return this.task;
  }

  /** @returns 0, or -EAGAIN: there is no room for a process */
  begin(): number {
    if (this.task !== 0) return 0;
    this.kernel.jobs.enter(SYSTEM_JOB);
    const task = this.processes.start(0, 0, 0, 0, 1);
    if (task < 0) return task;
    this.task = task;
    // What it makes has the mode that the host says.
    return this.perform([], () => this.files.setUmask(task, 0)) < 0 ? -EAGAIN : 0;
  }

  /** All that is open is closed. */
  end(): void {
    if (this.task === 0) return;
    this.processes.exitGroup(this.task, 0);
    this.processes.takeResult(0, this.task);
    this.task = 0;
  }

  /**
   * Runs `body` as a call of the process's, from its beginning to its end.
   * @param buffers copied to where the call finds them
   * @param isFilled the last buffer takes back what the call has put there
   */
  perform(
    buffers: readonly Uint8Array[],
    body: (addresses: readonly number[]) => number,
    isFilled = false,
  ): number {
    const { kernel, calls } = this;
    const task = kernel.tasks.get(this.task);
    kernel.jobs.enter(SYSTEM_JOB);
    kernel.calls.begin(task.call, CALL_START, 0);
    const addresses = buffers.map((bytes) => {
      const at = calls.scratch(task.id, bytes.length);
      calls.copyOut(task.id, at, bytes, 0, bytes.length);
      return at;
    });
    const result = body(addresses);
    const last = buffers.at(-1);
    if (isFilled && result >= 0 && last !== undefined) {
      calls.copyIn(task.id, addresses.at(-1) ?? 0, last, 0, last.length);
    }
    kernel.calls.release(task, task.call, result);
    task.call.kind = 0;
    return result;
  }
}
