/**
 * The walk behind `hashState`: every value adds a word for its kind, then its content, in canonical
 * order. Layers: plain-data.ts (what is in a value), hasher.ts (the hash) → `StateHash`.
 */
import { Hasher } from "./hasher.js";
import { children, isTypedArray, notPlainReason, type TypedArray } from "./plain-data.js";

/** A path that is left out, and how many of its names have been met on the way down. */
export interface Partly {
  readonly names: readonly string[];
  readonly met: number;
}

/** First word of what a value adds to the hash: values of different kinds never look the same. */
const TAG = Object.freeze({
  undefined: 1,
  null: 2,
  boolean: 3,
  number: 4,
  string: 5,
  typedArray: 6,
  map: 7,
  set: 8,
  array: 9,
  object: 10,
});

/** Walks a tree and adds it to a hash; throws at what is not plain data, with its path. */
export class StateHash {
  readonly hasher = new Hasher();
  private readonly path: string[] = [];
  private readonly above: unknown[] = [];

  /** Adds a value; `leaveOut` are the paths still possible below it. */
  walk(value: unknown, leaveOut: readonly Partly[]): void {
    const hasher = this.hasher;
    const reason = this.above.includes(value) ? "contains itself" : notPlainReason(value);
    if (reason !== undefined) this.refuse(reason);
    if (value === undefined || value === null) {
      hasher.word(value === null ? TAG.null : TAG.undefined);
    } else if (typeof value === "boolean") {
      hasher.word(TAG.boolean);
      hasher.word(value ? 1 : 0);
    } else if (typeof value === "number") {
      hasher.word(TAG.number);
      hasher.number(value);
    } else if (typeof value === "string") {
      hasher.word(TAG.string);
      hasher.text(value);
    } else if (isTypedArray(value)) {
      this.typedArray(value, leaveOut);
    } else {
      this.above.push(value);
      this.collection(value, leaveOut);
      this.above.pop();
    }
  }

  private typedArray(value: TypedArray, leaveOut: readonly Partly[]): void {
    this.hasher.word(TAG.typedArray);
    this.hasher.text(Object.prototype.toString.call(value));
    if (leaveOut.length === 0) {
      this.hasher.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      return;
    }
    value.forEach((element: number, index: number) => {
      const isOut = step(leaveOut, String(index)) === undefined;
      this.hasher.number(isOut ? 0 : element);
    });
  }

  private collection(value: unknown, leaveOut: readonly Partly[]): void {
    this.hasher.word(kindOf(value));
    for (const [name, child] of this.childrenOf(value)) {
      const below = step(leaveOut, name);
      if (below === undefined) continue;
      this.path.push(name);
      this.hasher.text(name);
      this.walk(child, below);
      this.path.pop();
    }
    this.hasher.word(-1);
  }

  private childrenOf(value: unknown): ReturnType<typeof children> {
    try {
      return children(value);
    } catch (error) {
      return this.refuse(error instanceof Error ? error.message : String(error));
    }
  }

  private refuse(reason: string): never {
    throw new Error(`state is not plain data: ${this.path.join(".") || "the root"}: ${reason}`);
  }
}

function kindOf(value: unknown): number {
  if (value instanceof Map) return TAG.map;
  if (value instanceof Set) return TAG.set;
  return Array.isArray(value) ? TAG.array : TAG.object;
}

/** The paths still possible below `name`, or undefined: one of them ends here. */
function step(leaveOut: readonly Partly[], name: string): readonly Partly[] | undefined {
  if (leaveOut.length === 0) return leaveOut;
  const below: Partly[] = [];
  for (const { names, met } of leaveOut) {
    if (names[met] !== name && names[met] !== "*") continue;
    if (met + 1 === names.length) return undefined;
    below.push({ names, met: met + 1 });
  }
  return below;
}
