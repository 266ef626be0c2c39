/**
 * What must always be true of a system's state, checked by a walk over `stateTree()`: counts of
 * references are the references that there are, and nothing names what does not exist.
 *
 * To be asked while nothing runs (between two `run`s). Layers: the counted parts (frames, tasks,
 * channels, memory, descriptors, files of tmpfs, processes), each a function that reports lines;
 * `checkInvariants` joins them; `figures` counts what may not grow over time.
 */
import type { SpaceState } from "../../src/kernel/address-space.js";
import { ATTRIBUTE } from "../../src/kernel/calls.js";
import type { FrameState } from "../../src/kernel/frames.js";
import type { SchedulerState } from "../../src/kernel/scheduler.js";
import type { TaskState } from "../../src/kernel/tasks.js";
import type { WaitState } from "../../src/kernel/wait-channels.js";
import type { FileState } from "../../src/services/file/state.js";
import type { TmpfsState } from "../../src/services/fs-tmpfs/nodes.js";
import type { FutexState } from "../../src/services/futex/state.js";
import type { MemoryState } from "../../src/services/memory/state.js";
import type { NetworkState } from "../../src/services/network/state.js";
import type { ProcessState } from "../../src/services/process/state.js";

const TASK_RUNNABLE = 1;
const TASK_PARKED = 2;
const TASK_ENDED = 3;
const CALL_NONE = 0;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

/** The parts of the tree that are looked at. */
export interface State {
  readonly kernel: {
    readonly frames: FrameState;
    readonly spaces: { readonly spaces: Map<number, SpaceState> };
    readonly tasks: TaskState;
    readonly channels: WaitState;
    readonly queues: SchedulerState;
  };
  readonly services: {
    readonly file: FileState;
    readonly memory: MemoryState;
    readonly process: ProcessState;
    readonly futex: FutexState;
    readonly network: NetworkState;
    readonly "fs-tmpfs": TmpfsState;
  };
}

type Report = (line: string) => void;

const count = <K>(counts: Map<K, number>, key: K, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};

/**
 * Every frame is held as often as there are holders. Drivers hold some for good: a frame without
 * another holder may have one reference.
 */
function frames({ kernel, services }: State, report: Report): void {
  const { references, free, freeCount } = kernel.frames;
  const held = new Map<number, number>();
  for (const space of kernel.spaces.spaces.values()) {
    for (const table of space.tables.values()) {
      count(held, table.frame);
      for (const entry of table.entries) if (entry !== 0) count(held, entry >>> 4);
    }
  }
  for (const object of services.memory.objects.values()) {
    for (const frame of object.frames.values()) count(held, frame);
  }
  if (services.memory.zeroFrame >= 0) count(held, services.memory.zeroFrame);
  const isFree = new Uint8Array(references.length);
  for (const frame of free.subarray(0, freeCount)) {
    if (isFree[frame] !== 0) report(`frame ${frame} is free twice`);
    isFree[frame] = 1;
  }
  for (const [frame, is] of references.entries()) {
    const holders = held.get(frame) ?? 0;
    if ((is === 0) !== (isFree[frame] !== 0)) report(`frame ${frame}: ${is} references, but free`);
    if (is !== holders && !(holders === 0 && is === 1)) {
      report(`frame ${frame}: ${is} references, ${holders} holders`);
    }
  }
}

/** Tasks and processes name each other; who can run is queued, and nobody else. */
function tasks({ kernel }: State, report: Report): void {
  const { tasks: all, processes } = kernel.tasks;
  const queued = new Set(kernel.queues.queues.flat());
  if (queued.size !== kernel.queues.queues.flat().length) report("a task is queued twice");
  for (const id of queued) if (!all.has(id)) report(`task ${id} is queued and does not exist`);
  for (const [id, task] of all) {
    const process = processes.get(task.process);
    if (task.id !== id) report(`task ${id} says it is ${task.id}`);
    if (process === undefined || !process.tasks.includes(id)) report(`task ${id}: no process`);
    if (task.queued !== queued.has(id)) report(`task ${id}: queued ${task.queued}`);
    const isHeld = process?.stopped ?? false;
    if (task.state === TASK_RUNNABLE && !task.queued && !isHeld) report(`task ${id} is forgotten`);
    if (task.state !== TASK_RUNNABLE && task.queued) report(`task ${id} is queued: ${task.state}`);
    const inCall = task.call.kind !== CALL_NONE || task.upcall.kind !== CALL_NONE;
    if (task.state === TASK_PARKED && !inCall) report(`task ${id} waits for nothing`);
    if (task.state === TASK_ENDED && inCall) report(`task ${id} has ended in a call`);
  }
  for (const [id, process] of processes) {
    if (process.tasks.length === 0) report(`process ${id} has no tasks`);
    for (const task of process.tasks) if (!all.has(task)) report(`process ${id}: no task ${task}`);
  }
}

/** Who waits on a channel is parked, and its call knows of the channel; and the other way round. */
function channels({ kernel }: State, report: Report): void {
  const { waiters } = kernel.channels;
  for (const [channel, ids] of waiters) {
    if (ids.length === 0) report(`channel ${channel} is kept without waiters`);
    for (const id of ids) {
      const task = kernel.tasks.tasks.get(id);
      const records = task === undefined ? [] : [task.call, task.upcall];
      if (!records.some((record) => record.channels.includes(channel))) {
        report(`channel ${channel}: task ${id} does not know that it waits`);
      } else if (task?.state !== TASK_PARKED) report(`channel ${channel}: task ${id} runs`);
    }
  }
  for (const [id, task] of kernel.tasks.tasks) {
    for (const channel of [...task.call.channels, ...task.upcall.channels]) {
      if (!waiters.get(channel)?.includes(id)) report(`task ${id}: not on channel ${channel}`);
    }
  }
}

/** Whether any call is under way but init's wait for signals. */
function isBusy({ tasks: { tasks: all } }: State["kernel"]): boolean {
  return [...all.values()].some((task) => task.id !== 1 && task.call.kind !== CALL_NONE);
}

/** Spaces are those of the kernel; regions are in order; objects know who shows them. */
function memory({ kernel, services }: State, report: Report): void {
  const { spaces, objects } = services.memory;
  const users = new Map<number, number>();
  for (const task of kernel.tasks.tasks.values()) {
    if (task.space >= 0) count(users, task.space);
  }
  const shown = new Map<number, Map<number, number>>();
  for (const [id, space] of spaces) {
    if (!kernel.spaces.spaces.has(id)) report(`space ${id} is not the kernel's`);
    if (space.tasks !== (users.get(id) ?? 0)) {
      report(`space ${id}: ${space.tasks} tasks, not ${users.get(id) ?? 0}`);
    }
    let pages = 0;
    let end = 0;
    for (const region of space.regions) {
      if (region.startPage < end || region.endPage <= region.startPage) {
        report(`space ${id}: region at ${region.startPage} is out of order`);
      }
      end = region.endPage;
      pages += region.endPage - region.startPage;
      if (region.object < 0) continue;
      const by = shown.get(region.object) ?? new Map<number, number>();
      count(by, id);
      shown.set(region.object, by);
    }
    if (pages !== space.pages) report(`space ${id}: ${space.pages} pages, not ${pages}`);
    pagesInRegions(id, space.regions, kernel.spaces.spaces.get(id), report);
  }
  for (const id of kernel.spaces.spaces.keys()) {
    if (!spaces.has(id)) report(`space ${id} is the kernel's only`);
  }
  const byNode = new Map<number, number>();
  for (const { object } of services["fs-tmpfs"].nodes.values())
    if (object >= 0) count(byNode, object);
  for (const [id, object] of objects) {
    const by = shown.get(id) ?? new Map<number, number>();
    shown.delete(id);
    for (const space of new Set([...by.keys(), ...object.spaces.keys()])) {
      const is = object.spaces.get(space) ?? 0;
      if (is !== (by.get(space) ?? 0)) report(`object ${id} in space ${space}: ${is} regions`);
    }
    const regions = [...by.values()].reduce((sum, each) => sum + each, 0);
    const ofFiles = byNode.get(id) ?? 0;
    // A call under way may hold one more, and executing programs theirs.
    if (object.references < regions + ofFiles) report(`object ${id}: too few references`);
    const isHeld = regions + ofFiles > 0 || id === services.memory.vdsoObject;
    if (!isHeld && !isBusy(kernel)) report(`object ${id} is held by nobody`);
    const lastPage = Math.ceil(object.sizeBytes / 4096);
    for (const page of object.frames.keys()) {
      if (page >= lastPage) report(`object ${id} has page ${page} behind its end`);
    }
  }
  for (const id of shown.keys()) report(`object ${id} is shown and does not exist`);
  const frameCount = [...objects.values()].reduce((sum, { frames: own }) => sum + own.size, 0);
  if (frameCount !== services.memory.objectFrames) report("the page cache is counted wrongly");
}

/** A page is mapped only where a region is. */
function pagesInRegions(
  id: number,
  regions: readonly { readonly startPage: number; readonly endPage: number }[],
  space: SpaceState | undefined,
  report: Report,
): void {
  for (const [key, table] of space?.tables ?? []) {
    table.entries.forEach((entry, index) => {
      const page = key * 512 + index;
      if (entry === 0 || regions.some((one) => one.startPage <= page && page < one.endPage)) return;
      report(`space ${id}: page ${page} is mapped outside of all regions`);
    });
  }
}

/** Open files are held by descriptors, messages and calls; pipes by their ends. */
function files({ kernel, services }: State, report: Report): void {
  const { tables, contexts, files: open, flight, places, mounts, instances } = services.file;
  const held = new Map<number, number>();
  for (const table of new Set(tables.values())) {
    for (const file of table.files) if (file) count(held, file);
  }
  for (const { file } of flight.files.values()) count(held, file);
  const mayHoldMore = isBusy(kernel);
  for (const [id, file] of open) {
    const holders = held.get(id) ?? 0;
    // A call under way may hold one more.
    const isRight = mayHoldMore ? file.references >= holders : file.references === holders;
    if (!isRight) report(`open file ${id}: ${file.references} references, ${holders} holders`);
    held.delete(id);
    if (file.pipe > 0 && !services.file.pipes.has(file.pipe)) report(`open file ${id}: no pipe`);
    if (file.mount >= 0 && !mounts.has(file.mount)) report(`open file ${id}: no mount`);
  }
  for (const id of held.keys()) report(`open file ${id} is held and does not exist`);
  for (const [kind, all, attribute] of [
    ["table", tables, ATTRIBUTE.fileTable],
    ["context", contexts, ATTRIBUTE.fileContext],
  ] as const) {
    const users = new Map<number, number>();
    for (const task of kernel.tasks.tasks.values()) count(users, task.attributes[attribute] ?? 0);
    for (const [id, { references }] of all) {
      const by = users.get(id) ?? 0;
      const isKernels = id === services.file.kernelTable || id === services.file.kernelContext;
      if (references !== by && !isKernels)
        report(`${kind} ${id}: ${references} references, ${by} tasks`);
    }
  }
  for (const mount of mounts.values()) {
    if (!instances.has(mount.instance)) report(`mount ${mount.id}: no instance`);
  }
  for (const [id, place] of places) if (place.references < 1) report(`place ${id} is kept`);
}

/** Links are names, a node without either goes; an instance counts nodes, further links, pages. */
function tmpfs({ services }: State, report: Report): void {
  const { nodes, instances } = services["fs-tmpfs"];
  const names = new Map<number, number>();
  const counted = new Map<number, number>();
  const pages = new Map<number, number>();
  for (const [id, node] of nodes) {
    count(counted, node.instance);
    count(pages, node.instance, node.pages);
    for (const [name, entry] of node.entries) {
      const child = nodes.get(entry.node);
      if (child === undefined) report(`tmpfs: "${name}" in ${id} names no node`);
      else if ((child.mode & S_IFMT) === S_IFDIR && child.parent !== id) {
        report(`tmpfs: "${name}" in ${id} has another parent`);
      }
      count(names, entry.node);
      if ((child?.mode ?? 0) & S_IFDIR && ((child?.mode ?? 0) & S_IFMT) === S_IFDIR)
        count(names, id);
    }
  }
  for (const [id, node] of nodes) {
    const isDirectory = (node.mode & S_IFMT) === S_IFDIR;
    const isRoot = instances.has(id);
    const links = (names.get(id) ?? 0) + (isDirectory && node.links > 0 ? 1 : 0) + (isRoot ? 1 : 0);
    if (node.links !== links) report(`tmpfs: node ${id}: ${node.links} links, ${links} names`);
    if (!isDirectory && links > 1) count(counted, node.instance, links - 1);
    if (node.links === 0 && node.references === 0) report(`tmpfs: node ${id} is kept`);
    if (node.references < 0) report(`tmpfs: node ${id}: ${node.references} references`);
  }
  for (const [root, instance] of instances) {
    if (instance.nodes !== (counted.get(root) ?? 0)) {
      report(`tmpfs ${root}: ${instance.nodes} nodes, not ${counted.get(root) ?? 0}`);
    }
    const inUse = pages.get(root) ?? 0;
    if (instance.pages !== inUse) report(`tmpfs ${root}: ${instance.pages} pages, not ${inUse}`);
  }
}

/** Parents and children name each other; threads are tasks; nobody dead waits for a futex. */
function processes({ kernel, services }: State, report: Report): void {
  const { processes: all, threads } = services.process;
  for (const [id, process] of all) {
    if (!kernel.tasks.processes.has(id)) report(`process ${id} is not the kernel's`);
    for (const child of process.children) {
      if (all.get(child)?.parent !== id) report(`process ${id}: ${child} is no child of it`);
    }
    const isKnown = id === process.parent || all.get(process.parent)?.children.includes(id);
    if (process.parent !== 0 && !isKnown) report(`process ${id}: its parent does not know it`);
  }
  for (const id of kernel.tasks.processes.keys()) {
    if (!all.has(id)) report(`process ${id} is the kernel's only`);
  }
  for (const id of threads.keys()) {
    if (!kernel.tasks.tasks.has(id)) report(`thread ${id} is no task`);
  }
  const { waits, queues, locks, lockWaits } = services.futex;
  const inCall = (id: number): boolean => kernel.tasks.tasks.get(id)?.call.kind !== CALL_NONE;
  for (const id of [...waits.keys(), ...lockWaits.keys()]) {
    if (!kernel.tasks.tasks.has(id) || !inCall(id)) report(`futex: task ${id} does not wait`);
  }
  for (const [key, queue] of queues) {
    if (queue.length === 0) report(`futex ${key} is kept`);
    for (const entry of queue) {
      if (!waits.has(Math.floor(entry / 128))) report(`futex ${key}: nobody waits`);
    }
  }
  for (const [key, lock] of locks) if (lock.waiters.length === 0) report(`lock ${key} is kept`);
  const pending = [services.memory.pending, services.file.pending];
  for (const id of pending.flatMap((map) => [...map.keys()])) {
    if (id !== 0 && (!kernel.tasks.tasks.has(id) || !inCall(id))) report(`${id}: left pending`);
  }
}

/** Messages take what is counted for them. */
function network({ services }: State, report: Report): void {
  const { sockets } = services.network;
  for (const [id, socket] of sockets) {
    const queued = socket.queue.reduce((sum, each) => sum + each.bytes.length - each.offset, 0);
    if (queued !== socket.queuedBytes) report(`socket ${id}: ${queued} bytes, not counted so`);
    for (const number of socket.queue.flatMap(({ rights }) => rights)) {
      if (!services.file.flight.files.has(number)) report(`socket ${id}: file ${number} is lost`);
    }
  }
}

/** @returns what is wrong with the state, a line each, at most 40 */
export function checkInvariants(tree: Record<string, unknown>): string[] {
  const lines: string[] = [];
  const state = tree as unknown as State;
  const report = (line: string): void => {
    if (lines.length < 40) lines.push(line);
  };
  for (const part of [frames, tasks, channels, memory, files, tmpfs, processes, network]) {
    part(state, report);
  }
  return lines;
}

/** Sizes of all collections that may not grow when everything that was begun has ended. */
export function figures(tree: Record<string, unknown>): Record<string, number> {
  const sizes: Record<string, number> = {};
  const visit = (value: unknown, path: string, depth: number): void => {
    if (value instanceof Map || value instanceof Set) sizes[path] = value.size;
    else if (Array.isArray(value)) sizes[path] = value.length;
    else if (
      typeof value === "object" &&
      value !== null &&
      depth > 0 &&
      !ArrayBuffer.isView(value)
    ) {
      for (const [name, child] of Object.entries(value)) visit(child, `${path}.${name}`, depth - 1);
    }
  };
  for (const [name, part] of Object.entries(tree)) visit(part, name, 3);
  const { kernel } = tree as unknown as State;
  sizes["kernel.frames.used"] = kernel.frames.references.length - kernel.frames.freeCount;
  return sizes;
}
