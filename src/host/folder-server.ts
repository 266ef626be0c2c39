/**
 * The host's end of the file system device: takes requests of FUSE apart, has them done by
 * FolderFiles, and puts replies together. The guest is not trusted: what is not well-formed is
 * EINVAL, and a name is checked before anything else sees it.
 */
import {
  errno,
  fuse,
  getInteger64,
  NAME_MAX,
  O_ACCMODE,
  O_APPEND,
  setInteger64,
} from "../machine/devices/folder-host.js";
import type { FolderHost } from "../machine/devices/host.js";
import type {
  Answer,
  FolderChanges,
  FolderEntry,
  FolderFigures,
  FolderFiles,
  ListedEntry,
} from "./folder-files.js";

const SLASH = 0x2f;
const DOT = 0x2e;

/** A request taken apart. */
interface Request {
  readonly header: fuse.FuseHeader;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** No longer reply is wanted. */
  readonly replyBytesMax: number;
}

/** A reply's body, or -errno. */
type Body = Uint8Array | number;

/** A request that is not well-formed. */
class Malformed extends Error {
  constructor(readonly error: number) {
    super("a request of FUSE is malformed");
  }
}

export class FolderServer implements FolderHost {
  /** @param late takes replies that do not come at once: see FolderPort.reply */
  constructor(
    private readonly files: FolderFiles,
    private readonly late: (token: number, bytes: Uint8Array) => void,
  ) {}

  request(token: number, bytes: Uint8Array, replyBytesMax: number): Uint8Array | undefined {
    if (bytes.length < fuse.IN_HEADER_BYTES) return fuse.encodeReply(0, -errno.EINVAL, 0);
    const header = fuse.decodeHeader(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const answer = this.perform({ header, bytes, view, replyBytesMax });
    if (replyBytesMax === 0) return undefined;
    if (!(answer instanceof Promise)) return reply(header.unique, answer, replyBytesMax);
    answer.then(
      (body) => this.late(token, reply(header.unique, body, replyBytesMax)),
      () => this.late(token, reply(header.unique, -errno.EIO, replyBytesMax)),
    );
    return undefined;
  }

  private perform(request: Request): Body | Promise<Body> {
    try {
      return this.dispatch(request);
    } catch (error) {
      if (error instanceof Malformed) return -error.error;
      throw error;
    }
  }

  private dispatch(request: Request): Body | Promise<Body> {
    const { files } = this;
    const { opcode, node } = request.header;
    switch (opcode) {
      case fuse.FUSE_INIT:
        return initBody();
      case fuse.FUSE_LOOKUP:
        return then(files.lookup(node, name(request, 0)), entryBody);
      case fuse.FUSE_FORGET:
        files.forget(node, long(request, 0));
        return 0;
      case fuse.FUSE_GETATTR:
        return then(files.attributes(node), attributesBody);
      case fuse.FUSE_SETATTR:
        return then(files.setAttributes(node, changes(request)), attributesBody);
      case fuse.FUSE_READLINK:
        // Who has room for less gets the beginning (readlink(2)).
        return then(files.readlink(node), (target) => target.subarray(0, roomOf(request)));
      case fuse.FUSE_SYMLINK: {
        const { bytes, next } = text(request, 0);
        const target = text(request, next - fuse.IN_HEADER_BYTES).bytes;
        return then(files.symlink(node, checked(bytes), target), entryBody);
      }
      case fuse.FUSE_MKDIR: {
        const mode = word(request, 0);
        return then(files.makeDirectory(node, name(request, 8), mode & 0o7777), entryBody);
      }
      case fuse.FUSE_CREATE:
        return then(files.create(node, name(request, 16), word(request, 4) & 0o7777), createdBody);
      case fuse.FUSE_UNLINK:
      case fuse.FUSE_RMDIR:
        return then(files.unlink(node, name(request, 0), opcode === fuse.FUSE_RMDIR), none);
      case fuse.FUSE_RENAME2: {
        if (word(request, 8) !== 0) return -errno.EINVAL;
        const { bytes, next } = text(request, 16);
        const newName = name(request, next - fuse.IN_HEADER_BYTES);
        return then(files.rename(node, checked(bytes), long(request, 0), newName), none);
      }
      case fuse.FUSE_LINK:
        return then(files.link(long(request, 0), node, name(request, 8)), entryBody);
      default:
        return this.dispatchOpen(request);
    }
  }

  /** The requests that concern open files, and the rest. */
  private dispatchOpen(request: Request): Body | Promise<Body> {
    const { files } = this;
    const { opcode, node } = request.header;
    switch (opcode) {
      case fuse.FUSE_OPEN:
        return then(files.open(node, word(request, 0) & O_ACCMODE), openBody);
      case fuse.FUSE_RELEASE:
        files.release(long(request, 0));
        return 0;
      case fuse.FUSE_READ:
        return this.read(request);
      case fuse.FUSE_WRITE: {
        const first = fuse.IN_HEADER_BYTES + 40;
        const bytes = request.bytes.subarray(first, first + word(request, 16));
        if (bytes.length !== word(request, 16)) return -errno.EINVAL;
        const isAppend = (word(request, 32) & O_APPEND) !== 0;
        const done = files.write(long(request, 0), offset(request, 8), bytes, isAppend);
        return then(done, writeBody);
      }
      case fuse.FUSE_FSYNC:
        return then(files.synchronize(node), none);
      case fuse.FUSE_STATFS:
        return then(files.statfs(node), figuresBody);
      case fuse.FUSE_READDIR:
        return this.list(request);
      default:
        return -errno.ENOSYS;
    }
  }

  private read(request: Request): Body | Promise<Body> {
    const room = Math.min(word(request, 16), roomOf(request));
    if (room <= 0) return -errno.EINVAL;
    const into = new Uint8Array(room);
    const done = this.files.read(long(request, 0), offset(request, 8), into);
    return then(done, (length) => (length < 0 ? length : into.subarray(0, length)));
  }

  private list(request: Request): Body | Promise<Body> {
    let room = Math.min(word(request, 16), roomOf(request));
    const fits = (entry: ListedEntry): boolean => {
      room -= fuse.entryBytes(entry.name.length);
      return room >= 0;
    };
    return then(this.files.list(request.header.node, offset(request, 8), fits), entriesBody);
  }
}

/** Bytes that a reply's body may have. */
const roomOf = ({ replyBytesMax }: Request): number =>
  Math.max(0, replyBytesMax - fuse.OUT_HEADER_BYTES);

/** Applies `make` to an answer that is no error. */
function then<T>(answer: Answer<T>, make: (value: T) => Body): Body | Promise<Body> {
  const finish = (value: T | number): Body =>
    typeof value === "number" && value < 0 ? value : make(value as T);
  return answer instanceof Promise ? answer.then(finish) : finish(answer);
}

function reply(unique: number, body: Body, replyBytesMax: number): Uint8Array {
  if (typeof body === "number") return fuse.encodeReply(unique, Math.min(0, body), 0);
  const isLong = fuse.OUT_HEADER_BYTES + body.length > replyBytesMax;
  if (isLong) return fuse.encodeReply(unique, -errno.EIO, 0);
  const bytes = fuse.encodeReply(unique, 0, body.length);
  bytes.set(body, fuse.OUT_HEADER_BYTES);
  return bytes;
}

/** Arguments of a request, by their offset behind the header. */
function word({ view }: Request, at: number): number {
  if (fuse.IN_HEADER_BYTES + at + 4 > view.byteLength) throw new Malformed(errno.EINVAL);
  return view.getUint32(fuse.IN_HEADER_BYTES + at, true);
}

function long({ view }: Request, at: number): number {
  if (fuse.IN_HEADER_BYTES + at + 8 > view.byteLength) throw new Malformed(errno.EINVAL);
  return getInteger64(view, fuse.IN_HEADER_BYTES + at);
}

function offset(request: Request, at: number): number {
  const value = long(request, at);
  if (!Number.isSafeInteger(value) || value < 0) throw new Malformed(errno.EINVAL);
  return value;
}

/** A text up to its NUL. */
function text({ bytes }: Request, at: number): { bytes: Uint8Array; next: number } {
  const start = fuse.IN_HEADER_BYTES + at;
  const end = bytes.indexOf(0, start);
  if (end < 0 || start >= bytes.length) throw new Malformed(errno.EINVAL);
  return { bytes: bytes.slice(start, end), next: end + 1 };
}

function name(request: Request, at: number): Uint8Array {
  return checked(text(request, at).bytes);
}

/** The one place that says what a name may be: none leads to another directory. */
function checked(bytes: Uint8Array): Uint8Array {
  if (bytes.length > NAME_MAX) throw new Malformed(errno.ENAMETOOLONG);
  const isDots = bytes.length <= 2 && bytes.every((byte) => byte === DOT);
  if (isDots || bytes.includes(SLASH) || bytes.includes(0)) throw new Malformed(errno.EINVAL);
  return bytes;
}

function changes(request: Request): FolderChanges {
  const which = word(request, 0);
  const has = (bit: number): boolean => (which & bit) !== 0;
  const time = (seconds: number, nanoseconds: number) => ({
    seconds: long(request, seconds),
    nanoseconds: word(request, nanoseconds),
  });
  return {
    ...(has(fuse.FATTR_SIZE) ? { sizeBytes: offset(request, 16) } : {}),
    ...(has(fuse.FATTR_MODE) ? { mode: word(request, 68) & 0o7777 } : {}),
    ...(has(fuse.FATTR_UID) ? { userId: word(request, 76) } : {}),
    ...(has(fuse.FATTR_GID) ? { groupId: word(request, 80) } : {}),
    ...(has(fuse.FATTR_ATIME) ? { access: time(32, 56) } : {}),
    ...(has(fuse.FATTR_MTIME) ? { modify: time(40, 60) } : {}),
  };
}

const none = (value: number): Body => Math.min(0, value);

function initBody(): Uint8Array {
  const body = new Uint8Array(fuse.INIT_OUT_BYTES);
  const view = new DataView(body.buffer);
  view.setUint32(0, fuse.FUSE_VERSION_MAJOR, true);
  view.setUint32(4, fuse.FUSE_VERSION_MINOR, true);
  view.setUint32(20, 65536, true);
  view.setUint32(24, 1, true);
  return body;
}

function putEntry(body: Uint8Array, entry: FolderEntry): Uint8Array {
  // Valid for no time: generation, entry and attribute times stay 0.
  setInteger64(new DataView(body.buffer), 0, entry.node);
  fuse.putAttributes(body, 40, entry.attributes);
  return body;
}

const entryBody = (entry: FolderEntry): Uint8Array =>
  putEntry(new Uint8Array(fuse.ENTRY_OUT_BYTES), entry);

function createdBody(created: FolderEntry & { readonly handle: number }): Uint8Array {
  const body = new Uint8Array(fuse.ENTRY_OUT_BYTES + fuse.OPEN_OUT_BYTES);
  setInteger64(new DataView(body.buffer), fuse.ENTRY_OUT_BYTES, created.handle);
  return putEntry(body, created);
}

function attributesBody(attributes: fuse.FuseAttributes): Uint8Array {
  const body = new Uint8Array(fuse.ATTRIBUTES_OUT_BYTES);
  fuse.putAttributes(body, 16, attributes);
  return body;
}

function openBody(handle: number): Uint8Array {
  const body = new Uint8Array(fuse.OPEN_OUT_BYTES);
  setInteger64(new DataView(body.buffer), 0, handle);
  return body;
}

function writeBody(length: number): Body {
  if (length < 0) return length;
  const body = new Uint8Array(fuse.WRITE_OUT_BYTES);
  new DataView(body.buffer).setUint32(0, length, true);
  return body;
}

function figuresBody(figures: FolderFigures): Uint8Array {
  const body = new Uint8Array(fuse.STATFS_OUT_BYTES);
  const view = new DataView(body.buffer);
  setInteger64(view, 0, figures.blocks);
  setInteger64(view, 8, figures.blocksFree);
  setInteger64(view, 16, figures.blocksAvailable);
  setInteger64(view, 24, figures.files);
  setInteger64(view, 32, figures.filesFree);
  view.setUint32(40, figures.blockBytes, true);
  view.setUint32(44, NAME_MAX, true);
  view.setUint32(48, figures.blockBytes, true);
  return body;
}

function entriesBody(entries: readonly ListedEntry[]): Uint8Array {
  const total = entries.reduce((sum, { name }) => sum + fuse.entryBytes(name.length), 0);
  const body = new Uint8Array(total);
  let at = 0;
  for (const { name, inode, position, type } of entries) {
    fuse.putEntryHead(body, at, { inode, position, type, nameBytes: name.length });
    body.set(name, at + fuse.DIRENT_HEADER_BYTES);
    at += fuse.entryBytes(name.length);
  }
  return body;
}
