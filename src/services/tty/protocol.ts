/**
 * Protocol of the tty service: terminals with a line discipline. A terminal has a number; terminal
 * 0 is the console. fs-dev calls it for /dev/console, /dev/tty and /dev/ttyN.
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  inputOutput,
  operation,
  output,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

export interface TtyService {
  /** DRIVER_EVENT (device/protocol.ts) of the driver's ports. */
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /**
   * Opens a terminal; a session leader that has none and reads (no O_NOCTTY, not O_WRONLY) makes it
   * the controlling one. @returns a handle < 2^24 for the operations below; with O_NOCTTY the
   * terminal's number, which a hang-up does not concern. -ENXIO: no such terminal
   */
  open(caller: TaskId, terminal: number, flags: number): Result;
  close(caller: TaskId, terminal: number): Result;
  /** @param flags of the open file: O_NONBLOCK @returns bytes, 0: end of file or hung up, -EAGAIN,
   * -EIO: the caller is in the background and cannot be stopped */
  read(
    caller: TaskId,
    terminal: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** @returns bytes taken: no more than the output queue holds; -EAGAIN, -EIO: hung up */
  write(
    caller: TaskId,
    terminal: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  /** @param register 1: also wait on the channels of these events @returns POLL* that hold now */
  poll(caller: TaskId, terminal: number, events: number, register: number): Result;
  /** termios, window size, process groups; lengthBytes 0: argument is a plain word.
   * @returns 0, -ENOTTY: not a terminal's request, or another -errno */
  ioctl(
    caller: TaskId,
    terminal: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result;
  /**
   * The session leader ended: the terminal is free, its foreground group gets SIGHUP and SIGCONT.
   */
  hangUp(caller: TaskId, session: number): Result;
}

export const ttyProtocol = protocol<TtyService>("tty", {
  event: operation(1, "mutation", word, word, word, word),
  open: operation(2, "mutation", handle, word),
  close: operation(3, "mutation", handle),
  read: operation(4, "mutation", handle, output(2), word, word),
  write: operation(5, "mutation", handle, input(2), word, word),
  poll: operation(6, "query", handle, word, word),
  ioctl: operation(7, "mutation", handle, word, inputOutput(3), word),
  hangUp: operation(8, "mutation", handle),
});
