/** The command line itself: help, mistakes, structures and images that are not there. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  collectLimit,
  collectMount,
  collectVariable,
  parseMemory,
  parseSeed,
  parseSize,
  parseTime,
} from "../../src/cli/options.js";
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

test("mounts: the guest's folder and a mode from the right, the host's is made absolute", () => {
  const mount = (text: string) => collectMount(text, [])[0];
  assert.deepEqual(mount("/a:/b"), { source: "/a", target: "/b", mode: "rw" });
  assert.deepEqual(mount("/a:/b:ro"), { source: "/a", target: "/b", mode: "ro" });
  assert.deepEqual(mount("/a:/b:rw"), { source: "/a", target: "/b", mode: "rw" });
  assert.deepEqual(mount("x:y:/b:overlay"), {
    source: join(process.cwd(), "x:y"),
    target: "/b",
    mode: "overlay",
  });
  assert.deepEqual(mount(".:/b"), { source: process.cwd(), target: "/b", mode: "rw" });
  const both = collectMount("/c:/d", collectMount("/a:/b", []));
  assert.deepEqual(
    both.map(({ target }) => target),
    ["/b", "/d"],
  );
  for (const text of ["", "/a", "/a:b", "/a:", ":/b", "/a:/b:rx", "/a:/b:"]) {
    assert.throws(() => mount(text), /Give HOST:GUEST/, text);
  }
});

test("limits: counts, sizes, none at all", () => {
  const limit = (text: string) => collectLimit(text, {});
  assert.deepEqual(limit("processes=10"), { processes: 10 });
  assert.deepEqual(limit("instructions=1e9"), { instructions: 1_000_000_000 });
  assert.deepEqual(limit("memoryBytes=64M"), { memoryBytes: 64 * 2 ** 20 });
  assert.deepEqual(limit("outputBytes=1000"), { outputBytes: 1000 });
  assert.deepEqual(limit("tmpfsBytes=1GiB"), { tmpfsBytes: 2 ** 30 });
  assert.deepEqual(limit("translationBytes=64M"), { translationBytes: 64 * 2 ** 20 });
  assert.deepEqual(limit("files=unlimited"), { files: Number.POSITIVE_INFINITY });
  assert.deepEqual(collectLimit("files=2", { files: 1, processes: 3 }), { files: 2, processes: 3 });
  for (const text of ["", "x=1", "processes", "processes=", "__proto__=1", "toString=1"]) {
    assert.throws(() => limit(text), /limits are: instructions, processes, files/, text);
  }
  for (const text of [
    "processes=0",
    "processes=-1",
    "processes=1.5",
    "processes=1K",
    "files=1e99",
  ]) {
    assert.throws(() => limit(text), /Give a whole number above 0/, text);
  }
  assert.throws(() => limit("memoryBytes=much"), /Give a size/);
  assert.deepEqual([parseSize("0"), parseSize("10K")], [0, 10_240]);
  assert.throws(() => parseSize("-1"), /Give a size/);
});

test("variables", () => {
  assert.deepEqual(collectVariable("A=", []), [["A", ""]]);
  assert.deepEqual(collectVariable("A=b=c", []), [["A", "b=c"]]);
  assert.deepEqual(collectVariable("SIXFOLD_NOT_THERE", [["A", "1"]]), [["A", "1"]]);
  assert.throws(() => collectVariable("=b", []), /NAME=VALUE/);
});

const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["an unknown command", ["frobnicate"], /^sixfold: unknown command "frobnicate"/],
  ["an unknown option", ["run", "--frobnicate", "true"], /^sixfold: unknown option '--frobnicate'/],
  ["no program", ["run"], /^sixfold: missing required argument 'program'/],
  ["a bad size", ["run", "--memory", "1", "true"], /Give a size from 16M to 2G/],
  ["a bad clock", ["run", "--clock", "sun", "true"], /Allowed choices are host, virtual/],
  ["a folder that is not there", ["run", "--mount", "/nowhere:/x", "true"], /\/nowhere: ENOENT/],
  [
    "an image that is not there",
    ["run", "--image", "no-such", "true"],
    /no image or file "no-such"/,
  ],
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
