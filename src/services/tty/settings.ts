/**
 * Settings of a terminal (termios(3)): getting them in each of their layouts, and changing them. A
 * change that waits for output (TCSETSW, TCSETSF) waits first and changes then.
 */
import { EAGAIN, EFAULT } from "../../abi/errno.js";
import { SIGTTOU } from "../../abi/signal.js";
import * as termios from "../../abi/termios.js";
import type { TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { discardInput, resumeInput, switchMode } from "./input.js";
import { checkForeground } from "./job-control.js";
import { countUnsent, discardHeld, tellMaster } from "./line.js";
import { flush, startOutput } from "./output.js";
import { ALL, type Core, type Terminal } from "./state.js";

/** One request: the terminal, and its argument, an address or a plain word. */
export interface Request {
  readonly core: Core;
  readonly caller: TaskId;
  readonly terminal: Terminal;
  readonly argument: number;
  /** The descriptor is a pseudo-terminal's master. */
  readonly isMaster: boolean;
  /** The descriptor was opened for reading. */
  readonly isReader: boolean;
}

/** When a change is made: now, after all output, or then with all input dropped. */
export type Moment = "now" | "drained" | "flushed";

/** TCGETS, TCGETS2, TCGETA: by the length of the layout. */
export function getSettings(request: Request, lengthBytes: number): Result {
  const { core, caller, terminal, argument } = request;
  const bytes =
    lengthBytes === termios.TERMIO_BYTES
      ? termios.encodeTermio(terminal.settings)
      : termios.encodeTermios(terminal.settings);
  return core.kernel.copyOut(caller, argument, bytes, 0, lengthBytes);
}

/** TCSETS and its kin (Linux: set_termios). */
export function setSettings(request: Request, lengthBytes: number, moment: Moment): Result {
  const { core, caller, terminal, argument } = request;
  const refused = checkForeground(core, caller, terminal, SIGTTOU);
  if (refused !== 0) return refused;
  const bytes = new Uint8Array(lengthBytes);
  if (core.kernel.copyIn(caller, argument, bytes, 0, lengthBytes) < 0) return -EFAULT;
  if (moment !== "now") {
    const waits = waitUntilSent(request);
    if (waits !== 0) return waits;
  }
  const { settings } = terminal;
  const before = { ...settings, controls: settings.controls.slice() };
  if (moment === "flushed") discardInput(core, terminal);
  if (lengthBytes === termios.TERMIO_BYTES) termios.decodeTermio(bytes, settings);
  else termios.decodeTermios(bytes, settings);
  adjust(terminal);
  if (((before.localFlags ^ settings.localFlags) & termios.ICANON) !== 0) switchMode(terminal);
  // Without flow control there would be no way to start output again (Linux: n_tty_set_termios).
  const isFlowControlled = (settings.inputFlags & termios.IXON) !== 0;
  if ((before.inputFlags & termios.IXON) !== 0 && !isFlowControlled) startOutput(core, terminal);
  tellFlowControl(core, terminal, before);
  resumeInput(core, terminal);
  core.kernel.wake(terminal.inputChannel, ALL);
  if (moment === "flushed") discardHeld(core, caller, terminal);
  flush(core, caller, terminal);
  return 0;
}

/** The speeds follow their codes; a pseudo-terminal has eight bits and no parity. */
function adjust(terminal: Terminal): void {
  const { settings } = terminal;
  if (terminal.pseudo !== undefined) {
    const kept = settings.controlFlags & ~(termios.CSIZE | termios.PARENB);
    settings.controlFlags = (kept | termios.CS8 | termios.CREAD) >>> 0;
  }
  const code = settings.controlFlags & termios.CBAUD;
  const inputCode = (settings.controlFlags >>> termios.IBSHIFT) & termios.CBAUD;
  settings.outputSpeed = termios.speedOf(code, settings.outputSpeed);
  settings.inputSpeed =
    inputCode === 0 ? settings.outputSpeed : termios.speedOf(inputCode, settings.inputSpeed);
}

/** Packet mode: whether ^S and ^Q stop output, when that changes. */
function tellFlowControl(core: Core, terminal: Terminal, before: termios.TermiosFields): void {
  const { DC1, DC3 } = CONTROL_CODES;
  const isUsual = ({ inputFlags, controls }: termios.TermiosFields): boolean =>
    (inputFlags & termios.IXON) !== 0 &&
    controls[termios.VSTOP] === DC3 &&
    controls[termios.VSTART] === DC1;
  const isNow = isUsual(terminal.settings);
  if (isUsual(before) !== isNow) {
    const status = isNow ? termios.TIOCPKT_DOSTOP : termios.TIOCPKT_NOSTOP;
    tellMaster(core, terminal, status, termios.TIOCPKT_DOSTOP | termios.TIOCPKT_NOSTOP);
  }
  if (((before.localFlags | terminal.settings.localFlags) & termios.EXTPROC) !== 0) {
    tellMaster(core, terminal, termios.TIOCPKT_IOCTL);
  }
}

/** ^Q and ^S. */
const CONTROL_CODES = Object.freeze({ DC1: 0x11, DC3: 0x13 } as const);

/** tcdrain(3). @returns 0: the far side has all output, or BLOCKED; task 0 gets -EAGAIN */
export function waitUntilSent({ core, caller, terminal }: Request): Result {
  const { kernel } = core;
  const queued = terminal.pseudo === undefined ? terminal.outputLength : 0;
  const waits = queued > 0 || countUnsent(core, caller, terminal) > 0;
  if (waits && caller === 0) return -EAGAIN;
  if (!waits && !kernel.forced(caller)) return 0;
  kernel.block(caller, terminal.outputChannel);
  return BLOCKED;
}
