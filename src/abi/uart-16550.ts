/**
 * Registers and bits of the 16550A UART (National Semiconductor PC16550D data sheet, section 8).
 * Used by the device in src/machine/devices/uart.ts and the driver in src/services/device/uart.
 */

/** Offsets in bytes; what a register is can depend on the direction and on LCR_DIVISOR_LATCH. */
export const UART_RBR = 0;
export const UART_THR = 0;
export const UART_IER = 1;
export const UART_IIR = 2;
export const UART_FCR = 2;
export const UART_LCR = 3;
export const UART_MCR = 4;
export const UART_LSR = 5;
export const UART_MSR = 6;
export const UART_SCR = 7;
/** With LCR_DIVISOR_LATCH. */
export const UART_DLL = 0;
export const UART_DLM = 1;

export const IER_RECEIVED = 0x01;
export const IER_TRANSMIT_EMPTY = 0x02;
export const IER_LINE_STATUS = 0x04;
export const IER_MODEM_STATUS = 0x08;

export const IIR_NONE = 0x01;
export const IIR_MODEM_STATUS = 0x00;
export const IIR_TRANSMIT_EMPTY = 0x02;
export const IIR_RECEIVED = 0x04;
export const IIR_LINE_STATUS = 0x06;
export const IIR_CHARACTER_TIMEOUT = 0x0c;
/** The cause, without the bits that say that the FIFOs are on. */
export const IIR_CAUSE_MASK = 0x0f;
export const IIR_FIFO_ENABLED = 0xc0;

export const FCR_ENABLE = 0x01;
export const FCR_CLEAR_RECEIVE = 0x02;
export const FCR_CLEAR_TRANSMIT = 0x04;
export const FCR_TRIGGER_MASK = 0xc0;

export const LCR_DIVISOR_LATCH = 0x80;
export const LCR_EIGHT_BITS = 0x03;

export const MCR_DATA_TERMINAL_READY = 0x01;
export const MCR_REQUEST_TO_SEND = 0x02;
export const MCR_OUT1 = 0x04;
export const MCR_OUT2 = 0x08;
export const MCR_LOOPBACK = 0x10;

export const LSR_DATA_READY = 0x01;
export const LSR_OVERRUN = 0x02;
export const LSR_TRANSMIT_HOLDING_EMPTY = 0x20;
export const LSR_TRANSMITTER_EMPTY = 0x40;

export const MSR_CLEAR_TO_SEND_CHANGED = 0x01;
export const MSR_DATA_SET_READY_CHANGED = 0x02;
export const MSR_RING_ENDED = 0x04;
export const MSR_CARRIER_CHANGED = 0x08;
export const MSR_CLEAR_TO_SEND = 0x10;
export const MSR_DATA_SET_READY = 0x20;
export const MSR_RING = 0x40;
export const MSR_CARRIER = 0x80;

export const UART_FIFO_BYTES = 16;
