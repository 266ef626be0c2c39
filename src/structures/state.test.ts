/** State hashes: equal for equal content, different for any difference, and only for plain data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findNotPlain, hashFrames, hashState, RERUN_DEPENDENT } from "./state.js";

class Counter {
  count = 1;
}

const hash = (tree: unknown): string => hashState(tree, { leaveOut: [] });

test("16 hexadecimal digits, the same for equal content", () => {
  const make = () => ({ a: [1, "two", null], b: new Map([[1, { c: new Float64Array([1, 2]) }]]) });
  assert.match(hash(make()), /^[0-9a-f]{16}$/);
  assert.equal(hash(make()), hash(make()));
});

test("the order of insertion does not count, the order in an array does", () => {
  const keys = [10, 9, 100, 1];
  const forwards = new Map(keys.map((key) => [key, key]));
  const backwards = new Map([...keys].reverse().map((key) => [key, key]));
  assert.equal(hash(forwards), hash(backwards));
  assert.equal(hash(new Set(keys)), hash(new Set([...keys].reverse())));
  assert.equal(hash({ a: 1, b: 2 }), hash({ b: 2, a: 1 }));
  assert.notEqual(hash([1, 2]), hash([2, 1]));
});

test("values that are different give different hashes", () => {
  const values: unknown[] = [
    undefined,
    null,
    false,
    true,
    0,
    1,
    -1,
    0.1,
    2 ** 32,
    2 ** 52 + 1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    "0",
    "a",
    "ab",
    [],
    [[]],
    [0],
    [0, 0],
    ["a", "b"],
    ["ab", ""],
    {},
    { a: undefined },
    { a: 1 },
    { b: 1 },
    { a: { b: 1 } },
    { a: {}, b: 1 },
    new Map(),
    new Map([["a", 1]]),
    new Map([[0, 0]]),
    new Set(),
    new Set([0]),
    new Uint8Array(),
    new Uint8Array(1),
    new Uint8Array(4),
    new Int8Array(4),
    new Uint32Array(1),
    new Float64Array(1),
    new Float64Array([1]),
    new Uint8Array([1, 2, 3]),
    new Uint8Array([1, 2, 4]),
    new Uint8Array([1, 2, 3, 0]),
  ];
  const seen = new Map<string, unknown>();
  for (const value of values) {
    const key = hash(value);
    assert.ok(!seen.has(key), `${String(seen.get(key))} and ${String(value)}`);
    seen.set(key, value);
  }
});

test("no collision among 50,000 small differences, in either half", () => {
  const [halves, wholes] = [new Set<string>(), new Set<string>()];
  const bytes = new Uint8Array(64);
  for (let i = 0; i < 50_000; i++) {
    new DataView(bytes.buffer).setUint32((i % 16) * 4, i, true);
    const key = hash(bytes);
    wholes.add(key);
    halves.add(key.slice(0, 8));
    bytes.fill(0);
  }
  // The place of the number is its remainder by 16, so that no two trees are equal.
  assert.equal(wholes.size, 50_000);
  // The birthday bound for 32 bits is 0.3 collisions.
  assert.ok(halves.size > 49_990, String(halves.size));
});

test("the offset of a view in its buffer does not count", () => {
  const bytes = Uint8Array.from([9, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(hash(bytes.subarray(1)), hash(bytes.slice(1)));
  assert.equal(hash(bytes.subarray(4)), hash(bytes.slice(4)));
});

test("what is not plain data is refused with its path", () => {
  const bad: readonly (readonly [unknown, string])[] = [
    [() => 1, "a function"],
    [Symbol("x"), "a symbol"],
    [1n, "a bigint"],
    [new Counter(), "an instance of Counter"],
    [Promise.resolve(), "an instance of Promise"],
    [new Date(0), "an instance of Date"],
    [new WeakMap(), "an instance of WeakMap"],
    [new ArrayBuffer(8), "an instance of ArrayBuffer"],
    [Buffer.from("x"), "an instance of Buffer"],
    [{ [Symbol("x")]: 1 }, "an object with a symbol as key"],
    [
      {
        get value() {
          return 1;
        },
      },
      "an accessor value",
    ],
    [new Map([[{}, 1]]), "a key that is a object"],
    [new Map([[undefined, 1]]), "a key that is a undefined"],
    [Object.assign(new Map(), { extra: 1 }), "a collection with a property extra"],
  ];
  for (const [value, reason] of bad) {
    const tree = { services: { file: new Map([[7, [0, value]]]) } };
    const line = findNotPlain(tree);
    assert.deepEqual(line.length, 1, reason);
    assert.ok(line[0]?.startsWith(`services.file.7.1: ${reason}`), line[0]);
    assert.throws(() => hash(tree), {
      message: new RegExp(`^state is not plain data: services\\.file\\.7\\.1: ${reason}`),
    });
  }
  assert.deepEqual(findNotPlain({ a: [1, null, undefined, new Map([["b", new Set([1])]])] }), []);
});

test("a tree that contains itself is refused; the same object twice is not", () => {
  const cycle: Record<string, unknown> = { a: {} };
  (cycle.a as Record<string, unknown>).back = cycle;
  assert.deepEqual(findNotPlain(cycle), ["a.back: contains itself"]);
  assert.throws(() => hash(cycle), /a\.back: contains itself/);
  const shared = { x: 1 };
  assert.deepEqual(findNotPlain([shared, shared]), []);
  assert.equal(hash([shared, shared]), hash([{ x: 1 }, { x: 1 }]));
});

test("named paths are left out, also elements of typed arrays, and nothing else", () => {
  const make = (count: number, time: number, other: number) => ({
    tasks: new Map([[3, { count, attributes: new Float64Array([other, time]) }]]),
  });
  const leaveOut = ["tasks.*.count", "tasks.*.attributes.1"];
  const some = (tree: unknown) => hashState(tree, { leaveOut });
  assert.equal(some(make(1, 2, 3)), some(make(10, 20, 3)));
  assert.notEqual(some(make(1, 2, 3)), some(make(1, 2, 4)));
  assert.notEqual(hash(make(1, 2, 3)), hash(make(10, 2, 3)));
  assert.equal(new Set(RERUN_DEPENDENT).size, RERUN_DEPENDENT.length);
});

test("by default time is left out", () => {
  const make = (total: number, umask: number) => ({
    kernel: { time: { instructionsTotal: total } },
    services: { file: { umask } },
  });
  assert.equal(hashState(make(1, 18)), hashState(make(2, 18)));
  assert.notEqual(hashState(make(1, 18)), hashState(make(1, 19)));
});

test("frames: those in use count, with their numbers", () => {
  const ram = new Uint8Array(4 * 4096);
  const references = Uint32Array.from([1, 0, 2, 0]);
  const before = hashFrames(ram, references);
  ram[4096] = 1;
  assert.equal(hashFrames(ram, references), before);
  const tree = {};
  const whole = hashState(tree, { ram, references });
  ram[2 * 4096 + 4095] = 1;
  assert.notEqual(hashFrames(ram, references), before);
  assert.notEqual(hashState(tree, { ram, references }), whole);
  assert.notEqual(hashState(tree, { ram, references }), hashState(tree));
  ram[2 * 4096 + 4095] = 0;
  assert.notEqual(hashFrames(ram, Uint32Array.from([1, 0, 0, 1])), before);
});
