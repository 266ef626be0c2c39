// Runs a shell in the bundled system once and keeps the compiled code of the engine in dist/bundle:
// later starts load it. Does nothing when it is there, or when there is no image or no bundle.
import { existsSync } from "node:fs";
import { bootWorker } from "../dist/host/node/boot.js";
import { bundledFile } from "../dist/host/node/bundle.js";
import { CODE_CACHE } from "../dist/host/node/system-script.js";
import { bootData } from "../dist/host/options.js";
import { HostedSystem } from "../dist/host/system.js";
import { readImage } from "../dist/image/stored.js";

const folder = new URL("../dist/bundle/", import.meta.url);
/** What most starts do: programs, a pipe, files. */
const WORK = ["sh", "-c", "echo hello | tr a-z A-Z; ls -l / >/tmp/list; cat /tmp/list >/dev/null"];

async function keepAfter(image) {
  const entry = new URL("./warm-worker.mjs", import.meta.url);
  const link = await bootWorker(entry, bootData({ image }), { report: () => undefined });
  const system = new HostedSystem(link, Number.POSITIVE_INFINITY);
  const channel = new BroadcastChannel("sixfold-warm");
  try {
    await system.run(WORK);
    const kept = new Promise((resolve) => {
      channel.onmessage = ({ data }) => data === "kept" && resolve();
    });
    channel.postMessage("keep");
    await kept;
  } finally {
    channel.close();
    await system.shutdown();
  }
}

const isNeeded = bundledFile("worker.js") && !existsSync(new URL(CODE_CACHE, folder));
const image = isNeeded ? await readImage() : undefined;
if (image !== undefined) await keepAfter(image.archive);
