/**
 * Operations of memory and system rows that need more than to pass words on.
 */
import { EBADF, EFAULT, EINVAL, ENOMEM, EOVERFLOW } from "../abi/errno.js";
import { ACCESS_WRITE, PAGE_BYTES, USER_ADDRESS_LIMIT } from "../kernel/platform.js";
import { RANGE_BYTES_MAX } from "../kernel/protocol.js";
import { MAP_OBJECT_READ_ONLY } from "../services/memory/protocol.js";
import type { Operate } from "./row.js";

const MAP_ANONYMOUS = 0x20;
const F_GETFL = 3;
const O_ACCMODE = 3;
const UNAME_FIELD_BYTES = 65;

/** mmap: the descriptor's memory object first (0: zeros, of nobody), then the mapping. */
export const mapMemory: Operate = (s, t, at, length, protection, flags, fd, offset) => {
  const how = flags & ~MAP_OBJECT_READ_ONLY;
  if (offset % PAGE_BYTES !== 0) return -EINVAL;
  if (offset < 0) return -EOVERFLOW;
  if ((how & MAP_ANONYMOUS) !== 0) return s.memory.map(t, at, length, protection, how, -1, 0);
  if (fd < 0) return -EBADF;
  const object = s.file.mapObject(t, fd, protection, how);
  if (object < 0) return object;
  if (object === 0) return s.memory.map(t, at, length, protection, how, -1, 0);
  // A shared mapping of a file that was opened for reading may not become writable (mprotect).
  const isReadOnly = (s.file.control(t, fd, F_GETFL, 0) & O_ACCMODE) === 0;
  const access = isReadOnly ? MAP_OBJECT_READ_ONLY : 0;
  return s.memory.map(t, at, length, protection, how | access, object, offset);
};

/** mincore: a byte for each page. */
export const residency: Operate = (s, t, at, length, vector) => {
  if (at % PAGE_BYTES !== 0) return -EINVAL;
  if (at + length > USER_ADDRESS_LIMIT) return -ENOMEM;
  const pages = Math.ceil(length / PAGE_BYTES);
  for (let done = 0; done < pages; done += RANGE_BYTES_MAX) {
    const part = Math.min(pages - done, RANGE_BYTES_MAX);
    const ready = s.memory.prepare(t, vector + done, part, ACCESS_WRITE);
    if (ready < part) return ready < 0 ? ready : -EFAULT;
    const from = at + done * PAGE_BYTES;
    const failed = s.memory.residency(t, from, part * PAGE_BYTES, vector + done, part);
    if (failed < 0) return failed;
  }
  return 0;
};

/** getrandom: from the entropy device, at most 64 KiB in one call (a short count is allowed). */
export const randomBytes: Operate = (s, t, at, length, how) => {
  if ((how & ~7) !== 0) return -EINVAL;
  return length === 0 ? 0 : s.entropy.read(t, at, Math.min(length, 65536));
};

/** uname: six fields of 65 bytes (struct new_utsname). */
export const systemName: Operate = (s, t, at) => {
  const fields = ["Linux", s.identity.hostName, "6.12.0-sixfold", s.identity.version, "riscv64"];
  const bytes = new Uint8Array(6 * UNAME_FIELD_BYTES);
  [...fields, "(none)"].forEach((field, index) => {
    for (let i = 0; i < Math.min(field.length, UNAME_FIELD_BYTES - 1); i++) {
      bytes[index * UNAME_FIELD_BYTES + i] = field.charCodeAt(i);
    }
  });
  return s.kernel.copyOut(t, at, bytes, 0, bytes.length);
};

/** sysinfo: uptime, memory and processes (include/uapi/linux/sysinfo.h). */
export const systemStatus: Operate = (s, t, at) => {
  const bytes = new Uint8Array(112);
  const view = new DataView(bytes.buffer);
  const set = (offset: number, value: number): void => {
    view.setUint32(offset, value % 2 ** 32, true);
    view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  };
  set(0, Math.floor(s.kernel.monotonicNanoseconds() / 1e9));
  set(32, s.memory.usage(t, 0, 0) * PAGE_BYTES);
  set(40, s.memory.usage(t, 0, 1) * PAGE_BYTES);
  let tasks = 0;
  for (let id = s.kernel.nextTask(0); id > 0; id = s.kernel.nextTask(id)) tasks++;
  view.setUint16(80, Math.min(tasks, 65535), true);
  view.setUint32(104, 1, true);
  return s.kernel.copyOut(t, at, bytes, 0, bytes.length);
};
