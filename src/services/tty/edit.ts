/**
 * Editing of the unfinished line: ERASE, WERASE, KILL, REPRINT (POSIX 11.1.9; Linux n_tty: eraser).
 * With ECHO what goes away is wiped on the screen, tabs and ^X included.
 */
import { ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ECHOPRT, VERASE, VKILL } from "../../abi/termios.js";
import { echoByte, echoTyped } from "./output.js";
import {
  hasLocalFlag,
  isContinuation,
  isControlCode,
  isLower,
  isUpper,
  type Terminal,
} from "./state.js";

const BACKSPACE = 0x08;
const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const UNDERSCORE = 0x5f;
const TAB_COLUMNS = 8;

const isEmpty = (terminal: Terminal): boolean => terminal.inputLength === terminal.lineStart;

/** ERASE: takes the last character away. */
export function eraseCharacter(terminal: Terminal): void {
  if (isEmpty(terminal)) return;
  const start = characterStart(terminal);
  if (start < 0) return;
  const end = terminal.inputLength;
  const byte = cutAt(terminal, start);
  if (!hasLocalFlag(terminal, ECHO)) return;
  if (hasLocalFlag(terminal, ECHOPRT)) print(terminal, start, end);
  else if (hasLocalFlag(terminal, ECHOE)) wipe(terminal, byte);
  else echoTyped(terminal, terminal.settings.controls[VERASE] as number);
  if (isEmpty(terminal)) endErasing(terminal);
}

/** WERASE: takes the last word away, and what is behind it. */
export function eraseWord(terminal: Terminal): void {
  let seenWord = false;
  while (!isEmpty(terminal)) {
    const start = characterStart(terminal);
    if (start < 0) return;
    const isWord = isWordByte(terminal.input[start] as number);
    if (seenWord && !isWord) return;
    seenWord ||= isWord;
    remove(terminal, start);
  }
  if (hasLocalFlag(terminal, ECHO)) endErasing(terminal);
}

/** KILL: takes the whole line away. */
export function killLine(terminal: Terminal): void {
  if (isEmpty(terminal)) return;
  const has = (flag: number): boolean => hasLocalFlag(terminal, flag);
  if (!has(ECHO)) {
    terminal.inputLength = terminal.lineStart;
    return;
  }
  if (!(has(ECHOK) && has(ECHOKE) && has(ECHOE))) {
    terminal.inputLength = terminal.lineStart;
    endErasing(terminal);
    echoTyped(terminal, terminal.settings.controls[VKILL] as number);
    if (has(ECHOK)) echoByte(terminal, NEWLINE);
    return;
  }
  while (!isEmpty(terminal)) {
    const start = characterStart(terminal);
    if (start < 0) return;
    remove(terminal, start);
  }
  endErasing(terminal);
}

/** Cuts the character at `start`, the last one, off the line and off the screen. */
function remove(terminal: Terminal, start: number): void {
  const end = terminal.inputLength;
  const byte = cutAt(terminal, start);
  if (!hasLocalFlag(terminal, ECHO)) return;
  if (hasLocalFlag(terminal, ECHOPRT)) print(terminal, start, end);
  else wipe(terminal, byte);
}

/** ECHOPRT: what was cut off is shown once more, behind a backslash; a slash ends that. */
function print(terminal: Terminal, start: number, end: number): void {
  if (!terminal.erasing) echoByte(terminal, BACKSLASH);
  terminal.erasing = true;
  echoTyped(terminal, terminal.input[start] as number);
  for (let at = start + 1; at < end; at++) echoByte(terminal, terminal.input[at] as number);
}

/** ECHOPRT: something else is shown than what is erased. */
export function endErasing(terminal: Terminal): void {
  if (terminal.erasing) echoByte(terminal, SLASH);
  terminal.erasing = false;
}

/** REPRINT: shows the unfinished line again, on a new line. */
export function reprint(terminal: Terminal, byte: number): void {
  endErasing(terminal);
  echoTyped(terminal, byte);
  echoByte(terminal, NEWLINE);
  for (let at = terminal.lineStart; at < terminal.inputLength; at++) {
    echoTyped(terminal, terminal.input[at] as number);
  }
}

/** Where the last character begins, or -1: a UTF-8 sequence without its first byte. */
function characterStart(terminal: Terminal): number {
  let start = terminal.inputLength - 1;
  const isInside = (): boolean => isContinuation(terminal, terminal.input[start] as number);
  while (start > terminal.lineStart && isInside()) start--;
  return isInside() ? -1 : start;
}

/** Ends the line at `start`. @returns the byte that was there */
function cutAt(terminal: Terminal, start: number): number {
  terminal.inputLength = start;
  return terminal.input[start] as number;
}

/** Letters, digits and underscore; what begins a UTF-8 sequence is nearly always a letter here. */
function isWordByte(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  return isDigit || isLower(byte) || isUpper(byte) || byte === UNDERSCORE;
}

/** Wipes a character that has been cut off the line. */
function wipe(terminal: Terminal, byte: number): void {
  if (byte === TAB) {
    wipeTab(terminal);
    return;
  }
  const isCode = isControlCode(byte);
  if (isCode && !hasLocalFlag(terminal, ECHOCTL)) return;
  for (let columns = isCode ? 2 : 1; columns > 0; columns--) {
    for (const each of [BACKSPACE, SPACE, BACKSPACE]) echoByte(terminal, each);
  }
}

/** Back over the columns of a tab: they depend on what stands before it. */
function wipeTab(terminal: Terminal): void {
  let columns = 0;
  let at = terminal.inputLength;
  while (at > terminal.lineStart && terminal.input[at - 1] !== TAB) {
    const byte = terminal.input[--at] as number;
    if (isControlCode(byte)) columns += hasLocalFlag(terminal, ECHOCTL) ? 2 : 0;
    else if (!isContinuation(terminal, byte)) columns++;
  }
  const isAfterTab = at > terminal.lineStart;
  if (!isAfterTab) columns += terminal.lineColumn;
  for (let left = TAB_COLUMNS - (columns % TAB_COLUMNS); left > 0; left--) {
    echoByte(terminal, BACKSPACE);
  }
}
