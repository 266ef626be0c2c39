/**
 * Editing of the unfinished line: ERASE, WERASE, KILL, REPRINT (POSIX 11.1.9; Linux n_tty: eraser).
 * With ECHO what goes away is wiped on the screen, tabs and ^X included.
 */
import { ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, VERASE, VKILL } from "../../abi/termios.js";
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
const UNDERSCORE = 0x5f;
const TAB_COLUMNS = 8;

const isEmpty = (terminal: Terminal): boolean => terminal.inputLength === terminal.lineStart;

/** ERASE: takes the last character away. */
export function eraseCharacter(terminal: Terminal): void {
  if (isEmpty(terminal)) return;
  const start = characterStart(terminal);
  if (start < 0) return;
  const byte = cutAt(terminal, start);
  if (!hasLocalFlag(terminal, ECHO)) return;
  if (hasLocalFlag(terminal, ECHOE)) wipe(terminal, byte);
  else echoTyped(terminal, terminal.settings.controls[VERASE] as number);
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
    const byte = cutAt(terminal, start);
    if (hasLocalFlag(terminal, ECHO)) wipe(terminal, byte);
  }
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
    echoTyped(terminal, terminal.settings.controls[VKILL] as number);
    if (has(ECHOK)) echoByte(terminal, NEWLINE);
    return;
  }
  while (!isEmpty(terminal)) {
    const start = characterStart(terminal);
    if (start < 0) return;
    wipe(terminal, cutAt(terminal, start));
  }
}

/** REPRINT: shows the unfinished line again, on a new line. */
export function reprint(terminal: Terminal, byte: number): void {
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
