/** Places in address spaces where regions begin, and what is around them. */

import { RECORD_BYTES } from "../interpret/layout.js";
import { PAGE_BYTES } from "../platform.js";
import type { Placed } from "./module.js";
import { type CodeSource, pageOf } from "./region.js";
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

/** The page and offset of a region's beginning, and of its further entries; unknown pages are 0. */
export function entriesOf({
  code,
  place,
  recordsOf,
}: Found): { records: number; offset: number }[] {
  const further = code.entries.map(({ offset }) => {
    const page = pageOf(offset);
    return { records: recordsOf(page) ?? 0, offset: offset - page * PAGE_BYTES };
  });
  return [{ records: place.records, offset: code.entry }, ...further];
}

/** What is translated with a region: what it calls, and where execution comes back to. */
export function furtherPlaces({ further }: RegionCode, source: PlacedSource): Place[] {
  return further.flatMap((offset) => {
    const place = source.placeOf(offset);
    return place !== undefined && source.isWanted(offset) ? [place] : [];
  });
}
