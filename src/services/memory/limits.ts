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

/** What a space and a region take of the host's memory; regions are charged by the dozen. */
const SPACE_BYTES = 2048;
const REGION_BYTES = 160;
const REGIONS_HELD = 12;
/** Regions that an operation may add: a hole makes two of one. */
const REGIONS_ADDED = 2;

/** What a space takes of the host's memory, as its job is charged. */
export const spaceBytes = (regions: number): number => SPACE_BYTES + regions * REGION_BYTES;

/**
 * Whether the space has all the regions that it may have, or can have: no further one, no split.
 * To be asked by every operation that may add some.
 */
export function isFull(kernel: KernelCalls, space: Space): boolean {
  const { regions, job } = space;
  if (regions.length >= kernel.setting(SETTING.regionsMax)) return true;
  if (regions.length + REGIONS_ADDED <= space.heldRegions) return false;
  const bytes = REGIONS_HELD * REGION_BYTES;
  if (kernel.mayHold(job, bytes, 0) < 0) return true;
  kernel.hold(job, bytes, 0);
  space.heldRegions += REGIONS_HELD;
  return false;
}
