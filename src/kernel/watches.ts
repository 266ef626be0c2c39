/**
 * Watches: what epoll(7) is made of. A *set* (named by a channel of its own) watches channels, each
 * under a token; a wake-up of such a channel puts the token at the end of the set's ready list and
 * wakes the set's channel. So looking at a set costs what is ready, not what is watched, and each
 * wake-up is an event of its own (EPOLLET).
 *
 * Which channels belong to a token is learned as a waiting call learns it: while a call registers
 * *for a watch* (CallRecord.watchSet), its `block` watches instead of waiting.
 */

/** A set's interest in a channel. */
export interface Watch {
  readonly set: number;
  readonly token: number;
  /** Of these, a wake-up reaches only the first whose set somebody waits for (EPOLLEXCLUSIVE). */
  readonly isExclusive: boolean;
}

export interface WatchSet {
  /** Tokens whose channels were woken, the oldest first. */
  readonly ready: Set<number>;
  /** Channels of each token. */
  readonly channels: Map<number, number[]>;
}

export interface WatchState {
  /**
   * Channel to who watches it, by set and token in the order in which they began; nobody: no entry.
   */
  readonly watches: Map<number, Map<string, Watch>>;
  /** By the set's channel. */
  readonly sets: Map<number, WatchSet>;
}

const keyOf = (set: number, token: number): string => `${set}:${token}`;

export class Watches {
  readonly state: WatchState = { watches: new Map(), sets: new Map() };

  /** The set watches the channel for the token; more than once is once. */
  add(set: number, token: number, channel: number, isExclusive = false): void {
    const { watches, sets } = this.state;
    let known = sets.get(set);
    if (known === undefined) {
      known = { ready: new Set(), channels: new Map() };
      sets.set(set, known);
    }
    const channels = known.channels.get(token);
    if (channels === undefined) known.channels.set(token, [channel]);
    else if (channels.includes(channel)) return;
    else channels.push(channel);
    const others = watches.get(channel);
    const watch = { set, token, isExclusive };
    const key = keyOf(set, token);
    if (others === undefined) watches.set(channel, new Map([[key, watch]]));
    else others.set(key, watch);
  }

  /** Forgets a token, its place in the ready list too. A set without tokens takes no storage. */
  remove(set: number, token: number): void {
    const known = this.state.sets.get(set);
    if (known === undefined) return;
    for (const channel of known.channels.get(token) ?? []) this.leave(channel, set, token);
    known.channels.delete(token);
    known.ready.delete(token);
    if (known.channels.size === 0 && known.ready.size === 0) this.state.sets.delete(set);
  }

  private leave(channel: number, set: number, token: number): void {
    const others = this.state.watches.get(channel);
    if (others === undefined) return;
    others.delete(keyOf(set, token));
    if (others.size === 0) this.state.watches.delete(channel);
  }

  /** Whether a set watches the channel: few are. */
  isWatched(channel: number): boolean {
    const { watches } = this.state;
    return watches.size > 0 && watches.has(channel);
  }

  /**
   * A channel is woken: its tokens become ready.
   * @param isWaitedFor whether a call waits on the channel of a set
   * @returns the channels of their sets
   */
  notify(channel: number, isWaitedFor: (set: number) => boolean): readonly number[] {
    const watches = this.state.watches.get(channel);
    if (watches === undefined) return NONE;
    const sets: number[] = [];
    let isTaken = false;
    for (const { set, token, isExclusive } of watches.values()) {
      if (isExclusive && isTaken) continue;
      isTaken ||= isExclusive && isWaitedFor(set);
      this.state.sets.get(set)?.ready.add(token);
      sets.push(set);
    }
    return sets;
  }

  /** Puts a token at the end of the ready list. */
  putReady(set: number, token: number): void {
    const { sets } = this.state;
    const known = sets.get(set);
    if (known !== undefined) known.ready.add(token);
    else sets.set(set, { ready: new Set([token]), channels: new Map() });
  }

  /** Takes the first token of the ready list, or 0. */
  takeReady(set: number): number {
    const ready = this.state.sets.get(set)?.ready;
    if (ready === undefined) return 0;
    for (const token of ready) {
      ready.delete(token);
      return token;
    }
    return 0;
  }

  readyCount(set: number): number {
    return this.state.sets.get(set)?.ready.size ?? 0;
  }
}

const NONE: readonly number[] = Object.freeze([]);
