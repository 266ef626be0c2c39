/**
 * A tiny user-mode environment for tests of the machine: loads a static riscv64 ELF file into an
 * address space of a machine and serves the few system calls that such a program makes. It knows
 * nothing of our kernel; only the machine is under test.
 */

import { createMachine, type Machine, type MachineOptions } from "../../src/machine/machine.js";
import {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  CONTINUE,
  type ContextId,
  EXIT_BUDGET,
  EXIT_LEFT,
  LEAVE,
  PAGE_BYTES,
  type SpaceId,
  WORD_PC,
} from "../../src/machine/platform.js";

const ALL = ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE;
const STACK_TOP = 0x3f_f000_0000;
const STACK_BYTES = 8 << 20;
const ENOSYS = 38;

/** No devices. */
export const emptyBus = Object.freeze({
  load: () => -1,
  store: () => -1,
  interruptPending: false,
});

export interface UserResult {
  readonly output: Buffer;
  /** Exit status, or -1: ended by a trap. */
  readonly status: number;
  readonly instructions: number;
  readonly trap?: { cause: number; value: number; pc: number };
}

export class UserProgram {
  readonly machine: Machine;
  readonly context: ContextId;
  readonly space: SpaceId;
  /** Page number -> frame × 8 + permissions; pages appear on first use inside `regions`. */
  readonly pages: Map<number, number> = new Map();
  readonly regions: { start: number; end: number; permissions: number }[] = [];
  private nextFrame = 0;
  private programBreak = 0;
  private mapTop = 0x20_0000_0000;
  private readonly output: Buffer[] = [];
  private status = -1;

  constructor(options: Partial<MachineOptions> = {}) {
    this.machine = createMachine({
      ramBytes: 256 << 20,
      bus: emptyBus,
      maximumContexts: 16,
      maximumSpaces: 16,
      translationAreas: 4,
      ...options,
      handlers: {
        environmentCall: () => this.systemCall(),
        translate: (_space, pageNumber, access) => this.translate(pageNumber, access),
        timeTicks: (executed) => executed,
        ...options.handlers,
      },
    });
    this.context = this.machine.createContext();
    this.space = this.machine.createSpace();
    this.machine.setSpace(this.context, this.space);
  }

  /** Makes [start, end) demand-zero memory. */
  map(start: number, end: number, permissions: number): void {
    this.regions.push({ start, end, permissions });
  }

  /** Register by its offset from registersBase, as a number (addresses only). */
  getWord(word: number): number {
    const at = this.machine.registersBase(this.context) + word;
    const { words } = this.machine;
    return ((words[at] ?? 0) >>> 0) + (words[at + 1] ?? 0) * 2 ** 32;
  }

  setWord(word: number, value: number): void {
    const at = this.machine.registersBase(this.context) + word;
    this.machine.words[at] = value | 0;
    this.machine.words[at + 1] = Math.floor(value / 2 ** 32);
  }

  getX(register: number): number {
    return this.getWord(register * 2);
  }

  setX(register: number, value: number): void {
    this.setWord(register * 2, value);
  }

  /** Copies bytes to or from user memory, page by page, whatever the permissions. */
  copy(address: number, bytes: Uint8Array, direction: "in" | "out"): void {
    for (let done = 0; done < bytes.length; ) {
      const at = address + done;
      const length = Math.min(bytes.length - done, PAGE_BYTES - (at % PAGE_BYTES));
      const frame = this.frameOf(Math.floor(at / PAGE_BYTES));
      const start = frame * PAGE_BYTES + (at % PAGE_BYTES);
      const guest = this.machine.ram.subarray(start, start + length);
      if (direction === "in") {
        guest.set(bytes.subarray(done, done + length));
        if (this.machine.codeFrames[frame] !== 0) this.machine.invalidateCode(frame);
      } else bytes.set(guest, done);
      done += length;
    }
  }

  /** Loads an ELF file and makes the stack. */
  load(file: Buffer, args: readonly string[]): void {
    const programHeaders = Number(file.readBigUInt64LE(32));
    let end = 0;
    for (let index = 0; index < file.readUInt16LE(56); index++) {
      const at = programHeaders + index * file.readUInt16LE(54);
      if (file.readUInt32LE(at) !== 1) continue;
      const offset = Number(file.readBigUInt64LE(at + 8));
      const address = Number(file.readBigUInt64LE(at + 16));
      const fileBytes = Number(file.readBigUInt64LE(at + 32));
      const memoryBytes = Number(file.readBigUInt64LE(at + 40));
      this.map(
        Math.floor(address / PAGE_BYTES) * PAGE_BYTES,
        Math.ceil((address + memoryBytes) / PAGE_BYTES) * PAGE_BYTES,
        ALL,
      );
      this.copy(address, file.subarray(offset, offset + fileBytes), "in");
      end = Math.max(end, address + memoryBytes);
    }
    this.programBreak = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
    this.map(this.programBreak, this.programBreak + (1 << 30), ALL);
    this.map(STACK_TOP - STACK_BYTES, STACK_TOP, ACCESS_READ | ACCESS_WRITE);
    this.buildStack(file, programHeaders, args);
    this.setWord(WORD_PC, Number(file.readBigUInt64LE(24)));
  }

  /** Runs to the end. @param budget instructions of each call of `run` */
  run(budget = 100_000_000): UserResult {
    let instructions = 0;
    for (;;) {
      const exit = this.machine.run(this.context, budget);
      instructions += this.machine.executedInstructions;
      if (exit === EXIT_BUDGET) continue;
      const output = Buffer.concat(this.output);
      if (exit === EXIT_LEFT) return { output, status: this.status, instructions };
      const { trapCause: cause, trapValueLow, trapValueHigh } = this.machine;
      const value = (trapValueLow >>> 0) + trapValueHigh * 2 ** 32;
      const trap = { cause, value, pc: this.getWord(WORD_PC) };
      return { output, status: -1, instructions, trap };
    }
  }

  private buildStack(file: Buffer, programHeaders: number, args: readonly string[]): void {
    let at = STACK_TOP - 16;
    this.copy(at, Buffer.from("0123456789abcdef"), "in");
    const random = at;
    const pointers = args.map((text) => {
      at -= Buffer.byteLength(text) + 1;
      this.copy(at, Buffer.from(`${text}\0`), "in");
      return at;
    });
    const base = this.regions[0]?.start ?? 0;
    const auxiliary = [3, base + programHeaders, 4, 56, 5, file.readUInt16LE(56), 6, PAGE_BYTES];
    auxiliary.push(9, Number(file.readBigUInt64LE(24)), 25, random, 0, 0);
    const vector = [args.length, ...pointers, 0, 0, ...auxiliary];
    const bytes = Buffer.alloc(vector.length * 8);
    for (const [index, word] of vector.entries()) bytes.writeBigUInt64LE(BigInt(word), index * 8);
    at = Math.floor((at - bytes.length) / 16) * 16;
    this.copy(at, bytes, "in");
    this.setX(2, at);
  }

  private frameOf(pageNumber: number): number {
    const known = this.pages.get(pageNumber);
    if (known !== undefined) return known >> 3;
    const address = pageNumber * PAGE_BYTES;
    const region = this.regions.find(({ start, end }) => address >= start && address < end);
    if (region === undefined) throw new Error(`no page at 0x${address.toString(16)}`);
    const frame = this.nextFrame++;
    if (frame >= this.machine.frameCount) throw new Error("out of frames");
    this.pages.set(pageNumber, frame * 8 + region.permissions);
    return frame;
  }

  private translate(pageNumber: number, access: number): number {
    if (!this.pages.has(pageNumber)) {
      const address = pageNumber * PAGE_BYTES;
      if (!this.regions.some(({ start, end }) => address >= start && address < end)) return -1;
      this.frameOf(pageNumber);
    }
    const entry = this.pages.get(pageNumber) ?? -1;
    return (entry & access) === 0 ? -1 : entry;
  }

  private systemCall(): number {
    const number = this.getX(17);
    const [a0, a1, a2] = [this.getX(10), this.getX(11), this.getX(12)];
    if (number === 93 || number === 94) {
      this.status = a0 & 0xff;
      return LEAVE;
    }
    this.setX(10, this.serve(number, a0, a1, a2));
    return CONTINUE;
  }

  private serve(number: number, a0: number, a1: number, a2: number): number {
    switch (number) {
      case 64: {
        const bytes = Buffer.alloc(a2);
        this.copy(a1, bytes, "out");
        this.output.push(bytes);
        return a2;
      }
      case 66: {
        let total = 0;
        for (let index = 0; index < a2; index++) {
          const vector = Buffer.alloc(16);
          this.copy(a1 + index * 16, vector, "out");
          const length = Number(vector.readBigUInt64LE(8));
          total += this.serve(64, a0, Number(vector.readBigUInt64LE(0)), length);
        }
        return total;
      }
      case 113: {
        const time = Buffer.alloc(16);
        const now = Math.floor(performance.now() * 1e6);
        time.writeBigUInt64LE(BigInt(Math.floor(now / 1e9)), 0);
        time.writeBigUInt64LE(BigInt(now % 1_000_000_000), 8);
        this.copy(a1, time, "in");
        return 0;
      }
      case 214:
        return a0 === 0 ? this.programBreak : a0;
      case 222: {
        const start = this.mapTop;
        this.mapTop += Math.ceil(a1 / PAGE_BYTES) * PAGE_BYTES;
        this.map(start, this.mapTop, ALL);
        return start;
      }
      case 215:
      case 226:
        return 0;
      case 96:
        return 1;
      default:
        return -ENOSYS;
    }
  }
}
