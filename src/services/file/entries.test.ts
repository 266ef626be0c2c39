/** Directory entries behind a position, as many as fit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EFAULT, EINVAL } from "../../abi/errno.js";
import { DIRENT_NAME_OFFSET, getInteger64, S_IFDIR, S_IFREG } from "../../abi/file.js";
import { DirectoryEntries, entryType } from "./protocol.js";

const ENTRIES = ["first", "second", "a name of more than a word", "last"];

/** Lists ENTRIES with cookies 10, 20, … */
function list(bytes: Uint8Array, position: number): DirectoryEntries {
  const entries = new DirectoryEntries(bytes, position);
  for (const [index, name] of ENTRIES.entries()) entries.add(index + 1, 10 * (index + 1), 8, name);
  return entries;
}

/** The names of records, and the last one's cookie. */
function read(bytes: Uint8Array, length: number): { names: string[]; cookie: number } {
  const view = new DataView(bytes.buffer);
  const names: string[] = [];
  let cookie = 0;
  for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
    const start = at + DIRENT_NAME_OFFSET;
    names.push(String.fromCharCode(...bytes.subarray(start, bytes.indexOf(0, start))));
    cookie = getInteger64(view, at + 8);
  }
  return { names, cookie };
}

test("a directory is read in parts of any size, each entry once", () => {
  for (let size = 48; size < 200; size += 8) {
    const all: string[] = [];
    for (let position = 0; ; ) {
      const bytes = new Uint8Array(size);
      const { result } = list(bytes, position);
      if (result === 0) break;
      assert.ok(result > 0, `${size} bytes from ${position}: ${result}`);
      const { names, cookie } = read(bytes, result);
      all.push(...names);
      position = cookie;
    }
    assert.deepEqual(all, ENTRIES);
  }
});

test("no entry is left out for a shorter one behind it", () => {
  const bytes = new Uint8Array(32 + 32 + 24);
  const { names } = read(bytes, list(bytes, 0).result);
  assert.deepEqual(names, ["first", "second"]);
});

test("not even one fits: EINVAL; none is left: 0", () => {
  assert.equal(list(new Uint8Array(24), 0).result, -EINVAL);
  assert.equal(list(new Uint8Array(24), 30).result, 24);
  assert.equal(list(new Uint8Array(0), 40).result, 0);
});

test("they are handed over, or it is told that they cannot be", () => {
  const out = new Uint8Array(100);
  const kernel = {
    copyOut(_task: number, address: number, from: Uint8Array, offset: number, length: number) {
      if (address !== 4096) return -EFAULT;
      out.set(from.subarray(offset, offset + length));
      return 0;
    },
  };
  const entries = list(new Uint8Array(100), 30);
  assert.equal(entries.copyOut(kernel, 1, 4096), 24);
  assert.deepEqual(read(out, 24).names, ["last"]);
  assert.equal(entries.copyOut(kernel, 1, 0), -EFAULT);
  assert.equal(list(new Uint8Array(8), 0).copyOut(kernel, 1, 0), -EINVAL);
});

test("types of entries are those of modes", () => {
  assert.deepEqual([entryType(S_IFDIR | 0o755), entryType(S_IFREG | 0o4755)], [4, 8]);
});
