/** How an entry of LTP ended, and what its status means. */
import { stripVTControlCharacters } from "node:util";

export interface Ended {
  /** Exit status as a shell gives it; 124: no end, 125: an exception of ours. */
  readonly status: number;
  /** All that it wrote. */
  readonly text: string;
}

export type Verdict = "passed" | "failed" | "not applicable";

/**
 * LTP's exit statuses are bits: TFAIL 1, TBROK 2, TWARN 4, TCONF 32 (include/tst_res_flags.h). A
 * warning alone is no failure: in a user namespace every program warns that it cannot protect
 * itself from the out-of-memory killer.
 */
export function verdictOf({ status }: Ended): Verdict {
  if (status === 0 || status === 4) return "passed";
  return status === 32 ? "not applicable" : "failed";
}

/** The line that says most of a failure. */
export function reasonOf({ status, text }: Ended): string {
  const lines = text.split("\n").map((line) => line.trim());
  const told =
    lines.find((line) => /TFAIL|TBROK/.test(line)) ??
    lines.find((line) => /TCONF|panic|Error/.test(line)) ??
    lines.filter((line) => line !== "").at(-1) ??
    "";
  return `${status}: ${stripVTControlCharacters(told).slice(0, 160)}`;
}
