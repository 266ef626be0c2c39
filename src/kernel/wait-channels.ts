/**
 * Wait channels: numbers that blocked calls wait on, first come, first served. A channel has no
 * storage while nobody waits. The channel's number names the service that made it, so that the
 * callers of a service that dies can be found.
 */
import { removeOne } from "./scheduler.js";

export const CHANNEL_SERVICES = 64;

/** Channels that every process has from the start are below 0: no service made them. */
export function processChannel(process: number, which: number): number {
  return -(2 * process + which);
}

export interface WaitState {
  nextChannel: number;
  /** Channel to the task ids waiting on it, in order. */
  readonly waiters: Map<number, number[]>;
}

export class WaitChannels {
  readonly state: WaitState = { nextChannel: 1, waiters: new Map() };

  /** @returns a fresh channel of the service (0..63) */
  create(service: number): number {
    return this.state.nextChannel++ * CHANNEL_SERVICES + service;
  }

  /** The service that made the channel. */
  owner(channel: number): number {
    return channel % CHANNEL_SERVICES;
  }

  /** @returns false if the task waits there already */
  add(channel: number, task: number): boolean {
    const waiters = this.state.waiters.get(channel);
    if (waiters === undefined) {
      this.state.waiters.set(channel, [task]);
      return true;
    }
    if (waiters.includes(task)) return false;
    waiters.push(task);
    return true;
  }

  remove(channel: number, task: number): void {
    const waiters = this.state.waiters.get(channel);
    if (waiters === undefined) return;
    removeOne(waiters, task);
    if (waiters.length === 0) this.state.waiters.delete(channel);
  }

  /** The task that waits longest, or 0. */
  first(channel: number): number {
    return this.state.waiters.get(channel)?.[0] ?? 0;
  }

  count(channel: number): number {
    return this.state.waiters.get(channel)?.length ?? 0;
  }

  /** Every channel of a service that somebody waits on. */
  ofService(service: number): number[] {
    return [...this.state.waiters.keys()].filter((channel) => this.owner(channel) === service);
  }
}
