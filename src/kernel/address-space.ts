/**
 * Address spaces: which page is mapped to which frame with which permissions. Only the mechanism:
 * why a page is mapped (regions, copy-on-write) is the memory service's.
 *
 * A table is 512 entries of 32 bits, found by the upper bits of the page number, as Sv39's last
 * level (RISC-V Privileged 12.4). An entry is (frame × 8 + permissions) × 2 + 1, or 0: not mapped.
 * Each table costs a frame, as it would on hardware, so that a program that maps one page here and
 * one there cannot take more of the host than it is charged.
 */
import { ENOMEM } from "../abi/errno.js";
import type { Platform } from "../machine/platform.js";
import { ACCESS_WRITE } from "../machine/platform.js";
import type { Frames } from "./frames.js";
import type { Result } from "./protocol.js";

const TABLE_ENTRIES = 512;
const TABLE_SHIFT = 9;
const INDEX_MASK = TABLE_ENTRIES - 1;
/** An invalidation of more pages than this flushes the whole space. */
const SINGLE_INVALIDATIONS_MAX = 16;
/** Frames that no table gets, on a machine with enough of them. */
const RESERVE_FRAMES_MAX = 16;
const RESERVE_DIVISOR = 256;

interface Table {
  /** What the table costs. */
  readonly frame: number;
  readonly entries: Int32Array;
}

export interface SpaceState {
  readonly id: number;
  readonly tables: Map<number, Table>;
  /** Mapped pages, without those of the discounted frame, and how many there were at most. */
  residentPages: number;
  residentPeak: number;
}

/** Figures of a space, for `figure`. */
export const SPACE_FIGURE = Object.freeze({ resident: 0, residentPeak: 1, tables: 2 } as const);

export class AddressSpaces {
  readonly state: {
    readonly spaces: Map<number, SpaceState>;
    /** A frame whose mappings are not counted as resident memory: the shared zeros. -1: none. */
    discountedFrame: number;
  } = { spaces: new Map(), discountedFrame: -1 };
  private readonly reserveFrames: number;
  /** The table that was looked into last: what follows is mostly beside it. */
  private latestSpace = -1;
  private latestKey = -1;
  private latestEntries: Int32Array = new Int32Array(0);

  constructor(
    private readonly platform: Platform,
    private readonly frames: Frames,
  ) {
    const part = Math.floor(platform.frameCount / RESERVE_DIVISOR);
    this.reserveFrames = Math.min(RESERVE_FRAMES_MAX, part);
  }

  /** @returns the id of an empty space, or -ENOMEM */
  create(): Result {
    const id = this.platform.createSpace();
    if (id < 0) return -ENOMEM;
    this.state.spaces.set(id, { id, tables: new Map(), residentPages: 0, residentPeak: 0 });
    return id;
  }

  destroy(id: number): void {
    const space = this.space(id);
    this.forgetLatest();
    for (const { frame, entries } of space.tables.values()) {
      for (let index = 0; index < TABLE_ENTRIES; index++) {
        const entry = entries[index] as number;
        if (entry !== 0) this.frames.release(entry >>> 4);
      }
      this.frames.release(frame);
    }
    this.state.spaces.delete(id);
    this.platform.destroySpace(id);
  }

  /** @returns frame × 8 + permissions, or -1: not mapped */
  mapping(id: number, page: number): Result {
    const key = page >>> TABLE_SHIFT;
    if (id !== this.latestSpace || key !== this.latestKey) {
      const entries = this.state.spaces.get(id)?.tables.get(key)?.entries;
      if (entries === undefined) return -1;
      this.latestSpace = id;
      this.latestKey = key;
      this.latestEntries = entries;
    }
    const entry = this.latestEntries[page & INDEX_MASK] as number;
    return entry === 0 ? -1 : entry >> 1;
  }

  private forgetLatest(): void {
    this.latestSpace = -1;
  }

  /**
   * Maps a page, taking over one reference of the frame; an older mapping is dropped.
   * @returns 0, or -ENOMEM: no frame for a table, nothing has changed
   */
  map(id: number, page: number, frame: number, permissions: number): Result {
    const space = this.space(id);
    const table = this.table(space, page);
    if (table === undefined) return -ENOMEM;
    const index = page & INDEX_MASK;
    const old = table[index] as number;
    table[index] = (((frame << 3) | permissions) << 1) | 1;
    if (old !== 0) {
      this.platform.invalidatePage(id, page);
      this.count(space, old >>> 4, -1);
      this.frames.release(old >>> 4);
    }
    this.count(space, frame, 1);
    return 0;
  }

  private count(space: SpaceState, frame: number, change: number): void {
    if (frame === this.state.discountedFrame) return;
    space.residentPages += change;
    if (space.residentPages > space.residentPeak) space.residentPeak = space.residentPages;
  }

  /** Unmaps a run of pages; a table of which the run is all is freed. */
  unmap(id: number, firstPage: number, pageCount: number): void {
    const space = this.space(id);
    let changed = 0;
    this.eachPresent(id, firstPage, pageCount, (table, index, page) => {
      const entry = table[index] as number;
      table[index] = 0;
      if (changed++ < SINGLE_INVALIDATIONS_MAX) this.platform.invalidatePage(id, page);
      this.count(space, entry >>> 4, -1);
      this.frames.release(entry >>> 4);
    });
    if (changed > SINGLE_INVALIDATIONS_MAX) this.platform.invalidateSpace(id);
    if (pageCount < TABLE_ENTRIES) return;
    for (const key of this.tableKeys(space, firstPage, pageCount)) {
      const isWhole =
        key << TABLE_SHIFT >= firstPage && (key + 1) << TABLE_SHIFT <= firstPage + pageCount;
      const table = space.tables.get(key);
      if (!isWhole || table === undefined) continue;
      this.frames.release(table.frame);
      space.tables.delete(key);
      this.forgetLatest();
    }
  }

  /** Ands the permissions of the run's present pages. */
  protect(id: number, firstPage: number, pageCount: number, permissions: number): void {
    const mask = ~((7 & ~permissions) << 1);
    let changed = 0;
    this.eachPresent(id, firstPage, pageCount, (table, index, page) => {
      const entry = table[index] as number;
      if ((entry & mask) === entry) return;
      table[index] = entry & mask;
      if (changed++ < SINGLE_INVALIDATIONS_MAX) this.platform.invalidatePage(id, page);
    });
    if (changed > SINGLE_INVALIDATIONS_MAX) this.platform.invalidateSpace(id);
  }

  /**
   * Maps every present page of the run in `to` as well; with copyOnWrite both lose write.
   * @returns 0, or -ENOMEM: no frames for tables; `to` may have some of the pages then
   */
  share(
    from: number,
    to: number,
    firstPage: number,
    pageCount: number,
    copyOnWrite: boolean,
  ): Result {
    const target = this.space(to);
    const mask = copyOnWrite ? ~(ACCESS_WRITE << 1) : -1;
    let weakened = false;
    let failed = false;
    let copy: Int32Array | undefined;
    let copyKey = -1;
    this.eachPresent(from, firstPage, pageCount, (table, index, page) => {
      const entry = (table[index] as number) & mask;
      if (entry !== table[index]) {
        table[index] = entry;
        weakened = true;
      }
      if (page >>> TABLE_SHIFT !== copyKey) {
        copyKey = page >>> TABLE_SHIFT;
        copy = this.table(target, page);
      }
      if (copy === undefined) {
        failed = true;
        return;
      }
      this.frames.retain(entry >>> 4);
      copy[index] = entry;
      this.count(target, entry >>> 4, 1);
    });
    if (weakened) this.platform.invalidateSpace(from);
    return failed ? -ENOMEM : 0;
  }

  /**
   * Moves the run's mappings to another place, which must be unmapped. Runs may not overlap.
   * @returns 0, or -ENOMEM: no frames for tables, nothing has moved
   */
  move(id: number, fromPage: number, toPage: number, pageCount: number): Result {
    const space = this.space(id);
    let failed = false;
    this.eachPresent(id, fromPage, pageCount, (_table, _index, page) => {
      failed ||= this.table(space, page - fromPage + toPage) === undefined;
    });
    if (failed) return -ENOMEM;
    this.eachPresent(id, fromPage, pageCount, (table, index, page) => {
      const target = page - fromPage + toPage;
      (this.table(space, target) as Int32Array)[target & INDEX_MASK] = table[index] as number;
      table[index] = 0;
    });
    this.platform.invalidateSpace(id);
    return 0;
  }

  /** Present pages of a run, without those of the discounted frame. */
  resident(id: number, firstPage: number, pageCount: number): number {
    let count = 0;
    this.eachPresent(id, firstPage, pageCount, (table, index) => {
      if ((table[index] as number) >>> 4 !== this.state.discountedFrame) count++;
    });
    return count;
  }

  /** One of SPACE_FIGURE. */
  figure(id: number, figure: number): number {
    const space = this.space(id);
    if (figure === SPACE_FIGURE.tables) return space.tables.size;
    return figure === SPACE_FIGURE.resident ? space.residentPages : space.residentPeak;
  }

  private space(id: number): SpaceState {
    const space = this.state.spaces.get(id);
    if (space === undefined) throw new Error(`address space ${id} does not exist`);
    return space;
  }

  /** The table with the page, made if missing; undefined: there is no frame for it. */
  private table(space: SpaceState, page: number): Int32Array | undefined {
    const key = page >>> TABLE_SHIFT;
    const known = space.tables.get(key);
    if (known !== undefined) return known.entries;
    if (this.frames.freeCount <= this.reserveFrames) return undefined;
    const frame = this.frames.allocate(false);
    if (frame < 0) return undefined;
    const entries = new Int32Array(TABLE_ENTRIES);
    space.tables.set(key, { frame, entries });
    return entries;
  }

  /**
   * Visits the present pages of a run; walks the tables that exist, not the pages of a huge run.
   */
  private eachPresent(
    id: number,
    firstPage: number,
    pageCount: number,
    visit: (table: Int32Array, index: number, page: number) => void,
  ): void {
    const space = this.space(id);
    const end = firstPage + pageCount;
    for (const key of this.tableKeys(space, firstPage, pageCount)) {
      const table = space.tables.get(key)?.entries;
      if (table === undefined) continue;
      const base = key * TABLE_ENTRIES;
      const last = Math.min(end - base, TABLE_ENTRIES);
      for (let index = Math.max(firstPage - base, 0); index < last; index++) {
        if (table[index] !== 0) visit(table, index, base + index);
      }
    }
  }

  /** Keys of the tables that a run may be in. */
  private tableKeys({ tables }: SpaceState, firstPage: number, pageCount: number): number[] {
    const firstKey = firstPage >>> TABLE_SHIFT;
    const endKey = Math.floor((firstPage + pageCount + INDEX_MASK) / TABLE_ENTRIES);
    if (endKey - firstKey === 1) return [firstKey];
    return endKey - firstKey <= tables.size
      ? Array.from({ length: endKey - firstKey }, (_, i) => firstKey + i)
      : [...tables.keys()].filter((key) => key >= firstKey && key < endKey);
  }
}
