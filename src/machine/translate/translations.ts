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
import { buildRegions, runtimeSignatures } from "./module.js";
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
}

/** What is known of a page of records. */
interface PageTranslations {
  /** Handler number by the offset of a region's entry. */
  readonly handlers: Map<number, number>;
  /** How often a place was come upon. */
  readonly samples: Map<number, number>;
  /** Places where nothing that is translated begins. */
  readonly refused: Set<number>;
}

/** A page that changes more often stays interpreted: it holds data, or code that is being made. */
const CHANGES_MAX = 16;
const BATCH_INSTRUCTIONS_MAX = 3000;
const BATCH_REGIONS_MAX = 48;
const TABLE_GROWTH = 256;

export class Translations {
  private readonly options: TranslationsOptions;
  private readonly view: DataView;
  private readonly pages = new Map<number, PageTranslations>();
  /** By frame: how often translated code of it was changed. */
  private readonly changes = new Map<number, number>();
  private readonly helperNames: readonly HelperName[];
  private readonly free: number[] = [];
  private next = FIRST_REGION;
  private bytes = 0;
  /** Counts since the machine was made. */
  readonly counts = { modules: 0, regions: 0, instructions: 0, bytes: 0, dropped: 0 };

  constructor(options: TranslationsOptions) {
    this.options = options;
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
    const frame = this.options.decoded.frameOf(records);
    if (frame < 0 || (this.changes.get(frame) ?? 0) > CHANGES_MAX) return;
    if (this.bytes > this.options.limitBytes) this.dropAll();
    this.translate(records, frame, offset);
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

  private dropAll(): void {
    for (const records of [...this.pages.keys()]) this.forget(records);
    this.changes.clear();
    this.bytes = 0;
  }

  private pageOf(records: number): PageTranslations {
    let page = this.pages.get(records);
    if (page === undefined) {
      page = { handlers: new Map(), samples: new Map(), refused: new Set() };
      this.pages.set(records, page);
    }
    return page;
  }

  /** Translates the region of an entry, and those that execution comes to behind it. */
  private translate(records: number, frame: number, entry: number): void {
    const page = this.pageOf(records);
    const { memory, framesStart } = this.options;
    const halves = new Uint16Array(memory.buffer, framesStart + frame * PAGE_BYTES, 2048);
    const batch = new Map<number, Region>();
    const isKnown = (offset: number) => batch.has(offset) || page.handlers.has(offset);
    const pending = [entry];
    let length = 0;
    for (let at = pending.shift(); at !== undefined; at = pending.shift()) {
      if (isKnown(at) || page.refused.has(at)) continue;
      if (length > BATCH_INSTRUCTIONS_MAX || batch.size >= BATCH_REGIONS_MAX) break;
      const region = findRegion(halves, at, isKnown);
      if (region === undefined) {
        page.refused.add(at);
        continue;
      }
      batch.set(at, region);
      length += region.length;
      pending.push(...continuations(region, halves));
    }
    if (batch.size > 0) this.install(records, [...batch.values()]);
    this.counts.instructions += length;
  }

  private install(records: number, regions: readonly Region[]): void {
    const { memory, interpreter, decoded } = this.options;
    const numbers = this.takeHandlers(regions.length);
    if (numbers === undefined) return;
    const bytes = buildRegions(regions, memory.buffer.byteLength / 65536, this.helperNames);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      machine: { memory },
      interpreter: { ...interpreter },
    });
    const page = this.pageOf(records);
    for (const [index, { entry }] of regions.entries()) {
      const at = records + (entry >>> 1) * RECORD_BYTES;
      // What stands in the record is what the interpreter needs to do this instruction alone.
      if (this.view.getUint16(at + record.handler, true) === 0) decoded.decode(at);
      const handler = numbers[index] ?? 0;
      interpreter.handlers.set(handler, instance.exports[`r${entry}`]);
      this.view.setUint16(at + record.handler, handler, true);
      page.handlers.set(entry, handler);
    }
    this.bytes += bytes.length;
    this.counts.modules++;
    this.counts.regions += regions.length;
    this.counts.bytes += bytes.length;
  }

  /** @returns undefined: all numbers are taken, and all translations dropped */
  private takeHandlers(count: number): number[] | undefined {
    const { handlers } = this.options.interpreter;
    while (this.free.length < count) {
      if (this.next >= HANDLERS_MAX) {
        this.dropAll();
        return undefined;
      }
      if (this.next >= handlers.length) {
        handlers.grow(Math.min(TABLE_GROWTH, HANDLERS_MAX - handlers.length));
      }
      this.free.push(this.next++);
    }
    return this.free.splice(this.free.length - count, count);
  }
}
