/**
 * Which regions are translated: finds out what is hot, has modules made of it, and puts each
 * region's function in the place of its first instruction's handler. So whoever comes to that
 * record runs the region, and whatever gives a record up ends its region.
 */

import type { DecodedPages } from "../interpret/decoded.js";
import { FIRST_REGION, HANDLERS_MAX } from "../interpret/handlers.js";
import type { InterpreterExports } from "../interpret/instantiate.js";
import { RECORD_BYTES, record } from "../interpret/layout.js";
import type { HelperName } from "../isa/helpers.js";
import { PAGE_BYTES } from "../platform.js";
import { detectFeatures, type EngineFeatures } from "../wasm/features.js";
import { buildRegions, regionName, runtimeSignatures } from "./module.js";
import { continuations, findRegion, type Region } from "./region.js";

export interface TranslationsOptions {
  readonly memory: WebAssembly.Memory;
  readonly framesStart: number;
  readonly interpreter: InterpreterExports;
  readonly decoded: DecodedPages;
  /** How often a place must be come upon before it is translated. */
  readonly threshold: number;
  /** Bytes of modules above which all translations are dropped. */
  readonly limitBytes: number;
  /** Of the engine; undefined: found out when something is translated for the first time. */
  readonly features: EngineFeatures | undefined;
}

/** What is known of a page of records. */
interface PageTranslations {
  /** Handler number by the offset of a region's entry. */
  readonly handlers: Map<number, number>;
  /** How often a place was come upon. */
  readonly samples: Map<number, number>;
  /** Places where nothing that is translated begins. */
  readonly refused: Set<number>;
  /** Places to be translated next. */
  readonly wanted: Set<number>;
}

/** A region and the page of records that it is for. */
interface Placed {
  readonly records: number;
  readonly region: Region;
}

/** A page that changes more often stays interpreted: it holds data, or code that is being made. */
const CHANGES_MAX = 16;
const BATCH_INSTRUCTIONS_MAX = 3000;
const BATCH_REGIONS_MAX = 48;
const TABLE_GROWTH = 256;
/** A module costs the engine some ten KiB besides its code. */
const MODULES_MAX = 4000;

export class Translations {
  private readonly options: TranslationsOptions;
  private readonly view: DataView;
  private readonly pages = new Map<number, PageTranslations>();
  /** By frame: how often translated code of it was changed. */
  private readonly changes = new Map<number, number>();
  private readonly helperNames: readonly HelperName[];
  private features: EngineFeatures | undefined;
  private readonly free: number[] = [];
  private next = FIRST_REGION;
  /** Pages of records where something is wanted. */
  private readonly wanted = new Set<number>();
  /** Since the machine was made; `kept`: since all translations were dropped. */
  readonly counts = {
    modules: 0,
    regions: 0,
    instructions: 0,
    dropped: 0,
    kept: { modules: 0, bytes: 0 },
  };

  constructor(options: TranslationsOptions) {
    this.options = options;
    this.features = options.features;
    this.view = new DataView(options.memory.buffer);
    const known = new Set(["run", "handlers", ...Object.keys(runtimeSignatures)]);
    const names = Object.keys(options.interpreter).filter((name) => !known.has(name));
    this.helperNames = names as HelperName[];
  }

  /**
   * Execution is at a preemption point.
   * @param records of the page that it is in
   * @param offset in the page, bytes
   */
  sample(records: number, offset: number): void {
    const page = this.pageOf(records);
    if (offset >= PAGE_BYTES || page.handlers.has(offset) || page.refused.has(offset)) return;
    const count = (page.samples.get(offset) ?? 0) + 1;
    page.samples.set(offset, count);
    if (count < this.options.threshold) return;
    page.wanted.add(offset);
    this.wanted.add(records);
    if (this.options.threshold === 0) this.settle();
  }

  /** Translates what is wanted, in one module. Regions that run meanwhile are not disturbed. */
  settle(): void {
    if (this.wanted.size === 0) return;
    if (this.counts.kept.bytes > this.options.limitBytes || this.isFull()) this.dropAll();
    const batch: Placed[] = [];
    for (const records of this.wanted) {
      const page = this.pages.get(records);
      if (page !== undefined) this.collect(records, page, batch);
    }
    this.wanted.clear();
    if (batch.length > 0) this.install(batch);
  }

  /** A region goes on at a place where none begins. */
  visit(recordAddress: number): void {
    const records = this.options.decoded.recordsAround(recordAddress);
    this.sample(records, ((recordAddress - records) / RECORD_BYTES) * 2);
  }

  /** The bytes behind a page of records change, or it loses its frame: its regions end. */
  forget(records: number): void {
    const page = this.pages.get(records);
    if (page === undefined) return;
    this.pages.delete(records);
    if (page.handlers.size === 0) return;
    const frame = this.options.decoded.frameOf(records);
    this.changes.set(frame, (this.changes.get(frame) ?? 0) + 1);
    for (const [offset, handler] of page.handlers) {
      const at = records + (offset >>> 1) * RECORD_BYTES + record.handler;
      if (this.view.getUint16(at, true) === handler) this.view.setUint16(at, 0, true);
      this.options.interpreter.handlers.set(handler, null);
      this.free.push(handler);
      this.counts.dropped++;
    }
  }

  /** Whether a batch might find no handler number, or no room in the engine. */
  private isFull(): boolean {
    const room = this.free.length + HANDLERS_MAX - this.next;
    return room < HANDLERS_MAX / 4 || this.counts.kept.modules >= MODULES_MAX;
  }

  private dropAll(): void {
    for (const records of [...this.pages.keys()]) this.forget(records);
    this.changes.clear();
    this.counts.kept = { modules: 0, bytes: 0 };
  }

  private pageOf(records: number): PageTranslations {
    let page = this.pages.get(records);
    if (page === undefined) {
      page = {
        handlers: new Map(),
        samples: new Map(),
        refused: new Set(),
        wanted: new Set(),
      };
      this.pages.set(records, page);
    }
    return page;
  }

  /** Finds the regions wanted of a page, and those that execution comes to behind them. */
  private collect(records: number, page: PageTranslations, batch: Placed[]): void {
    const pending = [...page.wanted];
    page.wanted.clear();
    const frame = this.options.decoded.frameOf(records);
    if (frame < 0 || (this.changes.get(frame) ?? 0) > CHANGES_MAX) return;
    const { memory, framesStart } = this.options;
    const halves = new Uint16Array(memory.buffer, framesStart + frame * PAGE_BYTES, 2048);
    const found = new Set<number>();
    const isKnown = (offset: number) => found.has(offset) || page.handlers.has(offset);
    let length = 0;
    for (let at = pending.shift(); at !== undefined; at = pending.shift()) {
      if (isKnown(at) || page.refused.has(at)) continue;
      if (length > BATCH_INSTRUCTIONS_MAX || found.size >= BATCH_REGIONS_MAX) break;
      const region = findRegion(halves, at, isKnown);
      if (region === undefined) {
        page.refused.add(at);
        continue;
      }
      found.add(at);
      batch.push({ records, region });
      length += region.length;
      pending.push(...continuations(region, halves));
    }
    this.counts.instructions += length;
  }

  private install(batch: readonly Placed[]): void {
    const { memory, interpreter, decoded } = this.options;
    const numbers = this.takeHandlers(batch.length);
    const regions = batch.map(({ region }) => region);
    this.features ??= detectFeatures();
    const memoryPages = memory.buffer.byteLength / 65536;
    const bytes = buildRegions(regions, memoryPages, this.helperNames, this.features);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      machine: { memory },
      interpreter: { ...interpreter },
    });
    for (const [index, { records, region }] of batch.entries()) {
      const at = records + (region.entry >>> 1) * RECORD_BYTES;
      // What stands in the record is what the interpreter needs to do this instruction alone.
      if (this.view.getUint16(at + record.handler, true) === 0) decoded.decode(at);
      const handler = numbers[index] ?? 0;
      interpreter.handlers.set(handler, instance.exports[regionName(index)]);
      this.view.setUint16(at + record.handler, handler, true);
      this.pageOf(records).handlers.set(region.entry, handler);
    }
    const { counts } = this;
    counts.modules++;
    counts.regions += batch.length;
    counts.kept.modules++;
    counts.kept.bytes += bytes.length;
  }

  /** `isFull` has seen that there are enough. */
  private takeHandlers(count: number): number[] {
    const { handlers } = this.options.interpreter;
    while (this.free.length < count) {
      if (this.next >= handlers.length) {
        handlers.grow(Math.min(TABLE_GROWTH, HANDLERS_MAX - handlers.length));
      }
      this.free.push(this.next++);
    }
    return this.free.splice(this.free.length - count, count);
  }
}
