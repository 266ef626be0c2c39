/**
 * Builds an image: a root file system in cpio format (`src/abi/cpio.ts`) and, beside it, a manifest
 * that says what it was made from. The same packages and Release give the same bytes.
 *
 * Layers, from the bottom: the manifest; the contents; the files in the cache folder; `buildImage`.
 */

import { readFile } from "node:fs/promises";
import { writeCpio } from "../abi/cpio.js";
import { appletNames } from "./applets.js";
import { architecture, gatherIngredients, type Ingredients, suite } from "./archive.js";
import { addAppletLinks, addConfiguration, addLayout, addPrivilegedApplets } from "./base-files.js";
import { sha256, writeWhole } from "./cache.js";
import { readDeb } from "./deb.js";
import { ImageError } from "./errors.js";
import type { ImageOptions } from "./options.js";
import {
  defaultName,
  findImage,
  type Image,
  type ImageManifest,
  imageFormat,
  type ManifestPackage,
  placeOf,
} from "./stored.js";
import { RootTree } from "./tree.js";

/** The packages of the image that everything starts with. */
const defaultPackages: readonly string[] = Object.freeze(["busybox-static", "tzdata"]);

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
