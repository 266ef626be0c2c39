/**
 * Bundles of the compiled files (`scripts/bundle.mjs`): one file loads several times faster than
 * the hundreds that it is made of. They are used while they are of what was compiled last.
 */
import { readdirSync, statSync } from "node:fs";

/**
 * A file of the bundle, if the bundle is there and no file was compiled since it was made. A
 * published package has no records of compilations: its bundle is always current.
 * @param name as "worker.js"
 */
export function bundledFile(name: string): URL | undefined {
  const dist = new URL("../../", import.meta.url);
  const url = new URL(`bundle/${name}`, dist);
  try {
    const madeMs = statSync(url).mtimeMs;
    const compiled = readdirSync(dist).filter((file) => file.startsWith(".tsbuildinfo"));
    const isCurrent = compiled.every((file) => statSync(new URL(file, dist)).mtimeMs <= madeMs);
    return isCurrent ? url : undefined;
  } catch {
    return undefined;
  }
}
