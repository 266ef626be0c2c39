/**
 * Looks at a slot of the translation area (interpret/slots.ts): which slot accesses by a base have,
 * and one look for all accesses that lie in its page.
 */

import { translation } from "../interpret/layout.js";
import { AREA } from "../interpret/runtime.js";
import { PAGE_BYTES } from "../platform.js";
import type { Group } from "./groups.js";
import type { RegionContext } from "./region-context.js";

/** For the stack, global and thread pointers, loads and stores. */
const POINTER_SLOTS = 6;

/** Where in the area the slot for such accesses is: pointers share theirs with other regions. */
export function slotOf(
  { entryOffset }: RegionContext,
  { register, hasStore, isTable }: Pick<Group, "register" | "hasStore" | "isTable">,
): number {
  const number = register * 2 + (hasStore ? 1 : 0) + (isTable ? 28 : 0);
  const { slots, slotCount, slotBytes } = translation;
  const isPointer = register >= 2 && register <= 4 && !isTable;
  const others = slotCount - POINTER_SLOTS;
  const spread = POINTER_SLOTS + ((number + entryOffset * 13) % others);
  return slots + (isPointer ? number - 4 : spread) * slotBytes;
}

/** Pushes what functions for slots take, for the local `address`. */
export function pushSlotAccess({ code, locals }: RegionContext, size: number, slot: number): void {
  code.localGet(AREA).localGet(locals.address).i32Const(size);
  code.localGet(AREA).i32Const(slot).i32Add();
}

/** Pushes the host address for the local `address`, if the slot has its page. */
export function pushSlotHost({ code, locals }: RegionContext, slot: number): void {
  code.localGet(locals.address).i32WrapI64();
  code
    .localGet(AREA)
    .i32Load(slot + translation.slotAddend)
    .i32Add();
}

/**
 * Pushes the host address for the local `address`, or less than `translation.hostAddressMin`: not
 * all of the accesses lie in one page that allows them.
 * @param slot of accesses by that base
 * @param toLastByte bytes from the first one to the last
 * @param look "span": two pages serve as well, if their frames are neighbours
 */
export function pushSharedHost(
  region: RegionContext,
  slot: number,
  hasStore: boolean,
  toLastByte: number,
  look: "share" | "span",
): void {
  const { code, locals, links } = region;
  code.localGet(locals.address);
  code
    .localGet(AREA)
    .i64Load(slot + translation.slotPage)
    .i64Sub();
  code
    .i64Const(PAGE_BYTES - toLastByte)
    .i64LtU()
    .hint(true)
    .if("i32");
  pushSlotHost(region, slot);
  code.else();
  pushSlotAccess(region, toLastByte + 1, slot);
  code.callLinked(links.runtime(hasStore ? `${look}Write` : `${look}Read`)).end();
}
