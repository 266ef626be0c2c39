/**
 * Translations in hosted mode: address spaces and the pool of translation areas that they borrow.
 * A space gets an area when it runs and keeps it until another needs it (least recently used), so
 * thousands of spaces cost a few bytes each. The layout of an area is in interpret/layout.ts.
 */

import type { DecodedPages } from "./interpret/decoded.js";
import { PAGE_NUMBER_LIMIT, state, TRANSLATION_BYTES, translation } from "./interpret/layout.js";
import {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  type Frame,
  PAGE_BYTES,
  type PlatformHandlers,
  type SpaceId,
} from "./platform.js";

const NONE = -1;
/** So many entries of an area are known one by one; with more it is flushed as a whole. */
const KNOWN_ENTRIES = 512;

export interface MmuRegions {
  readonly memory: ArrayBuffer;
  /** Address of the first translation area, and how many there are. */
  readonly areasStart: number;
  readonly areaCount: number;
  readonly framesStart: number;
  readonly frameCount: number;
  readonly maximumSpaces: number;
}

/** The tag of a page's data entry when that has none. */
const noTag = (pageNumber: number): number =>
  (pageNumber & (translation.dataEntries - 1)) ^ translation.dataNone;

/** The words of a translation area in which there is nothing. */
function emptyAreaWords(): Int32Array {
  const words = new Int32Array(TRANSLATION_BYTES / 4).fill(NONE);
  for (let index = 0; index < translation.dataEntries; index++) {
    words.fill(noTag(index), index * 4, index * 4 + 2);
  }
  return words;
}

/** Address spaces and their cached translations. */
export class Mmu {
  private readonly regions: MmuRegions;
  private readonly handlers: PlatformHandlers;
  private readonly decoded: DecodedPages;
  private readonly words: Int32Array;
  /** Per space: its area, or NONE. */
  private readonly areaOfSpace: Int32Array;
  private readonly spaceIsUsed: Uint8Array;
  private spaceCount = 0;
  private readonly freeSpaces: SpaceId[] = [];
  /** Per area: its space, or NONE, and when it was used last. */
  private readonly spaceOfArea: Int32Array;
  private readonly lastUse: Float64Array;
  private uses = 0;
  /** Per area: how often an entry was filled since it was flushed, and the first of these. */
  private readonly filled: Int32Array;
  private readonly filledEntries: Int32Array;
  /** Per frame: some area may hold a write translation of it. */
  private readonly isWriteCached: Uint8Array;
  private readonly emptyArea = emptyAreaWords();

  constructor(regions: MmuRegions, handlers: PlatformHandlers, decoded: DecodedPages) {
    this.regions = regions;
    this.handlers = handlers;
    this.decoded = decoded;
    this.words = new Int32Array(regions.memory);
    this.areaOfSpace = new Int32Array(regions.maximumSpaces).fill(NONE);
    this.spaceIsUsed = new Uint8Array(regions.maximumSpaces);
    this.spaceOfArea = new Int32Array(regions.areaCount).fill(NONE);
    this.lastUse = new Float64Array(regions.areaCount);
    // Nothing was flushed yet.
    this.filled = new Int32Array(regions.areaCount).fill(KNOWN_ENTRIES + 1);
    this.filledEntries = new Int32Array(regions.areaCount * KNOWN_ENTRIES);
    this.isWriteCached = new Uint8Array(regions.frameCount);
  }

  /** @returns -1: no slot left */
  createSpace(): SpaceId {
    let space = this.freeSpaces.pop();
    if (space === undefined) {
      if (this.spaceCount === this.regions.maximumSpaces) return -1;
      space = this.spaceCount++;
    }
    this.spaceIsUsed[space] = 1;
    return space;
  }

  destroySpace(space: SpaceId): void {
    this.checkSpace(space);
    const area = this.areaOfSpace[space] ?? NONE;
    if (area !== NONE) {
      this.spaceOfArea[area] = NONE;
      this.lastUse[area] = 0;
      this.areaOfSpace[space] = NONE;
    }
    this.spaceIsUsed[space] = 0;
    this.freeSpaces.push(space);
  }

  /** The address of the space's translation area; takes one if it has none. */
  areaFor(space: SpaceId): number {
    this.checkSpace(space);
    let area = this.areaOfSpace[space] ?? NONE;
    if (area === NONE) {
      area = this.leastRecentArea();
      const previous = this.spaceOfArea[area] ?? NONE;
      if (previous !== NONE) this.areaOfSpace[previous] = NONE;
      this.spaceOfArea[area] = space;
      this.areaOfSpace[space] = area;
      this.flushArea(area);
    }
    this.lastUse[area] = ++this.uses;
    return this.addressOf(area);
  }

  /** Forgets the cached translations of a page. */
  invalidatePage(space: SpaceId, pageNumber: number): void {
    this.checkSpace(space);
    const area = this.areaOfSpace[space] ?? NONE;
    if (area === NONE) return;
    const { words } = this;
    this.flushSlots(this.addressOf(area));
    const data = this.dataEntry(this.addressOf(area), pageNumber);
    if (words[data + 0] === pageNumber) words[data + 0] = noTag(pageNumber);
    if (words[data + 1] === pageNumber) words[data + 1] = noTag(pageNumber);
    const execute = this.executeEntry(this.addressOf(area), pageNumber);
    if (words[execute] === pageNumber) {
      words[execute] = NONE;
      this.noteCodeChange();
    }
  }

  invalidateSpace(space: SpaceId): void {
    this.checkSpace(space);
    const area = this.areaOfSpace[space] ?? NONE;
    if (area !== NONE) this.flushArea(area);
  }

  /**
   * A load or store found no translation: asks the kernel and caches what it allows.
   * @param areaAddress address of the area in use
   * @param access ACCESS_READ or ACCESS_WRITE
   * @returns host address of the page, or 0: page fault
   */
  translateData(areaAddress: number, pageNumber: number, access: number): number {
    const answer = this.askKernel(areaAddress, pageNumber, access);
    if (answer < 0) return 0;
    const frame = Math.floor(answer / 8);
    const host = this.regions.framesStart + frame * PAGE_BYTES;
    const { words } = this;
    this.flushSlots(areaAddress);
    const entry = this.dataEntry(areaAddress, pageNumber);
    const mayRead = (answer & ACCESS_READ) !== 0;
    // Stores to frames with decoded code must come by here, so that it is decoded again.
    // Where one may write one may read: translated code looks at one tag for both.
    const mayWrite = mayRead && (answer & ACCESS_WRITE) !== 0 && !this.decoded.hasCode(frame);
    this.noteFilled(areaAddress, entry);
    words[entry + 0] = mayRead ? pageNumber : noTag(pageNumber);
    words[entry + 1] = mayWrite ? pageNumber : noTag(pageNumber);
    words[entry + 2] = host - pageNumber * PAGE_BYTES;
    if (mayWrite) this.isWriteCached[frame] = 1;
    return host;
  }

  /**
   * A jump found no translation: asks the kernel, sees that the frame has a decoded page.
   * @param recordInUse address of a record whose decoded page must stay, or 0
   * @returns 0: page fault
   */
  translateExecute(areaAddress: number, pageNumber: number, recordInUse: number): number {
    const answer = this.askKernel(areaAddress, pageNumber, ACCESS_EXECUTE);
    if (answer < 0) return 0;
    const frame = Math.floor(answer / 8);
    if (!this.decoded.hasCode(frame)) this.flushWrites(frame);
    const records = this.decoded.recordsOf(frame, recordInUse);
    const { words } = this;
    const entry = this.executeEntry(areaAddress, pageNumber);
    this.noteFilled(areaAddress, entry);
    words[entry] = (answer & ACCESS_EXECUTE) !== 0 ? pageNumber : NONE;
    words[entry + 1] = records;
    // delta = page address × 8 - records, as i64.
    const delta = pageNumber * PAGE_BYTES * 8 - records;
    words[entry + 2] = delta | 0;
    words[entry + 3] = Math.floor(delta / 2 ** 32);
    return 1;
  }

  /** The records of a page that execution has an entry for, or 0. */
  recordsOf(areaAddress: number, pageNumber: number): number {
    const entry = this.executeEntry(areaAddress, pageNumber);
    return this.words[entry] === pageNumber ? (this.words[entry + 1] ?? 0) : 0;
  }

  /** Code that regions stand for changes or moves: those that run now are left. */
  noteCodeChange(): void {
    this.words[state.codeHasChanged >>> 2] = 1;
  }

  /** Forgets every execute entry for this decoded page, or all of them (records = 0). */
  forgetRecords(records: number): void {
    const { words } = this;
    this.noteCodeChange();
    for (let area = 0; area < this.regions.areaCount; area++) {
      if (this.spaceOfArea[area] === NONE) continue;
      const start = (this.addressOf(area) + translation.execute) >>> 2;
      const end = start + translation.executeEntries * 4;
      for (let entry = start; entry < end; entry += 4) {
        if (records === 0 || words[entry + 1] === records) words[entry] = NONE;
      }
    }
  }

  private askKernel(areaAddress: number, pageNumber: number, access: number): number {
    if (pageNumber < 0 || pageNumber >= PAGE_NUMBER_LIMIT) return -1;
    const space = this.spaceOfArea[this.areaAt(areaAddress)] ?? NONE;
    const answer = this.handlers.translate(space, pageNumber, access);
    if (answer >= this.regions.frameCount * 8) {
      throw new Error(`translate answered ${answer}: there is no frame ${Math.floor(answer / 8)}`);
    }
    return answer;
  }

  /** Takes back the write translations of a frame that is about to be decoded. */
  private flushWrites(frame: Frame): void {
    if (this.isWriteCached[frame] === 0) return;
    this.isWriteCached[frame] = 0;
    const host = (this.regions.framesStart + frame * PAGE_BYTES) | 0;
    const { words } = this;
    for (let area = 0; area < this.regions.areaCount; area++) {
      if (this.spaceOfArea[area] === NONE) continue;
      this.flushSlots(this.addressOf(area));
      const start = this.addressOf(area) >>> 2;
      for (let index = 0; index < translation.dataEntries; index++) {
        const entry = start + index * 4;
        const page = words[entry + 1] ?? NONE;
        if (page === noTag(index)) continue;
        if ((((words[entry + 2] ?? 0) + page * PAGE_BYTES) | 0) === host) {
          words[entry + 1] = noTag(index);
        }
      }
    }
  }

  private leastRecentArea(): number {
    let oldest = 0;
    for (let area = 1; area < this.regions.areaCount; area++) {
      if ((this.lastUse[area] ?? 0) < (this.lastUse[oldest] ?? 0)) oldest = area;
    }
    return oldest;
  }

  private noteFilled(areaAddress: number, entry: number): void {
    const area = this.areaAt(areaAddress);
    const count = this.filled[area] ?? 0;
    if (count < KNOWN_ENTRIES) this.filledEntries[area * KNOWN_ENTRIES + count] = entry;
    this.filled[area] = count + 1;
  }

  private flushArea(area: number): void {
    this.noteCodeChange();
    const count = this.filled[area] ?? 0;
    this.filled[area] = 0;
    if (count > KNOWN_ENTRIES) {
      this.words.set(this.emptyArea, this.addressOf(area) >>> 2);
    } else {
      const { words, filledEntries, emptyArea } = this;
      const first = area * KNOWN_ENTRIES;
      const start = this.addressOf(area) >>> 2;
      for (let index = first; index < first + count; index++) {
        const entry = filledEntries[index] ?? 0;
        words[entry] = emptyArea[entry - start] ?? NONE;
        // Of an entry for data the tag for stores; of one for execution the records.
        words[entry + 1] = emptyArea[entry - start + 1] ?? NONE;
      }
    }
    this.emptySlots(this.addressOf(area));
  }

  /** What slots repeat may have changed. */
  private flushSlots(areaAddress: number): void {
    const inUse = (areaAddress + translation.slotsInUse) >>> 2;
    if (this.words[inUse] !== 0) this.emptySlots(areaAddress);
  }

  private emptySlots(areaAddress: number): void {
    const { words } = this;
    words[(areaAddress + translation.slotsInUse) >>> 2] = 0;
    const start = (areaAddress + translation.slots) >>> 2;
    for (let slot = start; slot < start + translation.slotCount * 4; slot += 4) {
      words[slot] = translation.slotPageNone;
      words[slot + 1] = 0;
      words[slot + 2] = 0;
    }
  }

  private areaAt(address: number): number {
    return (address - this.regions.areasStart) / TRANSLATION_BYTES;
  }

  private addressOf(area: number): number {
    return this.regions.areasStart + area * TRANSLATION_BYTES;
  }

  /** Word index of the entry for a page. */
  private dataEntry(areaAddress: number, pageNumber: number): number {
    return (areaAddress >>> 2) + (pageNumber & (translation.dataEntries - 1)) * 4;
  }

  private executeEntry(areaAddress: number, pageNumber: number): number {
    const index = pageNumber & (translation.executeEntries - 1);
    return ((areaAddress + translation.execute) >>> 2) + index * 4;
  }

  private checkSpace(space: SpaceId): void {
    if (this.spaceIsUsed[space] !== 1) throw new Error(`there is no address space ${space}`);
  }
}
