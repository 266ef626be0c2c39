/** What every start loads: the bundle while it is current, and the engine's compiled code. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  CODE_CACHE,
  keepCode,
  runSystem,
  systemScript,
} from "../../src/host/node/system-script.js";
import { findImage } from "../../src/image/stored.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "sixfold-bundle-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** `bundledFile` of a dist folder of its own. */
async function bundledFileIn(dist: string): Promise<(name: string) => URL | undefined> {
  const copy = join(dist, "host", "node", "bundle.mjs");
  mkdirSync(join(copy, ".."), { recursive: true });
  copyFileSync(join(root, "dist", "host", "node", "bundle.js"), copy);
  const module = (await import(pathToFileURL(copy).href)) as {
    bundledFile: (name: string) => URL | undefined;
  };
  return module.bundledFile;
}

test("a bundle is used until something is compiled after it", async (t) => {
  const dist = folder(t);
  const bundledFile = await bundledFileIn(dist);
  assert.equal(bundledFile("worker.js"), undefined, "there is none");
  mkdirSync(join(dist, "bundle"));
  const bundled = join(dist, "bundle", "worker.js");
  writeFileSync(bundled, "");
  assert.equal(fileURLToPath(bundledFile("worker.js") as URL), bundled, "a published package");
  const compiled = join(dist, ".tsbuildinfo-kernel");
  writeFileSync(compiled, "");
  utimesSync(compiled, 1000, 1000);
  assert.ok(bundledFile("worker.js"));
  utimesSync(bundled, 999, 999);
  assert.equal(bundledFile("worker.js"), undefined, "compiled since");
});

/** A script of its own each time: the engine remembers those that it has compiled. */
const source = (value: number): string =>
  `(function(require, moduleUrl) { globalThis.ran = moduleUrl + "${value}"; })`;

function ran(url: URL): unknown {
  runSystem(systemScript(url), url);
  const own = globalThis as { ran?: unknown };
  const value = own.ran;
  delete own.ran;
  return value;
}

test("the script runs without compiled code, and with it", (t) => {
  const path = folder(t);
  const url = pathToFileURL(`${path}/`);
  writeFileSync(join(path, "system.cjs"), source(1));
  const expected = `${new URL("system.cjs", url).href}1`;
  assert.equal(ran(url), expected, "without");
  keepCode(systemScript(url), url);
  assert.equal(systemScript(url).cachedDataRejected, false);
  assert.equal(ran(url), expected, "with");
});

test("compiled code that is damaged, cut, or of another script is not given to the engine", (t) => {
  const path = folder(t);
  const url = pathToFileURL(`${path}/`);
  const cache = join(path, CODE_CACHE);
  writeFileSync(join(path, "system.cjs"), source(1));
  keepCode(systemScript(url), url);
  const good = readFileSync(cache);
  // The engine would end the process over some of these.
  for (let at = 0; at < good.length; at += 7) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 0xff;
    writeFileSync(cache, bad);
    assert.equal(systemScript(url).cachedDataRejected, undefined, `byte ${at}`);
  }
  for (const bad of [Buffer.alloc(0), Buffer.alloc(40), good.subarray(0, -1)]) {
    writeFileSync(cache, bad);
    assert.equal(systemScript(url).cachedDataRejected, undefined, `${bad.length} bytes`);
  }
  writeFileSync(cache, good);
  writeFileSync(join(path, "system.cjs"), source(2));
  assert.equal(ran(url), `${new URL("system.cjs", url).href}2`, "of the same length");
});

test("the build keeps compiled code of the bundle that the engine accepts", async (t) => {
  const bundled = await import("../../dist/host/node/bundle.js" as string);
  if (bundled.bundledFile("worker.js") === undefined) {
    t.skip("needs a bundle that is current: npm run build");
    return;
  }
  if ((await findImage()) === undefined) {
    t.skip("needs the default image: npx sixfold image build");
    return;
  }
  execFileSync(process.execPath, [join(root, "scripts", "warm.mjs")]);
  const url = pathToFileURL(join(root, "dist", "bundle", "/"));
  assert.equal(systemScript(url).cachedDataRejected, false);
});
