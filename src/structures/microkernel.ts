/**
 * Microkernel: the kernel's domain is empty, every service and driver has its own. A call between
 * them is a message with a rights check; what a manifest does not list is refused and counted.
 */
import { SERVICE_NAMES } from "./catalogue.js";
import type { Structure } from "./structure.js";

export const microkernel: Structure = Object.freeze({
  name: "microkernel",
  summary: "a domain for each service and driver; a call is a message with a rights check",
  domains: Object.freeze([[], ...SERVICE_NAMES.map((name) => [name])]),
});
