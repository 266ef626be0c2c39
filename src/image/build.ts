/**
 * Builds an image: a root file system in cpio format (`src/abi/cpio.ts`) and, beside it, a manifest
 * that says what it was made from. The same packages and Release give the same bytes.
 *
 * Layers, from the bottom: the contents; the archive and its manifest; `buildImage`.
 */
import { writeCpio } from "../abi/cpio.js";
import { addAlternatives } from "./alternatives.js";
import { appletNames } from "./applets.js";
import {
  architecture,
  type FetchedPackage,
  gatherIngredients,
  type Ingredients,
  suite,
} from "./archive.js";
import { addAppletLinks, addConfiguration, addLayout, addPrivilegedApplets } from "./base-files.js";
import { sha256 } from "./cache.js";
import { type DebianPackage, readDeb } from "./deb.js";
import { ImageError } from "./errors.js";
import {
  contentsPath,
  type ImageContents,
  type ImageManifest,
  type ImageRequest,
  imageFormat,
  type ManifestPackage,
  manifestText,
  toolName,
} from "./manifest.js";
import type { ImageOptions } from "./options.js";
import { allows } from "./relations.js";
import { defaultName, findImage, type Image, placeOf, storeImage } from "./stored.js";
import type { ArchiveFile } from "./tar.js";
import { RootTree } from "./tree.js";

/** The packages of the image that everything starts with. */
const defaultPackages: readonly string[] = Object.freeze(["busybox-static", "tzdata"]);

/**
 * /bin/sh of an image with further packages, as Debian has it: busybox's own runs its applets
 * before any program of that name in PATH.
 */
const shellPackage = "dash";

/** More than this is no image: it lies in the memory of the machine. */
export const imageMaximumBytes = 2 ** 30;

export interface BuiltImage extends Image {
  /** False if the image was there already and nothing was done. */
  readonly built: boolean;
}

/** What a slim image is without, and what of that it has: licences (Debian Policy 12.5). */
const documentation = /^usr\/share\/(doc|doc-base|info|locale|man|help|gnome\/help|lintian)\/./;
const licence = /^usr\/share\/doc\/(.*\/)?copyright$/;

const isLeftOut = (place: string): boolean => documentation.test(place) && !licence.test(place);

/** Whether `one` takes over files of `other` (Replaces, Debian Policy 7.6). */
const replaces = (one: FetchedPackage, other: FetchedPackage): boolean =>
  one.replaces.some((relation) => relation.name === other.name && allows(relation, other.version));

/** Unpacks packages into a tree, as dpkg would one after another. */
class Unpacker {
  readonly #owners = new Map<string, FetchedPackage>();

  constructor(
    private readonly tree: RootTree,
    private readonly isSlim: boolean,
    private readonly warn: (message: string) => void,
  ) {}

  unpack(entry: FetchedPackage, files: readonly ArchiveFile[]): void {
    for (const file of files) {
      const place = this.tree.place(file.path);
      if (this.isSlim && isLeftOut(place)) continue;
      const owner = this.#owners.get(place);
      if (owner !== undefined && file.type !== "directory") {
        if (replaces(owner, entry)) continue;
        if (!replaces(entry, owner)) {
          this.warn(`/${place} is in ${owner.name} and in ${entry.name}; the first is kept`);
          continue;
        }
      }
      this.tree.unpack([file]);
      if (file.type !== "directory") this.#owners.set(place, entry);
    }
  }
}

async function readPackage(entry: FetchedPackage): Promise<DebianPackage> {
  const read = await readDeb(entry.archive);
  const { control } = read;
  if (control.get("package") !== entry.name || control.get("version") !== entry.version) {
    const message = `${entry.path} is not ${entry.name} ${entry.version}: choose another mirror`;
    throw new ImageError("untrusted", message);
  }
  return read;
}

function describe(entry: FetchedPackage, read: DebianPackage): ManifestPackage {
  const { name, version, path, sizeBytes, neededByScripts } = entry;
  return {
    name,
    version,
    architecture: entry.architecture,
    path,
    sizeBytes,
    sha256: entry.sha256,
    scriptsNotRun: [...read.scripts.keys()],
    neededByScripts,
  };
}

/** Puts the contents together: packages first, then what none of them brought. */
async function assemble(
  ingredients: Ingredients,
  request: ImageRequest,
  options: ImageOptions,
): Promise<{ tree: RootTree; contents: ImageContents }> {
  const { release, releaseSha256, packages } = ingredients;
  const tree = new RootTree(Math.floor(release.date.getTime() / 1000));
  addLayout(tree);
  const unpacker = new Unpacker(tree, request.slim, options.onWarning ?? (() => undefined));
  const described: ManifestPackage[] = [];
  const scripts: string[] = [];
  const totalBytes = packages.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  let doneBytes = 0;
  for (const entry of packages) {
    options.signal?.throwIfAborted();
    const read = await readPackage(entry);
    unpacker.unpack(entry, read.files);
    described.push(describe(entry, read));
    scripts.push(read.scripts.get("postinst") ?? "");
    doneBytes += entry.sizeBytes;
    options.onProgress?.({ stage: "unpack", doneBytes, totalBytes });
  }
  const alternatives = addAlternatives(tree, scripts);
  const busybox = tree.read("bin/busybox");
  if (busybox === undefined && !request.minimal) {
    throw new ImageError("malformed", "no package brought /bin/busybox, which the image is run by");
  }
  const applets = busybox === undefined ? [] : appletNames(busybox);
  if (busybox !== undefined) {
    addPrivilegedApplets(tree, busybox, applets);
    addAppletLinks(tree, applets);
  }
  addConfiguration(tree, release, applets);
  const date = release.date.toISOString();
  const contents: ImageContents = {
    format: imageFormat,
    tool: await toolName(),
    architecture,
    origin: "packages",
    suite,
    release: { version: release.version, date, sha256: releaseSha256 },
    request,
    packages: described,
    alternatives,
    applets,
  };
  return { tree, contents };
}

/**
 * Makes an image of a tree and what is in it.
 *
 * @throws ImageError "input" if it would be too large
 */
export function finishImage(
  name: string,
  tree: RootTree,
  contents: ImageContents,
): { manifest: ImageManifest; archive: Uint8Array } {
  const text = Buffer.from(manifestText(contents));
  // An image that comes back keeps its own, with its time.
  if (!text.equals(tree.read(contentsPath) ?? Buffer.alloc(0))) tree.file(contentsPath, text);
  if (tree.sizeBytes > imageMaximumBytes) {
    const [size, limit] = [tree.sizeBytes, imageMaximumBytes].map((bytes) => bytes / 2 ** 20);
    throw new ImageError("input", `${name} would have ${size?.toFixed(0)} MiB of ${limit} at most`);
  }
  const archive = writeCpio(tree.entries());
  const image = { sizeBytes: archive.length, sha256: sha256(archive) };
  return { manifest: { ...contents, name, image }, archive };
}

function requestOf(options: ImageOptions): ImageRequest {
  const name = options.name ?? defaultName;
  const packages = [...new Set(options.packages ?? [])].sort();
  const request = {
    packages,
    minimal: options.minimal ?? false,
    essential: options.essential ?? false,
    slim: options.slim ?? false,
  };
  const isPlain = !request.minimal && !request.essential && !request.slim;
  if (name === defaultName && (packages.length > 0 || !isPlain)) {
    const text = `"${defaultName}" is the image without further packages: give another name`;
    throw new ImageError("input", text);
  }
  if (request.minimal && packages.length === 0 && !request.essential) {
    throw new ImageError("input", "an image of no packages: name those that it shall have");
  }
  const odd = packages.find((one) => !/^[a-z0-9][a-z0-9+.-]+$/.test(one));
  if (odd !== undefined) {
    throw new ImageError("input", `${JSON.stringify(odd)} cannot be the name of a package`);
  }
  return request;
}

const isSame = (one: ImageRequest, other: ImageRequest | undefined): boolean =>
  one.packages.join() === other?.packages.join() &&
  one.minimal === other.minimal &&
  one.essential === other.essential &&
  one.slim === other.slim;

/**
 * Builds an image of packages of Debian for riscv64: busybox-static and tzdata, and those that
 * `packages` names with what they need. If it exists already, made of the same wishes, it is
 * returned as it is and nothing is fetched, unless `rebuild` says otherwise.
 *
 * @returns where the image is and what is in it
 * @throws ImageError whose message is for the user; the signal's reason if that aborts
 */
export async function buildImage(options: ImageOptions = {}): Promise<BuiltImage> {
  options.signal?.throwIfAborted();
  const name = options.name ?? defaultName;
  const { folder } = placeOf(name, options);
  const request = requestOf(options);
  const present = options.rebuild === true ? undefined : await findImage({ ...options, name });
  if (present !== undefined && isSame(request, present.manifest.request)) {
    return { ...present, built: false };
  }
  const base = request.packages.length > 0 ? [...defaultPackages, shellPackage] : defaultPackages;
  const names = [...(request.minimal ? [] : base), ...request.packages];
  const wanted = { names, essential: request.essential };
  const ingredients = await gatherIngredients(wanted, folder, options);
  options.signal?.throwIfAborted();
  const { tree, contents } = await assemble(ingredients, request, options);
  const { manifest, archive } = finishImage(name, tree, contents);
  options.signal?.throwIfAborted();
  const image = await storeImage(manifest, archive, options);
  const totalBytes = archive.length;
  options.onProgress?.({ stage: "image", doneBytes: totalBytes, totalBytes });
  return { ...image, built: true };
}
