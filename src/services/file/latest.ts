/**
 * What was looked up last of each kind of record: most look-ups of a call are of the same few.
 * Numbers are never used again, so a record that has gone is not found in its place. Not state: it
 * can be lost at any time.
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
