/**
 * Files of a process that are no texts (proc(5)): each read is served by the memory service, from
 * what is there at that moment.
 */
import { EFAULT, EINVAL, EIO } from "../../abi/errno.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Source } from "./source.js";

/** Reads from byte `offset` on. @returns bytes read, 0: the end, or -errno */
export type ProcessBytes = (
  source: Source,
  caller: TaskId,
  task: TaskId,
  offset: number,
  buffer: number,
  lengthBytes: number,
) => Result;

/** Bytes of an entry of pagemap. */
const ENTRY_BYTES = 8;

/** Its memory. */
export const memory: ProcessBytes = (source, caller, task, offset, buffer, lengthBytes) => {
  const got = source.memory.readSpace(caller, task, offset, buffer, lengthBytes);
  return got === -EFAULT ? -EIO : got;
};

/** Which of its pages are there, and whose they are: whole entries. */
export const pageMap: ProcessBytes = (source, caller, task, offset, buffer, lengthBytes) => {
  if (offset % ENTRY_BYTES !== 0 || lengthBytes % ENTRY_BYTES !== 0) return -EINVAL;
  return source.memory.describePages(caller, task, offset, buffer, lengthBytes);
};
