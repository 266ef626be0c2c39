/**
 * Operations of the rows about the system as a whole: its names, its figures, chance.
 */
import { CAP_SYS_ADMIN, hasCapability } from "../abi/capability.js";
import { EFAULT, EINVAL, EPERM } from "../abi/errno.js";
import {
  DOMAIN_NAME_DEFAULT,
  HOST_NAME_MAX,
  SYSTEM_MACHINE,
  SYSTEM_NAME,
  SYSTEM_RELEASE,
  UTSNAME_FIELD_BYTES,
} from "../abi/utsname.js";
import { ATTRIBUTE, FIGURE, RECORD } from "../kernel/calls.js";
import { ACCESS_READ, ACCESS_WRITE, PAGE_BYTES } from "../kernel/platform.js";
import { BLOCKED, RANGE_BYTES_MAX } from "../kernel/protocol.js";
import { bytesOf } from "../kernel/texts.js";
import type { Operate, Services } from "./row.js";

const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
const GRND_ALL = 7;
/** Most that one getrandom gives (Linux: INT_MAX >> 6). */
const RANDOM_BYTES_MAX = 33554431;
/** Figures of memory.usage of task 0. */
const FRAMES_TOTAL = 0;
const FRAMES_FREE = 1;
const FRAMES_CACHED = 2;
/** Load averages are in units of 1/2048 in the kernel, of 1/65536 in struct sysinfo. */
const LOAD_FACTOR = 32;

/** A record of the system as Latin-1 bytes; empty: none. */
function systemRecord(s: Services, record: number): Uint8Array {
  const bytes = new Uint8Array(UTSNAME_FIELD_BYTES - 1);
  return bytes.subarray(0, Math.max(0, s.kernel.readPublished(0, record, 0, bytes)));
}

/** uname: six fields of 65 bytes (struct new_utsname). */
export const systemName: Operate = (s, t, at) => {
  const domain = systemRecord(s, RECORD.domainName);
  const fields = [
    bytesOf(SYSTEM_NAME),
    systemRecord(s, RECORD.hostName),
    bytesOf(SYSTEM_RELEASE),
    systemRecord(s, RECORD.version),
    bytesOf(SYSTEM_MACHINE),
    domain.length > 0 ? domain : bytesOf(DOMAIN_NAME_DEFAULT),
  ];
  const bytes = new Uint8Array(fields.length * UTSNAME_FIELD_BYTES);
  for (const [index, field] of fields.entries()) bytes.set(field, index * UTSNAME_FIELD_BYTES);
  return s.kernel.copyOut(t, at, bytes, 0, bytes.length);
};

/** sethostname and setdomainname: a record of the system, for the superuser to set. */
export const setName =
  (record: number): Operate =>
  (s, t, at, lengthBytes) => {
    const capabilities = s.kernel.attribute(t, ATTRIBUTE.effectiveCapabilities);
    if (!hasCapability(capabilities, CAP_SYS_ADMIN)) return -EPERM;
    if (lengthBytes < 0 || lengthBytes > HOST_NAME_MAX) return -EINVAL;
    const bytes = new Uint8Array(lengthBytes);
    const ready = s.prepare(t, at, lengthBytes, ACCESS_READ);
    if (lengthBytes > 0 && ready === BLOCKED) return BLOCKED;
    if (lengthBytes > 0 && ready < lengthBytes) return -EFAULT;
    if (lengthBytes > 0 && s.kernel.copyIn(t, at, bytes, 0, lengthBytes) < 0) return -EFAULT;
    const end = bytes.indexOf(0);
    s.kernel.publish(0, record, end < 0 ? bytes : bytes.subarray(0, end));
    return 0;
  };

/** sysinfo: uptime, loads, memory and processes (include/uapi/linux/sysinfo.h). */
export const systemStatus: Operate = (s, t, at) => {
  const bytes = new Uint8Array(112);
  const view = new DataView(bytes.buffer);
  const set = (offset: number, value: number): void => {
    view.setUint32(offset, value % 2 ** 32, true);
    view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  };
  const frames = (figure: number): number => s.memory.usage(t, 0, figure) * PAGE_BYTES;
  set(0, Math.ceil(s.kernel.monotonicNanoseconds() / 1e9));
  for (const [index, figure] of [FIGURE.load1, FIGURE.load5, FIGURE.load15].entries()) {
    set(8 + 8 * index, s.kernel.systemFigure(figure) * LOAD_FACTOR);
  }
  set(32, frames(FRAMES_TOTAL));
  set(40, frames(FRAMES_FREE));
  set(48, frames(FRAMES_CACHED));
  let tasks = 0;
  for (let id = s.kernel.nextTask(0); id > 0; id = s.kernel.nextTask(id)) tasks++;
  view.setUint16(80, Math.min(tasks, 65535), true);
  view.setUint32(104, 1, true);
  return s.kernel.copyOut(t, at, bytes, 0, bytes.length);
};

/** getcpu: there is one hart, in one node; the third argument is not used any more. */
export const processorNumber: Operate = (s, t, processor, node) => {
  for (const at of [processor, node]) {
    const failed = at === 0 ? 0 : s.kernel.copyOut(t, at, new Uint8Array(4), 0, 4);
    if (failed < 0) return failed;
  }
  return 0;
};

/** getrandom: from the entropy device, which never waits for chance. */
export const randomBytes: Operate = (s, t, at, lengthBytes, how) => {
  const isContradiction = (how & GRND_RANDOM) !== 0 && (how & GRND_INSECURE) !== 0;
  if ((how & ~GRND_ALL) !== 0 || isContradiction) return -EINVAL;
  const wanted = Math.min(lengthBytes, RANDOM_BYTES_MAX);
  let done = 0;
  while (done < wanted) {
    const length = Math.min(wanted - done, RANGE_BYTES_MAX);
    const ready = s.prepare(t, at + done, length, ACCESS_WRITE);
    if (ready === BLOCKED || ready <= 0) return done > 0 ? done : ready;
    const got = s.entropy.read(t, at + done, ready);
    if (got === BLOCKED || got <= 0) return done > 0 ? done : got;
    done += got;
  }
  return done;
};
