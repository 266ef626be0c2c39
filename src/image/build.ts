/**
 * Builds an image: a root file system in cpio format (`src/abi/cpio.ts`) and, beside it, a manifest
 * that says what it was made from. The same packages and Release give the same bytes.
 *
 * Layers, from the bottom: the manifest; the contents; the files in the cache folder; `buildImage`.
 */

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeCpio } from "../abi/cpio.js";
import { appletNames } from "./applets.js";
import { architecture, gatherIngredients, type Ingredients, suite } from "./archive.js";
import { addAppletLinks, addConfiguration, addLayout, addPrivilegedApplets } from "./base-files.js";
import { defaultCacheFolder, readIfThere, sha256, writeWhole } from "./cache.js";
import { readDeb } from "./deb.js";
import { ImageError } from "./errors.js";
import type { ImageOptions } from "./options.js";
import { RootTree } from "./tree.js";

/** Counts up when the contents of images change, so that older images are built anew. */
const imageFormat = 4;

/** The packages of the image that everything starts with. */
const defaultPackages: readonly string[] = Object.freeze(["busybox-static", "tzdata"]);
const defaultName = "default";

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

export interface BuiltImage extends Image {
  /** False if the image was there already and nothing was done. */
  readonly built: boolean;
}

async function toolName(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { name, version } = JSON.parse(text) as { name: string; version: string };
  return `${name} ${version}`;
}

interface Contents {
  readonly archive: Uint8Array;
  readonly packages: readonly ManifestPackage[];
  readonly applets: readonly string[];
}

async function assemble({ release, packages }: Ingredients): Promise<Contents> {
  const tree = new RootTree(Math.floor(release.date.getTime() / 1000));
  addLayout(tree);
  const described: ManifestPackage[] = [];
  for (const entry of packages) {
    const { scripts, files, control } = await readDeb(entry.archive);
    if (control.get("package") !== entry.name || control.get("version") !== entry.version) {
      const message = `${entry.path} is not ${entry.name} ${entry.version}: choose another mirror`;
      throw new ImageError("untrusted", message);
    }
    tree.unpack(files);
    const { name, version, path, sizeBytes, sha256: hash } = entry;
    described.push({
      name,
      version,
      architecture: entry.architecture,
      path,
      sizeBytes,
      sha256: hash,
      scriptsNotRun: scripts,
    });
  }
  const busybox = tree.read("bin/busybox");
  if (busybox === undefined) {
    throw new ImageError("malformed", "no package brought /bin/busybox, which the image is run by");
  }
  const applets = appletNames(busybox);
  addPrivilegedApplets(tree, busybox, applets);
  addAppletLinks(tree, applets);
  addConfiguration(tree, release);
  return { archive: writeCpio(tree.entries()), packages: described, applets };
}

function placeOf(options: ImageOptions): { folder: string; path: string; manifestPath: string } {
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

/**
 * Finds the default image if it was built, without using the network. An image that does not fit
 * its manifest (another builder is just replacing it, or a disk was full) or that an older version
 * built counts as absent.
 *
 * @throws ImageError "input" if the cache folder cannot be read
 */
export async function findImage(options: ImageOptions = {}): Promise<Image | undefined> {
  const { path, manifestPath } = placeOf(options);
  const text = await readIfThere(manifestPath);
  const manifest = text === undefined ? undefined : parseManifest(text);
  const archive = manifest === undefined ? undefined : await readIfThere(path);
  if (manifest === undefined || archive === undefined) {
    return undefined;
  }
  const fits = sha256(archive) === manifest.image.sha256;
  return fits ? { name: defaultName, path, manifestPath, manifest } : undefined;
}

/**
 * Builds the default image: busybox-static and tzdata of Debian for riscv64. If it exists already
 * it is returned as it is and nothing is fetched, unless `rebuild` says otherwise.
 *
 * @returns where the image is and what is in it
 * @throws ImageError whose message is one line for the user; the signal's reason if that aborts
 */
export async function buildImage(options: ImageOptions = {}): Promise<BuiltImage> {
  options.signal?.throwIfAborted();
  const { folder, path, manifestPath } = placeOf(options);
  const present = options.rebuild === true ? undefined : await findImage(options);
  if (present !== undefined) {
    return { ...present, built: false };
  }
  const ingredients = await gatherIngredients(defaultPackages, folder, options);
  options.signal?.throwIfAborted();
  const { archive, packages, applets } = await assemble(ingredients);
  const { release, releaseSha256 } = ingredients;
  const manifest: ImageManifest = {
    format: imageFormat,
    name: defaultName,
    tool: await toolName(),
    architecture,
    suite,
    release: { version: release.version, date: release.date.toISOString(), sha256: releaseSha256 },
    packages,
    applets,
    image: { sizeBytes: archive.length, sha256: sha256(archive) },
  };
  options.signal?.throwIfAborted();
  await writeWhole(path, archive);
  // The manifest comes last: it names the hash, so that the pair counts only when both are there.
  await writeWhole(manifestPath, Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`));
  const totalBytes = archive.length;
  options.onProgress?.({ stage: "image", doneBytes: totalBytes, totalBytes });
  return { name: defaultName, path, manifestPath, manifest, built: true };
}
