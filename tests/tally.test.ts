/** The tally of the test driver: what it counts as passed, failed and not run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { finish, newTally, notRunLines, type RunnerEvent, record, type Tally } from "./tally.js";

const file = "a.test.ts";

function tallyOf(...events: readonly (readonly [string, Record<string, unknown>])[]): Tally {
  const tally = newTally();
  for (const [type, data] of events) {
    const event: RunnerEvent = { type, data: { file, nesting: 0, ...data } };
    record(tally, event);
  }
  finish(tally);
  return tally;
}

const ended = ["test:complete", { name: file, details: {} }] as const;
const endedBadly = ["test:complete", { name: file, details: { error: new Error("1") } }] as const;
const passed = ["test:pass", { name: "one", details: {} }] as const;

test("tests count, suites and parents of failed subtests do not", () => {
  const bySubtest = Object.assign(new Error("1"), { failureType: "subtestsFailed" });
  const tally = tallyOf(
    ended,
    passed,
    ["test:fail", { name: "two", details: { error: new Error("x") } }],
    ["test:fail", { name: "its suite", details: { type: "suite", error: bySubtest } }],
    ["test:pass", { name: "a suite", details: { type: "suite" } }],
  );
  assert.equal(tally.passed, 1);
  assert.deepEqual(
    tally.failures.map((failure) => failure.name),
    ["two"],
  );
});

test("a hook that throws is a failure of its suite", () => {
  const byHook = Object.assign(new Error("x"), { failureType: "hookFailed" });
  const tally = tallyOf(ended, passed, [
    "test:fail",
    { name: "its suite", details: { type: "suite", error: byHook } },
  ]);
  assert.equal(tally.failures.length, 1);
});

test("a process that ends with an error after its tests passed is a failure", () => {
  assert.equal(tallyOf(endedBadly, passed).failures.length, 1);
  assert.equal(tallyOf(ended, passed).failures.length, 0);
});

test("a file without a test is a failure", () => {
  assert.equal(tallyOf(ended, ["test:pass", { name: file, details: {} }]).failures.length, 1);
});

test("reasons of skipped tests are added up", () => {
  const skip = (reason: string | boolean) =>
    ["test:pass", { name: "x", skip: reason, details: {} }] as const;
  const tally = tallyOf(
    ended,
    skip("needs b"),
    skip("not run: needs a"),
    skip("needs a"),
    skip(true),
  );
  assert.equal(tally.skipped, 4);
  assert.equal(tally.passed, 0);
  assert.deepEqual(notRunLines(tally), [
    "not run: needs a (2 tests)",
    "not run: needs b (1 test)",
    "not run: no reason given (1 test)",
  ]);
});
