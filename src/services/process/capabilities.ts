/**
 * Capabilities and securebits (capabilities(7); Linux security/commoncap.c, kernel/capability.c):
 * the sets of a thread, how a change of user ids and an execve change them, capget, capset, and
 * the prctl(2) options on them. Programs' files carry no capabilities.
 */
import {
  ALL_CAPABILITIES,
  CAP_SETPCAP,
  CAPABILITIES,
  CAPABILITY_VERSION_1,
  CAPABILITY_VERSION_2,
  CAPABILITY_VERSION_3,
  difference,
  FILE_CAPABILITIES,
  hasCapability,
  intersection,
  isSubset,
  SECURE_ALL,
  SECURE_KEEP_CAPS,
  SECURE_KEEP_CAPS_LOCKED,
  SECURE_LOCKS,
  SECURE_NO_CAP_AMBIENT_RAISE,
  SECURE_NO_SETUID_FIXUP,
  SECURE_NOROOT,
  union,
} from "../../abi/capability.js";
import { EFAULT, EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, isCapable } from "./context.js";

const PR_CAP_AMBIENT_IS_SET = 1;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_LOWER = 3;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/** User ids that decide about capabilities. */
export interface UserIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

/** @returns the user ids of a task */
export function userIdsOf(kernel: KernelCalls, task: TaskId): UserIds {
  return {
    real: kernel.attribute(task, ATTRIBUTE.userId),
    effective: kernel.attribute(task, ATTRIBUTE.effectiveUserId),
    saved: kernel.attribute(task, ATTRIBUTE.savedUserId),
    fileSystem: kernel.attribute(task, ATTRIBUTE.fileSystemUserId),
  };
}

/** The sets of a program that the host starts: the superuser has all. */
export function setFirstCapabilities(kernel: KernelCalls, task: TaskId, userId: number): void {
  const all = userId === 0 ? ALL_CAPABILITIES : 0;
  kernel.setAttribute(task, ATTRIBUTE.effectiveCapabilities, all);
  kernel.setAttribute(task, ATTRIBUTE.permittedCapabilities, all);
  kernel.setAttribute(task, ATTRIBUTE.inheritableCapabilities, 0);
  kernel.setAttribute(task, ATTRIBUTE.boundingCapabilities, ALL_CAPABILITIES);
  kernel.setAttribute(task, ATTRIBUTE.ambientCapabilities, 0);
}

/** What a change of real, effective or saved user does to the sets (cap_emulate_setxuid). */
export function userChanged(context: Context, task: TaskId, old: UserIds): void {
  const { kernel } = context;
  const { secureBits } = context.thread(task);
  if ((secureBits & SECURE_NO_SETUID_FIXUP) !== 0) return;
  const now = userIdsOf(kernel, task);
  const wasRoot = old.real === 0 || old.effective === 0 || old.saved === 0;
  const isRoot = now.real === 0 || now.effective === 0 || now.saved === 0;
  if (wasRoot && !isRoot) {
    if ((secureBits & SECURE_KEEP_CAPS) === 0) {
      kernel.setAttribute(task, ATTRIBUTE.permittedCapabilities, 0);
      kernel.setAttribute(task, ATTRIBUTE.effectiveCapabilities, 0);
    }
    kernel.setAttribute(task, ATTRIBUTE.ambientCapabilities, 0);
  }
  if (old.effective === 0 && now.effective !== 0) {
    kernel.setAttribute(task, ATTRIBUTE.effectiveCapabilities, 0);
  } else if (old.effective !== 0 && now.effective === 0) {
    const permitted = kernel.attribute(task, ATTRIBUTE.permittedCapabilities);
    kernel.setAttribute(task, ATTRIBUTE.effectiveCapabilities, permitted);
  }
}

/** What a change of the file-system user does to the sets (setfsuid(2)). */
export function fileSystemUserChanged(context: Context, task: TaskId, old: number): void {
  const { kernel } = context;
  if ((context.thread(task).secureBits & SECURE_NO_SETUID_FIXUP) !== 0) return;
  const now = kernel.attribute(task, ATTRIBUTE.fileSystemUserId);
  const effective = kernel.attribute(task, ATTRIBUTE.effectiveCapabilities);
  const permitted = kernel.attribute(task, ATTRIBUTE.permittedCapabilities);
  if (old === 0 && now !== 0) {
    const less = difference(effective, FILE_CAPABILITIES);
    kernel.setAttribute(task, ATTRIBUTE.effectiveCapabilities, less);
  } else if (old !== 0 && now === 0) {
    const more = union(effective, intersection(permitted, FILE_CAPABILITIES));
    kernel.setAttribute(task, ATTRIBUTE.effectiveCapabilities, more);
  }
}

/**
 * The sets behind an execve, by the new ids (cap_bprm_creds_from_file).
 * @param isSetId set-user-ID or set-group-ID has changed an id
 */
export function executedCapabilities(context: Context, task: TaskId, isSetId: boolean): void {
  const { kernel } = context;
  const thread = context.thread(task);
  const ids = userIdsOf(kernel, task);
  const hasRoot = (thread.secureBits & SECURE_NOROOT) === 0;
  const bounding = kernel.attribute(task, ATTRIBUTE.boundingCapabilities);
  const inheritable = kernel.attribute(task, ATTRIBUTE.inheritableCapabilities);
  if (isSetId) kernel.setAttribute(task, ATTRIBUTE.ambientCapabilities, 0);
  const ambient = kernel.attribute(task, ATTRIBUTE.ambientCapabilities);
  const isPrivileged = hasRoot && (ids.effective === 0 || ids.real === 0);
  const permitted = union(isPrivileged ? union(bounding, inheritable) : 0, ambient);
  const isEffective = hasRoot && ids.effective === 0;
  kernel.setAttribute(task, ATTRIBUTE.permittedCapabilities, permitted);
  kernel.setAttribute(task, ATTRIBUTE.effectiveCapabilities, isEffective ? permitted : ambient);
  thread.secureBits &= ~SECURE_KEEP_CAPS;
}

/** Blocks of 12 bytes behind the header of this version; 0: unknown. */
function blocksOf(version: number): number {
  if (version === CAPABILITY_VERSION_1) return 1;
  return version === CAPABILITY_VERSION_2 || version === CAPABILITY_VERSION_3 ? 2 : 0;
}

/** The header of capget and capset. @returns version and process id, or -EFAULT */
function readHeader(
  kernel: KernelCalls,
  caller: TaskId,
  header: number,
): { readonly version: number; readonly process: number } | undefined {
  const bytes = new Uint8Array(8);
  if (kernel.copyIn(caller, header, bytes, 0, 8) < 0) return undefined;
  const view = new DataView(bytes.buffer);
  return { version: view.getUint32(0, true), process: view.getInt32(4, true) };
}

/** An unknown version is answered with the one that is preferred. */
function tellVersion(kernel: KernelCalls, caller: TaskId, header: number): Result {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, CAPABILITY_VERSION_3, true);
  return kernel.copyOut(caller, header, bytes, 0, 4);
}

/** capget(2). @param data of two blocks, or absent (0) */
export function capabilityGet(
  context: Context,
  caller: TaskId,
  header: number,
  data: number,
): Result {
  const { kernel, state } = context;
  const head = readHeader(kernel, caller, header);
  if (head === undefined) return -EFAULT;
  const blocks = blocksOf(head.version);
  if (blocks === 0) {
    const failed = tellVersion(kernel, caller, header);
    return failed < 0 || data === 0 ? failed : -EINVAL;
  }
  if (data === 0) return 0;
  if (head.process < 0) return -EINVAL;
  const task = head.process === 0 ? caller : head.process;
  if (!state.threads.has(task)) return -ESRCH;
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  [
    ATTRIBUTE.effectiveCapabilities,
    ATTRIBUTE.permittedCapabilities,
    ATTRIBUTE.inheritableCapabilities,
  ].forEach((attribute, i) => {
    const set = kernel.attribute(task, attribute);
    view.setUint32(4 * i, set % 2 ** 32, true);
    view.setUint32(12 + 4 * i, Math.floor(set / 2 ** 32), true);
  });
  return kernel.copyOut(caller, data, bytes, 0, 12 * blocks);
}

/** capset(2): of the calling thread only. */
export function capabilitySet(
  context: Context,
  caller: TaskId,
  header: number,
  data: number,
): Result {
  const { kernel } = context;
  const head = readHeader(kernel, caller, header);
  if (head === undefined) return -EFAULT;
  const blocks = blocksOf(head.version);
  if (blocks === 0) {
    const failed = tellVersion(kernel, caller, header);
    return failed < 0 ? failed : -EINVAL;
  }
  if (head.process !== 0 && head.process !== caller) return -EPERM;
  const bytes = new Uint8Array(24);
  if (data === 0 || kernel.copyIn(caller, data, bytes, 0, 12 * blocks) < 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  const [effective = 0, permitted = 0, inheritable = 0] = [0, 4, 8].map((at) =>
    intersection(
      view.getUint32(at, true) + view.getUint32(at + 12, true) * 2 ** 32,
      ALL_CAPABILITIES,
    ),
  );
  const old = (attribute: number): number => kernel.attribute(caller, attribute);
  const oldInheritable = old(ATTRIBUTE.inheritableCapabilities);
  const oldPermitted = old(ATTRIBUTE.permittedCapabilities);
  const mayInherit = isCapable(kernel, caller, CAP_SETPCAP);
  if (!mayInherit && !isSubset(inheritable, union(oldInheritable, oldPermitted))) return -EPERM;
  const bounding = old(ATTRIBUTE.boundingCapabilities);
  if (!isSubset(inheritable, union(oldInheritable, bounding))) return -EPERM;
  if (!isSubset(permitted, oldPermitted) || !isSubset(effective, permitted)) return -EPERM;
  kernel.setAttribute(caller, ATTRIBUTE.effectiveCapabilities, effective);
  kernel.setAttribute(caller, ATTRIBUTE.permittedCapabilities, permitted);
  kernel.setAttribute(caller, ATTRIBUTE.inheritableCapabilities, inheritable);
  const ambient = intersection(
    old(ATTRIBUTE.ambientCapabilities),
    intersection(permitted, inheritable),
  );
  kernel.setAttribute(caller, ATTRIBUTE.ambientCapabilities, ambient);
  return 0;
}

/** PR_CAPBSET_READ. */
export function boundingRead(context: Context, caller: TaskId, capability: number): Result {
  if (!isCapability(capability)) return -EINVAL;
  const set = context.kernel.attribute(caller, ATTRIBUTE.boundingCapabilities);
  return hasCapability(set, capability) ? 1 : 0;
}

/** PR_CAPBSET_DROP. */
export function boundingDrop(context: Context, caller: TaskId, capability: number): Result {
  const { kernel } = context;
  if (!isCapable(kernel, caller, CAP_SETPCAP)) return -EPERM;
  if (!isCapability(capability)) return -EINVAL;
  const set = kernel.attribute(caller, ATTRIBUTE.boundingCapabilities);
  kernel.setAttribute(caller, ATTRIBUTE.boundingCapabilities, difference(set, 2 ** capability));
  return 0;
}

/** PR_SET_SECUREBITS. */
export function setSecureBits(context: Context, caller: TaskId, bits: number): Result {
  const thread = context.thread(caller);
  const changed = thread.secureBits ^ bits;
  const isLocked =
    (((thread.secureBits & SECURE_LOCKS) >> 1) & changed) !== 0 ||
    (thread.secureBits & SECURE_LOCKS & ~bits) !== 0;
  if (isLocked || (bits & ~SECURE_ALL) !== 0) return -EPERM;
  if (!isCapable(context.kernel, caller, CAP_SETPCAP)) return -EPERM;
  thread.secureBits = bits;
  return 0;
}

/** PR_SET_KEEPCAPS. */
export function setKeepCapabilities(context: Context, caller: TaskId, keep: number): Result {
  if (keep !== 0 && keep !== 1) return -EINVAL;
  const thread = context.thread(caller);
  if ((thread.secureBits & SECURE_KEEP_CAPS_LOCKED) !== 0) return -EPERM;
  if (keep === 1) thread.secureBits |= SECURE_KEEP_CAPS;
  else thread.secureBits &= ~SECURE_KEEP_CAPS;
  return 0;
}

/** PR_CAP_AMBIENT. */
export function ambient(context: Context, caller: TaskId, how: number, which: number): Result {
  const { kernel } = context;
  const set = kernel.attribute(caller, ATTRIBUTE.ambientCapabilities);
  const put = (next: number): Result => {
    kernel.setAttribute(caller, ATTRIBUTE.ambientCapabilities, next);
    return 0;
  };
  if (how === PR_CAP_AMBIENT_CLEAR_ALL) return which === 0 ? put(0) : -EINVAL;
  if (!isCapability(which)) return -EINVAL;
  const bit = 2 ** which;
  if (how === PR_CAP_AMBIENT_IS_SET) return hasCapability(set, which) ? 1 : 0;
  if (how === PR_CAP_AMBIENT_LOWER) return put(difference(set, bit));
  if (how !== PR_CAP_AMBIENT_RAISE) return -EINVAL;
  const permitted = kernel.attribute(caller, ATTRIBUTE.permittedCapabilities);
  const inheritable = kernel.attribute(caller, ATTRIBUTE.inheritableCapabilities);
  const isAllowed =
    hasCapability(permitted, which) &&
    hasCapability(inheritable, which) &&
    (context.thread(caller).secureBits & SECURE_NO_CAP_AMBIENT_RAISE) === 0;
  return isAllowed ? put(union(set, bit)) : -EPERM;
}

function isCapability(capability: number): boolean {
  return capability >= 0 && capability < CAPABILITIES;
}
