/**
 * Files over the life of a process: fork copies or shares table and context, exec looks at a file
 * and closes what is close-on-exec, exit drops all. What a call does before it is certain to
 * succeed is noted (state.pending) and undone by abort.
 */
import { EACCES, EBADF, ENODEV, EPERM } from "../../abi/errno.js";
import {
  CLONE_FILES,
  CLONE_FS,
  FD_CLOEXEC,
  O_ACCMODE,
  O_RDWR,
  S_IFCHR,
  S_IFMT,
  S_IFREG,
  S_ISGID,
  S_ISUID,
  setInteger64,
} from "../../abi/file.js";
import {
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_TYPE,
  PROT_EXEC,
  PROT_WRITE,
} from "../../abi/memory.js";
import { F_SEAL_FUTURE_WRITE, F_SEAL_WRITE } from "../../abi/memory-file.js";
import { MS_NOEXEC, MS_NOSUID } from "../../abi/mount.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { inheritExecuted, noteExecuted } from "./busy.js";
import { unshareTable } from "./control.js";
import {
  closeSlot,
  copyTable,
  dropSlots,
  isReadable,
  mayCopyTable,
  openFile,
} from "./descriptors.js";
import { addPlace, dropPlace } from "./directories.js";
import { remove } from "./latest.js";
import { nameMapped } from "./link-texts.js";
import { endLockWait } from "./locks.js";
import { sealsOf } from "./memory-files.js";
import type { PathArgument } from "./names.js";
import { abandonFifo, walkToExecutable } from "./open.js";
import { EXECUTABLE_BYTES, NODE } from "./protocol.js";
import {
  addContext,
  addTable,
  type Context,
  type Core,
  contextOf,
  type DescriptorTable,
  fileSystemOf,
  KIND_PIPE,
  mountOf,
  pendingOf,
  placeAt,
  setContext,
  setTable,
  tableOf,
} from "./state.js";
import { namedOf } from "./walk.js";

/** fork and clone: gives `child` its table and context. Undone by abort. */
export function fork(core: Core, caller: TaskId, child: TaskId, flags: number): Result {
  const table = tableOf(core, caller);
  const context = contextOf(core, caller);
  const { kernel } = core;
  const refused = (flags & CLONE_FILES) === 0 ? mayCopyTable(core, caller, table) : 0;
  if (refused < 0) return refused;
  const pending = pendingOf(core, caller);
  if (pending.child === child && kernel.attribute(child, ATTRIBUTE.fileTable) !== 0) return 0;
  pending.child = child;
  inheritExecuted(core, caller, child);
  const program = kernel.attribute(caller, ATTRIBUTE.executable);
  if (program !== 0) placeAt(core, program).references++;
  kernel.setAttribute(child, ATTRIBUTE.executable, program);
  if ((flags & CLONE_FILES) !== 0) {
    table.references++;
    setTable(core, child, kernel.attribute(caller, ATTRIBUTE.fileTable));
  } else setTable(core, child, addTable(core, copyTable(core, caller, table)));
  if ((flags & CLONE_FS) !== 0) {
    context.references++;
    setContext(core, child, kernel.attribute(caller, ATTRIBUTE.fileContext));
  } else setContext(core, child, addContext(core, copyContext(core, context)));
  return 0;
}

/** @returns a context of its own, with references to the same places */
export function copyContext(core: Core, context: Context): Context {
  for (const id of [context.directory, context.root]) {
    if (id !== 0) placeAt(core, id).references++;
  }
  return { ...context, references: 1 };
}

/** exec's commit: close-on-exec. A shared table is copied before (execve(2)). */
export function executed(core: Core, caller: TaskId, object: number): Result {
  const pending = pendingOf(core, caller);
  const index = pending.objects.indexOf(object);
  const program = pending.programs[index];
  if (program !== undefined) {
    const place = placeAt(core, program);
    noteExecuted(core, caller, place.mount, place.node);
    place.references++;
    dropPlace(core, caller, core.kernel.attribute(caller, ATTRIBUTE.executable));
    core.kernel.setAttribute(caller, ATTRIBUTE.executable, program);
  }
  unshareTable(core, caller);
  const table = tableOf(core, caller);
  for (let descriptor = table.files.length - 1; descriptor >= 0; descriptor--) {
    if (table.flags[descriptor] === FD_CLOEXEC) closeSlot(core, caller, table, descriptor);
  }
  return 0;
}

/** exit: the task's share of table and context goes. */
export function leave(core: Core, caller: TaskId): Result {
  const { state, kernel } = core;
  const tableId = kernel.attribute(caller, ATTRIBUTE.fileTable);
  const contextId = kernel.attribute(caller, ATTRIBUTE.fileContext);
  const table = state.tables.get(tableId);
  const context = state.contexts.get(contextId);
  state.executing.delete(caller);
  dropPlace(core, caller, kernel.attribute(caller, ATTRIBUTE.executable));
  kernel.setAttribute(caller, ATTRIBUTE.executable, 0);
  setTable(core, caller, 0);
  setContext(core, caller, 0);
  if (table !== undefined) dropTable(core, caller, tableId, table);
  if (context === undefined) return 0;
  context.references--;
  if (context.references > 0) return 0;
  remove(core.latest.context, state.contexts, contextId);
  dropPlace(core, caller, context.directory);
  dropPlace(core, caller, context.root);
  return 0;
}

function dropTable(core: Core, caller: TaskId, id: number, table: DescriptorTable): void {
  table.references--;
  if (table.references > 0) return;
  remove(core.latest.table, core.state.tables, id);
  dropSlots(core, table);
  for (let descriptor = table.files.length - 1; descriptor >= 0; descriptor--) {
    closeSlot(core, caller, table, descriptor);
  }
}

/** What exec wants to know of a file; its memory object is held until the call ends. */
export function openForExecute(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  walkFlags: number,
  record: number,
): Result {
  const walk = walkToExecutable(core, caller, at.directory, at.path, at.length, walkFlags);
  if (walk.error < 0) return walk.error;
  const fileSystem = fileSystemOf(core, walk.mount);
  const object = fileSystem.object(caller, walk.node);
  if (object < 0) return object === -ENODEV ? -EACCES : object;
  const pending = pendingOf(core, caller);
  if (!pending.objects.includes(object)) {
    const failed = core.memory.retainObject(caller, object);
    if (failed < 0) return failed;
    pending.objects.push(object);
    const place = addPlace(core, caller, namedOf(core, walk));
    if (place < 0) return place;
    pending.programs.push(place);
    nameMapped(core, caller, object, namedOf(core, walk));
  }
  const bytes = new Uint8Array(EXECUTABLE_BYTES);
  const view = new DataView(bytes.buffer);
  const figures = [
    object,
    fileSystem.attribute(caller, walk.node, NODE.sizeBytes),
    walk.mode & ~((mountOf(core, walk.mount).flags & MS_NOSUID) !== 0 ? S_ISUID | S_ISGID : 0),
    fileSystem.attribute(caller, walk.node, NODE.userId),
    fileSystem.attribute(caller, walk.node, NODE.groupId),
  ];
  for (const [index, figure] of figures.entries()) setInteger64(view, index * 8, figure);
  return core.kernel.copyOut(caller, record, bytes, 0, bytes.length);
}

/** The caller's call ended well (done) or not: keeps or undoes what it had prepared. */
export function finish(core: Core, caller: TaskId, callId: number, done: boolean): Result {
  const { state } = core;
  if (state.lockWaits.size > 0) endLockWait(core, callId);
  const pending = state.pending.get(callId);
  if (pending === undefined) return 0;
  state.pending.delete(callId);
  const hasChild = pending.child !== 0 && core.kernel.exists(pending.child) === 1;
  if (!done && hasChild) leave(core, pending.child);
  if (pending.file !== 0) abandonFifo(core, caller, pending.file);
  for (const program of pending.programs) dropPlace(core, caller, program);
  for (const object of pending.objects) core.memory.releaseObject(caller, object);
  return 0;
}

/**
 * The memory object behind a descriptor, for mmap(2).
 * @param protection PROT_*; flags MAP_*
 * @returns the object, 0: zeros (/dev/zero), -EBADF, -EACCES or -ENODEV
 */
export function mapObject(
  core: Core,
  caller: TaskId,
  descriptor: number,
  protection: number,
  flags: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  if (!isReadable(file)) return -EACCES;
  const type = flags & MAP_TYPE;
  const shared = type === MAP_SHARED || type === MAP_SHARED_VALIDATE;
  const writes = shared && (protection & PROT_WRITE) !== 0;
  if (writes && (file.flags & O_ACCMODE) !== O_RDWR) return -EACCES;
  const isMappable = (file.mode & S_IFMT) === S_IFREG || (file.mode & S_IFMT) === S_IFCHR;
  if (file.kind === KIND_PIPE || !isMappable) return -ENODEV;
  const isProgram = (protection & PROT_EXEC) !== 0;
  if (isProgram && (mountOf(core, file.mount).flags & MS_NOEXEC) !== 0) return -EPERM;
  const seals = writes ? sealsOf(core, caller, file) : 0;
  if (seals > 0 && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
  const fileSystem = fileSystemOf(core, file.mount);
  const mayBeWritten = shared && (file.flags & O_ACCMODE) === O_RDWR;
  if (mayBeWritten && fileSystem.attribute(caller, file.node, NODE.isCopyMapped) === 1) {
    return -ENODEV;
  }
  const object = fileSystem.object(caller, file.node);
  if (object > 0) nameMapped(core, caller, object, file);
  return object;
}
