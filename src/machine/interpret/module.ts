/**
 * The interpreter's WebAssembly module, made from the instruction table: a function per handler in
 * one function table, the shared functions of runtime.ts and csr.ts, and `run`. It keeps no state
 * of its own; everything is in the memory that it imports.
 */

import { addFloatFunctions } from "../float/float.js";
import type { HelperName } from "../isa/helpers.js";
import { addIntegerHelpers } from "../isa/helpers.js";
import { CAUSE_ILLEGAL_INSTRUCTION, CAUSE_INSTRUCTION_PAGE_FAULT } from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import { ModuleBuilder } from "../wasm/module.js";
import { addCsrFunctions } from "./csr.js";
import { InterpreterEmitter } from "./emitter.js";
import type { Linkage, Variant } from "./handler-kind.js";
import { HANDLERS_MAX, type HandlerRow, handlerRows } from "./handlers.js";
import {
  context,
  PAGE_NUMBER_LIMIT,
  RECORD_BYTES,
  record,
  slot,
  state,
  translation,
} from "./layout.js";
import { emitLoop, functionFlow, isInLoop } from "./loop.js";
import { pairs } from "./pairs.js";
import { addRegionRuntime, emitRunLoop } from "./regions.js";
import {
  AREA,
  addRuntime,
  CONTEXT,
  findExecuteEntry,
  handlerSignature,
  importRuntime,
  pushProgramCounter,
  RECORD,
  REMAINING,
  type Runtime,
  setTrap,
} from "./runtime.js";

/** Record bytes from the last slot of a page to that of the instruction that crosses its end. */
const TO_CROSSING = (slot.crossing - 2047) * RECORD_BYTES;

/**
 * Builds the module.
 * @param memoryPages size of the memory in pages of 64 KiB: initial and maximum
 * @returns the binary; it imports memory and functions as module "machine" and exports
 *   `run(context, budget, area) -> exit`, the table of handlers, and what regions call
 */
export function buildInterpreter(memoryPages: number): Uint8Array {
  const module = new ModuleBuilder({ names: true });
  module.importMemory("machine", "memory", { initial: memoryPages, maximum: memoryPages });
  const runtime = addRuntime(module, importRuntime(module));
  const csr = addCsrFunctions(module, runtime);
  const helpers: Readonly<Record<HelperName, number>> = {
    ...addIntegerHelpers(module),
    ...addFloatFunctions(module),
    csrRead: csr.read,
  };
  const link: Linkage = { runtime, helpers, csr };
  const handlers = [...specialHandlers(module, runtime), ...addInstructions(module, link)];
  module.addTable({ initial: handlers.length, maximum: HANDLERS_MAX });
  module.addElements(0, 0, handlers);
  module.addExport("handlers", "table", 0);
  // What translated regions call.
  addRegionRuntime(module, runtime);
  for (const [name, index] of Object.entries(helpers)) module.addExport(name, "function", index);
  addRun(module, runtime);
  return module.finish();
}

/**
 * The code of all instructions: in the loop or as functions, the slow cases always as functions.
 * @returns functions in the order of handlerRows, then of pairs; those in the loop have none of
 *   their own
 */
function addInstructions(module: ModuleBuilder, link: Linkage): number[] {
  const flow = functionFlow(link.runtime);
  const slowFunctions = new Map<HandlerRow, number>();
  const slowHandlerOf = (row: HandlerRow): number => {
    let slow = slowFunctions.get(row);
    if (slow === undefined) {
      slow = module.declareFunction(handlerSignature, `${row.name}/slow`);
      slowFunctions.set(row, slow);
    }
    return slow;
  };
  const emit = (index: number, row: HandlerRow, variant: Variant) =>
    new InterpreterEmitter(module.defineFunction(index), link, variant, flow).emitHandler(
      row.instruction.semantics ?? (() => {}),
    );
  const functions = handlerRows.map((row) => {
    if (isInLoop(row)) return link.runtime.loop;
    const fast = module.declareFunction(handlerSignature, row.name);
    emit(fast, row, { ...row.variant, slowHandler: () => slowHandlerOf(row) });
    return fast;
  });
  emitLoop(module.defineFunction(link.runtime.loop), link, slowHandlerOf);
  for (const [row, slow] of slowFunctions) emit(slow, row, row.variant);
  return [...functions, ...pairs.map(() => link.runtime.loop)];
}

/** In the order of the HANDLER_ constants of handlers.ts. */
function specialHandlers(module: ModuleBuilder, runtime: Runtime): number[] {
  const add = (name: string, body: (code: CodeBuilder) => void) =>
    module.addFunction(handlerSignature, body, name);
  const crossing = module.declareFunction(handlerSignature, "crossing");
  const miss = module.declareFunction(crossingMissSignature, "crossingMiss");
  emitCrossing(module.defineFunction(crossing), runtime, miss);
  emitCrossingMiss(module.defineFunction(miss), runtime, crossing);
  return [
    add("decode", (code) => emitDecode(code, runtime)),
    add("pageEnd", (code) => emitPageEnd(code, runtime)),
    crossing,
    add("illegal", (code) => emitIllegal(code, runtime)),
  ];
}

function dispatch(code: CodeBuilder, runtime: Runtime): void {
  functionFlow(runtime).dispatch(code);
}

function emitDecode(code: CodeBuilder, runtime: Runtime): void {
  code.localGet(RECORD).call(runtime.decode).if();
  dispatch(code, runtime);
  code.end();
  emitPageEnd(code, runtime);
}

/** Goes on at the pc of the record, wherever its page is decoded now. */
function emitPageEnd(code: CodeBuilder, runtime: Runtime): void {
  code.localGet(CONTEXT);
  pushProgramCounter(code, RECORD);
  code.localGet(REMAINING).localGet(AREA).returnCall(runtime.jumpTo);
}

function emitIllegal(code: CodeBuilder, runtime: Runtime): void {
  setTrap(code, CAUSE_ILLEGAL_INSTRUCTION, () => code.localGet(RECORD).i64Load32U(record.word));
  code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA);
  code.returnCall(runtime.trapExit);
}

const crossingMissSignature = Object.freeze({
  parameters: Object.freeze(["i32", "i32", "i32", "i32", "i64"] as const),
  results: Object.freeze(["i32"] as const),
});

/**
 * An instruction whose second half is in the next page. The half is fetched and compared each time,
 * because the same frame may be followed by different ones in different address spaces.
 */
function emitCrossing(code: CodeBuilder, runtime: Runtime, miss: number): void {
  const [page, entry, high] = [code.local("i64"), code.local("i32"), code.local("i32")];
  pushProgramCounter(code, RECORD);
  code.i64Const(12).i64ShrU().i64Const(1).i64Add().localSet(page);
  findExecuteEntry(code, AREA, page, entry);
  code.localGet(entry).i64Load32S(translation.execute).localGet(page).i64Ne().if();
  code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA).localGet(page);
  code.returnCall(miss).end();
  code.localGet(entry).i32Load(translation.execute + translation.records);
  code
    .i32Load(slot.header * RECORD_BYTES)
    .i32Load16U()
    .localTee(high);
  code.localGet(RECORD).i32Load(record.immediate).i32Ne().if();
  code.localGet(RECORD).localGet(high).call(runtime.decodeCrossing).end();
  code.localGet(CONTEXT).localGet(CONTEXT).i64Load(context.recordDelta);
  code.i64Const(TO_CROSSING).i64Sub().i64Store(context.recordDelta);
  code.localGet(RECORD).i32Const(TO_CROSSING).i32Add().localSet(RECORD);
  dispatch(code, runtime);
}

function emitCrossingMiss(code: CodeBuilder, runtime: Runtime, crossing: number): void {
  const page = 4;
  const isFault = code.block();
  code.localGet(page).i64Const(PAGE_NUMBER_LIMIT).i64GeU().brIf(isFault);
  code.localGet(AREA).localGet(page).i32WrapI64().localGet(RECORD);
  code.call(runtime.translateExecute).i32Eqz().brIf(isFault);
  code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA);
  code.returnCall(crossing).end();
  setTrap(code, CAUSE_INSTRUCTION_PAGE_FAULT, () => code.localGet(page).i64Const(12).i64Shl());
  code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA);
  code.returnCall(runtime.trapExit);
}

function addRun(module: ModuleBuilder, runtime: Runtime): void {
  const run = module.addFunction(
    { parameters: ["i32", "i32", "i32"], results: ["i32"] },
    (code) => {
      const budget = 1;
      code.i32Const(0).localGet(budget).i32Store(state.budget);
      emitRunLoop(code, runtime);
      code.i32Const(0).i32Const(0).i64Load(state.retired);
      code.localGet(budget).i32Const(0).i32Load(state.remaining).i32Sub();
      code.i64ExtendI32U().i64Add().i64Store(state.retired);
    },
    "run",
  );
  module.addExport("run", "function", run);
}
