/**
 * ioctl(2) on a terminal (ioctl_tty(2)). Who is in the background is stopped before it changes
 * anything. A change that waits for output (TCSETSW, TCSBRK) waits first and changes then.
 */
import { EAGAIN, EFAULT, EINVAL, EIO, ENOTTY } from "../../abi/errno.js";
import { FIONREAD } from "../../abi/file.js";
import { SIGTTOU, SIGWINCH } from "../../abi/signal.js";
import * as termios from "../../abi/termios.js";
import type { TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { FIGURE } from "../device/protocol.js";
import {
  discardInput,
  discardOutput,
  resumeInput,
  sendControl,
  signalForeground,
  switchMode,
} from "./input.js";
import {
  checkForeground,
  giveUpTerminal,
  isControlling,
  setForeground,
  takeTerminal,
} from "./job-control.js";
import { flush } from "./output.js";
import { countReadable } from "./read.js";
import { ALL, type Core, type Terminal } from "./state.js";

/** Pieces read from the driver to be thrown away. */
const DISCARD_BYTES = 1024;

/** One request: the terminal, and its argument, an address or a plain word. */
interface Request {
  readonly core: Core;
  readonly caller: TaskId;
  readonly terminal: Terminal;
  readonly argument: number;
}

type Handler = (request: Request) => Result;

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [termios.TCGETS, (request) => getSettings(request, termios.TERMIOS_BYTES)],
  [termios.TCGETS2, (request) => getSettings(request, termios.TERMIOS2_BYTES)],
  [termios.TCSETS, (request) => setSettings(request, termios.TERMIOS_BYTES, "now")],
  [termios.TCSETS2, (request) => setSettings(request, termios.TERMIOS2_BYTES, "now")],
  [termios.TCSETSW, (request) => setSettings(request, termios.TERMIOS_BYTES, "drained")],
  [termios.TCSETSW2, (request) => setSettings(request, termios.TERMIOS2_BYTES, "drained")],
  [termios.TCSETSF, (request) => setSettings(request, termios.TERMIOS_BYTES, "flushed")],
  [termios.TCSETSF2, (request) => setSettings(request, termios.TERMIOS2_BYTES, "flushed")],
  [termios.TCSBRK, sendBreak],
  [termios.TCSBRKP, sendBreak],
  [termios.TCXONC, flowControl],
  [termios.TCFLSH, flushQueues],
  [termios.TIOCGWINSZ, getWindow],
  [termios.TIOCSWINSZ, setWindow],
  [
    termios.TIOCSCTTY,
    ({ core, caller, terminal, argument }) => takeTerminal(core, caller, terminal, argument),
  ],
  [termios.TIOCNOTTY, ({ core, caller, terminal }) => giveUpTerminal(core, caller, terminal)],
  [termios.TIOCGPGRP, getForeground],
  [termios.TIOCSPGRP, changeForeground],
  [termios.TIOCGSID, getSession],
  [FIONREAD, (request) => putWord(request, countReadable(request.terminal))],
  [termios.TIOCOUTQ, countOutput],
]);

/** Does a request. @returns 0, -ENOTTY: not one of a terminal's, another -errno, or BLOCKED */
export function control(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  request: number,
  argument: number,
): Result {
  const handler = HANDLERS.get(request >>> 0);
  return handler === undefined ? -ENOTTY : handler({ core, caller, terminal, argument });
}

function putWord({ core, caller, argument }: Request, value: number): Result {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return core.kernel.copyOut(caller, argument, bytes, 0, 4);
}

function getSettings({ core, caller, terminal, argument }: Request, lengthBytes: number): Result {
  const bytes = termios.encodeTermios(terminal.settings);
  return core.kernel.copyOut(caller, argument, bytes, 0, lengthBytes);
}

/** Linux: set_termios. */
function setSettings(
  request: Request,
  lengthBytes: number,
  when: "now" | "drained" | "flushed",
): Result {
  const { core, caller, terminal, argument } = request;
  const bytes = new Uint8Array(lengthBytes);
  if (core.kernel.copyIn(caller, argument, bytes, 0, lengthBytes) < 0) return -EFAULT;
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused;
  if (when !== "now") {
    const waits = waitUntilSent(request);
    if (waits !== 0) return waits;
  }
  const { settings } = terminal;
  const before = settings.localFlags;
  const wasFlowControlled = (settings.inputFlags & termios.IXON) !== 0;
  if (when === "flushed") discardInput(terminal);
  termios.decodeTermios(bytes, settings);
  if (((before ^ settings.localFlags) & termios.ICANON) !== 0) switchMode(terminal);
  // Without flow control there would be no way to start output again (Linux: n_tty_set_termios).
  if (wasFlowControlled && (settings.inputFlags & termios.IXON) === 0) terminal.stopped = false;
  resumeInput(core, terminal);
  core.kernel.wake(terminal.inputChannel, ALL);
  if (when === "flushed") discardHeld(core, caller, terminal);
  else flush(core, caller, terminal);
  return 0;
}

/** Input that the driver has kept back is dropped, too. */
function discardHeld(core: Core, caller: TaskId, terminal: Terminal): void {
  if (!terminal.held) return;
  const scratch = core.kernel.scratch(caller, DISCARD_BYTES);
  while (core.driver.read(caller, terminal.port, scratch, DISCARD_BYTES) > 0);
}

/** tcdrain(3). @returns 0: all output is with the host, or BLOCKED; task 0 gets -EAGAIN */
function waitUntilSent({ core, caller, terminal }: Request): Result {
  const { kernel, driver } = core;
  // An error of the driver is no output to wait for.
  const unsent = driver.query(caller, terminal.port, FIGURE.unsent);
  const waits = terminal.outputLength > 0 || unsent > 0;
  if (waits && caller === 0) return -EAGAIN;
  if (!waits && !kernel.forced(caller)) return 0;
  kernel.block(caller, terminal.outputChannel);
  return BLOCKED;
}

/** TCSBRK, TCSBRKP: a console has no break condition; what is left is waiting for output. */
function sendBreak(request: Request): Result {
  const { core, caller, terminal } = request;
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  return refused !== 0 ? refused : waitUntilSent(request);
}

function flowControl({ core, caller, terminal, argument }: Request): Result {
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused;
  switch (argument) {
    case termios.TCOOFF:
      terminal.stoppedByCall = true;
      return 0;
    case termios.TCOON:
      terminal.stoppedByCall = false;
      terminal.stopped = false;
      core.kernel.wake(terminal.outputChannel, ALL);
      flush(core, caller, terminal);
      return 0;
    case termios.TCIOFF:
      sendControl(core, caller, terminal, termios.VSTOP);
      return 0;
    case termios.TCION:
      sendControl(core, caller, terminal, termios.VSTART);
      return 0;
    default:
      return -EINVAL;
  }
}

function flushQueues({ core, caller, terminal, argument }: Request): Result {
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused;
  if (!(argument >= termios.TCIFLUSH && argument <= termios.TCIOFLUSH)) return -EINVAL;
  if (argument !== termios.TCIFLUSH) discardOutput(core, terminal);
  if (argument !== termios.TCOFLUSH) {
    discardInput(terminal);
    resumeInput(core, terminal);
    discardHeld(core, caller, terminal);
  }
  return 0;
}

/** Asks the driver for its window once, if nobody has set one. */
export function learnWindow(core: Core, caller: TaskId, terminal: Terminal): void {
  if (terminal.sizeKnown) return;
  terminal.sizeKnown = true;
  terminal.columns = Math.max(0, core.driver.query(caller, terminal.port, FIGURE.columns));
  terminal.rows = Math.max(0, core.driver.query(caller, terminal.port, FIGURE.rows));
}

function getWindow({ core, caller, terminal, argument }: Request): Result {
  learnWindow(core, caller, terminal);
  const { rows, columns, widthPixels, heightPixels } = terminal;
  const bytes = new Uint8Array(termios.WINSIZE_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of [rows, columns, widthPixels, heightPixels].entries()) {
    view.setUint16(2 * index, value, true);
  }
  return core.kernel.copyOut(caller, argument, bytes, 0, bytes.length);
}

function setWindow({ core, caller, terminal, argument }: Request): Result {
  const bytes = new Uint8Array(termios.WINSIZE_BYTES);
  if (core.kernel.copyIn(caller, argument, bytes, 0, bytes.length) < 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  const [rows = 0, columns = 0, width = 0, height = 0] = [0, 2, 4, 6].map((at) =>
    view.getUint16(at, true),
  );
  const isSamePixels = terminal.widthPixels === width && terminal.heightPixels === height;
  terminal.widthPixels = width;
  terminal.heightPixels = height;
  resize(core, terminal, columns, rows, !isSamePixels);
  return 0;
}

/** A new window size; the foreground group is told if it differs. */
export function resize(
  core: Core,
  terminal: Terminal,
  columns: number,
  rows: number,
  isChanged = false,
): void {
  const differs = isChanged || terminal.columns !== columns || terminal.rows !== rows;
  terminal.sizeKnown = true;
  terminal.columns = columns;
  terminal.rows = rows;
  if (differs) signalForeground(core, terminal, SIGWINCH);
}

function getForeground(request: Request): Result {
  const { core, caller, terminal } = request;
  if (!isControlling(core, caller, terminal)) return -ENOTTY;
  return putWord(request, terminal.foreground);
}

function changeForeground({ core, caller, terminal, argument }: Request): Result {
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused === -EIO ? -ENOTTY : refused;
  const bytes = new Uint8Array(4);
  if (core.kernel.copyIn(caller, argument, bytes, 0, 4) < 0) return -EFAULT;
  const group = new DataView(bytes.buffer).getInt32(0, true);
  if (!isControlling(core, caller, terminal)) return -ENOTTY;
  return group < 0 ? -EINVAL : setForeground(core, caller, terminal, group);
}

function getSession(request: Request): Result {
  const { core, caller, terminal } = request;
  if (!isControlling(core, caller, terminal) || terminal.session === 0) return -ENOTTY;
  return putWord(request, terminal.session);
}

function countOutput(request: Request): Result {
  const { core, caller, terminal } = request;
  const unsent = Math.max(0, core.driver.query(caller, terminal.port, FIGURE.unsent));
  return putWord(request, terminal.outputLength + unsent);
}
