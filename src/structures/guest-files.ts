/**
 * The host's hand in the guest's files: calls of the file service as the superuser, by a process
 * that runs no program. It is there only between `begin` and `end`. A call that would have to wait
 * is taken back and answers BLOCKED: who asks runs it again later.
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
import { CALL_START } from "../kernel/call-record.js";
import type { KernelCalls } from "../kernel/calls.js";
import { SYSTEM_JOB } from "../kernel/jobs.js";
import type { Kernel } from "../kernel/kernel.js";
import { CURRENT_DIRECTORY, type FileService, STAT_BYTES } from "../services/file/protocol.js";
import type { ProcessService } from "../services/process/protocol.js";
import { type FileFacts, factsOf, type ListedName, namesOf } from "./file-facts.js";

/** Most that one `read` or `write` moves. */
export const FILE_CHUNK_BYTES = 65_536;
/** In place of a directory's descriptor: the root, where paths begin. */
export const ROOT_DIRECTORY = CURRENT_DIRECTORY;
/** The answer to who finds that somebody has moved a directory away under its work. */
export const FILE_MOVED = -EBUSY;

/** All calls answer a value ≥ 0, -errno, or BLOCKED. Paths are bytes without NUL. */
export class GuestFiles {
  /** The process, or 0. */
  private task = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly calls: KernelCalls,
    private readonly processes: ProcessService,
    private readonly files: FileService,
  ) {}

  /** The id of the process that acts, or 0. */
  get process(): number {
    return this.task;
  }

  /** @returns 0, or -EAGAIN: there is no room for a process */
  begin(): number {
    if (this.task !== 0) return 0;
    this.kernel.jobs.enter(SYSTEM_JOB);
    const task = this.processes.start(0, 0, 0, 0, 1);
    if (task < 0) return task;
    this.task = task;
    return this.perform([], () => this.files.setUmask(task, 0)) < 0 ? -1 : 0;
  }

  /** All that is open is closed. */
  end(): void {
    if (this.task === 0) return;
    this.processes.exitGroup(this.task, 0);
    this.processes.takeResult(0, this.task);
    this.task = 0;
  }

  /** What a path leads to. */
  look(directory: number, path: Uint8Array, followLinks: boolean): FileFacts | number {
    const bytes = new Uint8Array(STAT_BYTES);
    const flags = (followLinks ? 0 : AT_SYMLINK_NOFOLLOW) | AT_EMPTY_PATH;
    const failed = this.perform(
      [path, bytes],
      ([at = 0, to = 0]) => this.files.stat(this.task, directory, at, path.length, to, flags),
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
    return this.perform([], () => this.files.close(this.task, descriptor));
  }

  /** At the file's position, at most FILE_CHUNK_BYTES. */
  read(descriptor: number, into: Uint8Array): number {
    return this.perform(
      [into],
      ([at = 0]) => this.files.read(this.task, descriptor, at, into.length, -1),
      true,
    );
  }

  /** As `read`. */
  write(descriptor: number, from: Uint8Array): number {
    return this.perform([from], ([at = 0]) =>
      this.files.write(this.task, descriptor, at, from.length, -1),
    );
  }

  /** The next names of an open directory, without "." and ".."; undefined: there are no more. */
  names(descriptor: number): readonly ListedName[] | number | undefined {
    const bytes = new Uint8Array(FILE_CHUNK_BYTES);
    const length = this.perform(
      [bytes],
      ([at = 0]) => this.files.readDirectory(this.task, descriptor, at, bytes.length),
      true,
    );
    if (length <= 0) return length === 0 ? undefined : length;
    return namesOf(bytes.subarray(0, length));
  }

  makeDirectory(path: Uint8Array, mode: number): number {
    return this.perform([path], ([at = 0]) =>
      this.files.makeDirectory(this.task, ROOT_DIRECTORY, at, path.length, mode),
    );
  }

  remove(directory: number, path: Uint8Array, isDirectory: boolean): number {
    const flags = isDirectory ? AT_REMOVEDIR : 0;
    return this.perform([path], ([at = 0]) =>
      this.files.unlink(this.task, directory, at, path.length, flags),
    );
  }

  rename(from: Uint8Array, to: Uint8Array): number {
    const root = ROOT_DIRECTORY;
    return this.perform([from, to], ([at = 0, target = 0]) =>
      this.files.rename(this.task, root, at, from.length, root, target, to.length, 0),
    );
  }

  /** Of an open file. */
  changeMode(descriptor: number, mode: number): number {
    return this.perform([new Uint8Array(0)], ([at = 0]) =>
      this.files.changeMode(this.task, descriptor, at, 0, mode, AT_EMPTY_PATH),
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
    return this.perform([path], ([at = 0]) =>
      // Not to wait for a lease.
      this.files.open(this.task, directory, at, path.length, flags | O_NONBLOCK, mode),
    );
  }

  /**
   * Runs `body` as a call of the process's, from its beginning to its end.
   * @param buffers copied to where the call finds them
   * @param isFilled the last buffer takes back what the call has put there
   */
  private perform(
    buffers: readonly Uint8Array[],
    body: (addresses: readonly number[]) => number,
    isFilled = false,
  ): number {
    const { kernel, calls } = this;
    const task = kernel.tasks.get(this.task);
    kernel.jobs.enter(SYSTEM_JOB);
    kernel.calls.begin(task.call, CALL_START, 0);
    const addresses = buffers.map((bytes) => {
      const at = calls.scratch(task.id, bytes.length);
      calls.copyOut(task.id, at, bytes, 0, bytes.length);
      return at;
    });
    const result = body(addresses);
    const last = buffers.at(-1);
    if (isFilled && result >= 0 && last !== undefined) {
      calls.copyIn(task.id, addresses.at(-1) ?? 0, last, 0, last.length);
    }
    kernel.calls.release(task, task.call, result);
    task.call.kind = 0;
    return result;
  }
}
