/** What translations.ts knows of places, pages of code and the regions that stand in the table. */

import { RECORD_BYTES } from "../interpret/layout.js";
import { PAGE_BYTES } from "../platform.js";
import type { Heat } from "./heat.js";
import type { Placed } from "./module.js";
import { type CodeSource, pageOf, type Region } from "./region.js";
import type { RegionCode } from "./region-code.js";

/** A place in an address space: where a region begins or may begin. */
export interface Place {
  /** Calls from the place that was wanted. */
  readonly depth: number;
  readonly area: number;
  /** Number of the virtual page. */
  readonly page: number;
  readonly records: number;
  /** In the page, bytes. */
  readonly offset: number;
  /** What was kept of it does not count: more has been learnt. */
  readonly isOutdated?: boolean;
}

/** What is known of a page of records. */
export interface PageTranslations {
  /** Handler number by the offset of a region's entry. */
  readonly handlers: Map<number, number>;
  readonly heat: Heat;
  /** By the offset of an entry within a region: how often it could not be entered there. */
  readonly misses: Map<number, number>;
  /** Places where nothing that is translated begins. */
  readonly refused: Set<number>;
  /** Regions with code of this page: where they begin, by handler number. */
  readonly users: Map<number, Place>;
  /** By the offset of a jump by register. */
  readonly jumps: Map<number, Jump>;
  /** By the offset of a region's entry: how often it was translated again. */
  readonly repeats: Map<number, number>;
}

/** Where a region that stands in the table is entered. */
export interface InstalledEntry {
  readonly handler: number;
  readonly records: number;
  /** In the page, bytes. */
  readonly offset: number;
}

/** Code of a region in a page of records: offsets in the page, in bytes. */
export interface CodeRun {
  readonly records: number;
  readonly start: number;
  readonly end: number;
}

/** Where a jump by register was seen to go, when its region did not know. */
export interface Jump {
  /** Bytes from the jump. */
  readonly distances: Set<number>;
  misses: number;
}

/** A region for the next module, and where it is. */
export interface Found extends Placed {
  readonly place: Place;
}

/** Code around a place, with where its pages' records are. */
export interface PlacedSource extends CodeSource {
  recordsOf(page: number): number | undefined;
  halvesOf(page: number): Uint16Array | undefined;
  learns(offset: number): boolean;
  /** The place of an offset; undefined: nothing is known of its page. */
  placeOf(offset: number): Place | undefined;
}

/** The address of the record at an offset of a page. */
export const recordAt = (records: number, offset: number): number =>
  records + (offset >>> 1) * RECORD_BYTES;

/** Where a region may be entered: its beginning comes first; unknown pages are 0. */
export function entriesOf({ code, place, recordsOf }: Found): RegionPlace[] {
  return code.entries.map(({ number, offset }) => {
    const page = pageOf(offset);
    const records = page === 0 ? place.records : (recordsOf(page) ?? 0);
    return { number, records, offset: offset - page * PAGE_BYTES };
  });
}

/** An entry of a region in a page of records. */
export interface RegionPlace {
  readonly number: number;
  readonly records: number;
  /** In the page, bytes. */
  readonly offset: number;
}

/** What is translated with a region: what it calls, and where execution comes back to. */
export function furtherPlaces({ further }: RegionCode, source: PlacedSource): Place[] {
  return further.flatMap((offset) => {
    const place = source.placeOf(offset);
    return place !== undefined && source.isWanted(offset) ? [place] : [];
  });
}

/** Where the blocks of a region begin. */
export function placesIn(region: Region, source: PlacedSource): Place[] {
  return [...region.blocks.keys()].flatMap((offset) => source.placeOf(offset) ?? []);
}

/** Where the code of a region is. */
export function runsOf({ code, recordsOf }: Found): CodeRun[] {
  return code.spans.map(({ page, first, halves }) => {
    const start = first * 2;
    return { records: recordsOf(page) ?? 0, start, end: start + halves.length * 2 };
  });
}

/** What a source around a place is made of. */
export interface Surroundings {
  /** A page by its number from the place's on; undefined: it is not to be translated. */
  pageAt(relative: number): { readonly records: number; readonly halves: Uint16Array } | undefined;
  /** Whether the instruction of a record was executed. */
  isExecuted(record: number): boolean;
  jumpAt(records: number | undefined, offset: number): Jump | undefined;
  /** A jump by register with so many misses tells no more where it goes. */
  readonly missesMax: number;
}

/** The code around a place. */
export function placedSource(place: Place, around: Surroundings): PlacedSource {
  const { pageAt } = around;
  const within = (offset: number) => offset - pageOf(offset) * PAGE_BYTES;
  const jumpAt = (offset: number) => around.jumpAt(pageAt(pageOf(offset))?.records, within(offset));
  return {
    halfAt: (offset) => pageAt(pageOf(offset))?.halves[within(offset) >>> 1],
    isWanted: (offset) => {
      const records = pageAt(pageOf(offset))?.records;
      return records !== undefined && around.isExecuted(recordAt(records, within(offset)));
    },
    targetsOf: (offset) =>
      [...(jumpAt(offset)?.distances ?? [])].map((distance) => offset + distance),
    learns: (offset) => (jumpAt(offset)?.misses ?? 0) < around.missesMax,
    recordsOf: (relative) => pageAt(relative)?.records,
    halvesOf: (relative) => pageAt(relative)?.halves,
    placeOf: (offset) => {
      const records = pageAt(pageOf(offset))?.records;
      if (records === undefined) return undefined;
      const { area, page, depth } = place;
      const [number, at] = [page + pageOf(offset), within(offset)];
      return { depth: depth + 1, area, page: number, records, offset: at };
    },
  };
}
