/** /proc/PID/fdinfo of epoll files, and of files that the events service describes. */
import { POLLERR, POLLHUP } from "../../abi/poll.js";
import type { TaskId } from "../../kernel/calls.js";
import { isHidden } from "./mounts.js";
import { NODE } from "./protocol.js";
import { type Core, deviceOf, fileAt, fileSystemOf, instanceOf, type OpenFile } from "./state.js";

/** Longest text of one file of events. */
const TEXT_BYTES_MAX = 256;

const hexadecimal = (word: number): string => (word >>> 0).toString(16);

/** @returns further lines of the file's fdinfo; none for other files */
export function eventText(core: Core, caller: TaskId, file: OpenFile): string {
  const epoll = core.state.epolls.get(file.id);
  if (epoll !== undefined) {
    return [...epoll.items.values()].map((token) => itemText(core, caller, token)).join("");
  }
  const { events, kernel } = core;
  if (events === undefined || file.mount < 0 || !isHidden(core, file.mount)) return "";
  if (instanceOf(core, file.mount).type !== "events") return "";
  const scratch = kernel.scratch(caller, TEXT_BYTES_MAX);
  const length = events.describe(caller, file.handle, scratch, TEXT_BYTES_MAX);
  if (length <= 0) return "";
  return core.texts.read(kernel, caller, scratch, length);
}

/** One registration of an epoll file. */
function itemText(core: Core, caller: TaskId, token: number): string {
  const item = core.state.epollItems.get(token);
  if (item === undefined) return "";
  const file = fileAt(core, item.file);
  const isPipe = file.mount < 0;
  const inode = isPipe
    ? file.pipe
    : fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.inode);
  const device = isPipe ? 0 : deviceOf(core, file.mount);
  const high = item.high === 0 ? "" : hexadecimal(item.high);
  const low = hexadecimal(item.low);
  const events = hexadecimal(item.events | POLLERR | POLLHUP);
  const data = (high === "" ? low : high + low.padStart(8, "0")).padStart(16);
  return (
    `tfd: ${String(item.descriptor).padStart(8)} events: ${events.padStart(8)} ` +
    `data: ${data}  pos:${file.position} ino:${hexadecimal(inode)} sdev:${hexadecimal(device)}\n`
  );
}
