/**
 * Which frames a space or a memory object would like for its pages, so that neighbouring pages have
 * neighbouring frames: for a block of pages (as many as a block of frames has) it claims a block of
 * frames from the kernel, and each page prefers the frame at its place in there. Blocks that follow
 * each other in a region or an object are claimed together, or wish for frames that follow. All of
 * it is wishes: who gets other frames works as well.
 */
import { FRAME_BLOCK_PAGES, type KernelCalls } from "../../kernel/calls.js";
import { lowerBound } from "./regions.js";
import type { MemoryObject, Region, Space } from "./state.js";

/** What is smaller claims nothing: small programs, and most files, are packed together. */
const REGION_PAGES_MIN = 8;
const OBJECT_PAGES_MIN = 16;
/** Nor is a block claimed first for fewer pages at the end of an object. */
const END_PAGES_MIN = 8;
/** So many blocks (an aligned window of them) are claimed together, or else fewer. */
const WINDOWS = Object.freeze([16, 4, 1]);

/** By number of the block of pages: the first of the frames that are claimed for it. */
export type BlockClaims = Map<number, number>;

export class Claims {
  constructor(private readonly kernel: KernelCalls) {}

  /** @returns the frame that a page of a private region would like; -1: any */
  ofRegion(space: Space, region: Region, page: number): number {
    const block = Math.floor(page / FRAME_BLOCK_PAGES);
    let base = space.claims.get(block) ?? -1;
    if (base < 0) {
      const { startPage, endPage } = region;
      if (endPage - startPage < REGION_PAGES_MIN) return -1;
      base = this.claim(space.claims, block, startPage, endPage);
    }
    return base < 0 ? -1 : base + (page % FRAME_BLOCK_PAGES);
  }

  /**
   * @param endPage how many pages the object has, or will have at once
   * @returns the frame that a page of the object would like; -1: any
   */
  ofObject(object: MemoryObject, page: number, endPage: number): number {
    if (endPage < OBJECT_PAGES_MIN) return -1;
    const block = Math.floor(page / FRAME_BLOCK_PAGES);
    let base = object.claims.get(block) ?? -1;
    if (base < 0) {
      if (endPage - block * FRAME_BLOCK_PAGES < END_PAGES_MIN) return -1;
      base = this.claim(object.claims, block, 0, endPage);
    }
    return base < 0 ? -1 : base + (page % FRAME_BLOCK_PAGES);
  }

  /**
   * Claims frames for a block, and for those around it that have none yet, of what has pages
   * startPage … endPage - 1. @returns the block's first frame, or -1
   */
  private claim(claims: BlockClaims, block: number, startPage: number, endPage: number): number {
    const start = Math.floor(startPage / FRAME_BLOCK_PAGES);
    const end = Math.ceil(endPage / FRAME_BLOCK_PAGES);
    for (const window of WINDOWS) {
      const least = Math.max(start, block - (block % window));
      const most = Math.min(end, block - (block % window) + window);
      let first = block;
      while (first > least && !claims.has(first - 1)) first--;
      let behind = block + 1;
      while (behind < most && !claims.has(behind)) behind++;
      const base = this.kernel.claimFrames(beside(claims, first, behind), behind - first);
      if (base < 0) continue;
      for (let one = first; one < behind; one++) {
        claims.set(one, base + (one - first) * FRAME_BLOCK_PAGES);
      }
      return base + (block - first) * FRAME_BLOCK_PAGES;
    }
    return -1;
  }

  /** Pages startPage … endPage - 1 of the space have lost their regions. */
  leaveRegions(space: Space, startPage: number, endPage: number): void {
    const first = Math.floor(startPage / FRAME_BLOCK_PAGES);
    const end = Math.ceil(endPage / FRAME_BLOCK_PAGES);
    this.drop(space.claims, first, end, (block) => {
      const region = space.regions[lowerBound(space, block * FRAME_BLOCK_PAGES)];
      return region === undefined || region.startPage >= (block + 1) * FRAME_BLOCK_PAGES;
    });
  }

  /** Pages startPage … endPage - 1 of the object are gone. */
  leaveObject(object: MemoryObject, startPage: number, endPage: number): void {
    const first = Math.ceil(startPage / FRAME_BLOCK_PAGES);
    this.drop(object.claims, first, Math.floor(endPage / FRAME_BLOCK_PAGES), () => true);
  }

  /** Ends the claims of those blocks from `first` up to before `end` that have no pages. */
  private drop(
    claims: BlockClaims,
    first: number,
    end: number,
    isEmpty: (block: number) => boolean,
  ): void {
    if (claims.size === 0) return;
    const leave = (block: number): void => {
      const base = claims.get(block);
      if (base === undefined || !isEmpty(block)) return;
      this.kernel.disclaimFrames(base);
      claims.delete(block);
    };
    if (end - first <= claims.size) for (let block = first; block < end; block++) leave(block);
    else for (const block of claims.keys()) if (block >= first && block < end) leave(block);
  }
}

/** @returns the first frame wished for blocks first … behind - 1, whose neighbours have some; -1 */
function beside(claims: BlockClaims, first: number, behind: number): number {
  const below = claims.get(first - 1);
  if (below !== undefined) return below + FRAME_BLOCK_PAGES;
  const above = claims.get(behind);
  return above === undefined ? -1 : Math.max(-1, above - (behind - first) * FRAME_BLOCK_PAGES);
}
