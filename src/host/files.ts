/** The files in the guest as embedders use them: `system.files`. */
import type { FileFacts, FileKind, ListedName } from "../structures/boot.js";
import { errorName } from "../structures/error-name.js";
import { SixfoldError, type SixfoldErrorCode } from "./errors.js";
import { DeniedError, type Link } from "./link.js";
import type { Answer, Request } from "./messages.js";

export type { FileKind } from "../structures/boot.js";

/**
 * A path in the guest; one that does not begin with "/" begins at the root. Bytes are for names
 * that are not UTF-8.
 */
export type GuestPath = string | Uint8Array;

/** A name in a directory. */
export interface DirectoryEntry {
  /** As text (UTF-8; what is not has U+FFFD). */
  readonly name: string;
  /** As it is. */
  readonly nameBytes: Uint8Array;
  readonly kind: FileKind;
}

/** What `stat` says of a file. */
export type FileStat = FileFacts;

/**
 * The files in the guest. All is done as its superuser, by the same service that serves its
 * programs: permissions are as for root, limits hold. A refusal is a SixfoldError whose code is
 * Linux's name of the error ("ENOENT", "ENOSPC", …). What is not a regular file is neither read nor
 * written (ENXIO), so that nothing waits for a peer.
 */
export interface Files {
  /** All bytes of a file, up to the size that it has at the beginning. */
  read(path: GuestPath): Promise<Uint8Array<ArrayBuffer>>;
  /** The same as text (UTF-8). */
  readText(path: GuestPath): Promise<string>;
  /**
   * Writes a file from its beginning: made if it is not there, else emptied first. What was
   * written before an error stays.
   * @param options.mode permission bits; default 0o644 for a new file, else what it has
   */
  write(
    path: GuestPath,
    content: string | Uint8Array,
    options?: { readonly mode?: number },
  ): Promise<void>;
  /** The names in a directory, without "." and "..", sorted by their bytes. */
  list(path: GuestPath): Promise<DirectoryEntry[]>;
  /** @param options.followLinks false: of a symbolic link itself; default true */
  stat(path: GuestPath, options?: { readonly followLinks?: boolean }): Promise<FileStat>;
  /**
   * @param options.recursive with all that is missing above it; that it is there is no error then
   * @param options.mode permission bits; default 0o755
   */
  mkdir(
    path: GuestPath,
    options?: { readonly recursive?: boolean; readonly mode?: number },
  ): Promise<void>;
  /**
   * Removes a file, a symbolic link (not what it leads to), or an empty directory.
   * @param options.recursive a directory with all that is in it
   */
  remove(path: GuestPath, options?: { readonly recursive?: boolean }): Promise<void>;
  /** rename(2): what has the new name is replaced. */
  rename(from: GuestPath, to: GuestPath): Promise<void>;
}

const PATH_BYTES_MAX = 4095;
const MODE_MAX = 0o7777;
const DIRECTORY_MODE = 0o755;

export class HostedFiles implements Files {
  constructor(private readonly link: Link) {}

  async read(path: GuestPath): Promise<Uint8Array<ArrayBuffer>> {
    const request = { operation: "read", path: pathBytes(path) } as const;
    return (await this.ask(request, path)) as Uint8Array<ArrayBuffer>;
  }

  async readText(path: GuestPath): Promise<string> {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await this.read(path));
  }

  async write(
    path: GuestPath,
    content: string | Uint8Array,
    options: { readonly mode?: number } = {},
  ): Promise<void> {
    const mode = options.mode === undefined ? undefined : checkMode(options.mode);
    // A copy: it is transferred.
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : copy(content);
    await this.ask({ operation: "write", path: pathBytes(path), bytes, mode }, path);
  }

  async list(path: GuestPath): Promise<DirectoryEntry[]> {
    const answer = await this.ask({ operation: "list", path: pathBytes(path) }, path);
    const names = [...(answer as readonly ListedName[])];
    names.sort((left, right) => compare(left.name, right.name));
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return names.map(({ name, kind }) => ({ name: decoder.decode(name), nameBytes: name, kind }));
  }

  async stat(path: GuestPath, options: { readonly followLinks?: boolean } = {}): Promise<FileStat> {
    const followLinks = options.followLinks ?? true;
    const request = { operation: "stat", path: pathBytes(path), followLinks } as const;
    return (await this.ask(request, path)) as FileStat;
  }

  async mkdir(
    path: GuestPath,
    options: { readonly recursive?: boolean; readonly mode?: number } = {},
  ): Promise<void> {
    const mode = checkMode(options.mode ?? DIRECTORY_MODE);
    const recursive = options.recursive ?? false;
    await this.ask({ operation: "mkdir", path: pathBytes(path), mode, recursive }, path);
  }

  async remove(path: GuestPath, options: { readonly recursive?: boolean } = {}): Promise<void> {
    const recursive = options.recursive ?? false;
    await this.ask({ operation: "remove", path: pathBytes(path), recursive }, path);
  }

  async rename(from: GuestPath, to: GuestPath): Promise<void> {
    await this.ask({ operation: "rename", path: pathBytes(from), to: pathBytes(to) }, from);
  }

  private async ask(request: Request, path: GuestPath): Promise<Answer> {
    try {
      return await this.link.request(request);
    } catch (error) {
      if (!(error instanceof DeniedError)) throw error;
      const errno = errorName(error.error);
      const shown = typeof path === "string" ? path : new TextDecoder().decode(path);
      const text = `cannot ${request.operation} ${shown} in the guest: ${errno}`;
      throw new SixfoldError(errno as SixfoldErrorCode, text, { errno });
    }
  }
}

/** @returns the bytes of an absolute path. @throws SixfoldError "argument" or "ENAMETOOLONG" */
function pathBytes(path: GuestPath): Uint8Array {
  const isPath = typeof path === "string" || path instanceof Uint8Array;
  const given = typeof path === "string" ? new TextEncoder().encode(path) : path;
  if (!isPath || given.length === 0 || given.includes(0)) {
    throw new SixfoldError("argument", "a path must be text or bytes, not empty, without NUL");
  }
  if (given.length > PATH_BYTES_MAX) {
    const options = { errno: "ENAMETOOLONG" };
    throw new SixfoldError("ENAMETOOLONG", `a path of ${given.length} bytes is too long`, options);
  }
  return copy(given);
}

const copy = (bytes: Uint8Array): Uint8Array => {
  if (bytes instanceof Uint8Array) return new Uint8Array(bytes);
  throw new SixfoldError("argument", "a file's content must be text or bytes (Uint8Array)");
};

function checkMode(mode: number): number {
  if (Number.isInteger(mode) && mode >= 0 && mode <= MODE_MAX) return mode;
  throw new SixfoldError("argument", `mode must be permission bits, 0 to 0o7777, not ${mode}`);
}

function compare(left: Uint8Array, right: Uint8Array): number {
  const end = Math.min(left.length, right.length);
  for (let index = 0; index < end; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
