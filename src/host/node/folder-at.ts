/**
 * Names in open directories of Linux: what openat(2) and its kin do, by way of /proc/self/fd. The
 * path "/proc/self/fd/N/name" begins at the directory that descriptor N has open, wherever that
 * lies by now, and has one more name; nothing on the way to it is looked up anew. With O_NOFOLLOW,
 * and by calls that do not follow the last name, no symbolic link is ever followed.
 */

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
} from "node:fs";
import { errno, type fuse } from "../../machine/devices/folder-host.js";

/** The same on every architecture that Node runs on. */
const O_PATH = 0o10000000;
const BIGINT = Object.freeze({ bigint: true } as const);
const NANOSECONDS = 1_000_000_000n;
/** Who owns what on the host is not the user that runs this (as in user namespaces). */
const NOBODY = 65534;

/** Runs a call of node:fs. @returns what it answers, or -errno */
export function attempt<T>(body: () => T): T | number {
  try {
    return body();
  } catch (error) {
    const { errno: number, code } = error as NodeJS.ErrnoException;
    if (typeof number === "number" && number < 0) return number;
    if (code?.startsWith("ERR_INVALID_ARG") || code === "ERR_OUT_OF_RANGE") return -errno.EINVAL;
    throw error;
  }
}

/** The file that a descriptor has open, as a path. */
export const ofDescriptor = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

/** A name in the directory that a descriptor has open, as a path. */
export const at = (directory: number, name: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name]);

/** Opens a name without following it, only as a place. @returns descriptor or -errno */
export function openPlace(directory: number, name: Uint8Array, asDirectory: boolean): number {
  const flags = O_PATH | constants.O_NOFOLLOW | (asDirectory ? constants.O_DIRECTORY : 0);
  return attempt(() => openSync(at(directory, name), flags));
}

/** Opens a folder by its path, as a place. @returns descriptor or -errno */
export const openFolder = (path: string): number =>
  attempt(() => openSync(path, O_PATH | constants.O_DIRECTORY));

/** Opens what a descriptor has open again, with other flags. @returns descriptor or -errno */
export const reopen = (descriptor: number, flags: number): number =>
  attempt(() => openSync(ofDescriptor(descriptor), flags | constants.O_NONBLOCK));

/** fstat(2). @returns it or -errno */
export const statOf = (descriptor: number): BigIntStats | number =>
  attempt(() => fstatSync(descriptor, BIGINT));

/** lstat(2) of a name in a directory. @returns it or -errno */
export function statAt(directory: number, name: Uint8Array): BigIntStats | number {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  return attempt(() => lstatSync(at(directory, name), options) ?? -errno.ENOENT);
}

/** Where what a descriptor has open lies now. @returns its path or -errno (ENAMETOOLONG) */
export const pathOf = (descriptor: number): Buffer | number =>
  attempt(() => readlinkSync(ofDescriptor(descriptor), "buffer"));

/** Closes; there is nothing to be done about an error. */
export function close(descriptor: number): void {
  attempt(() => closeSync(descriptor));
}

/** What tells a file from every other, also from later ones with the same inode number. */
export const identityOf = (stat: BigIntStats): string =>
  `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;

/** An inode number, shortened to what a number holds exactly. */
export const inodeOf = (stat: BigIntStats): number => Number(BigInt.asUintN(53, stat.ino));

const seconds = (nanoseconds: bigint): number =>
  Number((nanoseconds - modulo(nanoseconds)) / NANOSECONDS);
const modulo = (nanoseconds: bigint): bigint =>
  ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;

/** The owner as the guest sees it: who runs this is root, all others are nobody. */
const ownerOf = (id: bigint, own: number): number => (Number(id) === own ? 0 : NOBODY);

/** A stat as the guest gets to see it. */
export function attributesOf(stat: BigIntStats): fuse.FuseAttributes {
  return {
    inode: inodeOf(stat),
    sizeBytes: Number(stat.size),
    blocks: Number(stat.blocks),
    accessSeconds: seconds(stat.atimeNs),
    accessNanoseconds: Number(modulo(stat.atimeNs)),
    modifySeconds: seconds(stat.mtimeNs),
    modifyNanoseconds: Number(modulo(stat.mtimeNs)),
    changeSeconds: seconds(stat.ctimeNs),
    changeNanoseconds: Number(modulo(stat.ctimeNs)),
    mode: Number(stat.mode),
    links: Number(stat.nlink),
    userId: ownerOf(stat.uid, process.getuid?.() ?? -1),
    groupId: ownerOf(stat.gid, process.getgid?.() ?? -1),
    device: Number(BigInt.asUintN(32, stat.rdev)),
  };
}
