/**
 * The way out: output processing (POSIX 11.2.3, c_oflag) into the terminal's output queue, echo,
 * and the hand-over to the far side (line.ts). Columns are counted as Linux's n_tty does, for tabs
 * and erasing.
 */
import {
  ECHOCTL,
  OCRNL,
  OLCUC,
  ONLCR,
  ONLRET,
  ONOCR,
  OPOST,
  TABDLY,
  TIOCPKT_START,
  TIOCPKT_STOP,
  XTABS,
} from "../../abi/termios.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { sendBytes, tellMaster } from "./line.js";
import {
  ALL,
  type Core,
  EXPANSION_BYTES_MAX,
  hasLocalFlag,
  hasOutputFlag,
  isContinuation,
  isControlCode,
  isLower,
  OUTPUT_BYTES_MAX,
  type Terminal,
} from "./state.js";

const BACKSPACE = 0x08;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const CARET = 0x5e;
const TAB_COLUMNS = 8;

/** Whether the queue takes any further byte, whatever it becomes. */
export function hasRoom(terminal: Terminal): boolean {
  return terminal.outputLength + EXPANSION_BYTES_MAX <= OUTPUT_BYTES_MAX;
}

/** Puts a byte into the queue as it is; without room it is lost (echo only: writers wait). */
export function putRaw(terminal: Terminal, byte: number): void {
  if (terminal.outputLength < OUTPUT_BYTES_MAX) terminal.output[terminal.outputLength++] = byte;
}

/**
 * Processes a program's output into the queue, as long as there is room.
 * @returns how many of the bytes were taken
 */
export function putOutput(terminal: Terminal, bytes: Uint8Array): number {
  if (!hasOutputFlag(terminal, OPOST)) {
    const count = Math.min(bytes.length, OUTPUT_BYTES_MAX - terminal.outputLength);
    terminal.output.set(bytes.subarray(0, count), terminal.outputLength);
    terminal.outputLength += count;
    return count;
  }
  let taken = 0;
  while (taken < bytes.length && hasRoom(terminal))
    putProcessed(terminal, bytes[taken++] as number);
  return taken;
}

/** One byte of output through c_oflag (Linux: do_output_char). */
function putProcessed(terminal: Terminal, byte: number): void {
  switch (byte) {
    case NEWLINE:
      putNewline(terminal);
      break;
    case RETURN:
      putReturn(terminal);
      break;
    case TAB:
      putTab(terminal);
      break;
    case BACKSPACE:
      if (terminal.column > 0) terminal.column--;
      putRaw(terminal, byte);
      break;
    default:
      putOrdinary(terminal, byte);
  }
}

function putNewline(terminal: Terminal): void {
  if (hasOutputFlag(terminal, ONLRET)) terminal.column = 0;
  if (hasOutputFlag(terminal, ONLCR)) {
    terminal.column = 0;
    putRaw(terminal, RETURN);
  }
  terminal.lineColumn = terminal.column;
  putRaw(terminal, NEWLINE);
}

function putReturn(terminal: Terminal): void {
  if (hasOutputFlag(terminal, ONOCR) && terminal.column === 0) return;
  const becomesNewline = hasOutputFlag(terminal, OCRNL);
  if (!becomesNewline || hasOutputFlag(terminal, ONLRET)) {
    terminal.column = 0;
    terminal.lineColumn = 0;
  }
  putRaw(terminal, becomesNewline ? NEWLINE : RETURN);
}

function putTab(terminal: Terminal): void {
  const columns = TAB_COLUMNS - (terminal.column % TAB_COLUMNS);
  terminal.column += columns;
  if ((terminal.settings.outputFlags & TABDLY) !== XTABS) putRaw(terminal, TAB);
  else for (let i = 0; i < columns; i++) putRaw(terminal, SPACE);
}

function putOrdinary(terminal: Terminal, byte: number): void {
  if (!isControlCode(byte)) {
    if (!isContinuation(terminal, byte)) terminal.column++;
    if (isLower(byte) && hasOutputFlag(terminal, OLCUC)) byte -= 0x20;
  }
  putRaw(terminal, byte);
}

/** Echoes a byte through output processing, if there is room. */
export function echoByte(terminal: Terminal, byte: number): void {
  if (!hasRoom(terminal)) return;
  if (hasOutputFlag(terminal, OPOST)) putProcessed(terminal, byte);
  else putRaw(terminal, byte);
}

/** Echoes what was typed: with ECHOCTL a control code other than tab as ^X, in two columns. */
export function echoTyped(terminal: Terminal, byte: number): void {
  if (isControlCode(byte) && byte !== TAB && hasLocalFlag(terminal, ECHOCTL)) {
    putRaw(terminal, CARET);
    putRaw(terminal, byte ^ 0x40);
    terminal.column += 2;
  } else echoByte(terminal, byte);
}

/** Suspends output (Linux: __stop_tty). */
export function stopOutput(core: Core, terminal: Terminal): void {
  if (terminal.stopped) return;
  terminal.stopped = true;
  tellMaster(core, terminal, TIOCPKT_STOP, TIOCPKT_START);
}

/** Goes on with output, unless TCXONC has stopped it. What is queued goes with the next flush. */
export function startOutput(core: Core, terminal: Terminal): void {
  if (!terminal.stopped || terminal.stoppedByCall) return;
  terminal.stopped = false;
  tellMaster(core, terminal, TIOCPKT_START, TIOCPKT_STOP);
  core.kernel.wake(terminal.outputChannel, ALL);
}

/** Whether a writer must wait. A stopped pseudo-terminal takes nothing at all, as Linux's. */
export function isFull(terminal: Terminal): boolean {
  return !hasRoom(terminal) || (terminal.stopped && terminal.pseudo !== undefined);
}

/**
 * Hands the queue to the far side, as much as it takes; when there is room again it goes on.
 * @returns 0, or the driver's -errno: what was queued is lost
 */
export function flush(core: Core, caller: TaskId, terminal: Terminal): Result {
  if (terminal.outputLength === 0 || terminal.stopped) return 0;
  const taken = sendBytes(core, caller, terminal, terminal.output, terminal.outputLength);
  if (taken < 0) {
    terminal.outputLength = 0;
    return taken;
  }
  terminal.output.copyWithin(0, taken, terminal.outputLength);
  terminal.outputLength -= taken;
  if (terminal.outputLength === 0) terminal.sentColumn = terminal.column;
  return 0;
}
