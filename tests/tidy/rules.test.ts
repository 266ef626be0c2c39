/**
 * The rules of tidy, on texts made for them: each text must break exactly the rule it names, and
 * its repaired form none. A rule that cannot fail holds nothing.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brokenLinks, privateHosts, privateWords, serviceFolders } from "./folders.js";
import { circularImports, importTable } from "./imports.js";
import { plainSyntax, purity } from "./purity.js";
import { docstrings, functionLength, openingComment, sizes } from "./shape.js";
import { describeViolation, type Rule, sourceFile } from "./source.js";
import { moduleEffect, moduleState } from "./state.js";

function breaks(rule: Rule, path: string, text: string): string[] {
  return rule(sourceFile(path, text)).map((violation) => violation.rule);
}

/** One test for a text that breaks a rule, given as path, text and the rules broken. */
function cases(rule: Rule, rows: readonly (readonly [string, string, ...string[]])[]): void {
  for (const [path, text, ...expected] of rows) {
    const verdict = expected.length === 0 ? "passes" : `breaks ${expected.join(", ")}`;
    test(`${path}: ${text.split("\n")[0]?.slice(0, 70)} ${verdict}`, () => {
      assert.deepEqual(breaks(rule, path, text), expected);
    });
  }
}

describe("import table", () => {
  const service = "src/services/file/names.ts";
  cases(importTable, [
    ["src/abi/errno.ts", 'import { x } from "../machine/platform.js";', "import-table"],
    ["src/abi/errno.ts", 'import { x } from "./numbers.js";'],
    ["src/machine/mmu.ts", 'import { x } from "../kernel/task.js";', "import-table"],
    ["src/machine/mmu.ts", 'import { x } from "node:fs";', "import-table"],
    ["src/machine/isa/table.ts", 'import { x } from "../../abi/riscv.js";'],
    ["src/kernel/task.ts", 'import type { X } from "../machine/platform.js";'],
    ["src/kernel/task.ts", 'import type { X } from "../machine/mmu.js";', "import-table"],
    ["src/kernel/task.ts", 'export { x } from "../services/file/protocol.js";', "import-table"],
    ["src/kernel/task.ts", 'type X = import("../machine/bus.js").Bus;', "import-table"],
    ["src/kernel/task.ts", 'const x = await import("../machine/bus.js");', "import-table"],
    [service, 'import { x } from "../process/protocol.js";'],
    [service, 'import { x } from "../process/table.js";', "import-table"],
    [service, 'import { x } from "../device/uart/protocol.js";'],
    [service, 'import { x } from "../../machine/platform.js";', "import-table"],
    [service, 'import { x } from "./pipes.js";'],
    [service, 'import { x } from "../testing/fake-kernel.js";', "import-table"],
    ["src/services/testing/harness.ts", 'import { x } from "../file/files.js";'],
    ["src/services/device/uart/uart.ts", 'import { x } from "../rtc/rtc.js";', "import-table"],
    ["src/services/device/uart/uart.ts", 'import { x } from "../virtio.js";'],
    [service, 'import { x } from "../device/virtio.js";', "import-table"],
    ["src/syscalls/table.ts", 'import { x } from "../services/file/protocol.js";'],
    ["src/syscalls/table.ts", 'import { x } from "../services/file/pipes.js";', "import-table"],
    ["src/structures/boot.ts", 'import { x } from "../services/file/pipes.js";'],
    ["src/structures/boot.ts", 'import { x } from "../host/node/console.js";', "import-table"],
    ["src/host/node/worker.ts", 'import { x } from "../../structures/boot.js";'],
    ["src/host/node/worker.ts", 'import { x } from "../../machine/platform.js";'],
    ["src/host/node/worker.ts", 'import { x } from "../../kernel/task.js";', "import-table"],
    ["src/host/node/worker.ts", 'import { x } from "../browser/page.js";', "import-table"],
    ["src/host/browser/page.ts", 'import { x } from "node:fs";', "import-table"],
    ["src/index.ts", 'import { x } from "./kernel/task.js";', "import-table"],
    ["src/cli/main.ts", 'import { x } from "../structures/boot.js";', "import-table"],
    ["src/cli/main.ts", 'import { x } from "../index.js"; import "node:fs";'],
    ["src/image/build.ts", 'import { x } from "../kernel/task.js";', "import-table"],
    ["src/other/x.ts", "export const x = 1;", "import-table"],
    ["src/abi/errno.test.ts", 'import { x } from "../kernel/task.js";'],
  ]);
});

test("a circular import is found, once, with its path", () => {
  const files = [
    sourceFile("src/a/a.ts", 'import { b } from "./b.js";'),
    sourceFile("src/a/b.ts", 'import { c } from "./c.js";'),
    sourceFile("src/a/c.ts", '\nimport { a } from "./a.js";'),
  ];
  assert.deepEqual(circularImports(files).map(describeViolation), [
    "src/a/c.ts:2 circular-import: src/a/a.ts → src/a/b.ts → src/a/c.ts → src/a/a.ts",
  ]);
  assert.deepEqual(circularImports(files.slice(0, 2)), []);
  const erased = sourceFile("src/a/c.ts", 'import type { a } from "./a.js";');
  assert.deepEqual(circularImports([...files.slice(0, 2), erased]), []);
  const loaded = sourceFile("src/a/c.ts", 'import { type a } from "./a.js";');
  assert.equal(circularImports([...files.slice(0, 2), loaded]).length, 1);
});

describe("module state", () => {
  const path = "src/kernel/x.ts";
  const refused = [
    "let count = 0;",
    "export let count = 0;",
    "var count = 0;",
    "const seen = new Map<string, number>();",
    "export const list: number[] = [];",
    "const list = [1, 2];",
    "const box = { value: 1 };",
    "const bytes = new Uint8Array(8);",
    "const made = makeTable(); function makeTable(): number[] { return []; }",
    "const counter = (() => { let n = 0; return () => n++; })();",
    "const table: Map<string, number> = new Map();",
    "const word = /a/g;",
    "const box = { value: 1 } as Box;",
    "class A { static count = 0; }",
    "class A { static readonly seen = new Set(); }",
  ];
  const allowed = [
    "const limit = 2 ** 10;",
    "const list = [1, 2] as const;",
    "const box = { value: 1 } as const satisfies Box;",
    "export const box = Object.freeze({ value: 1 });",
    "const list: readonly number[] = [1];",
    "const names: ReadonlyMap<string, number> = new Map();",
    "const box: Readonly<Record<string, number>> = makeTable();",
    "const made = makeTable(); function makeTable(): readonly number[] { return []; }",
    "const made = plain(1); const plain = (x: number) => Object.freeze({ x });",
    "const word = /a/;",
    "const twice = (x: number) => 2 * x;",
    "const encoder = new TextEncoder();",
    "function f() { let n = 0; return n; }",
    "class A { count = 0; static readonly limit = 3; }",
    "declare let ambient: number;",
  ];
  cases(moduleState, [
    ...refused.map((text) => [path, text, "module-state"] as const),
    ...allowed.map((text) => [path, text] as const),
    ["src/kernel/x.test.ts", "let count = 0;"],
  ]);
  cases(moduleEffect, [
    [path, "register(service);", "module-effect"],
    [path, "for (const x of list) use(x);", "module-effect"],
    [path, "export const x = 1; interface Y { z: number }"],
    ["src/cli/main.ts", "main();"],
  ]);
});

describe("below host", () => {
  const path = "src/services/file/x.ts";
  cases(purity, [
    [path, "async function f() {}", "async"],
    [path, "const f = async () => 1;", "async"],
    [path, "let p: Promise<number>;", "async"],
    [path, "new Promise(() => {});", "async"],
    [path, "setTimeout(f, 1);", "async"],
    [path, "queueMicrotask(f);", "async"],
    [path, "Date.now();", "chance"],
    [path, "Math.random();", "chance"],
    [path, "performance.now();", "chance"],
    [path, "let x = 1n;", "bigint"],
    [path, "let x: bigint;", "bigint"],
    [path, "BigInt(1);", "bigint"],
    [path, "const table = { async: 1, Date: 2 }; table.Date; Math.floor(1);"],
    ["src/machine/emit.ts", "new WebAssembly.Global({}, 0n);"],
    ["src/host/node/x.ts", "async function f() { await setTimeout(f, Date.now()); }"],
    ["src/services/file/x.test.ts", "async function f() {}"],
  ]);
  cases(plainSyntax, [
    [path, "enum A { B }", "syntax"],
    [path, "namespace A { const x = 1; }", "syntax"],
    [path, "export default function f() {}", "syntax"],
    [path, "export function f() {}"],
  ]);
});

describe("shape", () => {
  const path = "src/kernel/x.ts";
  const lines = (count: number) => "f();\n".repeat(count);
  const body = (count: number) => `{\n${"  f();\n".repeat(count)}}`;
  cases(sizes, [
    [path, lines(501), "file-length"],
    [path, lines(500)],
    ["src/structures/monolithic.ts", lines(151), "file-length"],
    ["src/structures/boot.ts", lines(151)],
    [path, `f("${"x".repeat(95)}");`, "line-length"],
    [path, `f("${"é".repeat(94)}");`],
  ]);
  cases(functionLength, [
    [path, `function f() ${body(69)}`, "function-length"],
    [path, `function f() ${body(68)}`],
    [path, `const f = () => ${body(69)};`, "function-length"],
    [path, `class A { run() ${body(69)} }`, "function-length"],
    [path, `const a = { run() ${body(69)} };`, "function-length"],
    ["src/kernel/x.test.ts", `describe("x", () => ${body(69)});`],
  ]);
  cases(openingComment, [
    [path, "export const x = 1;", "opening-comment"],
    [path, "// biome-ignore lint: reason\n", "opening-comment"],
    [path, "/** What it is for. */"],
    ["bin/x.js", "#!/usr/bin/env node\n/* What it is for. */"],
  ]);
  cases(docstrings, [
    [path, "export function f() {}", "docstring"],
    [path, "// short\nexport function f() {}", "docstring"],
    [path, "/** The file. */\nexport class A {}\nexport class B {}", "docstring"],
    [path, "/** Two. */\nexport const f = () => 1;\nexport const g = () => 2;"],
    [path, "/** One. */\nexport const f = () => 1;\n\nexport const g = () => 2;", "docstring"],
    [path, "export const f = () => 1;", "docstring"],
    [path, "/** Gives nothing. */\nexport function f() {}"],
    [path, "/** One. */\nexport function f(): void;\nexport function f(x?: number) {}"],
    [path, "export const limit = 1; function inner() {}"],
  ]);
});

describe("folders and words", () => {
  test("a service without manifest, protocol or README is named", () => {
    const paths = [
      "src/services/file/protocol.ts",
      "src/services/device/uart/manifest.ts",
      "src/services/tty/protocol.ts",
      "src/services/tty/manifest.ts",
      "src/services/tty/README.md",
      "src/services/tsconfig.json",
      "src/services/testing/fake-frames.ts",
    ];
    assert.deepEqual(serviceFolders(paths).map(describeViolation), [
      "src/services/device/uart:1 service-folder: no README.md",
      "src/services/file:1 service-folder: no manifest.ts",
      "src/services/file:1 service-folder: no README.md",
    ]);
  });

  test("the hosts of this machine's configuration are private, public ones are not", () => {
    const texts = ["https://u:p@cache.example:8080/npm/", "deb http://deb.debian.org/debian x"];
    assert.deepEqual(privateHosts(texts), ["cache.example"]);
  });

  test("a link to a file that is not there is found", () => {
    const text = "[a](b.md) [c](gone.md#x)\n[web](https://example.org/x) [up](../src/)";
    const paths = ["docs/a.md", "docs/b.md", "src/x.ts"];
    assert.deepEqual(brokenLinks("docs/a.md", text, paths).map(describeViolation), [
      "docs/a.md:1 link: gone.md is not there",
    ]);
  });

  test("a private host and a machine's folder are found in any text", () => {
    const words = { hosts: ["cache.example"], folders: ["/srv/clone"] };
    const text = "one\nhttp://cache.example/x\n/srv/clone/src\n";
    assert.deepEqual(privateWords("a.md", text, words).map(describeViolation), [
      "a.md:2 private-host: names a registry, mirror or proxy",
      "a.md:3 machine-path: names a folder of this machine",
    ]);
    assert.deepEqual(privateWords("a.md", "none", words), []);
  });
});
