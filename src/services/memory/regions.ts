/**
 * Regions of a space: a sorted array with binary search. Every change is made of three steps: split
 * at the borders of the range, change or remove whole regions, merge neighbours that have become
 * alike. Counts of pages and references of objects are kept here and nowhere else.
 */
import { PAGE_BYTES, PROT_WRITE, USER_ADDRESS_LIMIT } from "../../abi/memory.js";
import type { KernelCalls } from "../../kernel/calls.js";
import type { MemoryObjects } from "./objects.js";
import { NO_OBJECT, PAGE_LIMIT, REGION, type Region, type Space } from "./state.js";

/** Pages kept free below a region that grows downwards (Linux's stack_guard_gap). */
export const GUARD_PAGES = 256;
/** Instructions charged for each region that a search for room looks at. */
const CHARGE_SEEN = 1;
/** No region is placed below (Linux's mmap_min_addr). */
export const FIRST_PAGE = 16;
/** Where the search upwards begins when the room below the placement top is used up. */
const UPWARDS_PAGE = Math.ceil(PAGE_LIMIT / 3);

/** @returns true if the address is the first of a page */
export function isAligned(address: number): boolean {
  return address % PAGE_BYTES === 0;
}

/** @returns how many pages the bytes take */
export function pagesOf(lengthBytes: number): number {
  return Math.ceil(lengthBytes / PAGE_BYTES);
}

/** @returns true if [address, +lengthBytes) is aligned and user memory */
export function isUserRange(address: number, lengthBytes: number): boolean {
  return (
    address >= 0 && lengthBytes >= 0 && address <= USER_ADDRESS_LIMIT - pagesOf(lengthBytes) * 4096
  );
}

/** @returns index of the first region that ends above the page (regions.length: none) */
export function lowerBound(space: Space, page: number): number {
  const regions = space.regions;
  let low = 0;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((regions[middle] as Region).endPage > page) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** @returns the region with the page, or undefined */
export function findRegion(space: Space, page: number): Region | undefined {
  const region = space.regions[lowerBound(space, page)];
  return region === undefined || region.startPage > page ? undefined : region;
}

/** Counts against RLIMIT_DATA: private, writable, not a stack. */
export function isData(protection: number, flags: number): boolean {
  return (protection & PROT_WRITE) !== 0 && (flags & (REGION.shared | REGION.growsDown)) === 0;
}

function count(space: Space, region: Region, sign: number): void {
  const pages = sign * (region.endPage - region.startPage);
  space.pages += pages;
  space.peakPages = Math.max(space.peakPages, space.pages);
  if (isData(region.protection, region.flags)) space.dataPages += pages;
  if ((region.flags & REGION.locked) !== 0) space.lockedPages += pages;
}

/** @returns how many pages of the range are in regions */
export function mappedPages(space: Space, startPage: number, endPage: number): number {
  let pages = 0;
  for (let i = lowerBound(space, startPage); i < space.regions.length; i++) {
    const region = space.regions[i] as Region;
    if (region.startPage >= endPage) break;
    pages += Math.min(region.endPage, endPage) - Math.max(region.startPage, startPage);
  }
  return pages;
}

function alike(a: Region, b: Region): boolean {
  return (
    a.endPage === b.startPage &&
    a.protection === b.protection &&
    a.flags === b.flags &&
    a.object === b.object &&
    (a.object === NO_OBJECT || a.objectPage + (a.endPage - a.startPage) === b.objectPage)
  );
}

/** Merges alike neighbours among the regions with index first - 1 … last + 1. */
function merge(objects: MemoryObjects, space: Space, first: number, last: number): void {
  for (let i = Math.min(last + 1, space.regions.length - 1); i >= Math.max(first, 1); i--) {
    const left = space.regions[i - 1] as Region;
    const right = space.regions[i] as Region;
    if (!alike(left, right)) continue;
    left.endPage = right.endPage;
    space.regions.splice(i, 1);
    objects.detach(right.object, space.id);
  }
}

/** Makes `page` a border: a region that has it inside becomes two. */
function splitAt(objects: MemoryObjects, space: Space, page: number): void {
  const index = lowerBound(space, page);
  const region = space.regions[index];
  if (region === undefined || region.startPage >= page) return;
  const upper = { ...region, startPage: page };
  if (region.object !== NO_OBJECT) {
    upper.objectPage += page - region.startPage;
    objects.retain(region.object);
    objects.attach(region.object, space.id);
  }
  region.endPage = page;
  space.regions.splice(index + 1, 0, upper);
}

/** Adds a region where nothing is. It takes over one reference of its object. */
export function insertRegion(objects: MemoryObjects, space: Space, region: Region): void {
  const index = lowerBound(space, region.startPage);
  const next = space.regions[index];
  if (next !== undefined && next.startPage < region.endPage) {
    throw new Error(`region at page ${region.startPage} overlaps that at ${next.startPage}`);
  }
  space.regions.splice(index, 0, region);
  objects.attach(region.object, space.id);
  count(space, region, 1);
  merge(objects, space, index, index);
}

/** Removes everything in the range; the mappings are the caller's business. */
export function removeRegions(
  objects: MemoryObjects,
  space: Space,
  startPage: number,
  endPage: number,
): void {
  splitAt(objects, space, startPage);
  splitAt(objects, space, endPage);
  const first = lowerBound(space, startPage);
  const after = lowerBound(space, endPage);
  if (after === first) return;
  noteRoom(space, first, after);
  for (const region of space.regions.splice(first, after - first)) {
    count(space, region, -1);
    objects.detach(region.object, space.id);
  }
}

/** Regions from `first` up to before `after` go: there is room that a search may have passed. */
function noteRoom(space: Space, first: number, after: number): void {
  const before = space.regions[first - 1];
  const next = space.regions[after];
  const start = before === undefined ? FIRST_PAGE : before.endPage;
  const end = next === undefined ? space.placementTopPage : clearBelow(next);
  if (end > space.searchPage) space.passedPages = Math.max(space.passedPages, end - start);
}

/** Sets protection and flags (bits of `mask`) of everything in the range. */
export function changeRegions(
  objects: MemoryObjects,
  space: Space,
  startPage: number,
  endPage: number,
  protection: number,
  flags: number,
  mask: number,
): void {
  splitAt(objects, space, startPage);
  splitAt(objects, space, endPage);
  const first = lowerBound(space, startPage);
  const after = lowerBound(space, endPage);
  for (let i = first; i < after; i++) {
    const region = space.regions[i] as Region;
    count(space, region, -1);
    if (protection >= 0) region.protection = protection;
    region.flags = (region.flags & ~mask) | flags;
    count(space, region, 1);
  }
  merge(objects, space, first, after);
}

/** Moves a region's lower end (stack growth) or upper end (brk, mremap) into free room. */
export function extendRegion(
  objects: MemoryObjects,
  space: Space,
  region: Region,
  startPage: number,
  endPage: number,
): void {
  count(space, region, -1);
  if (region.object !== NO_OBJECT) region.objectPage -= region.startPage - startPage;
  region.startPage = startPage;
  region.endPage = endPage;
  count(space, region, 1);
  const index = lowerBound(space, startPage);
  merge(objects, space, index, index);
}

/** The lowest page that nothing may be placed at, below a region. */
function clearBelow(region: Region): number {
  return region.startPage - ((region.flags & REGION.growsDown) !== 0 ? GUARD_PAGES : 0);
}

/** @returns true if nothing is in the range, nor in the guard gap of a stack above it */
export function isFree(space: Space, startPage: number, endPage: number): boolean {
  const next = space.regions[lowerBound(space, startPage)];
  return next === undefined || clearBelow(next) >= endPage;
}

/**
 * Where new regions go. What earlier searches have passed by is not looked at again as long as no
 * room there is large enough; what is looked at is charged.
 * @returns the first page of the highest free room below the placement top, or of the lowest
 *   above the search base, or -1
 */
export function findRoom(kernel: KernelCalls, space: Space, pages: number): number {
  const regions = space.regions;
  if (pages <= space.passedPages) {
    space.searchPage = space.placementTopPage;
    space.passedPages = 0;
  }
  let end = space.searchPage;
  let index = lowerBound(space, end);
  const first = index;
  const above = regions[index];
  if (above !== undefined) end = Math.min(end, clearBelow(above));
  for (index--; index >= 0; index--) {
    const region = regions[index] as Region;
    const room = end - region.endPage;
    if (room >= pages) break;
    space.passedPages = Math.max(space.passedPages, room);
    end = Math.min(end, clearBelow(region));
  }
  kernel.charge(0, (first - index) * CHARGE_SEEN);
  space.searchPage = end;
  if (index >= 0 || end - pages >= FIRST_PAGE) return end - pages;
  let start = UPWARDS_PAGE;
  for (index = lowerBound(space, start); index < regions.length; index++) {
    const region = regions[index] as Region;
    if (clearBelow(region) - start >= pages) return start;
    start = Math.max(start, region.endPage);
  }
  return PAGE_LIMIT - start >= pages ? start : -1;
}
