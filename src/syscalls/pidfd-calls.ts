/**
 * Calls that name a process by a descriptor (pidfd_open(2)): the file service knows which process
 * it is, the process service does the rest.
 */
import { EAGAIN, ECHILD, EINVAL, ESRCH } from "../abi/errno.js";
import { F_GETFL, O_NONBLOCK } from "../abi/file.js";
import { P_PID, P_PIDFD, WNOHANG } from "../abi/process.js";
import type { Result } from "../kernel/protocol.js";
import { SIGINFO_BYTES } from "../services/process/protocol.js";
import { readBytes } from "./ranges.js";
import type { Operate, Services } from "./row.js";

/** pidfd_send_signal(2). */
export const signalProcess: Operate = (s, t, file, signal, info, how) => {
  if (how !== 0) return -EINVAL;
  const process = s.file.processOf(t, file, 1);
  if (process < 0) return process;
  if (info === 0) return s.process.kill(t, process, signal);
  const bytes = readBytes(s, t, info, SIGINFO_BYTES);
  if (typeof bytes === "number") return bytes;
  if (new DataView(bytes.buffer).getInt32(0, true) !== signal) return -EINVAL;
  return s.process.queueSignal(t, process, 0, signal, info);
};

/** waitid(2), of a pidfd too. */
export const waitForId: Operate = (s, t, type, id, info, options, usage) => {
  if (type !== P_PIDFD) return s.process.waitId(t, type, id, info, options, usage);
  if (id < 0) return -EINVAL;
  const process = s.file.processOf(t, id, 0);
  if (process < 0) return process === -ESRCH ? -ECHILD : process;
  const isPatient = (s.file.control(t, id, F_GETFL, 0) & O_NONBLOCK) === 0;
  if (isPatient) return s.process.waitId(t, P_PID, process, info, options, usage);
  return tryWait(s, t, process, info, options, usage);
};

/** With O_NONBLOCK on the pidfd: -EAGAIN instead of a wait. */
function tryWait(
  s: Services,
  t: number,
  process: number,
  info: number,
  options: number,
  usage: number,
): Result {
  const scratch = s.kernel.scratch(t, SIGINFO_BYTES);
  const result = s.process.waitId(t, P_PID, process, scratch, options | WNOHANG, usage);
  if (result < 0) return result;
  const bytes = new Uint8Array(SIGINFO_BYTES);
  s.kernel.copyIn(t, scratch, bytes, 0, SIGINFO_BYTES);
  const isNothing = new DataView(bytes.buffer).getInt32(16, true) === 0;
  if (isNothing && (options & WNOHANG) === 0) return -EAGAIN;
  return info === 0 ? 0 : s.kernel.copyOut(t, info, bytes, 0, SIGINFO_BYTES);
}
