/**
 * The part of tmpfs that concerns instances as wholes, and extended attributes: what is made of
 * options and texts. Between instances.ts, extended.ts and tmpfs.ts (the service).
 */
import { S_IFDIR } from "../../abi/file.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { bytesOf, Texts } from "../../kernel/texts.js";
import type { MemoryService } from "../memory/protocol.js";
import type { Content } from "./content.js";
import { nodeAt } from "./directories.js";
import { getExtended, listExtended, removeExtended, setExtended } from "./extended.js";
import {
  describe,
  figures,
  instanceOf,
  mountInstance,
  newInstance,
  remountInstance,
} from "./instances.js";
import { blankNode, type Node, ROOT, type TmpfsState } from "./nodes.js";

export interface TmpfsOptions {
  /** Limit of nodes. */
  readonly nodesMax?: number;
  /** Limit of the content, in pages of 4096 bytes. */
  readonly pagesMax?: number;
  /** Permission bits of the root directory (0o755). */
  readonly rootMode?: number;
}

export abstract class TmpfsInstances {
  readonly state: TmpfsState;
  protected readonly content: Content;
  private readonly texts = new Texts();
  /** What was looked up last: a call asks for the same node again and again. */
  private latest: Node | undefined;

  constructor(
    protected readonly kernel: KernelCalls,
    protected readonly services: { readonly memory: MemoryService },
    options: TmpfsOptions = {},
  ) {
    const { rootMode = 0o755, nodesMax = 2 ** 20, pagesMax = 2 ** 24 } = options;
    const root = blankNode(ROOT, ROOT, S_IFDIR | rootMode, 0, -1, 0);
    root.parent = ROOT;
    const first = { ...newInstance(ROOT, {}, 0), nodesMax, pagesMax };
    this.state = {
      nodes: new Map([[ROOT, root]]),
      nextInode: ROOT + 1,
      extended: new Map(),
      instances: new Map([[ROOT, first]]),
    };
    this.content = { kernel, memory: services.memory, state: this.state };
  }

  /** The node of this number; an unknown one is our bug. */
  protected at(number: number): Node {
    const { latest } = this;
    if (latest !== undefined && latest.inode === number) return latest;
    const node = nodeAt(this.state, number);
    this.latest = node;
    return node;
  }

  /** The node is no more. */
  protected forget(node: Node): void {
    if (this.latest === node) this.latest = undefined;
  }

  mount(caller: TaskId, options: number, optionsLength: number): Result {
    return mountInstance(this.content, caller, this.text(caller, options, optionsLength));
  }

  remount(caller: TaskId, root: number, options: number, optionsLength: number): Result {
    const text = this.text(caller, options, optionsLength);
    return remountInstance(this.content, this.at(root), text);
  }

  options(caller: TaskId, root: number, buffer: number, lengthBytes: number): Result {
    const text = describe(instanceOf(this.state, this.at(root)));
    return this.putText(caller, text, buffer, lengthBytes);
  }

  statfs(caller: TaskId, node: number, buffer: number): Result {
    const bytes = figures(this.kernel, caller, instanceOf(this.state, this.at(node)));
    return this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  getExtended(
    caller: TaskId,
    number: number,
    name: number,
    nameLength: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const text = this.text(caller, name, nameLength);
    const node = this.at(number);
    return getExtended(this.content, caller, node, text, buffer, lengthBytes);
  }

  setExtended(
    caller: TaskId,
    number: number,
    name: number,
    nameLength: number,
    value: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const text = this.text(caller, name, nameLength);
    const node = this.at(number);
    return setExtended(this.content, caller, node, text, value, lengthBytes, flags);
  }

  listExtended(
    caller: TaskId,
    number: number,
    buffer: number,
    lengthBytes: number,
    isPrivileged: number,
  ): Result {
    const node = this.at(number);
    return listExtended(this.content, caller, node, buffer, lengthBytes, isPrivileged === 1);
  }

  removeExtended(caller: TaskId, number: number, name: number, nameLength: number): Result {
    const text = this.text(caller, name, nameLength);
    return removeExtended(this.content, this.at(number), text);
  }

  /** As much of a text as the buffer takes. @returns bytes, or -EFAULT */
  protected putText(caller: TaskId, text: string, buffer: number, lengthBytes: number): Result {
    const length = Math.min(lengthBytes, text.length);
    const bytes = bytesOf(text.slice(0, length));
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, length);
    return failed < 0 ? failed : length;
  }

  protected text(caller: TaskId, address: number, lengthBytes: number): string {
    return this.texts.read(this.kernel, caller, address, lengthBytes);
  }
}
