/**
 * Slots of a translation area: each repeats the entry of one page, for the accesses of a region
 * that mostly stay in theirs. To find it there is nothing to compute, and what makes the host
 * address is known before the guest's is. The MMU empties them when an entry may have changed.
 */

import type { CodeBuilder } from "../wasm/code.js";
import { translation } from "./layout.js";

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
  code.i32Const(1).return().end();
  code.i32Const(0);
}

/**
 * Writes `shareRead` or `shareWrite`.
 * @param tag of entries: of read or of write
 */
export function emitShare(code: CodeBuilder, tag: number): void {
  const entry = code.local("i32");
  const entryMask = (translation.dataEntries - 1) * translation.dataEntryBytes;
  code.localGet(ADDRESS).i32WrapI64().i32Const(8).i32ShrU().i32Const(entryMask).i32And();
  code.localGet(AREA).i32Add().localTee(entry).i64Load32S(tag);
  code.localGet(ADDRESS).localGet(SIZE).i32Const(1).i32Sub().i64ExtendI32U().i64Add();
  code.i64Const(12).i64ShrU().i64Eq().if();
  keep(code, () => code.localGet(entry).i32Load(translation.addend));
  code.localGet(entry).i32Load(translation.addend).return().end();
  code.i32Const(0);
}

/** The slot has the page of the address from now on. */
function keep(code: CodeBuilder, pushAddend: () => void): void {
  code.localGet(SLOT).localGet(ADDRESS).i64Const(-4096).i64And().i64Store(translation.slotPage);
  code.localGet(SLOT);
  pushAddend();
  code.i32Store(translation.slotAddend);
  code.localGet(AREA).i32Const(1).i32Store(translation.slotsInUse);
}
