/**
 * A protocol: the interface of a service as data (docs/design.md 4.2). From one table come the
 * direct call, the proxy and the dispatcher of a port, the copying of ranges, the rights check, the
 * trace and the docs.
 *
 * What crosses a service boundary is numbers: a handle, a word, an offset, an address with a
 * length; never an object. The caller is a task id.
 */

/** ≥ 0 a value, possibly partial; < 0 -errno; or BLOCKED. */
export type Result = number;

/**
 * "My state is unchanged, I registered on wait channels, run me again." Linux's ERESTARTSYS number
 * in the kernel's own range: no program sees it.
 */
export const BLOCKED: Result = -512;

/** A range in one message is at most this long; the system-call layer loops over longer ones. */
export const RANGE_BYTES_MAX = 65536;

/** Addresses from here on name a scratch buffer of the caller's call record, not guest memory. */
export const SCRATCH_BASE = 2 ** 40;
/** Scratch buffer i starts at SCRATCH_BASE + i × SCRATCH_STRIDE_BYTES. */
export const SCRATCH_STRIDE_BYTES = 2 ** 24;

/** How many words a message has at most behind operation and caller. */
export const MESSAGE_WORDS_MAX = 9;

/**
 * The type of one argument. `in`, `out` and `inout` are addresses; their length is the message word
 * with index `lengthArgument` (0 is the first behind the caller), or `lengthBytes`.
 * `bits64` and `path` occupy two words: low and high; address (in scratch) and length.
 */
export type ArgumentType =
  | { readonly kind: "handle" | "word" | "offset" | "bits64" | "path" }
  | { readonly kind: "in" | "out" | "inout"; readonly lengthArgument: number }
  | { readonly kind: "in" | "out" | "inout"; readonly lengthBytes: number };

export const handle: ArgumentType = Object.freeze({ kind: "handle" });
export const word: ArgumentType = Object.freeze({ kind: "word" });
export const offset: ArgumentType = Object.freeze({ kind: "offset" });
export const bits64: ArgumentType = Object.freeze({ kind: "bits64" });
export const path: ArgumentType = Object.freeze({ kind: "path" });

/**
 * A range that the service reads; its length is the message word with this index (0: the first
 * behind the caller).
 */
export const input = (lengthArgument: number): ArgumentType =>
  Object.freeze({ kind: "in", lengthArgument });
/** A range that the service writes. */
export const output = (lengthArgument: number): ArgumentType =>
  Object.freeze({ kind: "out", lengthArgument });
/** A range that the service reads and writes. */
export const inputOutput = (lengthArgument: number): ArgumentType =>
  Object.freeze({ kind: "inout", lengthArgument });
/** Ranges of a fixed length; a null address (0) means that the range is absent. */
export const inputOf = (lengthBytes: number): ArgumentType =>
  Object.freeze({ kind: "in", lengthBytes });
export const outputOf = (lengthBytes: number): ArgumentType =>
  Object.freeze({ kind: "out", lengthBytes });
export const inputOutputOf = (lengthBytes: number): ArgumentType =>
  Object.freeze({ kind: "inout", lengthBytes });

/**
 * A query changes nothing and may be repeated. A mutation's reply is recorded in the call record
 * under (call id, step) by a port, so that a re-run does not do it twice.
 */
export type Effect = "query" | "mutation";

/** A range of memory among the words of a message. */
export interface MessageRange {
  /** Index of the word with its address. */
  readonly word: number;
  /** Index of the word with its length, or -1: it is `lengthBytes` long. */
  readonly lengthWord: number;
  readonly lengthBytes: number;
  /** What the service may do with it. */
  readonly reads: boolean;
  readonly writes: boolean;
}

export interface Operation {
  readonly number: number;
  readonly effect: Effect;
  readonly arguments: readonly ArgumentType[];
  /** How many words they take. */
  readonly words: number;
  /** The ranges among them, worked out once for the checks of each message. */
  readonly ranges: readonly MessageRange[];
}

/**
 * One operation of a protocol. `number` is unique in the protocol, from 1.
 * @throws when the arguments do not fit in a message
 */
export function operation(
  number: number,
  effect: Effect,
  ...types: readonly ArgumentType[]
): Operation {
  const words = types.reduce((sum, type) => sum + wordsOf(type), 0);
  if (words > MESSAGE_WORDS_MAX) throw new Error(`operation ${number} has ${words} words`);
  // Not frozen: of two kinds of arrays every look at one would be slow.
  const ranges: readonly MessageRange[] = rangesOf(types);
  return Object.freeze({ number, effect, arguments: Object.freeze([...types]), words, ranges });
}

function rangesOf(types: readonly ArgumentType[]): MessageRange[] {
  const ranges: MessageRange[] = [];
  let word = 0;
  for (const type of types) {
    if (type.kind === "path") {
      const lengthWord = word + 1;
      ranges.push({ word, lengthWord, lengthBytes: 0, reads: true, writes: false });
    } else if (type.kind === "in" || type.kind === "out" || type.kind === "inout") {
      ranges.push({
        word,
        lengthWord: "lengthArgument" in type ? type.lengthArgument : -1,
        lengthBytes: "lengthBytes" in type ? type.lengthBytes : 0,
        reads: type.kind !== "out",
        writes: type.kind !== "in",
      });
    }
    word += wordsOf(type);
  }
  return ranges;
}

/** How long a range is in a message of these words. */
export function rangeBytes(range: MessageRange, words: Float64Array): number {
  return range.lengthWord < 0 ? range.lengthBytes : (words[range.lengthWord] as number);
}

/** How many words an argument of this type takes in a message. */
export function wordsOf(type: ArgumentType): number {
  return type.kind === "bits64" || type.kind === "path" ? 2 : 1;
}

/** Every method of a service takes numbers and returns one. */
export type ServiceShape<S> = {
  [K in keyof S]: S[K] extends (...args: infer A) => number
    ? A[number] extends number
      ? S[K]
      : never
    : never;
};

export interface Protocol<S> {
  readonly name: string;
  readonly operations: Readonly<Record<keyof S & string, Operation>>;
}

/** Declares the protocol of service `name` (its folder's name, for instance "fs-tmpfs"). */
export function protocol<S extends ServiceShape<S>>(
  name: string,
  operations: Record<keyof S & string, Operation>,
): Protocol<S> {
  const numbers = new Set<number>();
  for (const [operation, { number }] of Object.entries<Operation>(operations)) {
    if (numbers.has(number)) throw new Error(`${name}.${operation}: ${number} is taken already`);
    numbers.add(number);
  }
  return Object.freeze({ name, operations: Object.freeze(operations) });
}
