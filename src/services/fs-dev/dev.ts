/**
 * fs-dev: the file system of device nodes. What a node does is done by others: terminals by tty,
 * byte streams of the host by streams.ts over the console driver, random bytes by the entropy
 * driver; null, zero and full are done here.
 *
 * An open file's handle is the node's number; an open terminal's is TERMINALS + its number.
 */
import { EINVAL, ENODEV, ENOENT, ENOSPC, ENOTDIR, ENOTTY, ENXIO, EPERM } from "../../abi/errno.js";
import {
  encodeStat,
  encodeStatfs,
  putDirectoryEntry,
  S_IFDIR,
  TMPFS_MAGIC,
} from "../../abi/file.js";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { CharacterDriver, EntropyDriver } from "../device/protocol.js";
import { FIGURE } from "../device/protocol.js";
import { type FileSystemService, NODE } from "../file/protocol.js";
import type { TtyService } from "../tty/protocol.js";
import { createNodes, type DeviceNode, ROOT, streamNode, streamPort } from "./nodes.js";
import { type StreamState, Streams } from "./streams.js";

/** d_type is the type bits of the mode (linux/fs_types.h). */
const typeOf = (mode: number): number => mode >>> 12;
/** Handles from here on are terminals. */
const TERMINALS = 1_000_000;
const CONSOLE_TERMINAL = 0;
const PERMISSIONS = 0o7777;

export interface DevState {
  readonly nodes: Map<number, DeviceNode>;
  readonly streams: Map<number, StreamState>;
  readonly madeSeconds: number;
}

export class DeviceFileSystem implements FileSystemService {
  readonly state: DevState;
  private readonly streams: Streams;

  constructor(
    private readonly kernel: KernelCalls,
    private readonly services: {
      readonly tty: TtyService;
      readonly streams: CharacterDriver;
      readonly entropy: EntropyDriver;
    },
  ) {
    const madeSeconds = kernel.realtimeSeconds();
    this.state = { nodes: createNodes(), streams: new Map(), madeSeconds };
    this.streams = new Streams(kernel, services.streams, this.state.streams);
  }

  event(_caller: TaskId, kind: number, word0: number, _word1: number, _word2: number): Result {
    this.streams.event(kind, word0);
    return 0;
  }

  root(_caller: TaskId): Result {
    return ROOT;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    if (directory !== ROOT) return -ENOTDIR;
    const bytes = new Uint8Array(nameLength);
    const failed = this.kernel.copyIn(caller, name, bytes, 0, nameLength);
    if (failed < 0) return failed;
    const text = String.fromCharCode(...bytes);
    if (text === ".." || text === ".") return ROOT;
    for (const node of this.state.nodes.values()) if (node.name === text) return node.number;
    const port = streamPort(text);
    if (port === 0 || this.services.streams.query(caller, port, FIGURE.open) < 0) return -ENOENT;
    const node = streamNode(port);
    this.state.nodes.set(node.number, node);
    return node.number;
  }

  private node(number: number): DeviceNode {
    const node = this.state.nodes.get(number);
    if (node === undefined) throw new Error(`fs-dev has no node ${number}`);
    return node;
  }

  attribute(_caller: TaskId, number: number, which: number): Result {
    const node = this.node(number);
    switch (which) {
      case NODE.mode:
        return node.mode;
      case NODE.userId:
        return node.userId;
      case NODE.groupId:
        return node.groupId;
      case NODE.sizeBytes:
        return node.target.length;
      case NODE.links:
        return node.kind === "directory" ? 2 : 1;
      case NODE.device:
        return node.device;
      case NODE.inode:
        return node.number;
      case NODE.accessSeconds:
      case NODE.modifySeconds:
      case NODE.changeSeconds:
        return this.state.madeSeconds;
      default:
        return 0;
    }
  }

  /** Mode and owner change; times are those of the boot and stay. */
  setAttribute(_caller: TaskId, number: number, which: number, value: number): Result {
    const node = this.node(number);
    if (which === NODE.mode) {
      node.mode = (node.mode & ~PERMISSIONS) | (value & PERMISSIONS);
    } else if (which === NODE.userId) node.userId = value;
    else if (which === NODE.groupId) node.groupId = value;
    return 0;
  }

  stat(caller: TaskId, number: number, device: number, buffer: number): Result {
    const node = this.node(number);
    const seconds = this.state.madeSeconds;
    const bytes = encodeStat({
      device,
      inode: node.number,
      mode: node.mode,
      links: node.kind === "directory" ? 2 : 1,
      userId: node.userId,
      groupId: node.groupId,
      specialDevice: node.device,
      sizeBytes: node.target.length,
      blocks: 0,
      accessSeconds: seconds,
      accessNanoseconds: 0,
      modifySeconds: seconds,
      modifyNanoseconds: 0,
      changeSeconds: seconds,
      changeNanoseconds: 0,
    });
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  statfs(caller: TaskId, buffer: number): Result {
    const bytes = encodeStatfs(TMPFS_MAGIC, 0, 0, this.state.nodes.size, 0);
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  /** The directory is fixed: nodes come and go with their devices. */
  create(): Result {
    return -EPERM;
  }

  symlink(): Result {
    return -EPERM;
  }

  link(): Result {
    return -EPERM;
  }

  unlink(): Result {
    return -EPERM;
  }

  rename(): Result {
    return -EPERM;
  }

  readlink(caller: TaskId, number: number, buffer: number, lengthBytes: number): Result {
    const { kind, target } = this.node(number);
    if (kind !== "link") return -EINVAL;
    const bytes = Uint8Array.from(target, (letter) => letter.charCodeAt(0));
    const length = Math.min(bytes.length, lengthBytes);
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, length);
    return failed < 0 ? failed : length;
  }

  readDirectory(
    caller: TaskId,
    number: number,
    position: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    if (this.node(number).kind !== "directory") return -ENOTDIR;
    const entries: (readonly [number, number, string])[] = [
      [ROOT, typeOf(S_IFDIR), "."],
      [ROOT, typeOf(S_IFDIR), ".."],
    ];
    for (const node of this.state.nodes.values()) {
      if (node.number === ROOT) continue;
      entries.push([node.number, typeOf(node.mode), node.name]);
    }
    const bytes = new Uint8Array(lengthBytes);
    let at = 0;
    for (let index = position; index < entries.length; index++) {
      const [inode, type, name] = entries[index] as readonly [number, number, string];
      const end = putDirectoryEntry(bytes, at, inode, index + 1, type, name);
      if (end < 0) {
        if (at === 0) return -EINVAL;
        break;
      }
      at = end;
    }
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, at);
    return failed < 0 ? failed : at;
  }

  open(caller: TaskId, number: number, flags: number): Result {
    const node = this.node(number);
    if (node.kind === "stream") {
      const opened = this.streams.open(caller, node.port);
      return opened < 0 ? opened : number;
    }
    if (node.kind !== "tty" && node.kind !== "console") return number;
    const own = this.kernel.attribute(caller, ATTRIBUTE.terminal) - 1;
    const terminal = node.kind === "console" ? CONSOLE_TERMINAL : own;
    if (terminal < 0) return -ENXIO;
    const opened = this.services.tty.open(caller, terminal, flags);
    return opened < 0 ? opened : TERMINALS + opened;
  }

  close(caller: TaskId, opened: number, _flags: number): Result {
    if (opened >= TERMINALS) return this.services.tty.close(caller, opened - TERMINALS);
    const node = this.node(opened);
    return node.kind === "stream" ? this.streams.close(caller, node.port) : 0;
  }

  read(
    caller: TaskId,
    opened: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    if (opened >= TERMINALS) {
      return this.services.tty.read(caller, opened - TERMINALS, buffer, lengthBytes, flags);
    }
    const node = this.node(opened);
    switch (node.kind) {
      case "null":
        return 0;
      case "zero":
      case "full": {
        const failed = this.kernel.clearOut(caller, buffer, lengthBytes);
        return failed < 0 ? failed : lengthBytes;
      }
      case "random":
        return lengthBytes === 0 ? 0 : this.services.entropy.read(caller, buffer, lengthBytes);
      case "stream":
        return this.streams.read(caller, node.port, buffer, lengthBytes, flags);
      default:
        return -EINVAL;
    }
  }

  write(
    caller: TaskId,
    opened: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    if (opened >= TERMINALS) {
      return this.services.tty.write(caller, opened - TERMINALS, buffer, lengthBytes, flags);
    }
    const node = this.node(opened);
    switch (node.kind) {
      case "null":
      case "zero":
      case "random":
        return lengthBytes;
      case "full":
        return -ENOSPC;
      case "stream":
        return this.streams.write(caller, node.port, buffer, lengthBytes, flags);
      default:
        return -EINVAL;
    }
  }

  truncate(): Result {
    return -EINVAL;
  }

  poll(caller: TaskId, opened: number, events: number, register: number): Result {
    if (opened >= TERMINALS) {
      return this.services.tty.poll(caller, opened - TERMINALS, events, register);
    }
    const node = this.node(opened);
    if (node.kind === "stream") return this.streams.poll(caller, node.port, events, register);
    return events & (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
  }

  ioctl(
    caller: TaskId,
    opened: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result {
    if (opened < TERMINALS) return -ENOTTY;
    const terminal = opened - TERMINALS;
    return this.services.tty.ioctl(caller, terminal, request, argument, lengthBytes);
  }

  /** The nodes are fixed: references need no count. */
  retain(): Result {
    return 0;
  }

  release(): Result {
    return 0;
  }

  object(): Result {
    return -ENODEV;
  }

  synchronize(): Result {
    return 0;
  }
}
