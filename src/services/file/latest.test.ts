/** Look-ups are remembered, and what was deleted is not found. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Latest, lookUp, remove } from "./latest.js";

interface Thing {
  readonly name: string;
}

const nothing = (): Latest<Thing> => ({ key: -1, found: undefined });

/** Two records, of which none was looked up yet. */
function two() {
  const [first, second] = [{ name: "first" }, { name: "second" }];
  const records = new Map<number, Thing>().set(1, first).set(2, second);
  return { latest: nothing(), records, first, second };
}

test("a record is found by its key, whatever was looked up before", () => {
  const { latest, records, first, second } = two();
  const found = [1, 1, 2, 1, 2, 2].map((key) => lookUp(latest, records, key, "thing"));
  assert.deepEqual(found, [first, first, second, first, second, second]);
});

test("what was looked up last is not found once it is deleted", () => {
  const [latest, records] = [nothing(), new Map([[1, { name: "first" }]])];
  lookUp(latest, records, 1, "thing");
  remove(latest, records, 1);
  assert.equal(records.size, 0);
  assert.throws(() => lookUp(latest, records, 1, "thing"), /file: thing 1 does not exist/);
});

test("what is deleted is forgotten, and what was looked up after it is not", () => {
  const { latest, records, second } = two();
  lookUp(latest, records, 1, "thing");
  lookUp(latest, records, 2, "thing");
  remove(latest, records, 1);
  assert.throws(() => lookUp(latest, records, 1, "thing"));
  assert.equal(lookUp(latest, records, 2, "thing"), second);
});

test("a look-up in vain is not remembered", () => {
  const [latest, records] = [nothing(), new Map<number, Thing>()];
  assert.throws(() => lookUp(latest, records, -1, "thing"));
  assert.throws(() => lookUp(latest, records, 3, "thing"));
  const third = { name: "third" };
  records.set(3, third);
  assert.equal(lookUp(latest, records, 3, "thing"), third);
});
