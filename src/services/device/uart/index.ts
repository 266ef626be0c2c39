/**
 * Driver of the 16550A UART: a character driver with the one port 0. Output goes byte by byte into
 * the transmit FIFO while there is room; input is taken out of the receive FIFO into a bounded
 * buffer, and left with the device when that is full.
 */
import { UART_BASE, UART_INTERRUPT } from "../../../abi/board.js";
import { EINVAL, EIO } from "../../../abi/errno.js";
import * as uart from "../../../abi/uart-16550.js";
import { EVENT_INTERRUPT, type KernelCalls, type TaskId } from "../../../kernel/calls.js";
import type { Result } from "../../../kernel/protocol.js";
import { type CharacterDriver, DRIVER_EVENT, FIGURE } from "../protocol.js";

/** Input that the driver keeps for its owner. */
export const INPUT_BYTES_MAX = 4096;
/** Output is copied from the caller in pieces of this size. */
const OUTPUT_PIECE_BYTES = 256;

export interface UartDriverState {
  /** No such device: every operation gets EIO. */
  failed: boolean;
  /** Shadow of IER. */
  interruptEnable: number;
  /** Input that has arrived: the first `inputBytes` of the array. */
  input: Uint8Array;
  inputBytes: number;
  /** The owner waits for room: a room event follows. */
  roomAwaited: boolean;
  /** Events that the kernel's queue had no room for: bits of 1 << kind. */
  owedEvents: number;
}

/** The driver; the device is set up when it is made. */
export class UartDriver implements CharacterDriver {
  readonly state: UartDriverState = {
    failed: false,
    interruptEnable: 0,
    input: new Uint8Array(INPUT_BYTES_MAX),
    inputBytes: 0,
    roomAwaited: false,
    owedEvents: 0,
  };

  /** @param options.owner number of the service that gets the events */
  constructor(
    private readonly kernel: KernelCalls,
    _services: object,
    private readonly options: { readonly owner: number },
  ) {
    this.state.failed = !this.start();
  }

  event(_caller: TaskId, kind: number, word0: number): Result {
    if (kind !== EVENT_INTERRUPT || word0 !== UART_INTERRUPT) return -EINVAL;
    this.receive();
    const { state } = this;
    if (state.roomAwaited && this.hasRoom()) {
      state.roomAwaited = false;
      state.owedEvents |= 1 << DRIVER_EVENT.room;
    }
    this.updateInterrupts();
    this.postEvents();
    return this.kernel.completeInterrupt(UART_INTERRUPT);
  }

  write(caller: TaskId, port: number, buffer: number, lengthBytes: number): Result {
    if (port !== 0 || this.state.failed) return -EIO;
    const piece = new Uint8Array(Math.min(lengthBytes, OUTPUT_PIECE_BYTES));
    let taken = 0;
    while (taken < lengthBytes && this.hasRoom()) {
      const count = Math.min(lengthBytes - taken, piece.length);
      const copied = this.kernel.copyIn(caller, buffer + taken, piece, 0, count);
      if (copied < 0) return taken > 0 ? taken : copied;
      const sent = this.send(piece.subarray(0, count));
      taken += sent;
      if (sent < count) break;
    }
    if (taken < lengthBytes) this.awaitRoom();
    return taken;
  }

  read(caller: TaskId, port: number, buffer: number, lengthBytes: number): Result {
    if (port !== 0 || this.state.failed) return -EIO;
    const { state } = this;
    const count = Math.min(lengthBytes, state.inputBytes);
    const copied = this.kernel.copyOut(caller, buffer, state.input, 0, count);
    if (copied < 0) return copied;
    state.input.copyWithin(0, count, state.inputBytes);
    state.inputBytes -= count;
    this.receive();
    this.updateInterrupts();
    this.postEvents();
    return count;
  }

  query(_caller: TaskId, port: number, figure: number): Result {
    if (port !== 0 || this.state.failed) return -EIO;
    switch (figure) {
      case FIGURE.input:
        return this.state.inputBytes;
      case FIGURE.room:
        return this.hasRoom() ? uart.UART_FIFO_BYTES : 0;
      case FIGURE.columns:
      case FIGURE.rows:
        // A serial line does not know its window.
        return 0;
      case FIGURE.open:
        return 1;
      case FIGURE.unsent:
        return this.countUnsent();
      default:
        return -EINVAL;
    }
  }

  /** A serial line is always open. */
  setOpen(_caller: TaskId, port: number): Result {
    return port === 0 && !this.state.failed ? 0 : -EIO;
  }

  private load(register: number): Result {
    return this.kernel.busLoad(UART_BASE + register, 1);
  }

  private store(register: number, value: number): Result {
    return this.kernel.busStore(UART_BASE + register, 1, value);
  }

  /** Eight bits, FIFOs on and empty, received data interrupts; a scratch register that holds. */
  private start(): boolean {
    this.store(uart.UART_SCR, 0x5a);
    if (this.load(uart.UART_SCR) !== 0x5a) return false;
    if (this.kernel.attachInterrupt(UART_INTERRUPT) < 0) return false;
    this.store(uart.UART_IER, 0);
    this.store(uart.UART_LCR, uart.LCR_EIGHT_BITS);
    this.store(uart.UART_FCR, uart.FCR_ENABLE | uart.FCR_CLEAR_RECEIVE | uart.FCR_CLEAR_TRANSMIT);
    this.store(
      uart.UART_MCR,
      uart.MCR_DATA_TERMINAL_READY | uart.MCR_REQUEST_TO_SEND | uart.MCR_OUT2,
    );
    this.updateInterrupts();
    return true;
  }

  /** Whether the transmit FIFO is empty: the only thing that a 16550 tells of its room. */
  private hasRoom(): boolean {
    const status = this.load(uart.UART_LSR);
    return status >= 0 && (status & uart.LSR_TRANSMIT_HOLDING_EMPTY) !== 0;
  }

  /** Writes bytes while the FIFO takes them. @returns how many */
  private send(bytes: Uint8Array): number {
    let sent = 0;
    while (sent < bytes.length && this.hasRoom()) {
      const end = Math.min(sent + uart.UART_FIFO_BYTES, bytes.length);
      for (; sent < end; sent++) this.store(uart.UART_THR, bytes[sent] as number);
    }
    return sent;
  }

  /** Bytes not sent, at least; tcdrain waits for the room event. */
  private countUnsent(): number {
    if (this.hasRoom()) return 0;
    this.awaitRoom();
    return 1;
  }

  private awaitRoom(): void {
    this.state.roomAwaited = true;
    this.updateInterrupts();
  }

  /** Takes input out of the device, as much as there is room for. */
  private receive(): void {
    const { state } = this;
    const before = state.inputBytes;
    while (state.inputBytes < INPUT_BYTES_MAX) {
      const status = this.load(uart.UART_LSR);
      if (status < 0 || (status & uart.LSR_DATA_READY) === 0) break;
      state.input[state.inputBytes++] = this.load(uart.UART_RBR);
    }
    if (state.inputBytes > before) state.owedEvents |= 1 << DRIVER_EVENT.input;
  }

  /** Interrupts only for what can be served: a full buffer leaves input with the device. */
  private updateInterrupts(): void {
    const { state } = this;
    const wanted =
      (state.inputBytes < INPUT_BYTES_MAX ? uart.IER_RECEIVED : 0) |
      (state.roomAwaited ? uart.IER_TRANSMIT_EMPTY : 0);
    if (wanted === state.interruptEnable) return;
    state.interruptEnable = wanted;
    this.store(uart.UART_IER, wanted);
  }

  private postEvents(): void {
    const { state } = this;
    for (const kind of [DRIVER_EVENT.input, DRIVER_EVENT.room]) {
      const bit = 1 << kind;
      if ((state.owedEvents & bit) !== 0) {
        const posted = this.kernel.postEvent(this.options.owner, kind, 0, 0, 0);
        if (posted === 0) state.owedEvents &= ~bit;
      }
    }
  }
}
