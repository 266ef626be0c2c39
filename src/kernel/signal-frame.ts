/**
 * Signal frames: the registers of an interrupted program saved on its own stack, and restored from
 * there (arch/riscv/kernel/signal.c). Of struct rt_sigframe on riscv64:
 *
 *   0 siginfo (128 bytes)
 * 128 ucontext: flags 8, link 8, stack_t 24, sigmask 8, unused 120, padding 8 → uc_mcontext at 304
 * 304 pc, x1..x31 (256 bytes)
 * 560 f0..f31 (256), fcsr 4, and the rest of the 528 bytes of the largest FP state → 1088
 */

import { SI_QUEUE, SI_TIMER, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP } from "../abi/signal.js";
import { type Platform, WORD_F, WORD_FCSR, WORD_PC, WORD_X } from "../machine/platform.js";
import type { PendingSignal } from "./tasks.js";

export const SIGNAL_FRAME_BYTES = 1088;
const UCONTEXT = 128;
const STACK = UCONTEXT + 16;
const MASK = UCONTEXT + 40;
/** The first of the two words of the mask. */
export const FRAME_MASK = MASK >> 2;
const SIGINFO_WORDS = 32;
const GENERAL = 304;
const FLOATING = GENERAL + 256;

/** Words that a frame carries besides the registers. */
export interface FrameExtras {
  readonly maskLow: number;
  readonly maskHigh: number;
  /** The alternate stack as sigaltstack shows it. */
  readonly stackPointer: number;
  readonly stackFlags: number;
  readonly stackBytes: number;
}

/**
 * Fills a 64-bit word of a frame, whose words are those of a little-endian host.
 * @param at its offset in bytes, as in all of these
 */
function setAddress(frame: Int32Array, at: number, value: number): void {
  frame[at >> 2] = value | 0;
  frame[(at >> 2) + 1] = Math.floor(value / 2 ** 32) | 0;
}

/**
 * Fills a siginfo (include/uapi/asm-generic/siginfo.h): the words as `postSignal` has them, whose
 * meaning depends on signal and code: address of a fault; pid, uid and status or value.
 */
function writeSiginfo(frame: Int32Array, info: PendingSignal): void {
  for (let word = 0; word < SIGINFO_WORDS; word++) frame[word] = 0;
  frame[0] = info.signal;
  frame[2] = info.code;
  const isFault =
    info.code > 0 &&
    (info.signal === SIGSEGV ||
      info.signal === SIGBUS ||
      info.signal === SIGILL ||
      info.signal === SIGFPE ||
      info.signal === SIGTRAP);
  if (isFault && info.code < 0x80) {
    setAddress(frame, 16, info.word0);
    return;
  }
  frame[4] = info.word0;
  frame[5] = info.word1;
  // For SIGCHLD the status, for signals of input and output si_fd.
  if (info.code > 0 && !isFault) frame[6] = info.word2;
  else if (info.code === SI_QUEUE || info.code === SI_TIMER) setAddress(frame, 24, info.word2);
}

/** Writes a frame. @param frame its words; what no frame sets is 0 and stays so */
export function writeFrame(
  frame: Int32Array,
  platform: Platform,
  registers: number,
  info: PendingSignal,
  extras: FrameExtras,
): void {
  const words = platform.words;
  writeSiginfo(frame, info);
  setAddress(frame, STACK, extras.stackPointer);
  frame[(STACK + 8) >> 2] = extras.stackFlags;
  setAddress(frame, STACK + 16, extras.stackBytes);
  frame[MASK >> 2] = extras.maskLow;
  frame[(MASK >> 2) + 1] = extras.maskHigh;
  copyWords(words, registers + WORD_PC, frame, GENERAL >> 2, 2);
  copyWords(words, registers + WORD_X + 2, frame, (GENERAL >> 2) + 2, 62);
  copyWords(words, registers + WORD_F, frame, FLOATING >> 2, 64);
  frame[(FLOATING + 256) >> 2] = words[registers + WORD_FCSR] as number;
}

/** Restores the registers from a frame. The mask to set is in its words FRAME_MASK. */
export function readFrame(frame: Int32Array, platform: Platform, registers: number): void {
  const words = platform.words;
  copyWords(frame, GENERAL >> 2, words, registers + WORD_PC, 2);
  copyWords(frame, (GENERAL >> 2) + 2, words, registers + WORD_X + 2, 62);
  copyWords(frame, FLOATING >> 2, words, registers + WORD_F, 64);
  words[registers + WORD_FCSR] = (frame[(FLOATING + 256) >> 2] as number) & 0xff;
}

function copyWords(
  from: Int32Array,
  fromIndex: number,
  to: Int32Array,
  toIndex: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[toIndex + i] = from[fromIndex + i] as number;
}
