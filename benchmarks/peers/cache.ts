/** Where the peers are kept: `peers` in the cache folder (SIXFOLD_CACHE); nothing is committed. */
import { join } from "node:path";
import { defaultCacheFolder } from "../../src/image/cache.js";

/** A peer cannot run here; the message says why, for the line below a table. */
export class NotHere extends Error {
  override readonly name = "NotHere";
}

export function cacheFolder(): string {
  return defaultCacheFolder(process.env);
}

/** @param parts below the folder of peers */
export function peerPath(...parts: readonly string[]): string {
  return join(cacheFolder(), "peers", ...parts);
}
