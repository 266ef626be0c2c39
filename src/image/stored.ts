/**
 * The images in the cache folder: `images/NAME.cpio` and its manifest `images/NAME.json`. An image
 * counts only with the manifest that has its hash. Loads none of the libraries that building needs,
 * since every start of the command comes through here.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultCacheFolder, readIfThere, readShared, sha256, writeWhole } from "./cache.js";
import { ImageError, reasonOf } from "./errors.js";
import { type ImageManifest, manifestText, parseManifest } from "./manifest.js";
import type { StoreOptions } from "./options.js";

/** The name of the image that everything starts with. */
export const defaultName = "default";

/** An image in the cache folder. */
export interface Image {
  readonly name: string;
  /** The root file system, cpio "newc". */
  readonly path: string;
  readonly manifestPath: string;
  readonly manifest: ImageManifest;
}

/** Writes until both files are of one builder. */
const writesMaximum = 20;

const readsMaximum = 3;
const pauseMs = 40;

/** Letters, digits and a few marks: a name that is a file's name everywhere. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a text can be the name of an image. */
export function isImageName(name: string): boolean {
  return namePattern.test(name);
}

export interface ImagePlace {
  /** The cache folder. */
  readonly folder: string;
  readonly path: string;
  readonly manifestPath: string;
}

/** Where an image is or would be. @throws ImageError "input" if the name cannot be one */
export function placeOf(name: string, options: StoreOptions): ImagePlace {
  if (!isImageName(name)) {
    const rule = "letters, digits, dots, underscores and hyphens, 64 at most, no mark first";
    throw new ImageError("input", `${JSON.stringify(name)} cannot name an image: use ${rule}`);
  }
  const folder = resolve(
    options.cacheFolder ?? defaultCacheFolder(options.environment ?? process.env),
  );
  const stem = join(folder, "images", name);
  return { folder, path: `${stem}.cpio`, manifestPath: `${stem}.json` };
}

/** An image and its bytes. */
export interface StoredImage extends Image {
  readonly archive: Uint8Array;
}

/** Which image; default: the default one. */
export interface FindOptions extends StoreOptions {
  readonly name?: string | undefined;
}

/**
 * Reads an image if it is there, without using the network. One that does not fit its manifest (a
 * disk was full) or that an older version built counts as absent.
 *
 * @throws ImageError "input" if the cache folder cannot be read
 */
export async function readImage(options: FindOptions = {}): Promise<StoredImage | undefined> {
  const name = options.name ?? defaultName;
  const { path, manifestPath } = placeOf(name, options);
  for (let count = 0; count < readsMaximum; count++) {
    // Between a builder's two files the pair does not fit for a moment.
    if (count > 0) await sleep(pauseMs);
    const text = await readIfThere(manifestPath);
    const manifest = text === undefined ? undefined : parseManifest(text);
    const archive = manifest === undefined ? undefined : await readShared(path);
    if (manifest === undefined || archive === undefined) {
      return undefined;
    }
    if (sha256(archive) === manifest.image.sha256) {
      return { name, path, manifestPath, manifest, archive };
    }
  }
  return undefined;
}

/** Finds an image as `readImage` does; the bytes are not kept. */
export async function findImage(options: FindOptions = {}): Promise<Image | undefined> {
  const stored = await readImage(options);
  if (stored === undefined) return undefined;
  const { name, path, manifestPath, manifest } = stored;
  return { name, path, manifestPath, manifest };
}

/** An image as a list has it: its file was not read. */
export interface ListedImage extends Image {
  readonly madeAt: Date;
}

/** The images whose file is there with the length that their manifest says, by name. */
export async function listImages(options: StoreOptions = {}): Promise<ListedImage[]> {
  const folder = join(placeOf(defaultName, options).folder, "images");
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new ImageError("input", `cannot read ${folder}: ${reasonOf(error)}`);
  });
  const images: ListedImage[] = [];
  const manifests = names.filter((one) => one.endsWith(".json"));
  for (const name of manifests.map((one) => one.slice(0, -".json".length)).sort()) {
    if (!isImageName(name)) continue;
    const { path, manifestPath } = placeOf(name, options);
    const text = await readIfThere(manifestPath);
    const manifest = text === undefined ? undefined : parseManifest(text);
    const info = await stat(path).catch(() => undefined);
    if (manifest === undefined || info?.size !== manifest.image.sizeBytes) continue;
    images.push({ name, path, manifestPath, manifest, madeAt: info.mtime });
  }
  return images;
}

/**
 * Puts an image into the cache folder, in place of one of its name. Of several builders at once one
 * wins: each looks after its last write whether both files are its own or both another's, and else
 * writes again.
 *
 * @param manifest its name, length and hash fit the archive
 */
export async function storeImage(
  manifest: ImageManifest,
  archive: Uint8Array,
  options: StoreOptions,
): Promise<Image> {
  const { name } = manifest;
  const { path, manifestPath } = placeOf(name, options);
  for (let count = 0; count < writesMaximum; count++) {
    await writeWhole(path, archive);
    // The manifest comes last: it has the hash, so that the pair counts only when both are there.
    await writeWhole(manifestPath, Buffer.from(manifestText(manifest)));
    if ((await readImage({ ...options, name })) !== undefined) break;
  }
  return { name, path, manifestPath, manifest };
}

/** Removes an image, also one that does not count. @returns whether there was a file of it */
export async function removeImage(name: string, options: StoreOptions = {}): Promise<boolean> {
  const { path, manifestPath } = placeOf(name, options);
  let isThere = false;
  // The manifest first: an image without one does not count.
  for (const file of [manifestPath, path]) {
    try {
      await rm(file);
      isThere = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw new ImageError("input", `cannot remove ${file}: ${reasonOf(error)}`);
    }
  }
  return isThere;
}
