/**
 * Frames: who holds which page of the machine's memory. A frame has a count of references; mappings
 * and memory objects hold one each. At none it goes back to the free stack.
 */
import { ENOMEM } from "../abi/errno.js";
import { PAGE_BYTES, type Platform } from "../machine/platform.js";
import type { Result } from "./protocol.js";

export interface FrameState {
  readonly references: Uint32Array;
  /** A stack of free frames; the first `freeCount` entries are valid. */
  readonly free: Int32Array;
  freeCount: number;
}

export class Frames {
  readonly state: FrameState;

  constructor(private readonly platform: Platform) {
    const count = platform.frameCount;
    const free = new Int32Array(count);
    for (let i = 0; i < count; i++) free[i] = count - 1 - i;
    this.state = { references: new Uint32Array(count), free, freeCount: count };
  }

  /** @returns a frame with one reference, or -ENOMEM */
  allocate(zeroed: boolean): Result {
    const state = this.state;
    if (state.freeCount === 0) return -ENOMEM;
    const frame = state.free[--state.freeCount] as number;
    state.references[frame] = 1;
    if (zeroed) this.clear(frame, 0, PAGE_BYTES);
    return frame;
  }

  retain(frame: number): void {
    this.check(frame);
    (this.state.references[frame] as number)++;
  }

  /** Drops a reference; the last one frees the frame and forgets code decoded from it. */
  release(frame: number): void {
    this.check(frame);
    const left = --(this.state.references[frame] as number);
    if (left > 0) return;
    if (this.platform.codeFrames[frame] !== 0) this.platform.invalidateCode(frame);
    this.state.free[this.state.freeCount++] = frame;
  }

  references(frame: number): number {
    return this.state.references[frame] as number;
  }

  copy(from: number, to: number): void {
    this.written(to);
    const ram = this.platform.ram;
    ram.copyWithin(to * PAGE_BYTES, from * PAGE_BYTES, (from + 1) * PAGE_BYTES);
  }

  clear(frame: number, offset: number, lengthBytes: number): void {
    this.written(frame);
    const start = frame * PAGE_BYTES + offset;
    this.platform.ram.fill(0, start, start + lengthBytes);
  }

  /** Copies out of a frame into a byte array. */
  read(frame: number, offset: number, to: Uint8Array, toOffset: number, lengthBytes: number): void {
    const start = frame * PAGE_BYTES + offset;
    to.set(this.platform.ram.subarray(start, start + lengthBytes), toOffset);
  }

  /** Copies a byte array into a frame. */
  write(
    frame: number,
    offset: number,
    from: Uint8Array,
    fromOffset: number,
    lengthBytes: number,
  ): void {
    this.written(frame);
    const bytes = from.subarray(fromOffset, fromOffset + lengthBytes);
    this.platform.ram.set(bytes, frame * PAGE_BYTES + offset);
  }

  /** To be called before the kernel changes a frame's bytes: code decoded from it is stale. */
  written(frame: number): void {
    if (this.platform.codeFrames[frame] !== 0) this.platform.invalidateCode(frame);
  }

  private check(frame: number): void {
    if (!((this.state.references[frame] as number) > 0)) {
      throw new Error(`frame ${frame} is not allocated`);
    }
  }
}
