/**
 * The pool of decoded pages: a frame with code gets one, whose records are filled as execution
 * reaches them, straight on until a jump. A store to code forgets the records of the bytes that it
 * changed; a write by the kernel gives the frame's whole page back.
 */

import { decodeExpanded, emptyOperands, instructionLength } from "../isa/decode.js";
import type { Instruction } from "../isa/instruction.js";
import { type Frame, PAGE_BYTES } from "../platform.js";
import { SPREAD_FACTOR } from "../spread.js";
import { HANDLER_CROSSING, HANDLER_ILLEGAL, HANDLER_PAGE_END, selectHandler } from "./handlers.js";
import { context, DECODED_PAGE_BYTES, RECORD_BYTES, record, slot, state } from "./layout.js";
import { pairOf } from "./pairs.js";

const NONE = -1;
const LAST_SLOT = 2047;
/** Major opcodes from BRANCH on are JALR, JAL and SYSTEM (Unprivileged, table of opcodes). */
const OPCODE_MASK = 0x7f;
const OPCODE_BRANCH = 0x63;
/** Words whose records are remembered, and the bits of their numbers. */
const REMEMBERED = 4096;
const REMEMBERED_BITS = 12;
const RECORD_WORDS = RECORD_BYTES / 4;

export interface DecodedRegions {
  readonly memory: ArrayBuffer;
  readonly pagesStart: number;
  readonly pageCount: number;
  readonly framesStart: number;
  readonly frameCount: number;
}

/** Which frames have decoded pages, and what is in them. */
export class DecodedPages {
  /** Per frame: 1 while it has a decoded page. */
  readonly codeFrames: Uint8Array;
  private readonly regions: DecodedRegions;
  private readonly halves: Uint16Array;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly words: Int32Array;
  /** Records of words that were decoded: programs consist of few different ones. */
  private readonly remembered = new Int32Array(REMEMBERED * RECORD_WORDS);
  private readonly pageOfFrame: Int32Array;
  private readonly frameOfPage: Int32Array;
  private readonly free: number[] = [];
  /** Next page to be evicted: pages leave in a circle. */
  private hand = 0;
  private readonly forgetRecords: (records: number) => void;
  private readonly changed: (records: number) => void;
  private readonly operands = emptyOperands();
  private readonly selection = { handler: 0, isLocal: false };

  /**
   * @param forgetRecords drops execute translations to a page's records (0: to all)
   * @param changed is told of records whose bytes change, or which lose their frame
   */
  constructor(
    regions: DecodedRegions,
    forgetRecords: (records: number) => void,
    changed: (records: number) => void,
  ) {
    this.regions = regions;
    this.forgetRecords = forgetRecords;
    this.changed = changed;
    this.halves = new Uint16Array(regions.memory);
    this.bytes = new Uint8Array(regions.memory);
    this.view = new DataView(regions.memory);
    this.words = new Int32Array(regions.memory);
    this.codeFrames = new Uint8Array(regions.frameCount);
    this.pageOfFrame = new Int32Array(regions.frameCount).fill(NONE);
    this.frameOfPage = new Int32Array(regions.pageCount).fill(NONE);
    for (let page = regions.pageCount - 1; page >= 0; page--) this.free.push(page);
  }

  hasCode(frame: Frame): boolean {
    return this.codeFrames[frame] === 1;
  }

  /**
   * The address of a frame's records; takes a page for them if it has none.
   * @param recordInUse a record whose page must not be taken, or 0
   */
  recordsOf(frame: Frame, recordInUse: number): number {
    let page = this.pageOfFrame[frame] ?? NONE;
    if (page === NONE) {
      if (this.free.length === 0) this.evict(recordInUse);
      page = this.free.pop() ?? NONE;
      this.pageOfFrame[frame] = page;
      this.frameOfPage[page] = frame;
      this.codeFrames[frame] = 1;
      this.clear(page, frame);
    }
    return this.addressOf(page);
  }

  /** The frame's content was changed from outside: gives its page back. */
  release(frame: Frame): void {
    const page = this.pageOfFrame[frame] ?? NONE;
    if (page === NONE) return;
    this.forgetRecords(this.addressOf(page));
    this.detach(page);
  }

  /** Forgets what was decoded from these bytes of a frame. */
  forgetBytes(frame: Frame, offset: number, lengthBytes: number): void {
    const page = this.pageOfFrame[frame] ?? NONE;
    if (page === NONE) return;
    // An instruction may start two bytes earlier, and the one that is paired with it four more.
    const first = Math.max(0, (offset - 6) >> 1);
    const last = (offset + lengthBytes - 1) >> 1;
    const records = this.addressOf(page);
    this.changed(records);
    for (let at = first; at <= last; at++) {
      this.halves[(records + at * RECORD_BYTES + record.handler) >>> 1] = 0;
    }
  }

  /**
   * Decodes from a record on until behind a jump or branch, or at something decoded already: so
   * what is decoded has been come to, which the translator goes by.
   * @returns 0: the page belongs to no frame any more
   */
  decode(recordAddress: number): number {
    const page = Math.floor((recordAddress - this.regions.pagesStart) / DECODED_PAGE_BYTES);
    const frame = this.frameOfPage[page] ?? NONE;
    if (frame === NONE) return 0;
    const records = this.addressOf(page);
    const code = (this.regions.framesStart + frame * PAGE_BYTES) >>> 1;
    let at = (recordAddress - records) / RECORD_BYTES;
    // Address of the record before, if it is not half of a pair.
    let before = NONE;
    while (at <= LAST_SLOT && this.halves[(records + at * RECORD_BYTES) >>> 1] === 0) {
      const low = this.halves[code + at] ?? 0;
      const halfCount = instructionLength(low) >>> 1;
      const target = records + at * RECORD_BYTES;
      if (halfCount === 2 && at === LAST_SLOT) {
        this.writeCrossing(target, low);
        break;
      }
      const word = halfCount === 2 ? (low | ((this.halves[code + at + 1] ?? 0) << 16)) >>> 0 : low;
      const isEnd = this.writeRecord(target, word, at * 2);
      before = this.pair(before, target) ? NONE : target;
      if (isEnd) break;
      at += halfCount;
    }
    return 1;
  }

  /** The first record of the page that this one is in. */
  recordsAround(recordAddress: number): number {
    const { pagesStart } = this.regions;
    return recordAddress - ((recordAddress - pagesStart) % DECODED_PAGE_BYTES);
  }

  /** The frame of a page of records, or -1: none. */
  frameOf(recordAddress: number): Frame {
    const page = Math.floor((recordAddress - this.regions.pagesStart) / DECODED_PAGE_BYTES);
    return this.frameOfPage[page] ?? NONE;
  }

  /** Decodes a record's instruction into `state.alone`; behind it execution goes on by address. */
  decodeAlone(recordAddress: number): void {
    const word = this.view.getInt32(recordAddress + record.word, true) >>> 0;
    this.writeRecord(state.alone, word, -1);
    for (const behind of [1, 2]) {
      const target = state.alone + behind * RECORD_BYTES;
      this.view.setUint16(target + record.handler, HANDLER_PAGE_END, true);
    }
  }

  /** Decodes the instruction that begins at a crossing record and ends with `highHalf`. */
  decodeCrossing(recordAddress: number, highHalf: number): void {
    const low = this.view.getInt32(recordAddress + record.word, true);
    this.view.setInt32(recordAddress + record.immediate, highHalf, true);
    const target = recordAddress + (slot.crossing - LAST_SLOT) * RECORD_BYTES;
    this.writeRecord(target, (low | (highHalf << 16)) >>> 0, -1);
  }

  private writeCrossing(target: number, low: number): void {
    this.view.setUint16(target + record.handler, HANDLER_CROSSING, true);
    this.view.setInt32(target + record.immediate, NONE, true);
    this.view.setInt32(target + record.word, low, true);
  }

  /**
   * @param offsetBytes in the page, or -1: not side by side with other records
   * @returns whether it may go elsewhere: a jump, a branch, or no instruction
   */
  private writeRecord(target: number, word: number, offsetBytes: number): boolean {
    const { view, operands, selection } = this;
    const place = (Math.imul(word, SPREAD_FACTOR) >>> (32 - REMEMBERED_BITS)) * RECORD_WORDS;
    if (word !== 0 && this.remembered[place + RECORD_WORDS - 1] === (word | 0)) {
      this.copyRecord(this.remembered, place, this.words, target >>> 2);
      return false;
    }
    const row = decodeExpanded(word, operands);
    view.setUint8(target + record.length, instructionLength(word) * 8);
    view.setInt32(target + record.word, word | 0, true);
    if (row === undefined) {
      view.setUint16(target + record.handler, HANDLER_ILLEGAL, true);
      return true;
    }
    selectHandler(row, operands, offsetBytes, selection);
    view.setUint16(target + record.handler, selection.handler, true);
    view.setUint16(target + record.rd, destinationOffset(row, operands.rd), true);
    view.setUint8(target + record.rs1, operands.rs1 * 8);
    view.setUint8(target + record.rs2, operands.rs2 * 8);
    view.setUint8(target + record.rs3, operands.rs3 * 8);
    const immediate = selection.isLocal ? operands.imm * 8 : operands.imm;
    view.setInt32(target + record.immediate, immediate, true);
    const isEnd = (row.match & OPCODE_MASK) >= OPCODE_BRANCH;
    // The others are the same at every offset.
    if (!isEnd) this.copyRecord(this.words, target >>> 2, this.remembered, place);
    return isEnd;
  }

  /**
   * Has one handler do what two records do, if there is such a handler.
   * @param before address of the first record, or NONE
   * @param target that of the one behind it
   */
  private pair(before: number, target: number): boolean {
    if (before === NONE) return false;
    const { halves } = this;
    const first = (before + record.handler) >>> 1;
    const number = pairOf(halves[first] ?? 0, halves[(target + record.handler) >>> 1] ?? 0);
    if (number !== undefined) halves[first] = number;
    return number !== undefined;
  }

  private copyRecord(from: Int32Array, start: number, to: Int32Array, place: number): void {
    for (let index = 0; index < RECORD_WORDS; index++) {
      to[place + index] = from[start + index] ?? 0;
    }
  }

  private clear(page: number, frame: Frame): void {
    const records = this.addressOf(page);
    this.bytes.fill(0, records, records + DECODED_PAGE_BYTES);
    for (const at of [slot.pageEnd, slot.pageEnd + 1, slot.crossingEnd]) {
      this.view.setUint16(records + at * RECORD_BYTES, HANDLER_PAGE_END, true);
    }
    const host = this.regions.framesStart + frame * PAGE_BYTES;
    this.view.setInt32(records + slot.header * RECORD_BYTES, host, true);
  }

  /** Frees an eighth of the pool, so that the translations to it are dropped all at once. */
  private evict(recordInUse: number): void {
    const { pageCount, pagesStart } = this.regions;
    const inUse =
      recordInUse === 0 ? NONE : Math.floor((recordInUse - pagesStart) / DECODED_PAGE_BYTES);
    const count = Math.max(1, pageCount >>> 3);
    this.forgetRecords(0);
    while (this.free.length < count) {
      const page = this.hand;
      this.hand = (this.hand + 1) % pageCount;
      if (page !== inUse && this.frameOfPage[page] !== NONE) this.detach(page);
    }
  }

  /** The records stay as they are until the page is taken again: a handler may still read them. */
  private detach(page: number): void {
    const frame = this.frameOfPage[page] ?? NONE;
    this.changed(this.addressOf(page));
    this.frameOfPage[page] = NONE;
    this.pageOfFrame[frame] = NONE;
    this.codeFrames[frame] = 0;
    this.free.push(page);
  }

  private addressOf(page: number): number {
    return this.regions.pagesStart + page * DECODED_PAGE_BYTES;
  }
}

/** Bytes from the context to the register that an instruction writes. */
function destinationOffset(row: Instruction, rd: number): number {
  if (row.hasFloatDestination) return context.f + rd * 8;
  return rd === 0 ? context.sink : context.x + rd * 8;
}
