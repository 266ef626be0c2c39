/**
 * Texts of /proc whose changes can be waited for (proc_pid_mounts(5)): the tables of mounts. A
 * change since the file was opened, read from its beginning or asked last is POLLERR and POLLPRI,
 * once.
 */
import { POLLERR, POLLIN, POLLPRI, POLLRDNORM } from "../../abi/poll.js";
import { type KernelCalls, PROCESS_END, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";

/** The part of an open file that tells of changes. */
export interface Watched {
  text: Uint8Array | undefined;
  /** The call that was told of the last change: when it runs again, it is told again. */
  toldCall: number;
}

/** poll(2). @param now the text as it is */
export function pollTable(
  kernel: KernelCalls,
  caller: TaskId,
  file: Watched,
  now: Uint8Array,
  events: number,
  register: number,
): Result {
  if (register === 1) kernel.block(caller, kernel.processChannel(0, PROCESS_END));
  const { text } = file;
  const isSame = text?.length === now.length && text.every((byte, index) => byte === now[index]);
  if (!isSame) {
    file.text = now;
    file.toldCall = kernel.callId(caller);
  }
  const news = file.toldCall === kernel.callId(caller) ? POLLERR | POLLPRI : 0;
  return (
    (events & (POLLIN | POLLRDNORM | POLLPRI) & (POLLIN | POLLRDNORM | news)) | (news & POLLERR)
  );
}
