/**
 * A manifest: what a service may do (docs/design.md 3, 4.3). It is data beside the service; a
 * structure with more than one domain enforces it, refusing everything else with EPERM and counting
 * the refusal.
 */
import type { KernelCalls } from "./calls.js";

export type KernelCallName = keyof KernelCalls & string;

export interface Manifest {
  /** The folder's name below services/: also the name of port and protocol. */
  readonly service: string;
  /** Kernel calls that it may make. */
  readonly kernelCalls: readonly KernelCallName[];
  /** Services that it may call, by name, with the operations that it may use ("*": all). */
  readonly services: Readonly<Record<string, readonly string[] | "*">>;
  /** Device registers that it may touch: [first address, length in bytes]. */
  readonly registers: readonly (readonly [number, number])[];
  /** Interrupt lines that it may claim. */
  readonly interrupts: readonly number[];
}
