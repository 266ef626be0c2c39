/**
 * signalfd(2): reads take the caller's pending signals of a set, blocked or not. What is pending is
 * the kernel's; a signal that is posted to the process wakes its channel PROCESS_SIGNAL.
 */
import { EAGAIN, EINVAL } from "../../abi/errno.js";
import { SIGNALFD_SIGINFO_BYTES } from "../../abi/events.js";
import { O_NONBLOCK, setInteger64 } from "../../abi/file.js";
import { POLLIN, POLLRDNORM } from "../../abi/poll.js";
import {
  SI_QUEUE,
  SI_TIMER,
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGTRAP,
} from "../../abi/signal.js";
import { ATTRIBUTE, PROCESS_SIGNAL, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Core, SignalSet } from "./state.js";

const FAULTS: ReadonlySet<number> = new Set([SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP]);
const UNREADABLE_LOW = (1 << (SIGKILL - 1)) | (1 << (SIGSTOP - 1));

/** @returns the low word of a set as signalfd keeps it: SIGKILL and SIGSTOP cannot be read */
export const readableLow = (low: number): number => low & ~UNREADABLE_LOW;

function isPending(core: Core, caller: TaskId, set: SignalSet): boolean {
  const { kernel } = core;
  return ((kernel.pendingLow(caller) & set.low) | (kernel.pendingHigh(caller) & set.high)) !== 0;
}

function wait(core: Core, caller: TaskId): Result {
  const process = core.kernel.attribute(caller, ATTRIBUTE.process);
  return core.kernel.block(caller, core.kernel.processChannel(process, PROCESS_SIGNAL));
}

/** read(2): as many structs signalfd_siginfo as fit. @returns bytes, -EAGAIN, -EINVAL, BLOCKED */
export function readSignals(
  core: Core,
  caller: TaskId,
  set: SignalSet,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  if (lengthBytes < SIGNALFD_SIGINFO_BYTES) return -EINVAL;
  const pending = isPending(core, caller, set);
  if ((flags & O_NONBLOCK) === 0) {
    if (!pending || kernel.forced(caller)) return wait(core, caller);
  } else if (!pending) return -EAGAIN;
  let done = 0;
  while (done + SIGNALFD_SIGINFO_BYTES <= lengthBytes) {
    const signal = kernel.takeSignalOf(caller, set.low, set.high);
    if (signal <= 0) break;
    const bytes = describe(core, caller);
    const failed = kernel.copyOut(caller, buffer + done, bytes, 0, SIGNALFD_SIGINFO_BYTES);
    if (failed < 0) return done > 0 ? done : failed;
    done += SIGNALFD_SIGINFO_BYTES;
  }
  return done;
}

/** struct signalfd_siginfo of the signal taken last (fs/signalfd.c: signalfd_copyinfo). */
function describe(core: Core, caller: TaskId): Uint8Array {
  const word = (index: number): number => core.kernel.signalWord(caller, index);
  const [signal, code, first, second, value] = [0, 1, 2, 3, 4].map(word) as Five;
  const bytes = new Uint8Array(SIGNALFD_SIGINFO_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signal, true);
  view.setInt32(8, code, true);
  if (FAULTS.has(signal) && code > 0 && code < 0x80) {
    setInteger64(view, 72, first);
    return bytes;
  }
  if (code === SI_TIMER) {
    view.setInt32(24, first, true);
    view.setInt32(32, second, true);
  } else {
    view.setInt32(12, first, true);
    view.setInt32(16, second, true);
  }
  if (signal === SIGCHLD && code > 0) view.setInt32(40, value, true);
  else if (code === SI_QUEUE || code === SI_TIMER) {
    setInteger64(view, 48, value);
    view.setInt32(44, view.getInt32(48, true), true);
  }
  return bytes;
}

type Five = [number, number, number, number, number];

/** poll(2): of the caller's own signals. */
export function pollSignals(
  core: Core,
  caller: TaskId,
  set: SignalSet,
  events: number,
  register: number,
): Result {
  if (register === 1) wait(core, caller);
  return isPending(core, caller, set) ? events & (POLLIN | POLLRDNORM) : 0;
}
