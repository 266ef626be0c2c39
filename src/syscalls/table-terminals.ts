/** System calls on terminals that are not requests of ioctl. */

import { row } from "./make-row.js";
import type { Row } from "./row.js";

export const TERMINAL_ROWS: readonly Row[] = Object.freeze([
  row(58, "vhangup", [], (s, t) => s.tty.hangUpOwn(t)),
]);
