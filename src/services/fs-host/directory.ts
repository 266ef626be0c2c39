/**
 * Directories and symbolic links of fs-host: READDIR's entries as linux_dirent64, READLINK. Between
 * nodes.ts and host.ts.
 */
import { EINVAL, ENOTDIR, EPROTO } from "../../abi/errno.js";
import { PATH_MAX, putDirectoryEntry } from "../../abi/file.js";
import * as fuse from "../../abi/fuse.js";
import type { TaskId } from "../../kernel/calls.js";
import { RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { isDirectory } from "./nodes.js";
import { ask } from "./requests.js";
import type { Core, Node } from "./state.js";

/** An entry of FUSE is at most this much longer than the same for getdents64. */
const LONGER_BYTES = 16;

/**
 * Fills linux_dirent64 records from `position` on.
 * @returns bytes, 0 at the end, -EINVAL: not even one fits, -errno or BLOCKED
 */
export function listDirectory(
  core: Core,
  caller: TaskId,
  node: Node,
  position: number,
  buffer: number,
  lengthBytes: number,
): Result {
  const { kernel } = core;
  if (!isDirectory(node)) return -ENOTDIR;
  const room = Math.min(lengthBytes + LONGER_BYTES, RANGE_BYTES_MAX);
  const scratch = kernel.scratch(caller, room);
  if (scratch < 0) return scratch;
  const request = {
    opcode: fuse.FUSE_READDIR,
    node: node.number,
    argumentBytes: 40,
    fields: [
      [8, 8, position],
      [16, 4, room],
    ],
    output: [scratch, room],
  } as const;
  const reply = ask(core, caller, request, true);
  if (typeof reply === "number") return reply;
  const entries = new Uint8Array(reply.extra);
  kernel.copyIn(caller, scratch, entries, 0, entries.length);
  const records = new Uint8Array(lengthBytes);
  const length = convert(entries, records);
  if (length < 0) return length;
  if (length === 0 && entries.length > 0) return -EINVAL;
  const failed = kernel.copyOut(caller, buffer, records, 0, length);
  if (failed < 0) return failed;
  kernel.charge(caller, length);
  return length;
}

/** As many entries as fit. @returns bytes of the records, or -EPROTO */
function convert(entries: Uint8Array, records: Uint8Array): Result {
  let end = 0;
  for (let at = 0; at + fuse.DIRENT_HEADER_BYTES <= entries.length; ) {
    const { inode, position, nameBytes, type } = fuse.getEntryHead(entries, at);
    const start = at + fuse.DIRENT_HEADER_BYTES;
    if (nameBytes === 0 || start + nameBytes > entries.length) return -EPROTO;
    const name = String.fromCharCode(...entries.subarray(start, start + nameBytes));
    const next = putDirectoryEntry(records, end, inode, position, type, name);
    if (next < 0) break;
    end = next;
    at += fuse.entryBytes(nameBytes);
  }
  return end;
}

/** readlink(2). @returns bytes, -errno or BLOCKED */
export function readLink(
  core: Core,
  caller: TaskId,
  node: Node,
  buffer: number,
  lengthBytes: number,
): Result {
  const { kernel } = core;
  const scratch = kernel.scratch(caller, PATH_MAX);
  if (scratch < 0) return scratch;
  const output = [scratch, PATH_MAX] as const;
  const reply = ask(core, caller, { opcode: fuse.FUSE_READLINK, node: node.number, output }, true);
  if (typeof reply === "number") return reply;
  const target = new Uint8Array(Math.min(reply.extra, lengthBytes));
  kernel.copyIn(caller, scratch, target, 0, target.length);
  const failed = kernel.copyOut(caller, buffer, target, 0, target.length);
  return failed < 0 ? failed : target.length;
}
