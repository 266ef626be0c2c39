/**
 * The functions that handlers share: going to an address, leaving with a trap, translating the
 * slow way, and the numbers of the imports that reach TypeScript.
 */

import {
  CAUSE_INSTRUCTION_PAGE_FAULT,
  CAUSE_LOAD_PAGE_FAULT,
  CAUSE_STORE_PAGE_FAULT,
  EXIT_TRAP,
} from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { ModuleBuilder } from "../wasm/module.js";
import type { Signature, ValueType } from "../wasm/opcodes.js";
import { context, PAGE_NUMBER_LIMIT, record, state, translation } from "./layout.js";
import { FIRST_REGION } from "./pairs.js";

const PAGE_BYTES = 4096;

const signature = (parameters: ValueType[], results: ValueType[]): Readonly<Signature> =>
  Object.freeze({ parameters: Object.freeze(parameters), results: Object.freeze(results) });

/** (context, record, instructions left, translation area) -> why the run ended. */
export const handlerSignature: Readonly<Signature> = signature(
  ["i32", "i32", "i32", "i32"],
  ["i32"],
);
/** Parameters of a handler as locals. */
export const CONTEXT = 0;
export const RECORD = 1;
export const REMAINING = 2;
export const AREA = 3;

/** What TypeScript provides to the interpreter's module. */
export interface InterpreterImports {
  /** @returns host address of the page, or 0: page fault */
  translateData(area: number, pageNumber: number, access: number): number;
  /** Fills the execute entry. `record` is in use and stays. @returns 0: page fault */
  translateExecute(area: number, pageNumber: number, record: number): number;
  /** Bytes were stored the slow way: forget what was decoded from them. */
  stored(hostAddress: number, lengthBytes: number): void;
  /** Decodes from this record on. @returns 0: the page is no longer decoded here */
  decode(record: number): number;
  /** Decodes the instruction that crosses into the next page. */
  decodeCrossing(record: number, highHalf: number): void;
  /** Decodes the instruction of a record anew, into `state.alone`. */
  decodeAlone(record: number): void;
  /** A region was left for this record, where none begins. */
  visit(area: number, pageNumber: number, record: number): void;
  /** What begins at a record was called as often as a call counts. */
  called(area: number, pageNumber: number, record: number): void;
  /** A jump by register of a region (a handler's number), at a record, went so many bytes. */
  learn(handler: number, record: number, distance: number): void;
  /** An entry of a region, at a record, could not be used: a register there holds no word. */
  missEntry(record: number): void;
  /** @returns CONTINUE or LEAVE */
  environmentCall(context: number, remaining: number): number;
  timeTicks(remaining: number): number;
}

const importSignatures: Readonly<Record<keyof InterpreterImports, Signature>> = Object.freeze({
  translateData: signature(["i32", "i32", "i32"], ["i32"]),
  translateExecute: signature(["i32", "i32", "i32"], ["i32"]),
  stored: signature(["i32", "i32"], []),
  decode: signature(["i32"], ["i32"]),
  decodeCrossing: signature(["i32", "i32"], []),
  decodeAlone: signature(["i32"], []),
  visit: signature(["i32", "i32", "i32"], []),
  called: signature(["i32", "i32", "i32"], []),
  learn: signature(["i32", "i32", "i32"], []),
  missEntry: signature(["i32"], []),
  environmentCall: signature(["i32", "i32"], ["i32"]),
  timeTicks: signature(["i32"], ["f64"]),
});

/** Function numbers of imports and shared functions. */
export type Runtime = Readonly<
  Record<keyof InterpreterImports, number> & {
    /** A handler: executes from the record on; see loop.ts. */
    loop: number;
    /** (context, target i64, remaining, area) -> exit: goes on at an address. */
    jumpTo: number;
    /** The same when the area has no execute entry for it. */
    jumpMiss: number;
    /** A handler: leaves with the trap that `state` describes, pc at the record. */
    trapExit: number;
    /** (context, record, remaining, code) -> code: leaves with pc at the record. */
    leaveAt: number;
    /** (area, address i64, size, access) -> host address, or 0: trap in `state`. */
    slowAddress: number;
    /** (host address, size): ends a store to an address of slowAddress. */
    finishStore: number;
    /** As jumpTo: does the instruction, even where a region begins. */
    resumeAt: number;
    /** As jumpTo, behind a region. */
    goOnAt: number;
    /** As jumpTo, for a call that was done often. */
    calledAt: number;
  }
>;

/** Imports of the module; to be called before functions are added. */
export function importRuntime(module: ModuleBuilder): Record<keyof InterpreterImports, number> {
  const entries = Object.entries(importSignatures).map(([name, type]) => [
    name,
    module.importFunction("machine", name, type),
  ]);
  return Object.fromEntries(entries) as Record<keyof InterpreterImports, number>;
}

/** Adds the shared functions. `loop` is declared only; loop.ts writes it. */
export function addRuntime(
  module: ModuleBuilder,
  imports: Record<keyof InterpreterImports, number>,
): Runtime {
  const jumpTo = module.declareFunction(jumpSignature, "jumpTo");
  const jumpMiss = module.declareFunction(jumpSignature, "jumpMiss");
  const loop = module.declareFunction(handlerSignature, "loop");
  emitJumpTo(module.defineFunction(jumpTo), jumpMiss, loop);
  emitJumpMiss(module.defineFunction(jumpMiss), jumpTo, imports.translateExecute);
  const leaveAt = module.addFunction(handlerSignature, emitLeaveAt, "leaveAt");
  const trapExit = module.addFunction(
    handlerSignature,
    (code) => {
      code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).i32Const(EXIT_TRAP);
      code.returnCall(leaveAt);
    },
    "trapExit",
  );
  const slowAddress = module.addFunction(
    signature(["i32", "i64", "i32", "i32"], ["i32"]),
    (code) => emitSlowAddress(code, imports.translateData),
    "slowAddress",
  );
  const finishStore = module.addFunction(
    signature(["i32", "i32"], []),
    (code) => emitFinishStore(code, imports.stored),
    "finishStore",
  );
  const resumeAt = module.addFunction(
    jumpSignature,
    (code) => emitResumeAt(code, { jumpMiss, loop, trapExit, decodeAlone: imports.decodeAlone }),
    "resumeAt",
  );
  const goOnAt = module.addFunction(
    jumpSignature,
    (code) => emitGoOnAt(code, jumpMiss, imports.visit),
    "goOnAt",
  );
  const calledAt = module.addFunction(
    jumpSignature,
    (code) => emitCalledAt(code, jumpMiss, imports.called),
    "calledAt",
  );
  return Object.freeze({
    ...imports,
    resumeAt,
    goOnAt,
    calledAt,
    loop,
    jumpTo,
    jumpMiss,
    leaveAt,
    trapExit,
    slowAddress,
    finishStore,
  });
}

export const jumpSignature: Readonly<Signature> = signature(["i32", "i64", "i32", "i32"], ["i32"]);

/** Pushes the pc of the record in a local. */
export function pushProgramCounter(code: CodeBuilder, recordLocal: number): void {
  code.localGet(recordLocal).i64ExtendI32U();
  code.localGet(CONTEXT).i64Load(context.recordDelta).i64Add().i64Const(3).i64ShrU();
}

/** From the page number (i64 local) the entry for execution into an i32 local. */
export function findExecuteEntry(
  code: CodeBuilder,
  areaLocal: number,
  pageLocal: number,
  entryLocal: number,
): void {
  code
    .localGet(pageLocal)
    .i32WrapI64()
    .i32Const(translation.executeEntries - 1)
    .i32And();
  code.i32Const(4).i32Shl().localGet(areaLocal).i32Add().localSet(entryLocal);
}

function emitJumpTo(code: CodeBuilder, jumpMiss: number, loop: number): void {
  const [contextLocal, target, remaining, area] = [0, 1, 2, 3];
  const first = code.local("i32");
  emitFindRecord(code, { target, area, first }, () => {
    code.localGet(contextLocal).localGet(target).localGet(remaining).localGet(area);
    code.returnCall(jumpMiss);
  });
  code.localGet(contextLocal).localGet(first).localGet(remaining).localGet(area);
  code.returnCall(loop);
}

/** Sets the local `first` to the record of an address and the context's delta to its page. */
export function emitFindRecord(
  code: CodeBuilder,
  local: { target: number; area: number; first: number },
  onMiss: () => void,
): void {
  const { target, area, first } = local;
  const [page, entry] = [code.local("i64"), code.local("i32")];
  code.localGet(target).i64Const(12).i64ShrU().localSet(page);
  findExecuteEntry(code, area, page, entry);
  code.localGet(entry).i64Load32S(translation.execute).localGet(page).i64Ne().if();
  onMiss();
  code.end();
  code.localGet(CONTEXT);
  code.localGet(entry).i64Load(translation.execute + translation.delta);
  code.i64Store(context.recordDelta);
  code.localGet(entry).i32Load(translation.execute + translation.records);
  code.localGet(target).i32WrapI64().i32Const(0xffe).i32And().i32Const(3).i32Shl().i32Add();
  code.localSet(first);
}

function emitJumpMiss(code: CodeBuilder, jumpTo: number, translateExecute: number): void {
  const [contextLocal, target, remaining, area] = [0, 1, 2, 3];
  const isFault = code.block();
  const page = code.local("i64");
  code.localGet(target).i64Const(12).i64ShrU().localTee(page);
  code.i64Const(PAGE_NUMBER_LIMIT).i64GeU().brIf(isFault);
  code.localGet(area).localGet(page).i32WrapI64().i32Const(0).call(translateExecute);
  code.i32Eqz().brIf(isFault);
  code.localGet(contextLocal).localGet(target).localGet(remaining).localGet(area);
  code.returnCall(jumpTo).end();
  setTrap(code, CAUSE_INSTRUCTION_PAGE_FAULT, () => code.localGet(target));
  code.localGet(contextLocal).localGet(target).i64Const(-2).i64And().i64Store(context.pc);
  code.i32Const(0).localGet(remaining).i32Store(state.remaining);
  code.i32Const(EXIT_TRAP);
}

/** Notes cause and value of a trap in the state page. */
export function setTrap(code: CodeBuilder, cause: number, value: () => void): void {
  code.i32Const(0).i32Const(cause).i32Store(state.trapCause);
  code.i32Const(0);
  value();
  code.i64Store(state.trapValue);
}

function emitLeaveAt(code: CodeBuilder): void {
  const exitCode = 3;
  code.localGet(CONTEXT);
  pushProgramCounter(code, RECORD);
  code.i64Store(context.pc);
  code.i32Const(0).localGet(REMAINING).i32Store(state.remaining);
  code.localGet(exitCode);
}

/**
 * Translates by asking TypeScript. An access that crosses a page has both pages translated before
 * anything is read or written, and is assembled in the state page.
 */
function emitSlowAddress(code: CodeBuilder, translateData: number): void {
  const [area, address, size, access] = [0, 1, 2, 3];
  const [page, offset] = [code.local("i64"), code.local("i32")];
  const [first, second] = [code.local("i32"), code.local("i32")];
  const pageOr = (hostLocal: number, faultAddress: () => void) => {
    code.localGet(page).i64Const(PAGE_NUMBER_LIMIT).i64LtU().if("i32");
    code.localGet(area).localGet(page).i32WrapI64().localGet(access).call(translateData);
    code.else().i32Const(0).end().localTee(hostLocal);
    code.i32Eqz().if();
    code.i32Const(0).i32Const(CAUSE_STORE_PAGE_FAULT).i32Const(CAUSE_LOAD_PAGE_FAULT);
    code.localGet(access).i32Const(2).i32And().select().i32Store(state.trapCause);
    code.i32Const(0);
    faultAddress();
    code.i64Store(state.trapValue).i32Const(0).return().end();
  };
  code.localGet(address).i64Const(12).i64ShrU().localSet(page);
  code
    .localGet(address)
    .i32WrapI64()
    .i32Const(PAGE_BYTES - 1)
    .i32And()
    .localSet(offset);
  pageOr(first, () => code.localGet(address));
  code.localGet(first).localGet(offset).i32Add().localSet(first);
  code.localGet(offset).localGet(size).i32Add().i32Const(PAGE_BYTES).i32LeU().if();
  code.localGet(first).return().end();
  code.localGet(page).i64Const(1).i64Add().localSet(page);
  pageOr(second, () => code.localGet(page).i64Const(12).i64Shl());
  emitParts(code, { offset, size, first, second });
  code.i32Const(state.crossing);
}

/** Notes both parts and copies what is there to the place of assembly. */
function emitParts(
  code: CodeBuilder,
  local: { offset: number; size: number; first: number; second: number },
): void {
  const { offset, size, first, second } = local;
  code.i32Const(0).localGet(first).i32Store(state.firstPart);
  code.i32Const(0).localGet(second).i32Store(state.secondPart);
  code.i32Const(0).i32Const(PAGE_BYTES).localGet(offset).i32Sub().localTee(offset);
  code.i32Store(state.firstLength);
  code.i32Const(0).localGet(size).localGet(offset).i32Sub().localTee(size);
  code.i32Store(state.secondLength);
  code.i32Const(state.crossing).localGet(first).localGet(offset).memoryCopy();
  code.i32Const(state.crossing).localGet(offset).i32Add().localGet(second).localGet(size);
  code.memoryCopy();
}

/** Sets RECORD, or goes where a page without an execute entry is asked for. */
function emitFindTarget(code: CodeBuilder, jumpMiss: number): number {
  const [contextLocal, target, remaining, area] = [0, 1, 2, 3];
  const first = code.local("i32");
  emitFindRecord(code, { target, area, first }, () => {
    code.localGet(contextLocal).localGet(target).localGet(remaining).localGet(area);
    code.returnCall(jumpMiss);
  });
  return first;
}

/**
 * Handler numbers from FIRST_REGION on are regions. The instruction is then decoded at another
 * place, with the context's delta such that its pc is right, and goes on by address.
 */
function emitResumeAt(
  code: CodeBuilder,
  to: { jumpMiss: number; loop: number; trapExit: number; decodeAlone: number },
): void {
  const [contextLocal, remaining, area] = [0, 2, 3];
  const first = emitFindTarget(code, to.jumpMiss);
  code.i32Const(0).i32Load(state.hasFaulted).if();
  code.i32Const(0).i32Const(0).i32Store(state.hasFaulted);
  code.localGet(contextLocal).localGet(first).localGet(remaining).localGet(area);
  code.returnCall(to.trapExit).end();
  code.localGet(first).i32Load16U(record.handler).i32Const(FIRST_REGION).i32GeU().if();
  code.localGet(first).call(to.decodeAlone);
  code.localGet(contextLocal).localGet(contextLocal).i64Load(context.recordDelta);
  code.localGet(first).i32Const(state.alone).i32Sub().i64ExtendI32U().i64Add();
  code.i64Store(context.recordDelta);
  code.i32Const(state.alone).localSet(first).end();
  code.localGet(contextLocal).localGet(first).localGet(remaining).localGet(area);
  code.returnCall(to.loop);
}

/**
 * Hands over to the record's handler, a region mostly; where it is none it is told now and then
 * that one is wanted.
 */
function emitGoOnAt(code: CodeBuilder, jumpMiss: number, visit: number): void {
  const first = emitFindTarget(code, jumpMiss);
  emitUnlessRegion(code, first, () => {
    emitNowAndThen(code, state.untilVisit, () => emitTell(code, first, visit));
  });
  emitHandOver(code, first);
}

/** Does something once in `state.tellDistance` times. @param until its counter in the state */
export function emitNowAndThen(code: CodeBuilder, until: number, body: () => void): void {
  const left = code.local("i32");
  code.i32Const(0).i32Const(0).i32Load(until).i32Const(1).i32Sub().localTee(left);
  code.i32Store(until);
  code.localGet(left).i32Const(0).i32LeS().if();
  code.i32Const(0).i32Const(0).i32Load(state.tellDistance).i32Store(until);
  body();
  code.end();
}

/** The same behind a call that was done often, which is told. */
function emitCalledAt(code: CodeBuilder, jumpMiss: number, called: number): void {
  const first = emitFindTarget(code, jumpMiss);
  emitUnlessRegion(code, first, () => emitTell(code, first, called));
  emitHandOver(code, first);
}

function emitUnlessRegion(code: CodeBuilder, first: number, body: () => void): void {
  code.localGet(first).i32Load16U(record.handler).i32Const(FIRST_REGION).i32LtU().if();
  body();
  code.end();
}

function emitTell(code: CodeBuilder, first: number, tell: number): void {
  const [target, area] = [1, 3];
  code.localGet(area).localGet(target).i64Const(12).i64ShrU().i32WrapI64();
  code.localGet(first).call(tell);
}

function emitHandOver(code: CodeBuilder, first: number): void {
  const [contextLocal, remaining, area] = [0, 2, 3];
  code.localGet(contextLocal).localGet(first).localGet(remaining).localGet(area);
  code.localGet(first).i32Load16U(record.handler).returnCallIndirect(handlerSignature);
}

function emitFinishStore(code: CodeBuilder, stored: number): void {
  const [host, size] = [0, 1];
  const load = (offset: number) => code.i32Const(0).i32Load(offset);
  code.localGet(host).i32Const(state.crossing).i32Ne().if();
  code.localGet(host).localGet(size).call(stored).return().end();
  load(state.firstPart).i32Const(state.crossing);
  load(state.firstLength).memoryCopy();
  load(state.secondPart).i32Const(state.crossing);
  load(state.firstLength).i32Add();
  load(state.secondLength).memoryCopy();
  load(state.firstPart);
  load(state.firstLength).call(stored);
  load(state.secondPart);
  load(state.secondLength).call(stored);
}
