/**
 * What a guest could reach at all: the modules that the worker is made of and what of Node they
 * import, and what the WebAssembly modules are given. docs/security.md lists the same.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createMachine } from "../../src/machine/machine.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const source = (path: string): string => readFileSync(join(root, path), "utf8");

/** Specifiers of all static imports that exist at run time. */
function importsOf(text: string): string[] {
  const found: string[] = [];
  const statement = /^(?:import|export)\s(?!type\s)[^;]*?from\s+"([^"]+)";|^import\s+"([^"]+)";/gm;
  for (const [, from, bare] of text.matchAll(statement)) found.push(from ?? bare ?? "");
  return found;
}

/** Every module that is loaded with an entry, with what of outside `src` it imports. */
function graph(entry: string): Map<string, string[]> {
  const all = new Map<string, string[]>();
  const visit = (path: string): void => {
    if (all.has(path)) return;
    const outside: string[] = [];
    all.set(path, outside);
    for (const specifier of importsOf(source(path))) {
      if (!specifier.startsWith(".")) {
        outside.push(specifier);
        continue;
      }
      const target = join(dirname(path), specifier).replace(/\.js$/, ".ts");
      assert.ok(existsSync(join(root, target)), `${path} imports ${specifier}`);
      visit(target);
    }
  };
  visit(entry);
  return all;
}

/** What the worker's own modules may have of Node; all others have nothing. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "src/host/node/worker.ts": ["node:crypto", "node:fs", "node:path", "node:worker_threads"],
  "src/host/node/engine.ts": ["node:v8"],
  // Kept translations: one file of the user's cache folder.
  "src/host/node/translation-store.ts": ["node:fs", "node:path"],
  // Modules that were built with the bundle, and their machine code.
  "src/host/node/built-modules.ts": ["node:fs"],
  "src/host/node/code-file.ts": ["node:crypto", "node:fs", "node:url"],
  // Kept machine code: files of the user's cache folder, and V8's functions to make them.
  "src/host/node/code-folder.ts": ["node:crypto", "node:fs", "node:path"],
  "src/host/node/write-whole.ts": ["node:fs"],
  "src/host/node/engine-code.ts": ["node:v8", "node:vm"],
  // The host folder: the only code that opens files of the host that a guest can name.
  "src/host/node/folder-at.ts": ["node:fs"],
  "src/host/node/folder-listing.ts": ["node:fs"],
  "src/host/node/folder-opens.ts": ["node:fs"],
  "src/host/node/folders.ts": ["node:fs"],
};

/** Ways to code that no import names, and to what of Node needs none. */
const FORBIDDEN =
  /\bimport\(|\beval\(|new Function\b|\brequire\(["`]|\bglobalThis\b|\bfetch\(|\bSHARE_ENV\b/;
describe("the worker's boundary", () => {
  const modules = graph("src/host/node/worker.ts");

  test("only few modules import anything of Node, and which", () => {
    const found: Record<string, string[]> = {};
    for (const [path, outside] of modules) {
      if (outside.length > 0) found[path] = [...new Set(outside)].sort();
    }
    for (const [path, names] of Object.entries(found)) {
      const allowed = ALLOWED[path] ?? [];
      assert.deepEqual(
        names.filter((name) => !allowed.includes(name)),
        [],
        path,
      );
    }
    assert.ok(modules.size > 200, `${modules.size} modules`);
  });

  test("no module makes code from text, or reaches for what was not imported", () => {
    const found: string[] = [];
    for (const path of modules.keys()) {
      for (const [index, line] of source(path).split("\n").entries()) {
        const code = line.replace(/^\s*(\*|\/\/|\/\*).*/, "").replace(/\/\/.*/, "");
        if (FORBIDDEN.test(code)) {
          found.push(`${relative(root, path)}:${index + 1}: ${line.trim()}`);
        }
      }
    }
    assert.deepEqual(found, []);
  });

  test("the worker gets no environment, arguments or flags of its host", () => {
    const text = source("src/host/node/prepared.ts");
    for (const option of ["env: {},", "argv: [],", "execArgv: [],"])
      assert.ok(text.includes(option));
  });
});

describe("WebAssembly's imports", () => {
  test("the interpreter gets its memory, and calls of the machine", () => {
    const modules = new Map<string, WebAssembly.Module>();
    createMachine({
      ramBytes: 16 * 1024 * 1024,
      bus: { read: () => 0, write: () => undefined } as never,
      handlers: {
        environmentCall: () => 0,
        translate: () => -1,
        timeTicks: () => 0,
      },
      moduleCache: modules,
    });
    const imports = [...modules.values()].flatMap((module) => WebAssembly.Module.imports(module));
    const shown = imports.map(({ module, name, kind }) => `${module}.${name} ${kind}`).sort();
    assert.deepEqual([...new Set(shown)], IMPORTS);
  });
});

/** Its memory, and what it asks the machine for: decoded code, pages, calls, the time. */
const IMPORTS: readonly string[] = Object.freeze([
  "machine.called function",
  "machine.decode function",
  "machine.decodeAlone function",
  "machine.decodeCrossing function",
  "machine.environmentCall function",
  "machine.learn function",
  "machine.memory memory",
  "machine.missEntry function",
  "machine.stored function",
  "machine.timeTicks function",
  "machine.translateData function",
  "machine.translateExecute function",
  "machine.visit function",
]);
