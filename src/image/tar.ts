/**
 * Tar archives (POSIX ustar and pax, GNU's long names). Layers: what a file is; reading; writing.
 */
import { Header, Parser, Pax, type ReadEntry } from "tar";
import { fileType } from "../abi/cpio.js";
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

const typesOfMode: ReadonlyMap<number, ArchiveFile["type"]> = new Map<number, ArchiveFile["type"]>([
  [fileType.directory, "directory"],
  [fileType.regular, "file"],
  [fileType.symbolicLink, "symbolic-link"],
  [fileType.characterDevice, "character-device"],
  [fileType.blockDevice, "block-device"],
  [fileType.fifo, "fifo"],
]);

/** What a file with this st_mode is in an archive; undefined: a socket, or nothing there is. */
export const typeOfMode = (mode: number): ArchiveFile["type"] | undefined =>
  typesOfMode.get(mode & fileType.mask);

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

const blockBytes = 512;
const filesMaximum = 500_000;

function fileOf(entry: ReadEntry, data: Uint8Array, origin: string): ArchiveFile {
  const type = typesOfTar[entry.type];
  if (type === undefined) {
    throw new ImageError(
      "malformed",
      `${JSON.stringify(entry.path)} in ${origin} has the type ${entry.type}`,
    );
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

/** Whether bytes begin with a tar header; an archive of nothing is zeros. */
export function isTar(bytes: Uint8Array): boolean {
  if (bytes.length < blockBytes) return false;
  const header = new Header(Buffer.from(bytes.subarray(0, blockBytes)), 0);
  return header.nullBlock || header.cksumValid;
}

/**
 * All files of a tar archive.
 *
 * @param origin what messages call the archive
 * @throws ImageError "malformed"
 */
export async function readTar(archive: Uint8Array, origin: string): Promise<ArchiveFile[]> {
  // The library would decompress what is compressed, without our limit.
  if (!isTar(archive)) throw new ImageError("malformed", `${origin} is not a tar archive`);
  const pending: Promise<ArchiveFile>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Parser({ strict: true });
      parser.on("entry", (entry: ReadEntry) => {
        const file = entry.concat().then((data) => fileOf(entry, data, origin));
        file.catch(reject);
        pending.push(file);
        if (pending.length > filesMaximum) reject(new Error(`more than ${filesMaximum} files`));
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
    throw new ImageError("malformed", `a tar archive of ${origin} is damaged: ${reasonOf(error)}`);
  }
}

const typeNames = Object.freeze({
  directory: "Directory",
  file: "File",
  "symbolic-link": "SymbolicLink",
  "hard-link": "Link",
  "character-device": "CharacterDevice",
  "block-device": "BlockDevice",
  fifo: "FIFO",
} as const);

function headerOf(file: ArchiveFile): Buffer {
  const isLink = file.type === "symbolic-link" || file.type === "hard-link";
  const header = new Header({
    path: file.path,
    type: typeNames[file.type],
    mode: file.permissions,
    uid: file.uid,
    gid: file.gid,
    size: file.data.length,
    mtime: new Date(file.mtime * 1000),
    linkpath: isLink ? file.target : "",
    devmaj: file.rdevMajor,
    devmin: file.rdevMinor,
  });
  const block = Buffer.alloc(blockBytes);
  // True: a field does not fit, and an extended header before it has the whole value.
  if (!header.encode(block)) return block;
  const { path, linkpath, size, uid, gid } = header;
  const pax = new Pax({
    path: path as string,
    ...(isLink ? { linkpath: linkpath as string } : {}),
    size: size as number,
    uid: uid as number,
    gid: gid as number,
  });
  return Buffer.concat([pax.encode(), block]);
}

/** Writes a tar archive; the bytes depend on the files and their order only. */
export function writeTar(files: Iterable<ArchiveFile>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const padding = (blockBytes - (file.data.length % blockBytes)) % blockBytes;
    parts.push(headerOf(file), file.data, Buffer.alloc(padding));
  }
  parts.push(Buffer.alloc(2 * blockBytes));
  return Buffer.concat(parts);
}
