/**
 * Monolithic: one domain. A call between services is a call of the object itself; nobody can be
 * lost without losing the system.
 */
import { SERVICE_NAMES } from "./catalogue.js";
import type { Structure } from "./structure.js";

export const monolithic: Structure = Object.freeze({
  name: "monolithic",
  summary: "every service and driver in the kernel's domain; a call is a call of the object",
  domains: Object.freeze([SERVICE_NAMES]),
});
