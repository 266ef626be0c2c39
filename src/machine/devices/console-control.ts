/**
 * The control messages of the console device (VIRTIO 1.2, 5.3.6.2) and what each port owes to the
 * driver: at most one message of each kind, so that nothing piles up while the driver provides no
 * buffer, and always the latest state.
 */
import * as virtio from "../../abi/virtio.js";
import { type ByteQueue, createByteQueue } from "./byte-queue.js";
import { INPUT_QUEUE_BYTES_MAX } from "./host.js";

/** Messages that a port owes, as bits, in the order in which they are sent. */
export const OWED_REMOVE = 1;
export const OWED_ADD = 2;
export const OWED_CONSOLE = 4;
export const OWED_NAME = 8;
export const OWED_RESIZE = 16;
export const OWED_OPEN = 32;
/** Not kept in `owed`: follows from hostClosed once all input is with the driver. */
export const OWED_CLOSE = 64;

export interface PortState {
  name: string;
  /** Input of the host that the driver has not provided buffers for. */
  input: ByteQueue;
  /** The host was refused input and waits for `inputReady`. */
  hostWaits: boolean;
  /** The host's end is closed: end of file behind the input. */
  hostClosed: boolean;
  /** The host has removed the port; it stays until the driver was told. */
  removed: boolean;
  /** PORT_ADD was sent. */
  announced: boolean;
  /** The driver has answered PORT_READY. */
  driverReady: boolean;
  /** The driver has its end open. */
  driverOpen: boolean;
  /** The driver was told that the host's end is open, and closed. */
  openSent: boolean;
  closeSent: boolean;
  owed: number;
}

/** A port that the driver has not been told of. */
export function createPortState(name: string): PortState {
  return {
    name,
    input: createByteQueue(INPUT_QUEUE_BYTES_MAX),
    hostWaits: false,
    hostClosed: false,
    removed: false,
    announced: false,
    driverReady: false,
    driverOpen: false,
    openSent: false,
    closeSent: false,
    owed: 0,
  };
}

/** Forgets all that was said to or by the driver. */
export function forgetDriver(port: PortState): void {
  port.announced = false;
  port.driverReady = false;
  port.driverOpen = false;
  port.openSent = false;
  port.closeSent = false;
  port.owed = 0;
}

/** The next message to send for a port as a bit, or 0: none. */
export function nextOwed(port: PortState): number {
  if (port.owed !== 0) {
    return port.owed & -port.owed;
  }
  const ended = port.hostClosed && port.input.lengthBytes === 0;
  return ended && port.openSent && !port.closeSent ? OWED_CLOSE : 0;
}

/** The message `owed` was sent. */
export function settle(port: PortState, owed: number): void {
  port.owed &= ~owed;
  port.announced ||= owed === OWED_ADD;
  port.openSent ||= owed === OWED_OPEN;
  port.closeSent ||= owed === OWED_CLOSE;
}

export interface ControlMessage {
  readonly port: number;
  readonly event: number;
  readonly value: number;
}

/** @returns the message, or undefined: too short to be one */
export function decode(bytes: Uint8Array): ControlMessage | undefined {
  if (bytes.length < virtio.CONSOLE_CONTROL_BYTES) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    port: view.getUint32(0, true),
    event: view.getUint16(4, true),
    value: view.getUint16(6, true),
  };
}

function header(port: number, event: number, value: number, extraBytes: number): Uint8Array {
  const bytes = new Uint8Array(virtio.CONSOLE_CONTROL_BYTES + extraBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, port, true);
  view.setUint16(4, event, true);
  view.setUint16(6, value, true);
  return bytes;
}

/** The bytes of the message `owed` of a port. */
export function encode(
  port: number,
  state: PortState,
  owed: number,
  window: { readonly columns: number; readonly rows: number },
): Uint8Array {
  switch (owed) {
    case OWED_REMOVE:
      return header(port, virtio.CONSOLE_PORT_REMOVE, 1, 0);
    case OWED_ADD:
      return header(port, virtio.CONSOLE_PORT_ADD, 1, 0);
    case OWED_CONSOLE:
      return header(port, virtio.CONSOLE_CONSOLE_PORT, 1, 0);
    case OWED_OPEN:
      return header(port, virtio.CONSOLE_PORT_OPEN, 1, 0);
    case OWED_CLOSE:
      return header(port, virtio.CONSOLE_PORT_OPEN, 0, 0);
    case OWED_NAME: {
      const name = new TextEncoder().encode(state.name);
      const bytes = header(port, virtio.CONSOLE_PORT_NAME, 1, name.length);
      bytes.set(name, virtio.CONSOLE_CONTROL_BYTES);
      return bytes;
    }
    case OWED_RESIZE: {
      const bytes = header(port, virtio.CONSOLE_RESIZE, 0, 4);
      const view = new DataView(bytes.buffer);
      view.setUint16(virtio.CONSOLE_CONTROL_BYTES, window.columns, true);
      view.setUint16(virtio.CONSOLE_CONTROL_BYTES + 2, window.rows, true);
      return bytes;
    }
    default:
      throw new Error(`console: ${owed} is not one message`);
  }
}
