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
  /** EVENT_SERVICE kinds: see TTY_EVENT. */
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** Opens a terminal; without O_NOCTTY it may become the controlling one. @returns the terminal */
  open(caller: TaskId, terminal: number, flags: number): Result;
  close(caller: TaskId, terminal: number): Result;
  read(
    caller: TaskId,
    terminal: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  write(
    caller: TaskId,
    terminal: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result;
  poll(caller: TaskId, terminal: number, events: number, register: number): Result;
  /** termios, window size, process groups; lengthBytes 0: argument is a plain word. */
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

/** Events that a character driver posts to tty. */
export const TTY_EVENT = Object.freeze({
  /** The driver has input: word0 = terminal; tty drains it with the driver's `read`. */
  input: 16,
  /** The driver has room for output again: word0 = terminal. */
  room: 17,
  /** New window size: word0 = terminal, word1 = columns, word2 = rows. */
  size: 18,
} as const);

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
