/**
 * The bare page in a real browser: headless Chromium boots the default image in a worker and runs a
 * pipeline, on each structure, with and without cross-origin isolation (without it there is no
 * SharedArrayBuffer).
 */
import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type BrowserContext, chromium } from "playwright-core";
import { buildImage } from "../../src/image/index.js";
import { findCommand } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";

const executablePath = findCommand("chromium");
const skip = executablePath === null ? "needs chromium" : false;
/** For a loaded machine: nothing here asserts a time. */
const limitMs = 180_000;
const types = new Map([
  [".html", "text/html"],
  [".js", "text/javascript"],
]);
const isolationHeaders = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Serves the built folder, and the image beside it. */
async function serve(folder: string, image: string, isolated: boolean): Promise<Server> {
  const server = createServer((request, response) => {
    const name = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const path = name === "/default.cpio" ? image : join(folder, name);
    if (!existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    const type = types.get(extname(path)) ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, ...(isolated ? isolationHeaders : {}) });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe("the bare page", { skip }, async () => {
  if (executablePath === null) return;
  const script = new URL("../../scripts/build-web.mjs", import.meta.url);
  const { buildWeb } = (await import(pathToFileURL(script.pathname).href)) as {
    buildWeb: () => Promise<string>;
  };
  const folder = await buildWeb();
  const image = (await buildImage()).path;
  const profile = mkdtempSync(join(tmpdir(), "sixfold-chromium-"));
  const browser: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath,
    timeout: limitMs,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
  after(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  });

  for (const isolated of [true, false]) {
    for (const structure of structures) {
      const title = `${structure}, ${isolated ? "with" : "without"} cross-origin isolation`;
      test(title, async () => {
        const server = await serve(folder, image, isolated);
        try {
          const { port } = server.address() as AddressInfo;
          const page = await browser.newPage();
          page.setDefaultTimeout(limitMs);
          const query = new URLSearchParams({ structure });
          await page.goto(`http://127.0.0.1:${port}/bare.html?${query}`);
          const output = page.locator("#output[data-ended]");
          const text = await output.textContent();
          assert.equal(text, "HELLO\nexit status 0\n");
          assert.equal(await page.evaluate("crossOriginIsolated"), isolated);
          await page.close();
        } finally {
          server.closeAllConnections();
          server.close();
        }
      });
    }
  }
});
