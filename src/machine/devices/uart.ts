/**
 * A 16550A UART (PC16550D data sheet): the registers with both 16-byte FIFOs, interrupt
 * identification, modem lines and loopback. Behind the FIFOs are the host's bytes; there is no baud
 * rate: a byte is sent as soon as the host takes it, and the receiver's timeout passes at once.
 */
import * as uart from "../../abi/uart-16550.js";
import { type AccessBytes, BUS_ERROR, type BusDevice } from "../bus.js";
import * as queue from "./byte-queue.js";
import { INPUT_QUEUE_BYTES_MAX, type UartHost, type UartPort } from "./host.js";

/** Receive trigger levels in bytes, by FCR bits 7 and 6. */
const TRIGGER_BYTES = Object.freeze([1, 4, 8, 14]);
/** The host asked to wait is called again when the input queue has fallen to this. */
const INPUT_RESUME_BYTES = INPUT_QUEUE_BYTES_MAX / 2;

export interface UartState {
  interruptEnable: number;
  lineControl: number;
  modemControl: number;
  scratch: number;
  divisorLow: number;
  divisorHigh: number;
  fifoEnabled: boolean;
  triggerBytes: number;
  overrun: boolean;
  /** The transmitter became empty and neither IIR was read nor THR written since. */
  transmitEmptyRaised: boolean;
  /** Delta bits of MSR since it was read. */
  modemChanges: number;
  receive: queue.ByteQueue;
  transmit: queue.ByteQueue;
  /** Input of the host that has not reached the receive FIFO. */
  input: queue.ByteQueue;
  /** The host was refused input and waits for `inputReady`. */
  hostWaits: boolean;
}

function createUartState(): UartState {
  return {
    interruptEnable: 0,
    lineControl: 0,
    modemControl: 0,
    scratch: 0,
    divisorLow: 0,
    divisorHigh: 0,
    fifoEnabled: false,
    triggerBytes: 1,
    overrun: false,
    transmitEmptyRaised: false,
    modemChanges: 0,
    receive: queue.createByteQueue(uart.UART_FIFO_BYTES),
    transmit: queue.createByteQueue(uart.UART_FIFO_BYTES),
    input: queue.createByteQueue(INPUT_QUEUE_BYTES_MAX),
    hostWaits: false,
  };
}

/** The UART: registers towards the guest, `writeInput` and `outputReady` towards the host. */
export class Uart implements BusDevice, UartPort {
  state: UartState = createUartState();
  readonly #host: UartHost;
  readonly #setInterrupt: (asserted: boolean) => void;

  /** @param setInterrupt drives the wire to the interrupt controller */
  constructor(host: UartHost, setInterrupt: (asserted: boolean) => void) {
    this.#host = host;
    this.#setInterrupt = setInterrupt;
  }

  writeInput(bytes: Uint8Array): number {
    const taken = queue.enqueue(this.state.input, bytes);
    if (taken < bytes.length) {
      this.state.hostWaits = true;
    }
    this.#receiveInput();
    return taken;
  }

  outputReady(): void {
    this.#send();
    this.#updateInterrupt();
  }

  load(offset: number, sizeBytes: AccessBytes): number {
    if (sizeBytes !== 1) {
      return BUS_ERROR;
    }
    const { state } = this;
    const divisor = (state.lineControl & uart.LCR_DIVISOR_LATCH) !== 0;
    switch (offset) {
      case uart.UART_RBR:
        return divisor ? state.divisorLow : this.#loadReceived();
      case uart.UART_IER:
        return divisor ? state.divisorHigh : state.interruptEnable;
      case uart.UART_IIR:
        return this.#loadIdentification();
      case uart.UART_LCR:
        return state.lineControl;
      case uart.UART_MCR:
        return state.modemControl;
      case uart.UART_LSR:
        return this.#loadLineStatus();
      case uart.UART_MSR:
        return this.#loadModemStatus();
      case uart.UART_SCR:
        return state.scratch;
      default:
        return BUS_ERROR;
    }
  }

  store(offset: number, sizeBytes: AccessBytes, value: number): number {
    if (sizeBytes !== 1) {
      return BUS_ERROR;
    }
    const { state } = this;
    const divisor = (state.lineControl & uart.LCR_DIVISOR_LATCH) !== 0;
    switch (offset) {
      case uart.UART_THR:
        if (divisor) {
          state.divisorLow = value;
        } else {
          this.#storeTransmit(value);
        }
        break;
      case uart.UART_IER:
        if (divisor) {
          state.divisorHigh = value;
        } else {
          this.#storeInterruptEnable(value);
        }
        break;
      case uart.UART_FCR:
        this.#storeFifoControl(value);
        break;
      case uart.UART_LCR:
        state.lineControl = value;
        break;
      case uart.UART_MCR:
        this.#storeModemControl(value);
        break;
      case uart.UART_LSR:
      case uart.UART_MSR:
        break;
      case uart.UART_SCR:
        state.scratch = value;
        break;
      default:
        return BUS_ERROR;
    }
    this.#updateInterrupt();
    return 0;
  }

  /** Bytes that each FIFO holds: one when FIFOs are off. */
  get #depthBytes(): number {
    return this.state.fifoEnabled ? uart.UART_FIFO_BYTES : 1;
  }

  get #loopback(): boolean {
    return (this.state.modemControl & uart.MCR_LOOPBACK) !== 0;
  }

  #loadReceived(): number {
    const byte = queue.oldestByte(this.state.receive);
    if (byte < 0) {
      return 0;
    }
    queue.removeOldest(this.state.receive, 1);
    this.#receiveInput();
    return byte;
  }

  /** Reading IIR clears the transmitter interrupt if that is what it shows (data sheet 8.6.1). */
  #loadIdentification(): number {
    const cause = this.#interruptCause();
    if (cause === uart.IIR_TRANSMIT_EMPTY) {
      this.state.transmitEmptyRaised = false;
      this.#updateInterrupt();
    }
    return cause | (this.state.fifoEnabled ? uart.IIR_FIFO_ENABLED : 0);
  }

  #loadLineStatus(): number {
    const { state } = this;
    const empty = uart.LSR_TRANSMIT_HOLDING_EMPTY | uart.LSR_TRANSMITTER_EMPTY;
    const status =
      (state.receive.lengthBytes > 0 ? uart.LSR_DATA_READY : 0) |
      (state.overrun ? uart.LSR_OVERRUN : 0) |
      (state.transmit.lengthBytes === 0 ? empty : 0);
    state.overrun = false;
    this.#updateInterrupt();
    return status;
  }

  #loadModemStatus(): number {
    const status = this.#modemLines() | this.state.modemChanges;
    this.state.modemChanges = 0;
    this.#updateInterrupt();
    return status;
  }

  #storeTransmit(byte: number): void {
    const { state } = this;
    const target = this.#loopback ? state.receive : state.transmit;
    const full = target.lengthBytes >= this.#depthBytes;
    if (!full) {
      queue.enqueue(target, Uint8Array.of(byte));
    }
    if (this.#loopback) {
      state.overrun ||= full;
      state.transmitEmptyRaised = true;
    } else {
      state.transmitEmptyRaised = false;
      this.#send();
    }
  }

  #storeInterruptEnable(value: number): void {
    const { state } = this;
    const enabled = value & ~state.interruptEnable;
    state.interruptEnable = value & 0x0f;
    if ((enabled & uart.IER_TRANSMIT_EMPTY) !== 0 && state.transmit.lengthBytes === 0) {
      state.transmitEmptyRaised = true;
    }
  }

  #storeFifoControl(value: number): void {
    const { state } = this;
    const enable = (value & uart.FCR_ENABLE) !== 0;
    // The other bits count only together with bit 0; changing it clears both FIFOs (8.5).
    const changed = enable !== state.fifoEnabled;
    state.fifoEnabled = enable;
    state.triggerBytes = enable ? (TRIGGER_BYTES[value >> 6] ?? 1) : 1;
    if (changed || (enable && (value & uart.FCR_CLEAR_RECEIVE) !== 0)) {
      queue.clearQueue(state.receive);
    }
    if (changed || (enable && (value & uart.FCR_CLEAR_TRANSMIT) !== 0)) {
      state.transmitEmptyRaised ||= state.transmit.lengthBytes > 0;
      queue.clearQueue(state.transmit);
    }
    this.#receiveInput();
  }

  #storeModemControl(value: number): void {
    const before = this.#modemLines();
    this.state.modemControl = value & 0x1f;
    const after = this.#modemLines();
    const changed = before ^ after;
    this.state.modemChanges |=
      (changed & uart.MSR_CLEAR_TO_SEND ? uart.MSR_CLEAR_TO_SEND_CHANGED : 0) |
      (changed & uart.MSR_DATA_SET_READY ? uart.MSR_DATA_SET_READY_CHANGED : 0) |
      (changed & before & uart.MSR_RING ? uart.MSR_RING_ENDED : 0) |
      (changed & uart.MSR_CARRIER ? uart.MSR_CARRIER_CHANGED : 0);
    this.#receiveInput();
  }

  /** The other end is always there; in loopback the outputs are the inputs (8.7, bit 4). */
  #modemLines(): number {
    const control = this.state.modemControl;
    if (!this.#loopback) {
      return uart.MSR_CLEAR_TO_SEND | uart.MSR_DATA_SET_READY | uart.MSR_CARRIER;
    }
    return (
      (control & uart.MCR_REQUEST_TO_SEND ? uart.MSR_CLEAR_TO_SEND : 0) |
      (control & uart.MCR_DATA_TERMINAL_READY ? uart.MSR_DATA_SET_READY : 0) |
      (control & uart.MCR_OUT1 ? uart.MSR_RING : 0) |
      (control & uart.MCR_OUT2 ? uart.MSR_CARRIER : 0)
    );
  }

  /** Gives the transmit FIFO's bytes to the host, as many as it takes. */
  #send(): void {
    const { transmit } = this.state;
    if (transmit.lengthBytes === 0) {
      return;
    }
    let taken = -1;
    while (transmit.lengthBytes > 0 && taken !== 0) {
      taken = this.#host.output(queue.oldestRun(transmit).slice());
      queue.removeOldest(transmit, taken);
    }
    this.state.transmitEmptyRaised ||= transmit.lengthBytes === 0;
  }

  /** Moves input into the receive FIFO while there is room: the line never overruns by the host. */
  #receiveInput(): void {
    const { state } = this;
    if (!this.#loopback) {
      const room = this.#depthBytes - state.receive.lengthBytes;
      const bytes = new Uint8Array(Math.max(0, Math.min(room, state.input.lengthBytes)));
      queue.dequeue(state.input, bytes);
      queue.enqueue(state.receive, bytes);
    }
    this.#updateInterrupt();
    if (state.hostWaits && state.input.lengthBytes <= INPUT_RESUME_BYTES) {
      state.hostWaits = false;
      this.#host.inputReady();
    }
  }

  /** The enabled cause of the highest priority (data sheet, table IV). */
  #interruptCause(): number {
    const { state } = this;
    const enabled = state.interruptEnable;
    if ((enabled & uart.IER_LINE_STATUS) !== 0 && state.overrun) {
      return uart.IIR_LINE_STATUS;
    }
    if ((enabled & uart.IER_RECEIVED) !== 0 && state.receive.lengthBytes > 0) {
      return state.receive.lengthBytes >= state.triggerBytes
        ? uart.IIR_RECEIVED
        : uart.IIR_CHARACTER_TIMEOUT;
    }
    if ((enabled & uart.IER_TRANSMIT_EMPTY) !== 0 && state.transmitEmptyRaised) {
      return uart.IIR_TRANSMIT_EMPTY;
    }
    if ((enabled & uart.IER_MODEM_STATUS) !== 0 && state.modemChanges !== 0) {
      return uart.IIR_MODEM_STATUS;
    }
    return uart.IIR_NONE;
  }

  #updateInterrupt(): void {
    this.#setInterrupt(this.#interruptCause() !== uart.IIR_NONE);
  }
}
