/**
 * Events: upward traffic between services, posted and never awaited (docs/design.md 4.2). The
 * kernel's loop delivers them in order.
 */
import { EVENT_INTERRUPT } from "./calls.js";

/** The queue is at most this long; a poster then gets -EAGAIN. */
export const EVENTS_MAX = 65536;

export interface PostedEvent {
  readonly service: number;
  readonly kind: number;
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
}

export class Events {
  readonly state: { readonly queue: PostedEvent[] } = { queue: [] };

  /** @returns false: the queue is full */
  post(service: number, kind: number, word0: number, word1: number, word2: number): boolean {
    if (this.state.queue.length >= EVENTS_MAX) return false;
    this.state.queue.push({ service, kind, word0, word1, word2 });
    return true;
  }

  /** Interrupts are bounded by the number of lines: they always fit. */
  postInterrupt(service: number, line: number): void {
    this.state.queue.push({ service, kind: EVENT_INTERRUPT, word0: line, word1: 0, word2: 0 });
  }

  take(): PostedEvent | undefined {
    return this.state.queue.shift();
  }
}
