/**
 * What the worker does with the guest's files for its host. Every request is a sequence of calls
 * (structures/guest-files.ts), done a few milliseconds at a time between the slices of the system,
 * so that a large file holds nobody up; a call that would have to wait is tried again after the
 * next slice. All of it happens in the guest's tree: there is no way out of it.
 */
import {
  FILE_CHUNK_BYTES,
  FILE_MOVED,
  type FileFacts,
  type GuestFiles,
  type ListedName,
  ROOT_DIRECTORY,
} from "../structures/boot.js";
import { errorName } from "../structures/error-name.js";
import type { Answer, FromWorker, Request } from "./messages.js";

/** What `work` leaves. */
export type WorkLeft = "none" | "more" | "waits";

/** Steps of a request; each `yield` says whether a call has to wait. */
type Steps<T> = Generator<"more" | "waits", T, void>;

type FileRequest = Exclude<Request, { readonly operation: "processes" | "profile" }>;

/** Requests whose steps alternate; the others wait for their turn. */
const ACTIVE_MAX = 32;
const MODE_DEFAULT = 0o644;
const SLASH = 0x2f;

/** A call was refused: -errno. */
class Denied extends Error {
  constructor(readonly error: number) {
    super(errorName(error));
  }
}

interface Work {
  readonly number: number;
  readonly request: FileRequest;
  steps: Steps<Answer> | undefined;
}

export class FileWork {
  private readonly waiting: Work[] = [];
  private active: Work[] = [];

  /** @param blocked what a call answers that has to wait */
  constructor(
    private readonly files: GuestFiles,
    private readonly blocked: number,
    private readonly post: (message: FromWorker, bytes?: Uint8Array) => void,
  ) {}

  begin(number: number, request: FileRequest): void {
    this.waiting.push({ number, request, steps: undefined });
  }

  get isIdle(): boolean {
    return this.active.length + this.waiting.length === 0;
  }

  /** Works for so long, at least one step. */
  work(limitMs: number): WorkLeft {
    const beganMs = performance.now();
    let left: WorkLeft = "none";
    while (!this.isIdle) {
      this.active.push(...this.waiting.splice(0, ACTIVE_MAX - this.active.length));
      left = "waits";
      this.active = this.active.filter((work) => {
        const next = this.step(work);
        if (next === "more") left = "more";
        return next !== "done";
      });
      if (this.isIdle) left = "none";
      if (left === "waits" || performance.now() - beganMs >= limitMs) break;
    }
    if (this.isIdle) this.files.host.end();
    return left;
  }

  private step(work: Work): "more" | "waits" | "done" {
    try {
      if (work.steps === undefined) {
        check(this.files.host.begin());
        work.steps = this.stepsOf(work.request);
      }
      const next = work.steps.next();
      if (next.done !== true) return next.value;
      const { value } = next;
      const bytes = value instanceof Uint8Array ? value : undefined;
      this.post({ kind: "answer", number: work.number, value }, bytes);
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      this.post({ kind: "denied", number: work.number, error: -error.error });
    }
    return "done";
  }

  private stepsOf(request: FileRequest): Steps<Answer> {
    switch (request.operation) {
      case "read":
        return this.read(request.path);
      case "write":
        return this.write(request.path, request.bytes, request.mode);
      case "list":
        return this.list(request.path);
      case "stat":
        return this.stat(request.path, request.followLinks);
      case "mkdir":
        return this.makeDirectory(request.path, request.mode, request.recursive);
      case "remove":
        return this.remove(request.path, request.recursive);
      case "rename":
        return this.rename(request.path, request.to);
    }
  }

  /** Runs a call until it has not to wait. */
  private *retried<T>(call: () => T | number): Steps<T | number> {
    for (;;) {
      const result = call();
      if (result !== this.blocked) return result;
      yield "waits";
    }
  }

  /** The same. @throws Denied */
  private *call(call: () => number): Steps<number> {
    return check((yield* this.retried(call)) as number);
  }

  private *look(directory: number, path: Uint8Array, followLinks: boolean): Steps<FileFacts> {
    const found = yield* this.retried(() => this.files.look(directory, path, followLinks));
    if (typeof found === "number") throw new Denied(found);
    return found;
  }

  /** Does something with a descriptor and closes it, whatever happens. */
  private *with<T>(open: () => number, body: (descriptor: number) => Steps<T>): Steps<T> {
    const descriptor = yield* this.call(open);
    try {
      return yield* body(descriptor);
    } finally {
      this.files.closeDescriptor(descriptor);
    }
  }

  private *read(path: Uint8Array): Steps<Uint8Array> {
    const open = (): number => this.files.openToRead(path);
    return yield* this.with(open, (descriptor) => this.readAll(descriptor));
  }

  /** What the file has when it is opened; one that says it is empty (in /proc), to its end. */
  private *readAll(descriptor: number): Steps<Uint8Array> {
    const { sizeBytes } = yield* this.look(descriptor, ITSELF, true);
    const limitBytes = sizeBytes === 0 ? Number.POSITIVE_INFINITY : sizeBytes;
    const chunks: Uint8Array[] = [];
    let total = 0;
    while (total < limitBytes) {
      const chunk = new Uint8Array(Math.min(FILE_CHUNK_BYTES, limitBytes - total));
      const count = yield* this.call(() => this.files.read(descriptor, chunk));
      if (count === 0) break;
      chunks.push(count === chunk.length ? chunk : chunk.subarray(0, count));
      total += count;
      yield "more";
    }
    const bytes = new Uint8Array(total);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  private *write(path: Uint8Array, bytes: Uint8Array, mode: number | undefined): Steps<undefined> {
    const { files } = this;
    const open = (): number => files.openToWrite(path, mode ?? MODE_DEFAULT);
    yield* this.with(open, (descriptor) => this.writeAll(descriptor, bytes, mode));
    return undefined;
  }

  private *writeAll(descriptor: number, bytes: Uint8Array, mode: number | undefined): Steps<void> {
    const { files } = this;
    if (mode !== undefined) yield* this.call(() => files.changeMode(descriptor, mode));
    for (let done = 0; done < bytes.length; ) {
      const chunk = bytes.subarray(done, done + FILE_CHUNK_BYTES);
      done += yield* this.call(() => files.write(descriptor, chunk));
      yield "more";
    }
  }

  private *list(path: Uint8Array): Steps<readonly ListedName[]> {
    const open = (): number => this.files.openDirectory(ROOT_DIRECTORY, path, true);
    return yield* this.with(open, (descriptor) => this.namesOf(descriptor));
  }

  private *namesOf(descriptor: number): Steps<readonly ListedName[]> {
    const all: ListedName[] = [];
    for (;;) {
      const names = yield* this.retried(() => this.files.names(descriptor));
      if (names === undefined) return all;
      if (typeof names === "number") throw new Denied(names);
      for (const name of names) all.push(name);
      yield "more";
    }
  }

  private *stat(path: Uint8Array, followLinks: boolean): Steps<FileFacts> {
    return yield* this.look(ROOT_DIRECTORY, path, followLinks);
  }

  private *makeDirectory(path: Uint8Array, mode: number, recursive: boolean): Steps<undefined> {
    const { files } = this;
    if (!recursive) {
      yield* this.call(() => files.makeDirectory(path, mode));
      return undefined;
    }
    for (let end = 1; end <= path.length; end++) {
      if (end < path.length && path[end] !== SLASH) continue;
      const part = path.subarray(0, end);
      const made = yield* this.retried(() => files.makeDirectory(part, mode));
      if (made >= 0) continue;
      // Whoever made it: what counts is that it is there.
      const found = yield* this.retried(() => files.look(ROOT_DIRECTORY, part, true));
      const isThere = typeof found === "object" && found.kind === "directory";
      if (!isThere) throw new Denied(made);
    }
    return undefined;
  }

  private *rename(from: Uint8Array, to: Uint8Array): Steps<undefined> {
    yield* this.call(() => this.files.rename(from, to));
    return undefined;
  }

  private *remove(path: Uint8Array, recursive: boolean): Steps<undefined> {
    const { files } = this;
    const facts = yield* this.look(ROOT_DIRECTORY, path, false);
    const isDirectory = facts.kind === "directory";
    if (isDirectory && recursive) {
      const open = (): number => files.openDirectory(ROOT_DIRECTORY, path, false);
      yield* this.empty(open);
    }
    yield* this.call(() => files.remove(ROOT_DIRECTORY, path, isDirectory));
    return undefined;
  }

  /**
   * Removes all that is in a directory, however deep, with one descriptor at a time: down by a
   * name, up by "..". Who moves a directory meanwhile ends it: what ".." is then, is not ours.
   */
  private *empty(open: () => number): Steps<void> {
    const { files } = this;
    const above: Level[] = [];
    let current = yield* this.call(open);
    try {
      let level = yield* this.enter(current, ITSELF);
      for (;;) {
        const name = yield* this.emptyFlat(current, level);
        if (name !== undefined) {
          const inner = yield* this.call(() => files.openDirectory(current, name, false));
          files.closeDescriptor(current);
          current = inner;
          above.push(level);
          level = yield* this.enter(current, name);
          continue;
        }
        const parent = above.pop();
        if (parent === undefined) return;
        const upper = yield* this.call(() => files.openDirectory(current, PARENT, false));
        files.closeDescriptor(current);
        current = upper;
        const facts = yield* this.look(current, ITSELF, true);
        if (facts.inode !== parent.inode || facts.device !== parent.device)
          throw new Denied(FILE_MOVED);
        const { name: inner } = level;
        yield* this.call(() => files.remove(current, inner, true));
        level = parent;
        yield "more";
      }
    } finally {
      files.closeDescriptor(current);
    }
  }

  private *enter(descriptor: number, name: Uint8Array): Steps<Level> {
    const { inode, device } = yield* this.look(descriptor, ITSELF, true);
    return { name, inode, device, directories: undefined };
  }

  /** Removes the files of a directory. @returns a directory in it, or undefined: it is empty */
  private *emptyFlat(descriptor: number, level: Level): Steps<Uint8Array | undefined> {
    if (level.directories === undefined) {
      const names = yield* this.namesOf(descriptor);
      level.directories = names.filter(({ kind }) => kind === "directory").map(({ name }) => name);
      for (const { name, kind } of names) {
        if (kind === "directory") continue;
        yield* this.call(() => this.files.remove(descriptor, name, false));
        yield "more";
      }
    }
    return level.directories.pop();
  }
}

/** A directory that is being emptied. */
interface Level {
  readonly name: Uint8Array;
  readonly inode: number;
  readonly device: number;
  /** Those still in it; undefined: not looked at yet. */
  directories: Uint8Array[] | undefined;
}

/** The path to what a descriptor names. */
const ITSELF: Readonly<Uint8Array> = new Uint8Array(0);
/** "..". */
const PARENT: Readonly<Uint8Array> = Uint8Array.of(0x2e, 0x2e);

function check(result: number): number {
  if (result < 0) throw new Denied(result);
  return result;
}
