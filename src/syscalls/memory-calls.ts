/**
 * Operations of memory rows that need more than to pass words on.
 */
import { EBADF, EFAULT, EINVAL, ENOMEM, EOVERFLOW } from "../abi/errno.js";
import { MAP_ANONYMOUS, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_TYPE } from "../abi/memory.js";
import { F_GET_SEALS, F_SEAL_FUTURE_WRITE, F_SEAL_WRITE } from "../abi/memory-file.js";
import { ACCESS_WRITE, PAGE_BYTES, USER_ADDRESS_LIMIT } from "../kernel/platform.js";
import { RANGE_BYTES_MAX } from "../kernel/protocol.js";
import { MAP_OBJECT_READ_ONLY } from "../services/memory/protocol.js";
import type { Operate } from "./row.js";

const F_GETFL = 3;
const O_ACCMODE = 3;

/** mmap: the descriptor's memory object first (0: zeros, of nobody), then the mapping. */
export const mapMemory: Operate = (s, t, at, length, protection, flags, fd, offset) => {
  const how = flags & ~MAP_OBJECT_READ_ONLY;
  if (offset % PAGE_BYTES !== 0) return -EINVAL;
  if (offset < 0) return -EOVERFLOW;
  if ((how & MAP_ANONYMOUS) !== 0) return s.memory.map(t, at, length, protection, how, -1, 0);
  const opened = fd < 0 ? -EBADF : s.file.control(t, fd, F_GETFL, 0);
  if (opened < 0) return opened;
  const type = how & MAP_TYPE;
  if (length === 0 || type < MAP_SHARED || type > MAP_SHARED_VALIDATE) return -EINVAL;
  const object = s.file.mapObject(t, fd, protection, how);
  if (object < 0) return object;
  // A shared mapping of a file that was opened for reading may not become writable (mprotect).
  const seals = s.file.control(t, fd, F_GET_SEALS, 0);
  const isSealed = seals > 0 && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0;
  const isReadOnly = isSealed || (opened & O_ACCMODE) === 0;
  const access = isReadOnly ? MAP_OBJECT_READ_ONLY : 0;
  if (object === 0) return s.memory.map(t, at, length, protection, how | access, -1, 0);
  return s.memory.map(t, at, length, protection, how | access, object, offset);
};

/** mincore: a byte for each page. */
export const residency: Operate = (s, t, at, length, vector) => {
  if (at % PAGE_BYTES !== 0) return -EINVAL;
  if (at + length > USER_ADDRESS_LIMIT) return -ENOMEM;
  const pages = Math.ceil(length / PAGE_BYTES);
  for (let done = 0; done < pages; done += RANGE_BYTES_MAX) {
    const part = Math.min(pages - done, RANGE_BYTES_MAX);
    const ready = s.prepare(t, vector + done, part, ACCESS_WRITE);
    if (ready < part) return ready < 0 ? ready : -EFAULT;
    const from = at + done * PAGE_BYTES;
    const failed = s.memory.residency(t, from, part * PAGE_BYTES, vector + done, part);
    if (failed < 0) return failed;
  }
  return 0;
};
