/** What the UART driver may do: its registers, its interrupt, the caller's bytes. */
import { UART_BASE, UART_BYTES, UART_INTERRUPT } from "../../../abi/board.js";
import type { Manifest } from "../../../kernel/manifest.js";

export const manifest: Manifest = Object.freeze({
  service: "uart",
  kernelCalls: [
    "attachInterrupt",
    "busLoad",
    "busStore",
    "completeInterrupt",
    "copyIn",
    "copyOut",
    "postEvent",
  ],
  services: {},
  registers: [[UART_BASE, UART_BYTES]],
  interrupts: [UART_INTERRUPT],
} as const);
