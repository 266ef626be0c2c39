/**
 * Random options of the public API: whatever stands in them, they are taken or refused by a
 * SixfoldError of one line; and what is taken is what the worker expects. SIXFOLD_SEED repeats a
 * run.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SixfoldError } from "../../src/host/errors.js";
import {
  type BootOptions,
  bootData,
  type StartOptions,
  startRequest,
} from "../../src/host/options.js";

const seed = Number(process.env.SIXFOLD_SEED ?? Date.now() % 2 ** 31);
const cases = process.env.SIXFOLD_TEST_LONG === "1" ? 200_000 : 10_000;
const prototyped = JSON.parse('{"__proto__":"x","constructor":"y"}') as object;
const VALUES: readonly unknown[] = [
  ...[undefined, null, true, false, 0, -1, 1, 0.5, 80, 2 ** 31, 2 ** 32, 2 ** 53, 1e300],
  ...[Number.NaN, Number.POSITIVE_INFINITY, -0, "", "root", "0", "a\0b", "\ud800", "__proto__"],
  ...[
    "/",
    "relative",
    "x".repeat(5000),
    "virtual",
    "none",
    "monolithic",
    [],
    {},
    [1],
    ["a"],
    [null],
  ],
  ...[{ columns: 80, rows: 24 }, { columns: "x" }, { source: "/", target: "/m" }, prototyped],
  ...[[{ source: "/s", target: "/t", mode: "ro" }], new Uint8Array(4), () => 0, new Date(0), 10n],
];
const BOOT = "image structure memoryBytes limits mounts network clock seed hostName epochMs".split(
  " ",
);
const START = "stdin env workdir user terminal limits timeoutMs graceMs maxOutputBytes".split(" ");
const LIMITS =
  "instructions processes files memoryBytes tmpfsBytes outputBytes translationBytes other".split(
    " ",
  );

function generator(start: number): (limit: number) => number {
  let state = start >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function options(
  names: readonly string[],
  below: (limit: number) => number,
): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (let count = below(4); count > 0; count--) {
    const name = names[below(names.length)] as string;
    const value = VALUES[below(VALUES.length)];
    const limit = LIMITS[below(LIMITS.length)] as string;
    made[name] = name === "limits" && below(2) === 0 ? { [limit]: value } : value;
  }
  return made;
}

/** Runs it; anything but a SixfoldError of one line is a failure. */
function refusalOf(what: string, body: () => void): boolean {
  try {
    body();
    return false;
  } catch (error) {
    assert.ok(
      error instanceof SixfoldError,
      `${what}: ${error instanceof Error ? error.stack : ""}`,
    );
    assert.ok(!error.message.includes("\n"), what);
    return true;
  }
}

describe("random options", () => {
  test("of boot", (context) => {
    context.diagnostic(`SIXFOLD_SEED=${seed}`);
    let refused = 0;
    for (let i = 0; i < cases; i++) {
      const made = { image: new Uint8Array(1), ...options(BOOT, generator(seed + i)) };
      const isRefused = refusalOf(`SIXFOLD_SEED=${seed + i}`, () => {
        const data = structuredClone(bootData(made as BootOptions));
        assert.ok(data.memoryBytes % 65_536 === 0 && data.memoryBytes <= 2 ** 31);
        assert.ok(data.seed >>> 0 === data.seed && data.epochNanoseconds < 1e9);
      });
      if (isRefused) refused++;
    }
    assert.ok(refused > 0 && refused < cases);
  });

  test("of start", () => {
    let refused = 0;
    for (let i = 0; i < cases; i++) {
      const below = generator(seed + i);
      const made = options(START, below);
      const argv = below(4) === 0 ? VALUES[below(VALUES.length)] : ["program", "x"];
      const isRefused = refusalOf(`SIXFOLD_SEED=${seed + i}`, () => {
        const request = structuredClone(startRequest(argv as string[], made as StartOptions, 1000));
        assert.ok(request.argv.every((word) => typeof word === "string"));
        assert.ok(request.environment.every((text) => text.indexOf("=") > 0));
      });
      if (isRefused) refused++;
    }
    assert.ok(refused > 0 && refused < cases);
  });
});
