/**
 * Writes an image to a file that other tools read: cpio as it lies in the cache, or a tar of the
 * root file system, which container tools import. Either has what the image was made from in it.
 */
import { extname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type CpioFile, linkCpio, readCpio } from "../abi/cpio.js";
import { writeWhole } from "./cache.js";
import { ImageError } from "./errors.js";
import type { StoreOptions } from "./options.js";
import { readImage } from "./stored.js";
import { type ArchiveFile, typeOfMode, writeTar } from "./tar.js";

function fileOf(file: CpioFile): ArchiveFile {
  const type = typeOfMode(file.mode) ?? "file";
  const isLink = type === "symbolic-link";
  const path = file.path === "." ? "./" : `./${file.path}${type === "directory" ? "/" : ""}`;
  const target = isLink ? Buffer.from(file.data).toString("utf8") : "";
  return {
    path,
    type: file.hardLinkTo === undefined ? type : "hard-link",
    permissions: file.mode & 0o7777,
    uid: file.uid,
    gid: file.gid,
    mtime: file.mtime,
    target: file.hardLinkTo === undefined ? target : `./${file.hardLinkTo}`,
    rdevMajor: file.rdevMajor,
    rdevMinor: file.rdevMinor,
    data: isLink || file.hardLinkTo !== undefined ? new Uint8Array(0) : file.data,
  };
}

/** Ends of names, and what is written under each. */
type Format = "cpio" | "tar" | "tar.gz";

function formatOf(path: string): Format {
  if (/\.(tar\.gz|tgz)$/i.test(path)) return "tar.gz";
  const end = extname(path).toLowerCase();
  if (end === ".cpio" || end === ".tar") return end.slice(1) as Format;
  throw new ImageError("input", `name the file with .cpio, .tar, .tar.gz or .tgz, not ${path}`);
}

/**
 * Writes an image to a file, whole or not at all. The same image gives the same bytes; a compressed
 * file, the same bytes for the same zlib.
 *
 * @param path its end says the format: .cpio, .tar, .tar.gz or .tgz
 * @returns the length of the file in bytes
 * @throws ImageError "input" if there is no such image or the file cannot be written
 */
export async function exportImage(
  name: string,
  path: string,
  options: StoreOptions = {},
): Promise<number> {
  const format = formatOf(path);
  const image = await readImage({ ...options, name });
  if (image === undefined) {
    throw new ImageError("input", `there is no image ${name}; see: sixfold image list`);
  }
  let bytes = image.archive;
  if (format !== "cpio") bytes = writeTar(linkCpio(readCpio(bytes)).map(fileOf));
  if (format === "tar.gz") bytes = await promisify(gzip)(bytes, { level: 9 });
  await writeWhole(path, bytes, "choose another place");
  return bytes.length;
}
