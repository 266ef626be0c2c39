/**
 * The host's hand in the guest's files: calls of the file service by a process of the host's
 * (host-process.ts). One that would have to wait is taken back and answers BLOCKED: who asks runs
 * it again later.
 */
import { EBUSY, EISDIR, ENOENT, ENXIO } from "../abi/errno.js";
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "../abi/file.js";
import { CURRENT_DIRECTORY, type FileService, STAT_BYTES } from "../services/file/protocol.js";
import { type FileFacts, factsOf, type ListedName, namesOf } from "./file-facts.js";
import type { HostProcess } from "./host-process.js";

/** Most that one `read` or `write` moves. */
export const FILE_CHUNK_BYTES = 65_536;
/** In place of a directory's descriptor: the root, where paths begin. */
export const ROOT_DIRECTORY = CURRENT_DIRECTORY;
/** The answer to who finds that somebody has moved a directory away under its work. */
export const FILE_MOVED = -EBUSY;

/** All calls answer a value ≥ 0, -errno, or BLOCKED. Paths are bytes without NUL. */
export class GuestFiles {
  constructor(
    /** Who acts: to be there while calls are made. */
    readonly host: HostProcess,
    private readonly files: FileService,
  ) {}

  /** What a path leads to. */
  look(directory: number, path: Uint8Array, followLinks: boolean): FileFacts | number {
    const bytes = new Uint8Array(STAT_BYTES);
    const flags = (followLinks ? 0 : AT_SYMLINK_NOFOLLOW) | AT_EMPTY_PATH;
    const failed = this.host.perform(
      [path, bytes],
      ([at = 0, to = 0]) => this.files.stat(this.host.id, directory, at, path.length, to, flags),
      true,
    );
    return failed < 0 ? failed : factsOf(bytes);
  }

  /** Opens a regular file. @returns a descriptor, -EISDIR, -ENXIO: neither file nor directory */
  openToRead(path: Uint8Array): number {
    const refused = this.refuseOthers(path);
    return refused < 0 ? refused : this.open(ROOT_DIRECTORY, path, O_RDONLY, 0);
  }

  /** Opens a regular file, empty, and makes it where there is none. @returns as `openToRead` */
  openToWrite(path: Uint8Array, mode: number): number {
    const refused = this.refuseOthers(path);
    if (refused < 0 && refused !== -ENOENT) return refused;
    return this.open(ROOT_DIRECTORY, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  }

  openDirectory(directory: number, path: Uint8Array, followLinks: boolean): number {
    const flags = O_RDONLY | O_DIRECTORY | (followLinks ? 0 : O_NOFOLLOW);
    return this.open(directory, path, flags, 0);
  }

  closeDescriptor(descriptor: number): number {
    return this.host.perform([], () => this.files.close(this.host.id, descriptor));
  }

  /** At the file's position, at most FILE_CHUNK_BYTES. */
  read(descriptor: number, into: Uint8Array): number {
    return this.host.perform(
      [into],
      ([at = 0]) => this.files.read(this.host.id, descriptor, at, into.length, -1),
      true,
    );
  }

  /** As `read`. */
  write(descriptor: number, from: Uint8Array): number {
    return this.host.perform([from], ([at = 0]) =>
      this.files.write(this.host.id, descriptor, at, from.length, -1),
    );
  }

  /** The next names of an open directory, without "." and ".."; undefined: there are no more. */
  names(descriptor: number): readonly ListedName[] | number | undefined {
    const bytes = new Uint8Array(FILE_CHUNK_BYTES);
    const length = this.host.perform(
      [bytes],
      ([at = 0]) => this.files.readDirectory(this.host.id, descriptor, at, bytes.length),
      true,
    );
    if (length <= 0) return length === 0 ? undefined : length;
    return namesOf(bytes.subarray(0, length));
  }

  makeDirectory(path: Uint8Array, mode: number): number {
    return this.host.perform([path], ([at = 0]) =>
      this.files.makeDirectory(this.host.id, ROOT_DIRECTORY, at, path.length, mode),
    );
  }

  remove(directory: number, path: Uint8Array, isDirectory: boolean): number {
    const flags = isDirectory ? AT_REMOVEDIR : 0;
    return this.host.perform([path], ([at = 0]) =>
      this.files.unlink(this.host.id, directory, at, path.length, flags),
    );
  }

  rename(from: Uint8Array, to: Uint8Array): number {
    const root = ROOT_DIRECTORY;
    return this.host.perform([from, to], ([at = 0, target = 0]) =>
      this.files.rename(this.host.id, root, at, from.length, root, target, to.length, 0),
    );
  }

  /** Of an open file. */
  changeMode(descriptor: number, mode: number): number {
    return this.host.perform([new Uint8Array(0)], ([at = 0]) =>
      this.files.changeMode(this.host.id, descriptor, at, 0, mode, AT_EMPTY_PATH),
    );
  }

  /** To open what is no regular file may wait for ever, or do something. */
  private refuseOthers(path: Uint8Array): number {
    const facts = this.look(ROOT_DIRECTORY, path, true);
    if (typeof facts === "number") return facts;
    if (facts.kind === "directory") return -EISDIR;
    return facts.kind === "file" ? 0 : -ENXIO;
  }

  private open(directory: number, path: Uint8Array, flags: number, mode: number): number {
    return this.host.perform([path], ([at = 0]) =>
      // Not to wait for a lease.
      this.files.open(this.host.id, directory, at, path.length, flags | O_NONBLOCK, mode),
    );
  }
}
