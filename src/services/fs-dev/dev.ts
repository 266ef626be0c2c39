/**
 * fs-dev: the devices of /dev. Layers: state.ts → nodes.ts (the directory) → this, the service:
 * null, zero, full, random are served here, terminals by tty, streams of the host by the character
 * driver. Which device an open file is stands in its handle.
 */
import {
  EAGAIN,
  EBUSY,
  EINVAL,
  EIO,
  EISDIR,
  ENODEV,
  ENOENT,
  ENOSPC,
  ENOTTY,
  ENXIO,
  EPERM,
  EPIPE,
} from "../../abi/errno.js";
import {
  encodeStat,
  encodeStatfs,
  O_NONBLOCK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  TMPFS_MAGIC,
} from "../../abi/file.js";
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type CharacterDriver, DRIVER_EVENT, type EntropyDriver } from "../device/protocol.js";
import { type FileSystemService, NODE, unsupported } from "../file/protocol.js";
import type { TtyService } from "../tty/protocol.js";
import {
  listNodes,
  makeNodes,
  nodeAt,
  nodeNamed,
  streamNamed,
  streamNode,
  streamPort,
} from "./nodes.js";
import { type DevNode, type DevOptions, type DevState, MAJOR_STREAMS, ROOT } from "./state.js";

/** Device numbers as handles: major × 256 + minor. */
const NULL = 0x103;
const ZERO = 0x105;
const FULL = 0x107;
const RANDOM = 0x108;
const URANDOM = 0x109;
const TTY = 0x500;
const CONSOLE = 0x501;
/** Handles of terminals and streams begin here; the number follows. */
const TERMINALS = 2 ** 24;
const STREAMS = 2 ** 25;
const DIRECTORY = 2 ** 26;

const ALL = 2 ** 31 - 1;
/** Figures of a driver's port (CharacterDriver.query). */
const INPUT_BYTES = 0;
const ROOM_BYTES = 1;
const HOST_OPEN = 4;

export interface DevServices {
  readonly tty: TtyService;
  /** Driver of the streams. */
  readonly streams?: CharacterDriver | undefined;
  /** Without it random bytes come from the kernel's seeded generator. */
  readonly entropy?: EntropyDriver | undefined;
}

export class DeviceFileSystem implements FileSystemService {
  readonly allocate = unsupported;
  readonly findData = unsupported;
  readonly createUnnamed = unsupported;
  readonly getExtended = unsupported;
  readonly setExtended = unsupported;
  readonly listExtended = unsupported;
  readonly removeExtended = unsupported;
  readonly exists = unsupported;
  readonly state: DevState;

  constructor(
    private readonly kernel: KernelCalls,
    private readonly services: DevServices,
    options: DevOptions = {},
  ) {
    this.state = { nodes: makeNodes(options), streams: new Map() };
  }

  /** DRIVER_EVENT of a stream. */
  event(_caller: TaskId, kind: number, port: number): Result {
    const stream = this.state.streams.get(port);
    if (stream === undefined) return 0;
    if (kind !== DRIVER_EVENT.room) this.kernel.wake(stream.inputChannel, ALL);
    if (kind !== DRIVER_EVENT.input) this.kernel.wake(stream.roomChannel, ALL);
    return 0;
  }

  root(): Result {
    return ROOT;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    const bytes = new Uint8Array(nameLength);
    this.kernel.copyIn(caller, name, bytes, 0, nameLength);
    const text = String.fromCharCode(...bytes);
    if (text === "..") return ROOT;
    const node = directory === ROOT ? nodeNamed(this.state, text) : -1;
    if (node >= 0) return node;
    const port = directory === ROOT ? streamNamed(text) : -1;
    return port > 0 && this.services.streams !== undefined ? streamNode(port) : -ENOENT;
  }

  attribute(_caller: TaskId, number: number, which: number): Result {
    const node = nodeAt(this.state, number);
    switch (which) {
      case NODE.sizeBytes:
        return node.target.length;
      case NODE.links:
        return 1;
      case NODE.inode:
        return number;
      default:
        return attributesOf(node)[which] ?? -EINVAL;
    }
  }

  setAttribute(_caller: TaskId, number: number, which: number, value: number): Result {
    const node = nodeAt(this.state, number);
    if (which === NODE.mode) node.mode = (node.mode & S_IFMT) | (value & 0o7777);
    else if (which === NODE.userId) node.userId = value;
    else if (which === NODE.groupId) node.groupId = value;
    else if (which === NODE.accessSeconds) node.accessSeconds = value;
    else if (which === NODE.accessNanoseconds) node.accessNanoseconds = value;
    else if (which === NODE.modifySeconds) node.modifySeconds = value;
    else if (which === NODE.modifyNanoseconds) node.modifyNanoseconds = value;
    else if (which !== NODE.changeSeconds || value !== -1) return -EINVAL;
    node.changeSeconds = this.kernel.realtimeSeconds();
    node.changeNanoseconds = this.kernel.realtimeNanoseconds();
    return 0;
  }

  stat(caller: TaskId, number: number, device: number, buffer: number): Result {
    const node = nodeAt(this.state, number);
    const bytes = encodeStat({
      ...node,
      device,
      inode: number,
      links: 1,
      specialDevice: node.device,
      sizeBytes: node.target.length,
      blocks: 0,
    });
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  statfs(caller: TaskId, buffer: number): Result {
    const bytes = encodeStatfs(TMPFS_MAGIC, 0, 0, this.state.nodes.size, 0);
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  /** The directory is fixed: names are neither made nor removed. */
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
    const node = nodeAt(this.state, number);
    if ((node.mode & S_IFMT) !== S_IFLNK) return -EINVAL;
    const bytes = new TextEncoder().encode(node.target);
    const length = Math.min(lengthBytes, bytes.length);
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
    const bytes = new Uint8Array(lengthBytes);
    const length = listNodes(this.state, number, position, bytes);
    if (length <= 0) return length;
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, length);
    return failed < 0 ? failed : length;
  }

  open(caller: TaskId, number: number, flags: number): Result {
    const node = nodeAt(this.state, number);
    if ((node.mode & S_IFMT) === S_IFDIR) return DIRECTORY;
    if ((node.mode & S_IFMT) !== S_IFCHR) return -ENXIO;
    const { device } = node;
    if (device === CONSOLE || device === TTY) return this.openTerminal(caller, device, flags);
    if (((device >>> 8) & 0xfff) === MAJOR_STREAMS) {
      return this.openStream(caller, streamPort(device));
    }
    const known = device === NULL || device === ZERO || device === FULL;
    return known || device === RANDOM || device === URANDOM ? device : -ENXIO;
  }

  private openTerminal(caller: TaskId, device: number, flags: number): Result {
    const own = this.kernel.attribute(caller, ATTRIBUTE.terminal) - 1;
    if (device === TTY && own < 0) return -ENXIO;
    // Unlike Linux's, our console may become the controlling terminal: it is terminal 0 itself.
    const terminal = device === TTY ? own : 0;
    const opened = this.services.tty.open(caller, terminal, flags);
    return opened < 0 ? opened : TERMINALS + opened;
  }

  private openStream(caller: TaskId, port: number): Result {
    const { streams } = this.services;
    if (streams === undefined) return -ENXIO;
    if (this.state.streams.has(port)) return -EBUSY;
    const failed = streams.setOpen(caller, port, 1);
    if (failed < 0) return failed === -EIO ? -ENXIO : failed;
    const inputChannel = this.kernel.newChannel();
    const roomChannel = this.kernel.newChannel();
    this.state.streams.set(port, { inputChannel, roomChannel });
    return STREAMS + port;
  }

  close(caller: TaskId, opened: number): Result {
    if (opened >= DIRECTORY) return 0;
    if (opened >= STREAMS) {
      const port = opened - STREAMS;
      this.state.streams.delete(port);
      return this.services.streams?.setOpen(caller, port, 0) ?? 0;
    }
    return opened >= TERMINALS ? this.services.tty.close(caller, opened - TERMINALS) : 0;
  }

  read(
    caller: TaskId,
    opened: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    if (opened >= DIRECTORY) return -EISDIR;
    if (opened >= STREAMS) {
      return this.readStream(caller, opened - STREAMS, buffer, lengthBytes, flags);
    }
    if (opened >= TERMINALS) {
      return this.services.tty.read(caller, opened - TERMINALS, buffer, lengthBytes, flags);
    }
    if (opened === NULL || lengthBytes === 0) return 0;
    if (opened === RANDOM || opened === URANDOM) return this.random(caller, buffer, lengthBytes);
    const failed = this.kernel.clearOut(caller, buffer, lengthBytes);
    return failed < 0 ? failed : lengthBytes;
  }

  write(
    caller: TaskId,
    opened: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    if (opened >= STREAMS) {
      return this.writeStream(caller, opened - STREAMS, buffer, lengthBytes, flags);
    }
    if (opened >= TERMINALS) {
      return this.services.tty.write(caller, opened - TERMINALS, buffer, lengthBytes, flags);
    }
    return opened === FULL && lengthBytes > 0 ? -ENOSPC : lengthBytes;
  }

  truncate(): Result {
    return -EINVAL;
  }

  poll(caller: TaskId, opened: number, events: number, register: number): Result {
    if (opened >= STREAMS && opened < DIRECTORY) {
      return this.pollStream(caller, opened - STREAMS, events, register);
    }
    if (opened >= TERMINALS && opened < STREAMS) {
      return this.services.tty.poll(caller, opened - TERMINALS, events, register);
    }
    return events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
  }

  ioctl(
    caller: TaskId,
    opened: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result {
    if (opened < TERMINALS || opened >= STREAMS) return -ENOTTY;
    return this.services.tty.ioctl(caller, opened - TERMINALS, request, argument, lengthBytes);
  }

  /** Nodes are never freed. */
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
    return -EINVAL;
  }

  private random(caller: TaskId, buffer: number, lengthBytes: number): Result {
    const { entropy } = this.services;
    if (entropy !== undefined) return entropy.read(caller, buffer, lengthBytes);
    const bytes = new Uint8Array(lengthBytes);
    for (let i = 0; i < lengthBytes; i++) bytes[i] = this.kernel.randomWord() >>> 24;
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, lengthBytes);
    return failed < 0 ? failed : lengthBytes;
  }

  /** Waits until the host has sent something; 0 once it closed its side and all was read. */
  private readStream(
    caller: TaskId,
    port: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const stream = this.state.streams.get(port);
    const { streams } = this.services;
    if (stream === undefined || streams === undefined) return -ENXIO;
    if (lengthBytes === 0) return 0;
    const waiting = streams.query(caller, port, INPUT_BYTES);
    if (waiting < 0) return waiting;
    const atEnd = waiting === 0 && streams.query(caller, port, HOST_OPEN) === 0;
    if ((flags & O_NONBLOCK) === 0) {
      const wait = waiting === 0 && !atEnd;
      if (wait || this.kernel.forced(caller)) return this.kernel.block(caller, stream.inputChannel);
    }
    if (waiting === 0) return atEnd ? 0 : -EAGAIN;
    return streams.read(caller, port, buffer, lengthBytes);
  }

  private writeStream(
    caller: TaskId,
    port: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const stream = this.state.streams.get(port);
    const { streams } = this.services;
    if (stream === undefined || streams === undefined) return -ENXIO;
    if (lengthBytes === 0) return 0;
    const room = streams.query(caller, port, ROOM_BYTES);
    if (room < 0) return room;
    if (streams.query(caller, port, HOST_OPEN) === 0) return -EPIPE;
    if ((flags & O_NONBLOCK) === 0) {
      if (room === 0 || this.kernel.forced(caller)) {
        return this.kernel.block(caller, stream.roomChannel);
      }
    } else if (room === 0) return -EAGAIN;
    return streams.write(caller, port, buffer, Math.min(lengthBytes, room));
  }

  private pollStream(caller: TaskId, port: number, events: number, register: number): Result {
    const stream = this.state.streams.get(port);
    const { streams } = this.services;
    if (stream === undefined || streams === undefined) return POLLHUP;
    let ready = 0;
    if (streams.query(caller, port, INPUT_BYTES) > 0) ready |= POLLIN | POLLRDNORM;
    if (streams.query(caller, port, ROOM_BYTES) > 0) ready |= POLLOUT | POLLWRNORM;
    if (streams.query(caller, port, HOST_OPEN) === 0) ready |= POLLHUP;
    if (register === 1) {
      this.kernel.block(caller, stream.inputChannel);
      this.kernel.block(caller, stream.roomChannel);
    }
    return ready & (events | POLLHUP);
  }
}

/** Attributes by NODE number. */
function attributesOf(node: DevNode): Readonly<Record<number, number>> {
  return {
    [NODE.mode]: node.mode,
    [NODE.userId]: node.userId,
    [NODE.groupId]: node.groupId,
    [NODE.device]: node.device,
    [NODE.accessSeconds]: node.accessSeconds,
    [NODE.accessNanoseconds]: node.accessNanoseconds,
    [NODE.modifySeconds]: node.modifySeconds,
    [NODE.modifyNanoseconds]: node.modifyNanoseconds,
    [NODE.changeSeconds]: node.changeSeconds,
    [NODE.changeNanoseconds]: node.changeNanoseconds,
  };
}
