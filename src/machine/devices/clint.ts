/**
 * The core-local interruptor: software interrupt (msip) and timer (mtime, mtimecmp) of hart 0, in
 * the layout of SiFive's CLINT (RISC-V ACLINT 1.0, MSWI and MTIMER). Time comes from the host.
 */
import {
  CLINT_MSIP,
  CLINT_MTIME_HIGH,
  CLINT_MTIME_LOW,
  CLINT_MTIMECMP_HIGH,
  CLINT_MTIMECMP_LOW,
} from "../../abi/board.js";
import { type AccessBytes, BUS_ERROR, type BusDevice } from "../bus.js";
import type { TimerHost } from "./host.js";

const WORD_VALUES = 2 ** 32;

export interface ClintState {
  /** 0 or 1. */
  softwareInterrupt: number;
  compareLow: number;
  compareHigh: number;
  /** What mtime is ahead of the host's ticks, modulo 2^64: set when the guest writes mtime. */
  offsetLow: number;
  offsetHigh: number;
}

/** The CLINT's registers; the levels of its two interrupts are getters. */
export class Clint implements BusDevice {
  /** mtimecmp begins at its maximum: no timer interrupt is pending before the first write. */
  state: ClintState = {
    softwareInterrupt: 0,
    compareLow: WORD_VALUES - 1,
    compareHigh: WORD_VALUES - 1,
    offsetLow: 0,
    offsetHigh: 0,
  };
  readonly #host: TimerHost;

  constructor(host: TimerHost) {
    this.#host = host;
  }

  /** Level of the machine software interrupt (mip.MSIP). */
  get softwareInterruptPending(): boolean {
    return this.state.softwareInterrupt === 1;
  }

  /** Level of the machine timer interrupt (mip.MTIP): mtime ≥ mtimecmp, unsigned. */
  get timerInterruptPending(): boolean {
    return this.ticksUntilTimer === 0;
  }

  /** Ticks from now until the timer interrupt is pending; 0: it is; Infinity: not below 2^53. */
  get ticksUntilTimer(): number {
    const { low, high } = this.#time();
    const { compareLow, compareHigh } = this.state;
    const ticks = (compareHigh - high) * WORD_VALUES + (compareLow - low);
    return ticks <= 0 ? 0 : ticks > Number.MAX_SAFE_INTEGER ? Infinity : ticks;
  }

  load(offset: number, sizeBytes: AccessBytes): number {
    if (sizeBytes !== 4) {
      return BUS_ERROR;
    }
    switch (offset) {
      case CLINT_MTIMECMP_LOW:
        return this.state.compareLow;
      case CLINT_MTIMECMP_HIGH:
        return this.state.compareHigh;
      case CLINT_MTIME_LOW:
        return this.#time().low;
      case CLINT_MTIME_HIGH:
        return this.#time().high;
      case CLINT_MSIP:
        return this.state.softwareInterrupt;
      default:
        // The words of harts that are not there are hard-wired to zero (ACLINT 1.0, 3.1).
        return 0;
    }
  }

  store(offset: number, sizeBytes: AccessBytes, value: number): number {
    if (sizeBytes !== 4) {
      return BUS_ERROR;
    }
    const { state } = this;
    switch (offset) {
      case CLINT_MSIP:
        state.softwareInterrupt = value & 1;
        break;
      case CLINT_MTIMECMP_LOW:
        state.compareLow = value;
        break;
      case CLINT_MTIMECMP_HIGH:
        state.compareHigh = value;
        break;
      case CLINT_MTIME_LOW:
        this.#setTime(value, this.#time().high);
        break;
      case CLINT_MTIME_HIGH:
        this.#setTime(this.#time().low, value);
        break;
    }
    return 0;
  }

  #time(): { low: number; high: number } {
    const ticks = this.#host.timeTicks();
    const sum = (ticks % WORD_VALUES) + this.state.offsetLow;
    const high = Math.floor(ticks / WORD_VALUES) + this.state.offsetHigh;
    return { low: sum >>> 0, high: (high + (sum >= WORD_VALUES ? 1 : 0)) >>> 0 };
  }

  #setTime(low: number, high: number): void {
    const ticks = this.#host.timeTicks();
    const difference = low - (ticks % WORD_VALUES);
    this.state.offsetLow = difference >>> 0;
    this.state.offsetHigh =
      (high - Math.floor(ticks / WORD_VALUES) - (difference < 0 ? 1 : 0)) >>> 0;
  }
}
