/**
 * The way in: what the driver delivers goes byte by byte through flow control, signals, mapping and
 * line editing into the input queue, and is echoed (POSIX 11.1.3 to 11.1.9; Linux n_tty).
 */
import { SI_KERNEL, SIGINT, SIGQUIT, SIGTSTP } from "../../abi/signal.js";
import * as termios from "../../abi/termios.js";
import { SIGNAL_TO_GROUP, type TaskId } from "../../kernel/calls.js";
import { endErasing, eraseCharacter, eraseWord, killLine, reprint } from "./edit.js";
import { fetchBytes, sendBytes, tellMaster } from "./line.js";
import { echoByte, echoTyped, flush, startOutput, stopOutput } from "./output.js";
import {
  ALL,
  type Core,
  hasInputFlag,
  hasLocalFlag,
  INPUT_BYTES_MAX,
  isControl,
  isUpper,
  MARK_END,
  MARK_EOF,
  MARK_NONE,
  type Terminal,
} from "./state.js";

const BELL = 0x07;
const BACKSPACE = 0x08;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const CARET = 0x5e;
/** PARMRK doubles it (POSIX 11.1.5). */
const PARITY_MARK = 0xff;

/** Bytes fetched from the driver at once. */
const FETCH_BYTES = 1024;
/** An unfinished line is at most this long, so that its end always fits. */
const LINE_BYTES_MAX = INPUT_BYTES_MAX - 1;

const SIGNAL_CONTROLS = Object.freeze([
  [termios.VINTR, SIGINT],
  [termios.VQUIT, SIGQUIT],
  [termios.VSUSP, SIGTSTP],
] as const);

const isCanonical = (terminal: Terminal): boolean => hasLocalFlag(terminal, termios.ICANON);

/**
 * Takes what the far side has, until it has no more or the queue is full; then echoes and wakes.
 * From the driver only in events: the caller is the kernel itself.
 */
export function drain(core: Core, terminal: Terminal): void {
  const { kernel } = core;
  const before = terminal.received;
  const scratch = terminal.pseudo === undefined ? kernel.scratch(0, FETCH_BYTES) : 0;
  const bytes = new Uint8Array(FETCH_BYTES);
  terminal.held = false;
  for (;;) {
    const room = roomFor(terminal);
    if (room === 0) {
      terminal.held = true;
      break;
    }
    const count = fetchBytes(core, terminal, scratch, bytes, Math.min(room, FETCH_BYTES));
    if (count <= 0) {
      if (terminal.hostClosed) endInput(core, terminal);
      break;
    }
    for (let i = 0; i < count; i++) receive(core, terminal, bytes[i] as number);
  }
  throttle(core, terminal);
  flush(core, 0, terminal);
  const { pseudo } = terminal;
  if (pseudo !== undefined) kernel.wake(pseudo.masterOutputChannel, ALL);
  if (terminal.received === before) return;
  if (!isCanonical(terminal) || terminal.lineStart > 0) kernel.wake(terminal.inputChannel, ALL);
}

/** Bytes as if typed, past all that waits (TIOCSTI). */
export function receiveTyped(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  bytes: Uint8Array,
): void {
  for (const byte of bytes) receive(core, terminal, byte);
  flush(core, caller, terminal);
  core.kernel.wake(terminal.inputChannel, ALL);
}

/** How many bytes may be fetched, each of which fits; 0: they stay with the driver. */
function roomFor(terminal: Terminal): number {
  const room = INPUT_BYTES_MAX - terminal.inputLength;
  // A line that is too long must not hide its end: bytes beyond are dropped one by one.
  if (isCanonical(terminal) && terminal.lineStart === 0) return Math.max(room, 1);
  return hasInputFlag(terminal, termios.PARMRK) ? Math.floor(room / 2) : room;
}

/** A full queue was read from: what the driver has kept comes by a timer event at once. */
export function resumeInput(core: Core, terminal: Terminal): void {
  if (!terminal.held || terminal.resuming || roomFor(terminal) === 0) return;
  if (terminal.pseudo !== undefined) {
    drain(core, terminal);
    return;
  }
  const timer = core.kernel.setTimer(core.kernel.monotonicNanoseconds(), terminal.number);
  terminal.resuming = timer >= 0;
}

/** IXOFF: the host is told to stop while the queue is full, and to go on. A master just waits. */
function throttle(core: Core, terminal: Terminal): void {
  if (terminal.pseudo !== undefined) return;
  const wanted = terminal.held && hasInputFlag(terminal, termios.IXOFF);
  if (wanted !== terminal.throttled) {
    terminal.throttled = wanted;
    sendControl(core, 0, terminal, wanted ? termios.VSTOP : termios.VSTART);
  }
}

/** Sends a control character past all queued output (TCXONC, IXOFF). */
export function sendControl(core: Core, caller: number, terminal: Terminal, index: number): void {
  const byte = terminal.settings.controls[index] as number;
  // Linux starts a stopped pseudo-terminal for it, which does not help against TCXONC.
  if (terminal.pseudo !== undefined && terminal.stoppedByCall) return;
  if (byte !== 0) sendBytes(core, caller, terminal, Uint8Array.of(byte), 1);
}

/** The host has closed its end: readers get what is there, then end of file. */
function endInput(core: Core, terminal: Terminal): void {
  if (terminal.inputEnded) return;
  terminal.inputEnded = true;
  if (isCanonical(terminal) && terminal.inputLength > terminal.lineStart) {
    store(terminal, 0, MARK_EOF);
  }
  core.kernel.wake(terminal.inputChannel, ALL);
}

/** One byte of input. */
function receive(core: Core, terminal: Terminal, raw: number): void {
  let byte = raw;
  if (hasInputFlag(terminal, termios.ISTRIP)) byte &= 0x7f;
  const folds = hasInputFlag(terminal, termios.IUCLC) && hasLocalFlag(terminal, termios.IEXTEN);
  if (folds && isUpper(byte)) byte += 0x20;
  if (terminal.literalNext) {
    terminal.literalNext = false;
    echoStored(terminal, byte);
    storeOrdinary(terminal, byte);
    return;
  }
  if (controlFlow(core, terminal, byte) || raiseSignal(core, terminal, byte)) return;
  if (hasInputFlag(terminal, termios.IXANY)) restartOutput(core, terminal);
  if (byte === RETURN) {
    if (hasInputFlag(terminal, termios.IGNCR)) return;
    if (hasInputFlag(terminal, termios.ICRNL)) byte = NEWLINE;
  } else if (byte === NEWLINE && hasInputFlag(terminal, termios.INLCR)) byte = RETURN;
  if (isCanonical(terminal) && receiveCanonical(terminal, byte)) return;
  // What RETURN has become moves the cursor; a newline as such shows as ^J outside of lines.
  if (byte === NEWLINE && raw !== NEWLINE && hasLocalFlag(terminal, termios.ECHO)) {
    endErasing(terminal);
    echoByte(terminal, byte);
  } else echoStored(terminal, byte);
  storeOrdinary(terminal, byte);
}

/** IXON: START and STOP are obeyed and go no further. */
function controlFlow(core: Core, terminal: Terminal, byte: number): boolean {
  if (!hasInputFlag(terminal, termios.IXON)) return false;
  if (isControl(terminal, byte, termios.VSTART)) {
    startOutput(core, terminal);
    return true;
  }
  if (!isControl(terminal, byte, termios.VSTOP)) return false;
  stopOutput(core, terminal);
  return true;
}

/** IXON: a signal, or with IXANY any input, starts output again, unless TCXONC has stopped it. */
function restartOutput(core: Core, terminal: Terminal): void {
  if (hasInputFlag(terminal, termios.IXON)) startOutput(core, terminal);
}

/** ISIG: INTR, QUIT and SUSP signal the foreground group; the queues are flushed unless NOFLSH. */
function raiseSignal(core: Core, terminal: Terminal, byte: number): boolean {
  if (!hasLocalFlag(terminal, termios.ISIG)) return false;
  const found = SIGNAL_CONTROLS.find(([index]) => isControl(terminal, byte, index));
  if (found === undefined) return false;
  signalForeground(core, terminal, found[1]);
  if (!hasLocalFlag(terminal, termios.NOFLSH)) {
    discardOutput(core, terminal);
    discardInput(core, terminal);
  }
  restartOutput(core, terminal);
  if (hasLocalFlag(terminal, termios.ECHO)) echoTyped(terminal, byte);
  return true;
}

/** A signal from the keyboard, or about the window. */
export function signalForeground(core: Core, terminal: Terminal, signal: number): void {
  if (terminal.foreground === 0) return;
  core.kernel.postSignal(SIGNAL_TO_GROUP, terminal.foreground, signal, SI_KERNEL, 0, 0, 0);
}

/** Drops all input that was not read. */
export function discardInput(core: Core, terminal: Terminal): void {
  terminal.inputLength = 0;
  terminal.lineStart = 0;
  terminal.literalNext = false;
  terminal.erasing = false;
  tellMaster(core, terminal, termios.TIOCPKT_FLUSHREAD);
}

/** Drops output that the far side has not taken. */
export function discardOutput(core: Core, terminal: Terminal): void {
  terminal.outputLength = 0;
  terminal.column = terminal.sentColumn;
  tellMaster(core, terminal, termios.TIOCPKT_FLUSHWRITE);
  core.kernel.wake(terminal.outputChannel, ALL);
}

/** Canonical mode's own characters. @returns whether the byte was one */
function receiveCanonical(terminal: Terminal, byte: number): boolean {
  const { VERASE, VKILL, VWERASE, VLNEXT, VREPRINT, VEOF, VEOL, VEOL2 } = termios;
  const is = (index: number): boolean => isControl(terminal, byte, index);
  const isExtended = hasLocalFlag(terminal, termios.IEXTEN);
  const isEchoed = hasLocalFlag(terminal, termios.ECHO);
  if (is(VERASE)) eraseCharacter(terminal);
  else if (is(VKILL)) killLine(terminal);
  else if (isExtended && is(VWERASE)) eraseWord(terminal);
  else if (isExtended && is(VLNEXT)) {
    terminal.literalNext = true;
    if (isEchoed) endErasing(terminal);
    if (isEchoed && hasLocalFlag(terminal, termios.ECHOCTL)) {
      echoByte(terminal, CARET);
      echoByte(terminal, BACKSPACE);
    }
  } else if (isExtended && isEchoed && is(VREPRINT)) reprint(terminal, byte);
  else if (byte === NEWLINE) {
    if (isEchoed || hasLocalFlag(terminal, termios.ECHONL)) echoByte(terminal, NEWLINE);
    store(terminal, byte, MARK_END);
  } else if (is(VEOF)) store(terminal, 0, MARK_EOF);
  else if (is(VEOL) || (isExtended && is(VEOL2))) {
    echoStored(terminal, byte);
    store(terminal, byte, MARK_END);
  } else return false;
  return true;
}

/** ECHO of a byte that goes into the queue. */
function echoStored(terminal: Terminal, byte: number): void {
  if (!hasLocalFlag(terminal, termios.ECHO) || isTooLong(terminal)) return;
  endErasing(terminal);
  if (terminal.inputLength === terminal.lineStart) terminal.lineColumn = terminal.column;
  echoTyped(terminal, byte);
}

/** The unfinished line takes its end only. */
const isTooLong = (terminal: Terminal): boolean =>
  isCanonical(terminal) && terminal.lineStart === 0 && terminal.inputLength >= LINE_BYTES_MAX;

function storeOrdinary(terminal: Terminal, byte: number): void {
  if (isTooLong(terminal)) {
    if (hasInputFlag(terminal, termios.IMAXBEL)) echoByte(terminal, BELL);
    return;
  }
  const isMarked = hasInputFlag(terminal, termios.PARMRK) && byte === PARITY_MARK;
  if (isMarked) store(terminal, byte, MARK_NONE);
  store(terminal, byte, MARK_NONE);
}

/** Appends to the queue; an end of line makes everything up to it readable. */
function store(terminal: Terminal, byte: number, mark: number): void {
  if (terminal.inputLength === INPUT_BYTES_MAX) return;
  terminal.input[terminal.inputLength] = byte;
  terminal.marks[terminal.inputLength++] = mark;
  terminal.received++;
  if (mark !== MARK_NONE) terminal.lineStart = terminal.inputLength;
}

/**
 * ICANON was changed. To lines: what is there becomes one. To bytes: marks mean nothing, and an end
 * of file that nobody has read is a byte of 0 (Linux: n_tty_set_termios).
 */
export function switchMode(terminal: Terminal): void {
  terminal.literalNext = false;
  terminal.erasing = false;
  terminal.lineStart = 0;
  if (!isCanonical(terminal)) terminal.marks.fill(MARK_NONE, 0, terminal.inputLength);
  else if (terminal.inputLength > 0) {
    terminal.lineStart = terminal.inputLength;
    const last = terminal.inputLength - 1;
    terminal.marks[last] = terminal.input[last] === 0 ? MARK_EOF : MARK_END;
  }
}
