/**
 * Which frames a space or a memory object would like for its pages, so that neighbouring pages have
 * neighbouring frames: per block of pages (as many as a block of frames has) it claims a block of
 * frames from the kernel, and each page prefers the frame at its place in there. Blocks that follow
 * each other in a region or an object wish for blocks of frames that do. All of it is wishes: who
 * gets other frames works as well.
 */
import { FRAME_BLOCK_PAGES, type KernelCalls } from "../../kernel/calls.js";
import { lowerBound } from "./regions.js";
import type { MemoryObject, Placed, Region, Space } from "./state.js";

const SHIFT = 5;
/** So many pages of a region or object must be in a block for a claim. */
const CLAIM_PAGES_MIN = 8;
/** An object with no more pages claims nothing: there are many small files. */
const SMALL_OBJECT_PAGES = 16;
/** The first claim of a large region or object looks for room for so many blocks, aligned. */
const WINDOW_BLOCKS = 64;

export class Claims {
  constructor(private readonly kernel: KernelCalls) {}

  /** @returns the frame that a page of a private region would like; -1: any */
  ofRegion(space: Space, region: Region, page: number): number {
    const base = space.claims.get(page >>> SHIFT);
    if (base !== undefined) return base + (page & (FRAME_BLOCK_PAGES - 1));
    return this.claim(space.claims, region, page, region.startPage, region.endPage);
  }

  /**
   * @param endPage the first page that it is known not to have
   * @returns the frame that a page of an object would like; -1: any
   */
  ofObject(object: MemoryObject, page: number, endPage: number): number {
    if (endPage <= SMALL_OBJECT_PAGES) return -1;
    const base = object.claims.get(Math.floor(page / FRAME_BLOCK_PAGES));
    if (base !== undefined) return base + (page % FRAME_BLOCK_PAGES);
    return this.claim(object.claims, object, page, 0, endPage);
  }

  /** Claims a block of frames for the page's block. @returns the page's frame there, or -1 */
  private claim(
    claims: Map<number, number>,
    placed: Placed,
    page: number,
    startPage: number,
    endPage: number,
  ): number {
    const block = Math.floor(page / FRAME_BLOCK_PAGES);
    const first = block * FRAME_BLOCK_PAGES;
    const pages = Math.min(endPage, first + FRAME_BLOCK_PAGES) - Math.max(startPage, first);
    if (pages < CLAIM_PAGES_MIN) return -1;
    const window = block - (block % WINDOW_BLOCKS);
    const before = block - Math.max(window, Math.floor(startPage / FRAME_BLOCK_PAGES));
    const last = Math.ceil(endPage / FRAME_BLOCK_PAGES) - 1;
    const after = Math.min(window + WINDOW_BLOCKS - 1, last) - block;
    const near = placed.frameOffset === 0 ? -1 : first + placed.frameOffset;
    const base = this.kernel.claimFrames(near, before, after);
    if (base < 0) return -1;
    claims.set(block, base);
    placed.frameOffset = base - first;
    return base + page - first;
  }

  /** Pages startPage … endPage - 1 of the space have lost their regions: so may have blocks. */
  leaveRegions(space: Space, startPage: number, endPage: number): void {
    this.drop(space.claims, startPage >>> SHIFT, (endPage - 1) >>> SHIFT, (block) => {
      const region = space.regions[lowerBound(space, block << SHIFT)];
      return region === undefined || region.startPage >= (block + 1) << SHIFT;
    });
  }

  /** Pages startPage … endPage - 1 of the object are gone. */
  leaveObject(object: MemoryObject, startPage: number, endPage: number): void {
    const first = Math.ceil(startPage / FRAME_BLOCK_PAGES);
    this.drop(object.claims, first, Math.floor(endPage / FRAME_BLOCK_PAGES) - 1, () => true);
  }

  /** Ends the claims of blocks first … last that are empty. */
  private drop(
    claims: Map<number, number>,
    first: number,
    last: number,
    isEmpty: (block: number) => boolean,
  ): void {
    if (claims.size === 0) return;
    const blocks = last - first < claims.size ? range(first, last) : claims.keys();
    for (const block of blocks) {
      const base = claims.get(block);
      if (base === undefined || block < first || block > last || !isEmpty(block)) continue;
      this.kernel.disclaimFrames(base);
      claims.delete(block);
    }
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
