/**
 * What a terminal is: its settings, the input that was typed and not read, the output that the
 * driver has not taken, and whose controlling terminal it is. Plain data; the other files of this
 * folder are functions over it.
 */
import * as termios from "../../abi/termios.js";
import type { Channel, KernelCalls } from "../../kernel/calls.js";
import type { CharacterDriver } from "../device/protocol.js";
import { PSEUDO_TERMINAL_FIRST } from "./protocol.js";

/** Input that a terminal keeps (Linux: N_TTY_BUF_SIZE); an unfinished line is one byte shorter. */
export const INPUT_BYTES_MAX = 4096;
/** Processed output that waits for the driver. */
export const OUTPUT_BYTES_MAX = 8192;
/** The longest output of one byte: a tab of eight spaces. */
export const EXPANSION_BYTES_MAX = 8;

/** What a byte of the input queue is: in a line, its last, or the end of file (not delivered). */
export const MARK_NONE = 0;
export const MARK_END = 1;
export const MARK_EOF = 2;

/** Bytes of a pseudo-terminal on their way to its master, and to its line discipline. */
export const MASTER_BYTES_MAX = 8192;

/** Wake every waiting call. */
export const ALL = 2 ** 31 - 1;

/** What a pseudo-terminal has instead of a driver: its master, a program (pty(7)). */
export interface Pseudo {
  /** N of /dev/pts/N. */
  readonly index: number;
  /** In use: the master or a slave is open. */
  inUse: boolean;
  masterOpen: boolean;
  /** Opens of the slave that were not closed, dead ones included. */
  slaveOpens: number;
  /** Slaves were open, and the last one was closed: the master's reads end. */
  slaveClosed: boolean;
  /** TIOCSPTLCK: the slave cannot be opened. */
  locked: boolean;
  /** Packet mode, and what the master was not told yet (TIOCPKT_*). */
  packet: boolean;
  status: number;
  /** TIOCEXCL and TCXONC of the master, which has a terminal of its own in Linux. */
  masterExclusive: boolean;
  masterStopped: boolean;
  readonly toMaster: Uint8Array;
  toMasterLength: number;
  /** Written by the master, and not through the line discipline yet. */
  readonly toSlave: Uint8Array;
  toSlaveLength: number;
  readonly masterInputChannel: Channel;
  readonly masterOutputChannel: Channel;
  /** The slave's node, by NODE of the file systems' protocol: mode, owner, times. */
  readonly attributes: Map<number, number>;
}

export interface Terminal {
  readonly number: number;
  /** Port of the driver; -1: none, it is a pseudo-terminal. */
  readonly port: number;
  readonly pseudo: Pseudo | undefined;
  readonly settings: termios.TermiosFields;
  columns: number;
  rows: number;
  widthPixels: number;
  heightPixels: number;
  /** The window's size was asked of the driver, or set by a program. */
  sizeKnown: boolean;
  /** Session and foreground process group; 0: none. */
  session: number;
  foreground: number;
  /** Hang-ups so far, from 1: an open of another generation is dead. */
  generation: number;
  /** TIOCEXCL: only root may open it. */
  exclusive: boolean;

  /** Input: the first `inputLength` bytes with their marks; those below `lineStart` are lines. */
  readonly input: Uint8Array;
  readonly marks: Uint8Array;
  inputLength: number;
  lineStart: number;
  /** Bytes that have ever come in: a reader with an interval timer sees whether there are more. */
  received: number;
  /** The next byte is taken literally (LNEXT). */
  literalNext: boolean;
  /** ECHOPRT: what is erased is being shown between \ and /. */
  erasing: boolean;
  /** The queue is full: the driver keeps what comes. */
  held: boolean;
  /** A timer event that goes on with held input is under way. */
  resuming: boolean;
  /** The STOP character was sent for the full queue (IXOFF). */
  throttled: boolean;
  /** The host's end is closed, and all of its input has been taken over. */
  hostClosed: boolean;
  inputEnded: boolean;
  readonly inputChannel: Channel;

  readonly output: Uint8Array;
  outputLength: number;
  /** Output is suspended; `stoppedByCall`: by TCXONC, so that no START goes on with it. */
  stopped: boolean;
  stoppedByCall: boolean;
  /** The cursor's column, and the column where the line under edit began. */
  column: number;
  lineColumn: number;
  /** The column behind what the far side has: what is queued may be dropped (ISIG). */
  sentColumn: number;
  readonly outputChannel: Channel;
}

export interface TtyState {
  /** By number; pseudo-terminals stay, to be used again. */
  readonly terminals: Map<number, Terminal>;
  /** The foreground group that a session had when it lost its terminal to a hang-up. */
  readonly lostForegrounds: Map<number, number>;
}

/** What the functions of this folder work with. */
export interface Core {
  readonly kernel: KernelCalls;
  readonly driver: CharacterDriver;
  readonly state: TtyState;
}

/**
 * The settings of a new terminal: Linux's tty_std_termios; a console has CLOCAL besides, as a
 * serial one has, and IUTF8, as its virtual terminals have.
 */
function defaultSettings(isPseudo: boolean): termios.TermiosFields {
  return {
    inputFlags: termios.ICRNL | termios.IXON | (isPseudo ? 0 : termios.IUTF8),
    outputFlags: termios.OPOST | termios.ONLCR,
    controlFlags:
      termios.B38400 |
      termios.CS8 |
      termios.CREAD |
      (isPseudo ? 0 : termios.HUPCL | termios.CLOCAL),
    localFlags:
      termios.ISIG |
      termios.ICANON |
      termios.ECHO |
      termios.ECHOE |
      termios.ECHOK |
      termios.ECHOCTL |
      termios.ECHOKE |
      termios.IEXTEN,
    line: 0,
    controls: Uint8Array.from(termios.CONTROLS_DEFAULT),
    inputSpeed: 38400,
    outputSpeed: 38400,
  };
}

/** The settings are as of a new terminal again. */
export function resetSettings(terminal: Terminal): void {
  Object.assign(terminal.settings, defaultSettings(terminal.pseudo !== undefined));
}

/** What of a terminal is new each time it is used first. */
function freshTerminal(isPseudo: boolean) {
  return {
    columns: 0,
    rows: 0,
    widthPixels: 0,
    heightPixels: 0,
    sizeKnown: isPseudo,
    session: 0,
    foreground: 0,
    exclusive: false,
    inputLength: 0,
    lineStart: 0,
    received: 0,
    literalNext: false,
    erasing: false,
    held: false,
    resuming: false,
    throttled: false,
    hostClosed: false,
    inputEnded: false,
    outputLength: 0,
    stopped: false,
    stoppedByCall: false,
    column: 0,
    lineColumn: 0,
    sentColumn: 0,
  };
}

/** As freshTerminal, for the part of a pseudo-terminal. */
const freshPseudo = () => ({
  inUse: false,
  masterOpen: false,
  slaveOpens: 0,
  slaveClosed: false,
  locked: true,
  packet: false,
  status: 0,
  masterExclusive: false,
  masterStopped: false,
  toMasterLength: 0,
  toSlaveLength: 0,
});

function newTerminal(
  kernel: KernelCalls,
  number: number,
  port: number,
  pseudo: Pseudo | undefined,
): Terminal {
  return {
    ...freshTerminal(pseudo !== undefined),
    number,
    port,
    pseudo,
    settings: defaultSettings(pseudo !== undefined),
    generation: 1,
    input: new Uint8Array(INPUT_BYTES_MAX),
    marks: new Uint8Array(INPUT_BYTES_MAX),
    inputChannel: kernel.newChannel(),
    output: new Uint8Array(OUTPUT_BYTES_MAX),
    outputChannel: kernel.newChannel(),
  };
}

/** @returns terminal `number` on the driver's `port`, belonging to nobody */
export function createTerminal(kernel: KernelCalls, number: number, port: number): Terminal {
  return newTerminal(kernel, number, port, undefined);
}

/** @returns pseudo-terminal `index`, not in use */
export function createPseudo(kernel: KernelCalls, index: number): Terminal {
  return newTerminal(kernel, PSEUDO_TERMINAL_FIRST + index, -1, {
    ...freshPseudo(),
    index,
    toMaster: new Uint8Array(MASTER_BYTES_MAX),
    toSlave: new Uint8Array(MASTER_BYTES_MAX),
    masterInputChannel: kernel.newChannel(),
    masterOutputChannel: kernel.newChannel(),
    attributes: new Map(),
  });
}

/** A pseudo-terminal is as new, for its next master. Handles of before stay dead. */
export function renewPseudo(terminal: Terminal, pseudo: Pseudo): void {
  Object.assign(terminal, freshTerminal(true));
  Object.assign(pseudo, freshPseudo());
  resetSettings(terminal);
  terminal.generation++;
}

/** Whether a flag of c_iflag is set. */
export const hasInputFlag = (terminal: Terminal, flag: number): boolean =>
  (terminal.settings.inputFlags & flag) !== 0;
/** Whether a flag of c_oflag is set. */
export const hasOutputFlag = (terminal: Terminal, flag: number): boolean =>
  (terminal.settings.outputFlags & flag) !== 0;
/** Whether a flag of c_lflag is set. */
export const hasLocalFlag = (terminal: Terminal, flag: number): boolean =>
  (terminal.settings.localFlags & flag) !== 0;

/** Whether a byte is the control character with this index of c_cc; 0 there means: off. */
export function isControl(terminal: Terminal, byte: number, index: number): boolean {
  return byte !== 0 && terminal.settings.controls[index] === byte;
}

/** A byte inside a UTF-8 sequence, which has no column of its own (IUTF8). */
export function isContinuation(terminal: Terminal, byte: number): boolean {
  return (byte & 0xc0) === 0x80 && hasInputFlag(terminal, termios.IUTF8);
}

/** C0 and DEL: they have no glyph. */
export const isControlCode = (byte: number): boolean => byte < 0x20 || byte === 0x7f;

/** Letters of ISO 8859-1, which Linux takes every byte for (lib/ctype.c). */
export const isUpper = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) || (byte >= 0xc0 && byte <= 0xde && byte !== 0xd7);
/** As isUpper, for small letters. */
export const isLower = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) || (byte >= 0xdf && byte !== 0xf7);
