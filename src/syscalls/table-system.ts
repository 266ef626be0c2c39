/**
 * Rows about the system as a whole.
 */
import { ENOSYS } from "../abi/errno.js";
import { RECORD } from "../kernel/calls.js";
import { address, flags, int, optional, size, structOut } from "./arguments.js";
import { row } from "./make-row.js";
import type { Row } from "./row.js";
import { processorNumber, randomBytes, setName, systemName, systemStatus } from "./system-calls.js";

export const SYSTEM_TABLE: readonly Row[] = Object.freeze([
  row(
    116,
    "syslog",
    [int, address, int],
    () => -ENOSYS,
    "there is no kernel log: ENOSYS, as of a Linux without one",
  ),
  row(160, "uname", [structOut("utsname", 390)], systemName),
  row(161, "sethostname", [address, int], setName(RECORD.hostName)),
  row(162, "setdomainname", [address, int], setName(RECORD.domainName)),
  row(
    168,
    "getcpu",
    [optional(structOut("cpu", 4)), optional(structOut("node", 4)), address],
    processorNumber,
  ),
  row(179, "sysinfo", [structOut("sysinfo", 112)], systemStatus),
  row(278, "getrandom", [address, size, flags], randomBytes),
]);
