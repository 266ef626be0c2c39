/**
 * Style as a test, over the whole repository: each test is one rule, and fails with lines
 * "path:line rule: message". rules.test.ts shows for each rule that it can fail.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brokenLinks, privateHosts, privateWords, serviceFolders } from "./folders.js";
import { circularImports, importTable } from "./imports.js";
import { plainSyntax, purity } from "./purity.js";
import { docstrings, functionLength, openingComment, sizes } from "./shape.js";
import {
  describeViolation,
  isSource,
  type Rule,
  readSource,
  repositoryFiles,
  root,
  type Violation,
} from "./source.js";
import { moduleEffect, moduleState } from "./state.js";

const paths = repositoryFiles();
const sources = paths.filter(isSource).map(readSource);

function expectNone(violations: readonly Violation[]): void {
  const text = violations.map(describeViolation).join("\n");
  if (violations.length > 0) assert.fail(`${violations.length} violations\n${text}`);
}

function overAll(name: string, rule: Rule): void {
  test(name, () => expectNone(sources.flatMap(rule)));
}

test("the rules see the repository", () => {
  assert.ok(sources.some((file) => file.path === "tests/tidy/tidy.test.ts"));
  assert.ok(sources.some((file) => file.path.startsWith("src/kernel/")));
});

overAll("layers import only what the table of docs/design.md §3 allows", importTable);
test("no import is circular", () => {
  expectNone(circularImports(sources.filter((file) => file.path.startsWith("src/"))));
});
overAll("no module has state", moduleState);
overAll("below host, loading a module does nothing", moduleEffect);
overAll("below host no async, no clock, no entropy, no BigInt in calls", purity);
overAll("no enum, namespace or default export", plainSyntax);
overAll("files and lines are short", sizes);
overAll("functions fit a screen", functionLength);
overAll("a file opens with a comment", openingComment);
overAll("exported functions and classes have docstrings", docstrings);
test("a service has its protocol, manifest and README", () => expectNone(serviceFolders(paths)));

test("links between chapters lead somewhere", () => {
  const chapters = paths.filter((path) => path.endsWith(".md"));
  const check = (path: string) => brokenLinks(path, readFileSync(join(root, path), "utf8"), paths);
  expectNone(chapters.flatMap(check));
});

/** The configuration of npm, apt and proxies on this machine, as far as it can be read. */
function machineConfiguration(): string[] {
  const registry = spawnSync("npm", ["config", "get", "registry"], { cwd: root });
  const parts = "/etc/apt/sources.list.d";
  const lists = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  const files = ["/etc/apt/sources.list", ...lists].filter((path) => existsSync(path));
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
  return [
    registry.stdout?.toString() ?? "",
    ...files.map((path) => readFileSync(path, "utf8")),
    ...proxies.map((name) => process.env[name] ?? ""),
    process.env.SIXFOLD_DEBIAN_MIRROR ?? "",
  ];
}

test("nothing names this machine's folders, registry, mirror or proxy", () => {
  const words = { hosts: privateHosts(machineConfiguration()), folders: [root] };
  const isText = (path: string) => !/\.(gpg|bin|png|ico)$/.test(path);
  const texts = paths.filter(isText).map((path) => [path, readFileSync(join(root, path), "utf8")]);
  expectNone(texts.flatMap(([path = "", text = ""]) => privateWords(path, text, words)));
});

test("Biome has nothing to say", () => {
  const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  const args = [biome, "ci", "--colors=off", "--reporter=summary", "--error-on-warnings"];
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
});

test("tests and benchmarks type-check", () => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [compiler, "-p", "tests", "--pretty", "false"];
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  assert.equal(result.status, 0, result.stdout);
});

test("an older Node gets one clear line and exit code 125", () => {
  const program =
    'Object.defineProperty(process, "versions", { value: { node: "18.19.0" } });' +
    'require("./bin/sixfold.js");';
  const result = spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
  assert.equal(result.status, 125);
  assert.match(result.stderr, /^sixfold: needs Node 20 or newer, but this is Node 18.19.0 .*\n$/);
});

test("entry points parse as ES5", () => {
  const heads = ["bin/node-version.js", "bin/sixfold.js", "scripts/start.js", "scripts/test.js"];
  const newer = /=>|`|\b(const|let|class|async|await|import|export)\b|\?\.|\?\?|,\s*[)\]]/;
  for (const path of heads) {
    const code = readFileSync(join(root, path), "utf8").replace(/\/\*[\s\S]*?\*\/|"[^"]*"/g, "");
    assert.doesNotMatch(code, newer, path);
  }
  const tracked = execFileSync("git", ["ls-files", "-s", "bin/sixfold.js"], { cwd: root });
  assert.match(tracked.toString(), /^100755/, "bin/sixfold.js is executable");
});
