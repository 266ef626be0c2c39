/**
 * What a region's function refers to in the module that it will be put into, and in the machine: it
 * is written before either is known, so that it can be put into any.
 */

import type { regionRuntime } from "../interpret/regions.js";
import type { HelperName } from "../isa/helpers.js";

export type RuntimeName = keyof typeof regionRuntime;

/** Offsets are those of the region: in bytes from the start of its entry's page. */
export type Link =
  /** Functions of the interpreter's module. */
  | readonly ["runtime", RuntimeName]
  | readonly ["helper", HelperName]
  /** The region that begins at an offset: its function, or `callAt` if the module has none. */
  | readonly ["function", number]
  /** Its handler number, or one that no record has. */
  | readonly ["handler", number]
  /** Address of the record of an offset; of the records of a page, by relative number. */
  | readonly ["record", number]
  | readonly ["records", number]
  /** The region's own handler number. */
  | readonly ["own", 0];

/** The links of one function, each once. */
export class Links {
  readonly list: Link[] = [];
  private readonly numbers = new Map<string, number>();

  runtime(name: RuntimeName): number {
    return this.numberOf(["runtime", name]);
  }

  helper(name: HelperName): number {
    return this.numberOf(["helper", name]);
  }

  /** @returns the number that stands for it in the function's gaps */
  numberOf(link: Link): number {
    const key = link.join();
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.list.push(link) - 1;
      this.numbers.set(key, number);
    }
    return number;
  }
}
