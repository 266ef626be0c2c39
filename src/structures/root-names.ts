/**
 * Names of the root file system while it is filled: from a path to its node, through the protocol
 * of files, before there is a process. What an image says need not be sound: a way through what is
 * no directory, or a name that is too long, is an errno.
 */
import { ENAMETOOLONG, ENOTDIR } from "../abi/errno.js";
import { NAME_MAX } from "../abi/file.js";
import { lendScratch } from "../kernel/call-record.js";
import type { Kernel } from "../kernel/kernel.js";
import { type FileSystemService, NODE } from "../services/file/protocol.js";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

/** Finds nodes of the root file system, as the kernel itself. */
export class RootNames {
  protected readonly nodes = new Map<string, number>();
  private readonly encoder = new TextEncoder();
  /** The directory that was found last: entries of an image that lie in one follow each other. */
  private last = { path: "", node: 0 };

  constructor(
    protected readonly kernel: Kernel,
    protected readonly root: FileSystemService,
  ) {
    this.last.node = root.root(0);
    this.nodes.set("", this.last.node);
  }

  /** @returns the node at a path of the root file system, or -errno; links are not followed */
  find(path: string): number {
    const known = this.nodes.get(path);
    if (known !== undefined) return known;
    const { directory, name } = this.split(path);
    if (directory < 0) return directory;
    const node = this.root.lookup(0, directory, this.put(name), name.length);
    this.kernel.calls.endOwn();
    if (node >= 0) this.nodes.set(path, node);
    return node;
  }

  protected split(path: string): { directory: number; name: Uint8Array } {
    const slash = path.lastIndexOf("/");
    const directory = this.directoryAt(slash < 0 ? "" : path.slice(0, slash));
    const name = this.encoder.encode(path.slice(slash + 1));
    return { directory: name.length > NAME_MAX ? -ENAMETOOLONG : directory, name };
  }

  private directoryAt(path: string): number {
    if (path === this.last.path) return this.last.node;
    const node = this.find(path);
    if (node < 0) return node;
    if (this.typeOf(node) !== S_IFDIR) return -ENOTDIR;
    this.last = { path, node };
    return node;
  }

  protected typeOf(node: number): number {
    return this.root.attribute(0, node, NODE.mode) & S_IFMT;
  }

  /** Bytes as scratch of the kernel's own record. @returns their address */
  protected put(bytes: Uint8Array): number {
    return lendScratch(this.kernel.ownRecord, bytes);
  }
}
