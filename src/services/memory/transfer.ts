/**
 * Copies between the memory of two tasks (process_vm_readv(2)): page by page through the frames of
 * the other one, whose faults are served as if it had touched the page.
 */
import { EFAULT, EIO } from "../../abi/errno.js";
import { PAGE_BYTES, PROT_READ, PROT_WRITE, USER_ADDRESS_LIMIT } from "../../abi/memory.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Faults, permissionsOf } from "./faults.js";
import { findRegion } from "./regions.js";

export class Transfer {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly faults: Faults,
  ) {}

  /** @param writes whether the other task's memory is written. @returns bytes copied, or -EFAULT */
  copy(
    caller: TaskId,
    task: TaskId,
    remote: number,
    buffer: number,
    lengthBytes: number,
    writes: boolean,
  ): Result {
    let done = 0;
    while (done < lengthBytes) {
      const at = remote + done;
      const offset = at % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - offset, lengthBytes - done);
      const frame = this.frameOf(task, at, writes ? PROT_WRITE : PROT_READ);
      if (frame < 0) return done > 0 ? done : -EFAULT;
      const result = writes
        ? this.kernel.copyTaskToFrame(caller, buffer + done, frame, offset, count)
        : this.kernel.copyFrameToTask(caller, buffer + done, frame, offset, count);
      if (result < 0) return done > 0 ? done : result;
      done += count;
    }
    return done;
  }

  /** The frame behind an address of a task, accessible so. @returns it, or a negative number */
  private frameOf(task: TaskId, address: number, access: number): Result {
    const space = this.faults.spaceOf(task);
    if (space === undefined || !(address >= 0 && address < USER_ADDRESS_LIMIT)) return -EFAULT;
    const page = Math.floor(address / PAGE_BYTES);
    const region = findRegion(space, page);
    if (region === undefined || (permissionsOf(region.protection) & access) === 0) return -EFAULT;
    const failed = this.faults.resolve(space, region, page, access);
    if (failed < 0) return failed;
    const entry = this.kernel.mapping(space.id, page);
    return entry < 0 ? -EIO : entry >> 3;
  }
}
