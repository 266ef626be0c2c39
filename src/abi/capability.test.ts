/** Tests of sets of capabilities. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALL_CAPABILITIES,
  CAPABILITIES,
  difference,
  hasCapability,
  intersection,
  isSubset,
  union,
} from "./capability.js";

test("sets of capabilities reach beyond 32 bits (capabilities(7))", () => {
  for (let capability = 0; capability < CAPABILITIES; capability++) {
    const only = 2 ** capability;
    assert.ok(hasCapability(ALL_CAPABILITIES, capability));
    assert.equal(intersection(ALL_CAPABILITIES, only), only);
    assert.equal(union(difference(ALL_CAPABILITIES, only), only), ALL_CAPABILITIES);
    assert.ok(!hasCapability(difference(ALL_CAPABILITIES, only), capability));
    assert.ok(isSubset(only, ALL_CAPABILITIES) && !isSubset(ALL_CAPABILITIES, only));
  }
  assert.ok(!hasCapability(ALL_CAPABILITIES, CAPABILITIES));
  assert.equal(intersection(2 ** 40 + 2 ** 31 + 1, 2 ** 40 + 2 ** 31), 2 ** 40 + 2 ** 31);
});
