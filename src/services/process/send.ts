/**
 * Sending signals: kill(2), tgkill(2) and sigqueue(3), and who may send to whom (POSIX kill).
 */
import { CAP_KILL } from "../../abi/capability.js";
import { EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import { SI_TKILL, SI_USER, SIGCONT, SIGNALS_MAX } from "../../abi/signal.js";
import { ATTRIBUTE, SIGNAL_TO_PROCESS, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, INIT, isCapable } from "./context.js";
import type { ProcessRecord } from "./state.js";

/** The one number without a group of its own (INT_MIN). */
const PROCESS_MIN = -(2 ** 31);

/** Checks a sender's right and posts. */
export class Senders {
  constructor(private readonly context: Context) {}

  /** kill(2). */
  kill(caller: TaskId, which: number, signal: number): Result {
    if (which === PROCESS_MIN) return -ESRCH;
    const own = this.context.own(caller);
    if (which > 0) {
      const process = this.context.state.processes.get(which) ?? this.ofThread(which);
      return process === undefined ? -ESRCH : this.send(caller, process, signal);
    }
    const group = which === 0 ? this.context.group(own) : -which;
    let found = 0;
    let sent = 0;
    let failed: Result = -ESRCH;
    for (const process of [...this.context.state.processes.values()]) {
      if (which === -1 && (process.id === INIT || process === own)) continue;
      if (which !== -1 && this.context.group(process) !== group) continue;
      found++;
      const result = this.send(caller, process, signal);
      if (result === 0) sent++;
      else failed = result;
    }
    // Linux's kill(-1) forgives a lack of permission, even everywhere.
    if (sent > 0 || (which === -1 && found > 0)) return 0;
    return found > 0 ? failed : -ESRCH;
  }

  private ofThread(id: number): ProcessRecord | undefined {
    if (!this.context.state.threads.has(id)) return undefined;
    return this.context.own(id);
  }

  private send(caller: TaskId, process: ProcessRecord, signal: number): Result {
    const { kernel } = this.context;
    if (!(signal >= 0 && signal <= SIGNALS_MAX)) return -EINVAL;
    if (!this.maySend(caller, process, signal)) return -EPERM;
    if (signal === 0 || process.isZombie) return 0;
    const sender = kernel.attribute(caller, ATTRIBUTE.process);
    const user = kernel.attribute(caller, ATTRIBUTE.userId);
    return kernel.postSignal(SIGNAL_TO_PROCESS, process.id, signal, SI_USER, sender, user, 0);
  }

  /** Same user (real or effective against real or saved), superuser, or SIGCONT in a session. */
  private maySend(caller: TaskId, process: ProcessRecord, signal: number): boolean {
    const { kernel } = this.context;
    if (isCapable(kernel, caller, CAP_KILL)) return true;
    const own = this.context.own(caller);
    if (own === process) return true;
    if (signal === SIGCONT && this.context.session(own) === this.context.session(process)) {
      return true;
    }
    const real = kernel.attribute(process.id, ATTRIBUTE.userId);
    const saved = kernel.attribute(process.id, ATTRIBUTE.savedUserId);
    return [ATTRIBUTE.userId, ATTRIBUTE.effectiveUserId].some((which) => {
      const user = kernel.attribute(caller, which);
      return user === real || user === saved;
    });
  }

  /** tkill, tgkill (process > 0). */
  killThread(caller: TaskId, processId: number, thread: number, signal: number): Result {
    if (thread <= 0 || !(signal >= 0 && signal <= SIGNALS_MAX)) return -EINVAL;
    const { kernel } = this.context;
    const process = this.ofThread(thread);
    if (process === undefined) return -ESRCH;
    if (processId > 0 && process.id !== processId) return -ESRCH;
    if (!this.maySend(caller, process, signal)) return -EPERM;
    if (signal === 0) return 0;
    const sender = kernel.attribute(caller, ATTRIBUTE.process);
    const user = kernel.attribute(caller, ATTRIBUTE.userId);
    return kernel.postSignal(SIGNAL_TO_TASK, thread, signal, SI_TKILL, sender, user, 0);
  }

  /** rt_sigqueueinfo, and rt_tgsigqueueinfo with a thread. */
  queue(
    caller: TaskId,
    processId: number,
    thread: number,
    signal: number,
    siginfo: number,
  ): Result {
    const { kernel, state } = this.context;
    const bytes = new Uint8Array(128);
    const failed = kernel.copyIn(caller, siginfo, bytes, 0, 128);
    if (failed < 0) return failed;
    const view = new DataView(bytes.buffer);
    const code = view.getInt32(8, true);
    const wanted = thread > 0 ? thread : processId;
    // Only the kernel and kill(2) have codes ≥ 0 and SI_TKILL, but towards oneself.
    if ((code >= 0 || code === SI_TKILL) && wanted !== caller) return -EPERM;
    const process =
      thread > 0
        ? this.ofThread(thread)
        : (state.processes.get(processId) ?? this.ofThread(processId));
    if (process === undefined || (thread > 0 && process.id !== processId)) return -ESRCH;
    if (!(signal >= 0 && signal <= SIGNALS_MAX)) return -EINVAL;
    if (!this.maySend(caller, process, signal)) return -EPERM;
    if (signal === 0) return 0;
    const value = view.getUint32(24, true) + view.getInt32(28, true) * 2 ** 32;
    const target = thread > 0 ? SIGNAL_TO_TASK : SIGNAL_TO_PROCESS;
    const id = thread > 0 ? thread : process.id;
    const sender = view.getInt32(16, true);
    const user = view.getInt32(20, true);
    return kernel.postSignal(target, id, signal, code, sender, user, value);
  }
}
