// Keeps the compiled code of the engine in dist/bundle, so that later starts load it: that of the
// interpreter's module, all of it optimised, and that of the bundled system, after it has run a
// shell once. Does nothing where it is there, or where there is no image or no bundle.
import { existsSync, readdirSync } from "node:fs";
import { bootWorker } from "../dist/host/node/boot.js";
import { builtBytes, isBuiltKept, keepBuilt } from "../dist/host/node/built-modules.js";
import { bundledFile } from "../dist/host/node/bundle.js";
import { enableEngineFeatures } from "../dist/host/node/engine.js";
import { engineCode } from "../dist/host/node/engine-code.js";
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

/** What an instance needs that the engine is to optimise: nothing of it is called. */
function importsOf(module, pages) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const isMemory = kind === "memory";
    const value = isMemory ? new WebAssembly.Memory({ initial: pages, maximum: pages }) : () => 0;
    imports[from] = { ...imports[from], [name]: value };
  }
  return imports;
}

function keepInterpreter(engine) {
  const names = readdirSync(folder).filter((one) => one.endsWith(".wasm"));
  for (const name of names.map((one) => one.slice(0, -".wasm".length))) {
    if (isBuiltKept(folder, name)) continue;
    const module = new WebAssembly.Module(builtBytes(folder, name));
    const pages = Number(name.split("-").at(-1));
    const imports = importsOf(module, pages);
    const { exports } = new WebAssembly.Instance(module, imports);
    const inTable = Array.from({ length: exports.handlers.length }, (_, at) =>
      exports.handlers.get(at),
    );
    const functions = [...inTable, ...Object.values(exports)].filter(
      (one) => typeof one === "function",
    );
    keepBuilt(folder, name, { module, functions }, engine);
  }
}

const isNeeded = bundledFile("worker.js") && !existsSync(new URL(CODE_CACHE, folder));
const image = isNeeded ? await readImage() : undefined;
if (image !== undefined) await keepAfter(image.archive);

const engine = engineCode();
if (engine !== undefined && bundledFile("worker.js")) {
  // The engine takes code only under the flags that it was made with.
  enableEngineFeatures();
  keepInterpreter(engine);
}
