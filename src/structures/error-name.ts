/** Names of errors, for hosts that report one. */
import { ERRNO_NAMES } from "../abi/errno.js";

/** @returns the name of an errno, or of its negative; a number without name as "error N" */
export function errorName(error: number): string {
  const number = Math.abs(error);
  return ERRNO_NAMES[number] ?? `error ${number}`;
}
