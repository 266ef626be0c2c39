/**
 * What was looked up last of each kind of record: most look-ups of a call are of the same few.
 * Records of these kinds go by `remove`, so that what has gone is not found. Not state: it can be
 * lost at any time.
 */
import type { Context, DescriptorTable, Instance, Mount, OpenFile, Pipe, Place } from "./state.js";

/** The record with this key; undefined: none was looked up yet. */
export interface Latest<T> {
  key: number;
  found: T | undefined;
}

/** Of each kind. */
export interface LatestOfAll {
  readonly mount: Latest<Mount>;
  readonly instance: Latest<Instance>;
  readonly file: Latest<OpenFile>;
  readonly pipe: Latest<Pipe>;
  readonly place: Latest<Place>;
  readonly table: Latest<DescriptorTable>;
  readonly context: Latest<Context>;
}

const none = <T>(): Latest<T> => ({ key: -1, found: undefined });

/** Nothing was looked up yet. */
export function newLatest(): LatestOfAll {
  return {
    mount: none(),
    instance: none(),
    file: none(),
    pipe: none(),
    place: none(),
    table: none(),
    context: none(),
  };
}

/**
 * The record with this key.
 * @param what its kind, for the message
 * @throws when there is none: our bug
 */
export function lookUp<T>(
  latest: Latest<T>,
  records: ReadonlyMap<number, T>,
  key: number,
  what: string,
): T {
  if (latest.key === key && latest.found !== undefined) return latest.found;
  const found = records.get(key);
  if (found === undefined) throw new Error(`file: ${what} ${key} does not exist`);
  latest.key = key;
  latest.found = found;
  return found;
}

/** Deletes the record with this key: it is not found any more. */
export function remove<T>(latest: Latest<T>, records: Map<number, T>, key: number): void {
  records.delete(key);
  if (latest.key === key) latest.found = undefined;
}
