/**
 * Faulting ranges of the caller in before an operation gets them: at once if all pages are there,
 * as they nearly always are, else by the memory service.
 */
import type { TaskId } from "../kernel/calls.js";
import type { Kernel } from "../kernel/kernel.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { RANGE_BYTES_MAX, type Result, SCRATCH_BASE } from "../kernel/protocol.js";
import type { MemoryService } from "../services/memory/protocol.js";

/** As MemoryService.prepare. */
export type Prepare = (
  caller: TaskId,
  address: number,
  lengthBytes: number,
  access: number,
) => Result;

/** @returns the memory service's `prepare` with the short way before it */
export function preparer(kernel: Kernel, memory: MemoryService): Prepare {
  const { tasks } = kernel;
  const isThere = (caller: TaskId, address: number, lengthBytes: number, access: number): boolean =>
    kernel.memory.present(tasks.get(caller).space, address, lengthBytes, access) === lengthBytes;
  return (caller, address, lengthBytes, access) => {
    const isUsual =
      (access === ACCESS_READ || access === ACCESS_WRITE) &&
      lengthBytes > 0 &&
      lengthBytes <= RANGE_BYTES_MAX &&
      address >= 0 &&
      address < SCRATCH_BASE;
    if (isUsual && isThere(caller, address, lengthBytes, access)) return lengthBytes;
    return memory.prepare(caller, address, lengthBytes, access);
  };
}
