/**
 * The platform-level interrupt controller (RISC-V PLIC 1.0.0) with level-triggered gateways: for
 * each source priority, pending bit and gateway; for each context (hart 0 in machine and in
 * supervisor mode) enable bits, threshold, claim and complete.
 */
import {
  PLIC_CONTEXT_MACHINE,
  PLIC_CONTEXT_STRIDE,
  PLIC_CONTEXT_SUPERVISOR,
  PLIC_CONTEXTS,
  PLIC_ENABLE,
  PLIC_ENABLE_STRIDE,
  PLIC_PENDING,
  PLIC_PRIORITY_MAX,
  PLIC_SOURCES,
  PLIC_THRESHOLD,
} from "../../abi/board.js";
import { type AccessBytes, BUS_ERROR, type BusDevice } from "../bus.js";

const SOURCE_WORDS = PLIC_SOURCES / 32;

export interface PlicState {
  /** Per source, 0 to PLIC_PRIORITY_MAX. */
  priorities: Uint8Array;
  /** Per context. */
  thresholds: Uint8Array;
  /** Bits per source: words of 32, source 0 is bit 0 of word 0. */
  pending: Uint32Array;
  /** Level of each source's wire. */
  levels: Uint32Array;
  /** Claimed and not completed: the gateway forwards nothing until then (PLIC 1.0.0, chapter 1). */
  claimed: Uint32Array;
  /** Bits per source for each context, one context's words after the other's. */
  enables: Uint32Array;
}

function setBit(words: Uint32Array, firstWord: number, bit: number, value: boolean): void {
  const index = firstWord + (bit >> 5);
  const mask = 1 << (bit & 31);
  const word = words[index] ?? 0;
  words[index] = value ? word | mask : word & ~mask;
}

function getBit(words: Uint32Array, firstWord: number, bit: number): boolean {
  return (((words[firstWord + (bit >> 5)] ?? 0) >>> (bit & 31)) & 1) === 1;
}

/** The PLIC's registers, and the wires of devices (`setLevel`) and hart (`asserted`). */
export class Plic implements BusDevice {
  state: PlicState = {
    priorities: new Uint8Array(PLIC_SOURCES),
    thresholds: new Uint8Array(PLIC_CONTEXTS),
    pending: new Uint32Array(SOURCE_WORDS),
    levels: new Uint32Array(SOURCE_WORDS),
    claimed: new Uint32Array(SOURCE_WORDS),
    enables: new Uint32Array(PLIC_CONTEXTS * SOURCE_WORDS),
  };

  /**
   * A device drives its interrupt wire. A request that was forwarded stays pending even if the wire
   * falls before the claim (PLIC 1.0.0, 1.2 "Interrupt Gateways").
   * @param source 1 to PLIC_SOURCES - 1
   */
  setLevel(source: number, asserted: boolean): void {
    setBit(this.state.levels, 0, source, asserted);
    this.#forward(source);
  }

  /** Whether the external interrupt of a context is asserted (mip.MEIP, mip.SEIP). */
  asserted(context: number): boolean {
    const source = this.#best(context);
    return (this.state.priorities[source] ?? 0) > (this.state.thresholds[context] ?? 0);
  }

  /** Whether the hart has an external interrupt, in machine or in supervisor mode. */
  get interruptPending(): boolean {
    const { pending } = this.state;
    for (let word = 0; word < SOURCE_WORDS; word++) {
      if (pending[word] !== 0) {
        return this.asserted(PLIC_CONTEXT_MACHINE) || this.asserted(PLIC_CONTEXT_SUPERVISOR);
      }
    }
    return false;
  }

  load(offset: number, sizeBytes: AccessBytes): number {
    if (sizeBytes !== 4) {
      return BUS_ERROR;
    }
    const { state } = this;
    if (offset < PLIC_PENDING) {
      return state.priorities[offset >> 2] ?? 0;
    }
    if (offset < PLIC_ENABLE) {
      return state.pending[(offset - PLIC_PENDING) >> 2] ?? 0;
    }
    if (offset < PLIC_THRESHOLD) {
      const index = this.#enableIndex(offset);
      return index < 0 ? 0 : (state.enables[index] ?? 0);
    }
    const context = Math.floor((offset - PLIC_THRESHOLD) / PLIC_CONTEXT_STRIDE);
    if (context >= PLIC_CONTEXTS) {
      return 0;
    }
    switch ((offset - PLIC_THRESHOLD) % PLIC_CONTEXT_STRIDE) {
      case 0:
        return state.thresholds[context] ?? 0;
      case 4:
        return this.#claim(context);
      default:
        return 0;
    }
  }

  /** Reserved registers ignore writes (PLIC 1.0.0, chapter 3); pending bits are read-only. */
  store(offset: number, sizeBytes: AccessBytes, value: number): number {
    if (sizeBytes !== 4) {
      return BUS_ERROR;
    }
    const { state } = this;
    if (offset < PLIC_PENDING) {
      const source = offset >> 2;
      if (source > 0 && source < PLIC_SOURCES) {
        state.priorities[source] = value & PLIC_PRIORITY_MAX;
      }
    } else if (offset >= PLIC_ENABLE && offset < PLIC_THRESHOLD) {
      const index = this.#enableIndex(offset);
      if (index >= 0) {
        state.enables[index] = index % SOURCE_WORDS === 0 ? value & ~1 : value;
      }
    } else if (offset >= PLIC_THRESHOLD) {
      const context = Math.floor((offset - PLIC_THRESHOLD) / PLIC_CONTEXT_STRIDE);
      const register = (offset - PLIC_THRESHOLD) % PLIC_CONTEXT_STRIDE;
      if (context < PLIC_CONTEXTS && register === 0) {
        state.thresholds[context] = value & PLIC_PRIORITY_MAX;
      } else if (context < PLIC_CONTEXTS && register === 4) {
        this.#complete(context, value);
      }
    }
    return 0;
  }

  /** @returns the index of an enable word in the state, or -1: reserved */
  #enableIndex(offset: number): number {
    const context = Math.floor((offset - PLIC_ENABLE) / PLIC_ENABLE_STRIDE);
    const word = ((offset - PLIC_ENABLE) % PLIC_ENABLE_STRIDE) >> 2;
    return context < PLIC_CONTEXTS && word < SOURCE_WORDS ? context * SOURCE_WORDS + word : -1;
  }

  /** The pending, enabled source of the highest priority, the lowest of equals; or 0: none. */
  #best(context: number): number {
    const { pending, enables, priorities } = this.state;
    let best = 0;
    let bestPriority = 0;
    for (let word = 0; word < SOURCE_WORDS; word++) {
      let bits = (pending[word] ?? 0) & (enables[context * SOURCE_WORDS + word] ?? 0);
      while (bits !== 0) {
        const lowest = bits & -bits;
        const source = word * 32 + (31 - Math.clz32(lowest));
        const priority = priorities[source] ?? 0;
        if (priority > bestPriority) {
          best = source;
          bestPriority = priority;
        }
        bits ^= lowest;
      }
    }
    return best;
  }

  /** The gateway turns a level into one request at a time. */
  #forward(source: number): void {
    const { levels, claimed, pending } = this.state;
    if (getBit(levels, 0, source) && !getBit(claimed, 0, source)) {
      setBit(pending, 0, source, true);
    }
  }

  /** Claim ignores the threshold (PLIC 1.0.0, chapter 8). */
  #claim(context: number): number {
    const source = this.#best(context);
    if (source !== 0) {
      setBit(this.state.pending, 0, source, false);
      setBit(this.state.claimed, 0, source, true);
    }
    return source;
  }

  /** Completion of a source that is not enabled for the context is ignored (chapter 9). */
  #complete(context: number, source: number): void {
    const { enables, claimed } = this.state;
    if (source < PLIC_SOURCES && getBit(enables, context * SOURCE_WORDS, source)) {
      setBit(claimed, 0, source, false);
      this.#forward(source);
    }
  }
}
