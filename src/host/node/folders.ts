/**
 * Shared folders over Node's file system, on Linux: what FolderFiles asks, done at once. A guest
 * reaches what lies in a folder and nothing else:
 *
 *   folder-at.ts        names in open directories, without following links
 *   folder-nodes.ts     which file a node is, found from the folder's root down
 *   folder-opens.ts     open files; files with hard links that the guest did not make
 *   folder-listing.ts   directories with positions that stay
 */

import {
  type BigIntStats,
  chmodSync,
  constants,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import {
  errno,
  fuse,
  O_RDONLY,
  O_RDWR,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
} from "../../machine/devices/folder-host.js";
import type {
  FolderChanges,
  FolderEntry,
  FolderFigures,
  FolderFiles,
  FolderTime,
  ListedEntry,
} from "../folder-files.js";
import {
  at,
  attempt,
  attributesOf,
  close,
  ofDescriptor,
  reopen,
  statAt,
  statOf,
} from "./folder-at.js";
import { Listings } from "./folder-listing.js";
import { checkInside, type Folder, type FolderNode, FolderNodes } from "./folder-nodes.js";
import { FolderOpens, mayChange } from "./folder-opens.js";

/** Bits that would give rights on the host: a guest cannot set them. */
const SET_ID_BITS = 0o6000;

export class NodeFolders implements FolderFiles {
  private readonly listings = new Listings();
  private readonly nodes = new FolderNodes((node) => this.listings.drop(node));
  private readonly opens = new FolderOpens(this.nodes);

  /** @param folders by their numbers; see openShared */
  constructor(private readonly folders: readonly Folder[]) {}

  lookup(directory: number, name: Uint8Array): FolderEntry | number {
    if (directory === fuse.FUSE_ROOT)
      return this.lookupFolder(Buffer.from(name).toString("latin1"));
    const above = this.nodes.find(directory);
    if (above === undefined) return -errno.ESTALE;
    if (above.type !== S_IFDIR) return -errno.ENOTDIR;
    const descriptor = this.nodes.directory(above);
    return descriptor < 0 ? descriptor : this.entryAt(above, descriptor, name);
  }

  private lookupFolder(number: string): FolderEntry | number {
    const folder = /^[0-9]{1,4}$/.test(number) ? this.folders[Number(number)] : undefined;
    if (folder === undefined) return -errno.ENOENT;
    const stat = statOf(folder.descriptor);
    return typeof stat === "number" ? stat : this.entry(folder, undefined, new Uint8Array(0), stat);
  }

  /** What a name of an open directory stands for. */
  private entryAt(above: FolderNode, descriptor: number, name: Uint8Array): FolderEntry | number {
    const stat = statAt(descriptor, name);
    if (typeof stat === "number") return stat;
    return this.entry(above.folder, above, Uint8Array.from(name), stat);
  }

  private entry(
    folder: Folder,
    above: FolderNode | undefined,
    name: Uint8Array,
    stat: BigIntStats,
  ): FolderEntry | number {
    const node = this.nodes.learn(folder, above, name, stat);
    if (typeof node === "number") return node;
    node.lookups++;
    return { node: node.number, attributes: attributesOf(stat) };
  }

  forget(number: number, count: number): void {
    const node = this.nodes.find(number);
    if (node !== undefined) this.nodes.forget(node, count);
  }

  attributes(number: number): fuse.FuseAttributes | number {
    const node = this.nodes.find(number);
    if (node === undefined) return -errno.ESTALE;
    const stat = this.nodes.stat(node);
    return typeof stat === "number" ? stat : attributesOf(stat);
  }

  setAttributes(number: number, changes: FolderChanges): fuse.FuseAttributes | number {
    const node = this.nodes.find(number);
    if (node === undefined) return -errno.ESTALE;
    if (node.folder.isReadOnly) return -errno.EROFS;
    const failed = this.nodes.withChangeable(node, (descriptor, stat) => {
      const refused = mayChange(node, stat);
      return refused < 0 ? refused : this.apply(node, descriptor, stat, changes);
    });
    return failed < 0 ? failed : this.attributes(number);
  }

  private apply(
    node: FolderNode,
    descriptor: number,
    stat: BigIntStats,
    changes: FolderChanges,
  ): number {
    const { mode, userId, groupId, sizeBytes, access, modify } = changes;
    const shown = attributesOf(stat);
    // Owners are shown, not had: only what they are anyway can be set.
    const isOther = (userId ?? shown.userId) !== shown.userId;
    if (isOther || (groupId ?? shown.groupId) !== shown.groupId) return -errno.EPERM;
    let failed = 0;
    if (mode !== undefined) failed = changeMode(node, descriptor, shown.mode, mode);
    if (failed === 0 && sizeBytes !== undefined) failed = this.cut(node, descriptor, sizeBytes);
    if (failed === 0 && (access !== undefined || modify !== undefined)) {
      const accessTime = access ?? timeOf(shown.accessSeconds, shown.accessNanoseconds);
      const modifyTime = modify ?? timeOf(shown.modifySeconds, shown.modifyNanoseconds);
      failed = changeTimes(descriptor, accessTime, modifyTime);
    }
    return failed;
  }

  private cut(node: FolderNode, place: number, sizeBytes: number): number {
    if (node.type !== S_IFREG) return node.type === S_IFDIR ? -errno.EISDIR : -errno.EINVAL;
    const open = this.opens.writing(node);
    const descriptor = open >= 0 ? open : reopen(place, constants.O_WRONLY);
    if (descriptor < 0) return descriptor;
    const failed = nothing(() => ftruncateSync(descriptor, sizeBytes));
    if (open < 0) close(descriptor);
    return failed;
  }

  readlink(number: number): Uint8Array | number {
    const node = this.nodes.find(number);
    if (node === undefined) return -errno.ESTALE;
    if (node.type !== S_IFLNK) return -errno.EINVAL;
    const directory = this.nodes.directoryOf(node);
    if (directory < 0) return directory;
    return attempt(() => readlinkSync(at(directory, node.name), "buffer"));
  }

  symlink(directory: number, name: Uint8Array, target: Uint8Array): FolderEntry | number {
    if (target.length === 0) return -errno.ENOENT;
    return this.make(directory, name, (path) => symlinkSync(Buffer.from(target), path));
  }

  makeDirectory(directory: number, name: Uint8Array, mode: number): FolderEntry | number {
    const made = this.make(directory, name, (path) => mkdirSync(path, mode & 0o777));
    if (typeof made === "number") return made;
    // The mask of this process is none of the guest's.
    const changed = this.setAttributes(made.node, { mode: mode & ~SET_ID_BITS });
    return typeof changed === "number" ? made : { ...made, attributes: changed };
  }

  /** Makes a name in a directory that may be changed, then looks it up. */
  private make(
    directory: number,
    name: Uint8Array,
    body: (path: Buffer) => void,
  ): FolderEntry | number {
    const above = this.writable(directory);
    if (typeof above === "number") return above;
    const descriptor = this.nodes.directory(above);
    if (descriptor < 0) return descriptor;
    const failed = nothing(() => body(at(descriptor, name)));
    return failed < 0 ? failed : this.entryAt(above, descriptor, name);
  }

  /** A directory in which names may be changed. @returns it or -errno */
  private writable(directory: number): FolderNode | number {
    const node = this.nodes.find(directory);
    if (node === undefined) return -errno.ESTALE;
    if (node.type !== S_IFDIR) return -errno.ENOTDIR;
    return node.folder.isReadOnly ? -errno.EROFS : node;
  }

  create(
    directory: number,
    name: Uint8Array,
    mode: number,
  ): (FolderEntry & { readonly handle: number }) | number {
    const above = this.writable(directory);
    if (typeof above === "number") return above;
    const descriptor = this.nodes.directory(above);
    if (descriptor < 0) return descriptor;
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const made = attempt(() => openSync(at(descriptor, name), flags, mode & 0o777));
    if (made < 0) return made;
    const failed = this.finishCreate(above.folder, made, mode & ~SET_ID_BITS);
    const stat = failed < 0 ? failed : statOf(made);
    const entry =
      typeof stat === "number"
        ? stat
        : this.entry(above.folder, above, Uint8Array.from(name), stat);
    if (typeof entry === "number") {
      // Its directory was moved out of the folder meanwhile: nothing is left there.
      close(made);
      attempt(() => unlinkSync(at(descriptor, name)));
      return entry;
    }
    const node = this.nodes.find(entry.node) as FolderNode;
    const handle = this.opens.adopt(node, O_RDWR, made);
    if (handle >= 0) return { ...entry, handle };
    this.forget(entry.node, 1);
    attempt(() => unlinkSync(at(descriptor, name)));
    return handle;
  }

  /** A new file is where it should be, with the mode that the guest wants. */
  private finishCreate(folder: Folder, descriptor: number, mode: number): number {
    const outside = checkInside(folder, descriptor);
    if (outside < 0) return outside;
    return nothing(() => chmodSync(ofDescriptor(descriptor), mode));
  }

  unlink(directory: number, name: Uint8Array, asDirectory: boolean): number {
    const above = this.writable(directory);
    if (typeof above === "number") return above;
    const descriptor = this.nodes.directory(above);
    if (descriptor < 0) return descriptor;
    const stat = statAt(descriptor, name);
    if (typeof stat === "number") return stat;
    if (stat.dev !== above.folder.device) return -errno.EXDEV;
    const path = at(descriptor, name);
    const failed = nothing(() => (asDirectory ? rmdirSync(path) : unlinkSync(path)));
    const node = this.nodes.findFile(above.folder, stat);
    if (failed === 0 && node !== undefined) node.madeLinks = Math.max(0, node.madeLinks - 1);
    return failed;
  }

  rename(directory: number, name: Uint8Array, newDirectory: number, newName: Uint8Array): number {
    const from = this.writable(directory);
    const to = this.writable(newDirectory);
    if (typeof from === "number") return from;
    if (typeof to === "number") return to;
    if (from.folder !== to.folder) return -errno.EXDEV;
    return this.nodes.withDirectories(from, to, (one, two) => {
      const stat = statAt(one, name);
      if (typeof stat === "number") return stat;
      if (stat.dev !== from.folder.device) return -errno.EXDEV;
      const failed = nothing(() => renameSync(at(one, name), at(two, newName)));
      const node = failed === 0 ? this.nodes.findFile(from.folder, stat) : undefined;
      if (node !== undefined) this.nodes.place(node, to, Uint8Array.from(newName));
      return failed;
    });
  }

  link(number: number, directory: number, name: Uint8Array): FolderEntry | number {
    const node = this.nodes.find(number);
    const above = this.writable(directory);
    if (typeof above === "number") return above;
    if (node === undefined || node.parent === undefined) return -errno.ESTALE;
    if (node.folder !== above.folder) return -errno.EXDEV;
    if (node.type !== S_IFREG && node.type !== S_IFLNK) return -errno.EPERM;
    const stat = this.nodes.stat(node);
    if (typeof stat === "number") return stat;
    if (stat.nlink === 0n) return -errno.ENOENT;
    const refused = mayChange(node, stat);
    if (refused < 0) return refused;
    let entry: FolderEntry | number = -errno.EIO;
    const failed = this.nodes.withDirectories(node.parent, above, (one, two) => {
      const done = nothing(() => linkSync(at(one, node.name), at(two, name)));
      if (done < 0) return done;
      entry = this.entryAt(above, two, name);
      if (typeof entry !== "number" && entry.node === number) return 0;
      // Others have put another file under the name meanwhile.
      attempt(() => unlinkSync(at(two, name)));
      return -errno.ESTALE;
    });
    if (failed < 0) return failed;
    node.madeLinks++;
    return entry;
  }

  open(number: number, access: number): number {
    const node = this.nodes.find(number);
    return node === undefined ? -errno.ESTALE : this.opens.open(node, access);
  }

  release(handle: number): void {
    this.opens.release(handle);
  }

  read(handle: number, offset: number, into: Uint8Array): number {
    return this.opens.read(handle, offset, into);
  }

  write(handle: number, offset: number, bytes: Uint8Array, isAppend: boolean): number {
    return this.opens.write(handle, offset, bytes, isAppend);
  }

  synchronize(number: number): number {
    const node = this.nodes.find(number);
    if (node === undefined) return -errno.ESTALE;
    return this.nodes.withPlace(node, (place) => {
      const open = this.opens.writing(node);
      const descriptor = open >= 0 ? open : reopen(place, O_RDONLY);
      if (descriptor < 0) return descriptor;
      const failed = nothing(() => fsyncSync(descriptor));
      if (open < 0) close(descriptor);
      return failed;
    });
  }

  statfs(number: number): FolderFigures | number {
    const node = this.nodes.find(number);
    if (node === undefined) return -errno.ESTALE;
    const found = attempt(() => statfsSync(ofDescriptor(node.folder.descriptor)));
    if (typeof found === "number") return found;
    return {
      blockBytes: found.bsize,
      blocks: found.blocks,
      blocksFree: found.bfree,
      blocksAvailable: found.bavail,
      files: found.files,
      filesFree: found.ffree,
    };
  }

  list(
    directory: number,
    position: number,
    fits: (entry: ListedEntry) => boolean,
  ): readonly ListedEntry[] | number {
    const node = this.nodes.find(directory);
    if (node === undefined) return -errno.ESTALE;
    if (node.type !== S_IFDIR) return -errno.ENOTDIR;
    const descriptor = this.nodes.directory(node);
    return descriptor < 0 ? descriptor : this.listings.list(node, descriptor, position, fits);
  }
}

/** Runs a call that answers nothing. @returns 0 or -errno */
function nothing(body: () => void): number {
  return attempt(() => {
    body();
    return 0;
  });
}

const timeOf = (seconds: number, nanoseconds: number): FolderTime => ({ seconds, nanoseconds });

/** chmod(2); bits that give rights to who runs a file may stay, and do not come. */
function changeMode(node: FolderNode, descriptor: number, held: number, mode: number): number {
  if (node.type === S_IFLNK) return -errno.EOPNOTSUPP;
  if ((mode & ~held & SET_ID_BITS) !== 0) return -errno.EPERM;
  return nothing(() => chmodSync(ofDescriptor(descriptor), mode));
}

/** utimensat(2), in microseconds: Node has no finer times. */
function changeTimes(descriptor: number, access: FolderTime, modify: FolderTime): number {
  if (access.seconds < 0 || modify.seconds < 0) return -errno.EINVAL;
  const asSeconds = ({ seconds, nanoseconds }: FolderTime): number => seconds + nanoseconds / 1e9;
  return nothing(() => utimesSync(ofDescriptor(descriptor), asSeconds(access), asSeconds(modify)));
}
