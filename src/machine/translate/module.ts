/**
 * The WebAssembly module of some regions: for each the region's function, which the others of the
 * module call directly, and a handler that stands for it in the interpreter's table. Here the gaps
 * of the functions are filled in.
 */

import { RECORD_BYTES } from "../interpret/layout.js";
import { emitHandlerOfRegion, regionRuntime, regionSignature } from "../interpret/regions.js";
import { handlerSignature } from "../interpret/runtime.js";
import type { HelperName } from "../isa/helpers.js";
import { PAGE_BYTES } from "../platform.js";
import { type EncodedFunction, fillGap } from "../wasm/code.js";
import { ModuleBuilder } from "../wasm/module.js";
import { answer } from "./callees.js";
import { helperSignature } from "./helpers.js";
import type { Link, RuntimeName } from "./links.js";
import { pageOf } from "./region.js";
import { ANSWER_TYPE, type RegionCode } from "./region-code.js";

/** A region's code and what is around it. */
export interface Placed {
  readonly code: RegionCode;
  /** Address of the records of a page beside it, by relative number; undefined: not known. */
  recordsOf(page: number): number | undefined;
  /** Address of the record of its first instruction. */
  readonly record: number;
  /** The handler number that it gets; of a copy, the one that its record has. */
  readonly handler: number;
  /** It is installed already, and is here only for the others of the module to call. */
  readonly isCopy: boolean;
}

/** A region of the module as the others call it. */
interface Callee {
  readonly function: number;
  readonly handler: number;
}

/** Functions of the module by number. */
interface Functions {
  readonly runtime: Readonly<Record<RuntimeName, number>>;
  readonly helpers: ReadonlyMap<HelperName, number>;
  /** By the record where a region begins. */
  readonly callees: ReadonlyMap<number, Callee>;
}

/** Handler numbers have sixteen bits: no record has this. */
const NO_HANDLER = -1;

/** Export name of the handler of the region at this place of the list, for one of its entries. */
export const handlerName = (place: number, entry: number): string => `r${place}e${entry}`;

/**
 * Builds the module.
 * @param memoryPages size of the memory in pages of 64 KiB: initial and maximum
 * @returns the binary; it exports the regions' handlers by `handlerName`
 */
export function buildRegions(placed: readonly Placed[], memoryPages: number): Uint8Array {
  const module = new ModuleBuilder();
  if (module.typeIndex(answer) !== ANSWER_TYPE) throw new Error("the regions' types are others");
  module.importMemory("machine", "memory", { initial: memoryPages, maximum: memoryPages });
  const runtime = Object.fromEntries(
    Object.entries(regionRuntime).map(([name, type]) => [
      name,
      module.importFunction("interpreter", name, type),
    ]),
  ) as Functions["runtime"];
  const helpers = new Map<HelperName, number>();
  for (const [kind, name] of placed.flatMap(({ code }) => code.links)) {
    if (kind !== "helper" || helpers.has(name)) continue;
    helpers.set(name, module.importFunction("interpreter", name, helperSignature(name)));
  }
  const callees = new Map<number, Callee>();
  const indexes = placed.map(({ code, record, handler }) => {
    const index = module.declareFunction(regionSignature);
    // Others are called by their handlers, which look at what holds words.
    if (code.entries[0]?.words === 0) callees.set(record, { function: index, handler });
    return index;
  });
  const functions: Functions = { runtime, helpers, callees };
  for (const [place, one] of placed.entries()) {
    const index = indexes[place] ?? 0;
    module.defineEncoded(index, linked(one, functions));
    if (one.isCopy) continue;
    for (const { number, offset, words } of one.code.entries) {
      const entry = { distance: offset - one.code.entry, number, words };
      const handler = module.addFunction(handlerSignature, (code) =>
        emitHandlerOfRegion(code, index, entry, functions.runtime.missEntry),
      );
      module.addExport(handlerName(place, number), "function", handler);
    }
  }
  return module.finish();
}

/** A region's function with its gaps filled in. */
function linked(placed: Placed, functions: Functions): EncodedFunction {
  const { code } = placed;
  const values = code.links.map((link) => numberOf(link, placed, functions));
  const bytes = code.function.bytes.slice();
  for (const gap of code.function.gaps) {
    const value = values[gap.link];
    if (value === undefined) throw new Error(`a region has no link ${gap.link}`);
    fillGap(bytes, gap, value);
  }
  return { ...code.function, bytes };
}

function numberOf(link: Link, placed: Placed, functions: Functions): number {
  const [kind, what] = link;
  const recordOf = (offset: number): number => {
    const page = pageOf(offset);
    const records = placed.recordsOf(page);
    return records === undefined ? 0 : records + ((offset - page * PAGE_BYTES) / 2) * RECORD_BYTES;
  };
  switch (kind) {
    case "runtime":
      return functions.runtime[what];
    case "helper":
      return known(functions.helpers.get(what), what);
    case "function":
      return functions.callees.get(recordOf(what))?.function ?? functions.runtime.callAt;
    case "handler":
      return functions.callees.get(recordOf(what))?.handler ?? NO_HANDLER;
    case "record":
      return recordOf(what);
    case "records":
      return placed.recordsOf(what) ?? 0;
    case "own":
      return placed.handler;
  }
}

function known(index: number | undefined, name: string): number {
  if (index === undefined) throw new Error(`helper ${name} is not imported`);
  return index;
}
