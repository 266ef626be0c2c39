/**
 * A fake kernel with a memory service and one task, and what a program does to its memory. For the
 * tests of the memory service, which bring the service itself.
 */
import { PROT_READ, PROT_WRITE } from "../../abi/memory.js";
import { ATTRIBUTE, type KernelCalls } from "../../kernel/calls.js";
import type { MemoryService } from "../memory/protocol.js";
import { FakeKernel } from "./fake-frames.js";

const PAGE_BYTES = 4096;
/** MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED. */
const PRIVATE_FIXED = 0x32;

/** Task 1 under way to its first program: `space` is being built. */
export class MemorySystem<M extends MemoryService> {
  readonly kernel: FakeKernel;
  readonly memory: M;
  readonly space: number;

  constructor(make: (calls: KernelCalls) => M, frameCount: number) {
    this.kernel = new FakeKernel(frameCount, 1);
    this.memory = make(this.kernel.calls);
    this.kernel.addTask(1, 1);
    this.space = this.memory.createSpace(1);
  }

  /** The program runs. */
  readonly begin = (): void => this.kernel.endCall(1, true, this.memory);

  readonly limit = (resource: number, value: number): void => {
    this.kernel.task(1).attributes.set(ATTRIBUTE.limits + resource, value);
  };

  /** A new task 2 … with a copy (shared 0) of task 1's space. */
  readonly fork = (child: number, shared = 0): void => {
    this.kernel.addTask(child, child);
    if (this.memory.fork(1, child, shared) !== 0) throw new Error("fork failed");
    this.kernel.endCall(1, true, this.memory);
  };

  /** Stores a byte as the program would: fault, then store. @returns 0 or -errno */
  readonly store = (task: number, address: number, byte: number): number => {
    const result = this.memory.fault(task, Math.floor(address / PAGE_BYTES), PROT_WRITE);
    if (result < 0) return result;
    return this.kernel.calls.copyOut(task, address, new Uint8Array([byte]), 0, 1);
  };

  /** Loads a byte. @returns it, or -errno */
  readonly load = (task: number, address: number): number => {
    const result = this.memory.fault(task, Math.floor(address / PAGE_BYTES), PROT_READ);
    return result < 0 ? result : (this.kernel.bytesAt(task, address, 1)[0] as number);
  };

  /** mmap of private anonymous memory, readable and writable. */
  readonly anonymous = (pages: number, address: number, flags = PRIVATE_FIXED): number =>
    this.memory.map(1, address, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
}
