/**
 * Descriptor tables and open files: numbers to open file descriptions, their references, and what
 * happens when the last one goes.
 */
import { EBADF, EMFILE, ENFILE, ENOMEM } from "../../abi/errno.js";
import { FD_CLOEXEC, O_ASYNC, O_CLOEXEC, O_PATH, RLIMIT_NOFILE } from "../../abi/file.js";
import { IN_CLOSE_NOWRITE, IN_CLOSE_WRITE } from "../../abi/inotify.js";
import { ATTRIBUTE, SETTING, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { releaseBoundNode } from "./bound-nodes.js";
import { FILE_BYTES, hold, jobOf, mayHold, SLOT_COST_BYTES } from "./charges.js";
import { remove } from "./latest.js";
import { endLease } from "./leases.js";
import { dropOpenFileLocks, dropTableLocks } from "./locks.js";
import { dropMount, holdMount } from "./mounts.js";
import { forgetNotifier, noticeFile } from "./notify.js";
import { closePipeEnd } from "./pipe.js";
import { removeAsynchronous } from "./signal-owner.js";
import {
  type Core,
  type DescriptorTable,
  fileAt,
  fileSystemOf,
  KIND_NODE,
  KIND_PATH,
  KIND_PIPE,
  type OpenFile,
  SLOTS_FREE,
  tableOf,
} from "./state.js";
import { forgetWatched } from "./watched.js";

/** Bits of the access mode plus one: O_RDONLY 1, O_WRONLY 2, O_RDWR 3, and O_ACCMODE itself 0. */
const READS = 1;
const WRITES = 2;

/** A table that is full grows by this factor. */
const SLOTS_GROWTH = 1.5;
/** Instructions charged for an open file and its end, and for a descriptor that is copied. */
const CHARGE_OPEN = 200;
const CHARGE_CLOSE = 100;
const CHARGE_SLOT = 2;

/** Whether read(2) may be called on it. */
export const isReadable = (file: OpenFile): boolean =>
  (file.flags & O_PATH) === 0 && ((file.flags + 1) & READS) !== 0;
/** Whether write(2) may be called on it. */
export const isWritable = (file: OpenFile): boolean =>
  (file.flags & O_PATH) === 0 && ((file.flags + 1) & WRITES) !== 0;

/** @returns the open file behind a descriptor (O_PATH ones too), or undefined: EBADF */
export function anyFile(core: Core, caller: TaskId, descriptor: number): OpenFile | undefined {
  const id = tableOf(core, caller).files[descriptor] ?? 0;
  return id === 0 ? undefined : fileAt(core, id);
}

/** @returns the open file behind a descriptor, not one of O_PATH; undefined: EBADF */
export function openFile(core: Core, caller: TaskId, descriptor: number): OpenFile | undefined {
  const file = anyFile(core, caller, descriptor);
  return file === undefined || (file.flags & O_PATH) !== 0 ? undefined : file;
}

/** The soft limit of descriptors (RLIMIT_NOFILE). */
export function descriptorLimit(core: Core, caller: TaskId): number {
  if (caller === 0) return 1024;
  return core.kernel.attribute(caller, ATTRIBUTE.limits + RLIMIT_NOFILE);
}

/** @returns the lowest free descriptor ≥ from, -EMFILE, or -ENOMEM: no room in the table */
export function freeDescriptor(core: Core, caller: TaskId, from = 0): Result {
  const table = tableOf(core, caller);
  const start = Math.max(from, table.lowestFree);
  const hole = table.files.indexOf(0, start);
  const descriptor = hole >= 0 ? hole : Math.max(table.files.length, start);
  if (from <= table.lowestFree) table.lowestFree = descriptor;
  if (descriptor >= descriptorLimit(core, caller)) return -EMFILE;
  return hasSlot(core, table, descriptor) ? descriptor : -ENOMEM;
}

/** Whether a table has room for a descriptor; it is charged for what it grows by. */
export function hasSlot(core: Core, table: DescriptorTable, descriptor: number): boolean {
  if (descriptor < table.heldSlots) return true;
  const slots = Math.max(descriptor + 1, Math.floor(table.heldSlots * SLOTS_GROWTH));
  const bytes = (slots - table.heldSlots) * SLOT_COST_BYTES;
  if (mayHold(core, table.job, bytes) < 0) return false;
  hold(core, table.job, bytes);
  table.heldSlots = slots;
  return true;
}

/** A table is gone, or shared no more. */
export function dropSlots(core: Core, table: DescriptorTable): void {
  hold(core, table.job, (SLOTS_FREE - table.heldSlots) * SLOT_COST_BYTES);
}

/** Puts an open file, whose reference it takes over, into a free slot. */
export function install(
  table: DescriptorTable,
  descriptor: number,
  file: OpenFile,
  flags: number,
): Result {
  while (table.files.length < descriptor) {
    table.files.push(0);
    table.flags.push(0);
  }
  table.files[descriptor] = file.id;
  table.flags[descriptor] = (flags & O_CLOEXEC) !== 0 ? FD_CLOEXEC : 0;
  return descriptor;
}

/** Whether so many more open files are allowed. @returns 0, -ENFILE or -ENOMEM */
export function mayOpen(core: Core, caller: TaskId, count = 1): Result {
  if (core.state.files.size + count > core.state.filesMax) return -ENFILE;
  return core.kernel.mayHold(jobOf(core, caller), count * FILE_BYTES, count);
}

/** A new open file with one reference. */
export function addFile(
  core: Core,
  caller: TaskId,
  kind: number,
  fields: Pick<OpenFile, "mount" | "node" | "handle" | "pipe" | "mode" | "flags"> &
    Partial<Pick<OpenFile, "directory" | "name">>,
): OpenFile {
  const id = core.state.nextId++;
  const job = jobOf(core, caller);
  core.kernel.hold(job, FILE_BYTES, 1);
  core.kernel.charge(caller, CHARGE_OPEN);
  // Written out: to spread the fields costs more than all the rest of an open.
  const file: OpenFile = {
    id,
    job,
    references: 1,
    kind,
    mount: fields.mount,
    node: fields.node,
    handle: fields.handle,
    pipe: fields.pipe,
    directory: fields.directory ?? -1,
    name: fields.name ?? "",
    mode: fields.mode,
    flags: fields.flags,
    position: 0,
    created: false,
    owner: 0,
    ownerIsThread: false,
    ownerUser: 0,
    ownerEffectiveUser: 0,
    ownerDescriptor: 0,
    signal: 0,
    generation: -1,
  };
  core.state.files.set(id, file);
  if (file.mount >= 0) holdMount(core, file.mount);
  return file;
}

/** Tells those who watch the file, and it watches nothing any more. */
function noticeClosed(core: Core, file: OpenFile): void {
  if (file.kind !== KIND_PATH) {
    noticeFile(core, file, isWritable(file) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
  }
  forgetNotifier(core, file);
}

/** Drops a reference; with the last one the file is closed. Cannot fail. */
export function dropFile(core: Core, caller: TaskId, file: OpenFile): void {
  file.references--;
  core.state.flight.mayHaveCycles = core.state.flight.files.size > 0;
  if (file.references > 0) return;
  remove(core.latest.file, core.state.files, file.id);
  core.kernel.hold(file.job, -FILE_BYTES, -1);
  core.kernel.charge(caller, CHARGE_CLOSE);
  forgetWatched(core, file);
  noticeClosed(core, file);
  dropOpenFileLocks(core, file);
  endLease(core, file);
  if ((file.flags & O_ASYNC) !== 0) removeAsynchronous(core, file);
  if (file.kind === KIND_PIPE) closePipeEnd(core, caller, file);
  else if (file.kind === KIND_NODE) {
    releaseBoundNode(core, caller, file);
    fileSystemOf(core, file.mount).close(caller, file.handle, file.flags);
  } else fileSystemOf(core, file.mount).release(caller, file.node);
  if (file.mount >= 0) dropMount(core, caller, file.mount);
}

/** close(2) of one slot. @returns 0 or -EBADF */
export function closeSlot(
  core: Core,
  caller: TaskId,
  table: DescriptorTable,
  descriptor: number,
): Result {
  const id = table.files[descriptor] ?? 0;
  if (id === 0) return -EBADF;
  const file = fileAt(core, id);
  if (descriptor < table.lowestFree) table.lowestFree = descriptor;
  if (descriptor === table.files.length - 1) {
    table.files.pop();
    table.flags.pop();
  } else {
    table.files[descriptor] = 0;
    table.flags[descriptor] = 0;
  }
  dropTableLocks(core, table, file);
  dropFile(core, caller, file);
  return 0;
}

/**
 * Whether a copy of the table may be made: fs.nr_open may have become less.
 * @returns 0, -EMFILE or -ENOMEM
 */
export function mayCopyTable(core: Core, caller: TaskId, table: DescriptorTable): Result {
  const bytes = table.files.length * SLOT_COST_BYTES;
  if (mayHold(core, jobOf(core, caller), bytes) < 0) return -ENOMEM;
  const most = core.kernel.setting(SETTING.descriptorsMax);
  return table.files.length <= most || table.files.every((file, at) => file === 0 || at < most)
    ? 0
    : -EMFILE;
}

/** A copy of a table for another user, each open file with one more reference. */
export function copyTable(core: Core, caller: TaskId, table: DescriptorTable): DescriptorTable {
  for (const id of table.files) if (id !== 0) fileAt(core, id).references++;
  const job = jobOf(core, caller);
  const { lowestFree, files, flags } = table;
  const heldSlots = Math.max(SLOTS_FREE, files.length);
  hold(core, job, (heldSlots - SLOTS_FREE) * SLOT_COST_BYTES);
  core.kernel.charge(caller, files.length * CHARGE_SLOT);
  const own = { files: files.slice(), flags: flags.slice() };
  return { id: 0, job, heldSlots, lowestFree, references: 1, ...own };
}
