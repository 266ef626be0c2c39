/**
 * Directories as lists whose positions stay: each name keeps the number that it got first, also
 * when the directory is read again from its begin, so that a program which removes what it has
 * read, or two that read at once, see every name once. Over folder-at.ts.
 */

import { opendirSync } from "node:fs";
import { DT_SHIFT, errno, S_IFDIR, S_IFMT } from "../../machine/devices/folder-host.js";
import type { ListedEntry } from "../folder-files.js";
import { attempt, inodeOf, ofDescriptor, statAt } from "./folder-at.js";
import type { FolderNode } from "./folder-nodes.js";

/** Names of one directory, and of all directories whose lists are kept. */
const NAMES_MAX = 1_000_000;
const NAMES_KEPT_MAX = 1_500_000;
/** Positions of "." and "..". */
const SELF = 1;
const PARENT = 2;

/** The names of a directory in the order of their positions; names are latin1 text. */
export interface Listing {
  names: string[];
  positions: number[];
  next: number;
}

export class Listings {
  /** Directories with a list, the longest unused first. */
  private readonly kept = new Set<FolderNode>();
  private total = 0;

  /**
   * Entries of a directory behind a position; 0 reads it anew.
   * @param descriptor the directory, open
   * @returns entries; -EINVAL: not even one fits; -errno
   */
  list(
    node: FolderNode,
    descriptor: number,
    position: number,
    fits: (entry: ListedEntry) => boolean,
  ): ListedEntry[] | number {
    if (position === 0 || node.listing === undefined) {
      const failed = this.refresh(node, descriptor);
      if (failed < 0) return failed;
    }
    const entries: ListedEntry[] = [];
    for (const entry of entriesOf(node, descriptor, position)) {
      if (!fits(entry)) return entries.length === 0 ? -errno.EINVAL : entries;
      entries.push(entry);
    }
    return entries;
  }

  /** The directory is known no more. */
  drop(node: FolderNode): void {
    this.total -= node.listing?.names.length ?? 0;
    this.kept.delete(node);
    node.listing = undefined;
  }

  private refresh(node: FolderNode, descriptor: number): number {
    const found = readNames(descriptor);
    if (typeof found === "number") return found;
    const old = node.listing ?? { names: [], positions: [], next: PARENT + 1 };
    this.drop(node);
    const listing: Listing = { names: [], positions: [], next: old.next };
    old.names.forEach((name, index) => {
      if (!found.delete(name)) return;
      listing.names.push(name);
      listing.positions.push(old.positions[index] as number);
    });
    for (const name of found) {
      listing.names.push(name);
      listing.positions.push(listing.next++);
    }
    node.listing = listing;
    this.kept.add(node);
    this.total += listing.names.length;
    for (const other of this.kept) {
      if (this.total <= NAMES_KEPT_MAX || other === node) break;
      this.drop(other);
    }
    return 0;
  }
}

/** All names of a directory, at most NAMES_MAX. @returns them or -errno */
function readNames(descriptor: number): Set<string> | number {
  // The types know no names as bytes.
  const options = { encoding: "buffer" as BufferEncoding, bufferSize: 512 };
  const directory = attempt(() => opendirSync(ofDescriptor(descriptor), options));
  if (typeof directory === "number") return directory;
  const names = new Set<string>();
  try {
    for (;;) {
      const entry = attempt(() => directory.readSync());
      if (typeof entry === "number") return entry;
      if (entry === null) return names;
      if (names.size === NAMES_MAX) return -errno.ENOMEM;
      names.add((entry.name as unknown as Buffer).toString("latin1"));
    }
  } finally {
    attempt(() => directory.closeSync());
  }
}

function* entriesOf(
  node: FolderNode,
  descriptor: number,
  position: number,
): Generator<ListedEntry> {
  const type = S_IFDIR >> DT_SHIFT;
  const dots: readonly [number, string, number][] = [
    [SELF, ".", node.inode],
    [PARENT, "..", (node.parent ?? node).inode],
  ];
  for (const [at, name, inode] of dots) {
    if (at > position) yield { name: Buffer.from(name), inode, type, position: at };
  }
  const { names, positions } = node.listing as Listing;
  for (let index = firstBehind(positions, position); index < names.length; index++) {
    const name = Buffer.from(names[index] as string, "latin1");
    const stat = statAt(descriptor, name);
    // What has gone meanwhile is not shown.
    if (typeof stat === "number") continue;
    const kind = (Number(stat.mode) & S_IFMT) >> DT_SHIFT;
    yield { name, inode: inodeOf(stat), type: kind, position: positions[index] as number };
  }
}

/** The index of the first position above `position`; they are in order. */
function firstBehind(positions: readonly number[], position: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] as number) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
