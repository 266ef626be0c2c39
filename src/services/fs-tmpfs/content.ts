/**
 * Bytes of tmpfs's regular files: write, truncate, fallocate, holes, and the pages that a file is
 * charged for. The file system owns the size; the memory object has the pages. Between nodes.ts and
 * tmpfs.ts (the service).
 */
import {
  EFBIG,
  EINVAL,
  EISDIR,
  ENOMEM,
  ENOSPC,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
} from "../../abi/errno.js";
import { O_APPEND, OFFSET_MAX, SEEK_DATA } from "../../abi/file.js";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from "../../abi/file-data.js";
import { PAGE_BYTES } from "../../abi/memory.js";
import {
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
} from "../../abi/memory-file.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import { instanceOf } from "./instances.js";
import { isDirectory, type Node, type TmpfsState, touchModified } from "./nodes.js";

/** Seals under which nothing may be written. */
const SEALS_OF_WRITES = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

/** What these functions work on. */
export interface Content {
  readonly kernel: KernelCalls;
  readonly memory: MemoryService;
  readonly state: TmpfsState;
}

/** Charges the file system for the pages that a file has now. */
export function chargePages(content: Content, caller: TaskId, node: Node): void {
  charge(content.state, node, content.memory.objectPages(caller, node.object));
}

/** Charges the file system for `pages` of the node, instead of those before. */
export function charge(state: TmpfsState, node: Node, pages: number): void {
  instanceOf(state, node).pages += pages - node.pages;
  node.pages = pages;
}

/** Pages of a range that the file does not have yet. */
function missingPages(
  content: Content,
  caller: TaskId,
  node: Node,
  start: number,
  end: number,
): number {
  const first = Math.floor(start / PAGE_BYTES);
  const last = Math.ceil(end / PAGE_BYTES);
  const present = content.memory.objectPagesIn(caller, node.object, first, last);
  return last - first - present;
}

/** How much of a write fits under the limit. @returns bytes, or -ENOSPC */
function room(
  content: Content,
  caller: TaskId,
  node: Node,
  start: number,
  lengthBytes: number,
): Result {
  const { pages, pagesMax } = instanceOf(content.state, node);
  const free = pagesMax - pages;
  if (free > lengthBytes / PAGE_BYTES + 1) return lengthBytes;
  let end = start + lengthBytes;
  while (end > start && missingPages(content, caller, node, start, end) > free) {
    end = (Math.ceil(end / PAGE_BYTES) - 1) * PAGE_BYTES;
  }
  return end > start ? end - start : -ENOSPC;
}

/** write(2) at an offset, or with O_APPEND at the end. */
export function writeContent(
  content: Content,
  caller: TaskId,
  node: Node,
  offset: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  if (node.object < 0) return -EINVAL;
  const start = (flags & O_APPEND) !== 0 ? node.sizeBytes : offset;
  if (start >= OFFSET_MAX) return -EFBIG;
  if ((node.seals & SEALS_OF_WRITES) !== 0) return -EPERM;
  if ((node.seals & F_SEAL_GROW) !== 0 && start + lengthBytes > node.sizeBytes) return -EPERM;
  const length = room(content, caller, node, start, Math.min(lengthBytes, OFFSET_MAX - start));
  if (length <= 0) return length;
  const { memory } = content;
  const done = memory.writeObject(caller, node.object, start, buffer, length);
  if (done <= 0) return done === -ENOMEM ? -ENOSPC : done;
  const hadHoles = node.pages * PAGE_BYTES < node.sizeBytes;
  const grows = start + done > node.sizeBytes;
  if (grows) node.sizeBytes = start + done;
  if (grows || hadHoles) chargePages(content, caller, node);
  touchModified(content.kernel, node);
  return done;
}

/** truncate(2). */
export function truncateContent(
  content: Content,
  caller: TaskId,
  node: Node,
  sizeBytes: number,
): Result {
  if (node.object < 0) return isDirectory(node) ? -EISDIR : -EINVAL;
  if (sizeBytes > OFFSET_MAX) return -EFBIG;
  const seal = sizeBytes < node.sizeBytes ? F_SEAL_SHRINK : F_SEAL_GROW;
  if (sizeBytes !== node.sizeBytes && (node.seals & seal) !== 0) return -EPERM;
  if (sizeBytes !== node.sizeBytes) {
    const failed = content.memory.truncateObject(caller, node.object, sizeBytes);
    if (failed < 0) return failed;
    node.sizeBytes = sizeBytes;
    chargePages(content, caller, node);
  }
  touchModified(content.kernel, node);
  return 0;
}

/** fallocate(2) as tmpfs has it: allocation and holes, nothing that moves bytes. */
export function allocateContent(
  content: Content,
  caller: TaskId,
  node: Node,
  mode: number,
  offset: number,
  lengthBytes: number,
): Result {
  const { memory, state } = content;
  if (node.object < 0) return -EINVAL;
  const keepsSize = (mode & FALLOC_FL_KEEP_SIZE) !== 0;
  if ((mode & ~FALLOC_FL_KEEP_SIZE) === FALLOC_FL_PUNCH_HOLE && keepsSize) {
    if ((node.seals & SEALS_OF_WRITES) !== 0) return -EPERM;
    const failed = memory.clearObject(caller, node.object, offset, lengthBytes);
    if (failed < 0) return failed;
  } else if ((mode & ~FALLOC_FL_KEEP_SIZE) !== 0) return -EOPNOTSUPP;
  else {
    const end = offset + lengthBytes;
    if ((node.seals & F_SEAL_GROW) !== 0 && end > node.sizeBytes) return -EPERM;
    const missing = missingPages(content, caller, node, offset, end);
    const { pages, pagesMax } = instanceOf(state, node);
    if (missing > pagesMax - pages) return -ENOSPC;
    const first = Math.floor(offset / PAGE_BYTES);
    const last = Math.ceil(end / PAGE_BYTES);
    const failed = memory.allocateObject(caller, node.object, first, last);
    if (failed < 0) return failed === -ENOMEM ? -ENOSPC : failed;
    if (!keepsSize && end > node.sizeBytes) {
      memory.truncateObject(caller, node.object, end);
      node.sizeBytes = end;
    }
  }
  chargePages(content, caller, node);
  touchModified(content.kernel, node);
  return 0;
}

/** SEEK_DATA and SEEK_HOLE: a page that is not there is a hole; the end of the file is one too. */
export function findContent(
  content: Content,
  caller: TaskId,
  node: Node,
  offset: number,
  whence: number,
): Result {
  if (offset < 0 || offset >= node.sizeBytes) return -ENXIO;
  const page = Math.floor(offset / PAGE_BYTES);
  const wanted = whence === SEEK_DATA ? 1 : 0;
  const found = content.memory.nextObjectPage(caller, node.object, page, wanted);
  if (found < 0) return found;
  const position = Math.max(offset, found * PAGE_BYTES);
  if (position < node.sizeBytes) return position;
  return whence === SEEK_DATA ? -ENXIO : node.sizeBytes;
}
