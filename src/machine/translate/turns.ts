/**
 * Turns of a loop that are done at once (strides.ts): how many may be, until a base register comes
 * to a page's end or the budget to its own, is reckoned before them; then they are done in a copy
 * of the loop, whose accesses by these registers look at nothing.
 */

import { translation } from "../interpret/layout.js";
import { REGION } from "../interpret/regions.js";
import { PAGE_BYTES } from "../platform.js";
import type { Label } from "../wasm/code.js";
import type { Step } from "./region.js";
import type { RegionContext } from "./region-context.js";
import { pushSharedHost, slotOf } from "./slot-looks.js";
import type { Stride, StrideLoop } from "./strides.js";

/** Fewer turns are not worth it. */
const TURNS_MIN = 4;

/** Turns that are being written. */
export interface Turns {
  /** Where it is reckoned how many more there may be. */
  readonly again: Label;
  /** Where a turn begins. */
  readonly turn: Label;
  /** i32 local: how many are left. */
  readonly left: number;
  /** i32 locals with what makes host addresses, by access. */
  readonly addends: ReadonlyMap<Step, number>;
  /** Those locals, to be released. */
  readonly locals: readonly number[];
}

/**
 * Writes what comes before the turns and opens their loop.
 * @param isOver behind which the loop goes on by single turns
 */
export function beginTurns(region: RegionContext, loop: StrideLoop, isOver: Label): Turns {
  const { code } = region;
  const turns = code.local("i32");
  const again = code.loop();
  code.localGet(REGION.remaining).i32Const(1).i32Sub().i32Const(loop.length).i32DivS();
  code.localTee(turns).i32Const(TURNS_MIN).i32LtS().hint(false).brIf(isOver);
  const addendOf = new Map<Stride, number>();
  for (const stride of loop.strides) {
    addendOf.set(stride, writeStride(region, stride, turns, isOver));
  }
  code.localGet(turns).i32Const(TURNS_MIN).i32LtS().hint(false).brIf(isOver);
  const addends = new Map<Step, number>();
  for (const [step, stride] of loop.strideOf) addends.set(step, addendOf.get(stride) as number);
  const locals = [turns, ...addendOf.values()];
  return { again, turn: code.loop(), left: turns, addends, locals };
}

/** Looks up the page of a stride. @returns the i32 local with what makes host addresses */
function writeStride(region: RegionContext, stride: Stride, turns: number, isOver: Label): number {
  const { code, locals } = region;
  const { address, host } = locals;
  const { register, hasStore, least, last, bytes } = stride;
  const toLastByte = last - least;
  const base = locals.x.get(register) ?? 0;
  code.localGet(base).i64Const(least).i64Add().localSet(address);
  const slot = slotOf(region, { register, hasStore, isTable: false });
  pushSharedHost(region, slot, hasStore, toLastByte, "share");
  code.localTee(host).i32Const(translation.hostAddressMin).i32LtU().hint(false).brIf(isOver);
  const addend = code.local("i32");
  code.localGet(host).localGet(address).i32WrapI64().i32Sub().localSet(addend);
  if (bytes === 0) return addend;
  // Turns until the first byte, or the last one, is in another page.
  const pushOffset = () =>
    code
      .localGet(address)
      .i32WrapI64()
      .i32Const(PAGE_BYTES - 1)
      .i32And();
  if (bytes > 0) {
    code.i32Const(PAGE_BYTES - 1 - toLastByte);
    pushOffset();
    code.i32Sub();
  } else pushOffset();
  code.i32Const(Math.abs(bytes)).i32DivU().i32Const(1).i32Add().localTee(host);
  code.localGet(turns).localGet(host).localGet(turns).i32LtS().select().localSet(turns);
  return addend;
}
