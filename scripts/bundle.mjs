// Bundles the compiled command and the worker of Node's into dist/bundle, and puts the interpreter's
// modules for the usual sizes of memory beside them: what every start of `sixfold` loads. Nothing is
// done while the bundle is of what was compiled last.
import { createHash } from "node:crypto";
import { readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const dist = join(root, "dist");
const folder = join(dist, "bundle");

const load = (path) => import(pathToFileURL(join(dist, path)).href);

/** So many times the default memory is what most ask for. */
const USUAL_MEMORIES = [1 / 4, 1 / 2, 1, 2, 4, 8];

/** The interpreter as machines of these memories ask for it. */
async function writeInterpreters() {
  const { memoryPagesOf } = await load("machine/machine.js");
  const { buildInterpreter } = await load("machine/interpret/module.js");
  const { MEMORY_BYTES_DEFAULT } = await load("host/options.js");
  for (const times of USUAL_MEMORIES) {
    const pages = memoryPagesOf(times * MEMORY_BYTES_DEFAULT);
    writeFileSync(join(folder, `interpreter-${pages}.wasm`), buildInterpreter(pages));
  }
}

export async function bundle() {
  const { bundledFile } = await load("host/node/bundle.js");
  if (bundledFile("worker.js") !== undefined) return;
  const startedSeconds = Date.now() / 1000;
  rmSync(folder, { recursive: true, force: true });
  const common = {
    outdir: folder,
    bundle: true,
    platform: "node",
    target: "node20",
    packages: "external",
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "warning",
  };
  await build({
    ...common,
    entryPoints: {
      cli: join(dist, "cli", "start.js"),
      worker: join(dist, "host", "node", "cached-worker.js"),
    },
    splitting: true,
    format: "esm",
  });
  await build({
    ...common,
    entryPoints: { system: join(dist, "host", "node", "worker.js") },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    define: { "import.meta.url": "moduleUrl" },
    banner: { js: "(function(require,moduleUrl){const module={exports:{}};" },
    footer: { js: "})" },
  });
  await writeInterpreters();
  // What is kept of one version's work is not for another.
  const script = readFileSync(join(folder, "system.cjs"));
  writeFileSync(join(folder, "version"), createHash("sha256").update(script).digest("hex"));
  // A compilation that ran meanwhile makes the bundle an old one.
  for (const name of ["cli.js", "worker.js"]) {
    utimesSync(join(folder, name), startedSeconds, startedSeconds);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
