/**
 * What plain data is (docs/design.md 4.5): numbers, strings, booleans, null, undefined, arrays,
 * maps, sets, arrays, plain objects. `notPlainReason` judges one value, `children` lists what is in
 * it in an order that does not depend on how it was made, `findNotPlain` walks a whole tree.
 */

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** A value inside another: its name there (index, property, key) and itself. */
export type Child = readonly [name: string, value: unknown];

const typedArrays: ReadonlySet<unknown> = new Set<unknown>([
  Uint8Array.prototype,
  Int8Array.prototype,
  Uint16Array.prototype,
  Int16Array.prototype,
  Uint32Array.prototype,
  Int32Array.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
]);

/** Whether a value is a typed array of a kind that state may hold. */
export function isTypedArray(value: unknown): value is TypedArray {
  return typedArrays.has(prototypeOf(value));
}

function prototypeOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
}

/** @returns why a value itself is not plain data, or undefined; what is in it is not looked at */
export function notPlainReason(value: unknown): string | undefined {
  if (typeof value === "function") return `a function ${value.name}`.trimEnd();
  if (typeof value === "symbol" || typeof value === "bigint") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null || isTypedArray(value)) return undefined;
  const prototype = prototypeOf(value);
  if (prototype === Map.prototype || prototype === Set.prototype) return ownProperties(value);
  if (prototype === Array.prototype) return undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    const maker = (value as { constructor?: { name?: unknown } }).constructor;
    return `an instance of ${String(maker?.name ?? "an unnamed class")}`;
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return "an object with a symbol as key";
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (property.get !== undefined || property.set !== undefined) return `an accessor ${name}`;
  }
  return undefined;
}

function ownProperties(value: object): string | undefined {
  const [name] = Object.keys(value);
  return name === undefined ? undefined : `a collection with a property ${name}`;
}

/** Numbers before others, numbers by value, the rest by UTF-16 code units. */
function compareKeys(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left !== typeof right) return typeof left < typeof right ? -1 : 1;
  const [a, b] = [String(left), String(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * What is in a value, in canonical order: maps and sets by key, objects by property name, arrays as
 * they are. Typed arrays and primitives have none.
 * @throws when a key of a map or set is not a string, a number or a boolean
 */
export function children(value: unknown): Child[] {
  if (typeof value !== "object" || value === null || isTypedArray(value)) return [];
  if (Array.isArray(value)) return value.map((one, index) => [String(index), one]);
  if (value instanceof Map || value instanceof Set) {
    const keys = [...(value.keys() as Iterable<unknown>)];
    const bad = keys.find((key) => !/^(string|number|boolean)$/.test(typeof key));
    if (bad !== undefined || keys.includes(undefined)) {
      throw new Error(`a key that is a ${typeof bad}`);
    }
    keys.sort(compareKeys);
    return keys.map((key) => [String(key), value instanceof Map ? value.get(key) : key]);
  }
  const properties = value as Record<string, unknown>;
  return Object.keys(properties)
    .sort(compareKeys)
    .map((name) => [name, properties[name]]);
}

/**
 * Walks a tree. @returns a line "path: reason" for everything in it that is not plain data, and for
 * everything that contains itself
 */
export function findNotPlain(tree: unknown): string[] {
  const found: string[] = [];
  const above: unknown[] = [];
  const walk = (value: unknown, path: string): void => {
    const reason = above.includes(value) ? "contains itself" : notPlainReason(value);
    if (reason !== undefined) {
      found.push(`${path === "" ? "the root" : path}: ${reason}`);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    above.push(value);
    try {
      for (const [name, child] of children(value))
        walk(child, path === "" ? name : `${path}.${name}`);
    } catch (error) {
      found.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    above.pop();
  };
  walk(tree, "");
  return found;
}
