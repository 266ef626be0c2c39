/**
 * From nodes back to path names: the way up through directories and out of mounts, with the name of
 * each step; getcwd(2), the places of mounts.
 */
import { ENAMETOOLONG, ENOENT, ERANGE } from "../../abi/errno.js";
import { DIRENT_NAME_OFFSET, getInteger64, O_NOATIME, PATH_MAX } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { NODE } from "./protocol.js";
import {
  type Core,
  contextOf,
  fileSystemOf,
  instanceOf,
  type Mount,
  mountOf,
  placeAt,
} from "./state.js";

const DOT = 0x2e;
const LISTING_BYTES = 8192;

/** A node and the mount through which it is seen. */
export interface Spot {
  readonly mount: number;
  readonly node: number;
}

/** The root of all that has no root of its own. */
export function topOf(core: Core): Spot {
  const { rootMount } = core.state;
  return { mount: rootMount, node: mountOf(core, rootMount).root };
}

/** The process's root directory. */
export function rootOf(core: Core, caller: TaskId): Spot {
  const { root } = contextOf(core, caller);
  return root === 0 ? topOf(core) : placeAt(core, root);
}

/** The process's working directory. */
export function directoryOf(core: Core, caller: TaskId): Spot {
  const { directory } = contextOf(core, caller);
  return directory === 0 ? rootOf(core, caller) : placeAt(core, directory);
}

/** The name ".." in scratch. */
function dotsOf(core: Core, caller: TaskId): number {
  const name = core.kernel.scratch(caller, 2);
  core.kernel.copyOut(caller, name, Uint8Array.of(DOT, DOT), 0, 2);
  return name;
}

/** The directory above another in its file system, itself at the top. @returns node or -errno */
export function parentOf(
  core: Core,
  caller: TaskId,
  mount: number,
  directory: number,
  dots = dotsOf(core, caller),
): Result {
  return fileSystemOf(core, mount).lookup(caller, directory, dots, 2);
}

/** Where directories are listed: one for a whole way up, which may be very long. */
interface Listing {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly scratch: number;
  readonly dots: number;
}

function newListing(core: Core, caller: TaskId): Listing {
  const bytes = new Uint8Array(LISTING_BYTES);
  const scratch = core.kernel.scratch(caller, bytes.length);
  return { bytes, view: new DataView(bytes.buffer), scratch, dots: dotsOf(core, caller) };
}

/**
 * The name of a node in a directory, by its inode number, as latin1 text; "": it has none.
 * @returns it, or BLOCKED
 */
export function nameIn(
  core: Core,
  caller: TaskId,
  mount: number,
  directory: number,
  node: number,
  listing = newListing(core, caller),
): string | Result {
  const { kernel } = core;
  const fileSystem = fileSystemOf(core, mount);
  const inode = fileSystem.attribute(caller, node, NODE.inode);
  const { bytes, view, scratch } = listing;
  for (let position = 0; ; ) {
    const length = fileSystem.readDirectory(
      caller,
      directory,
      position,
      scratch,
      bytes.length,
      O_NOATIME,
    );
    if (length <= 0) return length === BLOCKED ? length : "";
    kernel.copyIn(caller, scratch, bytes, 0, length);
    for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
      position = getInteger64(view, at + 8);
      if (getInteger64(view, at) !== inode) continue;
      const start = at + DIRENT_NAME_OFFSET;
      const name = core.texts.of(bytes, start, bytes.indexOf(0, start));
      if (name !== "." && name !== "..") return name;
    }
  }
}

/** A path, and whether it begins at the root that was asked for. */
interface Path {
  readonly text: string;
  readonly reached: boolean;
}

/**
 * The way up from a directory to `root`.
 * @returns the path ("" at the root itself), or -errno: -ENAMETOOLONG beyond PATH_MAX
 */
function climb(core: Core, caller: TaskId, from: Spot, root: Spot): Path | Result {
  let { mount, node } = from;
  let text = "";
  const listing = newListing(core, caller);
  while (mount !== root.mount || node !== root.node) {
    const entry = mountOf(core, mount);
    if (node === entry.root) {
      if (entry.parent < 0) return { text, reached: false };
      mount = entry.parent;
      node = entry.pointDirectory < 0 ? entry.point : entry.pointDirectory;
      if (entry.pointDirectory >= 0) text = `/${entry.pointName}${text}`;
      continue;
    }
    const parent = parentOf(core, caller, mount, node, listing.dots);
    if (parent < 0) return parent;
    if (parent === node) return { text, reached: false };
    const name = nameIn(core, caller, mount, parent, node, listing);
    if (typeof name === "number") return name;
    if (name === "") return -ENOENT;
    text = `/${name}${text}`;
    if (text.length >= PATH_MAX) return -ENAMETOOLONG;
    node = parent;
  }
  return { text, reached: true };
}

/** Where a mount lies, from the root of all. */
export function pathOfMount(core: Core, caller: TaskId, mount: Mount): string {
  const found = climb(core, caller, { mount: mount.id, node: mount.root }, topOf(core));
  return typeof found === "number" || found.text === "" ? "/" : found.text;
}

/**
 * Where a node lies in its instance, for a bind mount of it.
 * @param file of what is no directory: the directory and the name that it has there
 */
export function pathInInstance(
  core: Core,
  caller: TaskId,
  { mount, node }: Spot,
  file?: { readonly directory: number; readonly name: string },
): string {
  const { root, rootPath } = mountOf(core, mount);
  if (node === root) return rootPath;
  const top = instanceOf(core, mount).root;
  const listing = newListing(core, caller);
  let text = file === undefined ? "" : `/${file.name}`;
  let at = file === undefined ? node : file.directory;
  while (at !== top && text.length < PATH_MAX) {
    const parent = parentOf(core, caller, mount, at, listing.dots);
    if (parent < 0 || parent === at) break;
    const name = nameIn(core, caller, mount, parent, at, listing);
    text = `/${typeof name === "number" ? "" : name}${text}`;
    at = parent;
  }
  return text === "" ? "/" : text;
}

/** Path of a directory from the caller's root; -ENOENT: it has none. */
export function pathOfDirectory(core: Core, caller: TaskId, at: Spot): string | Result {
  const found = climb(core, caller, at, rootOf(core, caller));
  if (typeof found === "number") return found;
  return `${found.reached ? "" : "(unreachable)"}${found.text === "" ? "/" : found.text}`;
}

/** getcwd(2). @param buffer 0: only the length is asked for
 * @returns bytes with the NUL, or -ERANGE, -ENOENT */
export function currentDirectory(
  core: Core,
  caller: TaskId,
  buffer: number,
  lengthBytes: number,
): Result {
  const text = pathOfDirectory(core, caller, directoryOf(core, caller));
  if (typeof text === "number") return text;
  const bytes = bytesOf(`${text}\0`);
  if (bytes.length > PATH_MAX) return -ENAMETOOLONG;
  if (bytes.length > lengthBytes) return -ERANGE;
  if (buffer === 0) return bytes.length;
  const failed = core.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  return failed < 0 ? failed : bytes.length;
}
