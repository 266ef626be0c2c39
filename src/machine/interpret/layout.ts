/**
 * Where everything is in the machine's one memory: offsets in the state page, in a hart context, in
 * a translation area and in a page of decoded records. The regions, in this order: state page, hart
 * contexts, translation areas, decoded pages, frames. All numbers are bytes.
 */

/** One per machine; the first bytes of the memory stay unused so that address 0 means "none". */
export const state = Object.freeze({
  /** Instructions left of the budget when the run ended (i32, may be negative). */
  remaining: 64,
  /** Budget of the run (i32). */
  budget: 68,
  trapCause: 72,
  /** i64 */
  trapValue: 80,
  /** i64: address of the LR reservation, -1: none. One hart runs at a time, so one is enough. */
  reservation: 88,
  /** i64: instructions retired by all runs before this one. */
  retired: 96,
  /** i32: a region is left because its access faulted, as trapCause and trapValue say. */
  hasFaulted: 120,
  /** Of an access that crosses pages: host address and length of both parts. */
  firstPart: 104,
  firstLength: 108,
  secondPart: 112,
  secondLength: 116,
  /** Where such an access is assembled. */
  crossing: 128,
  /** i64: where execution goes on behind a region, or an odd number: as `leaving` says. */
  next: 160,
  /** i32: one of the LEAVING numbers. */
  leaving: 168,
  /** i32: what `run` answers when leaving is LEAVING_EXIT. */
  exit: 172,
  /** i32: calls that regions are within. */
  depth: 176,
  /** i32: code that regions stand for has changed or moved since they were entered. */
  codeHasChanged: 180,
  /**
   * i32: how many places are come to behind regions until one is told of, how many jumps by
   * register go where their region does not know until one is told of, what both begin at.
   */
  untilVisit: 184,
  untilLearn: 188,
  tellDistance: 192,
  /** i32: number of the entry by which a region is entered; 0: its beginning. */
  entry: 196,
  /** Records of an instruction that is done outside of its page: it, and what comes behind. */
  alone: 1024,
});
export const STATE_BYTES = 65536;

/** How a region is left when it is not simply gone on at an address; the pc is in the context. */
/** The instruction at the pc is the interpreter's to do. */
export const LEAVING_ALONE = 0;
/** The budget is spent. */
export const LEAVING_BUDGET = 1;
/** `state.exit` says why the run ends. */
export const LEAVING_EXIT = 2;
/** Nothing is to be done but to leave all regions. */
export const LEAVING_PLAIN = 3;
/** What a handler answers when a region was left; beside platform.ts's EXIT numbers. */
export const EXIT_NEXT = 16;
/** Calls within calls that regions make on the engine's stack. */
export const CALL_DEPTH_MAX = 160;

/** A hart context. X, F, PC and FCSR are at the word offsets that platform.ts publishes. */
export const context = Object.freeze({
  x: 0,
  f: 256,
  pc: 512,
  fcsr: 520,
  /** What is written to x0 goes here. */
  sink: 528,
  /** i64 by which a record's address gives its pc: pc = (record + delta) >>> 3. */
  recordDelta: 536,
  /** i32: 0 user, 1 supervisor, 3 machine. */
  privilege: 544,
  /** i64 each, in the order of the CSR table. */
  csr: 552,
});
export const CONTEXT_BYTES = 1024;

/**
 * A translation area: data entries for 16 MiB, then execute entries for 4 MiB, then slots. Pages
 * that share an entry cost a fill at each change between them. A tag is the page number, which is
 * compared with all 52 upper bits of the address. None is, for execution, -1, sign-extended; for
 * data, zero-extended as that is one instruction less, the number of a page that has another entry:
 * the entry's own exclusive-or dataNone. A slot repeats a data entry for those who come to its page
 * again and again; it allows what it was filled for.
 */
export const translation = Object.freeze({
  dataEntries: 4096,
  dataEntryBytes: 16,
  dataNone: 2048,
  readTag: 0,
  writeTag: 4,
  /** i32 that, added to the low word of the address, gives the host address. */
  addend: 8,
  execute: 65536,
  executeEntries: 1024,
  executeEntryBytes: 16,
  executeTag: 0,
  /** i32: address of the page's records. */
  records: 4,
  /** i64: see context.recordDelta. */
  delta: 8,
  slots: 65536 + 16384,
  slotCount: 64,
  slotBytes: 16,
  /** i64: address of the page, or what is never an address of one that is aligned: none. */
  slotPage: 0,
  slotPageNone: 2048,
  /** Where a slot without a page would lead to: less. */
  hostAddressMin: 8192,
  /** i32, as the addend of an entry; 0: the slot has no page. */
  slotAddend: 8,
  /** i32: not 0 if a slot may hold something. */
  slotsInUse: 65536 + 16384 + 1024,
});
export const TRANSLATION_BYTES: number = translation.slotsInUse + 64;

/** A decoded instruction: 16 bytes for each half-word at which one may start. */
export const record = Object.freeze({
  /** u16: number of the handler; 0: not decoded yet. */
  handler: 0,
  /** u16: bytes from the context to the destination register. */
  rd: 2,
  /** u8 each: register number × 8. */
  rs1: 4,
  rs2: 5,
  rs3: 6,
  /** u8; of a call, which has no rs3: how often it was done, without overflow. */
  calls: 6,
  /** u8: bytes to the next record (instruction length × 8). */
  length: 7,
  /** i32; of branches within the page: bytes to the target's record. */
  immediate: 8,
  /** i32: the instruction's bits, for tval and the rounding mode. */
  word: 12,
});
export const RECORD_BYTES = 16;
/** An interpreted call tells of itself each time that it was done so often: its counter is full. */
export const CALLS_UNTIL_TOLD = 256;

/** Slots of a decoded page beyond those of its half-words. */
export const slot = Object.freeze({
  /** Reached when execution runs off the page's end; two, by the length of the last one. */
  pageEnd: 2048,
  /** The instruction that begins in the last half-word and ends in the next page. */
  crossing: 2050,
  /** Behind that one. */
  crossingEnd: 2052,
  /** i32 at its start: host address of the frame. */
  header: 2053,
});
export const SLOTS = 2054;
export const DECODED_PAGE_BYTES = SLOTS * RECORD_BYTES;

/** Limit of page numbers: 2^38 bytes of user addresses. */
export const PAGE_NUMBER_LIMIT = 2 ** 26;
