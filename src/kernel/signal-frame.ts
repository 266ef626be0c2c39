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

function setAddress(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

/**
 * Fills a siginfo (include/uapi/asm-generic/siginfo.h): the words as `postSignal` has them, whose
 * meaning depends on signal and code: address of a fault; pid, uid and status or value.
 */
export function writeSiginfo(view: DataView, at: number, info: PendingSignal): void {
  view.setInt32(at, info.signal, true);
  view.setInt32(at + 4, 0, true);
  view.setInt32(at + 8, info.code, true);
  const isFault =
    info.code > 0 &&
    (info.signal === SIGSEGV ||
      info.signal === SIGBUS ||
      info.signal === SIGILL ||
      info.signal === SIGFPE ||
      info.signal === SIGTRAP);
  if (isFault && info.code < 0x80) {
    setAddress(view, at + 16, info.word0);
    return;
  }
  view.setInt32(at + 16, info.word0, true);
  view.setInt32(at + 20, info.word1, true);
  // For SIGCHLD the status, for signals of input and output si_fd.
  if (info.code > 0 && !isFault) view.setInt32(at + 24, info.word2, true);
  else if (info.code === SI_QUEUE || info.code === SI_TIMER) setAddress(view, at + 24, info.word2);
}

/** Writes a frame into SIGNAL_FRAME_BYTES of zeroed bytes. */
export function writeFrame(
  view: DataView,
  platform: Platform,
  registers: number,
  info: PendingSignal,
  extras: FrameExtras,
): void {
  const words = platform.words;
  writeSiginfo(view, 0, info);
  setAddress(view, STACK, extras.stackPointer);
  view.setInt32(STACK + 8, extras.stackFlags, true);
  setAddress(view, STACK + 16, extras.stackBytes);
  view.setInt32(MASK, extras.maskLow, true);
  view.setInt32(MASK + 4, extras.maskHigh, true);
  for (let i = 0; i < 2; i++) {
    view.setInt32(GENERAL + 4 * i, words[registers + WORD_PC + i] as number, true);
  }
  for (let i = 2; i < 64; i++) {
    view.setInt32(GENERAL + 4 * i, words[registers + WORD_X + i] as number, true);
  }
  for (let i = 0; i < 64; i++) {
    view.setInt32(FLOATING + 4 * i, words[registers + WORD_F + i] as number, true);
  }
  view.setInt32(FLOATING + 256, words[registers + WORD_FCSR] as number, true);
}

/** Restores the registers from a frame. @returns the mask to set: [low, high] */
export function readFrame(
  view: DataView,
  platform: Platform,
  registers: number,
): readonly [number, number] {
  const words = platform.words;
  for (let i = 0; i < 2; i++) {
    words[registers + WORD_PC + i] = view.getInt32(GENERAL + 4 * i, true);
  }
  for (let i = 2; i < 64; i++) {
    words[registers + WORD_X + i] = view.getInt32(GENERAL + 4 * i, true);
  }
  for (let i = 0; i < 64; i++) {
    words[registers + WORD_F + i] = view.getInt32(FLOATING + 4 * i, true);
  }
  words[registers + WORD_FCSR] = view.getInt32(FLOATING + 256, true) & 0xff;
  return [view.getInt32(MASK, true), view.getInt32(MASK + 4, true)];
}
