/**
 * /proc/PID/fd (proc(5)): fs-proc has the nodes, but which descriptors there are and where their
 * links lead is known here. Following such a link leads to the open file's node at once, also when
 * it has no name any more; a pipe's leads to the pipe.
 */
import { EACCES, EINVAL, ENOENT } from "../../abi/errno.js";
import { DT_SHIFT, putDirectoryEntry, S_IFDIR, S_IFLNK } from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { descriptorLink, descriptorsOf, linkDescriptor, linkProcess } from "../fs-proc/protocol.js";
import { isPrivileged } from "./permissions.js";
import { type Core, type DescriptorTable, fileAt, type OpenFile, tableOf } from "./state.js";

const isProc = (core: Core, mount: number): boolean =>
  core.processes >= 0 && core.state.mounts[mount]?.fileSystem === core.processes;

/** Whether the node is a link of /proc/PID/fd. */
export const isDescriptorLink = (core: Core, mount: number, node: number): boolean =>
  isProc(core, mount) && linkProcess(node) !== 0;

/** The process's table, if the caller may look at it. */
function tableOfProcess(
  core: Core,
  caller: TaskId,
  process: number,
): DescriptorTable | undefined | Result {
  const { kernel } = core;
  const own = kernel.attribute(caller, ATTRIBUTE.process) === process;
  if (own) return tableOf(core, caller);
  const user = kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  const same = kernel.attribute(process, ATTRIBUTE.userId) === user;
  if (!same && !isPrivileged(core, caller)) return -EACCES;
  return core.state.tables.get(kernel.attribute(process, ATTRIBUTE.fileTable));
}

/** @returns the open file that a link leads to, -ENOENT or -EACCES */
export function linkedFile(core: Core, caller: TaskId, node: number): OpenFile | Result {
  const table = tableOfProcess(core, caller, linkProcess(node));
  if (typeof table === "number") return table;
  const id = table?.files[linkDescriptor(node)] ?? 0;
  return id === 0 ? -ENOENT : fileAt(core, id);
}

/**
 * The entries of a descriptor directory behind cookie `position`.
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
  const process = isProc(core, mount) ? descriptorsOf(node) : 0;
  if (process === 0) return undefined;
  const table = tableOfProcess(core, caller, process);
  if (typeof table === "number") return table;
  const entries: [number, string, number][] = [
    [node, ".", S_IFDIR],
    [node, "..", S_IFDIR],
  ];
  for (const [descriptor, id] of (table?.files ?? []).entries()) {
    const inode = descriptorLink(process, descriptor);
    entries.push([id === 0 ? 0 : inode, String(descriptor), S_IFLNK]);
  }
  let end = 0;
  for (let index = position; index < entries.length; index++) {
    const [inode, name, type] = entries[index] as [number, string, number];
    if (inode === 0) continue;
    const next = putDirectoryEntry(bytes, end, inode, index + 1, type >> DT_SHIFT, name);
    if (next < 0) return end === 0 ? -EINVAL : end;
    end = next;
  }
  return end;
}
