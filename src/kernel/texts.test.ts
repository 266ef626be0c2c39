/** Texts that are kept and given out again: always of the bytes that were asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EFAULT } from "../abi/errno.js";
import { bytesOf, readText, Texts, textOf } from "./texts.js";

/** A caller whose memory holds these bytes from address 0 on. */
function holder(memory: Uint8Array) {
  return {
    copyIn(_caller: number, address: number, to: Uint8Array, offset: number, length: number) {
      if (address + length > memory.length) return -EFAULT;
      to.set(memory.subarray(address, address + length), offset);
      return 0;
    },
  };
}

test("a text has the bytes that it was made of, and is made of them again", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const texts = new Texts();
  assert.deepEqual(bytesOf(texts.of(all, 0, 256)), all);
  assert.deepEqual(bytesOf(texts.of(all, 200, 256)), all.slice(200));
  assert.equal(texts.of(all, 7, 7), "");
});

test("texts that share a place do not get each other's", () => {
  const texts = new Texts();
  const names = Array.from({ length: 5000 }, (_, index) => `name${index}`);
  for (let round = 0; round < 2; round++) {
    for (const name of names) {
      const bytes = bytesOf(`/${name}/`);
      assert.equal(texts.of(bytes, 1, 1 + name.length), name);
    }
  }
});

test("long texts, which are not kept", () => {
  const text = "0123456789".repeat(500);
  const texts = new Texts();
  assert.equal(texts.of(bytesOf(text), 0, text.length), text);
});

test("texts of a caller, however long, and those that are not there", () => {
  const all = Uint8Array.from({ length: 1000 }, (_, index) => index & 255);
  const kernel = holder(all);
  const texts = new Texts();
  for (const length of [0, 1, 64, 65, 255, 256, 993]) {
    const wanted = textOf(all.subarray(7, 7 + length));
    assert.deepEqual(bytesOf(wanted), all.slice(7, 7 + length));
    assert.equal(texts.read(kernel, 1, 7, length), wanted);
    assert.equal(readText(kernel, 1, 7, length), wanted);
  }
  assert.throws(() => texts.read(kernel, 1, 7, 994), /outside its range/);
  assert.equal(readText(kernel, 1, 7, 994), -EFAULT);
});
