/**
 * ioctl(2) on a terminal (ioctl_tty(2)). Who is in the background is stopped before it changes
 * anything. Through a master the requests concern the slave, but for those that say otherwise.
 */
import { EFAULT, EINVAL, EIO, ENOTTY, EPERM } from "../../abi/errno.js";
import { FIONREAD } from "../../abi/file.js";
import { SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGWINCH } from "../../abi/signal.js";
import * as termios from "../../abi/termios.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { FIGURE } from "../device/protocol.js";
import {
  discardInput,
  discardOutput,
  receiveTyped,
  resumeInput,
  sendControl,
  signalForeground,
} from "./input.js";
import {
  checkForeground,
  giveUpTerminal,
  hangUpTerminal,
  isControlling,
  isPrivileged,
  setForeground,
  takeTerminal,
} from "./job-control.js";
import { countUnsent, discardHeld, sendBytes } from "./line.js";
import { flush, startOutput, stopOutput } from "./output.js";
import { deviceOfTerminal } from "./protocol.js";
import { countReadable } from "./read.js";
import { getSettings, type Request, setSettings, waitUntilSent } from "./settings.js";
import { ALL, type Core, type Pseudo, type Terminal } from "./state.js";

type Handler = (request: Request) => Result;

const { TERMIO_BYTES, TERMIOS_BYTES, TERMIOS2_BYTES } = termios;

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [termios.TCGETS, (request) => getSettings(request, TERMIOS_BYTES)],
  [termios.TCGETS2, (request) => getSettings(request, TERMIOS2_BYTES)],
  [termios.TCGETA, (request) => getSettings(request, TERMIO_BYTES)],
  [termios.TCSETS, (request) => setSettings(request, TERMIOS_BYTES, "now")],
  [termios.TCSETS2, (request) => setSettings(request, TERMIOS2_BYTES, "now")],
  [termios.TCSETA, (request) => setSettings(request, TERMIO_BYTES, "now")],
  [termios.TCSETSW, (request) => setSettings(request, TERMIOS_BYTES, "drained")],
  [termios.TCSETSW2, (request) => setSettings(request, TERMIOS2_BYTES, "drained")],
  [termios.TCSETAW, (request) => setSettings(request, TERMIO_BYTES, "drained")],
  [termios.TCSETSF, (request) => setSettings(request, TERMIOS_BYTES, "flushed")],
  [termios.TCSETSF2, (request) => setSettings(request, TERMIOS2_BYTES, "flushed")],
  [termios.TCSETAF, (request) => setSettings(request, TERMIO_BYTES, "flushed")],
  [termios.TCSBRK, sendBreak],
  [termios.TCSBRKP, sendBreak],
  [termios.TIOCSBRK, sendBreak],
  [termios.TIOCCBRK, sendBreak],
  [termios.TCXONC, flowControl],
  [termios.TCFLSH, flushQueues],
  [termios.TIOCGWINSZ, getWindow],
  [termios.TIOCSWINSZ, setWindow],
  [termios.TIOCSCTTY, becomeControlling],
  [termios.TIOCNOTTY, giveUp],
  [termios.TIOCGPGRP, getForeground],
  [termios.TIOCSPGRP, changeForeground],
  [termios.TIOCGSID, getSession],
  [termios.TIOCEXCL, (request) => setExclusive(request, true)],
  [termios.TIOCNXCL, (request) => setExclusive(request, false)],
  [termios.TIOCGEXCL, (request) => putWord(request, isExclusive(request) ? 1 : 0)],
  [termios.TIOCSTI, insertInput],
  [termios.TIOCGETD, (request) => putWord(request, LINE_DISCIPLINE)],
  [termios.TIOCSETD, setDiscipline],
  [termios.TIOCGDEV, (request) => putWord(request, deviceOfTerminal(request.terminal.number))],
  [termios.TIOCVHANGUP, hangUp],
  [FIONREAD, countInput],
  [termios.TIOCOUTQ, countOutput],
  [termios.TIOCGPTPEER, () => -EIO],
]);

type MasterHandler = (request: Request, pseudo: Pseudo) => Result;

/** Requests of a master alone, or with another meaning there. */
const MASTER_HANDLERS: ReadonlyMap<number, MasterHandler> = new Map<number, MasterHandler>([
  [termios.TIOCGPTN, (request, { index }) => putWord(request, index)],
  [termios.TIOCGPTLCK, (request, { locked }) => putWord(request, locked ? 1 : 0)],
  [termios.TIOCSPTLCK, setLock],
  [termios.TIOCGPKT, (request, { packet }) => putWord(request, packet ? 1 : 0)],
  [termios.TIOCPKT, setPacketMode],
  [termios.TIOCSIG, signalSlave],
  [termios.TIOCGPTPEER, (_request, { index, locked }) => (locked ? -EIO : index)],
  [termios.TCXONC, controlMasterFlow],
  [termios.TCFLSH, flushMaster],
  [FIONREAD, (request, { toMasterLength }) => putWord(request, toMasterLength)],
  [termios.TIOCNOTTY, () => -ENOTTY],
]);

/** N_TTY, the only one. */
const LINE_DISCIPLINE = 0;

/**
 * Does a request.
 * @param through how the descriptor came to the terminal
 * @returns 0, -ENOTTY: not one of a terminal's, another -errno, or BLOCKED; TIOCGPTPEER: the index
 */
export function control(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  number: number,
  argument: number,
  through: { readonly isMaster: boolean; readonly isReader: boolean },
): Result {
  const { isMaster, isReader } = through;
  const request: Request = { core, caller, terminal, argument, isMaster, isReader };
  const { pseudo } = terminal;
  if (isMaster && pseudo !== undefined) {
    const handler = MASTER_HANDLERS.get(number >>> 0);
    if (handler !== undefined) return handler(request, pseudo);
  }
  return HANDLERS.get(number >>> 0)?.(request) ?? -ENOTTY;
}

function putWord({ core, caller, argument }: Request, value: number): Result {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return core.kernel.copyOut(caller, argument, bytes, 0, 4);
}

/** The argument as an int, or undefined: EFAULT. */
function getWord({ core, caller, argument }: Request): number | undefined {
  const bytes = new Uint8Array(4);
  if (core.kernel.copyIn(caller, argument, bytes, 0, 4) < 0) return undefined;
  return new DataView(bytes.buffer).getInt32(0, true);
}

/** A break: no terminal here has such a condition; what is left is waiting for output. */
function sendBreak(request: Request): Result {
  const { core, caller, terminal, isMaster } = request;
  if (isMaster) return 0;
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  return refused !== 0 ? refused : waitUntilSent(request);
}

function flowControl({ core, caller, terminal, argument }: Request): Result {
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused;
  switch (argument) {
    case termios.TCOOFF:
      terminal.stoppedByCall = true;
      stopOutput(core, terminal);
      return 0;
    case termios.TCOON:
      // What the STOP character has stopped only the START character starts (n_tty_ioctl_helper).
      if (!terminal.stoppedByCall) return 0;
      terminal.stoppedByCall = false;
      startOutput(core, terminal);
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
    discardInput(core, terminal);
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

function becomeControlling({ core, caller, terminal, argument, isReader }: Request): Result {
  return takeTerminal(core, caller, terminal, argument, isReader);
}

function giveUp({ core, caller, terminal }: Request): Result {
  return giveUpTerminal(core, caller, terminal);
}

function getForeground(request: Request): Result {
  const { core, caller, terminal, isMaster } = request;
  if (!isMaster && !isControlling(core, caller, terminal)) return -ENOTTY;
  return putWord(request, terminal.foreground);
}

function changeForeground(request: Request): Result {
  const { core, caller, terminal } = request;
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused === -EIO ? -ENOTTY : refused;
  const group = getWord(request);
  if (group === undefined) return -EFAULT;
  if (group < 0) return -EINVAL;
  return setForeground(core, caller, terminal, group);
}

function getSession(request: Request): Result {
  const { core, caller, terminal, isMaster } = request;
  if (!isMaster && !isControlling(core, caller, terminal)) return -ENOTTY;
  return terminal.session === 0 ? -ENOTTY : putWord(request, terminal.session);
}

function setExclusive({ terminal, isMaster }: Request, exclusive: boolean): Result {
  if (isMaster && terminal.pseudo !== undefined) terminal.pseudo.masterExclusive = exclusive;
  else terminal.exclusive = exclusive;
  return 0;
}

function isExclusive({ terminal, isMaster }: Request): boolean {
  return isMaster ? terminal.pseudo?.masterExclusive === true : terminal.exclusive;
}

/** TIOCSTI: only root may still do that (Linux 6.2: dev.tty.legacy_tiocsti is off). */
function insertInput({ core, caller, terminal, argument, isMaster }: Request): Result {
  if (!isPrivileged(core, caller)) return -EIO;
  const bytes = new Uint8Array(1);
  if (core.kernel.copyIn(caller, argument, bytes, 0, 1) < 0) return -EFAULT;
  if (isMaster) sendBytes(core, caller, terminal, bytes, 1);
  else receiveTyped(core, caller, terminal, bytes);
  return 0;
}

function setDiscipline(request: Request): Result {
  const { core, caller, terminal } = request;
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused;
  const wanted = getWord(request);
  if (wanted === undefined) return -EFAULT;
  return wanted === LINE_DISCIPLINE ? 0 : -EINVAL;
}

function hangUp({ core, caller, terminal }: Request): Result {
  if (!isPrivileged(core, caller)) return -EPERM;
  hangUpTerminal(core, terminal);
  return 0;
}

function countInput(request: Request): Result {
  return putWord(request, countReadable(request.terminal));
}

function countOutput(request: Request): Result {
  const { core, caller, terminal } = request;
  // What a pseudo-terminal's slave has written is its master's (Linux: pty has no such count).
  const queued = terminal.pseudo === undefined ? terminal.outputLength : 0;
  return putWord(request, queued + countUnsent(core, caller, terminal));
}

function setLock(request: Request, pseudo: Pseudo): Result {
  const value = getWord(request);
  if (value === undefined) return -EFAULT;
  pseudo.locked = value !== 0;
  return 0;
}

function setPacketMode(request: Request, pseudo: Pseudo): Result {
  const value = getWord(request);
  if (value === undefined) return -EFAULT;
  if (value !== 0 && !pseudo.packet) pseudo.status = 0;
  pseudo.packet = value !== 0;
  return 0;
}

/** TIOCSIG: a keyboard signal without the keyboard. The argument is the signal. */
function signalSlave({ core, terminal, argument }: Request): Result {
  if (argument !== SIGINT && argument !== SIGQUIT && argument !== SIGTSTP) return -EINVAL;
  signalForeground(core, terminal, argument);
  return 0;
}

/** TCXONC of a master: what it writes waits, or a control character is typed. */
function controlMasterFlow(request: Request, pseudo: Pseudo): Result {
  const { core, caller, terminal, argument } = request;
  const type = (index: number): void => {
    const byte = termios.CONTROLS_DEFAULT[index] as number;
    receiveTyped(core, caller, terminal, Uint8Array.of(byte));
  };
  if (argument === termios.TCOOFF) pseudo.masterStopped = true;
  else if (argument === termios.TCOON) {
    pseudo.masterStopped = false;
    core.kernel.wake(pseudo.masterOutputChannel, ALL);
  } else if (argument === termios.TCIOFF) type(termios.VSTOP);
  else if (argument === termios.TCION) type(termios.VSTART);
  else return -EINVAL;
  return 0;
}

/** TCFLSH of a master: its input is the slave's output. */
function flushMaster({ core, caller, terminal, argument }: Request, pseudo: Pseudo): Result {
  if (!(argument >= termios.TCIFLUSH && argument <= termios.TCIOFLUSH)) return -EINVAL;
  if (argument !== termios.TCOFLUSH) {
    pseudo.toMasterLength = 0;
    flush(core, caller, terminal);
    core.kernel.wake(terminal.outputChannel, ALL);
  }
  if (argument !== termios.TCIFLUSH) discardHeld(core, caller, terminal);
  return 0;
}
