/**
 * The WebAssembly module of some regions: for each the region's function, which the others of the
 * module call directly, and a handler that stands for it in the interpreter's table. Here the gaps
 * of the functions are filled in. A module knows no address either: what its regions refer to in
 * the machine it imports as globals, so that what the engine makes of it can be kept.
 */

import { RECORD_BYTES } from "../interpret/layout.js";
import { emitHandlerOfRegion, regionRuntime, regionSignature } from "../interpret/regions.js";
import { handlerSignature } from "../interpret/runtime.js";
import type { HelperName } from "../isa/helpers.js";
import { PAGE_BYTES } from "../platform.js";
import { type EncodedFunction, fillGap } from "../wasm/code.js";
import { ModuleBuilder } from "../wasm/module.js";
import { opcode } from "../wasm/opcodes.js";
import { answer } from "./callees.js";
import { helperSignature } from "./helpers.js";
import type { Link, RuntimeName } from "./links.js";
import { pageOf } from "./region.js";
import { ANSWER_TYPE, type RegionCode } from "./region-code.js";

/** A region of a module. */
export interface Part {
  readonly code: RegionCode;
  /** It stands in the table already, and is here only for the others of the module to call. */
  readonly isCopy: boolean;
  /** By the number of a link: the place in the module of the region that it means, or NONE. */
  readonly callees: readonly number[];
}

/** Where a region is. */
export interface Placed {
  readonly code: RegionCode;
  readonly isCopy: boolean;
  /** Address of the records of a page beside it, by relative number; undefined: not known. */
  recordsOf(page: number): number | undefined;
  /** Address of the record of its first instruction. */
  readonly record: number;
  /** The handler number that it gets; of a copy, the one that its record has. */
  readonly handler: number;
}

/** No region of the module. */
export const NONE = -1;
/** Handler numbers have sixteen bits: no record has this. */
const NO_HANDLER = -1;

/** Export name of the handler of the region at this place of the list, for one of its entries. */
export const handlerName = (place: number, entry: number): string => `r${place}e${entry}`;
/** Export name of the region's function. */
export const functionName = (place: number): string => `r${place}`;

/** What the regions of a module are to each other where they are. */
export function partsOf(placed: readonly Placed[]): Part[] {
  const places = new Map<number, number>();
  for (const [place, { code, record }] of placed.entries()) {
    // Others are called by their handlers, which look at what holds words.
    if (code.entries[0]?.words === 0) places.set(record, place);
  }
  return placed.map((one) => ({
    code: one.code,
    isCopy: one.isCopy,
    callees: one.code.links.map(([kind, what]) =>
      kind === "function" || kind === "handler" ? (places.get(recordOf(one, what)) ?? NONE) : NONE,
    ),
  }));
}

/**
 * Builds the module: the same for the same parts, byte for byte.
 * @param memoryPages size of the memory in pages of 64 KiB: initial and maximum, as the engine
 *   makes better code for a memory that cannot grow
 * @returns the binary; it exports the regions' functions by `functionName`, their handlers by
 *   `handlerName`
 */
export function buildRegions(parts: readonly Part[], memoryPages: number): Uint8Array {
  const module = new ModuleBuilder();
  if (module.typeIndex(answer) !== ANSWER_TYPE) throw new Error("the regions' types are others");
  module.importMemory("machine", "memory", { initial: memoryPages, maximum: memoryPages });
  const runtime = Object.fromEntries(
    Object.entries(regionRuntime).map(([name, type]) => [
      name,
      module.importFunction("interpreter", name, type),
    ]),
  ) as Readonly<Record<RuntimeName, number>>;
  const helpers = new Map<HelperName, number>();
  for (const [kind, name] of parts.flatMap(({ code }) => code.links)) {
    if (kind !== "helper" || helpers.has(name)) continue;
    helpers.set(name, module.importFunction("interpreter", name, helperSignature(name)));
  }
  const globals = parts.map(({ code, callees }, place) =>
    code.links.map((link, number) =>
      isNumber(link, callees[number])
        ? module.importGlobal("numbers", nameOf(place, number), "i32", false)
        : NONE,
    ),
  );
  const indexes = parts.map(() => module.declareFunction(regionSignature));
  for (const [place, { code, isCopy, callees }] of parts.entries()) {
    const values = code.links.map((link, number) => {
      const [kind, what] = link;
      if (kind === "runtime") return runtime[what];
      if (kind === "helper") return helpers.get(what);
      const callee = indexes[callees[number] ?? NONE];
      if (kind === "function") return callee ?? runtime.callAt;
      // The engine leaves out what is for a callee.
      if (kind === "handler" && callee === undefined) return NO_HANDLER;
      return globals[place]?.[number];
    });
    const index = indexes[place] ?? 0;
    module.defineEncoded(index, linked(code, values));
    module.addExport(functionName(place), "function", index);
    if (isCopy) continue;
    for (const { number, offset, words } of code.entries) {
      const entry = { distance: offset - code.entry, number, words };
      const handler = module.addFunction(handlerSignature, (builder) =>
        emitHandlerOfRegion(builder, index, entry, runtime.missEntry),
      );
      module.addExport(handlerName(place, number), "function", handler);
    }
  }
  return module.finish();
}

/**
 * What a module imports as "numbers".
 * @param placed where its parts are; undefined: that region is not there
 */
export function numbersOf(
  parts: readonly Part[],
  placed: readonly (Placed | undefined)[],
): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [place, { code, callees }] of parts.entries()) {
    const one = placed[place];
    for (const [number, link] of code.links.entries()) {
      if (!isNumber(link, callees[number])) continue;
      const callee = placed[callees[number] ?? NONE];
      numbers[nameOf(place, number)] = one === undefined ? 0 : numberOf(link, one, callee);
    }
  }
  return numbers;
}

const nameOf = (place: number, number: number): string => `${place}.${number}`;

/** A region's function with its gaps filled in. */
function linked(code: RegionCode, values: readonly (number | undefined)[]): EncodedFunction {
  const bytes = code.function.bytes.slice();
  for (const gap of code.function.gaps) {
    const value = values[gap.link];
    if (value === undefined) throw new Error(`a region has no link ${gap.link}`);
    if (value === NO_HANDLER) bytes[gap.offsetBytes - 1] = opcode.i32Const;
    fillGap(bytes, gap, value);
  }
  return { ...code.function, bytes };
}

/** Whether a link means something in the machine, not in the module. */
const isNumber = ([kind]: Link, callee: number | undefined): boolean =>
  kind === "record" ||
  kind === "records" ||
  kind === "own" ||
  (kind === "handler" && callee !== NONE);

function numberOf([kind, what]: Link, placed: Placed, callee: Placed | undefined): number {
  switch (kind) {
    case "handler":
      // What stood at the callee's offset may be elsewhere now.
      return callee?.record === recordOf(placed, what) ? callee.handler : NO_HANDLER;
    case "record":
      return recordOf(placed, what);
    case "records":
      return placed.recordsOf(what) ?? 0;
    case "own":
      return placed.handler;
    default:
      throw new Error(`${kind} is no number`);
  }
}

/** Address of the record of an offset; 0: its page is not known. */
function recordOf(placed: Placed, offset: number): number {
  const page = pageOf(offset);
  const records = placed.recordsOf(page);
  return records === undefined ? 0 : records + ((offset - page * PAGE_BYTES) / 2) * RECORD_BYTES;
}
