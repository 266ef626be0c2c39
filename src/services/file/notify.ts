/**
 * Who wants to know what happens to files: watches of inotify(7), and F_NOTIFY of directories
 * (fcntl(2)). Below open.ts, names.ts and all others that change files: they tell this; inotify.ts
 * has the calls. Without a watch in the system, nothing is done.
 */

import { ESTALE } from "../../abi/errno.js";
import { S_IFDIR, S_IFMT } from "../../abi/file.js";
import * as abi from "../../abi/inotify.js";
import type { TaskId } from "../../kernel/calls.js";
import { EVENT_BYTES, hold, mayHold, WATCH_BYTES } from "./charges.js";
import { POLLMSG, signalOwner } from "./signal-owner.js";
import { type Core, type NotedEvent, type Notifier, nodeKey, type OpenFile } from "./state.js";

const ALL = 2 ** 31 - 1;
/** Beside IN_MOVED_*: within one directory, which DN_RENAME is for. No reader sees it. */
export const WITHIN_DIRECTORY = 0x1_0000;

/** A node and the name that it is known by; directory -1: none. */
export interface Subject {
  readonly mount: number;
  readonly node: number;
  readonly directory: number;
  readonly name: string;
}

/** An entry of a directory. */
export interface Child {
  readonly mount: number;
  readonly directory: number;
  readonly name: string;
}

/** Something happened to a node: its watchers and those of its directory hear of it. */
export function notice(core: Core, subject: Subject, mode: number, mask: number): void {
  if (core.state.noticed.size === 0) return;
  const kind = (mode & S_IFMT) === S_IFDIR ? abi.IN_ISDIR : 0;
  if (subject.directory >= 0)
    post(core, subject.mount, subject.directory, mask | kind, subject.name);
  post(core, subject.mount, subject.node, mask | kind, "");
}

/** Something happened to a node itself. */
export function noticeSelf(core: Core, mount: number, node: number, mask: number): void {
  if (core.state.noticed.size > 0) post(core, mount, node, mask, "");
}

/** Something happened to an entry of a directory. */
export function noticeChild(
  core: Core,
  child: Child,
  mode: number,
  mask: number,
  cookie = 0,
): void {
  if (core.state.noticed.size === 0) return;
  const kind = (mode & S_IFMT) === S_IFDIR ? abi.IN_ISDIR : 0;
  post(core, child.mount, child.directory, mask | kind, child.name, cookie);
}

/** An open file was opened, read, written or closed. */
export function noticeFile(core: Core, file: OpenFile, mask: number): void {
  if (core.state.noticed.size > 0 && file.mount >= 0) notice(core, file, file.mode, mask);
}

/** A node lost a name; with its last one it is gone for those who watch it. */
export function noticeUnlinked(
  core: Core,
  mount: number,
  node: number,
  mode: number,
  isLast: boolean,
): void {
  if (core.state.noticed.size === 0) return;
  const kind = (mode & S_IFMT) === S_IFDIR ? abi.IN_ISDIR : 0;
  if (kind === 0) post(core, mount, node, abi.IN_ATTRIB, "");
  if (!isLast || isOpen(core, mount, node)) return;
  noticeGone(core, mount, node);
}

/** A node without names was closed for the last time. */
export function noticeGone(core: Core, mount: number, node: number): void {
  const key = nodeKey(core, mount, node);
  post(core, mount, node, abi.IN_DELETE_SELF, "");
  for (const { file, watch } of core.state.noticed.get(key)?.slice() ?? []) {
    dropWatch(core, file, watch);
  }
}

/** An instance of a file system has gone, and with it the nodes that were watched in it. */
export function noticeUnmounted(core: Core, caller: TaskId, fileSystem: number): void {
  for (const [key, entries] of [...core.state.noticed]) {
    const [index, node] = key.split(":").map(Number);
    if (index !== fileSystem || node === undefined) continue;
    if (core.fileSystems[fileSystem]?.exists(caller, node) !== -ESTALE) continue;
    for (const { file, watch } of entries.slice()) {
      const notifier = core.state.notifiers.get(file);
      if (notifier === undefined) continue;
      queue(core, notifier, { watch, mask: abi.IN_UNMOUNT, cookie: 0, name: "" });
      dropWatch(core, file, watch);
    }
  }
}

function isOpen(core: Core, mount: number, node: number): boolean {
  const key = nodeKey(core, mount, node);
  core.kernel.charge(0, core.state.files.size);
  for (const file of core.state.files.values()) {
    if (file.node === node && file.mount >= 0 && nodeKey(core, file.mount, node) === key)
      return true;
  }
  return false;
}

function post(
  core: Core,
  mount: number,
  node: number,
  mask: number,
  name: string,
  cookie = 0,
): void {
  const entries = core.state.noticed.get(nodeKey(core, mount, node));
  if (entries === undefined) return;
  for (const { file, watch } of entries.slice()) {
    const notifier = core.state.notifiers.get(file);
    const wanted = notifier?.watches.get(watch);
    if (notifier === undefined || wanted === undefined) {
      signalDirectory(core, file, mask, name);
      continue;
    }
    if ((wanted.mask & mask & abi.IN_ALL_EVENTS) === 0) continue;
    queue(core, notifier, { watch, mask: mask & ~WITHIN_DIRECTORY, cookie, name });
    if ((wanted.mask & abi.IN_ONESHOT) !== 0) dropWatch(core, file, watch);
  }
}

/** What an event takes of the host's memory. */
export const eventBytes = (event: NotedEvent): number => EVENT_BYTES + event.name.length;

/** An inotify file is charged for so much more or, below 0, less. */
export function holdFor(core: Core, notifier: Notifier, bytes: number): void {
  notifier.heldBytes += bytes;
  hold(core, notifier.job, bytes);
}

function addEvent(core: Core, notifier: Notifier, event: NotedEvent): void {
  notifier.events.push(event);
  holdFor(core, notifier, eventBytes(event));
}

/** Adds an event; one like the last is the same, and beyond the limit there is one for all. */
export function queue(core: Core, notifier: Notifier, event: NotedEvent): void {
  const { events } = notifier;
  const last = events[events.length - 1];
  const isSame =
    last !== undefined &&
    last.watch === event.watch &&
    last.mask === event.mask &&
    last.cookie === event.cookie &&
    last.name === event.name;
  if (isSame) return;
  const hasRoom =
    events.length < abi.INOTIFY_EVENTS_MAX && mayHold(core, notifier.job, eventBytes(event)) === 0;
  if (hasRoom) addEvent(core, notifier, event);
  else if (last !== undefined && (last.mask & abi.IN_Q_OVERFLOW) === 0) {
    addEvent(core, notifier, { watch: -1, mask: abi.IN_Q_OVERFLOW, cookie: 0, name: "" });
  }
  core.kernel.wake(notifier.channel, ALL);
}

/** A watch ends: its node is gone, or inotify_rm_watch. */
export function dropWatch(core: Core, file: number, watch: number): void {
  const notifier = core.state.notifiers.get(file);
  const held = notifier?.watches.get(watch);
  if (notifier !== undefined && held !== undefined) {
    notifier.watches.delete(watch);
    holdFor(core, notifier, -WATCH_BYTES);
    queue(core, notifier, { watch, mask: abi.IN_IGNORED, cookie: 0, name: "" });
    forgetEntry(core, held.key, file, watch);
  }
}

/** Takes an entry out of the table of watched nodes. */
export function forgetEntry(core: Core, key: string, file: number, watch: number): void {
  const entries = core.state.noticed.get(key);
  if (entries === undefined) return;
  const rest = entries.filter((entry) => entry.file !== file || entry.watch !== watch);
  if (rest.length > 0) core.state.noticed.set(key, rest);
  else core.state.noticed.delete(key);
}

/** An open file is closed for good: what it watched, it watches no more. */
export function forgetNotifier(core: Core, file: OpenFile): void {
  if (core.state.noticed.size === 0 && core.state.notifiers.size === 0) return;
  const notifier = core.state.notifiers.get(file.id);
  for (const [watch, { key }] of notifier?.watches ?? []) forgetEntry(core, key, file.id, watch);
  if (notifier !== undefined) holdFor(core, notifier, -notifier.heldBytes);
  core.state.notifiers.delete(file.id);
  stopSignals(core, file);
}

/** F_NOTIFY ends. */
export function stopSignals(core: Core, file: OpenFile): void {
  if (!core.state.directorySignals.delete(file.id)) return;
  forgetEntry(core, nodeKey(core, file.mount, file.node), file.id, 0);
}

/** F_NOTIFY: SIGIO, or F_SETSIG's signal, for what happens in a directory. */
function signalDirectory(core: Core, id: number, mask: number, name: string): void {
  const wanted = core.state.directorySignals.get(id) ?? 0;
  const file = core.state.files.get(id);
  if (file === undefined || (directoryEvents(mask) & wanted) === 0) return;
  if (name === "" && (mask & abi.IN_ISDIR) === 0) return;
  if ((wanted & abi.DN_MULTISHOT) === 0) stopSignals(core, file);
  signalOwner(core, file, POLLMSG);
}

/** DN_* of an event. */
function directoryEvents(mask: number): number {
  let events = 0;
  if ((mask & abi.IN_ACCESS) !== 0) events |= abi.DN_ACCESS;
  if ((mask & abi.IN_MODIFY) !== 0) events |= abi.DN_MODIFY;
  if ((mask & abi.IN_ATTRIB) !== 0) events |= abi.DN_ATTRIB;
  if ((mask & abi.IN_CREATE) !== 0) events |= abi.DN_CREATE;
  if ((mask & abi.IN_DELETE) !== 0) events |= abi.DN_DELETE;
  if ((mask & abi.IN_MOVED_FROM) !== 0) events |= abi.DN_DELETE;
  if ((mask & abi.IN_MOVED_TO) !== 0) events |= abi.DN_CREATE;
  if ((mask & WITHIN_DIRECTORY) !== 0) events |= abi.DN_RENAME;
  return events;
}
