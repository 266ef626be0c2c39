/**
 * Driver of the virtio console (VIRTIO 1.2, 5.3): a character driver whose port 0 is the console
 * and whose further ports are byte streams of the host that come and go.
 *
 * Layers: ../virtio.ts moves slots of queues; port.ts has the bytes of a port, control.ts the
 * messages about ports; this file is the protocol, the interrupt and the events to the owner.
 */
import { EINVAL, EIO, EPIPE } from "../../../abi/errno.js";
import * as abi from "../../../abi/virtio.js";
import { EVENT_INTERRUPT, type KernelCalls, type TaskId } from "../../../kernel/calls.js";
import type { Result } from "../../../kernel/protocol.js";
import { type CharacterDriver, DRIVER_EVENT, FIGURE, PRINTER_NAME } from "../protocol.js";
import * as virtio from "../virtio.js";
import {
  type ControlMessage,
  type ControlState,
  createControl,
  sendControl,
  setUpControl,
  takeControl,
} from "./control.js";
import { CONSOLE_INTERRUPT, CONSOLE_REGISTERS } from "./manifest.js";
import * as ports from "./port.js";

const FEATURES = abi.CONSOLE_FEATURE_SIZE | abi.CONSOLE_FEATURE_MULTIPORT;
/** In the order in which an owner must see them: input before the end of it. */
const EVENT_ORDER = Object.freeze([
  DRIVER_EVENT.input,
  DRIVER_EVENT.room,
  DRIVER_EVENT.size,
  DRIVER_EVENT.closed,
]);

export interface ConsoleDriverState {
  /** No device, no frames, or a device that broke its queues: every operation gets EIO. */
  failed: boolean;
  columns: number;
  rows: number;
  control: ControlState;
  ports: Map<number, ports.PortState>;
  /** The port with the printer's name, or 0. */
  printer: number;
  /** Ports that may have owed events. */
  owing: Set<number>;
  /** Ports that went away and whose owner is still owed the closed event. */
  gone: number[];
}

/** The driver; the device is set up, and the console opened, when it is made. */
export class VirtioConsoleDriver implements CharacterDriver {
  readonly state: ConsoleDriverState;

  /**
   * @param options.owner number of the service that gets the events; those of ports other than the
   * console go to `streamOwner`, if there is one
   */
  constructor(
    private readonly kernel: KernelCalls,
    _services: object,
    private readonly options: { readonly owner: number; readonly streamOwner?: number },
  ) {
    const frame = kernel.allocateFrame(1);
    this.state = {
      failed: false,
      columns: 0,
      rows: 0,
      control: createControl(frame),
      ports: new Map(),
      printer: 0,
      owing: new Set(),
      gone: [],
    };
    this.state.failed = frame < 0 || !this.start();
  }

  event(_caller: TaskId, kind: number, word0: number): Result {
    if (kind !== EVENT_INTERRUPT || word0 !== CONSOLE_INTERRUPT) return -EINVAL;
    const causes = virtio.acknowledge(this.kernel, CONSOLE_REGISTERS);
    if ((causes & abi.INTERRUPT_CONFIG_CHANGE) !== 0) this.configChanged();
    this.serve();
    return this.kernel.completeInterrupt(CONSOLE_INTERRUPT);
  }

  write(caller: TaskId, number: number, buffer: number, lengthBytes: number): Result {
    const port = this.find(number);
    if (!port) return -EIO;
    if (!port.hostOpen) return -EPIPE;
    const result = this.transmit(number, port, caller, buffer, lengthBytes);
    this.postEvents();
    return result;
  }

  read(caller: TaskId, number: number, buffer: number, lengthBytes: number): Result {
    const port = this.find(number);
    if (!port) return -EIO;
    for (let done = 0; ; ) {
      this.collect(number, port);
      const rest = lengthBytes - done;
      const count = ports.fetchInput(this.kernel, port, caller, buffer + done, rest);
      if (count < 0) return done > 0 ? done : count;
      done += count;
      if (count === 0 || done === lengthBytes) {
        this.postEvents();
        return done;
      }
    }
  }

  query(_caller: TaskId, number: number, figure: number): Result {
    const port = this.find(number);
    if (!port) return -EIO;
    this.reclaim(number, port);
    this.postEvents();
    switch (figure) {
      case FIGURE.input:
        return port.filled.reduce((sum, { first, end }) => sum + end - first, 0);
      case FIGURE.room:
        // Who learns that there is none waits for the event.
        if (!port.transmitting.includes(0)) this.awaitRoom(number, port);
        return port.transmitting.filter((bytes) => bytes === 0).length * ports.TRANSMIT_BYTES;
      case FIGURE.columns:
        return this.state.columns;
      case FIGURE.rows:
        return this.state.rows;
      case FIGURE.open:
        return port.hostOpen ? 1 : 0;
      case FIGURE.unsent:
        return this.countUnsent(port);
      case FIGURE.printer:
        this.serve();
        return this.state.printer;
      default:
        return -EINVAL;
    }
  }

  setOpen(_caller: TaskId, number: number, open: number): Result {
    // A port that the host has just added is known once its messages are taken.
    this.serve();
    if (!this.find(number)) return -EIO;
    const value = open === 0 ? 0 : 1;
    return this.send({ port: number, event: abi.CONSOLE_PORT_OPEN, value }) ? 0 : -EIO;
  }

  private find(number: number): ports.PortState | undefined {
    return this.state.failed ? undefined : this.state.ports.get(number);
  }

  private start(): boolean {
    const { kernel, state } = this;
    if (kernel.attachInterrupt(CONSOLE_INTERRUPT) < 0) return false;
    if (!virtio.negotiate(kernel, CONSOLE_REGISTERS, abi.VIRTIO_ID_CONSOLE, FEATURES)) return false;
    if (!setUpControl(kernel, state.control)) return false;
    virtio.setDriverOk(kernel, CONSOLE_REGISTERS);
    this.readWindow();
    if (!this.send({ port: 0, event: abi.CONSOLE_DEVICE_READY, value: 1 })) return false;
    this.serve();
    return !state.failed;
  }

  /** The device broke a rule, or wants a reset: it is used no more, and every port ends. */
  private fail(): void {
    const { state } = this;
    if (state.failed) return;
    state.failed = true;
    storeFailed(this.kernel);
    state.gone.push(...state.ports.keys());
  }

  private send(message: ControlMessage): boolean {
    const sent = sendControl(this.kernel, this.state.control, message);
    if (!sent) this.fail();
    return sent;
  }

  private configChanged(): void {
    if (virtio.needsReset(this.kernel, CONSOLE_REGISTERS)) this.fail();
    const { columns, rows } = this.state;
    this.readWindow();
    const console = this.state.ports.get(0);
    if (console && (columns !== this.state.columns || rows !== this.state.rows)) {
      this.owe(0, console, DRIVER_EVENT.size);
    }
  }

  /** Both fields of one configuration (4.2.2.2: the generation must not change in between). */
  private readWindow(): void {
    const load = (register: number) =>
      virtio.loadRegister(this.kernel, CONSOLE_REGISTERS, register);
    for (let attempt = 0; attempt < 4; attempt++) {
      const generation = load(abi.VIRTIO_MMIO_CONFIG_GENERATION);
      const window = load(abi.VIRTIO_MMIO_CONFIG);
      if (window < 0) return;
      if (load(abi.VIRTIO_MMIO_CONFIG_GENERATION) === generation) {
        this.state.columns = window & 0xffff;
        this.state.rows = window >>> 16;
        return;
      }
    }
  }

  /** Takes over all that the device has done since the last time, and tells the owner. */
  private serve(): void {
    const { state, kernel } = this;
    while (!state.failed) {
      const message = takeControl(kernel, state.control);
      if (message === undefined) break;
      if (message === "broken") this.fail();
      else this.obey(message);
    }
    if (!state.failed) {
      for (const [number, port] of state.ports) {
        this.collect(number, port);
        // Who waits for nothing finds free slots when it writes.
        if (port.roomAwaited) this.reclaim(number, port);
      }
    }
    this.postEvents();
  }

  private obey({ port: number, event, value, name }: ControlMessage): void {
    const port = this.state.ports.get(number);
    if (event === abi.CONSOLE_PORT_ADD && !port) {
      this.add(number);
    } else if (event === abi.CONSOLE_PORT_REMOVE && port) {
      ports.destroyPort(this.kernel, port);
      this.state.ports.delete(number);
      if (this.state.printer === number) this.state.printer = 0;
      this.state.gone.push(number);
    } else if (event === abi.CONSOLE_PORT_NAME && port && name === PRINTER_NAME) {
      this.state.printer = number;
    } else if (event === abi.CONSOLE_PORT_OPEN && port) {
      // All input is in the buffers when the device says that the host has closed.
      this.collect(number, port);
      if (port.hostOpen && value === 0) this.owe(number, port, DRIVER_EVENT.closed);
      port.hostOpen = value === 1;
    }
  }

  private add(number: number): void {
    const port = ports.createPort(this.kernel, number);
    if (port) this.state.ports.set(number, port);
    this.send({ port: number, event: abi.CONSOLE_PORT_READY, value: port ? 1 : 0 });
    if (port && number === 0) this.send({ port: 0, event: abi.CONSOLE_PORT_OPEN, value: 1 });
  }

  private collect(number: number, port: ports.PortState): void {
    const arrived = ports.collectInput(this.kernel, port);
    if (arrived < 0) this.fail();
    else if (arrived > 0) this.owe(number, port, DRIVER_EVENT.input);
  }

  private reclaim(number: number, port: ports.PortState): void {
    if (!ports.reclaimOutput(this.kernel, port)) {
      this.fail();
    } else if (port.roomAwaited && port.transmitting.includes(0)) {
      port.roomAwaited = false;
      this.owe(number, port, DRIVER_EVENT.room);
      virtio.wantInterrupt(this.kernel, port.transmit, false);
    }
  }

  /** Sends while there are free slots. @returns bytes taken, or -errno */
  private transmit(
    number: number,
    port: ports.PortState,
    caller: TaskId,
    buffer: number,
    lengthBytes: number,
  ): Result {
    for (let taken = 0; ; ) {
      this.reclaim(number, port);
      if (taken === lengthBytes || this.state.failed) return taken;
      const rest = lengthBytes - taken;
      const sent = ports.sendOutput(this.kernel, port, caller, buffer + taken, rest);
      if (sent < 0) return taken > 0 ? taken : sent;
      if (sent === 0 && !this.awaitRoom(number, port)) return taken;
      taken += sent;
    }
  }

  /** Asks for the interrupt, then looks once more. @returns whether there is room already */
  private awaitRoom(number: number, port: ports.PortState): boolean {
    virtio.wantInterrupt(this.kernel, port.transmit, true);
    this.reclaim(number, port);
    if (port.transmitting.includes(0)) {
      virtio.wantInterrupt(this.kernel, port.transmit, false);
      return true;
    }
    port.roomAwaited = true;
    return false;
  }

  private countUnsent(port: ports.PortState): number {
    const unsent = port.transmitting.reduce((sum, bytes) => sum + bytes, 0);
    if (unsent > 0) {
      virtio.wantInterrupt(this.kernel, port.transmit, true);
      port.roomAwaited = true;
    }
    return unsent;
  }

  private owe(number: number, port: ports.PortState, kind: number): void {
    port.owedEvents |= 1 << kind;
    this.state.owing.add(number);
  }

  /** Posts what is owed; what the kernel's queue does not take is posted another time. */
  private postEvents(): void {
    const { state } = this;
    for (const number of state.owing) {
      const port = state.ports.get(number);
      if (port === undefined) {
        state.owing.delete(number);
        continue;
      }
      for (const kind of EVENT_ORDER) {
        const bit = 1 << kind;
        if ((port.owedEvents & bit) !== 0) {
          if (!this.post(kind, number)) return;
          port.owedEvents &= ~bit;
        }
      }
      state.owing.delete(number);
    }
    if (state.gone.length === 0) return;
    state.gone = state.gone.filter((number) => !this.post(DRIVER_EVENT.closed, number));
  }

  private post(kind: number, number: number): boolean {
    const { columns, rows } = this.state;
    const isSize = kind === DRIVER_EVENT.size;
    const words = isSize ? ([columns, rows] as const) : ([0, 0] as const);
    const owner =
      number === 0 ? this.options.owner : (this.options.streamOwner ?? this.options.owner);
    return this.kernel.postEvent(owner, kind, number, ...words) === 0;
  }
}

/** Tells the device that the driver has given up on it (2.1). */
function storeFailed(kernel: KernelCalls): void {
  const status = virtio.loadRegister(kernel, CONSOLE_REGISTERS, abi.VIRTIO_MMIO_STATUS);
  if (status < 0) return;
  virtio.storeRegister(
    kernel,
    CONSOLE_REGISTERS,
    abi.VIRTIO_MMIO_STATUS,
    status | abi.STATUS_FAILED,
  );
}
