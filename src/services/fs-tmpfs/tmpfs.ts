/**
 * tmpfs: a file system in memory. Its nodes are plain data here (nodes.ts, directories.ts); the
 * bytes of regular files are in memory objects of the memory service, so that read(2), write(2)
 * and mmap(2) see the same frames. The file system owns the size of a file.
 */
import {
  EEXIST,
  EINVAL,
  EISDIR,
  EMLINK,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOTTY,
  EPERM,
  ESTALE,
} from "../../abi/errno.js";
import {
  fillStat,
  LINKS_MAX,
  RENAME_EXCHANGE,
  RENAME_WHITEOUT,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  STAT_WORDS,
} from "../../abi/file.js";
import { PAGE_BYTES } from "../../abi/memory.js";
import { F_SEAL_EXEC } from "../../abi/memory-file.js";
import { DEFAULT_POLLMASK } from "../../abi/poll.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { DirectoryEntries, type FileSystemService, NODE } from "../file/protocol.js";
import { allocateContent, charge, findContent, truncateContent, writeContent } from "./content.js";
import { enter, entryOf, listEntries, mayRename, mayUnlink, remove } from "./directories.js";
import { dropExtended } from "./extended.js";
import { instanceOf, whiteout } from "./instances.js";
import {
  assignAttribute,
  attributeOf,
  blankNode,
  entryBytes,
  isDirectory,
  type Node,
  nodeBytes,
  ROOT,
  touchAccessed,
  touchAll,
  touchChanged,
  touchModified,
  typeOf,
} from "./nodes.js";
import { TmpfsInstances } from "./tmpfs-instances.js";

/** Instructions charged for a new node. */
const CHARGE_NODE = 300;

export class Tmpfs extends TmpfsInstances implements FileSystemService {
  /** Where a struct stat is made, on its way out. */
  private readonly statWords = new Int32Array(STAT_WORDS);

  event(): Result {
    return 0;
  }

  root(): Result {
    return ROOT;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    const at = this.at(directory);
    const text = this.text(caller, name, nameLength);
    if (text === "..") return this.state.nodes.has(at.parent) ? at.parent : -ENOENT;
    return at.entries.get(text)?.node ?? -ENOENT;
  }

  attribute(_caller: TaskId, node: number, which: number): Result {
    return attributeOf(this.at(node), which) ?? -EINVAL;
  }

  setAttribute(_caller: TaskId, number: number, which: number, value: number): Result {
    const node = this.at(number);
    if (which === NODE.accessNanoseconds && value === -1) {
      touchAccessed(this.kernel, node);
      return 0;
    }
    if (which === NODE.seals) {
      node.seals = value;
      return 0;
    }
    const isLocked = which === NODE.mode && (node.seals & F_SEAL_EXEC) !== 0;
    if (isLocked && ((node.mode ^ value) & 0o111) !== 0) return -EPERM;
    if (which === NODE.changeSeconds) {
      if (value !== -1) return -EINVAL;
    } else if (!assignAttribute(node, which, value)) return -EINVAL;
    touchChanged(this.kernel, node);
    return 0;
  }

  stat(caller: TaskId, number: number, device: number, buffer: number): Result {
    const node = this.at(number);
    const pages = node.object < 0 ? 0 : this.services.memory.objectPages(caller, node.object);
    const blocks = pages * (PAGE_BYTES / 512);
    fillStat(this.statWords, node, device, node.device, blocks);
    return this.kernel.copyWordsOut(caller, buffer, this.statWords, STAT_WORDS);
  }

  unmount(caller: TaskId, root: number): Result {
    for (const node of [...this.state.nodes.values()]) {
      if (node.instance === root) this.free(caller, node);
    }
    this.state.instances.delete(root);
    return 0;
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
    const at = this.at(directory);
    const text = this.text(caller, name, nameLength);
    const refused = this.mayEnter(caller, at, text, (mode & S_IFMT) === S_IFDIR);
    if (refused < 0) return refused;
    let object = -1;
    if ((mode & S_IFMT) === S_IFREG) {
      object = this.services.memory.createObject(caller, 0);
      if (object < 0) return object === -ENOMEM ? -ENOSPC : object;
    }
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    const node = blankNode(this.state.nextInode++, at.instance, mode, device, object, job);
    node.userId = userId;
    node.groupId = groupId;
    return this.insert(at, text, node);
  }

  createUnnamed(
    caller: TaskId,
    directory: number,
    mode: number,
    userId: number,
    groupId: number,
    linkable: number,
  ): Result {
    const at = this.at(directory);
    const instance = instanceOf(this.state, at);
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    const isFull = this.kernel.mayHold(job, nodeBytes(0), 0) < 0;
    if (instance.nodes >= instance.nodesMax || isFull) return -ENOSPC;
    const object = this.services.memory.createObject(caller, 0);
    if (object < 0) return object === -ENOMEM ? -ENOSPC : object;
    const node = blankNode(this.state.nextInode++, at.instance, mode, 0, object, job);
    instance.nodes++;
    this.kernel.hold(job, nodeBytes(0), 0);
    Object.assign(node, { userId, groupId, links: 0, references: 1, linkable: linkable === 1 });
    touchAll(this.kernel, node);
    this.state.nodes.set(node.inode, node);
    return node.inode;
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
    const at = this.at(directory);
    const text = this.text(caller, name, nameLength);
    const refused = this.mayEnter(caller, at, text, false, targetLength);
    if (refused < 0) return refused;
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    const blank = blankNode(this.state.nextInode++, at.instance, S_IFLNK | 0o777, 0, -1, job);
    const node: Node = {
      ...blank,
      userId,
      groupId,
      target: this.text(caller, target, targetLength),
      sizeBytes: targetLength,
    };
    return this.insert(at, text, node);
  }

  link(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    number: number,
  ): Result {
    const at = this.at(directory);
    const node = this.at(number);
    const text = this.text(caller, name, nameLength);
    if (isDirectory(node)) return -EPERM;
    if (at.links === 0) return -ENOENT;
    if (at.entries.has(text)) return -EEXIST;
    if (node.links === 0 && !node.linkable) return -ENOENT;
    if (node.links >= LINKS_MAX) return -EMLINK;
    // A further name counts as a node (Linux: it pins a directory entry).
    const instance = instanceOf(this.state, at);
    if (node.links > 0 && instance.nodes >= instance.nodesMax) return -ENOSPC;
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    if (this.kernel.mayHold(job, entryBytes(text.length), 0) < 0) return -ENOSPC;
    if (node.links > 0) instance.nodes++;
    node.links++;
    node.linkable = false;
    enter(this.kernel, at, text, node, job);
    touchModified(this.kernel, at);
    touchChanged(this.kernel, node);
    return 0;
  }

  unlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    wantDirectory: number,
  ): Result {
    const at = this.at(directory);
    const text = this.text(caller, name, nameLength);
    const node = entryOf(this.state, at, text);
    if (node === undefined) return -ENOENT;
    const refused = mayUnlink(node, wantDirectory !== 0);
    if (refused < 0) return refused;
    remove(this.kernel, at, text, node);
    touchModified(this.kernel, at);
    this.dropLink(caller, node);
    return 0;
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
    const from = this.at(directory);
    const to = this.at(newDirectory);
    const oldText = this.text(caller, name, nameLength);
    const newText = this.text(caller, newName, newNameLength);
    const node = entryOf(this.state, from, oldText);
    const replaced = entryOf(this.state, to, newText);
    const refused = mayRename(this.state, node, to, replaced, from, flags);
    if (refused !== 0 || node === undefined) return Math.min(refused, 0);
    const leaves = (flags & RENAME_WHITEOUT) !== 0 ? whiteout(this.content, caller, from) : 0;
    if (typeof leaves === "number" && leaves < 0) return leaves;
    const { kernel } = this;
    const job = remove(kernel, from, oldText, node);
    const replacedJob = replaced === undefined ? 0 : remove(kernel, to, newText, replaced);
    enter(kernel, to, newText, node, job);
    const isExchange = (flags & RENAME_EXCHANGE) !== 0;
    if (replaced !== undefined && isExchange) enter(kernel, from, oldText, replaced, replacedJob);
    if (typeof leaves !== "number") this.insert(from, oldText, leaves);
    touchModified(this.kernel, from);
    touchModified(this.kernel, to);
    touchChanged(this.kernel, node);
    if (replaced !== undefined && !isExchange) this.dropLink(caller, replaced);
    return 0;
  }

  readlink(caller: TaskId, number: number, buffer: number, lengthBytes: number): Result {
    const node = this.at(number);
    if (typeOf(node) !== S_IFLNK) return -EINVAL;
    touchAccessed(this.kernel, node);
    return this.putText(caller, node.target, buffer, lengthBytes);
  }

  readDirectory(
    caller: TaskId,
    number: number,
    position: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const node = this.at(number);
    const entries = new DirectoryEntries(new Uint8Array(lengthBytes), position);
    listEntries(this.state, node, position, entries);
    const length = entries.copyOut(this.kernel, caller, buffer);
    if (length <= 0) return length;
    this.kernel.charge(caller, length);
    touchAccessed(this.kernel, node, flags);
    return length;
  }

  /** A node is its own handle. */
  open(_caller: TaskId, number: number): Result {
    this.at(number).references++;
    return number;
  }

  close(caller: TaskId, opened: number): Result {
    return this.release(caller, opened);
  }

  read(
    caller: TaskId,
    opened: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const node = this.at(opened);
    if (node.object < 0) return isDirectory(node) ? -EISDIR : -EINVAL;
    const length = Math.max(0, Math.min(lengthBytes, node.sizeBytes - offset));
    const done = this.services.memory.readObject(caller, node.object, offset, buffer, length);
    if (done >= 0) touchAccessed(this.kernel, node, flags);
    return done;
  }

  write(
    caller: TaskId,
    opened: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const node = this.at(opened);
    return writeContent(this.content, caller, node, offset, buffer, lengthBytes, flags);
  }

  truncate(caller: TaskId, number: number, sizeBytes: number): Result {
    return truncateContent(this.content, caller, this.at(number), sizeBytes);
  }

  allocate(
    caller: TaskId,
    number: number,
    mode: number,
    offset: number,
    lengthBytes: number,
  ): Result {
    const node = this.at(number);
    return allocateContent(this.content, caller, node, mode, offset, lengthBytes);
  }

  findData(caller: TaskId, number: number, offset: number, whence: number): Result {
    return findContent(this.content, caller, this.at(number), offset, whence);
  }

  exists(_caller: TaskId, number: number): Result {
    return this.state.nodes.has(number) ? 0 : -ESTALE;
  }

  /** Regular files are always ready (poll(2)). */
  poll(_caller: TaskId, _opened: number, events: number): Result {
    return events & DEFAULT_POLLMASK;
  }

  ioctl(): Result {
    return -ENOTTY;
  }

  retain(_caller: TaskId, node: number): Result {
    this.at(node).references++;
    return 0;
  }

  release(caller: TaskId, number: number): Result {
    const node = this.at(number);
    if (node.references === 0) throw new Error(`tmpfs: node ${number} released too often`);
    node.references--;
    this.freeUnused(caller, node);
    return 0;
  }

  object(_caller: TaskId, number: number): Result {
    const { object } = this.at(number);
    return object < 0 ? -ENODEV : object;
  }

  synchronize(): Result {
    return 0;
  }

  /** Whether a new node can get this name. @returns 0 or -errno */
  private mayEnter(
    caller: TaskId,
    directory: Node,
    name: string,
    asDirectory: boolean,
    targetBytes = 0,
  ): Result {
    if (directory.entries.has(name)) return -EEXIST;
    if (directory.links === 0) return -ENOENT;
    if (asDirectory && directory.links >= LINKS_MAX) return -EMLINK;
    const { nodes, nodesMax } = instanceOf(this.state, directory);
    const job = this.kernel.attribute(caller, ATTRIBUTE.job);
    const bytes = nodeBytes(targetBytes) + entryBytes(name.length);
    return nodes >= nodesMax || this.kernel.mayHold(job, bytes, 0) < 0 ? -ENOSPC : 0;
  }

  private insert(directory: Node, name: string, node: Node): Result {
    touchAll(this.kernel, node);
    this.state.nodes.set(node.inode, node);
    instanceOf(this.state, directory).nodes++;
    this.kernel.hold(node.job, nodeBytes(node.target.length), 0);
    this.kernel.charge(0, CHARGE_NODE);
    enter(this.kernel, directory, name, node, node.job);
    touchModified(this.kernel, directory);
    return node.inode;
  }

  private dropLink(caller: TaskId, node: Node): void {
    touchChanged(this.kernel, node);
    if (!isDirectory(node) && node.links > 1) instanceOf(this.state, node).nodes--;
    node.links = isDirectory(node) ? 0 : node.links - 1;
    this.freeUnused(caller, node);
  }

  private freeUnused(caller: TaskId, node: Node): void {
    if (node.links === 0 && node.references === 0) this.free(caller, node);
  }

  private free(caller: TaskId, node: Node): void {
    this.forget(node);
    this.state.nodes.delete(node.inode);
    instanceOf(this.state, node).nodes--;
    charge(this.state, node, 0);
    dropExtended(this.content, node);
    // A directory has entries only when its whole instance goes.
    for (const [name, { job }] of node.entries) this.kernel.hold(job, -entryBytes(name.length), 0);
    this.kernel.hold(node.job, -nodeBytes(node.target.length), 0);
    if (node.object >= 0) this.services.memory.releaseObject(caller, node.object);
  }
}
