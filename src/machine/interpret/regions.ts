/**
 * The way between `run`, the interpreter and translated regions. A region is a function that
 * answers where execution goes on and what is left of the budget. Regions call each other as guest
 * functions do; whoever gets an answer that is not the address behind its call answers the same, so
 * that all of them are left in the end and `run` goes on. An answer is odd when an address does not
 * say it all: `state.leaving` and the context's pc do.
 */

import {
  ACCESS_READ,
  ACCESS_WRITE,
  CAUSE_LOAD_PAGE_FAULT,
  CAUSE_STORE_PAGE_FAULT,
  EXIT_BUDGET,
  EXIT_LEFT,
  PAGE_BYTES,
} from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { ModuleBuilder } from "../wasm/module.js";
import type { Signature, ValueType } from "../wasm/opcodes.js";
import {
  context,
  EXIT_NEXT,
  LEAVING_ALONE,
  LEAVING_BUDGET,
  LEAVING_EXIT,
  LEAVING_PLAIN,
  PAGE_NUMBER_LIMIT,
  record,
  state,
  translation,
} from "./layout.js";
import { FIRST_REGION } from "./pairs.js";
import {
  emitFindRecord,
  emitNowAndThen,
  handlerSignature,
  type Runtime,
  setTrap,
} from "./runtime.js";
import { emitMove, emitShare, pushHasEntry } from "./slots.js";

const signature = (parameters: ValueType[], results: ValueType[]): Readonly<Signature> =>
  Object.freeze({ parameters: Object.freeze(parameters), results: Object.freeze(results) });

/** (context, pc i64, instructions left, translation area, depth) -> next i64, instructions left */
export const regionSignature: Readonly<Signature> = signature(
  ["i32", "i64", "i32", "i32", "i32"],
  ["i64", "i32"],
);
/** Parameters of a region as locals. */
export const REGION = Object.freeze({ context: 0, pc: 1, remaining: 2, area: 3, depth: 4 });

/** What regions take from the interpreter's module. */
export const regionRuntime = Object.freeze({
  /** A region's signature: calls the region at an address, or answers the address. */
  callAt: regionSignature,
  /** (context, pc behind it i64, instructions left) -> 0: go on, else: answer an odd number. */
  systemCall: signature(["i32", "i64", "i32"], ["i32"]),
  /** (area, address i64, size) -> host address, or 0: the interpreter does the instruction. */
  fillRead: signature(["i32", "i64", "i32"], ["i32"]),
  fillWrite: signature(["i32", "i64", "i32"], ["i32"]),
  /**
   * (area, address i64, size, address of a slot) -> host address, or 0: the interpreter does the
   * instruction. The slot has the page that the access is in from now on.
   */
  moveRead: signature(["i32", "i64", "i32", "i32"], ["i32"]),
  moveWrite: signature(["i32", "i64", "i32", "i32"], ["i32"]),
  /** The same, for what is translated already and all in one page; 0: it is not. */
  shareRead: signature(["i32", "i64", "i32", "i32"], ["i32"]),
  shareWrite: signature(["i32", "i64", "i32", "i32"], ["i32"]),
  /** The same, for what may lie in two pages that have neighbouring frames. */
  spanRead: signature(["i32", "i64", "i32", "i32"], ["i32"]),
  spanWrite: signature(["i32", "i64", "i32", "i32"], ["i32"]),
  /** (handler of the region, record of the jump, bytes to where it went) */
  learn: signature(["i32", "i32", "i32"], []),
  /** (record of an entry where a register holds no word) */
  missEntry: signature(["i32"], []),
});

/** Adds and exports what regions call. */
export function addRegionRuntime(module: ModuleBuilder, runtime: Runtime): void {
  const add = (name: keyof typeof regionRuntime, body: (code: CodeBuilder) => void): number => {
    const index = module.addFunction(regionRuntime[name], body, name);
    module.addExport(name, "function", index);
    return index;
  };
  add("callAt", (code) => emitCallAt(code));
  add("systemCall", (code) => emitSystemCall(code, runtime.environmentCall));
  const { translateData } = runtime;
  const fillRead = add("fillRead", (code) => emitFill(code, translateData, ACCESS_READ));
  const fillWrite = add("fillWrite", (code) => emitFill(code, translateData, ACCESS_WRITE));
  add("moveRead", (code) => emitMove(code, fillRead));
  add("moveWrite", (code) => emitMove(code, fillWrite));
  add("shareRead", (code) => emitShare(code, translation.readTag, false));
  add("shareWrite", (code) => emitShare(code, translation.writeTag, false));
  add("spanRead", (code) => emitShare(code, translation.readTag, true));
  add("spanWrite", (code) => emitShare(code, translation.writeTag, true));
  // Neither is imported by regions from TypeScript: the engine would make code in each module.
  add("learn", (code) =>
    emitNowAndThen(code, state.untilLearn, () =>
      code.localGet(0).localGet(1).localGet(2).call(runtime.learn),
    ),
  );
  add("missEntry", (code) =>
    emitNowAndThen(code, state.untilLearn, () => code.localGet(0).call(runtime.missEntry)),
  );
}

/** The loop of `run` over what regions answer. */
export function emitRunLoop(code: CodeBuilder, runtime: Runtime): void {
  const [contextLocal, budget, area] = [0, 1, 2];
  const [next, remaining, exit] = [code.local("i64"), code.local("i32"), code.local("i32")];
  code.localGet(contextLocal).i64Load(context.pc).i64Const(-2).i64And().localSet(next);
  code.localGet(budget).localSet(remaining);
  const isOver = code.block();
  const call = (target: number) => {
    forgetRegions(code);
    code.localGet(contextLocal).localGet(next).localGet(remaining).localGet(area).call(target);
    code.localTee(exit).i32Const(EXIT_NEXT).i32Ne().brIf(isOver);
    code.i32Const(0).i32Load(state.remaining).localSet(remaining);
    code.i32Const(0).i64Load(state.next).localSet(next);
  };
  call(runtime.jumpTo);
  const loop = code.loop();
  const isPlain = code.block();
  code.localGet(next).i32WrapI64().i32Const(1).i32And().i32Eqz().brIf(isPlain);
  code.localGet(contextLocal).i64Load(context.pc).localSet(next);
  code.i32Const(0).i32Load(state.leaving).i32Const(LEAVING_PLAIN).i32Eq().brIf(isPlain);
  code.i32Const(0).i32Load(state.leaving).i32Const(LEAVING_ALONE).i32Eq().if();
  call(runtime.resumeAt);
  code.br(loop).end();
  code.i32Const(EXIT_BUDGET).i32Const(0).i32Load(state.exit);
  code.i32Const(0).i32Load(state.leaving).i32Const(LEAVING_BUDGET).i32Eq().select();
  code.localSet(exit).br(isOver).end();
  call(runtime.goOnAt);
  code.br(loop).end().end();
  code.localGet(exit);
}

/** No region is entered now. */
function forgetRegions(code: CodeBuilder): void {
  code.i32Const(0).i64Const(0).i64Store(state.depth);
}

/** Where a region is entered. */
export interface RegionEntry {
  /** Bytes from the beginning. */
  readonly distance: number;
  /** 0: its beginning. */
  readonly number: number;
  /** Bits of the registers that the region takes for sign-extended words. */
  readonly words: number;
}

/**
 * Writes a handler that runs a region from an entry on: what stands in the table.
 * @param missEntry number of that function of `regionRuntime`
 */
export function emitHandlerOfRegion(
  code: CodeBuilder,
  region: number,
  entry: RegionEntry,
  missEntry: number,
): void {
  const [contextLocal, recordLocal, remaining, area] = [0, 1, 2, 3];
  const pushPc = () => {
    code.localGet(recordLocal).i64ExtendI32U();
    code.localGet(contextLocal).i64Load(context.recordDelta).i64Add().i64Const(3).i64ShrU();
  };
  emitWordCheck(code, entry, pushPc, missEntry);
  if (entry.number > 0) code.i32Const(0).i32Const(entry.number).i32Store(state.entry);
  code.localGet(contextLocal);
  pushPc();
  if (entry.distance !== 0) code.i64Const(entry.distance).i64Sub();
  code.localGet(remaining).localGet(area).i32Const(0).i32Load(state.depth).call(region);
  code.localSet(remaining);
  const next = code.local("i64");
  code.localSet(next);
  code.i32Const(0).localGet(next).i64Store(state.next);
  code.i32Const(0).localGet(remaining).i32Store(state.remaining);
  code.i32Const(EXIT_NEXT);
}

/** Leaves the first instruction to the interpreter if a register holds no word, and tells of it. */
function emitWordCheck(
  code: CodeBuilder,
  { words, number }: RegionEntry,
  pushPc: () => void,
  missEntry: number,
): void {
  const [contextLocal, recordLocal, remaining] = [0, 1, 2];
  const registers = Array.from({ length: 32 }, (_, register) => register);
  const checked = registers.filter((register) => register > 0 && ((words >>> register) & 1) !== 0);
  if (checked.length === 0) return;
  for (const [place, register] of checked.entries()) {
    const at = context.x + register * 8;
    code.localGet(contextLocal).i64Load(at).localGet(contextLocal).i64Load32S(at).i64Ne();
    if (place > 0) code.i32Or();
  }
  code.hint(false).if();
  if (number > 0) code.localGet(recordLocal).call(missEntry);
  code.localGet(contextLocal);
  pushPc();
  code.i64Store(context.pc);
  code.i32Const(0).i32Const(LEAVING_ALONE).i32Store(state.leaving);
  code.i32Const(0).i64Const(1).i64Store(state.next);
  code.i32Const(0).localGet(remaining).i32Store(state.remaining);
  code.i32Const(EXIT_NEXT).return().end();
}

function emitCallAt(code: CodeBuilder): void {
  const { pc, remaining, area, depth } = REGION;
  const first = code.local("i32");
  const isElsewhere = code.block();
  emitFindRecord(code, { target: pc, area, first }, () => code.br(isElsewhere));
  code.localGet(first).i32Load16U(record.handler).i32Const(FIRST_REGION).i32LtU();
  code.brIf(isElsewhere);
  code.i32Const(0).localGet(depth).i32Store(state.depth);
  code.localGet(REGION.context).localGet(first).localGet(remaining).localGet(area);
  code.localGet(first).i32Load16U(record.handler).callIndirect(handlerSignature).drop();
  code.i32Const(0).i64Load(state.next).i32Const(0).i32Load(state.remaining).return().end();
  code.localGet(pc).localGet(remaining);
}

function emitSystemCall(code: CodeBuilder, environmentCall: number): void {
  const [contextLocal, pc, remaining] = [0, 1, 2];
  code.localGet(contextLocal).localGet(pc).i64Store(context.pc);
  code.i32Const(0).i64Const(-1).i64Store(state.reservation);
  code.i32Const(0).localGet(remaining).i32Store(state.remaining);
  code.localGet(contextLocal).localGet(remaining).call(environmentCall).if();
  code.i32Const(0).i32Const(LEAVING_EXIT).i32Store(state.leaving);
  code.i32Const(0).i32Const(EXIT_LEFT).i32Store(state.exit);
  code.i32Const(1).return().end();
  code.i32Const(0).i32Const(LEAVING_PLAIN).i32Store(state.leaving);
  code.localGet(contextLocal).i64Load(context.pc).localGet(pc).i64Ne();
  code.i32Const(0).i32Load(state.codeHasChanged).i32Or();
}

/**
 * Translates an access within one page, as the translation area has it or as the kernel says. A
 * page that crosses, a store to code, and code that has changed meanwhile are left to the slow way.
 */
function emitFill(code: CodeBuilder, translateData: number, access: number): void {
  const [area, address, size] = [0, 1, 2];
  const [page, offset, host] = [code.local("i64"), code.local("i32"), code.local("i32")];
  const isWrite = access === ACCESS_WRITE;
  const entry = code.local("i32");
  const tag = isWrite ? translation.writeTag : translation.readTag;
  pushHasEntry(code, { area, address, entry }, tag, () =>
    code.localGet(size).i32Const(1).i32Sub().i64ExtendI32U(),
  );
  code.if();
  code.localGet(address).i32WrapI64().localGet(entry).i32Load(translation.addend).i32Add();
  code.return().end();
  const giveUp = code.block();
  const fault = code.block();
  code
    .localGet(address)
    .i32WrapI64()
    .i32Const(PAGE_BYTES - 1)
    .i32And()
    .localTee(offset);
  code.localGet(size).i32Add().i32Const(PAGE_BYTES).i32GtU().brIf(giveUp);
  code.localGet(address).i64Const(12).i64ShrU().localTee(page);
  code.i64Const(PAGE_NUMBER_LIMIT).i64GeU().brIf(fault);
  code.localGet(area).localGet(page).i32WrapI64().i32Const(access).call(translateData);
  code.localTee(host).i32Eqz().brIf(fault);
  if (isWrite) {
    // Not cached: the frame has code.
    code.localGet(entry).i64Load32U(translation.writeTag).localGet(page).i64Ne();
    code.brIf(giveUp);
  }
  code.i32Const(0).i32Load(state.codeHasChanged).brIf(giveUp);
  code.localGet(host).localGet(offset).i32Add().return().end();
  setTrap(code, isWrite ? CAUSE_STORE_PAGE_FAULT : CAUSE_LOAD_PAGE_FAULT, () =>
    code.localGet(address),
  );
  code.i32Const(0).i32Const(1).i32Store(state.hasFaulted).end();
  code.i32Const(0);
}
