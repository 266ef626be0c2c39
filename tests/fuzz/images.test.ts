/**
 * Damaged images: a root file system whose archive was changed at random either boots, or is
 * refused with one line that names the image. The same for accounts. SIXFOLD_SEED repeats a run.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileType, writeCpio } from "../../src/abi/cpio.js";
import { accountsOf, parseAccounts } from "../../src/structures/accounts.js";
import { createSystem } from "../../src/structures/boot.js";
import { structures } from "../syscalls/sixfold.js";
import { checkInvariants } from "./invariants.js";

const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const seed = Number(process.env.SIXFOLD_SEED ?? Date.now() % 2 ** 31);
const images = isLong ? 4000 : 120;
const ramBytes = 16 * 1024 * 1024;

/** @returns a generator of whole numbers below its argument */
function generator(start: number): (limit: number) => number {
  let state = start >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const ODD_NAMES = [
  "__proto__",
  "constructor",
  "a/../b",
  "",
  "/",
  "x".repeat(300),
  "a/b",
  "TRAILER!!!",
];
const TYPES = Object.values<number>(fileType);
const EDGES = ["00000000", "ffffffff", "7fffffff", "80000000", "00000001", "00100000", "0000ffff"];

type Below = ReturnType<typeof generator>;
const pick = <T>(list: readonly T[], below: Below): T => list[below(list.length)] as T;

/** An archive of entries that need not agree with each other. */
function archive(below: Below): Uint8Array {
  const names = [
    "dev",
    "etc",
    "etc/passwd",
    "bin",
    "bin/sh",
    "etc/link",
    "tmp",
    "tmp/a",
    "bin/other",
  ];
  const entries = names.map((path, index) => {
    const isFolder = !path.includes("/");
    const usual = isFolder ? fileType.directory | 0o755 : fileType.regular | 0o644;
    const type = below(12) === 0 ? pick(TYPES, below) | below(0o10000) : usual;
    const mayHaveData = (type & fileType.mask) === fileType.regular;
    const isLink = (type & fileType.mask) === fileType.symbolicLink;
    const length = below(30) === 0 ? 70_000 : below(100);
    return {
      path: below(20) === 0 ? pick([...names, ...ODD_NAMES], below) : path,
      mode: type,
      uid: below(3),
      gid: below(3),
      nlink: below(6) === 0 ? 2 : 1,
      inode: below(5) === 0 ? 7 : 100 + index,
      mtime: below(2 ** 31),
      deviceMajor: 0,
      deviceMinor: 0,
      rdevMajor: below(5),
      rdevMinor: below(5),
      data: new Uint8Array(mayHaveData || isLink ? length : 0).fill(97),
    };
  });
  if (below(4) === 0) entries.reverse();
  try {
    return writeCpio(entries);
  } catch {
    // What the writer itself refuses is damaged below, from a sound one.
    return writeCpio([]);
  }
}

function damaged(below: Below): Uint8Array {
  const bytes = archive(below).slice();
  for (let count = below(4); count > 0; count--) {
    const at = below(bytes.length);
    if (below(2) === 0) bytes[at] = below(256);
    else bytes.set(new TextEncoder().encode(pick(EDGES, below)).subarray(0, bytes.length - at), at);
  }
  return below(10) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
}

const hosts = {
  console: { output: () => 0, inputReady: () => undefined, guestOpened: () => undefined },
  uart: { output: () => 0, inputReady: () => undefined },
  entropy: { fill: () => undefined },
};

type Structure = (typeof structures)[number];

/** Boots an image and runs 100,000 instructions of it. @throws CpioError and errors of "image: " */
function bootWith(
  structure: Structure,
  image: Uint8Array,
  moduleCache: Map<string, WebAssembly.Module>,
  what: string,
): void {
  const clock = { virtual: true, epochSeconds: 0, epochNanoseconds: 0 };
  const report = (line: string): void => assert.fail(`${what}: ${line}`);
  accountsOf(image);
  const options = { structure, image, ramBytes, seed: 1, clock, report, hosts, moduleCache };
  const system = createSystem(options);
  system.run(100_000);
  assert.equal(system.panic, undefined, what);
  assert.deepEqual(checkInvariants(system.stateTree()), [], what);
}

describe("damaged images", () => {
  const moduleCache = new Map<string, WebAssembly.Module>();
  for (const structure of structures) {
    test(`on ${structure}`, (context) => {
      context.diagnostic(`SIXFOLD_SEED=${seed}`);
      const counts = { booted: 0, refused: 0 };
      for (let i = 0; i < images; i++) {
        const image = damaged(generator(seed + i));
        const what = `SIXFOLD_SEED=${seed + i}`;
        try {
          bootWith(structure, image, moduleCache, what);
          counts.booted++;
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.ok(error instanceof Error);
          const isNamed = error.name === "CpioError" || error.message.startsWith("image: ");
          assert.ok(isNamed, `${what}: ${error.stack}`);
          assert.ok(!error.message.includes("\n"), what);
          counts.refused++;
        }
      }
      assert.ok(counts.booted > 0 && counts.refused > 0, JSON.stringify(counts));
    });

    test(`a sound one whose files have further links boots, on ${structure}`, () => {
      const entry = { mode: fileType.regular | 0o644, nlink: 3, inode: 7, mtime: 0 };
      const owner = { uid: 0, gid: 0, deviceMajor: 0, deviceMinor: 0, rdevMajor: 0, rdevMinor: 0 };
      const paths = ["one", "two", "three"];
      const data = new Uint8Array(100);
      const image = writeCpio(paths.map((path) => ({ ...entry, ...owner, path, data })));
      bootWith(structure, image, moduleCache, "three links");
    });
  }
});

describe("damaged accounts", () => {
  test("no line of a passwd file is more than skipped", () => {
    const below = generator(seed);
    const parts = [
      "root",
      "__proto__",
      ":",
      ":",
      ":",
      "0",
      "-1",
      "4294967295",
      "9".repeat(400),
      "\0",
      "\n",
      "/",
    ];
    for (let i = 0; i < 2000; i++) {
      const text = Array.from({ length: below(40) }, () => pick(parts, below)).join("");
      for (const account of parseAccounts(text)) {
        for (const id of [account.userId, account.groupId]) {
          assert.ok(Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1, JSON.stringify(text));
        }
      }
    }
  });
});
