/** The 16550A, driven through its registers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as uart from "../../abi/uart-16550.js";
import { INPUT_QUEUE_BYTES_MAX } from "./host.js";
import { Uart } from "./uart.js";

function create() {
  const host = { sent: [] as number[], room: Infinity, ready: 0, asserted: false };
  const device = new Uart(
    {
      output(bytes) {
        const taken = Math.min(bytes.length, host.room);
        host.sent.push(...bytes.subarray(0, taken));
        host.room -= taken;
        return taken;
      },
      inputReady: () => void host.ready++,
    },
    (asserted) => {
      host.asserted = asserted;
    },
  );
  const read = (offset: number) => device.load(offset, 1);
  const write = (offset: number, value: number) => device.store(offset, 1, value);
  return { device, host, read, write };
}

test("output goes to the host at once, input comes out of the receive register in order", () => {
  const { device, host, read, write } = create();
  assert.equal(read(uart.UART_LSR), 0x60);
  write(uart.UART_THR, 0x41);
  assert.deepEqual(host.sent, [0x41]);
  assert.equal(device.writeInput(Uint8Array.of(1, 2, 3)), 3);
  assert.equal(read(uart.UART_LSR), 0x61);
  const received = [1, 2, 3].map(() => read(uart.UART_RBR));
  assert.deepEqual(received, [1, 2, 3]);
  assert.equal(read(uart.UART_LSR), 0x60);
  assert.equal(read(uart.UART_RBR), 0);
});

test("the divisor latch hides data and interrupt enable", () => {
  const { host, read, write } = create();
  write(uart.UART_LCR, uart.LCR_DIVISOR_LATCH | uart.LCR_EIGHT_BITS);
  write(uart.UART_DLL, 3);
  write(uart.UART_DLM, 1);
  assert.deepEqual([read(uart.UART_DLL), read(uart.UART_DLM)], [3, 1]);
  write(uart.UART_LCR, uart.LCR_EIGHT_BITS);
  assert.deepEqual([read(uart.UART_RBR), read(uart.UART_IER)], [0, 0]);
  assert.deepEqual(host.sent, []);
  write(uart.UART_SCR, 0x5a);
  assert.equal(read(uart.UART_SCR), 0x5a);
});

test("interrupts by priority: received data, character timeout, transmitter empty", () => {
  const { device, host, read, write } = create();
  write(uart.UART_FCR, uart.FCR_ENABLE | 0x40);
  assert.equal(read(uart.UART_IIR), uart.IIR_FIFO_ENABLED | uart.IIR_NONE);
  write(uart.UART_IER, uart.IER_RECEIVED | uart.IER_TRANSMIT_EMPTY);
  assert.equal(host.asserted, true);
  device.writeInput(Uint8Array.of(1, 2, 3, 4));
  assert.equal(read(uart.UART_IIR) & uart.IIR_CAUSE_MASK, uart.IIR_RECEIVED);
  read(uart.UART_RBR);
  assert.equal(read(uart.UART_IIR) & uart.IIR_CAUSE_MASK, uart.IIR_CHARACTER_TIMEOUT);
  for (let count = 0; count < 3; count++) {
    read(uart.UART_RBR);
  }
  assert.equal(read(uart.UART_IIR) & uart.IIR_CAUSE_MASK, uart.IIR_TRANSMIT_EMPTY);
  assert.equal(read(uart.UART_IIR) & uart.IIR_CAUSE_MASK, uart.IIR_NONE);
  assert.equal(host.asserted, false);
  write(uart.UART_THR, 1);
  assert.equal(read(uart.UART_IIR) & uart.IIR_CAUSE_MASK, uart.IIR_TRANSMIT_EMPTY);
});

test("a full host leaves bytes in the transmit FIFO until it takes output again", () => {
  const { device, host, read, write } = create();
  write(uart.UART_FCR, uart.FCR_ENABLE);
  write(uart.UART_IER, uart.IER_TRANSMIT_EMPTY);
  read(uart.UART_IIR);
  host.room = 1;
  for (let byte = 0; byte < 18; byte++) {
    write(uart.UART_THR, byte);
  }
  assert.deepEqual(host.sent, [0]);
  assert.equal(read(uart.UART_LSR) & uart.LSR_TRANSMIT_HOLDING_EMPTY, 0);
  read(uart.UART_IIR);
  assert.equal(host.asserted, false);
  host.room = Infinity;
  device.outputReady();
  assert.deepEqual(host.sent, [...Array(17).keys()], "the byte behind the full FIFO is lost");
  assert.equal(host.asserted, true);
});

test("host input is bounded, and the host is told when there is room", () => {
  const { device, host, read } = create();
  const bytes = new Uint8Array(INPUT_QUEUE_BYTES_MAX + 10);
  assert.equal(device.writeInput(bytes), INPUT_QUEUE_BYTES_MAX);
  assert.equal(device.writeInput(Uint8Array.of(1)), 1, "one byte went on to the receiver");
  assert.equal(host.ready, 0);
  for (let count = 0; count < INPUT_QUEUE_BYTES_MAX / 2 + 1; count++) {
    read(uart.UART_RBR);
  }
  assert.equal(host.ready, 1);
});

test("loopback: the transmitter feeds the receiver, outputs modem lines; overrun is told", () => {
  const { device, host, read, write } = create();
  assert.equal(read(uart.UART_MSR) & 0xf0, 0xb0);
  write(uart.UART_IER, uart.IER_LINE_STATUS | uart.IER_MODEM_STATUS);
  write(uart.UART_MCR, uart.MCR_LOOPBACK | uart.MCR_OUT2 | uart.MCR_REQUEST_TO_SEND);
  assert.equal(read(uart.UART_IIR), uart.IIR_MODEM_STATUS);
  assert.equal(read(uart.UART_MSR), 0x90 | uart.MSR_DATA_SET_READY_CHANGED);
  assert.equal(read(uart.UART_IIR), uart.IIR_NONE);
  device.writeInput(Uint8Array.of(9));
  write(uart.UART_THR, 0x55);
  write(uart.UART_THR, 0x66);
  assert.equal(read(uart.UART_IIR), uart.IIR_LINE_STATUS);
  assert.equal(read(uart.UART_LSR) & 0x03, uart.LSR_DATA_READY | uart.LSR_OVERRUN);
  assert.equal(read(uart.UART_LSR) & 0x03, uart.LSR_DATA_READY);
  assert.equal(read(uart.UART_RBR), 0x55);
  assert.deepEqual(host.sent, []);
  write(uart.UART_MCR, 0);
  assert.equal(read(uart.UART_RBR), 9, "the host's byte waited for the end of loopback");
});

test("clearing FIFOs, registers behind the last, and sizes other than a byte", () => {
  const { device, host, read, write } = create();
  write(uart.UART_FCR, uart.FCR_ENABLE);
  device.writeInput(Uint8Array.of(1, 2));
  host.room = 0;
  write(uart.UART_THR, 1);
  write(uart.UART_FCR, uart.FCR_ENABLE | uart.FCR_CLEAR_RECEIVE | uart.FCR_CLEAR_TRANSMIT);
  assert.equal(read(uart.UART_LSR), 0x60);
  assert.equal(device.load(8, 1), -1);
  assert.equal(device.store(8, 1, 0), -1);
  assert.equal(device.load(0, 4), -1);
  assert.equal(device.store(0, 2, 0), -1);
});
