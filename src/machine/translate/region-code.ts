/**
 * A region that is translated: its function with gaps, and the bytes that it was made of. It knows
 * no address and no module, so it holds wherever the same bytes are: in another place, after all
 * modules were dropped, in another process.
 */

import { regionSignature } from "../interpret/regions.js";
import { PAGE_BYTES } from "../platform.js";
import { CodeBuilder, type EncodedFunction } from "../wasm/code.js";
import type { EngineFeatures } from "../wasm/features.js";
import { answer, CALLEES_MAX } from "./callees.js";
import type { Entry } from "./entries.js";
import { type Link, Links } from "./links.js";
import { type CodeSource, continuations, pageOf, type Region, stepOf } from "./region.js";
import { RegionWriter } from "./writer.js";

/** Half-words that lie one behind the other in a page. */
export interface Span {
  /** Relative number of the page. */
  readonly page: number;
  /** Index of the first in the page. */
  readonly first: number;
  readonly halves: Uint16Array;
}

/** A jump or call by register. */
export interface Learnt {
  readonly offset: number;
  /** Offsets where it was seen to go, of which the region knows. */
  readonly targets: readonly number[];
  /** The region would not go to more of them by itself. */
  readonly isFull: boolean;
}

export interface RegionCode {
  /** Offset of the first instruction in its page, bytes. */
  readonly entry: number;
  /** Where it may be entered; the first one is its beginning. */
  readonly entries: readonly Entry[];
  /** Instructions. */
  readonly length: number;
  readonly spans: readonly Span[];
  /** Offsets that it calls, and where execution comes to behind what is not translated. */
  readonly further: readonly number[];
  readonly learnt: readonly Learnt[];
  readonly function: EncodedFunction;
  /** By the numbers in the function's gaps. */
  readonly links: readonly Link[];
}

/** The number of the signature `answer` in a module of regions. */
export const ANSWER_TYPE = 0;

/**
 * Translates a region.
 * @param learns whether the jump by register at an offset tells where it goes
 */
export function translateRegion(
  region: Region,
  source: CodeSource,
  features: EngineFeatures,
  learns: (offset: number) => boolean,
): RegionCode {
  const code = new CodeBuilder(regionSignature, (signature) => {
    if (signature === answer) return ANSWER_TYPE;
    throw new Error("a region has blocks of one signature");
  });
  const links = new Links();
  const writer = new RegionWriter(code, region, links, features, learns);
  writer.write();
  return {
    entry: region.entry,
    entries: writer.entries,
    length: region.length,
    spans: spansOf(region, source),
    further: furtherOffsets(region, source),
    learnt: learntIn(region),
    function: code.encode(),
    links: links.list,
  };
}

/** The half-words of all blocks, in runs that are as long as they can be within a page. */
function spansOf({ blocks }: Region, source: CodeSource): Span[] {
  const offsets = new Set<number>();
  for (const { steps, ending } of blocks.values()) {
    const last = stepOf(ending);
    for (const { offset, lengthBytes } of last === undefined ? steps : [...steps, last]) {
      offsets.add(offset);
      if (lengthBytes === 4) offsets.add(offset + 2);
    }
  }
  const spans: Span[] = [];
  let run: number[] = [];
  const endRun = (): void => {
    const start = run[0];
    if (start === undefined) return;
    const halves = Uint16Array.from(run, (offset) => source.halfAt(offset) ?? 0);
    const page = pageOf(start);
    spans.push({ page, first: (start - page * PAGE_BYTES) >>> 1, halves });
    run = [];
  };
  for (const offset of [...offsets].sort((left, right) => left - right)) {
    const before = run.at(-1);
    if (before !== undefined && (offset !== before + 2 || offset % PAGE_BYTES === 0)) endRun();
    run.push(offset);
  }
  endRun();
  return spans;
}

function learntIn(region: Region): Learnt[] {
  return [...region.blocks.values()].flatMap(({ ending }) => {
    if (ending.kind !== "callRegister" && ending.kind !== "jumpRegister") return [];
    const { step, targets, kind } = ending;
    const isFull = kind === "callRegister" && targets.length >= CALLEES_MAX;
    return targets.length === 0 ? [] : [{ offset: step.offset, targets, isFull }];
  });
}

function furtherOffsets(region: Region, source: CodeSource): number[] {
  const offsets = continuations(region, source);
  for (const { ending } of region.blocks.values()) {
    if (ending.kind === "call") offsets.push(ending.taken);
    else if (ending.kind === "callRegister") offsets.push(...ending.targets);
  }
  return [...new Set(offsets)];
}

/**
 * Whether the bytes of a region are there.
 * @param halvesOf the content of a page by its relative number; undefined: not known
 */
export function isCodeOf(
  { spans }: RegionCode,
  halvesOf: (page: number) => Uint16Array | undefined,
): boolean {
  return spans.every(({ page, first, halves }) => {
    const there = halvesOf(page);
    return there !== undefined && halves.every((half, index) => there[first + index] === half);
  });
}

/** Relative numbers of the pages that a region's bytes are in. */
export const pagesOfCode = ({ spans }: RegionCode): ReadonlySet<number> =>
  new Set(spans.map(({ page }) => page));
