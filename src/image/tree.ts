/**
 * A root file system while it is put together. Packages are unpacked into it as dpkg does it: a
 * path that leads through a symbolic link of the tree (/bin to usr/bin) ends up behind the link,
 * and a directory that is there already stays as it is. `entries` is the archive's view of it:
 * sorted and numbered, so that the same contents give the same bytes.
 */

import { type CpioEntry, fileType } from "../abi/cpio.js";
import { ImageError } from "./errors.js";
import type { ArchiveFile } from "./tar.js";

/** A file without its name; several names may share one (hard links). */
interface Node {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  readonly data: Uint8Array;
}

/** Attributes that a new file may have, the defaults being root's own. */
export interface Attributes {
  readonly permissions?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
}

const linkMaximum = 40; // as Linux's MAXSYMLINKS

const typeBits = Object.freeze({
  directory: fileType.directory,
  file: fileType.regular,
  "symbolic-link": fileType.symbolicLink,
  "character-device": fileType.characterDevice,
  "block-device": fileType.blockDevice,
  fifo: fileType.fifo,
});

const isType = (node: Node | undefined, type: number): node is Node =>
  node !== undefined && (node.mode & fileType.mask) === type;

/** A root file system in memory. Paths are written without a leading slash; the root is ".". */
export class RootTree {
  readonly #nodes = new Map<string, Node>();
  readonly #defaultMtime: number;

  /** @param mtime time of files that do not have one of their own, in seconds since 1970 */
  constructor(mtime: number) {
    this.#defaultMtime = mtime;
    this.#nodes.set(".", this.#node(fileType.directory, 0o755, {}));
  }

  /** Whether a path exists; its last component is not followed. */
  has(path: string): boolean {
    return this.#nodes.has(this.#resolve(path));
  }

  /** Where a path is once the links in its folder's path are followed, as "usr/bin/sh". */
  place(path: string): string {
    return this.#resolve(path);
  }

  /** Target of a symbolic link; undefined if the path is no such link. */
  target(path: string): string | undefined {
    const node = this.#nodes.get(this.#resolve(path));
    const isLink = isType(node, fileType.symbolicLink);
    return isLink ? Buffer.from(node.data).toString("utf8") : undefined;
  }

  /** Bytes of all files' contents; a file with several names counts once. */
  get sizeBytes(): number {
    let sum = 0;
    for (const node of new Set(this.#nodes.values())) sum += node.data.length;
    return sum;
  }

  /** Contents of a regular file, following links in its folder's path. */
  read(path: string): Uint8Array | undefined {
    const node = this.#nodes.get(this.#resolve(path));
    return isType(node, fileType.regular) ? node.data : undefined;
  }

  /** Makes a directory; one that exists is kept as it is. */
  directory(path: string, attributes: Attributes = {}): void {
    const place = this.#resolve(path);
    const present = this.#nodes.get(place);
    const kept = isType(present, fileType.directory) || isType(present, fileType.symbolicLink);
    if (!kept) {
      this.#put(place, this.#node(fileType.directory, 0o755, attributes));
    }
  }

  file(path: string, contents: string | Uint8Array, attributes: Attributes = {}): void {
    const data = typeof contents === "string" ? Buffer.from(contents, "utf8") : contents;
    const node = this.#node(fileType.regular, 0o644, attributes);
    this.#put(this.#resolve(path), { ...node, data });
  }

  symbolicLink(path: string, target: string, attributes: Attributes = {}): void {
    const node = this.#node(fileType.symbolicLink, 0o777, attributes);
    this.#put(this.#resolve(path), { ...node, data: Buffer.from(target, "utf8") });
  }

  /** Another name of a file. @throws ImageError "malformed" if that is not there */
  hardLink(path: string, target: string): void {
    const node = this.#nodes.get(this.#resolve(target));
    if (node === undefined || isType(node, fileType.directory)) {
      throw new ImageError("malformed", `${path} is a link to nothing: ${target}`);
    }
    this.#put(this.#resolve(path), node);
  }

  characterDevice(path: string, rdevMajor: number, rdevMinor: number, permissions: number): void {
    const node = this.#node(fileType.characterDevice, permissions, {});
    this.#put(this.#resolve(path), { ...node, rdevMajor, rdevMinor });
  }

  /**
   * Unpacks the files of a package.
   *
   * @throws ImageError "malformed" if a path leads outside, or a hard link to nowhere
   */
  unpack(files: readonly ArchiveFile[]): void {
    for (const file of files) {
      const { permissions, uid, gid, mtime } = file;
      const attributes = { permissions, uid, gid, mtime };
      if (file.type === "directory") {
        this.directory(file.path, attributes);
      } else if (file.type === "hard-link") {
        this.hardLink(file.path, file.target);
      } else {
        const isLink = file.type === "symbolic-link";
        const node = this.#node(typeBits[file.type], 0o644, attributes);
        this.#put(this.#resolve(file.path), {
          ...node,
          rdevMajor: file.rdevMajor,
          rdevMinor: file.rdevMinor,
          data: isLink ? Buffer.from(file.target, "utf8") : file.data,
        });
      }
    }
  }

  /** The entries of the archive, a directory before what is in it. */
  entries(): CpioEntry[] {
    const names = [...this.#nodes.keys()].sort((one, other) =>
      one === "." ? -1 : other === "." ? 1 : Buffer.compare(Buffer.from(one), Buffer.from(other)),
    );
    const inodes = new Map<Node, number>();
    const counts = new Map<Node, number>();
    for (const node of this.#nodes.values()) {
      counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    const written = new Set<Node>();
    return names.map((path) => {
      const node = this.#nodes.get(path) as Node;
      const inode = inodes.get(node) ?? inodes.size + 1;
      inodes.set(node, inode);
      // The first of several links carries the data.
      const data = written.has(node) ? new Uint8Array(0) : node.data;
      written.add(node);
      const nlink = isType(node, fileType.directory) ? 2 : (counts.get(node) ?? 1);
      return { ...node, path, data, inode, nlink, deviceMajor: 0, deviceMinor: 0 };
    });
  }

  #node(type: number, permissions: number, attributes: Attributes): Node {
    return {
      mode: type | (attributes.permissions ?? permissions),
      uid: attributes.uid ?? 0,
      gid: attributes.gid ?? 0,
      mtime: attributes.mtime ?? this.#defaultMtime,
      rdevMajor: 0,
      rdevMinor: 0,
      data: new Uint8Array(0),
    };
  }

  #put(place: string, node: Node): void {
    const present = this.#nodes.get(place);
    if (isType(present, fileType.directory) && !isType(node, fileType.directory)) {
      throw new ImageError("malformed", `/${place} is a directory and cannot become a file`);
    }
    const slash = place.lastIndexOf("/");
    const parent = slash < 0 ? "." : place.slice(0, slash);
    const folder = this.#nodes.get(parent);
    if (folder === undefined) {
      this.#put(parent, this.#node(fileType.directory, 0o755, {}));
    } else if (!isType(folder, fileType.directory)) {
      throw new ImageError("malformed", `/${parent} is not a directory, but /${place} is in it`);
    }
    this.#nodes.set(place, node);
  }

  /** Where a path ends up: symbolic links on the way are followed, the last component is not. */
  #resolve(path: string): string {
    let rest = path.split("/").filter((part) => part !== "" && part !== ".");
    const done: string[] = [];
    for (let count = 0; rest.length > 0; ) {
      const [part = "", ...after] = rest;
      rest = after;
      if (part === "..") {
        if (done.pop() === undefined) {
          throw new ImageError("malformed", `${path} leads out of the root file system`);
        }
        continue;
      }
      done.push(part);
      const node = this.#nodes.get(done.join("/"));
      if (rest.length > 0 && isType(node, fileType.symbolicLink)) {
        if (++count > linkMaximum) {
          throw new ImageError("malformed", `${path} leads through too many symbolic links`);
        }
        const target = Buffer.from(node.data).toString("utf8");
        done.splice(target.startsWith("/") ? 0 : done.length - 1);
        rest = [...target.split("/").filter((name) => name !== "" && name !== "."), ...rest];
      }
    }
    return done.length === 0 ? "." : done.join("/");
  }
}
