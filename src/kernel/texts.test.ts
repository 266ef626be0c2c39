/** Texts that are kept and given out again: always of the bytes that were asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, Texts } from "./texts.js";

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
