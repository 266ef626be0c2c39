/**
 * First contents of the root: an image (cpio, as Linux's initramfs), through the protocol of files.
 */
import { linkCpio, readCpio } from "../abi/cpio.js";
import { EEXIST, EINVAL } from "../abi/errno.js";
import { PATH_MAX } from "../abi/file.js";
import { NODE } from "../services/file/protocol.js";
import { RootNames } from "./root-names.js";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const CHUNK_BYTES = 65536;
/** Mounted over at boot. */
const MOUNTED: readonly string[] = Object.freeze(["dev", "proc"]);

/** A file that goes into the root besides the image's. */
export interface ExtraFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/** Fills a root file system; throws an Error that names the entry that failed. */
export class Populator extends RootNames {
  /** Node and time of modification. */
  private readonly times: [number, number][] = [];

  addImage(image: Uint8Array): void {
    for (const entry of linkCpio(readCpio(image))) {
      if (entry.path === ".") continue;
      if (MOUNTED.some((name) => entry.path.startsWith(`${name}/`))) continue;
      if (entry.hardLinkTo !== undefined) {
        this.link(entry.path, entry.hardLinkTo);
        continue;
      }
      const device = (entry.rdevMajor << 8) | (entry.rdevMinor & 0xff);
      const node = this.create(entry.path, entry.mode, entry.uid, entry.gid, device, entry.data);
      this.times.push([node, entry.mtime]);
    }
  }

  /** Gives every node of the image its time. */
  finish(): void {
    for (const [node, seconds] of this.times) {
      this.root.setAttribute(0, node, NODE.modifySeconds, seconds);
      this.root.setAttribute(0, node, NODE.modifyNanoseconds, 0);
      this.kernel.calls.endOwn();
    }
  }

  addFile(file: ExtraFile): void {
    const path = file.path.replace(/^\/+/, "");
    this.addFolder(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    this.create(path, S_IFREG | file.mode, 0, 0, 0, file.bytes);
  }

  /** A folder at a path, with those above it, as far as they are not there. */
  addFolder(path: string): void {
    const parts = path.split("/").filter((part) => part !== "");
    for (let i = 1; i <= parts.length; i++) {
      const folder = parts.slice(0, i).join("/");
      if (this.find(folder) < 0) this.create(folder, S_IFDIR | 0o755, 0, 0, 0, new Uint8Array(0));
    }
  }

  private create(
    path: string,
    mode: number,
    userId: number,
    groupId: number,
    device: number,
    data: Uint8Array,
  ): number {
    const { directory, name } = this.split(path);
    const isLink = (mode & S_IFMT) === S_IFLNK;
    let node = directory;
    if (isLink && (data.length === 0 || data.length >= PATH_MAX)) node = -EINVAL;
    else if (directory >= 0) {
      const at = this.put(name);
      const { length } = name;
      node = isLink
        ? this.symlink(directory, at, length, data, userId, groupId)
        : this.root.create(0, directory, at, length, mode, userId, groupId, device);
      if (!isLink && node === -EEXIST) node = this.replace(path, mode);
    }
    this.kernel.calls.endOwn();
    if (node < 0) throw new Error(`image: cannot make ${path}: error ${-node}`);
    this.nodes.set(path, node);
    if ((mode & S_IFMT) === S_IFREG) this.write(path, node, data);
    return node;
  }

  private symlink(
    directory: number,
    name: number,
    nameLength: number,
    target: Uint8Array,
    userId: number,
    groupId: number,
  ): number {
    const at = this.put(target);
    const { length } = target;
    return this.root.symlink(0, directory, name, nameLength, at, length, userId, groupId);
  }

  /** What is there already takes the new mode; a file's contents are written anew. */
  private replace(path: string, mode: number): number {
    const node = this.find(path);
    if (node < 0) return node;
    if (this.typeOf(node) !== (mode & S_IFMT)) return -EEXIST;
    this.root.setAttribute(0, node, NODE.mode, mode);
    if ((mode & S_IFMT) === S_IFREG) this.root.truncate(0, node, 0);
    return node;
  }

  private write(path: string, node: number, data: Uint8Array): void {
    for (let done = 0; done < data.length; ) {
      const chunk = data.subarray(done, done + CHUNK_BYTES);
      const wrote = this.root.write(0, node, done, this.put(chunk), chunk.length, 0);
      this.kernel.calls.endOwn();
      if (wrote <= 0) throw new Error(`image: cannot write ${path}: error ${-wrote}`);
      done += wrote;
    }
  }

  private link(path: string, target: string): void {
    const { directory, name } = this.split(path);
    const node = this.find(target);
    const bad = Math.min(directory, node);
    const result = bad < 0 ? bad : this.root.link(0, directory, this.put(name), name.length, node);
    this.kernel.calls.endOwn();
    if (result < 0) throw new Error(`image: cannot link ${path} to ${target}: error ${-result}`);
    this.nodes.set(path, node);
  }
}
