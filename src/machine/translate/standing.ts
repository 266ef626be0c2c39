/**
 * The regions that stand in the interpreter's table: each handler in the place of that of the
 * record where its region is entered. So whoever comes to that record runs the region, and whatever
 * gives the record up ends it.
 */

import type { DecodedPages } from "../interpret/decoded.js";
import { HANDLERS_MAX } from "../interpret/handlers.js";
import type { InterpreterExports } from "../interpret/instantiate.js";
import { record } from "../interpret/layout.js";
import { FIRST_REGION } from "../interpret/pairs.js";
import { PAGE_BYTES } from "../platform.js";
import { Heat } from "./heat.js";
import { handlerName } from "./module.js";
import {
  type CodeRun,
  entriesOf,
  type Found,
  type InstalledEntry,
  type Jump,
  type PageTranslations,
  type Place,
  recordAt,
  runsOf,
} from "./places.js";
import { pageOf } from "./region.js";
import { pagesOfCode } from "./region-code.js";

const TABLE_GROWTH = 256;
/** So often it is told that an entry of a region cannot be used. */
const ENTRY_MISSES_MAX = 4;

/** A region that stands in the table. */
interface Installed {
  readonly runs: readonly CodeRun[];
  /** Records of the pages that its code is of, and of those that it copied from. */
  readonly pages: ReadonlySet<number>;
  /** Where it begins, and where it may be entered besides. */
  readonly entries: readonly InstalledEntry[];
  /** By the record of a jump by register: to how many targets it goes by itself. */
  readonly known: ReadonlyMap<number, number>;
}

export class Standing {
  private readonly pages = new Map<number, PageTranslations>();
  /** A number is not used again before all regions are dropped: callers compare it. */
  private next = FIRST_REGION;
  /** By handler number. */
  private readonly installed = new Map<number, Installed>();
  private readonly view: DataView;

  constructor(
    memory: WebAssembly.Memory,
    private readonly interpreter: InterpreterExports,
    private readonly decoded: DecodedPages,
  ) {
    this.view = new DataView(memory.buffer);
  }

  /** Handler numbers that are left. */
  get room(): number {
    return HANDLERS_MAX - this.next;
  }

  /** A handler number that no record has. */
  number(): number {
    return this.next++;
  }

  /** Records of all pages that something is known of. */
  knownPages(): number[] {
    return [...this.pages.keys()];
  }

  /** All regions were dropped. */
  startAgain(): void {
    this.next = FIRST_REGION;
  }

  handlerAt(recordAddress: number): number {
    return this.view.getUint16(recordAddress + record.handler, true);
  }

  pageOf(records: number): PageTranslations {
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

  /** What is known of a page; undefined: nothing. */
  knownPage(records: number): PageTranslations | undefined {
    return this.pages.get(records);
  }

  /**
   * Nothing is known of a page any more, and its regions end.
   * @returns how many there were
   */
  forget(records: number): number {
    const users = [...(this.pages.get(records)?.users.keys() ?? [])];
    this.pages.delete(records);
    return users.filter((handler) => this.drop(handler)).length;
  }

  /** A region ends. @returns whether there was one; those who run it go on until they leave it */
  drop(handler: number): boolean {
    const installed = this.installed.get(handler);
    if (installed === undefined) return false;
    this.installed.delete(handler);
    for (const one of installed.pages) this.pages.get(one)?.users.delete(handler);
    for (const { handler: number, records, offset } of installed.entries) {
      const page = this.pages.get(records);
      if (page?.handlers.get(offset) === number) page.handlers.delete(offset);
      this.giveBack(recordAt(records, offset), number);
    }
    return true;
  }

  /** Whether a place is in the midst of a region: the run was cut there, or came back to it. */
  isWithinRegion({ records, offset }: Place): boolean {
    const isThere = (run: CodeRun) =>
      run.records === records && run.start <= offset && offset < run.end;
    const handlers = [...this.pageOf(records).users.keys()];
    return handlers.some((handler) => this.installed.get(handler)?.runs.some(isThere) === true);
  }

  /**
   * An entry of a region could not be used; not each time is told. After some times it is a place
   * like others.
   */
  missEntry(records: number, offset: number): void {
    const page = this.pageOf(records);
    const misses = (page.misses.get(offset) ?? 0) + 1;
    page.misses.set(offset, misses);
    const handler = page.handlers.get(offset);
    if (misses < ENTRY_MISSES_MAX || handler === undefined) return;
    page.handlers.delete(offset);
    this.view.setUint16(recordAt(records, offset) + record.handler, 0, true);
    this.interpreter.handlers.set(handler, null);
  }

  /**
   * Puts the regions of an instance in their places.
   * @param found by place in the module; undefined: that one is not there
   */
  install(found: readonly (Found | undefined)[], exports: Record<string, unknown>): void {
    const recordsOfRegion = ({ code, recordsOf }: Found) =>
      [...pagesOfCode(code)].map((page) => recordsOf(page) ?? 0);
    const copied = found.flatMap((one) => (one?.isCopy === true ? recordsOfRegion(one) : []));
    for (const [index, one] of found.entries()) {
      if (one === undefined || one.isCopy) continue;
      const { handler, place } = one;
      const entries = this.standIn(one, (entry) => exports[handlerName(index, entry)]);
      // A copy that it calls is its code too.
      const pages = new Set([...recordsOfRegion(one), ...copied]);
      for (const records of pages) this.pageOf(records).users.set(handler, place);
      const known = this.recall(one);
      this.installed.set(handler, { pages, runs: runsOf(one), entries, known });
    }
  }

  /** What a region that was kept knows of its jumps is not to be learnt again. */
  private recall({ code, recordsOf }: Found): Map<number, number> {
    const known = new Map<number, number>();
    for (const { offset, targets, isFull } of code.learnt) {
      const page = pageOf(offset);
      const records = recordsOf(page) ?? 0;
      if (records === 0) continue;
      const within = offset - page * PAGE_BYTES;
      const { distances } = this.jumpAt(records, within);
      for (const target of targets) distances.add(target - offset);
      const count = isFull ? Number.POSITIVE_INFINITY : targets.length;
      known.set(recordAt(records, within), count);
    }
    return known;
  }

  /** Whether more is known of a jump now than its region knows. */
  isOutdated(handler: number, jumpRecord: number, { distances }: Jump): boolean {
    const known = this.installed.get(handler)?.known.get(jumpRecord) ?? 0;
    return distances.size > known;
  }

  /** What is known of a jump by register. */
  jumpAt(records: number, offset: number): Jump {
    const { jumps } = this.pageOf(records);
    let jump = jumps.get(offset);
    if (jump === undefined) {
      jump = { distances: new Set(), misses: 0 };
      jumps.set(offset, jump);
    }
    return jump;
  }

  private isMissed(records: number, offset: number): boolean {
    return (this.pages.get(records)?.misses.get(offset) ?? 0) >= ENTRY_MISSES_MAX;
  }

  /** Puts the handlers of a region in the place of those where it may be entered. */
  private standIn(found: Found, handlerOf: (entry: number) => unknown): InstalledEntry[] {
    const { handlers } = this.interpreter;
    const entries: InstalledEntry[] = [];
    for (const { number, records, offset } of entriesOf(found)) {
      const at = recordAt(records, offset);
      const known = this.handlerAt(at);
      // Within a region another one may begin.
      const isKnown = known >= FIRST_REGION || this.isMissed(records, offset);
      if (number > 0 && (records === 0 || isKnown)) continue;
      // What stands in the record is what the interpreter needs to do this instruction alone.
      if (known === 0) this.decoded.decode(at);
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

  /** A record that has a handler still is decoded again. */
  private giveBack(at: number, handler: number): void {
    if (this.handlerAt(at) === handler) this.view.setUint16(at + record.handler, 0, true);
    this.interpreter.handlers.set(handler, null);
  }
}
