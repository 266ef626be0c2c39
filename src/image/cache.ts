/**
 * The cache folder. What was fetched lies in `objects/` under its SHA256, the last verified Release
 * in `releases/`, finished images in `images/`. A file appears whole or not at all: it is written
 * under a name of its own and renamed, so that builders at work at once, and a builder that is
 * killed, leave nothing broken.
 */

import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { ImageError, reasonOf } from "./errors.js";
import type { Environment } from "./proxy.js";

/** SHA256 as 64 hexadecimal digits in lower case. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * The cache folder of an environment: SIXFOLD_CACHE, else `sixfold` in XDG_CACHE_HOME (XDG Base
 * Directory Specification: a relative one is ignored), else in `.cache` of the home folder.
 */
export function defaultCacheFolder(environment: Environment): string {
  const own = environment.SIXFOLD_CACHE ?? "";
  if (own !== "") {
    return resolve(own);
  }
  const base = environment.XDG_CACHE_HOME ?? "";
  const home = environment.HOME ?? homedir();
  return join(isAbsolute(base) ? base : join(home, ".cache"), "sixfold");
}

/** Reads a file that may be absent. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw new ImageError("input", `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Reads a file that may be absent into memory that workers can share: an image is not copied for
 * the worker that runs it.
 */
export async function readShared(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const bytes = new Uint8Array(new SharedArrayBuffer(size));
      let done = 0;
      while (done < size) {
        const { bytesRead } = await file.read(bytes, done, size - done, done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw new ImageError("input", `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Writes a file, whole or not at all, and makes the folders that it needs.
 *
 * @param remedy what the user may do where that fails
 */
export async function writeWhole(
  path: string,
  bytes: Uint8Array,
  remedy = "SIXFOLD_CACHE names another folder",
): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    try {
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(bytes);
        // Else the new name could be on the disk before the contents are.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    const message = `cannot write ${path}: ${reasonOf(error)}; ${remedy}`;
    throw new ImageError("input", message, { cause: error });
  }
}

/** What was fetched, kept by its SHA256. */
export class ObjectCache {
  constructor(readonly folder: string) {}

  #path(hash: string): string {
    return join(this.folder, "objects", hash.slice(0, 2), hash);
  }

  /** The object with a hash, or undefined; one that was damaged on the disk counts as absent. */
  async read(hash: string): Promise<Uint8Array | undefined> {
    const bytes = await readIfThere(this.#path(hash));
    return bytes !== undefined && sha256(bytes) === hash ? bytes : undefined;
  }

  /** Keeps an object whose hash was compared. */
  async write(hash: string, bytes: Uint8Array): Promise<void> {
    await writeWhole(this.#path(hash), bytes);
  }
}
