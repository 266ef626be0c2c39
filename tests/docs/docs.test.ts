/** The generated pages are those of the code as it is, and no link of docs/ leads nowhere. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SYSTEM_CALLS } from "../../src/syscalls/table.js";
import { root } from "../tidy/source.js";
import { interfaceMethods } from "./interfaces.js";
import { pages } from "./pages.js";

for (const { path, text } of pages) {
  test(`${path} is up to date`, () => {
    const isCurrent = readFileSync(join(root, path), "utf8") === text();
    assert.ok(isCurrent, `${path}: run npx tsx tests/docs/write.ts`);
  });
}

test("every row, kernel call and operation is in its page", () => {
  const [calls, kernel, services] = pages.map(({ text }) => text());
  for (const { number, name } of SYSTEM_CALLS)
    assert.ok(calls?.includes(`\n| ${number} | ${name} |`));
  for (const { name } of interfaceMethods("src/kernel/calls.ts", "KernelCalls")) {
    assert.ok(kernel?.includes(`\`${name}(`), name);
  }
  for (const { name } of interfaceMethods("src/services/file/protocol.ts", "FileService")) {
    assert.ok(services?.includes(` | ${name} | `), name);
  }
});

test("links between the pages lead to pages", () => {
  const folder = join(root, "docs");
  const names = readdirSync(folder).filter((name) => name.endsWith(".md"));
  assert.ok(names.length > 5);
  for (const name of names) {
    const text = readFileSync(join(folder, name), "utf8");
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(folder, target as string)), `docs/${name} links to ${target}`);
    }
  }
});
