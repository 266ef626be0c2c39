/**
 * prctl(2) PR_SET_MM: where a process says its code, its arguments and its environment are, which
 * is what /proc/PID/stat, cmdline and environ show. What the heap, the auxiliary vector and the
 * program file are cannot be said.
 */
import { CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { EINVAL, EPERM } from "../../abi/errno.js";
import { USER_ADDRESS_LIMIT } from "../../abi/memory.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, isCapable } from "./context.js";

/** Attributes by PR_SET_MM_START_CODE (1) and so on; 6 and 7, the heap's, are missing. */
const ATTRIBUTES: ReadonlyMap<number, number> = new Map([
  [1, ATTRIBUTE.codeStart],
  [2, ATTRIBUTE.codeEnd],
  [3, ATTRIBUTE.dataStart],
  [4, ATTRIBUTE.dataEnd],
  [5, ATTRIBUTE.stackStart],
  [8, ATTRIBUTE.argumentsStart],
  [9, ATTRIBUTE.argumentsEnd],
  [10, ATTRIBUTE.environmentStart],
  [11, ATTRIBUTE.environmentEnd],
]);
/** Linux's mmap_min_addr. */
const ADDRESS_MIN = 65536;
/** Pairs that stay in order: the second at or behind the first. */
const ORDER: readonly (readonly [number, number])[] = Object.freeze([
  [ATTRIBUTE.codeStart, ATTRIBUTE.codeEnd],
  [ATTRIBUTE.dataStart, ATTRIBUTE.dataEnd],
  [ATTRIBUTE.argumentsStart, ATTRIBUTE.argumentsEnd],
  [ATTRIBUTE.environmentStart, ATTRIBUTE.environmentEnd],
] as const);

/** @param words option, address, and two that must be 0 @returns 0, -EPERM, -EINVAL */
export function setLayout(context: Context, caller: TaskId, words: readonly number[]): Result {
  const { kernel } = context;
  const [option = 0, address = 0, third = 0, fourth = 0] = words;
  if (third !== 0 || fourth !== 0) return -EINVAL;
  if (!isCapable(kernel, caller, CAP_SYS_RESOURCE)) return -EPERM;
  const attribute = ATTRIBUTES.get(option);
  if (attribute === undefined) return -EINVAL;
  if (!(address >= ADDRESS_MIN && address < USER_ADDRESS_LIMIT)) return -EINVAL;
  const process = kernel.attribute(caller, ATTRIBUTE.process);
  const isOrdered = ORDER.every(([first, second]) => {
    const at = (which: number): number =>
      which === attribute ? address : kernel.attribute(process, which);
    return at(first) <= at(second);
  });
  if (!isOrdered) return -EINVAL;
  kernel.setAttribute(process, attribute, address);
  return 0;
}
