/**
 * Slots of a translation area: each repeats the entry of one page, for the accesses of a region
 * that mostly stay in theirs. To find it there is nothing to compute, and what makes the host
 * address is known before the guest's is. The MMU empties them when an entry may have changed.
 */

import type { CodeBuilder } from "../wasm/code.js";
import { translation } from "./layout.js";

const PAGE_LOG2 = 12;
const entryMask = (translation.dataEntries - 1) * translation.dataEntryBytes;

/** Locals of a function: area, address (i64) and an i32 to be set to the entry of its page. */
interface Access {
  readonly area: number;
  readonly address: number;
  readonly entry: number;
}

/**
 * Pushes whether the translation area allows an access within one page, and sets `entry`. What
 * crosses pages never matches.
 * @param tag of entries: of read or of write
 * @param toLastByte bytes from the first one to the last, or what pushes them as i64
 */
export function pushHasEntry(
  code: CodeBuilder,
  { area, address, entry }: Access,
  tag: number,
  toLastByte: number | (() => void),
): void {
  code.localGet(address).i32WrapI64().i32Const(8).i32ShrU().i32Const(entryMask).i32And();
  code.localGet(area).i32Add().localTee(entry).i64Load32U(tag).localGet(address);
  if (typeof toLastByte === "function") {
    toLastByte();
    code.i64Add();
  } else if (toLastByte > 0) code.i64Const(toLastByte).i64Add();
  code.i64Const(PAGE_LOG2).i64ShrU().i64Eq();
}

/** Parameters of all of them. */
const AREA = 0;
const ADDRESS = 1;
const SIZE = 2;
const SLOT = 3;

/** Writes `moveRead` or `moveWrite`; `fill` is the function that translates. */
export function emitMove(code: CodeBuilder, fill: number): void {
  const host = code.local("i32");
  code.localGet(AREA).localGet(ADDRESS).localGet(SIZE).call(fill).localTee(host).if();
  keep(code, () => code.localGet(host).localGet(ADDRESS).i32WrapI64().i32Sub());
  code.end();
  code.localGet(host);
}

/**
 * Writes `shareRead` or `shareWrite`, or `spanRead` or `spanWrite`.
 * @param tag of entries: of read or of write
 * @param spansPages two pages serve as one does if their frames are neighbours, as those of a stack
 *   are; then the slot stays as it is
 */
export function emitShare(code: CodeBuilder, tag: number, spansPages: boolean): void {
  const entry = code.local("i32");
  const pushHost = () =>
    code.localGet(ADDRESS).i32WrapI64().localGet(entry).i32Load(translation.addend).i32Add();
  const pushBytesBehind = () => code.localGet(SIZE).i32Const(1).i32Sub().i64ExtendI32U();
  pushHasEntry(code, { area: AREA, address: ADDRESS, entry }, tag, pushBytesBehind);
  code.if();
  keep(code, () => code.localGet(entry).i32Load(translation.addend));
  pushHost();
  code.return().end();
  if (!spansPages) {
    code.i32Const(0);
    return;
  }
  const [lastEntry, last] = [code.local("i32"), code.local("i64")];
  code.localGet(ADDRESS);
  pushBytesBehind();
  code.i64Add().localSet(last);
  pushHasEntry(code, { area: AREA, address: ADDRESS, entry }, tag, 0);
  pushHasEntry(code, { area: AREA, address: last, entry: lastEntry }, tag, 0);
  code.i32And();
  code.localGet(entry).i32Load(translation.addend);
  code.localGet(lastEntry).i32Load(translation.addend).i32Eq();
  code.i32And().if("i32");
  pushHost();
  code.else().i32Const(0).end();
}

/** The slot has the page of the address from now on. */
function keep(code: CodeBuilder, pushAddend: () => void): void {
  code.localGet(SLOT).localGet(ADDRESS).i64Const(-4096).i64And().i64Store(translation.slotPage);
  code.localGet(SLOT);
  pushAddend();
  code.i32Store(translation.slotAddend);
  code.localGet(AREA).i32Const(1).i32Store(translation.slotsInUse);
}
