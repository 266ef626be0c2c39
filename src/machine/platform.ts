/**
 * The only thing of the machine that the kernel sees: frames of memory, hart contexts over address
 * spaces, a run for a budget that ends in a trap, and the bus behind which the devices are.
 *
 * Hosted mode: traps come back to the TypeScript kernel, which answers translation misses itself.
 */

/** Bytes of a page and of a frame (RISC-V Privileged 12.3: Sv39's base page). */
export const PAGE_BYTES = 4096;
/** Physical address of the first frame, as on every board with a RISC-V privileged memory map. */
export const RAM_BASE = 0x8000_0000;
/** User addresses are below this (Sv39's lower half), so each fits in a JavaScript number. */
export const USER_ADDRESS_LIMIT = 2 ** 38;

/** Index of a hart context: registers, pc, fcsr, privilege state; a task has one. */
export type ContextId = number;
/** Index of an address space that the machine keeps translations for. */
export type SpaceId = number;
/** Index of a frame: its physical address is RAM_BASE + frame × PAGE_BYTES. */
export type Frame = number;

/** What an access wants; also the permission bits of a translation. */
export const ACCESS_READ = 1;
export const ACCESS_WRITE = 2;
export const ACCESS_EXECUTE = 4;

/** Why `run` came back. */
export const EXIT_BUDGET = 0;
export const EXIT_TRAP = 1;
/** A handler of environmentCall answered LEAVE; the pc is already behind the ecall. */
export const EXIT_LEFT = 2;

/**
 * Answers of `environmentCall`: go on behind the ecall in the same context, or come back from
 * `run`.
 */
export const CONTINUE = 0;
export const LEAVE = 1;

/**
 * Trap causes (RISC-V Privileged, table of scause values). Environment calls never come as traps.
 */
export const CAUSE_INSTRUCTION_MISALIGNED = 0;
export const CAUSE_INSTRUCTION_ACCESS = 1;
export const CAUSE_ILLEGAL_INSTRUCTION = 2;
export const CAUSE_BREAKPOINT = 3;
export const CAUSE_LOAD_MISALIGNED = 4;
export const CAUSE_LOAD_ACCESS = 5;
export const CAUSE_STORE_MISALIGNED = 6;
export const CAUSE_STORE_ACCESS = 7;
export const CAUSE_ENVIRONMENT_CALL_USER = 8;
export const CAUSE_INSTRUCTION_PAGE_FAULT = 12;
export const CAUSE_LOAD_PAGE_FAULT = 13;
export const CAUSE_STORE_PAGE_FAULT = 15;

/** What the kernel provides to the machine. None of these may enter guest code. */
export interface PlatformHandlers {
  /**
   * An ecall of `context` from user mode. The context's pc is already behind the ecall.
   * `executedInstructions` counts those of this run so far, the ecall included.
   * @returns CONTINUE or LEAVE
   */
  environmentCall(context: ContextId, executedInstructions: number): number;
  /**
   * A page without a cached translation. May allocate (demand-zero, copy-on-write), must not wait.
   * @param pageNumber virtual address / PAGE_BYTES, below USER_ADDRESS_LIMIT / PAGE_BYTES
   * @param access one of ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE
   * @returns frame × 8 + permission bits that may be cached, or -1: raise the page fault
   */
  translate(space: SpaceId, pageNumber: number, access: number): number;
  /** The time CSR in ticks of 100 ns, given the instructions executed in this run so far. */
  timeTicks(executedInstructions: number): number;
}

/** Memory-mapped registers. An address that no device answers is a bus error. */
export interface Bus {
  /** @returns the unsigned value, or -1: bus error */
  load(address: number, sizeBytes: 1 | 2 | 4): number;
  /** @returns 0, or -1: bus error */
  store(address: number, sizeBytes: 1 | 2 | 4, value: number): number;
  /** True while the interrupt controller asserts the external interrupt of the hart. */
  readonly interruptPending: boolean;
}

export interface Platform {
  /** All frames, one after the other: frame f is at byte f × PAGE_BYTES. Never detached. */
  readonly ram: Uint8Array;
  readonly frameCount: number;
  /** Per frame: non-zero while the machine has decoded (or translated) code of it. */
  readonly codeFrames: Uint8Array;
  readonly bus: Bus;

  /** @returns a context with all registers zero in user mode, or -1: no slot left */
  createContext(): ContextId;
  destroyContext(context: ContextId): void;
  /** Copies every register, pc and CSR (fork, clone); the reservation of LR is not copied. */
  copyContext(from: ContextId, to: ContextId): void;
  /** @returns -1: no slot left */
  createSpace(): SpaceId;
  destroySpace(space: SpaceId): void;
  setSpace(context: ContextId, space: SpaceId): void;
  /**
   * Forget the cached translation of a page; needed whenever permission is taken or the frame
   * changes.
   */
  invalidatePage(space: SpaceId, pageNumber: number): void;
  invalidateSpace(space: SpaceId): void;
  /** The kernel has written to a frame for which codeFrames says that code was decoded. */
  invalidateCode(frame: Frame): void;

  /**
   * Runs the context until its budget is spent (looked at only at preemption points: a taken jump
   * or branch to a target ≤ pc, or a call), a trap, or LEAVE.
   * @param budgetInstructions > 0, < 2^31
   * @returns EXIT_BUDGET, EXIT_TRAP or EXIT_LEFT
   */
  run(context: ContextId, budgetInstructions: number): number;
  /**
   * Instructions retired by the last run, exact. A trapping instruction is not counted, an ecall
   * is.
   */
  readonly executedInstructions: number;
  /**
   * Of the last EXIT_TRAP: cause and trap value (low and high word). The pc is that of the
   * instruction.
   */
  readonly trapCause: number;
  readonly trapValueLow: number;
  readonly trapValueHigh: number;

  /**
   * The registers of all contexts as 32-bit words. Of context c, from word registersBase(c):
   * x0..x31 (two words each, low first), f0..f31 (two words each), pc (two words), fcsr (one word).
   */
  readonly words: Int32Array;
  registersBase(context: ContextId): number;
}
/** Word offsets from registersBase. */
export const WORD_X = 0;
export const WORD_F = 64;
export const WORD_PC = 128;
export const WORD_FCSR = 130;
