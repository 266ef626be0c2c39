/**
 * The host's folders as a file system (virtio-fs): a client of FUSE over the file system driver.
 * Everything is asked of the host when it is needed; what is kept is kept for one call, so that
 * changes on either side are seen by the other. Permissions are the file service's, over the owners
 * and modes that the host shows; the host's own refusals come on top.
 */
import { EINVAL, ENODEV, ENOENT, ENOTTY, EPERM, ESTALE } from "../../abi/errno.js";
import {
  encodeStatfs,
  fillStat,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  STAT_WORDS,
} from "../../abi/file.js";
import * as fuse from "../../abi/fuse.js";
import { DEFAULT_POLLMASK } from "../../abi/poll.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { FolderDriver } from "../device/protocol.js";
import { NODE, unsupported } from "../file/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import {
  closeOnHost,
  objectOf,
  openNode,
  readContent,
  truncateContent,
  writeContent,
} from "./content.js";
import { listDirectory, readLink } from "./directory.js";
import {
  askEntry,
  attributeOf,
  drop,
  entryOf,
  forgetIdle,
  freshen,
  hold,
  isDirectory,
  nodeAt,
  setParent,
  takeAttributes,
  typeOf,
} from "./nodes.js";
import type { HostFileSystemService } from "./protocol.js";
import { ask, askBody, askWhole, type Request, takePart } from "./requests.js";
import { type Core, createState, type HostState, type Node } from "./state.js";

type Fields = readonly (readonly [number, 4 | 8, number])[];

const PERMISSIONS = 0o7777;
const FOLDER_OPTION = /^folder=([0-9]{1,4})$/;

export class HostFileSystem implements HostFileSystemService {
  readonly state: HostState = createState();
  private readonly core: Core;
  private readonly statWords = new Int32Array(STAT_WORDS);

  constructor(
    private readonly kernel: KernelCalls,
    services: { readonly driver: FolderDriver; readonly memory: MemoryService },
  ) {
    this.core = { kernel, ...services, state: this.state };
  }

  event(): Result {
    return 0;
  }

  commit(caller: TaskId, callId: number): Result {
    const { state, core } = this;
    state.calls.delete(callId);
    for (const [node, fileHandle] of state.created.get(callId) ?? []) {
      closeOnHost(core, caller, node, fileHandle);
    }
    state.created.delete(callId);
    forgetIdle(core, caller);
    return 0;
  }

  abort(caller: TaskId, callId: number): Result {
    return this.commit(caller, callId);
  }

  /** Folders are there by `mount` only. */
  root(): Result {
    return -ENODEV;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    const at = nodeAt(this.core, directory);
    if (at === undefined) return -ESTALE;
    const bytes = this.bytes(caller, name, nameLength);
    if (nameLength === 2 && bytes[0] === 0x2e && bytes[1] === 0x2e) return at.parent;
    const request = { opcode: fuse.FUSE_LOOKUP, node: directory, names: [bytes] };
    const found = askEntry(this.core, caller, request, at);
    return typeof found === "number" ? found : found.number;
  }

  /** Waits for the size alone: where the host answers later, the others are what they were last. */
  attribute(caller: TaskId, number: number, which: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const failed = freshen(this.core, caller, node);
    if (failed < 0 && which === NODE.sizeBytes) return failed;
    return attributeOf(node, which) ?? -EINVAL;
  }

  setAttribute(caller: TaskId, number: number, which: number, value: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    switch (which) {
      case NODE.mode:
        return this.set(caller, node, [
          [0, 4, fuse.FATTR_MODE],
          [68, 4, typeOf(node) | (value & PERMISSIONS)],
        ]);
      case NODE.userId:
        return this.set(caller, node, [
          [0, 4, fuse.FATTR_UID],
          [76, 4, value],
        ]);
      case NODE.groupId:
        return this.set(caller, node, [
          [0, 4, fuse.FATTR_GID],
          [80, 4, value],
        ]);
      case NODE.accessSeconds:
        node.accessSeconds = value;
        return 0;
      case NODE.modifySeconds:
        node.modifySeconds = value;
        return 0;
      case NODE.accessNanoseconds:
        // The host notes by itself that a file was read.
        if (value === -1) return 0;
        return this.set(caller, node, [
          [0, 4, fuse.FATTR_ATIME],
          [32, 8, node.accessSeconds],
          [56, 4, value],
        ]);
      case NODE.modifyNanoseconds:
        return this.set(caller, node, [
          [0, 4, fuse.FATTR_MTIME],
          [40, 8, node.modifySeconds],
          [60, 4, value],
        ]);
      case NODE.changeSeconds:
        return value === -1 ? 0 : -EINVAL;
      default:
        return -EINVAL;
    }
  }

  stat(caller: TaskId, number: number, device: number, buffer: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const failed = freshen(this.core, caller, node);
    if (failed < 0) return failed;
    const { attributes } = node;
    const fields = { ...attributes };
    fillStat(this.statWords, fields, device, attributes.device, attributes.blocks);
    return this.kernel.copyWordsOut(caller, buffer, this.statWords, STAT_WORDS);
  }

  statfs(caller: TaskId, node: number, buffer: number): Result {
    const replyBytes = fuse.STATFS_OUT_BYTES;
    const reply = ask(this.core, caller, { opcode: fuse.FUSE_STATFS, node, replyBytes }, false);
    if (typeof reply === "number") return reply;
    const view = new DataView(reply.body.buffer, reply.body.byteOffset, replyBytes);
    const count = (at: number): number =>
      view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    const scale = view.getUint32(48, true) / 4096;
    const blocks = Math.floor(count(0) * scale);
    const free = Math.floor(count(16) * scale);
    const bytes = encodeStatfs(fuse.FUSE_SUPER_MAGIC, blocks, free, count(24), count(32));
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  create(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    mode: number,
    _userId: number,
    _groupId: number,
    _device: number,
  ): Result {
    const at = nodeAt(this.core, directory);
    if (at === undefined) return -ESTALE;
    const names = [this.bytes(caller, name, nameLength)];
    const type = mode & S_IFMT;
    if (type === S_IFDIR) {
      const fields: Fields = [[0, 4, mode & PERMISSIONS]];
      const request = { opcode: fuse.FUSE_MKDIR, node: directory, argumentBytes: 8, fields, names };
      const made = askEntry(this.core, caller, request, at);
      return typeof made === "number" ? made : made.number;
    }
    // No devices, sockets or FIFOs are made on the host (mknod(2): the file system has none).
    return type === S_IFREG ? this.createFile(caller, at, names, mode & PERMISSIONS) : -EPERM;
  }

  symlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    target: number,
    targetLength: number,
  ): Result {
    const at = nodeAt(this.core, directory);
    if (at === undefined) return -ESTALE;
    const names = [this.bytes(caller, name, nameLength)];
    // The target and its NUL follow the name.
    const text = new Uint8Array(targetLength + 1);
    this.kernel.copyIn(caller, target, text, 0, targetLength);
    const scratch = this.kernel.scratch(caller, text.length);
    if (scratch < 0) return scratch;
    this.kernel.copyOut(caller, scratch, text, 0, text.length);
    const input = [scratch, text.length] as const;
    const request = { opcode: fuse.FUSE_SYMLINK, node: directory, names, input };
    const made = askEntry(this.core, caller, request, at);
    return typeof made === "number" ? made : made.number;
  }

  link(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    number: number,
  ): Result {
    const at = nodeAt(this.core, directory);
    const node = nodeAt(this.core, number);
    if (at === undefined || node === undefined) return -ESTALE;
    if (isDirectory(node)) return -EPERM;
    const names = [this.bytes(caller, name, nameLength)];
    const fields: Fields = [[0, 8, number]];
    const request = { opcode: fuse.FUSE_LINK, node: directory, argumentBytes: 8, fields, names };
    const made = askEntry(this.core, caller, request, at);
    return typeof made === "number" ? made : 0;
  }

  unlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    asDirectory: number,
  ): Result {
    const at = nodeAt(this.core, directory);
    if (at === undefined) return -ESTALE;
    const names = [this.bytes(caller, name, nameLength)];
    const opcode = asDirectory === 1 ? fuse.FUSE_RMDIR : fuse.FUSE_UNLINK;
    return this.change(caller, { opcode, node: directory, names });
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
    const from = nodeAt(this.core, directory);
    const to = nodeAt(this.core, newDirectory);
    if (from === undefined || to === undefined) return -ESTALE;
    if (flags !== 0) return -EINVAL;
    const old = this.bytes(caller, name, nameLength);
    const names = [old, this.bytes(caller, newName, newNameLength)];
    const moved = this.lookup(caller, directory, name, nameLength);
    if (moved < 0) return moved;
    const fields: Fields = [[0, 8, newDirectory]];
    const opcode = fuse.FUSE_RENAME2;
    const done = this.change(caller, { opcode, node: directory, argumentBytes: 16, fields, names });
    const node = nodeAt(this.core, moved);
    if (done === 0 && node !== undefined) {
      setParent(this.core, node, to);
      node.freshCall = -1;
    }
    return done;
  }

  readlink(caller: TaskId, number: number, buffer: number, lengthBytes: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    if (typeOf(node) !== S_IFLNK) return -EINVAL;
    return readLink(this.core, caller, node, buffer, lengthBytes);
  }

  readDirectory(
    caller: TaskId,
    number: number,
    position: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    return listDirectory(this.core, caller, node, position, buffer, lengthBytes);
  }

  open(caller: TaskId, number: number, flags: number): Result {
    const node = nodeAt(this.core, number);
    return node === undefined ? -ESTALE : openNode(this.core, caller, node, flags);
  }

  close(caller: TaskId, number: number): Result {
    const opened = this.state.opened.get(number);
    if (opened === undefined) throw new Error(`fs-host: handle ${number} is not open`);
    this.state.opened.delete(number);
    if (opened.fileHandle >= 0) closeOnHost(this.core, caller, opened.node, opened.fileHandle);
    return this.release(caller, opened.node);
  }

  read(
    caller: TaskId,
    number: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const opened = this.state.opened.get(number);
    if (opened === undefined) throw new Error(`fs-host: handle ${number} is not open`);
    return readContent(this.core, caller, opened, offset, buffer, lengthBytes);
  }

  write(
    caller: TaskId,
    number: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const opened = this.state.opened.get(number);
    if (opened === undefined) throw new Error(`fs-host: handle ${number} is not open`);
    return writeContent(this.core, caller, opened, offset, buffer, lengthBytes, flags);
  }

  truncate(caller: TaskId, number: number, sizeBytes: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    const set = (fields: Fields): Result => this.set(caller, node, fields);
    return truncateContent(this.core, caller, node, sizeBytes, set);
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
    takePart(this.core, caller);
    drop(this.core, number);
    return 0;
  }

  object(caller: TaskId, number: number): Result {
    const node = nodeAt(this.core, number);
    return node === undefined ? -ESTALE : objectOf(this.core, caller, node);
  }

  synchronize(caller: TaskId, number: number): Result {
    const node = nodeAt(this.core, number);
    if (node === undefined) return -ESTALE;
    if (typeOf(node) !== S_IFREG && !isDirectory(node)) return 0;
    return this.change(caller, { opcode: fuse.FUSE_FSYNC, node: number, argumentBytes: 16 });
  }

  exists(_caller: TaskId, number: number): Result {
    return nodeAt(this.core, number) === undefined ? -ESTALE : 0;
  }

  readonly allocate = unsupported;
  readonly findData = unsupported;
  readonly createUnnamed = unsupported;
  readonly getExtended = unsupported;
  readonly setExtended = unsupported;
  readonly listExtended = unsupported;
  readonly removeExtended = unsupported;

  /** "folder=N": the folder with that number. */
  mount(caller: TaskId, options: number, optionsLength: number): Result {
    const text = String.fromCharCode(...this.bytes(caller, options, optionsLength));
    const [, folder] = FOLDER_OPTION.exec(text) ?? [];
    if (folder === undefined) return -EINVAL;
    const started = this.start(caller);
    if (started < 0) return started;
    const names = [Uint8Array.from(folder, (c) => c.charCodeAt(0))];
    const request = { opcode: fuse.FUSE_LOOKUP, node: fuse.FUSE_ROOT, names };
    const found = askEntry(this.core, caller, request, undefined);
    if (typeof found === "number") return found === -ENOENT ? -ENODEV : found;
    hold(this.core, found);
    return found.number;
  }

  remount(_caller: TaskId, _root: number, _options: number, optionsLength: number): Result {
    return optionsLength === 0 ? 0 : -EINVAL;
  }

  unmount(caller: TaskId, root: number): Result {
    return this.release(caller, root);
  }

  options(): Result {
    return 0;
  }

  /** INIT, before anything else. */
  private start(caller: TaskId): Result {
    if (this.state.isStarted) return 0;
    const body = askBody(this.core, caller, {
      opcode: fuse.FUSE_INIT,
      node: 0,
      argumentBytes: 16,
      fields: [
        [0, 4, fuse.FUSE_VERSION_MAJOR],
        [4, 4, fuse.FUSE_VERSION_MINOR],
      ],
      replyBytes: fuse.INIT_OUT_BYTES,
    });
    if (typeof body === "number") return body;
    const major = new DataView(body.buffer, body.byteOffset).getUint32(0, true);
    if (major !== fuse.FUSE_VERSION_MAJOR) return -ENODEV;
    this.state.isStarted = true;
    return 0;
  }

  /** CREATE: the open that follows in the same call takes its handle. */
  private createFile(
    caller: TaskId,
    directory: Node,
    names: readonly Uint8Array[],
    mode: number,
  ): Result {
    const { core, state } = this;
    const callId = this.kernel.callId(caller);
    const reply = askWhole(core, caller, {
      opcode: fuse.FUSE_CREATE,
      node: directory.number,
      argumentBytes: 16,
      fields: [[4, 4, mode]],
      names,
      replyBytes: fuse.ENTRY_OUT_BYTES + fuse.OPEN_OUT_BYTES,
    });
    if (typeof reply === "number") return reply;
    const { body, isNew } = reply;
    const node = entryOf(core, caller, body, directory, isNew);
    if (typeof node === "number") return node;
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const fileHandle = view.getUint32(fuse.ENTRY_OUT_BYTES, true);
    if (caller === 0) closeOnHost(core, caller, node.number, fileHandle);
    else if (isNew) {
      const created = state.created.get(callId) ?? new Map<number, number>();
      state.created.set(callId, created.set(node.number, fileHandle));
    }
    return node.number;
  }

  private set(caller: TaskId, node: Node, fields: Fields): Result {
    const replyBytes = fuse.ATTRIBUTES_OUT_BYTES;
    const request = { opcode: fuse.FUSE_SETATTR, node: node.number, argumentBytes: 88, fields };
    const body = askBody(this.core, caller, { ...request, replyBytes });
    return typeof body === "number" ? body : takeAttributes(this.core, caller, node, body);
  }

  /** A request without an answer but its error. */
  private change(caller: TaskId, request: Request): Result {
    const body = askBody(this.core, caller, request);
    return typeof body === "number" ? body : 0;
  }

  private bytes(caller: TaskId, address: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    if (lengthBytes > 0 && this.kernel.copyIn(caller, address, bytes, 0, lengthBytes) < 0) {
      throw new Error("fs-host: a name is outside its range");
    }
    return bytes;
  }
}
