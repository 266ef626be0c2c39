/**
 * fs-dev: the devices of /dev. Layers: state.ts → nodes.ts (the directory), made.ts (names that
 * programs make), streams.ts (the host's byte streams, the printer among them) → this, the service:
 * null, zero, full, random and kmsg are served here, terminals by tty. Which device an open file is
 * stands in its handle.
 */
import {
  EAGAIN,
  EINVAL,
  EIO,
  EISDIR,
  ENODEV,
  ENOENT,
  ENOSPC,
  ENOTTY,
  ENXIO,
} from "../../abi/errno.js";
import {
  encodeStat,
  encodeStatfs,
  O_NOCTTY,
  O_NONBLOCK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  TMPFS_MAGIC,
} from "../../abi/file.js";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { Texts } from "../../kernel/texts.js";
import {
  type CharacterDriver,
  DRIVER_EVENT,
  type EntropyDriver,
  FIGURE,
} from "../device/protocol.js";
import { DirectoryEntries, type FileSystemService, FixedTree, NODE } from "../file/protocol.js";
import type { TtyService } from "../tty/protocol.js";
import { countReference, makeNamed, removeNamed } from "./made.js";
import {
  listNodes,
  makeNodes,
  nodeAt,
  nodeNamed,
  streamNamed,
  streamNode,
  streamPort,
} from "./nodes.js";
import {
  deviceNode,
  MAJOR_SLAVES,
  MAJOR_SLAVES_END,
  MAJOR_STREAMS,
  MAJOR_TERMINALS,
} from "./protocol.js";
import { type DevNode, type DevOptions, type DevState, FIRST_MADE, ROOT } from "./state.js";
import {
  closeStream,
  openStream,
  pollStream,
  readStream,
  type Streams,
  writeStream,
} from "./streams.js";

/** Device numbers as handles: major × 256 + minor. */
const NULL = 0x103;
const ZERO = 0x105;
const FULL = 0x107;
const RANDOM = 0x108;
const URANDOM = 0x109;
const MESSAGES = 0x10b;
const TTY = 0x500;
const CONSOLE = 0x501;
const PTMX = 0x502;
const PRINTER = 0x600;
/** Devices without a state: the number is the handle. */
const PLAIN: readonly number[] = Object.freeze([NULL, ZERO, FULL, RANDOM, URANDOM, MESSAGES]);
/** Handles of terminals and streams begin here; the number follows. */
const TERMINALS = 2 ** 40;
const STREAMS = 2 ** 41;
const DIRECTORY = 2 ** 42;

const ALL = 2 ** 31 - 1;

export interface DevServices {
  readonly tty: TtyService;
  /** Driver of the streams. */
  readonly streams?: CharacterDriver | undefined;
  /** Without it random bytes come from the kernel's seeded generator. */
  readonly entropy?: EntropyDriver | undefined;
}

export class DeviceFileSystem extends FixedTree implements FileSystemService {
  readonly state: DevState;

  private readonly streams: Streams;
  private readonly texts = new Texts();

  constructor(
    private readonly kernel: KernelCalls,
    private readonly services: DevServices,
    options: DevOptions = {},
  ) {
    super();
    const idleChannel = kernel.newChannel();
    this.state = {
      nodes: makeNodes(options, kernel.realtimeSeconds()),
      made: new Map(),
      nextMade: FIRST_MADE,
      streams: new Map(),
      idleChannel,
    };
    this.streams = { kernel, driver: services.streams, open: this.state.streams };
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
    const text = this.text(caller, name, nameLength);
    if (text === "..") return ROOT;
    const node = directory === ROOT ? nodeNamed(this.state, text) : -1;
    if (node >= 0) return node;
    const port = directory === ROOT ? streamNamed(text) : -1;
    return port > 0 && this.services.streams !== undefined ? streamNode(port) : -ENOENT;
  }

  private text(caller: TaskId, name: number, nameLength: number): string {
    return this.texts.read(this.kernel, caller, name, nameLength);
  }

  /** Sockets and FIFOs only. */
  override create(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    mode: number,
    userId: number,
    groupId: number,
  ): Result {
    const text = this.text(caller, name, nameLength);
    return makeNamed(this.kernel, this.state, directory, text, mode, userId, groupId);
  }

  override unlink(
    caller: TaskId,
    directory: number,
    name: number,
    nameLength: number,
    isDirectory: number,
  ): Result {
    return removeNamed(this.state, directory, this.text(caller, name, nameLength), isDirectory);
  }

  override retain(_caller: TaskId, number: number): Result {
    return countReference(this.state, number, 1);
  }

  override release(_caller: TaskId, number: number): Result {
    return countReference(this.state, number, -1);
  }

  attribute(_caller: TaskId, number: number, which: number): Result {
    const node = nodeAt(this.state, number);
    switch (which) {
      case NODE.sizeBytes:
        return node.target.length;
      case NODE.links:
        return this.state.made.has(number) && node.name === "" ? 0 : 1;
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

  statfs(caller: TaskId, _node: number, buffer: number): Result {
    const bytes = encodeStatfs(TMPFS_MAGIC, 0, 0, this.state.nodes.size, 0);
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
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
    const entries = new DirectoryEntries(new Uint8Array(lengthBytes), position);
    listNodes(this.state, number, entries);
    return entries.copyOut(this.kernel, caller, buffer);
  }

  open(caller: TaskId, number: number, flags: number): Result {
    const node = nodeAt(this.state, number);
    if ((node.mode & S_IFMT) === S_IFDIR) return DIRECTORY;
    if ((node.mode & S_IFMT) !== S_IFCHR) return -ENXIO;
    return this.openDevice(caller, node.device, flags);
  }

  private openDevice(caller: TaskId, device: number, flags: number): Result {
    const major = (device >>> 8) & 0xfff;
    if (major === MAJOR_STREAMS) return this.openStream(caller, streamPort(device), false);
    if (device === PRINTER) return this.openStream(caller, this.printerPort(caller), true);
    // Slaves have names in devpts only; elsewhere Linux does not find the pair.
    if (major >= MAJOR_SLAVES && major < MAJOR_SLAVES_END) return -EIO;
    if (device === TTY || device === CONSOLE || device === PTMX || major === MAJOR_TERMINALS) {
      return this.openTerminal(caller, device, flags);
    }
    return PLAIN.includes(device) ? device : -ENXIO;
  }

  private openTerminal(caller: TaskId, device: number, flags: number): Result {
    const { tty } = this.services;
    let opened: Result;
    if (device === CONSOLE) opened = tty.openConsole(caller, flags);
    else if (device === PTMX) opened = tty.openMaster(caller, flags);
    else if (device === TTY) {
      const own = this.kernel.attribute(caller, ATTRIBUTE.terminal) - 1;
      opened = own < 0 ? -ENXIO : tty.open(caller, own, flags | O_NOCTTY);
    } else opened = tty.open(caller, device & 0xff, flags);
    return opened < 0 ? opened : TERMINALS + opened;
  }

  private openStream(caller: TaskId, port: number, isPrinter: boolean): Result {
    const opened = openStream(this.streams, caller, port, isPrinter);
    return opened < 0 ? opened : STREAMS + port;
  }

  /** The port that the host has given the printer's name, or 0: there is none. */
  private printerPort(caller: TaskId): number {
    return Math.max(0, this.services.streams?.query(caller, 0, FIGURE.printer) ?? 0);
  }

  close(caller: TaskId, opened: number): Result {
    if (opened >= DIRECTORY) return 0;
    if (opened >= STREAMS) {
      return closeStream(this.streams, caller, opened - STREAMS);
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
      return readStream(this.streams, caller, opened - STREAMS, buffer, lengthBytes, flags);
    }
    if (opened >= TERMINALS) {
      return this.services.tty.read(caller, opened - TERMINALS, buffer, lengthBytes, flags);
    }
    if (opened === NULL || lengthBytes === 0) return 0;
    // Nobody tells a message: all are the host's.
    if (opened === MESSAGES) {
      if ((flags & O_NONBLOCK) !== 0) return -EAGAIN;
      return this.kernel.block(caller, this.state.idleChannel);
    }
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
      return writeStream(this.streams, caller, opened - STREAMS, buffer, lengthBytes, flags);
    }
    if (opened >= TERMINALS) {
      return this.services.tty.write(caller, opened - TERMINALS, buffer, lengthBytes, flags);
    }
    return opened === FULL ? -ENOSPC : lengthBytes;
  }

  poll(caller: TaskId, opened: number, events: number, register: number): Result {
    if (opened >= STREAMS && opened < DIRECTORY) {
      return pollStream(this.streams, caller, opened - STREAMS, events, register);
    }
    if (opened >= TERMINALS && opened < STREAMS) {
      return this.services.tty.poll(caller, opened - TERMINALS, events, register);
    }
    const ready = opened === MESSAGES ? 0 : POLLIN | POLLRDNORM;
    return events & (ready | POLLOUT | POLLWRNORM);
  }

  ioctl(
    caller: TaskId,
    opened: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result {
    // The generator has requests of its own, none of which is here (random(4)).
    if (opened === RANDOM || opened === URANDOM) return -EINVAL;
    if (opened < TERMINALS || opened >= STREAMS) return -ENOTTY;
    return this.services.tty.ioctl(caller, opened - TERMINALS, request, argument, lengthBytes);
  }

  /** /dev/zero maps as zeros of nobody. */
  override object(_caller?: TaskId, node?: number): Result {
    return node === deviceNode(ZERO) ? 0 : -ENODEV;
  }

  private random(caller: TaskId, buffer: number, lengthBytes: number): Result {
    const { entropy } = this.services;
    if (entropy !== undefined) return entropy.read(caller, buffer, lengthBytes);
    const bytes = new Uint8Array(lengthBytes);
    for (let i = 0; i < lengthBytes; i++) bytes[i] = this.kernel.randomWord() >>> 24;
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, lengthBytes);
    return failed < 0 ? failed : lengthBytes;
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
