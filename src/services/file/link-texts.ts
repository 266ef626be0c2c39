/**
 * Where open files, working directories and programs lie, as text: readlink(2) of the links of
 * /proc/PID, the names of mapped files for /proc/PID/maps, and the texts of /proc that only this
 * service can make (fdinfo, file-nr). A node is named by the directory and name that it was opened
 * under; renames keep these up to date (`exchanged`), and what has lost that name is "(deleted)".
 */
import { EINVAL, ENOENT, ESTALE } from "../../abi/errno.js";
import { O_CLOEXEC, S_IFDIR, S_IFLNK, S_IFMT } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { EVENT_NAMES, eventKind } from "../events/protocol.js";
import { infoProcess, KIND_FILE_COUNTS, kindOf, PROC_SET_TEXT } from "../fs-proc/protocol.js";
import { hold, jobOf, mappedBytes, mayHold } from "./charges.js";
import { eventText } from "./event-texts.js";
import { descriptorFlagsOf, fileOfNode, isMagicLink, linkTarget, type Named } from "./links.js";
import { isHidden } from "./mounts.js";
import { pathOfDirectory } from "./paths.js";
import { NODE } from "./protocol.js";
import {
  type Core,
  deviceOf,
  fileSystemOf,
  instanceOf,
  nodeKey,
  type OpenFile,
  pipeAt,
} from "./state.js";
import { EMPTY, walkPath } from "./walk.js";

const DELETED = " (deleted)";

/** readlinkat(2). @returns bytes, without a NUL */
export function readlink(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  buffer: number,
  lengthBytes: number,
): Result {
  if (lengthBytes <= 0) return -EINVAL;
  const flags = directory >= 0 ? EMPTY : 0;
  const walk = walkPath(core, caller, directory, path, pathLength, flags);
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return -ENOENT;
  if ((walk.mode & S_IFMT) !== S_IFLNK) return pathLength === 0 ? -ENOENT : -EINVAL;
  if (!isMagicLink(core, walk.mount, walk.node)) {
    return fileSystemOf(core, walk.mount).readlink(caller, walk.node, buffer, lengthBytes);
  }
  const target = linkTarget(core, caller, walk.node);
  if (typeof target === "number") return target;
  const text =
    "file" in target ? nameOfFile(core, caller, target.file) : pathOf(core, caller, target.place);
  const bytes = bytesOf(text);
  const length = Math.min(lengthBytes, bytes.length);
  const failed = core.kernel.copyOut(caller, buffer, bytes, 0, length);
  return failed < 0 ? failed : length;
}

/** What a link to an open file says: its path, or of what kind it is. */
function nameOfFile(core: Core, caller: TaskId, file: OpenFile): string {
  if (file.mount < 0) return `pipe:[${pipeAt(core, file.pipe).inode}]`;
  if (!isHidden(core, file.mount)) return pathOf(core, caller, file);
  const { type } = instanceOf(core, file.mount);
  if (type === "events") return EVENT_NAMES[eventKind(file.node)] ?? "";
  return `${type}:[${file.node}]`;
}

/** The path of a node as the caller's root shows it. */
function pathOf(core: Core, caller: TaskId, named: Named): string {
  const { mount, node, directory, name } = named;
  const mode = fileSystemOf(core, mount).attribute(caller, node, NODE.mode);
  const path = (mode & S_IFMT) === S_IFDIR ? pathOfNode(core, caller, mount, node) : undefined;
  if (path !== undefined) return path;
  const above = directory < 0 ? undefined : pathOfNode(core, caller, mount, directory);
  const text = `${above === undefined || above === "/" ? "" : above}/${name}`;
  return directory >= 0 && isNamed(core, caller, named) ? text : text + DELETED;
}

/** The path of a directory; undefined: it has none. */
function pathOfNode(core: Core, caller: TaskId, mount: number, node: number): string | undefined {
  const fileSystem = fileSystemOf(core, mount);
  if (fileSystem.exists(caller, node) === -ESTALE) return undefined;
  if (fileSystem.attribute(caller, node, NODE.links) === 0) return undefined;
  const path = pathOfDirectory(core, caller, { mount, node });
  return typeof path === "number" ? undefined : path;
}

/** Whether the node is still what its directory has under its name. */
export function isNamed(core: Core, caller: TaskId, named: Named): boolean {
  const { kernel } = core;
  const { mount, node, directory, name } = named;
  const fileSystem = fileSystemOf(core, mount);
  // The directory is not held: it may have gone.
  if (fileSystem.exists(caller, directory) === -ESTALE) return false;
  if (fileSystem.attribute(caller, directory, NODE.links) <= 0) return false;
  const bytes = bytesOf(name);
  const scratch = kernel.scratch(caller, bytes.length);
  if (scratch < 0 || kernel.copyOut(caller, scratch, bytes, 0, bytes.length) < 0) return false;
  return fileSystem.lookup(caller, directory, scratch, bytes.length) === node;
}

/**
 * A node got another name (rename), and what had that name has none, or with RENAME_EXCHANGE the
 * first's: whoever holds them under their old names knows them by the new.
 */
export function exchanged(
  core: Core,
  caller: TaskId,
  from: Named,
  to: Named,
  isExchange: boolean,
): void {
  const { files, places } = core.state;
  const moves = isExchange ? ([from, to] as const) : ([from] as const);
  core.kernel.charge(caller, files.size + places.size);
  for (const held of [...files.values(), ...places.values()]) {
    const old = moves.find((named) => isSame(core, held, named));
    if (old === undefined) continue;
    const next = old === from ? to : from;
    held.directory = next.directory;
    held.name = next.name;
  }
  if (!isExchange && to.node >= 0) unlinked(core, caller, to);
  for (const old of moves) {
    const next = old === from ? to : from;
    const mapped = core.state.mapped.get(nodeKey(core, old.mount, old.node));
    if (mapped !== undefined) {
      nameAgain(core, caller, mapped.object, { ...next, mount: old.mount, node: old.node });
    }
  }
}

/** Whether two names are of one entry of one directory, through whatever mounts. */
const isSame = (core: Core, a: Named, b: Named): boolean =>
  a.node === b.node &&
  a.directory === b.directory &&
  a.name === b.name &&
  nodeKey(core, a.mount, a.node) === nodeKey(core, b.mount, b.node);

/** The path of a mapped file is told no more. */
function forgetMapped(core: Core, key: string): void {
  const mapped = core.state.mapped.get(key);
  if (mapped === undefined) return;
  core.state.mapped.delete(key);
  hold(core, mapped.job, -mappedBytes(mapped.path));
}

/** A name of the node was removed: a mapping of it is one of a deleted file. */
export function unlinked(core: Core, caller: TaskId, named: Named): void {
  const key = nodeKey(core, named.mount, named.node);
  const mapped = core.state.mapped.get(key);
  if (mapped === undefined) return;
  forgetMapped(core, key);
  tell(core, caller, mapped.object, named, mapped.path + DELETED);
}

/** Tells the memory service what the file behind an object is called, for /proc/PID/maps. */
export function nameMapped(core: Core, caller: TaskId, object: number, named: Named): void {
  if (core.state.mapped.get(nodeKey(core, named.mount, named.node))?.object === object) return;
  nameAgain(core, caller, object, named);
}

function nameAgain(core: Core, caller: TaskId, object: number, named: Named): void {
  const path = pathOf(core, caller, named);
  const key = nodeKey(core, named.mount, named.node);
  const job = jobOf(core, caller);
  forgetMapped(core, key);
  if (mayHold(core, job, mappedBytes(path)) < 0) return;
  hold(core, job, mappedBytes(path));
  core.state.mapped.set(key, { object, path, job });
  tell(core, caller, object, named, path);
}

function tell(core: Core, caller: TaskId, object: number, named: Named, path: string): void {
  const { kernel, memory } = core;
  const bytes = bytesOf(path);
  const scratch = kernel.scratch(caller, bytes.length);
  if (scratch < 0) return;
  kernel.copyOut(caller, scratch, bytes, 0, bytes.length);
  const { mount, node } = named;
  // Nodes of all file systems here are numbered by their inode numbers.
  memory.nameObject(caller, object, deviceOf(core, mount), node, scratch, bytes.length);
}

/** Gives an open file of fs-proc the text that is known here. @returns 0 or -errno */
export function giveText(core: Core, caller: TaskId, file: OpenFile): Result {
  const text = textOfNode(core, caller, file.node);
  if (text === undefined) return -ENOENT;
  const bytes = bytesOf(text);
  const scratch = core.kernel.scratch(caller, bytes.length);
  if (scratch < 0) return scratch;
  core.kernel.copyOut(caller, scratch, bytes, 0, bytes.length);
  const { handle } = file;
  return fileSystemOf(core, file.mount).ioctl(caller, handle, PROC_SET_TEXT, scratch, bytes.length);
}

/** The text of a node; undefined: its descriptor was closed. */
function textOfNode(core: Core, caller: TaskId, node: number): string | undefined {
  const { files, filesMax } = core.state;
  if (infoProcess(node) === 0) {
    return kindOf(node) === KIND_FILE_COUNTS ? `${files.size}\t0\t${filesMax}\n` : `${filesMax}\n`;
  }
  const file = fileOfNode(core, node);
  if (file === undefined) return undefined;
  const flags = file.flags | (descriptorFlagsOf(core, node) !== 0 ? O_CLOEXEC : 0);
  const inode =
    file.mount < 0
      ? pipeAt(core, file.pipe).inode
      : fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.inode);
  return (
    `pos:\t${file.position}\nflags:\t0${(flags >>> 0).toString(8)}\n` +
    `mnt_id:\t${Math.max(0, file.mount)}\nino:\t${inode}\n${eventText(core, caller, file)}`
  );
}
