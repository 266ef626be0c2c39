/**
 * The structures by name: those that exist, and those that the design has and that are not there
 * yet (docs/design.md 4.3).
 */
import { microkernel } from "./microkernel.js";
import { monolithic } from "./monolithic.js";
import type { Structure } from "./structure.js";

export const STRUCTURES: readonly Structure[] = Object.freeze([monolithic, microkernel]);

const NOT_YET: readonly string[] = Object.freeze([
  "layered",
  "client-server",
  "exokernel",
  "hypervisor",
]);

/** A structure that is unknown or not there yet. */
export class StructureError extends Error {
  override readonly name = "StructureError";
}

/** @throws StructureError, naming what exists */
export function structureByName(name: string): Structure {
  const found = STRUCTURES.find((structure) => structure.name === name);
  if (found !== undefined) return found;
  const names = STRUCTURES.map((structure) => structure.name).join(", ");
  const reason = NOT_YET.includes(name) ? "is not there yet" : "is not a structure";
  throw new StructureError(`${name} ${reason}; there are: ${names}`);
}
