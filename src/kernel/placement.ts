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
/** Several blocks are claimed together if they are at most this part of the free ones. */
const CLAIM_DIVISOR = 32;

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

  constructor(frameCount: number) {
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
   * Claims free blocks that follow each other.
   * @param near the first frame of the first block wished; -1: no wish
   * @param count of blocks
   * @returns the first frame; -1: there are none, or they would be too many of those that are free
   */
  claim(near: number, count: number): number {
    const { memberCounts, claimed } = this.state;
    const freeCount = (memberCounts[FREE] as number) + (memberCounts[FREE + 1] as number);
    if (freeCount === 0 || (count > 1 && count > freeCount / CLAIM_DIVISOR)) return -1;
    let first = near < 0 ? -1 : near >>> BLOCK_SHIFT;
    if (first < 0 || !this.areFree(first, count)) first = this.run(count, true);
    if (first < 0) first = this.run(count, false);
    for (let block = first; block >= 0 && block < first + count; block++) {
      claimed[block] = 1;
      this.classify(block);
    }
    return first < 0 ? -1 : first << BLOCK_SHIFT;
  }

  /** The claim of one block ends. @param frame its first */
  disclaim(frame: number): void {
    this.state.claimed[frame >>> BLOCK_SHIFT] = 0;
    this.classify(frame >>> BLOCK_SHIFT);
  }

  private areFree(first: number, count: number): boolean {
    const { classes } = this.state;
    for (let block = first; block < first + count; block++) {
      if (((classes[block] ?? FULL) & ~1) !== FREE) return false;
    }
    return true;
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
