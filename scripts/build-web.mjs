// Bundles what a browser loads into dist/web: the worker and the bare page.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const folder = join(root, "dist", "web");

/** @returns {Promise<string>} the folder with what was built */
export async function buildWeb() {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: {
      worker: join(root, "src", "host", "browser", "worker.ts"),
      bare: join(root, "src", "web", "bare.ts"),
    },
    outdir: folder,
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    sourcemap: true,
    logLevel: "warning",
  });
  copyFileSync(join(root, "src", "web", "bare.html"), join(folder, "bare.html"));
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWeb();
