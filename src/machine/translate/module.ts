/**
 * The WebAssembly module of some regions: for each the region's function, which the others of the
 * module call directly, and a handler that stands for it in the interpreter's table.
 */

import { emitHandlerOfRegion, regionRuntime, regionSignature } from "../interpret/regions.js";
import { handlerSignature } from "../interpret/runtime.js";
import type { HelperName } from "../isa/helpers.js";
import type { EngineFeatures } from "../wasm/features.js";
import { ModuleBuilder } from "../wasm/module.js";
import type { Signature } from "../wasm/opcodes.js";
import { helpersFor } from "./helpers.js";
import type { Region } from "./region.js";
import { RegionWriter } from "./writer.js";

/** A region and what is around it. */
export interface Placed {
  readonly region: Region;
  /** Address of the records of a page beside it, by relative number; undefined: not known. */
  recordsOf(page: number): number | undefined;
  /** Address of the record of its first instruction. */
  readonly record: number;
  /** The handler number that it gets; of a copy, the one that its record has. */
  readonly handler: number;
  /** It is installed already, and is here only for the others of the module to call. */
  readonly isCopy: boolean;
  /** Whether a jump by register at an offset tells where it goes. */
  learns(offset: number): boolean;
}

/** A region of the module as the others call it. */
export interface Callee {
  readonly function: number;
  readonly handler: number;
}

/** What a region's code refers to in its module; functions by number. */
export interface Linkage {
  readonly runtime: Readonly<Record<keyof typeof regionRuntime, number>>;
  readonly features: EngineFeatures;
  helper(name: HelperName): number;
  /** The region of the module that begins at a record. */
  callee(record: number): Callee | undefined;
}

/** Export name of the handler of the region at this place of the list. */
export const handlerName = (place: number): string => `r${place}`;

/**
 * Builds the module.
 * @param memoryPages size of the memory in pages of 64 KiB: initial and maximum
 * @param helperNames what the interpreter exports besides
 * @param features of the engine that will run it
 * @returns the binary; it exports the regions' handlers by `handlerName`
 */
export function buildRegions(
  placed: readonly Placed[],
  memoryPages: number,
  helperNames: readonly HelperName[],
  features: EngineFeatures,
): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory("machine", "memory", { initial: memoryPages, maximum: memoryPages });
  const importOne = (name: string, type: Signature) =>
    module.importFunction("interpreter", name, type);
  const runtime = Object.fromEntries(
    Object.entries(regionRuntime).map(([name, type]) => [name, importOne(name, type)]),
  ) as Linkage["runtime"];
  const regions = placed.map(({ region }) => region);
  const helpers = new Map(
    [...helpersFor(regions, helperNames)].map(([name, type]) => [name, importOne(name, type)]),
  );
  const callees = new Map<number, Callee>();
  for (const { record, handler } of placed) {
    callees.set(record, { function: module.declareFunction(regionSignature), handler });
  }
  const link: Linkage = {
    runtime,
    features,
    helper(name) {
      const index = helpers.get(name);
      if (index === undefined) throw new Error(`helper ${name} is not imported`);
      return index;
    },
    callee: (record) => callees.get(record),
  };
  for (const [place, one] of placed.entries()) {
    const index = callees.get(one.record)?.function ?? 0;
    new RegionWriter(module.defineFunction(index), one, link).write();
    if (one.isCopy) continue;
    const handler = module.addFunction(handlerSignature, (code) =>
      emitHandlerOfRegion(code, index),
    );
    module.addExport(handlerName(place), "function", handler);
  }
  return module.finish();
}
