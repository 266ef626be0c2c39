/**
 * Protocol of the tty service: terminals with a line discipline. A terminal has a number; terminal
 * 0 is the console, those from PSEUDO_TERMINAL_FIRST on are pseudo-terminals. fs-dev calls it for
 * /dev/console, /dev/hvc0, /dev/tty and /dev/ptmx, fs-pts for /dev/pts.
 */

import { deviceNumber } from "../../abi/file.js";
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

/** Number of the pseudo-terminal /dev/pts/0. */
export const PSEUDO_TERMINAL_FIRST = 64;
/** How many there may be at one time. */
export const PSEUDO_TERMINALS_MAX = 256;
/** Major numbers: hvc, the virtio console, and slaves of pseudo-terminals. */
const MAJOR_CONSOLE = 229;
const MAJOR_SLAVES = 136;

/** The device number of a terminal (Linux's encoding: tty_nr of /proc/PID/stat). */
export function deviceOfTerminal(terminal: number): number {
  const index = terminal - PSEUDO_TERMINAL_FIRST;
  return index < 0 ? deviceNumber(MAJOR_CONSOLE, terminal) : deviceNumber(MAJOR_SLAVES, index);
}

export interface TtyService {
  /** DRIVER_EVENT (device/protocol.ts) of the driver's ports. */
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /**
   * Opens a terminal; a session leader that has none and reads (no O_NOCTTY, not O_WRONLY) makes it
   * the controlling one. @returns a handle < 2^40 for the operations below; -ENXIO: no such
   * terminal, -EIO: a slave that is locked, -EBUSY: TIOCEXCL
   */
  open(caller: TaskId, terminal: number, flags: number): Result;
  /** Opens terminal 0 as /dev/console: it never becomes the controlling one, and a hang-up does not
   * concern the handle. */
  openConsole(caller: TaskId, flags: number): Result;
  /** Opens the master of a new pseudo-terminal. @returns its handle, or -ENOSPC */
  openMaster(caller: TaskId, flags: number): Result;
  close(caller: TaskId, terminal: number): Result;
  /** @param flags of the open file: O_NONBLOCK @returns bytes, 0: end of file or hung up, -EAGAIN,
   * -EIO: the caller is in the background and cannot be stopped, or a master without its slave */
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
  /** The session's leader ended: its terminal is free, the foreground group gets SIGHUP. */
  hangUp(caller: TaskId, session: number): Result;
  /** vhangup(2): the caller's controlling terminal, if it has one. @returns 0 or -EPERM */
  hangUpOwn(caller: TaskId): Result;
  /** The foreground process group of a terminal, 0: none. @returns it, or -ENXIO */
  foregroundGroup(caller: TaskId, terminal: number): Result;
  /** The first slave that has a name, from number `index` on. @returns its number or -ENOENT */
  nextSlave(caller: TaskId, index: number): Result;
  /** An attribute (NODE) of the slave's node. @returns its value; -ENOENT: no such slave */
  slaveAttribute(caller: TaskId, index: number, which: number): Result;
  setSlaveAttribute(caller: TaskId, index: number, which: number, value: number): Result;
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
  openConsole: operation(9, "mutation", word),
  openMaster: operation(10, "mutation", word),
  hangUpOwn: operation(11, "mutation"),
  foregroundGroup: operation(15, "query", word),
  nextSlave: operation(12, "query", word),
  slaveAttribute: operation(13, "query", word, word),
  setSlaveAttribute: operation(14, "mutation", word, word, word),
});
