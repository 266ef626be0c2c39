/**
 * Which regions are translated: finds out what is hot, has modules made of it, and puts each
 * region's handler in the place of its first instruction's. So whoever comes to that record runs
 * the region, and whatever gives a record up ends its region.
 */

import type { DecodedPages } from "../interpret/decoded.js";
import type { InterpreterExports } from "../interpret/instantiate.js";
import { RECORD_BYTES } from "../interpret/layout.js";
import { PAGE_BYTES } from "../platform.js";
import { detectFeatures, type EngineFeatures } from "../wasm/features.js";
import { ENTRIES_MAX } from "./entries.js";
import {
  CALLEE_WEIGHT_MIN,
  CALLS_WEIGHT,
  CUT_WEIGHT,
  neededWeight,
  REFUSED_WEIGHT,
  SAMPLE_WEIGHT,
  TELL_DISTANCE,
  VISIT_WEIGHT,
} from "./heat.js";
import { KeptRegions, keyOf, type TranslationStoreOf } from "./kept.js";
import { type KeptModule, KeptModules, type KeptPart } from "./kept-modules.js";
import { buildRegions, numbersOf, partsOf } from "./module.js";
import {
  entriesOf,
  type Found,
  furtherPlaces,
  type Jump,
  type Place,
  type PlacedSource,
  placedSource,
  placesIn,
  recordAt,
} from "./places.js";
import { findLoop, findRegion } from "./region.js";
import { isCodeOf, type RegionCode, translateRegion } from "./region-code.js";
import { Standing } from "./standing.js";
import { Unrest } from "./unrest.js";

export interface TranslationsOptions {
  readonly memory: WebAssembly.Memory;
  readonly framesStart: number;
  readonly interpreter: InterpreterExports;
  readonly decoded: DecodedPages;
  /** The records of a page that execution has an entry for in an area, or 0. */
  recordsOf(area: number, page: number): number;
  /** How often a place must be come upon before a short region of it is translated. */
  readonly threshold: number;
  /** Bytes of modules above which all translations are dropped. */
  readonly limitBytes: number;
  /** Of the engine; undefined: found out when something is translated for the first time. */
  readonly features: EngineFeatures | undefined;
  /** What earlier machines translated; undefined: nothing is kept for others. */
  readonly store: TranslationStoreOf | undefined;
}

/** What is kept from before. */
interface Kept {
  readonly regions: KeptRegions;
  readonly modules: KeptModules;
}

const BATCH_INSTRUCTIONS_MAX = 4000;
const REGION_INSTRUCTIONS_MAX = 1200;
/** What is called by what is called is as often cold as hot. */
const DEPTH_MAX = 1;
/** Where everything is translated at once there would be no end of it. */
const EAGER_INSTRUCTIONS_MAX = 100;
const BATCH_REGIONS_MAX = 48;
/** A module for less waits for further places, but for so many samples at most. */
const PLACES_MIN = 8;
const WAITS_MAX = 8;
/** What is called but was translated before is copied into the module up to this size. */
const COPY_INSTRUCTIONS_MAX = 100;
const COPIES_INSTRUCTIONS_MAX = 400;
const TARGETS_MAX = 64;
/** At so many misses a region is translated again, with what was learnt; the last: no more. */
const MISSES: readonly number[] = Object.freeze([256, 16_384]);
/** A region with many such jumps would be translated again for each. */
const REPEATS_MAX = 3;
/** A module costs the engine some ten KiB besides its code. */
const MODULES_MAX = 4000;

export class Translations {
  private readonly options: TranslationsOptions;
  private readonly standing: Standing;
  private readonly unrest = new Unrest();
  private knownFeatures: EngineFeatures | undefined;
  private keptBefore: Kept | undefined;
  /** Hot since the last time that it was settled, by the address of the record. */
  private readonly fresh = new Map<number, Place>();
  /** To be translated next, by the address of the record. */
  private readonly wanted = new Map<number, Place>();
  /** Samples since something is wanted. */
  private waited = 0;
  /** Regions to be translated again. */
  private readonly outdated = new Map<number, Place>();
  /** Since the machine was made; `kept`: since all translations were dropped. */
  readonly counts = {
    modules: 0,
    regions: 0,
    instructions: 0,
    /** Regions that were kept from before, of those; with the engine's code for them. */
    reused: 0,
    revived: 0,
    dropped: 0,
    kept: { modules: 0, bytes: 0 },
  };

  constructor(options: TranslationsOptions) {
    this.options = options;
    this.knownFeatures = options.features;
    this.standing = new Standing(options.memory, options.interpreter, options.decoded);
  }

  /**
   * Execution is at a preemption point after many instructions.
   * @param area address of the translation area in use
   * @param page number of the virtual page, with its records
   * @param offset in the page, bytes
   * @param isTranslated whether translated code came there
   */
  sample(area: number, page: number, records: number, offset: number, isTranslated: boolean): void {
    this.unrest.sampled();
    this.keptBefore?.modules.sampled();
    this.note({ depth: 0, area, page, records, offset }, isTranslated ? CUT_WEIGHT : SAMPLE_WEIGHT);
  }

  /** Execution comes from regions to a record where none begins; not each time is told. */
  visit(area: number, page: number, recordAddress: number): void {
    // What is translated again knows more of where its jumps lead: perhaps here.
    if (this.outdated.size > 0) return;
    this.noteRecord(area, page, recordAddress, VISIT_WEIGHT);
  }

  /** What begins at a record was called by interpreted code, many times. */
  called(area: number, page: number, recordAddress: number): void {
    this.noteRecord(area, page, recordAddress, CALLS_WEIGHT);
  }

  private noteRecord(area: number, page: number, recordAddress: number, weight: number): void {
    const records = this.options.decoded.recordsAround(recordAddress);
    const offset = ((recordAddress - records) / RECORD_BYTES) * 2;
    this.note({ depth: 0, area, page, records, offset }, weight);
  }

  private note(place: Place, weight: number): void {
    const { records, offset } = place;
    const known = this.standing.pageOf(records);
    if (offset >= PAGE_BYTES || known.handlers.has(offset) || known.refused.has(offset)) return;
    if (!known.heat.add(offset, weight, () => this.firstNeed(records, offset))) return;
    const at = recordAt(records, offset);
    (this.wanted.has(at) ? this.wanted : this.fresh).set(at, place);
    if (this.options.threshold === 0) this.settle();
  }

  /** At which weight it is looked at what a place's region would be. */
  private firstNeed(records: number, offset: number): number {
    const frame = this.options.decoded.frameOf(records);
    const isKept = frame >= 0 && this.kept.regions.has(keyOf(this.halvesOf(frame), offset >>> 1));
    return neededWeight(this.options.threshold, 0, isKept);
  }

  /**
   * A jump by register went where its region did not know; not each time is told.
   * @param distance from the jump to its target, bytes
   */
  learn(handler: number, jumpRecord: number, distance: number): void {
    const records = this.options.decoded.recordsAround(jumpRecord);
    const page = this.standing.pageOf(records);
    const offset = ((jumpRecord - records) / RECORD_BYTES) * 2;
    const jump = this.standing.jumpAt(records, offset);
    const before = jump.misses;
    jump.misses += this.options.threshold === 0 ? 1 : TELL_DISTANCE;
    if (jump.distances.size < TARGETS_MAX) jump.distances.add(distance);
    const place = page.users.get(handler);
    const isDue = MISSES.some((limit) => before < limit && limit <= jump.misses);
    if (!isDue || place === undefined) return;
    if (this.standing.isOutdated(handler, jumpRecord, jump)) this.outdated.set(handler, place);
  }

  /** An entry of a region could not be used; not each time is told. */
  missEntry(entryRecord: number): void {
    const records = this.options.decoded.recordsAround(entryRecord);
    this.standing.missEntry(records, ((entryRecord - records) / RECORD_BYTES) * 2);
  }

  /**
   * Translates what is wanted, in one module, once it is worth one or has waited. No region may be
   * running.
   */
  settle(): void {
    if (this.fresh.size > 0) this.reviveFresh();
    const count = this.wanted.size + this.outdated.size;
    if (count === 0) return;
    this.waited++;
    const isEager = this.options.threshold === 0;
    if (!isEager && count < PLACES_MIN && this.waited < WAITS_MAX) return;
    this.waited = 0;
    for (const [handler, place] of this.outdated) {
      const { repeats } = this.standing.pageOf(place.records);
      const count = (repeats.get(place.offset) ?? 0) + 1;
      if (count > REPEATS_MAX) continue;
      repeats.set(place.offset, count);
      if (this.standing.drop(handler)) this.counts.dropped++;
      this.wanted.set(recordAt(place.records, place.offset), { ...place, isOutdated: true });
    }
    this.outdated.clear();
    this.makeRoom();
    const batch = this.collect([...this.wanted.values()]);
    this.wanted.clear();
    if (batch.length > 0) this.install(batch);
  }

  /** The machine ends: hands what was translated to the store. */
  flush(): void {
    this.keptBefore?.modules.flush();
    this.keptBefore?.regions.flush();
  }

  private get features(): EngineFeatures {
    this.knownFeatures ??= detectFeatures();
    return this.knownFeatures;
  }

  private get memoryPages(): number {
    return this.options.memory.buffer.byteLength / 65536;
  }

  private get kept(): Kept {
    if (this.keptBefore === undefined) {
      const store = this.options.store?.(this.features);
      const regions = new KeptRegions(store);
      this.keptBefore = {
        regions,
        modules: new KeptModules(regions, store?.code, this.memoryPages),
      };
    }
    return this.keptBefore;
  }

  private halvesOf(frame: number): Uint16Array {
    const { memory, framesStart } = this.options;
    return new Uint16Array(memory.buffer, framesStart + frame * PAGE_BYTES, PAGE_BYTES / 2);
  }

  /** The bytes behind a page of records change, or it loses its frame: its regions end. */
  forget(records: number): void {
    const ended = this.standing.forget(records);
    if (ended > 0) this.unrest.changed(this.options.decoded.frameOf(records));
    this.counts.dropped += ended;
  }

  /** Drops all translations if there are too many bytes, handler numbers or modules. */
  private makeRoom(): void {
    const { counts, standing } = this;
    const isFull =
      counts.kept.bytes > this.options.limitBytes ||
      standing.room < BATCH_REGIONS_MAX * (ENTRIES_MAX + 1) ||
      counts.kept.modules >= MODULES_MAX;
    if (!isFull) return;
    for (const records of standing.knownPages()) this.forget(records);
    standing.startAgain();
    counts.kept = { modules: 0, bytes: 0 };
    this.keptBefore?.modules.forget();
  }

  /** What is hot and in a kept module stands at once; else it is wanted. */
  private reviveFresh(): void {
    for (const [at, place] of this.fresh) {
      this.fresh.delete(at);
      this.makeRoom();
      if (!this.revive(place)) this.wanted.set(at, place);
    }
  }

  /** Takes back a kept module with a place's region. @returns whether there is one */
  private revive(place: Place): boolean {
    const { standing, kept } = this;
    const halves = this.sourceAt(place)?.halvesOf(0);
    const isThere = standing.pageOf(place.records).handlers.has(place.offset);
    if (halves === undefined || isThere) return isThere;
    const code = this.newestAt(place, halves);
    const module = code && kept.modules.find(code);
    if (module === undefined) return false;
    const own = module.parts[module.place] as KeptPart;
    const found = module.parts.map((part) =>
      this.foundAt(part, place.area, place.page + part.page - own.page),
    );
    this.put(module, module.parts, found);
    const count = found.filter((one) => one?.isCopy === false).length;
    this.counts.revived += count;
    this.counts.reused += count;
    this.counts.regions += count;
    return true;
  }

  /** The region of a kept module, if it can stand or be called in a page. */
  private foundAt(part: KeptPart, area: number, page: number): Found | undefined {
    const records = this.options.recordsOf(area, page);
    if (records === 0) return undefined;
    const place = { depth: 0, area, page, records, offset: part.code.entry };
    const { code, isCopy } = part;
    const known = this.standing.pageOf(records).handlers.get(place.offset);
    const source = this.regionAt(place, code);
    const halves = source?.halvesOf(0);
    if (source === undefined || halves === undefined) return undefined;
    // What was learnt since is in a newer one.
    const isNewest = () => this.kept.regions.isSame(this.newestAt(place, halves), code);
    if (known === undefined && (isCopy || !isNewest())) return undefined;
    const handler = known ?? this.standing.number();
    const { recordsOf } = source;
    const record = recordAt(records, place.offset);
    return { code, record, handler, isCopy: isCopy || known !== undefined, place, recordsOf };
  }

  /** The region translated last of those that are kept for a place. */
  private newestAt(place: Place, halves: Uint16Array): RegionCode | undefined {
    const key = keyOf(halves, place.offset >>> 1);
    return this.kept.regions.find(key, (code) => this.regionAt(place, code) !== undefined);
  }

  /** The code around a place, if it is that of a region. */
  private regionAt(place: Place, code: RegionCode): PlacedSource | undefined {
    const source = code.entry === place.offset ? this.sourceAt(place) : undefined;
    return source !== undefined && isCodeOf(code, source.halvesOf) ? source : undefined;
  }

  /** Finds the regions wanted, what they call, and what execution comes to behind them. */
  private collect(pending: Place[]): Found[] {
    const found = new Map<number, Found>();
    /** Records where one of them may be entered besides. */
    const covered = new Set<number>();
    const isEager = this.options.threshold === 0;
    const batchLimit = isEager ? EAGER_INSTRUCTIONS_MAX : BATCH_INSTRUCTIONS_MAX;
    const regionLimit = isEager ? EAGER_INSTRUCTIONS_MAX : REGION_INSTRUCTIONS_MAX;
    let length = 0;
    let copied = 0;
    for (let place = pending.shift(); place !== undefined; place = pending.shift()) {
      const { records, offset } = place;
      const at = recordAt(records, offset);
      const page = this.standing.pageOf(records);
      const known = page.handlers.get(offset);
      if (found.has(at) || covered.has(at) || page.refused.has(offset)) continue;
      // It became an entry of another one meanwhile.
      if (known !== undefined && place.depth === 0) continue;
      if (length > batchLimit || found.size >= BATCH_REGIONS_MAX) break;
      if (known !== undefined && copied > COPIES_INSTRUCTIONS_MAX) continue;
      const source = this.sourceAt(place);
      const isCold = page.heat.weightOf(offset) < CALLEE_WEIGHT_MIN;
      if (place.depth > 0 && known === undefined && isCold && !isEager) continue;
      if (source === undefined) {
        page.heat.postpone(offset, REFUSED_WEIGHT);
        continue;
      }
      const code = this.codeOf(place, source, regionLimit);
      if (code === "cold") continue;
      if (code === undefined) {
        page.refused.add(offset);
        continue;
      }
      const isCopy = known !== undefined;
      if (isCopy && code.length > COPY_INSTRUCTIONS_MAX) continue;
      if (isCopy) copied += code.length;
      const { recordsOf } = source;
      const handler = known ?? this.standing.number();
      const one = { code, record: at, handler, isCopy, place, recordsOf };
      found.set(at, one);
      for (const entry of isCopy ? [] : entriesOf(one)) {
        covered.add(recordAt(entry.records, entry.offset));
      }
      length += code.length;
      if (place.depth < DEPTH_MAX) pending.push(...furtherPlaces(code, source));
    }
    this.counts.instructions += length;
    return [...found.values()];
  }

  /**
   * The region of a place: kept from before, or translated now.
   * @returns undefined: there is none; "cold": it is not worth it yet
   */
  private codeOf(
    place: Place,
    source: PlacedSource,
    limit: number,
  ): RegionCode | "cold" | undefined {
    const { offset, isOutdated } = place;
    const halves = source.halvesOf(0);
    if (halves === undefined) return undefined;
    const key = keyOf(halves, offset >>> 1);
    if (isOutdated !== true) {
      const holds = (code: RegionCode): boolean =>
        code.entry === offset && isCodeOf(code, source.halvesOf);
      const code = this.kept.regions.find(key, holds);
      if (code !== undefined) {
        if (this.isCold(place, code.length, true, [place])) return "cold";
        this.counts.reused++;
        return code;
      }
    }
    const find = this.standing.isWithinRegion(place) ? findLoop : findRegion;
    const region = find(source, offset, limit);
    if (region === undefined) return undefined;
    const places = placesIn(region, source);
    if (this.isCold(place, region.length, false, places)) return "cold";
    for (const one of places) this.standing.pageOf(one.records).heat.clear(one.offset);
    const code = translateRegion(region, source, this.features, source.learns);
    this.kept.regions.add(key, code);
    return code;
  }

  /** Whether a region is not worth it yet, by what was spent at its places. */
  private isCold(place: Place, length: number, isKept: boolean, places: readonly Place[]): boolean {
    const { threshold } = this.options;
    const page = this.standing.pageOf(place.records);
    // What is called, is copied or is translated again was looked at elsewhere.
    const isAsked = place.depth === 0 && place.isOutdated !== true;
    if (threshold === 0 || !isAsked || page.handlers.has(place.offset)) return false;
    let weight = 0;
    for (const { records, offset } of places)
      weight += this.standing.pageOf(records).heat.weightOf(offset);
    const missing = neededWeight(threshold, length, isKept) - weight;
    if (missing > 0) page.heat.postpone(place.offset, missing);
    return missing > 0;
  }

  /** The code around a place, or undefined: its page is elsewhere now, or is not translated. */
  private sourceAt(place: Place): PlacedSource | undefined {
    const { decoded, threshold } = this.options;
    const known = new Map<number, { records: number; halves: Uint16Array } | undefined>();
    const find = (relative: number) => {
      const records = this.options.recordsOf(place.area, place.page + relative);
      const frame = records === 0 ? -1 : decoded.frameOf(records);
      if (frame < 0 || this.unrest.isRestless(frame)) return undefined;
      return { records, halves: this.halvesOf(frame) };
    };
    if (find(0)?.records !== place.records) return undefined;
    return placedSource(place, {
      pageAt: (relative) => {
        if (!known.has(relative)) known.set(relative, find(relative));
        return known.get(relative);
      },
      isExecuted: (record) => threshold === 0 || this.standing.handlerAt(record) !== 0,
      jumpAt: (records, offset) => this.jumpAt(records, offset),
      missesMax: MISSES.at(-1) ?? 0,
    });
  }

  private jumpAt(records: number | undefined, offset: number): Jump | undefined {
    return this.standing.knownPage(records ?? 0)?.jumps.get(offset);
  }

  private install(batch: readonly Found[]): void {
    const parts = partsOf(batch).map((part, place) => ({
      ...part,
      page: batch[place]?.place.page ?? 0,
    }));
    const bytes = buildRegions(parts, this.memoryPages);
    const module = new WebAssembly.Module(bytes);
    this.put({ module, sizeBytes: bytes.length }, parts, batch);
    this.counts.regions += batch.length;
  }

  /** Puts the regions of a module in their places. */
  private put(
    { module, sizeBytes }: Pick<KeptModule, "module" | "sizeBytes">,
    parts: readonly KeptPart[],
    found: readonly (Found | undefined)[],
  ): void {
    const { memory, interpreter } = this.options;
    const { exports } = new WebAssembly.Instance(module, {
      machine: { memory },
      interpreter: { ...interpreter },
      numbers: numbersOf(parts, found),
    });
    this.standing.install(found, exports);
    this.kept.modules.use(parts, module, exports, sizeBytes);
    const { counts } = this;
    counts.modules++;
    counts.kept.modules++;
    counts.kept.bytes += sizeBytes;
  }
}
