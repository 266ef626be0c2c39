/**
 * Takes in a root file system made elsewhere: cpio in the new ASCII format, or tar, as they are or
 * compressed by gzip or xz. Whatever the archive says, files end up inside the new image only:
 * nothing is written to the host but the image, and a path that leads out of it is an error.
 *
 * Layers, from the bottom: the file; its format; the tree; the image.
 */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { CpioError, linkCpio, readCpio } from "../abi/cpio.js";
import { architecture } from "./archive.js";
import { finishImage, imageMaximumBytes } from "./build.js";
import { decompressAny } from "./compression.js";
import { ImageError, reasonOf } from "./errors.js";
import {
  contentsPath,
  type ImageContents,
  imageFormat,
  parseContents,
  toolName,
} from "./manifest.js";
import type { StoreOptions } from "./options.js";
import { defaultName, findImage, type Image, isImageName, storeImage } from "./stored.js";
import { type ArchiveFile, isTar, readTar, typeOfMode } from "./tar.js";
import { RootTree } from "./tree.js";

/** Numbers of owners that the format of images has room for. */
const numberMaximum = 2 ** 32 - 1;
const pathMaximumBytes = 4095; // PATH_MAX without its NUL
const nameMaximumBytes = 255; // NAME_MAX
const deviceMaximum = 255;

export interface ImportOptions extends StoreOptions {
  /** What the image is called; default: the file's name up to its first dot. */
  readonly name?: string | undefined;
  /** Takes the place of an image of that name. Default: that is an error. */
  readonly replace?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function readArchive(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > imageMaximumBytes) {
        const limit = imageMaximumBytes / 2 ** 20;
        throw new ImageError("input", `${path} has more than ${limit} MiB`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError("input", `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** The files of a cpio archive; sockets, which nobody can open, are left out. */
function filesOfCpio(archive: Uint8Array, origin: string): ArchiveFile[] {
  try {
    return linkCpio(readCpio(archive)).flatMap((file) => {
      const type = typeOfMode(file.mode);
      if (type === undefined) return [];
      const isLink = type === "symbolic-link";
      return [
        {
          path: file.path,
          type: file.hardLinkTo === undefined ? type : "hard-link",
          permissions: file.mode & 0o7777,
          uid: file.uid,
          gid: file.gid,
          mtime: file.mtime,
          target: file.hardLinkTo ?? (isLink ? Buffer.from(file.data).toString("utf8") : ""),
          rdevMajor: file.rdevMajor,
          rdevMinor: file.rdevMinor,
          data: isLink ? new Uint8Array(0) : file.data,
        },
      ];
    });
  } catch (error) {
    if (error instanceof CpioError)
      throw new ImageError("malformed", `${origin}: ${error.message}`);
    throw error;
  }
}

async function filesOf(archive: Uint8Array, origin: string): Promise<ArchiveFile[]> {
  const magic = Buffer.from(archive.subarray(0, 6)).toString("latin1");
  if (magic === "070701" || magic === "070702") return filesOfCpio(archive, origin);
  if (isTar(archive)) return await readTar(archive, origin);
  const known = "cpio (newc) or tar, as they are or compressed by gzip or xz";
  throw new ImageError(
    "malformed",
    `${origin} is no root file system that is known here: ${known}`,
  );
}

/** What can be wrong with one file, in words; undefined: nothing. */
function faultOf(file: ArchiveFile): string | undefined {
  const { path, target, uid, gid, mtime, rdevMajor, rdevMinor } = file;
  const steps = path.split("/");
  if (path.includes("\0") || target.includes("\0")) return "has a NUL in its name";
  // What a decoder puts where bytes are not UTF-8: two names could become one.
  if (path.includes("\ufffd") || target.includes("\ufffd")) return "has a name that is not UTF-8";
  if (steps.includes("..")) return 'has a ".." in its name';
  if (Buffer.byteLength(path) > pathMaximumBytes) return "has too long a path";
  if (steps.some((step) => Buffer.byteLength(step) > nameMaximumBytes))
    return "has too long a name";
  if (file.type === "symbolic-link" && target === "") return "is a link without a target";
  if (Buffer.byteLength(target) > pathMaximumBytes) return "has too long a target";
  if (steps.at(-1)?.startsWith(".wh.") === true) return "is a layer's mark that a file is removed";
  const isNumber = (value: number): boolean =>
    Number.isInteger(value) && value >= 0 && value <= numberMaximum;
  if (![uid, gid, mtime].every(isNumber)) return "has an owner or a time out of range";
  const isDevice = (value: number): boolean =>
    Number.isInteger(value) && value >= 0 && value <= deviceMaximum;
  if (![rdevMajor, rdevMinor].every(isDevice)) return "has a device number out of range";
  return undefined;
}

/** Files of a container tool's archive of whole images, which is not a root file system itself. */
const containerFiles: readonly string[] = Object.freeze(["oci-layout", "manifest.json"]);

function treeOf(files: readonly ArchiveFile[], origin: string): RootTree {
  const names = new Set(files.map(({ path }) => path.replace(/^(\.?\/)+/, "")));
  if (containerFiles.every((name) => names.has(name)) || names.has("index.json")) {
    const remedy = "export a container's file system instead (docker export)";
    throw new ImageError("malformed", `${origin} is an archive of container layers: ${remedy}`);
  }
  const newest = files.reduce((most, { mtime }) => Math.max(most, mtime), 0);
  const tree = new RootTree(Math.min(newest, numberMaximum));
  for (const file of files) {
    const fault = faultOf(file);
    if (fault !== undefined) {
      const shown = JSON.stringify(file.path.slice(0, 80));
      throw new ImageError("malformed", `${origin}: ${shown} ${fault}`);
    }
    try {
      tree.unpack([file]);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      throw new ImageError("malformed", `${origin}: ${error.message}`);
    }
  }
  return tree;
}

/** What an archive says of itself, if it is one of ours; else only where it came from. */
async function contentsOf(tree: RootTree): Promise<ImageContents> {
  const own = tree.read(contentsPath);
  const contents = own === undefined ? undefined : parseContents(own);
  return (
    contents ?? {
      format: imageFormat,
      tool: await toolName(),
      architecture,
      origin: "import",
      packages: [],
      alternatives: [],
      applets: [],
    }
  );
}

function nameOf(path: string, options: ImportOptions): string {
  const name = options.name ?? basename(path).replace(/\..*$/, "");
  if (options.name === undefined && !isImageName(name)) {
    throw new ImageError("input", `${path} makes no name for an image: give one after it`);
  }
  if (name === defaultName) {
    const text = `"${defaultName}" is the image that is built from packages: give another name`;
    throw new ImageError("input", text);
  }
  return name;
}

/**
 * Makes an image of a root file system in a file.
 *
 * @param path cpio (newc) or tar, as it is or compressed by gzip or xz
 * @throws ImageError "input" (no such file, name in use) or "malformed" (what is in the file)
 */
export async function importImage(path: string, options: ImportOptions = {}): Promise<Image> {
  const name = nameOf(path, options);
  if (options.replace !== true && (await findImage({ ...options, name })) !== undefined) {
    throw new ImageError("input", `there is an image ${name} already: --replace takes its place`);
  }
  const packed = await readArchive(path);
  const archive = await decompressAny(path, packed, imageMaximumBytes);
  options.signal?.throwIfAborted();
  const tree = treeOf(await filesOf(archive, path), path);
  const finished = finishImage(name, tree, await contentsOf(tree));
  options.signal?.throwIfAborted();
  return await storeImage(finished.manifest, finished.archive, options);
}
