/** Limits that a caller's requests for memory must keep (getrlimit(2)). */
import { CAP_IPC_LOCK, hasCapability } from "../../abi/capability.js";
import { PAGE_BYTES, RLIMIT_MEMLOCK } from "../../abi/memory.js";
import { ATTRIBUTE, type KernelCalls, SETTING, type TaskId } from "../../kernel/calls.js";
import type { Space } from "./state.js";

/** The soft limit of a resource in its unit; task 0, the kernel itself, has none. */
export function limitOf(kernel: KernelCalls, caller: TaskId, resource: number): number {
  if (caller === 0) return Number.POSITIVE_INFINITY;
  return kernel.attribute(caller, ATTRIBUTE.limits + resource);
}

/** @returns whether the caller is free of RLIMIT_MEMLOCK (CAP_IPC_LOCK) */
function isFreeToLock(kernel: KernelCalls, caller: TaskId): boolean {
  if (caller === 0) return true;
  return hasCapability(kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities), CAP_IPC_LOCK);
}

/** @returns whether the caller may lock anything at all */
export function mayLock(kernel: KernelCalls, caller: TaskId): boolean {
  return isFreeToLock(kernel, caller) || limitOf(kernel, caller, RLIMIT_MEMLOCK) > 0;
}

/** @returns whether `more` pages may become locked, within RLIMIT_MEMLOCK */
export function hasLockRoom(
  kernel: KernelCalls,
  caller: TaskId,
  space: Space,
  more: number,
): boolean {
  const bytes = (space.lockedPages + more) * PAGE_BYTES;
  return isFreeToLock(kernel, caller) || bytes <= limitOf(kernel, caller, RLIMIT_MEMLOCK);
}

/** @returns whether the space has all the regions it may have: no further split */
export function isFull(kernel: KernelCalls, space: Space): boolean {
  return space.regions.length >= kernel.setting(SETTING.regionsMax);
}
