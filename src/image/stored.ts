/**
 * Images that were built: where the cache folder has them, and what their manifests say. Loads none
 * of the libraries that building needs, since every start of the command comes through here.
 */

import { join, resolve } from "node:path";
import { defaultCacheFolder, readIfThere, sha256 } from "./cache.js";
import type { ImageOptions } from "./options.js";

/** Counts up when the contents of images change, so that older images are built anew. */
export const imageFormat = 4;

export const defaultName = "default";

export interface ManifestPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Maintainer scripts that the package has; they were not run. */
  readonly scriptsNotRun: readonly string[];
}

/** What an image was made from. */
export interface ImageManifest {
  readonly format: number;
  readonly name: string;
  /** Name and version of the builder. */
  readonly tool: string;
  readonly architecture: string;
  readonly suite: string;
  readonly release: { readonly version: string; readonly date: string; readonly sha256: string };
  readonly packages: readonly ManifestPackage[];
  /** Names that busybox answers to. */
  readonly applets: readonly string[];
  readonly image: { readonly sizeBytes: number; readonly sha256: string };
}

/** An image in the cache folder. */
export interface Image {
  readonly name: string;
  /** The root file system, cpio "newc". */
  readonly path: string;
  readonly manifestPath: string;
  readonly manifest: ImageManifest;
}

/** Where the default image and its manifest are, whether they exist or not. */
export function placeOf(options: ImageOptions): {
  folder: string;
  path: string;
  manifestPath: string;
} {
  const environment = options.environment ?? process.env;
  const folder = resolve(options.cacheFolder ?? defaultCacheFolder(environment));
  const stem = join(folder, "images", defaultName);
  return { folder, path: `${stem}.cpio`, manifestPath: `${stem}.json` };
}

function parseManifest(bytes: Uint8Array): ImageManifest | undefined {
  try {
    const manifest = JSON.parse(Buffer.from(bytes).toString("utf8")) as ImageManifest;
    return manifest.format === imageFormat && manifest.image.sha256 !== "" ? manifest : undefined;
  } catch {
    // A manifest that cannot be read is one of another time; the image is built anew.
    return undefined;
  }
}

/** An image and its bytes. */
export interface StoredImage extends Image {
  readonly archive: Uint8Array;
}

/**
 * Reads the default image if it was built, without using the network. An image that does not fit
 * its manifest (another builder is just replacing it, or a disk was full) or that an older version
 * built counts as absent.
 *
 * @throws ImageError "input" if the cache folder cannot be read
 */
export async function readImage(options: ImageOptions = {}): Promise<StoredImage | undefined> {
  const { path, manifestPath } = placeOf(options);
  const text = await readIfThere(manifestPath);
  const manifest = text === undefined ? undefined : parseManifest(text);
  const archive = manifest === undefined ? undefined : await readIfThere(path);
  if (manifest === undefined || archive === undefined) {
    return undefined;
  }
  const fits = sha256(archive) === manifest.image.sha256;
  return fits ? { name: defaultName, path, manifestPath, manifest, archive } : undefined;
}

/** Finds the default image as `readImage` does; the bytes are not kept. */
export async function findImage(options: ImageOptions = {}): Promise<Image | undefined> {
  const stored = await readImage(options);
  if (stored === undefined) return undefined;
  const { name, path, manifestPath, manifest } = stored;
  return { name, path, manifestPath, manifest };
}
