/**
 * fs-pts: the directory of pseudo-terminals' slaves (devpts). Which there are, and what their nodes
 * have, is asked of the tty service; nothing is kept here.
 */
import { EINVAL, EISDIR, ENOENT, ENOTDIR } from "../../abi/errno.js";
import {
  DEVPTS_SUPER_MAGIC,
  encodeStat,
  encodeStatfs,
  S_IFCHR,
  S_IFDIR,
  S_IFMT,
} from "../../abi/file.js";
import { DEFAULT_POLLMASK } from "../../abi/poll.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { Texts } from "../../kernel/texts.js";
import {
  DirectoryEntries,
  entryType,
  type FileSystemService,
  FixedTree,
  NODE,
} from "../file/protocol.js";
import { deviceOfTerminal, PSEUDO_TERMINAL_FIRST, type TtyService } from "../tty/protocol.js";
import { slaveIndex, slaveNode } from "./protocol.js";

const ROOT = 1;
const PTMX = 2;
const PTMX_DEVICE: number = 5 * 256 + 2;
/** Handle of the open directory; the others are the tty service's. */
const DIRECTORY = 2 ** 41;

export interface PtsState {
  /** Of the root directory: set at boot, and by chmod and chown. */
  readonly root: Map<number, number>;
  readonly master: Map<number, number>;
}

export class PseudoTerminalFileSystem extends FixedTree implements FileSystemService {
  readonly state: PtsState;
  private readonly texts = new Texts();

  constructor(
    private readonly kernel: KernelCalls,
    private readonly services: { readonly tty: TtyService },
  ) {
    super();
    this.state = {
      root: new Map([[NODE.mode, S_IFDIR | 0o755]]),
      master: new Map([[NODE.mode, S_IFCHR]]),
    };
  }

  event(): Result {
    return 0;
  }

  root(): Result {
    return ROOT;
  }

  lookup(caller: TaskId, directory: number, name: number, nameLength: number): Result {
    const text = this.texts.read(this.kernel, caller, name, nameLength);
    if (text === "..") return ROOT;
    if (directory !== ROOT) return -ENOTDIR;
    if (text === "ptmx") return PTMX;
    const index = /^(0|[1-9][0-9]{0,4})$/.test(text) ? Number(text) : -1;
    if (index < 0 || this.services.tty.nextSlave(caller, index) !== index) return -ENOENT;
    return slaveNode(index);
  }

  attribute(caller: TaskId, node: number, which: number): Result {
    if (which === NODE.links) return node === ROOT ? 2 : 1;
    if (which === NODE.inode) return node;
    if (which === NODE.device) return deviceOf(node);
    if (node === ROOT) return this.state.root.get(which) ?? 0;
    if (node === PTMX) return this.state.master.get(which) ?? 0;
    const value = this.services.tty.slaveAttribute(caller, slaveIndex(node), which);
    return value === -ENOENT && which === NODE.mode ? S_IFCHR : Math.max(0, value);
  }

  setAttribute(caller: TaskId, node: number, which: number, value: number): Result {
    if (which === NODE.changeSeconds && value !== -1) return -EINVAL;
    if (which === NODE.mode) {
      const type = this.attribute(caller, node, NODE.mode) & S_IFMT;
      this.set(caller, node, which, type | (value & 0o7777));
    } else if (which !== NODE.changeSeconds) this.set(caller, node, which, value);
    this.set(caller, node, NODE.changeSeconds, this.kernel.realtimeSeconds());
    this.set(caller, node, NODE.changeNanoseconds, this.kernel.realtimeNanoseconds());
    return 0;
  }

  private set(caller: TaskId, node: number, which: number, value: number): void {
    if (node === ROOT) this.state.root.set(which, value);
    else if (node === PTMX) this.state.master.set(which, value);
    else this.services.tty.setSlaveAttribute(caller, slaveIndex(node), which, value);
  }

  stat(caller: TaskId, node: number, device: number, buffer: number): Result {
    const get = (which: number): number => this.attribute(caller, node, which);
    const bytes = encodeStat({
      device,
      inode: node,
      mode: get(NODE.mode),
      links: get(NODE.links),
      userId: get(NODE.userId),
      groupId: get(NODE.groupId),
      specialDevice: deviceOf(node),
      sizeBytes: 0,
      blocks: 0,
      accessSeconds: get(NODE.accessSeconds),
      accessNanoseconds: get(NODE.accessNanoseconds),
      modifySeconds: get(NODE.modifySeconds),
      modifyNanoseconds: get(NODE.modifyNanoseconds),
      changeSeconds: get(NODE.changeSeconds),
      changeNanoseconds: get(NODE.changeNanoseconds),
    });
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  statfs(caller: TaskId, _node: number, buffer: number): Result {
    const bytes = encodeStatfs(DEVPTS_SUPER_MAGIC, 0, 0, 0, 0);
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  readlink(): Result {
    return -EINVAL;
  }

  readDirectory(
    caller: TaskId,
    node: number,
    position: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    if (node !== ROOT) return -ENOTDIR;
    const entries = new DirectoryEntries(new Uint8Array(lengthBytes), position);
    entries.add(ROOT, 1, entryType(S_IFDIR), ".");
    entries.add(ROOT, 2, entryType(S_IFDIR), "..");
    let fits = entries.add(PTMX, 3, entryType(S_IFCHR), "ptmx");
    const { tty } = this.services;
    for (let at = tty.nextSlave(caller, 0); fits && at >= 0; at = tty.nextSlave(caller, at + 1)) {
      fits = entries.add(slaveNode(at), 4 + at, entryType(S_IFCHR), String(at));
    }
    return entries.copyOut(this.kernel, caller, buffer);
  }

  open(caller: TaskId, node: number, flags: number): Result {
    if (node === ROOT) return DIRECTORY;
    const { tty } = this.services;
    if (node === PTMX) return tty.openMaster(caller, flags);
    return tty.open(caller, PSEUDO_TERMINAL_FIRST + slaveIndex(node), flags);
  }

  close(caller: TaskId, opened: number): Result {
    return opened === DIRECTORY ? 0 : this.services.tty.close(caller, opened);
  }

  read(
    caller: TaskId,
    opened: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    if (opened === DIRECTORY) return -EISDIR;
    return this.services.tty.read(caller, opened, buffer, lengthBytes, flags);
  }

  write(
    caller: TaskId,
    opened: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    return this.services.tty.write(caller, opened, buffer, lengthBytes, flags);
  }

  poll(caller: TaskId, opened: number, events: number, register: number): Result {
    if (opened === DIRECTORY) return events & DEFAULT_POLLMASK;
    return this.services.tty.poll(caller, opened, events, register);
  }

  ioctl(
    caller: TaskId,
    opened: number,
    request: number,
    argument: number,
    lengthBytes: number,
  ): Result {
    return this.services.tty.ioctl(caller, opened, request, argument, lengthBytes);
  }
}

function deviceOf(node: number): number {
  if (node === ROOT) return 0;
  if (node === PTMX) return PTMX_DEVICE;
  return deviceOfTerminal(PSEUDO_TERMINAL_FIRST + slaveIndex(node));
}
