// Runs a shell in the bundled system once and keeps the compiled code of the engine in dist/bundle:
// later starts load it. Does nothing when it is there, or when there is no image or no bundle.
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { bundledFile } from "../dist/host/node/bundle.js";
import { CODE_CACHE } from "../dist/host/node/system-script.js";
import { bootData } from "../dist/host/options.js";
import { readImage } from "../dist/image/stored.js";

const LIMIT_MS = 30_000;
const folder = new URL("../dist/bundle/", import.meta.url);

function run(image) {
  const workerData = bootData({ image });
  const worker = new Worker(new URL("./warm-worker.mjs", import.meta.url), { workerData });
  const limit = setTimeout(() => worker.terminate(), LIMIT_MS);
  worker.on("exit", () => clearTimeout(limit));
  const request = {
    argv: ["sh", "-c", "echo hello | tr a-z A-Z; ls -l / >/dev/null"],
    environment: [],
    user: "root",
    terminal: false,
    input: new Uint8Array(0),
    inputEnded: true,
  };
  worker.on("message", ({ kind }) => {
    if (kind === "ready") worker.postMessage({ kind: "start", program: 1, request });
    if (kind === "ended" || kind === "refused") worker.postMessage({ kind: "keep-code" });
    if (kind === "code-kept" || kind === "failed") worker.terminate();
  });
}

const isNeeded = bundledFile("worker.js") && !existsSync(new URL(CODE_CACHE, folder));
const image = isNeeded ? await readImage() : undefined;
if (image !== undefined) run(image.archive);
