/**
 * A structure is data: which service lives in which domain. Everything else follows from it: in one
 * domain a call is the object itself, between domains it is a message with a rights check.
 */
import type { ServiceName } from "./service-types.js";

export interface Structure {
  readonly name: string;
  readonly summary: string;
  /**
   * The domains, as lists of services. The first is the kernel's own: its services hold kernel
   * calls without a check, and a throw in one of them halts the system. Every other domain has a
   * port.
   */
  readonly domains: readonly (readonly ServiceName[])[];
}
