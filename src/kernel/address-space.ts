/**
 * Address spaces: which page is mapped to which frame with which permissions. Only the mechanism:
 * why a page is mapped (regions, copy-on-write) is the memory service's.
 *
 * A table is 512 entries of 32 bits, found by the upper bits of the page number, as Sv39's last
 * level (RISC-V Privileged 12.4). An entry is (frame × 8 + permissions) × 2 + 1, or 0: not mapped.
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

export interface SpaceState {
  readonly id: number;
  readonly tables: Map<number, Int32Array>;
}

export class AddressSpaces {
  readonly state: { readonly spaces: Map<number, SpaceState> } = { spaces: new Map() };

  constructor(
    private readonly platform: Platform,
    private readonly frames: Frames,
  ) {}

  /** @returns the id of an empty space, or -ENOMEM */
  create(): Result {
    const id = this.platform.createSpace();
    if (id < 0) return -ENOMEM;
    this.state.spaces.set(id, { id, tables: new Map() });
    return id;
  }

  destroy(id: number): void {
    const space = this.space(id);
    for (const table of space.tables.values()) {
      for (const entry of table) if (entry !== 0) this.frames.release(entry >>> 4);
    }
    this.state.spaces.delete(id);
    this.platform.destroySpace(id);
  }

  /** @returns frame × 8 + permissions, or -1: not mapped */
  mapping(id: number, page: number): Result {
    const table = this.state.spaces.get(id)?.tables.get(page >>> TABLE_SHIFT);
    if (table === undefined) return -1;
    return ((table[page & INDEX_MASK] as number) >> 1) - (table[page & INDEX_MASK] === 0 ? 1 : 0);
  }

  /** Maps a page, taking over one reference of the frame; an older mapping is dropped. */
  map(id: number, page: number, frame: number, permissions: number): Result {
    const table = this.table(this.space(id), page);
    const index = page & INDEX_MASK;
    const old = table[index] as number;
    table[index] = (((frame << 3) | permissions) << 1) | 1;
    if (old !== 0) {
      this.platform.invalidatePage(id, page);
      this.frames.release(old >>> 4);
    }
    return 0;
  }

  unmap(id: number, firstPage: number, pageCount: number): void {
    let changed = 0;
    this.eachPresent(id, firstPage, pageCount, (table, index, page) => {
      const entry = table[index] as number;
      table[index] = 0;
      if (changed++ < SINGLE_INVALIDATIONS_MAX) this.platform.invalidatePage(id, page);
      this.frames.release(entry >>> 4);
    });
    if (changed > SINGLE_INVALIDATIONS_MAX) this.platform.invalidateSpace(id);
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

  /** Maps every present page of the run in `to` as well; with copyOnWrite both lose write. */
  share(
    from: number,
    to: number,
    firstPage: number,
    pageCount: number,
    copyOnWrite: boolean,
  ): void {
    const target = this.space(to);
    const mask = copyOnWrite ? ~(ACCESS_WRITE << 1) : -1;
    let weakened = false;
    this.eachPresent(from, firstPage, pageCount, (table, index, page) => {
      const entry = (table[index] as number) & mask;
      if (entry !== table[index]) {
        table[index] = entry;
        weakened = true;
      }
      this.frames.retain(entry >>> 4);
      this.table(target, page)[index] = entry;
    });
    if (weakened) this.platform.invalidateSpace(from);
  }

  /** Moves the run's mappings to another place, which must be unmapped. Runs may not overlap. */
  move(id: number, fromPage: number, toPage: number, pageCount: number): void {
    const space = this.space(id);
    this.eachPresent(id, fromPage, pageCount, (table, index, page) => {
      const target = page - fromPage + toPage;
      this.table(space, target)[target & INDEX_MASK] = table[index] as number;
      table[index] = 0;
    });
    this.platform.invalidateSpace(id);
  }

  resident(id: number, firstPage: number, pageCount: number): number {
    let count = 0;
    this.eachPresent(id, firstPage, pageCount, () => {
      count++;
    });
    return count;
  }

  private space(id: number): SpaceState {
    const space = this.state.spaces.get(id);
    if (space === undefined) throw new Error(`address space ${id} does not exist`);
    return space;
  }

  private table(space: SpaceState, page: number): Int32Array {
    const key = page >>> TABLE_SHIFT;
    let table = space.tables.get(key);
    if (table === undefined) {
      table = new Int32Array(TABLE_ENTRIES);
      space.tables.set(key, table);
    }
    return table;
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
    const tables = this.space(id).tables;
    const end = firstPage + pageCount;
    const firstKey = firstPage >>> TABLE_SHIFT;
    const endKey = Math.floor((end + INDEX_MASK) / TABLE_ENTRIES);
    const keys =
      endKey - firstKey <= tables.size
        ? Array.from({ length: endKey - firstKey }, (_, i) => firstKey + i)
        : [...tables.keys()].filter((key) => key >= firstKey && key < endKey);
    for (const key of keys) {
      const table = tables.get(key);
      if (table === undefined) continue;
      const base = key * TABLE_ENTRIES;
      const last = Math.min(end - base, TABLE_ENTRIES);
      for (let index = Math.max(firstPage - base, 0); index < last; index++) {
        if (table[index] !== 0) visit(table, index, base + index);
      }
    }
  }
}
