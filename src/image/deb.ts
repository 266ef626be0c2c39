/**
 * Reads a Debian package, a `.deb` (deb(5)): an ar archive of `debian-binary`, `control.tar` and
 * `data.tar`, the last two compressed. Layers, from the bottom: ar; decompression; tar; the
 * package.
 */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import xzDecompress from "xz-decompress";
import { type Stanza, stanzas } from "./control.js";
import { ImageError, reasonOf } from "./errors.js";

/** A file as a tar archive has it. */
export interface ArchiveFile {
  /** As in the archive, for example "./usr/bin/". */
  readonly path: string;
  readonly type:
    | "directory"
    | "file"
    | "symbolic-link"
    | "hard-link"
    | "character-device"
    | "block-device"
    | "fifo";
  /** Permissions only, 0 to 0o7777. */
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Target of a symbolic link, or path of the file that a hard link is the same as. */
  readonly target: string;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  readonly data: Uint8Array;
}

export interface DebianPackage {
  readonly control: Stanza;
  /** Names of the maintainer scripts, which are never run: "preinst", "postinst", ... */
  readonly scripts: readonly string[];
  readonly files: readonly ArchiveFile[];
}

const arMagic = "!<arch>\n";
const arHeaderLengthBytes = 60;

/**
 * The members of an ar archive in their order (the common format of ar(5); a .deb has short names).
 *
 * @throws ImageError "malformed"
 */
export function readAr(archive: Uint8Array): Map<string, Uint8Array> {
  const text = (start: number, end: number): string =>
    Buffer.from(archive.subarray(start, end)).toString("latin1");
  if (text(0, arMagic.length) !== arMagic) {
    throw new ImageError("malformed", "the package is not an ar archive");
  }
  const members = new Map<string, Uint8Array>();
  let offset = arMagic.length;
  while (offset < archive.length) {
    const size = text(offset + 48, offset + 58).trim();
    const dataStart = offset + arHeaderLengthBytes;
    const dataEnd = dataStart + Number(size);
    const isHeader = text(offset + 58, offset + 60) === "`\n" && /^\d+$/.test(size);
    if (!isHeader || dataEnd > archive.length) {
      throw new ImageError("malformed", `the package has no whole ar member at byte ${offset}`);
    }
    const name = text(offset, offset + 16)
      .trim()
      .replace(/\/$/, "");
    members.set(name, archive.subarray(dataStart, dataEnd));
    offset = dataEnd + (dataEnd % 2);
  }
  return members;
}

/** Decompresses xz data (the .xz file format 1.2). */
async function decompressXz(bytes: Uint8Array): Promise<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = new xzDecompress.XzReadableStream(source).getReader();
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return Buffer.concat(chunks);
    }
    // The decoder hands out a view of its own memory, which the next step overwrites.
    chunks.push(value.slice());
  }
}

/**
 * Decompresses a file in the way that its name says: ".xz", ".gz" or none.
 *
 * @throws ImageError "malformed"
 */
export async function decompress(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    if (name.endsWith(".xz")) {
      return await decompressXz(bytes);
    }
    if (name.endsWith(".gz")) {
      return await promisify(gunzip)(bytes);
    }
  } catch (error) {
    throw new ImageError("malformed", `${name} is damaged: ${reasonOf(error)}`);
  }
  if (/\.\w+$/.test(name) && !name.endsWith(".tar")) {
    throw new ImageError("malformed", `${name} is compressed in a way that is not known here`);
  }
  return bytes;
}

const typesOfTar: Readonly<Record<string, ArchiveFile["type"]>> = Object.freeze({
  Directory: "directory",
  File: "file",
  OldFile: "file",
  ContiguousFile: "file",
  SymbolicLink: "symbolic-link",
  Link: "hard-link",
  CharacterDevice: "character-device",
  BlockDevice: "block-device",
  FIFO: "fifo",
});

function fileOf(entry: ReadEntry, data: Uint8Array): ArchiveFile {
  const type = typesOfTar[entry.type];
  if (type === undefined) {
    throw new ImageError("malformed", `${entry.path} in the package has the type ${entry.type}`);
  }
  return {
    path: entry.path,
    type,
    permissions: (entry.mode ?? 0) & 0o7777,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: Math.floor((entry.mtime?.getTime() ?? 0) / 1000),
    target: entry.linkpath ?? "",
    rdevMajor: entry.header.devmaj ?? 0,
    rdevMinor: entry.header.devmin ?? 0,
    data,
  };
}

/**
 * All files of a tar archive (POSIX pax and ustar, GNU's long names).
 *
 * @throws ImageError "malformed"
 */
export async function readTar(archive: Uint8Array): Promise<ArchiveFile[]> {
  const pending: Promise<ArchiveFile>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Parser({ strict: true });
      parser.on("entry", (entry: ReadEntry) => {
        const file = entry.concat().then((data) => fileOf(entry, data));
        file.catch(reject);
        pending.push(file);
      });
      parser.on("error", reject);
      parser.on("end", () => resolve());
      parser.end(Buffer.from(archive.buffer, archive.byteOffset, archive.length));
    });
    return await Promise.all(pending);
  } catch (error) {
    if (error instanceof ImageError) {
      throw error;
    }
    throw new ImageError(
      "malformed",
      `a tar archive of the package is damaged: ${reasonOf(error)}`,
    );
  }
}

const scriptNames: readonly string[] = ["preinst", "postinst", "prerm", "postrm", "config"];

/**
 * Reads a package.
 *
 * @param archive bytes of the .deb, verified
 * @throws ImageError "malformed"
 */
export async function readDeb(archive: Uint8Array): Promise<DebianPackage> {
  const members = readAr(archive);
  const format = members.get("debian-binary");
  if (format === undefined || !/^2\./.test(Buffer.from(format).toString("latin1"))) {
    throw new ImageError("malformed", "the package is not of Debian's format 2");
  }
  const unpack = async (stem: string): Promise<ArchiveFile[]> => {
    for (const [name, bytes] of members) {
      if (name === stem || name.startsWith(`${stem}.`)) {
        return await readTar(await decompress(name, bytes));
      }
    }
    throw new ImageError("malformed", `the package has no ${stem}`);
  };
  const control = await unpack("control.tar");
  const inControl = new Map(control.map((file) => [file.path.replace(/^\.\//, ""), file.data]));
  const text = Buffer.from(inControl.get("control") ?? new Uint8Array()).toString("utf8");
  const [stanza] = [...stanzas(text)];
  if (stanza === undefined) {
    throw new ImageError("malformed", "the package has no control file");
  }
  const scripts = scriptNames.filter((name) => inControl.has(name));
  return { control: stanza, scripts, files: await unpack("data.tar") };
}
