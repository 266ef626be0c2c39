/**
 * epoll's registrations as data, and their end: with the last descriptor of the watched file, or of
 * the epoll file. Which file became ready is the kernel's knowledge (kernel/watches.ts): a set per
 * epoll file, a token per registration.
 */
import { EPOLL_ITEM_BYTES, hold } from "./charges.js";
import type { Core, EpollItem, OpenFile } from "./state.js";

/** A registration is of an open file under a descriptor (epoll(7), question 0). */
export const itemKey = (file: OpenFile, descriptor: number): string => `${file.id}:${descriptor}`;

/** Ends a registration. */
export function dropItem(core: Core, token: number, item: EpollItem): void {
  const { epolls, epollItems, watched } = core.state;
  const epoll = epolls.get(item.epoll);
  if (epoll !== undefined) {
    core.kernel.unwatch(epoll.set, token);
    epoll.items.delete(`${item.file}:${item.descriptor}`);
  }
  epollItems.delete(token);
  hold(core, item.job, -EPOLL_ITEM_BYTES);
  const tokens = watched.get(item.file);
  if (tokens === undefined) return;
  tokens.delete(token);
  if (tokens.size === 0) watched.delete(item.file);
}

/** An open file is closed for good: nothing watches it, and it watches nothing. */
export function forgetWatched(core: Core, file: OpenFile): void {
  const { epolls, epollItems, watched } = core.state;
  const tokens = [...(watched.get(file.id) ?? []), ...(epolls.get(file.id)?.items.values() ?? [])];
  for (const token of tokens) {
    const item = epollItems.get(token);
    if (item !== undefined) dropItem(core, token, item);
  }
  epolls.delete(file.id);
}
