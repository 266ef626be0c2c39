/** The completion files name every option that the command has. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { root, sixfold } from "./command.js";

const commands: readonly (readonly string[])[] = [
  ["--help"],
  ["shell", "--help"],
  ["run", "--help"],
  ["image", "build", "--help"],
];

async function options(): Promise<string[]> {
  const found = new Set<string>();
  for (const args of commands) {
    const { stdout } = await sixfold(args);
    for (const match of stdout.toString().matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) {
      found.add(match[1] ?? "");
    }
  }
  return [...found].sort();
}

for (const name of ["sixfold.bash", "_sixfold"]) {
  test(`completions/${name} has all options`, async () => {
    const text = await readFile(join(root, "completions", name), "utf8");
    const all = await options();
    assert.ok(all.length >= 14, `found only ${all.join(" ")}`);
    const missing = all.filter((option) => !new RegExp(`${option}(?![a-z-])`).test(text));
    assert.deepEqual(missing, []);
  });
}

const hasBash = spawnSync("bash", ["--version"]).status === 0;

test("bash completes commands, options and values", {
  skip: hasBash ? false : "needs bash",
}, () => {
  const complete = (...words: string[]): string[] => {
    const script = `source "$0"; COMP_WORDS=(sixfold "$@"); COMP_CWORD=$#; _sixfold
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const file = join(root, "completions", "sixfold.bash");
    return execFileSync("bash", ["-c", script, file, ...words], { encoding: "utf8" })
      .trim()
      .split("\n");
  };
  assert.deepEqual(complete("ru"), ["run"]);
  assert.deepEqual(complete("run", "--str"), ["--structure", "--strace"]);
  assert.deepEqual(complete("run", "--clock", "v"), ["virtual"]);
  assert.deepEqual(complete("image", ""), ["build", "list", "--help"]);
  assert.deepEqual(complete("image", "build", "--m"), ["--mirror"]);
});
