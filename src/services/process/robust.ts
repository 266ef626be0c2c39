/**
 * Robust locks (get_robust_list(2); Linux: exit_robust_list): a thread that ends, or runs another
 * program, marks the locks on its list as dead, so that the next owner learns of it.
 */
import { CAP_SYS_PTRACE } from "../../abi/capability.js";
import { EPERM, ESRCH } from "../../abi/errno.js";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../../abi/futex.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import { ACCESS_READ, ACCESS_WRITE } from "../../kernel/platform.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, isCapable } from "./context.js";

/** Longest list that is walked (ROBUST_LIST_LIMIT). */
const ENTRIES_MAX = 2048;
const HEAD_BYTES = 24;
const ALL_BITS = 0xffff_ffff;

/** Marks the locks that the thread holds. The list's links have bit 0 set for locks with PI. */
export function releaseRobust(context: Context, id: TaskId): void {
  const head = context.thread(id).robustList;
  if (head === 0) return;
  const first = readDouble(context, id, head);
  const offset = readDouble(context, id, head + 8);
  const pending = readDouble(context, id, head + 16);
  if (first === undefined || offset === undefined || pending === undefined) return;
  const pendingEntry = pending - (pending % 2);
  let link = first;
  for (let count = 0; count < ENTRIES_MAX; count++) {
    const entry = link - (link % 2);
    if (entry === head || entry === 0) break;
    const next = readDouble(context, id, entry);
    if (entry !== pendingEntry) markDead(context, id, entry + offset, link % 2 !== 0, false);
    if (next === undefined) return;
    link = next;
  }
  if (pendingEntry !== 0) {
    markDead(context, id, pendingEntry + offset, pending % 2 !== 0, true);
  }
}

/** One lock: the word keeps its mark of waiters, the owner's id becomes FUTEX_OWNER_DIED. */
function markDead(
  context: Context,
  id: TaskId,
  address: number,
  isInheriting: boolean,
  isPending: boolean,
): void {
  const { kernel, services } = context;
  if (address % 4 !== 0) return;
  const word = readWord(context, id, address);
  if (word === undefined) return;
  const wake = (): Result => services.futex.wake(id, address, 1, 1, ALL_BITS);
  // It died between unlocking and waking: somebody may sleep in spite of the free lock.
  if (isPending && !isInheriting && word === 0) wake();
  if ((word & FUTEX_TID_MASK) !== id) return;
  if (services.memory.prepare(id, address, 4, ACCESS_WRITE) !== 4) return;
  kernel.storeWord(id, address, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
  // A lock with PI goes to its waiter by itself (futex.leave).
  if ((word & FUTEX_WAITERS) !== 0 && !isInheriting) wake();
}

function readDouble(context: Context, id: TaskId, address: number): number | undefined {
  const { kernel, services } = context;
  if (services.memory.prepare(id, address, 8, ACCESS_READ) !== 8) return undefined;
  return kernel.loadDouble(id, address);
}

/** A 32-bit word, from the aligned 8 bytes around it: the next page need not be there. */
function readWord(context: Context, id: TaskId, address: number): number | undefined {
  const value = readDouble(context, id, address - (address % 8));
  if (value === undefined) return undefined;
  return (address % 8 === 0 ? value : Math.floor(value / 2 ** 32)) >>> 0;
}

/** get_robust_list(2). @param task 0: the caller @returns 0, -ESRCH or -EPERM */
export function getRobustList(
  context: Context,
  caller: TaskId,
  task: number,
  head: number,
  length: number,
): Result {
  const { kernel, state } = context;
  const id = task === 0 ? caller : task;
  const thread = state.threads.get(id);
  if (thread === undefined) return -ESRCH;
  const user = kernel.attribute(caller, ATTRIBUTE.userId);
  const isSame = [ATTRIBUTE.userId, ATTRIBUTE.effectiveUserId, ATTRIBUTE.savedUserId].every(
    (which) => kernel.attribute(id, which) === user,
  );
  const isOwn = kernel.attribute(id, ATTRIBUTE.process) === context.own(caller).id;
  if (!isOwn && !isSame && !isCapable(kernel, caller, CAP_SYS_PTRACE)) return -EPERM;
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  for (const [address, value] of [
    [length, HEAD_BYTES],
    [head, thread.robustList],
  ] as const) {
    view.setUint32(0, value % 2 ** 32, true);
    view.setUint32(4, Math.floor(value / 2 ** 32), true);
    const failed = kernel.copyOut(caller, address, bytes, 0, 8);
    if (failed < 0) return failed;
  }
  return 0;
}
