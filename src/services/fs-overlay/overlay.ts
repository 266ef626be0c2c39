/**
 * A file system over two others (as Linux's overlayfs): it shows the one below, and what is written
 * goes to the one above. Nothing below is ever changed. What is hidden and what lies where is known
 * here, not written above: an overlay lives as long as it is mounted.
 */
import { EEXIST, EINVAL, EISDIR, ENOENT, ENOTTY, ESTALE } from "../../abi/errno.js";
import { O_ACCMODE, O_RDONLY, O_RDWR, O_TRUNC, S_IFLNK, S_IFREG } from "../../abi/file.js";
import { DEFAULT_POLLMASK } from "../../abi/poll.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { Texts } from "../../kernel/texts.js";
import { type FileSystemService, NODE, STAT_BYTES, STATFS_BYTES } from "../file/protocol.js";
import { copyUp, endCopies } from "./copy-up.js";
import { linksOf, listDirectory } from "./listing.js";
import { find, link, rename, unlink } from "./names.js";
import {
  addRoot,
  drop,
  forget,
  forgetIdle,
  hold,
  isDirectory,
  learnUpper,
  nodeAt,
  placeOf,
  put,
} from "./nodes.js";
import { openNode, readOpened, writeOpened } from "./open.js";
import type { OverlayFileSystemService } from "./protocol.js";
import { type Core, createState, type Node, type OverlayState } from "./state.js";

const OVERLAYFS_SUPER_MAGIC = 0x794c_7630;
const STAT_INODE_OFFSET = 8;
const STAT_LINKS_OFFSET = 20;
const OPTION = /^(folder=[0-9]{1,4})(?:,(.*))?$/;

export class OverlayFileSystem implements OverlayFileSystemService {
  readonly state: OverlayState = createState();
  private readonly core: Core;
  private readonly texts = new Texts();

  constructor(
    private readonly kernel: KernelCalls,
    services: { readonly lower: FileSystemService; readonly upper: FileSystemService },
  ) {
    this.core = { kernel, ...services, state: this.state };
  }

  event(): Result {
    return 0;
  }

  commit(caller: TaskId, callId: number): Result {
    if (this.state.copying.size > 0) endCopies(this.core, caller, callId);
    forgetIdle(this.core, caller);
    return 0;
  }

  abort(caller: TaskId, callId: number): Result {
    return this.commit(caller, callId);
  }

  /** Overlays are there by `mount` only. */
  root(): Result {
    return -EINVAL;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    const at = this.find(caller, directory);
    if (at === undefined) return -ESTALE;
    const text = this.text(caller, name, nameLength);
    if (text === "..") return at.parent;
    const found = find(this.core, caller, at, text);
    return typeof found === "number" ? found : found.number;
  }

  attribute(caller: TaskId, number: number, which: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    if (which === NODE.inode) return node.inode;
    if (which === NODE.links) return linksOf(this.core, caller, node);
    const { files, at } = placeOf(this.core, node);
    return files.attribute(caller, at, which);
  }

  setAttribute(caller: TaskId, number: number, which: number, value: number): Result {
    const node = this.find(caller, number);
    if (node === undefined) return -ESTALE;
    // That a file below was read is noted below, or nowhere.
    if (node.upper < 0 && which === NODE.accessNanoseconds && value === -1) return 0;
    const failed = copyUp(this.core, caller, node);
    return failed < 0 ? failed : this.core.upper.setAttribute(caller, node.upper, which, value);
  }

  stat(caller: TaskId, number: number, device: number, buffer: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const { files, at } = placeOf(this.core, node);
    const scratch = this.kernel.scratch(caller, STAT_BYTES);
    const failed = files.stat(caller, at, device, scratch);
    if (failed < 0) return failed;
    const bytes = new Uint8Array(STAT_BYTES);
    this.kernel.copyIn(caller, scratch, bytes, 0, STAT_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(STAT_INODE_OFFSET, node.inode % 2 ** 32, true);
    view.setUint32(STAT_INODE_OFFSET + 4, Math.floor(node.inode / 2 ** 32), true);
    view.setUint32(STAT_LINKS_OFFSET, linksOf(this.core, caller, node), true);
    return this.kernel.copyOut(caller, buffer, bytes, 0, STAT_BYTES);
  }

  statfs(caller: TaskId, number: number, buffer: number): Result {
    const node = nodeAt(this.core, number);
    const instance = this.state.instances.get(node?.root ?? -1);
    if (instance === undefined) return -ESTALE;
    const scratch = this.kernel.scratch(caller, STATFS_BYTES);
    const failed = this.core.upper.statfs(caller, instance.upperRoot, scratch);
    if (failed < 0) return failed;
    const bytes = new Uint8Array(STATFS_BYTES);
    this.kernel.copyIn(caller, scratch, bytes, 0, STATFS_BYTES);
    new DataView(bytes.buffer).setUint32(0, OVERLAYFS_SUPER_MAGIC, true);
    return this.kernel.copyOut(caller, buffer, bytes, 0, STATFS_BYTES);
  }

  create(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    mode: number,
    userId: number,
    groupId: number,
    device: number,
  ): Result {
    const at = this.mayEnter(caller, directory, name, nameLength);
    if (typeof at === "number") return at;
    const { upper } = this.core;
    const owner = [userId, groupId] as const;
    const made = upper.create(caller, at.upper, name, nameLength, mode, ...owner, device);
    if (made < 0) return made;
    const text = this.text(caller, name, nameLength);
    return learnUpper(this.core, caller, made, mode, at, text).number;
  }

  symlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    target: number,
    targetLength: number,
    userId: number,
    groupId: number,
  ): Result {
    const at = this.mayEnter(caller, directory, name, nameLength);
    if (typeof at === "number") return at;
    const words = [name, nameLength, target, targetLength, userId, groupId] as const;
    const made = this.core.upper.symlink(caller, at.upper, ...words);
    if (made < 0) return made;
    const text = this.text(caller, name, nameLength);
    return learnUpper(this.core, caller, made, S_IFLNK, at, text).number;
  }

  createUnnamed(
    caller: TaskId,
    directory: number,
    mode: number,
    userId: number,
    groupId: number,
    linkable: number,
  ): Result {
    const at = this.find(caller, directory);
    if (at === undefined) return -ESTALE;
    const failed = copyUp(this.core, caller, at);
    if (failed < 0) return failed;
    const { upper } = this.core;
    const made = upper.createUnnamed(caller, at.upper, mode, userId, groupId, linkable);
    if (made < 0) return made;
    const node = learnUpper(this.core, caller, made, mode, at, "", true);
    const upperHandle = upper.open(caller, made, O_RDWR);
    if (upperHandle < 0) {
      forget(this.core, caller, node);
      return upperHandle;
    }
    hold(this.core, node);
    // The node is its own open handle: handles are numbered as nodes are.
    const fields = { node: node.number, flags: O_RDWR, lowerHandle: -1, upperHandle };
    this.state.opened.set(node.number, fields);
    return node.number;
  }

  link(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    number: number,
  ): Result {
    const at = this.mayEnter(caller, directory, name, nameLength);
    const node = nodeAt(this.core, number);
    if (typeof at === "number") return at;
    if (node === undefined) return -ESTALE;
    return link(this.core, caller, at, this.text(caller, name, nameLength), node);
  }

  unlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    asDirectory: number,
  ): Result {
    const at = this.find(caller, directory);
    if (at === undefined) return -ESTALE;
    return unlink(this.core, caller, at, this.text(caller, name, nameLength), asDirectory === 1);
  }

  rename(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    newDirectory: number,
    newName: number,
    newNameLength: number,
    flags: number,
  ): Result {
    const from = this.find(caller, directory);
    const to = nodeAt(this.core, newDirectory);
    if (from === undefined || to === undefined) return -ESTALE;
    const old = this.text(caller, name, nameLength);
    return rename(
      this.core,
      caller,
      from,
      old,
      to,
      this.text(caller, newName, newNameLength),
      flags,
    );
  }

  readlink(caller: TaskId, number: number, buffer: number, lengthBytes: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const { files, at } = placeOf(this.core, node);
    return files.readlink(caller, at, buffer, lengthBytes);
  }

  readDirectory(
    caller: TaskId,
    number: number,
    position: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const node = this.find(caller, number);
    if (node === undefined) return -ESTALE;
    return listDirectory(this.core, caller, node, position, buffer, lengthBytes);
  }

  open(caller: TaskId, number: number, flags: number): Result {
    const node = this.find(caller, number);
    if (node === undefined) return -ESTALE;
    const writes = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
    if (node.type === S_IFREG && writes) {
      const failed = copyUp(this.core, caller, node, (flags & O_TRUNC) === 0);
      if (failed < 0) return failed;
    }
    return openNode(this.core, caller, node, flags);
  }

  close(caller: TaskId, number: number): Result {
    const opened = this.state.opened.get(number);
    if (opened === undefined) throw new Error(`fs-overlay: handle ${number} is not open`);
    this.state.opened.delete(number);
    const { lowerHandle, upperHandle, flags } = opened;
    if (lowerHandle >= 0) this.core.lower.close(caller, lowerHandle, flags);
    if (upperHandle >= 0) this.core.upper.close(caller, upperHandle, flags);
    return this.release(caller, opened.node);
  }

  read(
    caller: TaskId,
    number: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    return readOpened(this.core, caller, number, offset, buffer, lengthBytes, flags);
  }

  write(
    caller: TaskId,
    number: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    return writeOpened(this.core, caller, number, offset, buffer, lengthBytes, flags);
  }

  truncate(caller: TaskId, number: number, sizeBytes: number): Result {
    const node = this.find(caller, number);
    if (node === undefined) return -ESTALE;
    if (isDirectory(node)) return -EISDIR;
    const failed = copyUp(this.core, caller, node, sizeBytes > 0);
    return failed < 0 ? failed : this.core.upper.truncate(caller, node.upper, sizeBytes);
  }

  /** Regular files are always ready (poll(2)). */
  poll(_caller: TaskId, _opened: number, events: number): Result {
    return events & DEFAULT_POLLMASK;
  }

  ioctl(): Result {
    return -ENOTTY;
  }

  retain(_caller: TaskId, number: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    hold(this.core, node);
    return 0;
  }

  release(caller: TaskId, number: number): Result {
    if (caller !== 0) this.kernel.participate(caller);
    drop(this.core, number);
    return 0;
  }

  object(caller: TaskId, number: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const { files, at } = placeOf(this.core, node);
    return files.object(caller, at);
  }

  synchronize(caller: TaskId, number: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    return node.upper < 0 ? 0 : this.core.upper.synchronize(caller, node.upper);
  }

  allocate(
    caller: TaskId,
    number: number,
    mode: number,
    offset: number,
    lengthBytes: number,
  ): Result {
    const node = this.find(caller, number);
    if (node === undefined) return -ESTALE;
    const failed = copyUp(this.core, caller, node);
    if (failed < 0) return failed;
    return this.core.upper.allocate(caller, node.upper, mode, offset, lengthBytes);
  }

  findData(caller: TaskId, number: number, offset: number, whence: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const { files, at } = placeOf(this.core, node);
    return files.findData(caller, at, offset, whence);
  }

  getExtended(caller: TaskId, number: number, ...words: [number, number, number, number]): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const { files, at } = placeOf(this.core, node);
    return files.getExtended(caller, at, ...words);
  }

  setExtended(
    caller: TaskId,
    number: number,
    ...words: [number, number, number, number, number]
  ): Result {
    const node = this.find(caller, number);
    if (node === undefined) return -ESTALE;
    const failed = copyUp(this.core, caller, node);
    return failed < 0 ? failed : this.core.upper.setExtended(caller, node.upper, ...words);
  }

  listExtended(caller: TaskId, number: number, ...words: [number, number, number]): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const { files, at } = placeOf(this.core, node);
    return files.listExtended(caller, at, ...words);
  }

  removeExtended(caller: TaskId, number: number, name: number, nameLength: number): Result {
    const node = this.find(caller, number);
    if (node === undefined) return -ESTALE;
    const failed = copyUp(this.core, caller, node);
    if (failed < 0) return failed;
    return this.core.upper.removeExtended(caller, node.upper, name, nameLength);
  }

  exists(_caller: TaskId, number: number): Result {
    return nodeAt(this.core, number) === undefined ? -ESTALE : 0;
  }

  /** "folder=N", and behind it options of the file system above. */
  mount(caller: TaskId, options: number, optionsLength: number): Result {
    const { lower, upper } = this.core;
    const match = OPTION.exec(this.text(caller, options, optionsLength));
    const [, folder, others] = match ?? [];
    if (folder === undefined) return -EINVAL;
    const below = put(this.core, caller, folder);
    const lowerRoot = lower.mount(caller, below, folder.length);
    if (lowerRoot < 0) return lowerRoot;
    const get = (which: number): number => lower.attribute(caller, lowerRoot, which);
    const mode = (get(NODE.mode) & 0o7777).toString(8);
    const own = `mode=${mode},uid=${get(NODE.userId)},gid=${get(NODE.groupId)}`;
    const text = others === undefined ? own : `${own},${others}`;
    const upperRoot = upper.mount(caller, put(this.core, caller, text), text.length);
    if (upperRoot < 0) {
      lower.unmount(caller, lowerRoot);
      return upperRoot;
    }
    const root = addRoot(this.core, lowerRoot, upperRoot, get(NODE.inode));
    this.state.instances.set(root.number, { lowerRoot, upperRoot });
    return root.number;
  }

  remount(_caller: TaskId, _root: number, _options: number, optionsLength: number): Result {
    return optionsLength === 0 ? 0 : -EINVAL;
  }

  unmount(caller: TaskId, root: number): Result {
    const { state, core } = this;
    const instance = state.instances.get(root);
    if (instance === undefined) return -EINVAL;
    for (const node of [...state.nodes.values()]) {
      if (node.root === root) forget(core, caller, node);
    }
    state.instances.delete(root);
    core.upper.unmount(caller, instance.upperRoot);
    return core.lower.unmount(caller, instance.lowerRoot);
  }

  options(): Result {
    return 0;
  }

  /** A node of a call that may look names up or give nodes back: it is told of the call's end. */
  private find(caller: TaskId, number: number): Node | undefined {
    if (caller !== 0) this.kernel.participate(caller);
    return nodeAt(this.core, number);
  }

  /** A directory that is to get a new name, copied up. @returns it, -errno or BLOCKED */
  private mayEnter(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
  ): Node | Result {
    const node = this.find(caller, directory);
    if (node === undefined) return -ESTALE;
    const found = find(this.core, caller, node, this.text(caller, name, nameLength));
    if (typeof found !== "number") return -EEXIST;
    if (found !== -ENOENT) return found;
    const failed = copyUp(this.core, caller, node);
    return failed < 0 ? failed : node;
  }

  private text(caller: TaskId, address: number, lengthBytes: number): string {
    return this.texts.read(this.kernel, caller, address, lengthBytes);
  }
}
