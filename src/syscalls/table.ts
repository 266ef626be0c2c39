/**
 * The table of system calls of Linux/riscv64 (include/uapi/asm-generic/unistd.h): number, name,
 * argument types, operation, restart class, support note. Dispatch, --strace and docs/syscalls.md
 * come from it. A new call is one method of a service, one row here, one test.
 */
import type { Row } from "./row.js";
import { CONTROL_TABLE } from "./table-control.js";
import { DATA_ROWS } from "./table-data.js";
import { EVENT_TABLE } from "./table-events.js";
import { FILE_ROWS } from "./table-file.js";
import { MEMORY_TABLE } from "./table-memory.js";
import { MOUNT_ROWS } from "./table-mount.js";
import { PROCESS_TABLE } from "./table-process.js";
import { SCHEDULING_TABLE } from "./table-scheduling.js";
import { SOCKET_ROWS } from "./table-socket.js";
import { SYSTEM_TABLE } from "./table-system.js";
import { TERMINAL_ROWS } from "./table-terminals.js";
import { TIME_TABLE } from "./table-time.js";

/** All rows, by number. */
export const SYSTEM_CALLS: readonly Row[] = Object.freeze(
  [
    ...DATA_ROWS,
    ...FILE_ROWS,
    ...MOUNT_ROWS,
    ...EVENT_TABLE,
    ...TIME_TABLE,
    ...PROCESS_TABLE,
    ...CONTROL_TABLE,
    ...SCHEDULING_TABLE,
    ...SOCKET_ROWS,
    ...MEMORY_TABLE,
    ...SYSTEM_TABLE,
    ...TERMINAL_ROWS,
  ].sort((a, b) => a.number - b.number),
);
