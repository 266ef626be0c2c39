/**
 * Output of the worker: collects what the guest writes in a slice and posts it, one message for
 * each stream. Credit bounds what is under way: a stream that has none left either refuses bytes
 * (the guest's writer waits) or, where waiting would change the guest's course (virtual clock,
 * trace), takes them and asks for a pause of the whole system.
 *
 * Endless output is no garbage: the memory of what nobody reads comes back with the credit and is
 * used again, and once nothing more is wanted at all, it is not even copied.
 */
import { type FromWorker, STREAM_CREDIT_BYTES } from "./messages.js";

/** Room of a stream that has been written to. */
const ROOM_BYTES_MIN = 1024;

interface OutputState {
  /** What was collected is its beginning. */
  buffer: Uint8Array;
  collectedBytes: number;
  /** Memory that came back, for the next buffer. */
  spare: Uint8Array | undefined;
  /** Posted, and not taken yet by the other side. */
  underWayBytes: number;
  /** Bytes were refused: the device must be told when there is room. */
  isRefused: boolean;
  /** Nobody wants what comes. */
  isDropped: boolean;
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
    if (state.isDropped) return bytes.length;
    const room = STREAM_CREDIT_BYTES - state.underWayBytes - state.collectedBytes;
    const count = isBounded ? Math.max(0, Math.min(room, bytes.length)) : bytes.length;
    if (count < bytes.length) state.isRefused = true;
    if (count === 0) return 0;
    makeRoom(state, count);
    state.buffer.set(bytes.subarray(0, count), state.collectedBytes);
    state.collectedBytes += count;
    return count;
  }

  /** Posts what was collected. */
  flush(): void {
    for (const [stream, state] of this.streams) {
      if (state.collectedBytes === 0) continue;
      const bytes = takeCollected(state);
      state.underWayBytes += bytes.length;
      this.post({ kind: "output", stream, bytes }, bytes);
    }
  }

  /**
   * The other side has taken bytes.
   * @param buffer their memory, if it comes back
   * @returns whether refused bytes should be offered again
   */
  taken(stream: number, lengthBytes: number, buffer: ArrayBuffer | undefined): boolean {
    const state = this.streams.get(stream);
    if (state === undefined) return false;
    state.underWayBytes -= lengthBytes;
    if (buffer !== undefined && buffer.byteLength > (state.spare?.length ?? 0)) {
      state.spare = new Uint8Array(buffer);
    }
    if (!state.isRefused || state.underWayBytes > STREAM_CREDIT_BYTES / 2) return false;
    state.isRefused = false;
    return true;
  }

  /** The other side wants no more of a stream: what comes is taken, and thrown away. */
  drop(stream: number): void {
    const state = this.streams.get(stream);
    if (state === undefined) return;
    state.isDropped = true;
    state.isRefused = false;
    state.underWayBytes = 0;
    state.collectedBytes = 0;
    state.buffer = new Uint8Array();
    state.spare = undefined;
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
      state = {
        buffer: new Uint8Array(),
        collectedBytes: 0,
        spare: undefined,
        underWayBytes: 0,
        isRefused: false,
        isDropped: false,
      };
      this.streams.set(stream, state);
    }
    return state;
  }
}

function makeRoom(state: OutputState, lengthBytes: number): void {
  const neededBytes = state.collectedBytes + lengthBytes;
  if (neededBytes <= state.buffer.length) return;
  const { buffer, spare } = state;
  const isEnough = spare !== undefined && spare.length >= neededBytes;
  const roomBytes = Math.max(ROOM_BYTES_MIN, 2 * buffer.length, neededBytes);
  const next = isEnough ? spare : new Uint8Array(roomBytes);
  next.set(buffer.subarray(0, state.collectedBytes));
  state.buffer = next;
  if (isEnough) state.spare = buffer;
}

/**
 * Takes what was collected out of the state. A stream of which memory has come back gives its whole
 * buffer away; of others, whose readers keep what they get, only a copy of that length.
 */
function takeCollected(state: OutputState): Uint8Array {
  const { buffer, collectedBytes, spare } = state;
  state.collectedBytes = 0;
  if (spare === undefined) {
    if (buffer.length > STREAM_CREDIT_BYTES) state.buffer = new Uint8Array();
    return buffer.slice(0, collectedBytes);
  }
  state.buffer = spare;
  state.spare = undefined;
  return buffer.subarray(0, collectedBytes);
}
