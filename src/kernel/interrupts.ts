/**
 * Interrupts as messages: the kernel claims a device's interrupt at the controller and posts it to
 * the service that attached itself to the line; the service completes it when the device is served.
 *
 * Registers of the PLIC (RISC-V Platform-Level Interrupt Controller 1.0, chapter 3), context 1: the
 * hart's supervisor mode.
 */
import type { Bus } from "../machine/platform.js";

const PLIC = 0x0c00_0000;
const CONTEXT = 1;
const PRIORITY = PLIC;
const ENABLE = PLIC + 0x2000 + CONTEXT * 0x80;
const THRESHOLD = PLIC + 0x20_0000 + CONTEXT * 0x1000;
const CLAIM = THRESHOLD + 4;
/** Lines of the controller that the kernel hands out. */
export const INTERRUPT_LINES = 96;

export interface InterruptState {
  /** Line to the number of the service attached to it. */
  readonly attached: Map<number, number>;
}

export class Interrupts {
  readonly state: InterruptState = { attached: new Map() };

  constructor(private readonly bus: Bus) {}

  /** Routes a line to a service and enables it. @returns false: not a line, or taken */
  attach(line: number, service: number): boolean {
    if (!(line > 0 && line < INTERRUPT_LINES)) return false;
    const owner = this.state.attached.get(line);
    if (owner !== undefined && owner !== service) return false;
    this.state.attached.set(line, service);
    const enableRegister = ENABLE + 4 * (line >>> 5);
    this.bus.store(PRIORITY + 4 * line, 4, 1);
    this.bus.store(THRESHOLD, 4, 0);
    const enabled = this.bus.load(enableRegister, 4) | (1 << (line & 31));
    this.bus.store(enableRegister, 4, enabled >>> 0);
    return true;
  }

  /** @returns the line that was claimed, or 0 */
  claim(): number {
    if (!this.bus.interruptPending) return 0;
    const line = this.bus.load(CLAIM, 4);
    return line > 0 ? line : 0;
  }

  complete(line: number): void {
    this.bus.store(CLAIM, 4, line);
  }
}
