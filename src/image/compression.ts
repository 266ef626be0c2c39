/**
 * Decompression with a limit: what a small file grows to is not known before, and nobody shall fill
 * our memory. Layers: one format after another; the choice by name or by the first bytes.
 */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import xzDecompress from "xz-decompress";
import { ImageError, reasonOf } from "./errors.js";

/** More came out than the limit. */
class TooMuch extends Error {}

/** Decompresses xz data (the .xz file format 1.2). */
async function decompressXz(bytes: Uint8Array, maximumBytes: number): Promise<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = new xzDecompress.XzReadableStream(source).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return Buffer.concat(chunks);
    }
    length += value.length;
    if (length > maximumBytes) {
      await reader.cancel();
      throw new TooMuch();
    }
    // The decoder hands out a view of its own memory, which the next step overwrites.
    chunks.push(value.slice());
  }
}

async function decompressGzip(bytes: Uint8Array, maximumBytes: number): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maximumBytes });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === "ERR_BUFFER_TOO_LARGE" ? new TooMuch() : error;
  }
}

type Format = "xz" | "gz" | "none";

async function decompressAs(
  format: Format,
  name: string,
  bytes: Uint8Array,
  maximumBytes: number,
): Promise<Uint8Array> {
  try {
    if (format === "xz") return await decompressXz(bytes, maximumBytes);
    if (format === "gz") return await decompressGzip(bytes, maximumBytes);
    if (bytes.length > maximumBytes) throw new TooMuch();
    return bytes;
  } catch (error) {
    const text =
      error instanceof TooMuch
        ? `${name} has more than ${maximumBytes / 2 ** 20} MiB when it is decompressed`
        : `${name} is damaged: ${reasonOf(error)}`;
    throw new ImageError("malformed", text);
  }
}

/**
 * Decompresses a file in the way that its name says: ".xz", ".gz" or none.
 *
 * @param maximumBytes more than this is refused
 * @throws ImageError "malformed"
 */
export async function decompress(
  name: string,
  bytes: Uint8Array,
  maximumBytes: number,
): Promise<Uint8Array> {
  const format = name.endsWith(".xz") ? "xz" : name.endsWith(".gz") ? "gz" : "none";
  if (format === "none" && /\.\w+$/.test(name) && !name.endsWith(".tar")) {
    throw new ImageError("malformed", `${name} is compressed in a way that is not known here`);
  }
  return await decompressAs(format, name, bytes, maximumBytes);
}

/** First bytes of formats that others use for root file systems. */
const unknownFormats: readonly (readonly [string, readonly number[]])[] = Object.freeze([
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  ["lzop", [0x89, 0x4c, 0x5a, 0x4f]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  ["squashfs", [0x68, 0x73, 0x71, 0x73]],
]);

const startsWith = (bytes: Uint8Array, first: readonly number[]): boolean =>
  first.every((byte, index) => bytes[index] === byte);

/**
 * Decompresses a file by its first bytes: xz, gzip, or not compressed.
 *
 * @param name what messages call the file
 * @param maximumBytes more than this is refused
 * @throws ImageError "malformed"; a format that is not known here is named
 */
export async function decompressAny(
  name: string,
  bytes: Uint8Array,
  maximumBytes: number,
): Promise<Uint8Array> {
  const [format] = unknownFormats.find(([, first]) => startsWith(bytes, first)) ?? [];
  if (format !== undefined) {
    const known = "known are cpio and tar, as they are or compressed by gzip or xz";
    throw new ImageError("malformed", `${name} is in the format ${format}; ${known}`);
  }
  const isXz = startsWith(bytes, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
  const isGzip = startsWith(bytes, [0x1f, 0x8b]);
  return await decompressAs(isXz ? "xz" : isGzip ? "gz" : "none", name, bytes, maximumBytes);
}
