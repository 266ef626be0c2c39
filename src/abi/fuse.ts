/**
 * FUSE (include/uapi/linux/fuse.h, version 7.31): the messages that a virtio-fs device carries
 * (VIRTIO 1.2, 5.11). A request is a header of 40 bytes and arguments; a reply a header of 16 bytes
 * and results; all little-endian. Numbers of 64 bits are below 2^53 here. No behaviour but the
 * layout of what is sent.
 */
import { getInteger64, setInteger64 } from "./file.js";

export const FUSE_VERSION_MAJOR = 7;
export const FUSE_VERSION_MINOR = 31;
/** Node of the root. */
export const FUSE_ROOT = 1;
export const FUSE_SUPER_MAGIC = 0x6573_5546;

export const FUSE_LOOKUP = 1;
export const FUSE_FORGET = 2;
export const FUSE_GETATTR = 3;
export const FUSE_SETATTR = 4;
export const FUSE_READLINK = 5;
export const FUSE_SYMLINK = 6;
export const FUSE_MKDIR = 9;
export const FUSE_UNLINK = 10;
export const FUSE_RMDIR = 11;
export const FUSE_LINK = 13;
export const FUSE_OPEN = 14;
export const FUSE_READ = 15;
export const FUSE_WRITE = 16;
export const FUSE_STATFS = 17;
export const FUSE_RELEASE = 18;
export const FUSE_FSYNC = 20;
export const FUSE_INIT = 26;
export const FUSE_READDIR = 28;
export const FUSE_CREATE = 35;
export const FUSE_RENAME2 = 45;

/** Which attributes SETATTR sets. */
export const FATTR_MODE = 1;
export const FATTR_UID = 2;
export const FATTR_GID = 4;
export const FATTR_SIZE = 8;
export const FATTR_ATIME = 16;
export const FATTR_MTIME = 32;

export const IN_HEADER_BYTES = 40;
export const OUT_HEADER_BYTES = 16;
export const ATTRIBUTES_BYTES = 88;
export const ENTRY_OUT_BYTES = 40 + ATTRIBUTES_BYTES;
export const ATTRIBUTES_OUT_BYTES = 16 + ATTRIBUTES_BYTES;
export const OPEN_OUT_BYTES = 16;
export const STATFS_OUT_BYTES = 80;
export const WRITE_OUT_BYTES = 8;
export const INIT_OUT_BYTES = 64;
/** Of a directory entry, before its name; entries are padded to 8. */
export const DIRENT_HEADER_BYTES = 24;

/** struct fuse_attr. */
export interface FuseAttributes {
  readonly inode: number;
  readonly sizeBytes: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  readonly accessSeconds: number;
  readonly modifySeconds: number;
  readonly changeSeconds: number;
  readonly accessNanoseconds: number;
  readonly modifyNanoseconds: number;
  readonly changeNanoseconds: number;
  readonly mode: number;
  readonly links: number;
  readonly userId: number;
  readonly groupId: number;
  /** Linux's encoding of a device number. */
  readonly device: number;
}

/** The head of a request. */
export interface FuseHeader {
  readonly lengthBytes: number;
  readonly opcode: number;
  readonly unique: number;
  readonly node: number;
}

const view = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * A request.
 * @param fields arguments: each [offset behind the header, bytes (4 or 8), value]
 * @param argumentBytes length of the arguments, without names
 * @param names each is followed by a NUL
 * @param payloadBytes bytes that follow from another buffer, counted in the length
 */
export function encodeRequest(
  opcode: number,
  unique: number,
  node: number,
  argumentBytes = 0,
  fields: readonly (readonly [number, 4 | 8, number])[] = [],
  names: readonly Uint8Array[] = [],
  payloadBytes = 0,
): Uint8Array {
  const namesBytes = names.reduce((sum, name) => sum + name.length + 1, 0);
  const bytes = new Uint8Array(IN_HEADER_BYTES + argumentBytes + namesBytes);
  const words = view(bytes);
  words.setUint32(0, bytes.length + payloadBytes, true);
  words.setUint32(4, opcode, true);
  setInteger64(words, 8, unique);
  setInteger64(words, 16, node);
  for (const [offset, width, value] of fields) {
    if (width === 8) setInteger64(words, IN_HEADER_BYTES + offset, value);
    else words.setUint32(IN_HEADER_BYTES + offset, value, true);
  }
  let at = IN_HEADER_BYTES + argumentBytes;
  for (const name of names) {
    bytes.set(name, at);
    at += name.length + 1;
  }
  return bytes;
}

/** The head of a request that has at least IN_HEADER_BYTES. */
export function decodeHeader(bytes: Uint8Array): FuseHeader {
  const words = view(bytes);
  return {
    lengthBytes: words.getUint32(0, true),
    opcode: words.getUint32(4, true),
    unique: getInteger64(words, 8),
    node: getInteger64(words, 16),
  };
}

/** A reply with room for `bodyBytes` behind its head. @param error 0 or -errno */
export function encodeReply(unique: number, error: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(OUT_HEADER_BYTES + bodyBytes);
  const words = view(bytes);
  words.setUint32(0, bytes.length, true);
  words.setInt32(4, error, true);
  setInteger64(words, 8, unique);
  return bytes;
}

/** Puts attributes at an offset. */
export function putAttributes(bytes: Uint8Array, at: number, from: FuseAttributes): void {
  const words = view(bytes);
  setInteger64(words, at, from.inode);
  setInteger64(words, at + 8, from.sizeBytes);
  setInteger64(words, at + 16, from.blocks);
  setInteger64(words, at + 24, from.accessSeconds);
  setInteger64(words, at + 32, from.modifySeconds);
  setInteger64(words, at + 40, from.changeSeconds);
  words.setUint32(at + 48, from.accessNanoseconds, true);
  words.setUint32(at + 52, from.modifyNanoseconds, true);
  words.setUint32(at + 56, from.changeNanoseconds, true);
  words.setUint32(at + 60, from.mode, true);
  words.setUint32(at + 64, from.links, true);
  words.setUint32(at + 68, from.userId, true);
  words.setUint32(at + 72, from.groupId, true);
  words.setUint32(at + 76, from.device, true);
  words.setUint32(at + 80, 4096, true);
}

/** The attributes at an offset. */
export function getAttributes(bytes: Uint8Array, at: number): FuseAttributes {
  const words = view(bytes);
  return {
    inode: getInteger64(words, at),
    sizeBytes: getInteger64(words, at + 8),
    blocks: getInteger64(words, at + 16),
    accessSeconds: getInteger64(words, at + 24),
    modifySeconds: getInteger64(words, at + 32),
    changeSeconds: getInteger64(words, at + 40),
    accessNanoseconds: words.getUint32(at + 48, true),
    modifyNanoseconds: words.getUint32(at + 52, true),
    changeNanoseconds: words.getUint32(at + 56, true),
    mode: words.getUint32(at + 60, true),
    links: words.getUint32(at + 64, true),
    userId: words.getUint32(at + 68, true),
    groupId: words.getUint32(at + 72, true),
    device: words.getUint32(at + 76, true),
  };
}

/** struct fuse_dirent's head, at an offset; the name follows it. */
export interface FuseEntryHead {
  readonly inode: number;
  /** Where to go on behind it. */
  readonly position: number;
  readonly nameBytes: number;
  /** DT_* */
  readonly type: number;
}

/** Bytes that an entry with such a name takes. */
export const entryBytes = (nameBytes: number): number => (DIRENT_HEADER_BYTES + nameBytes + 7) & ~7;

/** Puts an entry's head at an offset. */
export function putEntryHead(bytes: Uint8Array, at: number, head: FuseEntryHead): void {
  const words = view(bytes);
  setInteger64(words, at, head.inode);
  setInteger64(words, at + 8, head.position);
  words.setUint32(at + 16, head.nameBytes, true);
  words.setUint32(at + 20, head.type, true);
}

/** The head of the entry at an offset. */
export function getEntryHead(bytes: Uint8Array, at: number): FuseEntryHead {
  const words = view(bytes);
  return {
    inode: getInteger64(words, at),
    position: getInteger64(words, at + 8),
    nameBytes: words.getUint32(at + 16, true),
    type: words.getUint32(at + 20, true),
  };
}
