/**
 * The links of /proc that lead to what this service keeps (proc(5)): descriptors, working
 * directories, roots and programs of processes. fs-proc has the nodes; where they lead is known
 * here. Following such a link leads to the node at once, also when it has no name any more, or lies
 * outside of the caller's root; a pipe's leads to the pipe. How they read is in link-texts.ts.
 */
import { EACCES, ENOENT } from "../../abi/errno.js";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  descriptorInfo,
  descriptorInfosOf,
  descriptorLink,
  descriptorsOf,
  infoProcess,
  KIND_DIRECTORY_LINK,
  KIND_ROOT_LINK,
  linkDescriptor,
  linkProcess,
  mayInspect,
  placeLinkOf,
  taskOf,
} from "../fs-proc/protocol.js";
import { topOf } from "./paths.js";
import { DirectoryEntries, entryType } from "./protocol-entries.js";
import {
  type Core,
  type DescriptorTable,
  fileAt,
  mountOf,
  type OpenFile,
  placeAt,
} from "./state.js";

/** A node, and the name under which it was found: in `directory` of the same mount, -1: none. */
export interface Named {
  readonly mount: number;
  readonly node: number;
  readonly directory: number;
  readonly name: string;
}

/** Whether the mount shows fs-proc. */
export const isProc = (core: Core, mount: number): boolean =>
  core.processes >= 0 && mountOf(core, mount).fileSystem === core.processes;

/** Whether the node is a link whose target is known here. */
export const isMagicLink = (core: Core, mount: number, node: number): boolean =>
  isProc(core, mount) && (linkProcess(node) !== 0 || placeLinkOf(node) !== 0);

function tableOfTask(core: Core, task: TaskId): DescriptorTable | undefined {
  return core.state.tables.get(core.kernel.attribute(task, ATTRIBUTE.fileTable));
}

/** The open file that a node of fd or fdinfo stands for, whoever asks; undefined: none. */
export function fileOfNode(core: Core, node: number): OpenFile | undefined {
  const task = linkProcess(node) || infoProcess(node);
  const id = tableOfTask(core, task)?.files[linkDescriptor(node)] ?? 0;
  return id === 0 ? undefined : fileAt(core, id);
}

/** The close-on-exec flag of the descriptor that a node of fdinfo stands for. */
export function descriptorFlagsOf(core: Core, node: number): number {
  return tableOfTask(core, infoProcess(node))?.flags[linkDescriptor(node)] ?? 0;
}

/** Whether a name of /proc that was found is of a descriptor that is not open. */
export const isClosedDescriptor = (core: Core, mount: number, node: number): boolean =>
  isProc(core, mount) &&
  (linkProcess(node) !== 0 || infoProcess(node) !== 0) &&
  fileOfNode(core, node) === undefined;

/** Where a link leads, if the caller may know. @returns an open file, a place, -ENOENT, -EACCES */
export function linkTarget(
  core: Core,
  caller: TaskId,
  node: number,
): { readonly file: OpenFile } | { readonly place: Named } | Result {
  const { kernel } = core;
  const task = taskOf(node);
  if (!mayInspect(kernel, caller, task)) return -EACCES;
  if (linkProcess(node) !== 0) {
    const file = fileOfNode(core, node);
    return file === undefined ? -ENOENT : { file };
  }
  const which = placeLinkOf(node);
  const isContext = which === KIND_DIRECTORY_LINK || which === KIND_ROOT_LINK;
  if (!isContext) {
    const program = kernel.attribute(task, ATTRIBUTE.executable);
    return program === 0 ? -ENOENT : { place: placeAt(core, program) };
  }
  const context = core.state.contexts.get(kernel.attribute(task, ATTRIBUTE.fileContext));
  if (context === undefined) return -ENOENT;
  const id = (which === KIND_DIRECTORY_LINK ? context.directory : 0) || context.root;
  if (id !== 0) return { place: placeAt(core, id) };
  return { place: { ...topOf(core), directory: -1, name: "" } };
}

/**
 * The entries of a directory of descriptors (fd, fdinfo) behind cookie `position`.
 * @returns bytes; 0 at the end; -errno; undefined: the node is no such directory
 */
export function listDescriptors(
  core: Core,
  caller: TaskId,
  mount: number,
  node: number,
  position: number,
  bytes: Uint8Array,
): Result | undefined {
  if (!isProc(core, mount)) return undefined;
  const isInfo = descriptorInfosOf(node) !== 0;
  const task = isInfo ? descriptorInfosOf(node) : descriptorsOf(node);
  if (task === 0) return undefined;
  if (core.kernel.exists(task) !== 1) return -ENOENT;
  if (!mayInspect(core.kernel, caller, task)) return -EACCES;
  const nodeOf = isInfo ? descriptorInfo : descriptorLink;
  const entries: [number, string, number][] = [
    [node, ".", S_IFDIR],
    [node, "..", S_IFDIR],
  ];
  for (const [descriptor, id] of (tableOfTask(core, task)?.files ?? []).entries()) {
    const inode = nodeOf(task, descriptor);
    entries.push([id === 0 ? 0 : inode, String(descriptor), isInfo ? S_IFREG : S_IFLNK]);
  }
  const put = new DirectoryEntries(bytes, position);
  for (const [index, [inode, name, mode]] of entries.entries()) {
    if (inode !== 0) put.add(inode, index + 1, entryType(mode), name);
  }
  return put.result;
}
