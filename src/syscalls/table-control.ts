/**
 * Rows of what a thread may be and do beside running: capabilities, prctl, personality, sharing,
 * and the calls about others or the whole system that are mostly refusals.
 */

import { CAP_SYS_BOOT, hasCapability } from "../abi/capability.js";
import { EBADF, EINTR, EINVAL, ENOSYS, EPERM } from "../abi/errno.js";
import { KCMP_FILE, REBOOT_MAGIC_1, REBOOT_MAGIC_2 } from "../abi/process.js";
import { ATTRIBUTE } from "../kernel/calls.js";
import {
  address,
  descriptor,
  flags,
  int,
  long,
  optional,
  path,
  structIn,
  structInOut,
  structOut,
  unsigned,
} from "./arguments.js";
import { cloneWithSize } from "./clone-calls.js";
import { blocks, row } from "./make-row.js";
import { control } from "./process-calls.js";
import type { Operate, Row } from "./row.js";

const F_GETFD = 1;

/** Only root's own namespaces exist, and no file stands for one. */
const enterNamespace: Operate = (s, t, file) => {
  const found = s.file.control(t, file, F_GETFD, 0);
  return found < 0 ? found : -EINVAL;
};

const compare: Operate = (s, t, first, second, type, index1, index2) => {
  if (type !== KCMP_FILE) return s.process.compare(t, first, second, type);
  const refused = s.process.compare(t, first, second, KCMP_FILE);
  if (refused !== -EINVAL) return refused;
  if (index1 >= 2 ** 31 || index2 >= 2 ** 31) return -EBADF;
  return s.file.compareFiles(t, first, index1, second, index2);
};

const reboot: Operate = (s, t, magic1, magic2, command) => {
  const capabilities = s.kernel.attribute(t, ATTRIBUTE.effectiveCapabilities);
  if (!hasCapability(capabilities, CAP_SYS_BOOT)) return -EPERM;
  if (magic1 !== REBOOT_MAGIC_1 || !REBOOT_MAGIC_2.includes(magic2)) return -EINVAL;
  return s.process.reboot(t, command);
};

export const CONTROL_TABLE: readonly Row[] = Object.freeze([
  row(89, "acct", [optional(path)], () => -ENOSYS, "not there: ENOSYS"),
  row(
    90,
    "capget",
    [structInOut("cap_header", 8), optional(structOut("cap_data[2]", 24))],
    (s, t, header, data) => s.process.capabilityGet(t, header, data),
  ),
  row(
    91,
    "capset",
    [structInOut("cap_header", 8), optional(structIn("cap_data[2]", 24))],
    (s, t, header, data) => s.process.capabilitySet(t, header, data),
    "files carry no capabilities",
  ),
  row(92, "personality", [unsigned], (s, t, wanted) => s.process.personality(t, wanted)),
  row(97, "unshare", [flags], (s, t, what) => s.process.unshare(t, what), "no namespaces: EINVAL"),
  row(
    117,
    "ptrace",
    [long, int, address, address],
    (s, t, request, process) => s.process.trace(t, request, process),
    "nobody can be traced: ESRCH, EPERM, else ENOSYS",
  ),
  // There is nothing to restart: what a stop interrupted goes on by itself.
  row(128, "restart_syscall", [], () => -EINTR),
  row(142, "reboot", [unsigned, unsigned, unsigned, address], reboot, "the system ends"),
  row(167, "prctl", [int, long, long, long, long], control),
  row(268, "setns", [descriptor, int], enterNamespace, "no namespaces: EINVAL"),
  row(272, "kcmp", [int, int, int, unsigned, unsigned], compare),
  row(277, "seccomp", [unsigned, unsigned, address], () => -EINVAL, "no filters: EINVAL"),
  blocks(row(435, "clone3", [address, long], cloneWithSize)),
]);
