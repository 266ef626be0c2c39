/** What the host is told of files: a struct stat and records of directories, read. */
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../abi/file.js";

/** What a name can lead to. */
export type FileKind =
  | "file"
  | "directory"
  | "symlink"
  | "fifo"
  | "socket"
  | "character-device"
  | "block-device";

const KINDS: Readonly<Record<number, FileKind>> = Object.freeze({
  [S_IFREG]: "file",
  [S_IFDIR]: "directory",
  [S_IFLNK]: "symlink",
  [S_IFIFO]: "fifo",
  [S_IFSOCK]: "socket",
  [S_IFCHR]: "character-device",
  [S_IFBLK]: "block-device",
});
/** A DT_* is the type bits of a mode, shifted (getdents64(2)). */
const TYPE_SHIFT = 12;

/** What stat(2) says. */
export interface FileFacts {
  readonly kind: FileKind;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly userId: number;
  readonly groupId: number;
  /** Hard links. */
  readonly links: number;
  /** What makes it the same file as another one: both together. */
  readonly device: number;
  readonly inode: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly accessedMs: number;
  readonly changedMs: number;
}

/** A name in a directory. */
export interface ListedName {
  readonly name: Uint8Array;
  readonly kind: FileKind;
}

/** @param bytes struct stat of riscv64 (asm-generic/stat.h) */
export function factsOf(bytes: Uint8Array): FileFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number): number => view.getUint32(at, true);
  const long = (at: number): number => word(at) + word(at + 4) * 2 ** 32;
  const timeMs = (at: number): number => long(at) * 1000 + word(at + 8) / 1e6;
  const mode = word(16);
  return {
    kind: kindOf(mode),
    mode: mode & 0o7777,
    sizeBytes: long(48),
    userId: word(24),
    groupId: word(28),
    links: word(20),
    device: long(0),
    inode: long(8),
    modifiedMs: timeMs(88),
    accessedMs: timeMs(72),
    changedMs: timeMs(104),
  };
}

const kindOf = (mode: number): FileKind => KINDS[mode & S_IFMT] ?? "file";

/** @param bytes records of struct linux_dirent64; "." and ".." are left out */
export function namesOf(bytes: Uint8Array): ListedName[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: ListedName[] = [];
  for (let at = 0; at < bytes.length; at += view.getUint16(at + 16, true)) {
    const end = bytes.indexOf(0, at + 19);
    const name = bytes.slice(at + 19, end);
    const isDot = name.length <= 2 && name.every((byte) => byte === 0x2e);
    if (isDot) continue;
    found.push({ name, kind: kindOf(view.getUint8(at + 18) << TYPE_SHIFT) });
  }
  return found;
}
