/**
 * Output of the worker: collects what the guest writes in a slice and posts it, one message for
 * each stream. Credit bounds what is under way: a stream that has none left either refuses bytes
 * (the guest's writer waits) or, where waiting would change the guest's course (virtual clock,
 * trace), takes them and asks for a pause of the whole system.
 */
import { type FromWorker, STREAM_CREDIT_BYTES } from "./messages.js";

interface OutputState {
  readonly chunks: Uint8Array[];
  chunkBytes: number;
  /** Posted, and not taken yet by the other side. */
  underWayBytes: number;
  /** Bytes were refused: the device must be told when there is room. */
  isRefused: boolean;
}

export class Output {
  private readonly streams = new Map<number, OutputState>();

  constructor(private readonly post: (message: FromWorker, bytes?: Uint8Array) => void) {}

  /**
   * Takes a copy of what fits.
   * @param isBounded false: everything is taken (see `isOverfull`)
   * @returns bytes taken
   */
  write(stream: number, bytes: Uint8Array, isBounded: boolean): number {
    const state = this.state(stream);
    const room = STREAM_CREDIT_BYTES - state.underWayBytes - state.chunkBytes;
    const count = isBounded ? Math.max(0, Math.min(room, bytes.length)) : bytes.length;
    if (count < bytes.length) state.isRefused = true;
    if (count === 0) return 0;
    state.chunks.push(bytes.slice(0, count));
    state.chunkBytes += count;
    return count;
  }

  /** Posts what was collected. */
  flush(): void {
    for (const [stream, state] of this.streams) {
      if (state.chunkBytes === 0) continue;
      const bytes = join(state.chunks, state.chunkBytes);
      state.underWayBytes += bytes.length;
      state.chunks.length = 0;
      state.chunkBytes = 0;
      this.post({ kind: "output", stream, bytes }, bytes);
    }
  }

  /** The other side has taken bytes. @returns whether refused bytes should be offered again */
  taken(stream: number, lengthBytes: number): boolean {
    const state = this.streams.get(stream);
    if (state === undefined) return false;
    state.underWayBytes -= lengthBytes;
    if (!state.isRefused || state.underWayBytes > STREAM_CREDIT_BYTES / 2) return false;
    state.isRefused = false;
    return true;
  }

  /** Some stream has more under way than its credit: the system should pause. */
  isOverfull(): boolean {
    for (const { underWayBytes } of this.streams.values()) {
      if (underWayBytes > STREAM_CREDIT_BYTES) return true;
    }
    return false;
  }

  /** The stream is no more; what was written to it is posted first. */
  remove(stream: number): void {
    this.flush();
    this.streams.delete(stream);
  }

  private state(stream: number): OutputState {
    let state = this.streams.get(stream);
    if (state === undefined) {
      state = { chunks: [], chunkBytes: 0, underWayBytes: 0, isRefused: false };
      this.streams.set(stream, state);
    }
    return state;
  }
}

function join(chunks: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
