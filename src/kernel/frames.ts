/**
 * Frames: who holds which page of the machine's memory. A frame has a count of references; mappings
 * and memory objects hold one each. At none it goes back to the free stack. Each frame is charged
 * to the job that took it (jobs.ts).
 *
 * What kernel and services keep for programs is in the host's memory, not in frames. So that the
 * host's memory stays bounded by the machine's, such objects have an allowance, and beyond it take
 * the place of frames that no program has touched yet, which the host has not had to provide. They
 * keep that place: what the host has given once it hardly gets back.
 */
import { ENOMEM } from "../abi/errno.js";
import { PAGE_BYTES, type Platform } from "../machine/platform.js";
import { FRAME_USE, Jobs, NO_JOB } from "./jobs.js";
import type { Result } from "./protocol.js";

/** In place of a frame that is wished: any, or one with room below it for a stack. */
export const FRAME_WISH: Readonly<{ any: number; stack: number }> = Object.freeze({
  any: -1,
  stack: -2,
});
/** This part of all frames is for stacks, so many frames apart. */
const ZONE_DIVISOR = 32;
const STACK_FRAMES = 32;

export interface FrameState {
  readonly references: Uint32Array;
  /**
   * A stack of free frames: the first `freeCount` entries are valid, the first `untouchedCount` of
   * these nobody has touched yet.
   */
  readonly free: Int32Array;
  freeCount: number;
  untouchedCount: number;
  /** By free frame: its place in the stack. */
  readonly places: Int32Array;
  /** By frame: the job that it is charged to, and what for. */
  readonly owners: Uint32Array;
  readonly uses: Uint8Array;
}

/** Objects of kernel and services may always have so much together. */
export const OBJECT_ALLOWANCE_BYTES = 16 * 2 ** 20;
/** Beyond it each byte of them counts as so many: garbage is collected only now and then. */
const OBJECT_WEIGHT = 2;
/** The part of the machine's memory that objects can displace. */
const DISPLACED_DIVISOR = 4;

/** @returns bytes that objects of kernel and services may have together, at the most */
export function objectBytesMax(ramBytes: number): number {
  return OBJECT_ALLOWANCE_BYTES + ramBytes / DISPLACED_DIVISOR / OBJECT_WEIGHT;
}

export class Frames {
  readonly state: FrameState;
  /** From there on are the frames of stacks: others get them last. */
  private readonly zoneStart: number;

  constructor(
    private readonly platform: Platform,
    private readonly jobs: Jobs = new Jobs(),
  ) {
    const count = platform.frameCount;
    const free = new Int32Array(count);
    for (let i = 0; i < count; i++) free[i] = count - 1 - i;
    this.zoneStart = count - Math.floor(count / ZONE_DIVISOR);
    this.state = {
      references: new Uint32Array(count),
      free,
      freeCount: count,
      untouchedCount: count,
      places: free.slice(),
      owners: new Uint32Array(count).fill(NO_JOB),
      uses: new Uint8Array(count),
    };
    const most = Math.floor(count / DISPLACED_DIVISOR);
    jobs.bound(() => {
      const frames = Math.min(most, this.state.untouchedCount);
      return OBJECT_ALLOWANCE_BYTES + (frames * PAGE_BYTES) / OBJECT_WEIGHT;
    });
  }

  /** Frames whose place objects have. */
  private get displacedCount(): number {
    const beyond = this.jobs.state.objectBytesMax - OBJECT_ALLOWANCE_BYTES;
    return beyond <= 0 ? 0 : Math.ceil((beyond * OBJECT_WEIGHT) / PAGE_BYTES);
  }

  /** Frames that can still be had. */
  get freeCount(): number {
    return Math.max(0, this.state.freeCount - this.displacedCount);
  }

  /**
   * @param use FRAME_USE
   * @param wish this frame if it can be had, or one of FRAME_WISH
   * @returns a frame with one reference, -ENOMEM, or for files -ENOSPC
   */
  allocate(zeroed: boolean, use: number = FRAME_USE.memory, wish = FRAME_WISH.any): Result {
    const state = this.state;
    if (state.freeCount <= this.displacedCount) return -ENOMEM;
    const refused = this.jobs.mayTakeFrame(use);
    if (refused !== 0) return refused;
    const frame = this.take(wish === FRAME_WISH.stack ? this.roomBelow() : wish);
    state.references[frame] = 1;
    state.owners[frame] = this.jobs.takeFrame(use);
    state.uses[frame] = use;
    if (zeroed) this.clear(frame, 0, PAGE_BYTES);
    return frame;
  }

  /** Takes a frame from the stack of free ones: the wished one if it is there, else the last. */
  private take(wish: number): number {
    const { state } = this;
    let place = state.freeCount - 1;
    if (wish >= 0 && wish < state.free.length && state.references[wish] === 0) {
      const wished = state.places[wish] as number;
      if (wished >= state.untouchedCount || this.mayTouch()) place = wished;
    }
    const frame = state.free[place] as number;
    if (place < state.untouchedCount) place = this.move(--state.untouchedCount, place);
    this.move(--state.freeCount, place);
    return frame;
  }

  /** A free frame with free ones below it, where a stack may begin; -1: there is none. */
  private roomBelow(): number {
    const { references } = this.state;
    for (let frame = references.length - 1; frame > this.zoneStart; frame -= STACK_FRAMES) {
      if (references[frame] === 0 && references[frame - 1] === 0) return frame;
    }
    return -1;
  }

  /** Whether a frame that nobody has touched may be given though others are free. */
  private mayTouch(): boolean {
    const zone = this.state.references.length - this.zoneStart;
    return this.state.untouchedCount > this.displacedCount + zone;
  }

  /** Fills a gap in the stack with what is at another place, which is the gap then. */
  private move(from: number, gap: number): number {
    if (from !== gap) this.put(this.state.free[from] as number, gap);
    return from;
  }

  private put(frame: number, place: number): void {
    this.state.free[place] = frame;
    this.state.places[frame] = place;
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
    this.jobs.returnFrame(this.state.owners[frame] as number, this.state.uses[frame] as number);
    if (this.platform.codeFrames[frame] !== 0) this.platform.invalidateCode(frame);
    const { free, untouchedCount } = this.state;
    let place = this.state.freeCount++;
    if (frame >= this.zoneStart && place > untouchedCount) {
      this.put(free[untouchedCount] as number, place);
      place = untouchedCount;
    }
    this.put(frame, place);
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
