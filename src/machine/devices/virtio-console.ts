/**
 * The console device (VIRTIO 1.2, 5.3) with the features SIZE and MULTIPORT: port 0 is the console;
 * further ports are byte streams that come and go. Bytes wait in bounded queues: input here, output
 * in the guest's own buffers until the host takes it.
 *
 * Layers: console-control.ts knows the messages of the control queues and which ones are owed;
 * this file moves bytes and keeps the ports.
 */
import * as virtio from "../../abi/virtio.js";
import * as byteQueue from "./byte-queue.js";
import * as control from "./console-control.js";
import type { GuestMemory } from "./guest-memory.js";
import {
  CONSOLE_PORTS_MAX,
  type ConsoleHost,
  type ConsolePorts,
  INPUT_QUEUE_BYTES_MAX,
  PORT_NAME_BYTES_MAX,
} from "./host.js";
import { createTransportState, type TransportState, VirtioDevice } from "./virtio-transport.js";
import { readChain, writeChain } from "./virtqueue.js";

const QUEUE_SIZE_MAX = 64;
/** The host asked to wait is called again when the input queue has fallen to this. */
const INPUT_RESUME_BYTES = INPUT_QUEUE_BYTES_MAX / 2;
/** Port 0 has queues 0 and 1, control 2 and 3, each further port two more (5.3.2). */
const QUEUE_COUNT = 2 * CONSOLE_PORTS_MAX + 2;

const DESCRIPTION = Object.freeze({
  deviceId: virtio.VIRTIO_ID_CONSOLE,
  features: virtio.CONSOLE_FEATURE_SIZE | virtio.CONSOLE_FEATURE_MULTIPORT,
  queueCount: QUEUE_COUNT,
  queueSizeMax: QUEUE_SIZE_MAX,
});

export interface ConsoleState {
  transport: TransportState;
  columns: number;
  rows: number;
  /** The driver has sent DEVICE_READY: ports may be announced. */
  driverKnowsPorts: boolean;
  /** By port number; absent where no port is. */
  ports: Map<number, control.PortState>;
  /** Ports that may owe the driver a message, in the order in which they came to. */
  owing: Set<number>;
}

function portOfQueue(queue: number): number {
  return queue < 2 ? 0 : (queue >> 1) - 1;
}

/** The console device: a virtio device towards the guest, `ConsolePorts` towards the host. */
export class VirtioConsole extends VirtioDevice implements ConsolePorts {
  override state: ConsoleState;
  readonly #host: ConsoleHost;

  /** @param columns,rows the window of port 0, in characters */
  constructor(
    host: ConsoleHost,
    window: { readonly columns: number; readonly rows: number },
    memory: GuestMemory,
    setInterrupt: (asserted: boolean) => void,
  ) {
    super(DESCRIPTION, memory, setInterrupt);
    this.#host = host;
    this.state = {
      transport: createTransportState(),
      columns: window.columns & 0xffff,
      rows: window.rows & 0xffff,
      driverKnowsPorts: false,
      ports: new Map([[0, control.createPortState("console")]]),
      owing: new Set(),
    };
  }

  // ---- the host's side

  writeInput(port: number, bytes: Uint8Array): number {
    const state = this.#present(port);
    if (!state) {
      return -1;
    }
    if (state.hostClosed) {
      return 0;
    }
    const taken = byteQueue.enqueue(state.input, bytes);
    if (taken < bytes.length) {
      state.hostWaits = true;
    }
    this.#deliverInput(port);
    return taken;
  }

  outputReady(port: number): void {
    if (this.#present(port)) {
      this.#takeOutput(port);
    }
  }

  resize(columns: number, rows: number): void {
    const { state } = this;
    state.columns = columns & 0xffff;
    state.rows = rows & 0xffff;
    if (this.negotiated(virtio.CONSOLE_FEATURE_SIZE)) {
      this.configChanged();
    }
    const console = state.ports.get(0);
    if (console?.driverReady) {
      console.owed |= control.OWED_RESIZE;
      this.#sendControlOf(0);
    }
  }

  addPort(name: string): number {
    const lengthBytes = new TextEncoder().encode(name).length;
    if (lengthBytes < 1 || lengthBytes > PORT_NAME_BYTES_MAX) {
      throw new RangeError(`console port name must have 1 to ${PORT_NAME_BYTES_MAX} bytes`);
    }
    const { ports } = this.state;
    for (let port = 1; port < CONSOLE_PORTS_MAX; port++) {
      if (!ports.has(port)) {
        const added = control.createPortState(name);
        added.owed = this.state.driverKnowsPorts ? control.OWED_ADD : 0;
        ports.set(port, added);
        this.#sendControlOf(port);
        return port;
      }
    }
    return -1;
  }

  closePort(port: number): number {
    const state = this.#present(port);
    if (!state) {
      return -1;
    }
    state.hostClosed = true;
    state.hostWaits = false;
    // Output that waits for this host would wait for ever.
    this.#takeOutput(port);
    this.#sendControlOf(port);
    return 0;
  }

  removePort(port: number): number {
    const state = this.#present(port);
    if (!state || port === 0) {
      return -1;
    }
    state.removed = true;
    byteQueue.clearQueue(state.input);
    this.#takeOutput(port);
    if (state.announced) {
      state.owed = control.OWED_REMOVE;
      this.#sendControlOf(port);
    } else {
      this.state.owing.delete(port);
      this.state.ports.delete(port);
    }
    return 0;
  }

  // ---- the driver's side

  protected override queueNotified(queue: number): void {
    if (queue === virtio.CONSOLE_QUEUE_CONTROL_TRANSMIT) {
      this.#takeControl();
    } else if (queue === virtio.CONSOLE_QUEUE_CONTROL_RECEIVE) {
      this.#sendControl();
    } else if (queue % 2 === 0) {
      this.#deliverInput(portOfQueue(queue));
    } else {
      this.#takeOutput(portOfQueue(queue));
    }
  }

  protected override driverReady(): void {
    this.#takeControl();
    for (const port of [...this.state.ports.keys()]) {
      this.#takeOutput(port);
      this.#deliverInput(port);
    }
  }

  /** Ports, their names and waiting input are the host's and stay; all else was the driver's. */
  protected override resetDevice(): void {
    const { state } = this;
    state.driverKnowsPorts = false;
    state.owing.clear();
    for (const [port, portState] of [...state.ports]) {
      if (portState.driverOpen) {
        this.#host.guestOpened(port, false);
      }
      if (portState.removed) {
        state.ports.delete(port);
      }
      control.forgetDriver(portState);
    }
  }

  /** struct virtio_console_config (5.3.4). */
  protected override configByte(offset: number): number {
    const { columns, rows } = this.state;
    switch (offset) {
      case virtio.CONSOLE_CONFIG_COLUMNS:
        return columns & 0xff;
      case virtio.CONSOLE_CONFIG_COLUMNS + 1:
        return columns >> 8;
      case virtio.CONSOLE_CONFIG_ROWS:
        return rows & 0xff;
      case virtio.CONSOLE_CONFIG_ROWS + 1:
        return rows >> 8;
      case virtio.CONSOLE_CONFIG_PORTS_MAX:
        return CONSOLE_PORTS_MAX & 0xff;
      case virtio.CONSOLE_CONFIG_PORTS_MAX + 1:
        return CONSOLE_PORTS_MAX >> 8;
      default:
        return 0;
    }
  }

  /** The port unless it is not there or on its way out. */
  #present(port: number): control.PortState | undefined {
    const state = this.state.ports.get(port);
    return state?.removed ? undefined : state;
  }

  /** Without MULTIPORT there is only the console, which is always open. */
  #driverTakesInput(port: number, state: control.PortState): boolean {
    return this.negotiated(virtio.CONSOLE_FEATURE_MULTIPORT) ? state.driverOpen : port === 0;
  }

  /** Moves input into the driver's buffers, while there are both. */
  #deliverInput(port: number): void {
    const state = this.#present(port);
    if (!state || !this.#driverTakesInput(port, state)) {
      return;
    }
    const queue = virtio.consoleReceiveQueue(port);
    while (state.input.lengthBytes > 0) {
      const chain = this.nextChain(queue);
      if (!chain) {
        break;
      }
      if (chain.readableBytes > 0 || chain.writableBytes === 0) {
        this.needsReset();
        return;
      }
      const bytes = new Uint8Array(Math.min(chain.writableBytes, state.input.lengthBytes));
      byteQueue.dequeue(state.input, bytes);
      this.completeChain(queue, chain, writeChain(this.memory, chain, bytes));
    }
    if (control.nextOwed(state) !== 0) {
      this.#sendControlOf(port);
    }
    if (state.hostWaits && state.input.lengthBytes <= INPUT_RESUME_BYTES) {
      state.hostWaits = false;
      this.#host.inputReady(port);
    }
  }

  /** Gives the driver's output to the host; a chain taken in part stays, with its progress. */
  #takeOutput(port: number): void {
    const number = virtio.consoleTransmitQueue(port);
    const queue = this.queue(number);
    for (;;) {
      const chain = this.nextChain(number);
      if (!queue || !chain) {
        return;
      }
      if (chain.writableBytes > 0) {
        this.needsReset();
        return;
      }
      const state = this.#present(port);
      let start = 0;
      for (const { offset, lengthBytes } of chain.readable) {
        const from = Math.max(queue.progressBytes - start, 0);
        if (state && !state.hostClosed && from < lengthBytes) {
          const bytes = this.memory.ram.subarray(offset + from, offset + lengthBytes);
          const taken = this.#host.output(port, bytes);
          queue.progressBytes += taken;
          if (taken < bytes.length) {
            return;
          }
        }
        start += lengthBytes;
      }
      this.completeChain(number, chain, 0);
    }
  }

  #takeControl(): void {
    if (!this.negotiated(virtio.CONSOLE_FEATURE_MULTIPORT)) {
      return;
    }
    const queue = virtio.CONSOLE_QUEUE_CONTROL_TRANSMIT;
    for (;;) {
      const chain = this.nextChain(queue);
      if (!chain) {
        break;
      }
      if (chain.writableBytes > 0) {
        this.needsReset();
        return;
      }
      const message = control.decode(readChain(this.memory, chain, virtio.CONSOLE_CONTROL_BYTES));
      this.completeChain(queue, chain, 0);
      if (message) {
        this.#obey(message);
      }
    }
    this.#sendControl();
  }

  /** Messages of the driver (5.3.6.1). Unknown events and ports have no effect. */
  #obey({ port, event, value }: control.ControlMessage): void {
    const { state } = this;
    if (event === virtio.CONSOLE_DEVICE_READY) {
      state.driverKnowsPorts = value === 1;
      for (const [number, known] of state.ports) {
        known.owed |= value === 1 && !known.announced ? control.OWED_ADD : 0;
        state.owing.add(number);
      }
      return;
    }
    const target = this.#present(port);
    if (!target?.announced) {
      return;
    }
    if (event === virtio.CONSOLE_PORT_READY && value === 1) {
      if (target.driverReady) {
        return;
      }
      target.driverReady = true;
      target.owed |=
        control.OWED_NAME |
        control.OWED_OPEN |
        (port === 0 ? control.OWED_CONSOLE | control.OWED_RESIZE : 0);
      state.owing.add(port);
    } else if (event === virtio.CONSOLE_PORT_OPEN) {
      const open = value === 1;
      if (target.driverOpen !== open) {
        target.driverOpen = open;
        this.#host.guestOpened(port, open);
        this.#deliverInput(port);
      }
    }
  }

  #sendControlOf(port: number): void {
    this.state.owing.add(port);
    this.#sendControl();
  }

  /** Sends what the driver is owed, while it provides buffers; what is owed is bounded per port. */
  #sendControl(): void {
    const queue = virtio.CONSOLE_QUEUE_CONTROL_RECEIVE;
    if (!this.operating || !this.negotiated(virtio.CONSOLE_FEATURE_MULTIPORT)) {
      return;
    }
    const { owing, ports } = this.state;
    for (const port of owing) {
      const state = ports.get(port);
      if (!state) {
        owing.delete(port);
        continue;
      }
      for (let owed = control.nextOwed(state); owed !== 0; owed = control.nextOwed(state)) {
        const chain = this.nextChain(queue);
        if (!chain) {
          return;
        }
        const message = control.encode(port, state, owed, this.state);
        if (chain.readableBytes > 0 || chain.writableBytes < message.length) {
          this.needsReset();
          return;
        }
        this.completeChain(queue, chain, writeChain(this.memory, chain, message));
        control.settle(state, owed);
      }
      owing.delete(port);
      if (state.removed) {
        ports.delete(port);
      }
    }
  }
}
