/** The command line itself: help, mistakes, structures and images that are not there. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseMemory, parseSeed, parseTime } from "../../src/cli/options.js";
import { missingImage, sixfold } from "./command.js";

test("sizes, times and seeds", () => {
  assert.deepEqual(["64M", "1G", "20971520", "32768K"].map(parseMemory), [
    64 * 2 ** 20,
    2 ** 30,
    20971520,
    32 * 2 ** 20,
  ]);
  assert.deepEqual(
    ["10", "0.5", "500ms", "2m", "1h"].map(parseTime),
    [10_000, 500, 500, 120_000, 3_600_000],
  );
  assert.deepEqual(["0", "4294967295"].map(parseSeed), [0, 4294967295]);
  for (const text of ["", "x", "1", "3G", "-64M", "64 M"]) {
    assert.throws(() => parseMemory(text), /16M to 2G/, text);
  }
  for (const text of ["", "0", "-1", "1d", "1e3"]) {
    assert.throws(() => parseTime(text), /above 0/, text);
  }
  for (const text of ["", "-1", "4294967296", "1.5"]) {
    assert.throws(() => parseSeed(text), /whole number/, text);
  }
});

const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["an unknown command", ["frobnicate"], /^sixfold: unknown command "frobnicate"/],
  ["an unknown option", ["run", "--frobnicate", "true"], /^sixfold: unknown option '--frobnicate'/],
  ["no program", ["run"], /^sixfold: missing required argument 'program'/],
  ["a bad size", ["run", "--memory", "1", "true"], /Give a size from 16M to 2G/],
  ["a bad clock", ["run", "--clock", "sun", "true"], /Allowed choices are host, virtual/],
  ["a missing file", ["run", "--image", "./no-such.cpio", "true"], /no-such\.cpio: ENOENT/],
];
for (const [name, args, message] of mistakes) {
  test(`${name} is said on standard error, exit 125`, async () => {
    const ended = await sixfold(args);
    assert.match(ended.stderr, message);
    assert.deepEqual([ended.code, ended.stdout.toString()], [125, ""]);
  });
}

test("help and version are no mistakes", async () => {
  const help = await sixfold(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout.toString(), /run .*\n.*image .*/);
  const version = await sixfold(["--version"]);
  assert.match(version.stdout.toString(), /^\d+\.\d+\.\d+\n$/);
});

test("without an image the command that builds it is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sixfold-cli-"));
  try {
    const ended = await sixfold(["run", "true"], { environment: { SIXFOLD_CACHE: folder } });
    assert.equal(ended.code, 125);
    assert.match(ended.stderr, /^sixfold: .*sixfold image build\n$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a structure that is not there yet: the list of what is", {
  skip: await missingImage(),
}, async () => {
  const ended = await sixfold(["run", "--structure", "layered", "true"]);
  assert.equal(ended.code, 125);
  assert.equal(
    ended.stderr,
    "sixfold: layered is not there yet; there are: monolithic, microkernel\n",
  );
});
