/** The cpio format: round trips, hard links, what is refused, and mutated archives. */

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { type CpioEntry, CpioError, fileType, linkCpio, readCpio, writeCpio } from "./cpio.js";

const plain: CpioEntry = {
  path: "file",
  mode: 0o100644,
  uid: 0,
  gid: 0,
  nlink: 1,
  inode: 1,
  mtime: 0,
  deviceMajor: 0,
  deviceMinor: 0,
  rdevMajor: 0,
  rdevMinor: 0,
  data: new Uint8Array(0),
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A small random generator (mulberry32), so that a run can be repeated from its printed seed. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const sample: readonly CpioEntry[] = [
  { ...plain, path: ".", mode: 0o040755, inode: 1, nlink: 2 },
  { ...plain, path: "dev", mode: 0o040755, inode: 2, nlink: 2 },
  { ...plain, path: "dev/null", mode: 0o020666, inode: 3, rdevMajor: 1, rdevMinor: 3 },
  { ...plain, path: "one", inode: 4, nlink: 2, uid: 1000, gid: 1000, data: bytes("hello") },
  { ...plain, path: "two", inode: 4, nlink: 2, uid: 1000, gid: 1000 },
  { ...plain, path: "link", mode: 0o120777, inode: 5, mtime: 0xfffffffe, data: bytes("one") },
  { ...plain, path: "pipe", mode: 0o010600, inode: 6 },
  { ...plain, path: "grün", inode: 7, mode: 0o104755, data: new Uint8Array(1000).fill(7) },
];

test("what is written is read back", () => {
  assert.deepEqual([...readCpio(writeCpio(sample))], sample);
  assert.deepEqual([...readCpio(writeCpio([]))], []);
});

test("hard links share the first entry's data, whichever entry carried it", () => {
  const last = [
    { ...plain, path: "one", nlink: 2 },
    { ...plain, path: "two", nlink: 2, data: bytes("hello") },
  ];
  const files = linkCpio(readCpio(writeCpio(last)));
  assert.deepEqual(
    files.map(({ path, data, hardLinkTo }) => [path, data.length, hardLinkTo]),
    [
      ["one", 5, undefined],
      ["two", 0, "one"],
    ],
  );
  const differing = [{ ...last[1], path: "one", data: bytes("x") } as CpioEntry, ...last.slice(1)];
  assert.throws(() => linkCpio(differing), /links with different data/);
  assert.equal(linkCpio(sample).filter((file) => file.hardLinkTo !== undefined).length, 1);
});

test("names are brought to one form, and none leads outside", () => {
  const archive = writeCpio([{ ...plain, path: "aa/b" }]);
  const renamed = (name: string): Uint8Array => {
    const copy = archive.slice();
    copy.set(bytes(name), 110);
    return copy;
  };
  const paths = ["./ab", "/a/b", "a//b", "a/b/"];
  const expected = ["ab", "a/b", "a/b", "a/b"];
  assert.deepEqual(
    paths.map((path) => [...readCpio(renamed(path))][0]?.path),
    expected,
  );
  assert.throws(() => [...readCpio(renamed("../b"))], /".." in it/);
  assert.throws(() => [...readCpio(renamed("a\0b/"))], /one NUL/);
  for (const path of ["../b", "a//b", "TRAILER!!!", "", "a\0"]) {
    assert.throws(() => writeCpio([{ ...plain, path }]), CpioError, JSON.stringify(path));
  }
});

test("malformed archives are refused with what is wrong", () => {
  const archive = writeCpio(sample);
  const changed = (at: number, text: string): Uint8Array => {
    const copy = archive.slice();
    copy.set(bytes(text), at);
    return copy;
  };
  const cases: readonly [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /ends inside the header/],
    [changed(0, "070707"), /no entry in the new ASCII format at byte 0/],
    [changed(14, "z"), /byte 14 is not a hexadecimal digit/],
    [changed(14, "00000000"), /no known type of file/],
    [changed(94, "7FFFFFFF"), /a name of 2147483647 bytes/],
    [changed(54, "7FFFFFFF"), /ends inside the data/],
    [changed(0, "070702"), /never/],
    [archive.subarray(0, 200), /ends inside|no entry/],
    [changed(archive.length - 1, "x"), /after the trailer, is not zero/],
  ];
  for (const [input, message] of cases) {
    if (message.source === "never") {
      assert.equal([...readCpio(input)].length, sample.length, "an empty file's sum is 0");
    } else {
      assert.throws(() => [...readCpio(input)], message);
    }
  }
  const summed = writeCpio([{ ...plain, data: bytes("abc") }]);
  summed.set(bytes("070702"), 0);
  assert.throws(() => [...readCpio(summed)], /wrong checksum/);
  summed.set(bytes((97 + 98 + 99).toString(16).padStart(8, "0")), 6 + 12 * 8);
  assert.equal([...readCpio(summed)].length, 1);
  assert.throws(() => writeCpio([{ ...plain, mode: fileType.directory, data: bytes("x") }]));
  assert.throws(() => writeCpio([{ ...plain, mtime: -1 }]), /does not fit/);
});

test("a message about a name with a line break is one line", () => {
  const archive = writeCpio([{ ...plain, path: "a\nb" }]);
  archive.set(bytes("0000F000"), 6 + 8);
  const isOneLine = (error: unknown) =>
    error instanceof CpioError && error.message.includes('"a\\nb"') && !/\n/.test(error.message);
  assert.throws(() => [...readCpio(archive)], isOneLine);
});

test("mutated archives are read or refused, never anything else", (context) => {
  const seed = Number(process.env.SIXFOLD_TEST_SEED ?? randomInt(2 ** 31));
  context.diagnostic(`cpio fuzz: SIXFOLD_TEST_SEED=${seed}`);
  const random = generator(seed);
  const archive = writeCpio(sample);
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const copy = archive.slice(0, random(8) === 0 ? random(archive.length) : archive.length);
    for (let count = random(4) + (copy.length === archive.length ? 1 : 0); count > 0; count--) {
      const hexadecimal = "0123456789abcdefABCDEF";
      const digit = hexadecimal.charCodeAt(random(hexadecimal.length));
      copy[random(copy.length)] = random(2) === 0 ? digit : random(256);
    }
    try {
      for (const file of linkCpio(readCpio(copy))) {
        assert.ok(file.data.byteOffset + file.data.length <= copy.buffer.byteLength);
        assert.ok(!file.path.split("/").includes(".."));
      }
    } catch (error) {
      assert.ok(error instanceof CpioError, `round ${round}: ${error}`);
      assert.ok(!error.message.includes("\n"));
      refused++;
    }
  }
  assert.ok(refused > 1000 && refused < 20_000, `${refused} refused`);
});
