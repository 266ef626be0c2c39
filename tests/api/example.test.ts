/** The example: at most 20 lines, the same in README and examples/, and it does what it says. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { noImage } from "./boot-image.js";

const LINES_MAX = 20;
const example = fileURLToPath(new URL("../../examples/sandbox.mjs", import.meta.url));
const readme = new URL("../../README.md", import.meta.url);

test("README shows the example as it is, and it is short", async () => {
  const program = await readFile(example, "utf8");
  assert.ok(program.trimEnd().split("\n").length <= LINES_MAX);
  const text = await readFile(readme, "utf8");
  const shown = /<!-- examples\/sandbox.mjs -->\n```js\n([\s\S]*?)```\n<!-- end -->/.exec(text);
  assert.equal(shown?.[1], program);
});

test("the example runs", { skip: noImage }, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example]);
  assert.match(stdout, /^APPLE\nPEAR\nPLUM\nexit code 0 after \d+ system calls\nrunaway: abort\n$/);
  assert.equal(stderr, "");
});
