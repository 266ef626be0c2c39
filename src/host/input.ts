/**
 * Input of the worker: keeps what arrived for a stream until the device takes it, tells the other
 * side what was taken (its credit), and closes the port behind the last byte.
 */
import type { ConsolePorts } from "../machine/devices/host.js";
import type { FromWorker } from "./messages.js";

interface InputState {
  readonly port: number;
  /** The end of input closes the port. */
  readonly isClosing: boolean;
  readonly waiting: Uint8Array[];
  hasEnded: boolean;
  isClosed: boolean;
}

export class Input {
  private readonly streams = new Map<number, InputState>();

  constructor(
    private readonly ports: () => ConsolePorts,
    private readonly post: (message: FromWorker) => void,
  ) {}

  /**
   * A stream begins: bytes for it go to the port.
   * @param isClosing whether the port is closed behind the last byte
   */
  open(stream: number, port: number, isClosing: boolean): void {
    const state = { port, isClosing, waiting: [], hasEnded: false, isClosed: false };
    this.streams.set(stream, state);
  }

  /** The stream is no more: what still arrives for it is dropped. */
  remove(stream: number): void {
    this.streams.delete(stream);
  }

  write(stream: number, bytes: Uint8Array): void {
    const state = this.streams.get(stream);
    if (state === undefined || state.hasEnded) {
      this.post({ kind: "input-taken", stream, lengthBytes: bytes.length });
      return;
    }
    if (bytes.length > 0) state.waiting.push(bytes);
    this.feed(stream, state);
  }

  end(stream: number): void {
    const state = this.streams.get(stream);
    if (state === undefined) return;
    state.hasEnded = true;
    this.feed(stream, state);
  }

  /**
   * Offers what waits: after a slice, when devices may have room again.
   * @returns whether a device took something: the system may have work again
   */
  feedAll(): boolean {
    let hasTaken = false;
    for (const [stream, state] of this.streams) {
      if (state.waiting.length > 0 && this.feed(stream, state)) hasTaken = true;
    }
    return hasTaken;
  }

  private feed(stream: number, state: InputState): boolean {
    let total = 0;
    for (let first = state.waiting[0]; first !== undefined; first = state.waiting[0]) {
      const taken = Math.max(0, this.ports().writeInput(state.port, first));
      total += taken;
      if (taken < first.length) {
        state.waiting[0] = first.subarray(taken);
        break;
      }
      state.waiting.shift();
    }
    if (total > 0) this.post({ kind: "input-taken", stream, lengthBytes: total });
    if (state.hasEnded && !state.isClosed && state.waiting.length === 0) {
      state.isClosed = true;
      if (state.isClosing) this.ports().closePort(state.port);
    }
    return total > 0;
  }
}
