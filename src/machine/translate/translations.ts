/**
 * Which regions are translated: finds out what is hot, has modules made of it, and puts each
 * region's handler in the place of its first instruction's. So whoever comes to that record runs
 * the region, and whatever gives a record up ends its region.
 */

import type { DecodedPages } from "../interpret/decoded.js";
import { HANDLERS_MAX } from "../interpret/handlers.js";
import type { InterpreterExports } from "../interpret/instantiate.js";
import { RECORD_BYTES, record } from "../interpret/layout.js";
import { FIRST_REGION } from "../interpret/pairs.js";
import { PAGE_BYTES } from "../platform.js";
import { detectFeatures, type EngineFeatures } from "../wasm/features.js";
import { ENTRIES_MAX } from "./entries.js";
import {
  CALLEE_WEIGHT_MIN,
  CALLS_WEIGHT,
  CUT_WEIGHT,
  Heat,
  neededWeight,
  REFUSED_WEIGHT,
  SAMPLE_WEIGHT,
  TELL_DISTANCE,
  VISIT_WEIGHT,
} from "./heat.js";
import { KeptRegions, keyOf, type TranslationStoreOf } from "./kept.js";
import { buildRegions, handlerName } from "./module.js";
import {
  type CodeRun,
  entriesOf,
  type Found,
  furtherPlaces,
  type Installed,
  type InstalledEntry,
  type Jump,
  type PageTranslations,
  type Place,
  type PlacedSource,
  placedSource,
  placesIn,
  recordAt,
  runsOf,
} from "./places.js";
import { findLoop, findRegion } from "./region.js";
import { isCodeOf, pagesOfCode, type RegionCode, translateRegion } from "./region-code.js";
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
const TABLE_GROWTH = 256;
/** What is called but was translated before is copied into the module up to this size. */
const COPY_INSTRUCTIONS_MAX = 100;
const COPIES_INSTRUCTIONS_MAX = 400;
const TARGETS_MAX = 64;
/** So often it is told that an entry of a region cannot be used. */
const ENTRY_MISSES_MAX = 4;
/** At so many misses a region is translated again, with what was learnt; the last: no more. */
const MISSES: readonly number[] = Object.freeze([256, 16_384]);
/** A region with many such jumps would be translated again for each. */
const REPEATS_MAX = 3;
/** A module costs the engine some ten KiB besides its code. */
const MODULES_MAX = 4000;

export class Translations {
  private readonly options: TranslationsOptions;
  private readonly view: DataView;
  private readonly pages = new Map<number, PageTranslations>();
  private readonly unrest = new Unrest();
  private knownFeatures: EngineFeatures | undefined;
  private keptRegions: KeptRegions | undefined;
  /** A number is not used again before all regions are dropped: callers compare it. */
  private next = FIRST_REGION;
  /** By handler number. */
  private readonly installed = new Map<number, Installed>();
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
    /** Regions that were kept from before, of those. */
    reused: 0,
    dropped: 0,
    kept: { modules: 0, bytes: 0 },
  };

  constructor(options: TranslationsOptions) {
    this.options = options;
    this.knownFeatures = options.features;
    this.view = new DataView(options.memory.buffer);
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
    const known = this.pageOf(records);
    if (offset >= PAGE_BYTES || known.handlers.has(offset) || known.refused.has(offset)) return;
    if (!known.heat.add(offset, weight, () => this.firstNeed(records, offset))) return;
    this.wanted.set(recordAt(records, offset), place);
    if (this.options.threshold === 0) this.settle();
  }

  /** At which weight it is looked at what a place's region would be. */
  private firstNeed(records: number, offset: number): number {
    const frame = this.options.decoded.frameOf(records);
    const isKept = frame >= 0 && this.kept.has(keyOf(this.halvesOf(frame), offset >>> 1));
    return neededWeight(this.options.threshold, 0, isKept);
  }

  /**
   * A jump by register went where its region did not know; not each time is told.
   * @param distance from the jump to its target, bytes
   */
  learn(handler: number, jumpRecord: number, distance: number): void {
    const records = this.options.decoded.recordsAround(jumpRecord);
    const page = this.pageOf(records);
    const offset = ((jumpRecord - records) / RECORD_BYTES) * 2;
    const jump = page.jumps.get(offset) ?? { distances: new Set<number>(), misses: 0 };
    page.jumps.set(offset, jump);
    const before = jump.misses;
    jump.misses += this.options.threshold === 0 ? 1 : TELL_DISTANCE;
    if (jump.distances.size < TARGETS_MAX) jump.distances.add(distance);
    const place = page.users.get(handler);
    const isDue = MISSES.some((limit) => before < limit && limit <= jump.misses);
    if (isDue && place !== undefined) this.outdated.set(handler, place);
  }

  /**
   * An entry of a region could not be used; not each time is told. After some times it is a place
   * like others.
   */
  missEntry(entryRecord: number): void {
    const records = this.options.decoded.recordsAround(entryRecord);
    const page = this.pageOf(records);
    const offset = ((entryRecord - records) / RECORD_BYTES) * 2;
    const misses = (page.misses.get(offset) ?? 0) + 1;
    page.misses.set(offset, misses);
    const handler = page.handlers.get(offset);
    if (misses < ENTRY_MISSES_MAX || handler === undefined) return;
    page.handlers.delete(offset);
    this.view.setUint16(recordAt(records, offset) + record.handler, 0, true);
    this.options.interpreter.handlers.set(handler, null);
  }

  /**
   * Translates what is wanted, in one module, once it is worth one or has waited. No region may be
   * running.
   */
  settle(): void {
    const count = this.wanted.size + this.outdated.size;
    if (count === 0) return;
    this.waited++;
    const isEager = this.options.threshold === 0;
    if (!isEager && count < PLACES_MIN && this.waited < WAITS_MAX) return;
    this.waited = 0;
    for (const [handler, place] of this.outdated) {
      const { repeats } = this.pageOf(place.records);
      const count = (repeats.get(place.offset) ?? 0) + 1;
      if (count > REPEATS_MAX) continue;
      repeats.set(place.offset, count);
      this.drop(handler);
      this.wanted.set(recordAt(place.records, place.offset), { ...place, isOutdated: true });
    }
    this.outdated.clear();
    if (this.counts.kept.bytes > this.options.limitBytes || this.isFull()) this.dropAll();
    const batch = this.collect([...this.wanted.values()]);
    this.wanted.clear();
    if (batch.length > 0) this.install(batch);
  }

  /** The machine ends: hands what was translated to the store. */
  flush(): void {
    this.keptRegions?.flush();
  }

  private get features(): EngineFeatures {
    this.knownFeatures ??= detectFeatures();
    return this.knownFeatures;
  }

  private get kept(): KeptRegions {
    this.keptRegions ??= new KeptRegions(this.options.store?.(this.features));
    return this.keptRegions;
  }

  private halvesOf(frame: number): Uint16Array {
    const { memory, framesStart } = this.options;
    return new Uint16Array(memory.buffer, framesStart + frame * PAGE_BYTES, PAGE_BYTES / 2);
  }

  /** The bytes behind a page of records change, or it loses its frame: its regions end. */
  forget(records: number): void {
    const page = this.pages.get(records);
    if (page === undefined) return;
    this.pages.delete(records);
    if (page.users.size === 0) return;
    const frame = this.options.decoded.frameOf(records);
    this.unrest.changed(frame);
    for (const handler of [...page.users.keys()]) this.drop(handler);
  }

  /** A region ends. Those who run it go on until they leave it. */
  private drop(handler: number): void {
    const installed = this.installed.get(handler);
    if (installed === undefined) return;
    this.installed.delete(handler);
    for (const one of installed.pages) this.pages.get(one)?.users.delete(handler);
    for (const { handler: number, records, offset } of installed.entries) {
      const page = this.pages.get(records);
      if (page?.handlers.get(offset) === number) page.handlers.delete(offset);
      const at = recordAt(records, offset) + record.handler;
      if (this.view.getUint16(at, true) === number) this.view.setUint16(at, 0, true);
      this.options.interpreter.handlers.set(number, null);
    }
    this.counts.dropped++;
  }

  /** Whether a batch might find no handler number, or no room in the engine. */
  private isFull(): boolean {
    const room = HANDLERS_MAX - this.next;
    return room < BATCH_REGIONS_MAX * (ENTRIES_MAX + 1) || this.counts.kept.modules >= MODULES_MAX;
  }

  private dropAll(): void {
    for (const records of [...this.pages.keys()]) this.forget(records);
    this.next = FIRST_REGION;
    this.counts.kept = { modules: 0, bytes: 0 };
  }

  private pageOf(records: number): PageTranslations {
    let page = this.pages.get(records);
    if (page === undefined) {
      page = {
        handlers: new Map(),
        heat: new Heat(),
        misses: new Map(),
        refused: new Set(),
        users: new Map(),
        jumps: new Map(),
        repeats: new Map(),
      };
      this.pages.set(records, page);
    }
    return page;
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
      const page = this.pageOf(records);
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
      const handler = known ?? this.next++;
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
      const code = this.kept.find(key, holds);
      if (code !== undefined) {
        if (this.isCold(place, code.length, true, [place])) return "cold";
        this.counts.reused++;
        return code;
      }
    }
    const find = this.isWithinRegion(place) ? findLoop : findRegion;
    const region = find(source, offset, limit);
    if (region === undefined) return undefined;
    const places = placesIn(region, source);
    if (this.isCold(place, region.length, false, places)) return "cold";
    for (const one of places) this.pageOf(one.records).heat.clear(one.offset);
    const code = translateRegion(region, source, this.features, source.learns);
    this.kept.add(key, code);
    return code;
  }

  /** Whether a region is not worth it yet, by what was spent at its places. */
  private isCold(place: Place, length: number, isKept: boolean, places: readonly Place[]): boolean {
    const { threshold } = this.options;
    const page = this.pageOf(place.records);
    // What is called, is copied or is translated again was looked at elsewhere.
    const isAsked = place.depth === 0 && place.isOutdated !== true;
    if (threshold === 0 || !isAsked || page.handlers.has(place.offset)) return false;
    let weight = 0;
    for (const { records, offset } of places) weight += this.pageOf(records).heat.weightOf(offset);
    const missing = neededWeight(threshold, length, isKept) - weight;
    if (missing > 0) page.heat.postpone(place.offset, missing);
    return missing > 0;
  }

  /** Whether a place is in the midst of a region: the run was cut there, or came back to it. */
  private isWithinRegion({ records, offset }: Place): boolean {
    const isThere = (run: CodeRun) =>
      run.records === records && run.start <= offset && offset < run.end;
    const handlers = [...this.pageOf(records).users.keys()];
    return handlers.some((handler) => this.installed.get(handler)?.runs.some(isThere) === true);
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
      isExecuted: (record) => threshold === 0 || this.handlerAt(record) !== 0,
      jumpAt: (records, offset) => this.jumpAt(records, offset),
      missesMax: MISSES.at(-1) ?? 0,
    });
  }

  private jumpAt(records: number | undefined, offset: number): Jump | undefined {
    return this.pages.get(records ?? 0)?.jumps.get(offset);
  }

  private handlerAt(recordAddress: number): number {
    return this.view.getUint16(recordAddress + record.handler, true);
  }

  private install(batch: readonly Found[]): void {
    const { memory, interpreter } = this.options;
    const bytes = buildRegions(batch, memory.buffer.byteLength / 65536);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      machine: { memory },
      interpreter: { ...interpreter },
    });
    const recordsOfRegion = ({ code, recordsOf }: Found) =>
      [...pagesOfCode(code)].map((page) => recordsOf(page) ?? 0);
    const copied = batch.filter(({ isCopy }) => isCopy).flatMap(recordsOfRegion);
    for (const [index, found] of batch.entries()) {
      const { handler, isCopy, place } = found;
      if (isCopy) continue;
      const entries = this.standIn(found, (entry) => instance.exports[handlerName(index, entry)]);
      // A copy that it calls is its code too.
      const pages = new Set([...recordsOfRegion(found), ...copied]);
      for (const records of pages) this.pageOf(records).users.set(handler, place);
      this.installed.set(handler, { place, pages, runs: runsOf(found), entries });
    }
    const { counts } = this;
    counts.modules++;
    counts.regions += batch.length;
    counts.kept.modules++;
    counts.kept.bytes += bytes.length;
  }

  private isMissed(records: number, offset: number): boolean {
    return (this.pages.get(records)?.misses.get(offset) ?? 0) >= ENTRY_MISSES_MAX;
  }

  /** Puts the handlers of a region in the place of those where it may be entered. */
  private standIn(found: Found, handlerOf: (entry: number) => unknown): InstalledEntry[] {
    const { handlers } = this.options.interpreter;
    const entries: InstalledEntry[] = [];
    for (const { number, records, offset } of entriesOf(found)) {
      const at = recordAt(records, offset);
      const known = this.handlerAt(at);
      // Within a region another one may begin.
      const isKnown = known >= FIRST_REGION || this.isMissed(records, offset);
      if (number > 0 && (records === 0 || isKnown)) continue;
      // What stands in the record is what the interpreter needs to do this instruction alone.
      if (known === 0) this.options.decoded.decode(at);
      const handler = number === 0 ? found.handler : this.next++;
      if (handler >= handlers.length) {
        const wanted = Math.max(handler + 1 - handlers.length, TABLE_GROWTH);
        handlers.grow(Math.min(wanted, HANDLERS_MAX - handlers.length));
      }
      handlers.set(handler, handlerOf(number));
      this.view.setUint16(at + record.handler, handler, true);
      this.pageOf(records).handlers.set(offset, handler);
      entries.push({ handler, records, offset });
    }
    return entries;
  }
}
