/** A machine with page tables that a test fills by hand, for one instruction or a few at a time. */

import { encode, toBytes } from "../../src/machine/isa/encode.js";
import type { Operands } from "../../src/machine/isa/instruction.js";
import { createMachine, type Machine, type MachineOptions } from "../../src/machine/machine.js";
import {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  CONTINUE,
  type ContextId,
  EXIT_TRAP,
  PAGE_BYTES,
  type SpaceId,
  WORD_F,
  WORD_FCSR,
  WORD_PC,
} from "../../src/machine/platform.js";
import { emptyBus } from "./user.js";

export const R = ACCESS_READ;
export const RW = ACCESS_READ | ACCESS_WRITE;
export const RX = ACCESS_READ | ACCESS_EXECUTE;
export const RWX = ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE;

/** Pages used by most tests. */
export const CODE = 0x10000;
export const DATA = 0x20000;

export type Line = readonly [name: string, operands?: Partial<Operands>];

/**
 * Which tier the tests of the machine are about: SIXFOLD_TEST_TIER=translator, everything is
 * translated as soon as it is come upon (tiers.test.ts); else only the interpreter runs.
 */
export const tier: Partial<MachineOptions> = Object.freeze(
  process.env.SIXFOLD_TEST_TIER === "translator"
    ? { translateAfterSamples: 0 }
    : { translator: false },
);

export class Rig {
  readonly machine: Machine;
  readonly context: ContextId;
  readonly space: SpaceId;
  /** Per space: page number -> frame × 8 + permissions. */
  readonly pages: Map<SpaceId, Map<number, number>> = new Map();
  /** Misses that the machine asked about. */
  readonly misses: { space: SpaceId; page: number; access: number }[] = [];
  onEnvironmentCall: (context: ContextId, executed: number) => number = () => CONTINUE;
  onMiss: ((space: SpaceId, page: number, access: number) => void) | undefined;

  constructor(options: Partial<MachineOptions> = {}) {
    this.machine = createMachine({
      ramBytes: 1 << 20,
      bus: emptyBus,
      maximumContexts: 64,
      maximumSpaces: 64,
      translationAreas: 4,
      decodedPages: 16,
      ...tier,
      ...options,
      handlers: {
        environmentCall: (context, executed) => this.onEnvironmentCall(context, executed),
        translate: (space, page, access) => {
          this.misses.push({ space, page, access });
          this.onMiss?.(space, page, access);
          const entry = this.pages.get(space)?.get(page) ?? 0;
          return (entry & access) === 0 ? -1 : entry;
        },
        timeTicks: (executed) => 1_000_000 + executed,
      },
    });
    this.space = this.newSpace();
    this.context = this.newContext(this.space);
    this.map(CODE, 1, RX);
    this.map(DATA, 2, RW);
  }

  newSpace(): SpaceId {
    const space = this.machine.createSpace();
    this.pages.set(space, new Map());
    return space;
  }

  newContext(space: SpaceId, pc = CODE): ContextId {
    const context = this.machine.createContext();
    this.machine.setSpace(context, space);
    this.setPc(pc, context);
    return context;
  }

  map(address: number, frame: number, permissions: number, space = this.space): void {
    const page = Math.floor(address / PAGE_BYTES);
    this.pages.get(space)?.set(page, frame * 8 + permissions);
    this.machine.invalidatePage(space, page);
  }

  unmap(address: number, space = this.space): void {
    const page = Math.floor(address / PAGE_BYTES);
    this.pages.get(space)?.delete(page);
    this.machine.invalidatePage(space, page);
  }

  /** Writes into a frame as the kernel does. */
  write(frame: number, offset: number, bytes: Uint8Array): void {
    this.machine.ram.set(bytes, frame * PAGE_BYTES + offset);
    if (this.machine.codeFrames[frame] !== 0) this.machine.invalidateCode(frame);
  }

  read(frame: number, offset: number, lengthBytes: number): number[] {
    const start = frame * PAGE_BYTES + offset;
    return [...this.machine.ram.subarray(start, start + lengthBytes)];
  }

  /** Assembles into frame 1, which is mapped at CODE. */
  code(lines: readonly Line[], offset = 0, frame = 1): void {
    this.write(frame, offset, assemble(lines));
  }

  private at(word: number, context: ContextId): number {
    return this.machine.registersBase(context) + word;
  }

  setX(register: number, value: number | bigint, context = this.context): void {
    this.setLong(register * 2, BigInt(value), context);
  }

  setF(register: number, bits: bigint, context = this.context): void {
    this.setLong(WORD_F + register * 2, bits, context);
  }

  getX(register: number, context = this.context): bigint {
    return this.getLong(register * 2, context);
  }

  setPc(pc: number, context = this.context): void {
    this.setLong(WORD_PC, BigInt(pc), context);
  }

  getPc(context = this.context): number {
    return Number(this.getLong(WORD_PC, context));
  }

  setFcsr(value: number): void {
    this.machine.words[this.at(WORD_FCSR, this.context)] = value;
  }

  run(budget = 1000, context = this.context): number {
    return this.machine.run(context, budget);
  }

  /** All that a slice that ended with `exit` left behind, but for memory. */
  stateAfter(exit: number, context = this.context): Record<string, unknown> {
    const { machine } = this;
    const base = machine.registersBase(context);
    return {
      exit,
      executed: machine.executedInstructions,
      trap: exit === EXIT_TRAP ? this.trap : undefined,
      pc: this.getPc(context),
      words: [...machine.words.subarray(base, base + WORD_FCSR + 1)],
    };
  }

  get trap(): { cause: number; value: bigint } {
    const { trapCause: cause, trapValueLow, trapValueHigh } = this.machine;
    const value = BigInt(trapValueLow >>> 0) | (BigInt(trapValueHigh >>> 0) << 32n);
    return { cause, value };
  }

  private setLong(word: number, value: bigint, context: ContextId): void {
    const at = this.at(word, context);
    this.machine.words[at] = Number(BigInt.asIntN(32, value));
    this.machine.words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }

  private getLong(word: number, context: ContextId): bigint {
    const at = this.at(word, context);
    const low = BigInt((this.machine.words[at] ?? 0) >>> 0);
    return low | (BigInt((this.machine.words[at + 1] ?? 0) >>> 0) << 32n);
  }
}

export function assemble(lines: readonly Line[]): Uint8Array {
  return toBytes(lines.map(([name, operands]) => encode(name, operands)));
}
