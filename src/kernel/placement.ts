/**
 * Which frame is given: neighbouring pages of memory shall have neighbouring frames, and the host
 * shall have to provide no more memory than necessary.
 *
 * A *block* is 32 frames. Who will want neighbours *claims* a free one and prefers its frames; all
 * others get *loose* frames of blocks that are partly used. A claim is a wish, not a reservation:
 * its frames count as free, and are given to others when there is nothing else. Loose frames are
 * taken from above and claims from below, so that what stays for long does not part what comes and
 * goes in large pieces. What was *touched* (given to somebody before) is taken first: its memory
 * the host has provided already.
 *
 * A block with free frames is in one of six classes: loose, free or claimed, each with free frames
 * that were touched or without. Taking, giving back and finding cost the same whatever is in use.
 */

/** Frames of a block. */
export const BLOCK_FRAMES = 32;
const BLOCK_SHIFT = 5;
const BLOCK_MASK = BLOCK_FRAMES - 1;
const ALL = -1;

/** Classes of blocks; one more if none of the free frames was ever touched. FULL: none is free. */
const LOOSE = 0;
const FREE = 2;
const CLAIMED = 4;
const CLASS_COUNT = 6;
const FULL = 6;

/** In this order loose frames are taken; and when untouched frames may not be. */
const ORDER = Object.freeze([LOOSE, LOOSE + 1, FREE, FREE + 1, CLAIMED, CLAIMED + 1]);
const TOUCHED_ORDER = Object.freeze([LOOSE, FREE, CLAIMED]);

export interface PlacementState {
  freeCount: number;
  /** How many frames nobody has ever had. */
  untouchedCount: number;
  /** By block, a bit for each frame: free; free and never given to anybody. */
  readonly free: Int32Array;
  readonly untouched: Int32Array;
  /** By block, 1: claimed; and the class that it is in. */
  readonly claimed: Uint8Array;
  readonly classes: Uint8Array;
  /** By class: a bit for each block that is in it; and how many are. */
  readonly members: readonly Int32Array[];
  readonly memberCounts: Int32Array;
}

export class Placement {
  readonly state: PlacementState;

  constructor(private readonly frameCount: number) {
    const blocks = Math.ceil(frameCount / BLOCK_FRAMES);
    const words = Math.ceil(blocks / 32);
    const free = new Int32Array(blocks).fill(ALL);
    const rest = frameCount & BLOCK_MASK;
    if (rest !== 0) free[blocks - 1] = (1 << rest) - 1;
    this.state = {
      freeCount: frameCount,
      untouchedCount: frameCount,
      free,
      untouched: free.slice(),
      claimed: new Uint8Array(blocks),
      classes: new Uint8Array(blocks).fill(FULL),
      members: Array.from({ length: CLASS_COUNT }, () => new Int32Array(words)),
      memberCounts: new Int32Array(CLASS_COUNT),
    };
    for (let block = 0; block < blocks; block++) this.classify(block);
  }

  /**
   * Takes a frame; one must be free.
   * @param preferred this one if it is free; -1: a loose one
   * @param touchedOnly one that somebody had before; one of these must be free
   */
  take(preferred: number, touchedOnly: boolean): number {
    const { state } = this;
    let block = preferred >>> BLOCK_SHIFT;
    let bit = preferred < 0 ? 0 : (state.free[block] as number) & (1 << (preferred & BLOCK_MASK));
    if (bit === 0 || (touchedOnly && ((state.untouched[block] as number) & bit) !== 0)) {
      block = this.loose(touchedOnly ? TOUCHED_ORDER : ORDER);
      const free = state.free[block] as number;
      const touched = free & ~(state.untouched[block] as number);
      const bits = touched === 0 ? free : touched;
      bit = bits & -bits;
    }
    state.free[block] = (state.free[block] as number) & ~bit;
    state.freeCount--;
    if (((state.untouched[block] as number) & bit) !== 0) {
      state.untouched[block] = (state.untouched[block] as number) & ~bit;
      state.untouchedCount--;
    }
    this.classify(block);
    return (block << BLOCK_SHIFT) | (BLOCK_MASK - Math.clz32(bit));
  }

  /** The frame is free again. */
  giveBack(frame: number): void {
    const { state } = this;
    const block = frame >>> BLOCK_SHIFT;
    state.free[block] = (state.free[block] as number) | (1 << (frame & BLOCK_MASK));
    state.freeCount++;
    this.classify(block);
  }

  /**
   * Claims a free block.
   * @param near the first frame of the block wished; -1: no wish
   * @param before without the wish: one with so many free blocks before it, if there is one
   * @param after and so many behind it
   * @returns its first frame, or -1: no block is free
   */
  claim(near: number, before: number, after: number): number {
    const wished = near >>> BLOCK_SHIFT;
    const isFree = near >= 0 && near < this.frameCount && this.isFree(wished);
    const block = isFree ? wished : this.room(before, after);
    if (block < 0) return -1;
    this.state.claimed[block] = 1;
    this.classify(block);
    return block << BLOCK_SHIFT;
  }

  /** A claim ends. @param frame the first of the block */
  disclaim(frame: number): void {
    this.state.claimed[frame >>> BLOCK_SHIFT] = 0;
    this.classify(frame >>> BLOCK_SHIFT);
  }

  private isFree(block: number): boolean {
    return ((this.state.classes[block] as number) & ~1) === FREE;
  }

  /** The highest block of the first class that has one. */
  private loose(order: readonly number[]): number {
    const { members, memberCounts } = this.state;
    for (let i = 0; i < order.length; i++) {
      const which = order[i] as number;
      if (memberCounts[which] === 0) continue;
      const words = members[which] as Int32Array;
      let index = words.length - 1;
      while (words[index] === 0) index--;
      return (index << 5) | (31 - Math.clz32(words[index] as number));
    }
    throw new Error("no frame is free");
  }

  /** A free block with free blocks around it; if there is none, any free block; -1: none is. */
  private room(before: number, after: number): number {
    const { memberCounts } = this.state;
    if ((memberCounts[FREE] as number) + (memberCounts[FREE + 1] as number) === 0) return -1;
    const length = before + 1 + after;
    let first = this.run(length, true);
    if (first < 0) first = this.run(length, false);
    if (first >= 0) return first + before;
    first = this.run(1, true);
    return first < 0 ? this.run(1, false) : first;
  }

  /** @returns the first of the lowest free blocks that follow each other, or -1 */
  private run(length: number, touchedOnly: boolean): number {
    const { members, memberCounts, classes } = this.state;
    const touched = members[FREE] as Int32Array;
    const untouched = members[FREE + 1] as Int32Array;
    if (touchedOnly && (memberCounts[FREE] as number) < length) return -1;
    let found = 0;
    for (let block = 0; block < classes.length; block++) {
      const others = touchedOnly ? 0 : (untouched[block >>> 5] as number);
      const word = (touched[block >>> 5] as number) | others;
      if (word === 0) {
        found = 0;
        block |= 31;
      } else if (((word >>> (block & 31)) & 1) === 0) found = 0;
      else if (++found === length) return block - length + 1;
    }
    return -1;
  }

  /** The block's frames or its claim have changed. */
  private classify(block: number): void {
    const { free, untouched, claimed, classes, members, memberCounts } = this.state;
    const bits = free[block] as number;
    let is = FULL;
    if (bits !== 0) {
      is = claimed[block] !== 0 ? CLAIMED : bits === ALL ? FREE : LOOSE;
      if ((bits & ~(untouched[block] as number)) === 0) is++;
    }
    const was = classes[block] as number;
    if (is === was) return;
    classes[block] = is;
    const bit = 1 << (block & 31);
    if (was !== FULL) {
      (members[was] as Int32Array)[block >>> 5] = (members[was]?.[block >>> 5] as number) & ~bit;
      memberCounts[was] = (memberCounts[was] as number) - 1;
    }
    if (is !== FULL) {
      (members[is] as Int32Array)[block >>> 5] = (members[is]?.[block >>> 5] as number) | bit;
      memberCounts[is] = (memberCounts[is] as number) + 1;
    }
  }
}
