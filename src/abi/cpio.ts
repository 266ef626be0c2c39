/**
 * The cpio archive in its "new ASCII" format, in which an image (a root file system) is stored. It
 * is the format of Linux's initramfs (Documentation/driver-api/early-userspace/buffer-format.rst
 * of Linux), so that other tools can make and read our images:
 *
 *   entry   = header, name with NUL, zeros to a multiple of 4, data, zeros to a multiple of 4
 *   header  = "070701", then 13 fields of 8 hexadecimal digits
 *   archive = entries, then an entry named "TRAILER!!!", then zeros
 *
 * Layers of this file, from the bottom: the fields of a header; `readCpio`, one entry after
 * another as they stand; `linkCpio`, the hard links among them; `writeCpio`, the way back.
 */

/** Types of file in the upper bits of a mode (Linux include/uapi/linux/stat.h). */
export const fileType = Object.freeze({
  mask: 0o170000,
  socket: 0o140000,
  symbolicLink: 0o120000,
  regular: 0o100000,
  blockDevice: 0o060000,
  directory: 0o040000,
  characterDevice: 0o020000,
  fifo: 0o010000,
});

/** One entry, every number an unsigned integer below 2^32. */
export interface CpioEntry {
  /** Without a leading slash and without "." or ".." components; the root directory is ".". */
  readonly path: string;
  /** Type of file and permissions, as `st_mode`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Count of the hard links within the archive; those of one file share `inode` and device. */
  readonly nlink: number;
  readonly inode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Device that the file was on: with `inode` it names a file with several links. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Number of a character or block device, else 0. */
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  /** Contents of a regular file, target of a symbolic link, else empty. */
  readonly data: Uint8Array;
}

/** A file after `linkCpio`: `hardLinkTo` is the path of the earlier entry that is the same file. */
export interface CpioFile extends CpioEntry {
  readonly hardLinkTo: string | undefined;
}

/** The archive is malformed; the message says what is wrong and at which byte, in one line. */
export class CpioError extends Error {
  override readonly name = "CpioError";
}

const headerLengthBytes = 110;
const fieldDigits = 8;
const trailerName = "TRAILER!!!";
const pathLengthMaximum = 4096; // PATH_MAX, Linux include/uapi/linux/limits.h
const zero = 0x30;
/** "07070", then "1" or "2". */
const MAGIC: readonly number[] = Object.freeze([0x30, 0x37, 0x30, 0x37, 0x30]);
const MAGIC_PLAIN = 0x31;
const MAGIC_CHECKSUM = 0x32;
const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(fileType));
/** What has a component that is empty, "." or "..". */
const NOT_NORMAL = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** A name in a message: one line, whatever bytes it has. */
const quoted = (path: string): string => JSON.stringify(path.slice(0, 80));

const alignedTo4 = (offset: number): number => Math.ceil(offset / 4) * 4;

function hexadecimal(archive: Uint8Array, start: number): number {
  let value = 0;
  for (let index = start; index < start + fieldDigits; index++) {
    const code = archive[index] ?? 0;
    const letter = code | 0x20;
    const isDigit = code >= zero && code <= 0x39;
    if (!isDigit && !(letter >= 0x61 && letter <= 0x66)) {
      throw new CpioError(`cpio: byte ${index} is not a hexadecimal digit of a header`);
    }
    value = value * 16 + (isDigit ? code - zero : letter - 0x57);
  }
  return value;
}

/** What stands in the 13 fields of a header, in their order. */
interface Header {
  readonly withChecksum: boolean;
  readonly fields: readonly number[];
}

function readHeader(archive: Uint8Array, start: number): Header {
  if (start + headerLengthBytes > archive.length) {
    throw new CpioError(`cpio: the archive ends inside the header at byte ${start}`);
  }
  const isNew = MAGIC.every((byte, index) => byte === archive[start + index]);
  const last = archive[start + MAGIC.length];
  if (!isNew || (last !== MAGIC_PLAIN && last !== MAGIC_CHECKSUM)) {
    throw new CpioError(`cpio: no entry in the new ASCII format at byte ${start}`);
  }
  const fields: number[] = [];
  for (let index = 0; index < 13; index++) {
    fields.push(hexadecimal(archive, start + 6 + index * fieldDigits));
  }
  return { withChecksum: last === MAGIC_CHECKSUM, fields };
}

function readName(
  archive: Uint8Array,
  start: number,
  lengthBytes: number,
  utf8: TextDecoder,
): string {
  if (lengthBytes < 2 || lengthBytes > pathLengthMaximum) {
    throw new CpioError(`cpio: a name of ${lengthBytes} bytes at byte ${start}`);
  }
  const end = start + lengthBytes;
  if (end > archive.length) {
    throw new CpioError(`cpio: the archive ends inside the name at byte ${start}`);
  }
  const bytes = archive.subarray(start, end);
  if (bytes.indexOf(0) !== lengthBytes - 1) {
    throw new CpioError(`cpio: the name at byte ${start} does not end in its one NUL`);
  }
  try {
    return utf8.decode(bytes.subarray(0, lengthBytes - 1));
  } catch {
    throw new CpioError(`cpio: the name at byte ${start} is not UTF-8`);
  }
}

/** "./usr//bin/" and "/usr/bin" are "usr/bin"; ".." leads out of the archive and is refused. */
function normalPath(name: string, start: number): string {
  if (!NOT_NORMAL.test(name)) return name;
  const components = name.split("/").filter((part) => part !== "" && part !== ".");
  if (components.includes("..")) {
    throw new CpioError(`cpio: the name at byte ${start} has a ".." in it`);
  }
  return components.length === 0 ? "." : components.join("/");
}

function checkType(entry: CpioEntry, start: number): void {
  const type = entry.mode & fileType.mask;
  const known = type !== fileType.mask && KNOWN_TYPES.has(type);
  if (!known || entry.mode > 0o177777) {
    throw new CpioError(`cpio: ${quoted(entry.path)} (byte ${start}) has no known type of file`);
  }
  const mayHaveData = type === fileType.regular || type === fileType.symbolicLink;
  if (!mayHaveData && entry.data.length > 0) {
    throw new CpioError(
      `cpio: ${quoted(entry.path)} (byte ${start}) is of a type that has no data`,
    );
  }
  const target = entry.data;
  const badTarget = target.length === 0 || target.length >= pathLengthMaximum || target.includes(0);
  if (type === fileType.symbolicLink && badTarget) {
    throw new CpioError(
      `cpio: ${quoted(entry.path)} (byte ${start}) is a link without a proper target`,
    );
  }
}

/** The format's own checksum ("070702"): the sum of all data bytes, modulo 2^32. */
function checkSum(entry: CpioEntry, expected: number, start: number): void {
  let sum = 0;
  for (const byte of entry.data) {
    sum = (sum + byte) >>> 0;
  }
  if (sum !== expected) {
    throw new CpioError(
      `cpio: the data of ${quoted(entry.path)} (byte ${start}) has a wrong checksum`,
    );
  }
}

function checkEnd(archive: Uint8Array, start: number): void {
  for (let index = start; index < archive.length; index++) {
    if (archive[index] !== 0) {
      throw new CpioError(`cpio: byte ${index}, after the trailer, is not zero`);
    }
  }
}

/**
 * The entries of an archive in their order, each checked by itself.
 *
 * @param archive the whole archive; `data` of the entries are views into it
 * @returns the entries without the trailer
 * @throws CpioError (when the iteration gets there) where the archive is malformed
 */
export function* readCpio(archive: Uint8Array): Generator<CpioEntry, void, undefined> {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  for (;;) {
    const { withChecksum, fields } = readHeader(archive, start);
    const field = (index: number): number => fields[index] ?? 0;
    const name = readName(archive, start + headerLengthBytes, field(11), utf8);
    const dataStart = alignedTo4(start + headerLengthBytes + field(11));
    const dataEnd = dataStart + field(6);
    if (dataEnd > archive.length) {
      throw new CpioError(`cpio: the archive ends inside the data of the entry at byte ${start}`);
    }
    if (name === trailerName) {
      checkEnd(archive, dataEnd);
      return;
    }
    const entry: CpioEntry = {
      path: normalPath(name, start),
      inode: field(0),
      mode: field(1),
      uid: field(2),
      gid: field(3),
      nlink: field(4),
      mtime: field(5),
      deviceMajor: field(7),
      deviceMinor: field(8),
      rdevMajor: field(9),
      rdevMinor: field(10),
      data: archive.subarray(dataStart, dataEnd),
    };
    checkType(entry, start);
    if (withChecksum) {
      checkSum(entry, field(12), start);
    }
    yield entry;
    start = alignedTo4(dataEnd);
  }
}

/**
 * Finds the hard links among entries: entries with `nlink` > 1 and the same inode and device are
 * one file. Only one of them need carry the data (GNU cpio gives it to the last, we to the first);
 * here the first gets it and the others point to the first. Directories and symbolic links are
 * never hard links, as in Linux's initramfs.
 *
 * @param entries as `readCpio` gives them
 * @returns the same entries in the same order
 * @throws CpioError if two links carry different data, or whatever `entries` throws
 */
export function linkCpio(entries: Iterable<CpioEntry>): CpioFile[] {
  const files: CpioFile[] = [];
  const firstByFile = new Map<string, number>();
  for (const entry of entries) {
    const type = entry.mode & fileType.mask;
    const single = type === fileType.directory || type === fileType.symbolicLink;
    if (single || entry.nlink < 2) {
      files.push({ ...entry, hardLinkTo: undefined });
      continue;
    }
    const key = `${entry.deviceMajor}:${entry.deviceMinor}:${entry.inode}`;
    const firstIndex = firstByFile.get(key);
    const first = firstIndex === undefined ? undefined : files[firstIndex];
    if (firstIndex === undefined || first === undefined) {
      firstByFile.set(key, files.length);
      files.push({ ...entry, hardLinkTo: undefined });
      continue;
    }
    if ((first.mode & fileType.mask) !== type) {
      throw new CpioError(
        `cpio: ${quoted(entry.path)} and ${quoted(first.path)} are links of different types`,
      );
    }
    if (entry.data.length > 0 && first.data.length > 0 && !sameBytes(entry.data, first.data)) {
      throw new CpioError(
        `cpio: ${quoted(entry.path)} and ${quoted(first.path)} are links with different data`,
      );
    }
    if (entry.data.length > 0) {
      files[firstIndex] = { ...first, data: entry.data };
    }
    files.push({ ...entry, data: new Uint8Array(0), hardLinkTo: first.path });
  }
  return files;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function writeHeader(target: Uint8Array, start: number, fields: readonly number[]): void {
  const digits = fields.map((value) => value.toString(16).toUpperCase().padStart(fieldDigits, "0"));
  target.set(new TextEncoder().encode(`070701${digits.join("")}`), start);
}

function fieldsOf(entry: CpioEntry, nameLengthBytes: number): number[] {
  const fields = [
    entry.inode,
    entry.mode,
    entry.uid,
    entry.gid,
    entry.nlink,
    entry.mtime,
    entry.data.length,
    entry.deviceMajor,
    entry.deviceMinor,
    entry.rdevMajor,
    entry.rdevMinor,
    nameLengthBytes,
    0,
  ];
  if (fields.some((value) => !Number.isInteger(value) || value < 0 || value > 0xffffffff)) {
    throw new CpioError(`cpio: ${quoted(entry.path)} has a number that does not fit the format`);
  }
  return fields;
}

const trailer: CpioEntry = Object.freeze({
  path: trailerName,
  mode: 0,
  uid: 0,
  gid: 0,
  nlink: 1,
  inode: 0,
  mtime: 0,
  deviceMajor: 0,
  deviceMinor: 0,
  rdevMajor: 0,
  rdevMinor: 0,
  data: new Uint8Array(0),
});

/**
 * Writes an archive. The bytes depend on the entries and their order only.
 *
 * @param entries in an order in which a directory comes before what is in it
 * @returns the archive, its length a multiple of 512 bytes as other writers pad it
 * @throws CpioError if an entry does not fit the format
 */
export function writeCpio(entries: Iterable<CpioEntry>): Uint8Array {
  const parts: { start: number; dataStart: number; name: Uint8Array; entry: CpioEntry }[] = [];
  let end = 0;
  const append = (entry: CpioEntry): void => {
    const name = new TextEncoder().encode(`${entry.path}\0`);
    const dataStart = alignedTo4(end + headerLengthBytes + name.length);
    parts.push({ start: end, dataStart, name, entry });
    end = alignedTo4(dataStart + entry.data.length);
  };
  for (const entry of entries) {
    checkPath(entry.path);
    checkType(entry, end);
    append(entry);
  }
  append(trailer);
  const archive = new Uint8Array(Math.ceil(end / 512) * 512);
  for (const { start, dataStart, name, entry } of parts) {
    writeHeader(archive, start, fieldsOf(entry, name.length));
    archive.set(name, start + headerLengthBytes);
    archive.set(entry.data, dataStart);
  }
  return archive;
}

function checkPath(path: string): void {
  const tooLong = new TextEncoder().encode(path).length >= pathLengthMaximum;
  if (path === trailerName || path.includes("\0") || tooLong || normalPath(path, 0) !== path) {
    throw new CpioError(`cpio: ${quoted(path)} is not a path of an entry`);
  }
}
