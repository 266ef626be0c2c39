/** docs/ltp.md: the table of LTP's results, with a line of reason per failure. */

import { structures } from "../syscalls/sixfold.js";
import { type Entry, leftOut } from "./entries.js";
import type { Verdict } from "./outcome.js";
import type { Line } from "./runner.js";

const places = ["native", ...structures];

function counts(lines: readonly Line[]): string[] {
  const count = (where: string, verdict: Verdict) =>
    lines.filter((line) => line.where === where && line.verdict === verdict).length;
  return places.map((where) => {
    const numbers = (["passed", "failed", "not applicable"] as const).map((v) => count(where, v));
    return `| ${where} | ${numbers.join(" | ")} |`;
  });
}

/** Entries that pass natively and not in every structure. */
function failures(lines: readonly Line[]): string[] {
  const byName = new Map<string, Line[]>();
  for (const line of lines) {
    if (line.where === "native" || line.verdict === "passed") continue;
    byName.set(line.name, [...(byName.get(line.name) ?? []), line]);
  }
  return [...byName].map(([name, found]) => {
    const where = found.length === structures.length ? "both" : (found[0]?.where ?? "");
    const reason = (found[0]?.reason ?? "").replaceAll("|", "\\|");
    return `| ${name} | ${where} | ${found[0]?.verdict} | ${reason} |`;
  });
}

function groupsLeftOut(entries: readonly Entry[]): string[] {
  const groups = new Map<string, number>();
  for (const entry of entries) {
    const reason = leftOut(entry);
    if (reason !== undefined) groups.set(reason, (groups.get(reason) ?? 0) + 1);
  }
  return [...groups].map(([reason, count]) => `| ${reason} | ${count} |`);
}

/** The page for these results. */
export function page(entries: readonly Entry[], lines: readonly Line[]): string {
  return [
    "# The Linux Test Project",
    "",
    "Entries of LTP's `runtest/syscalls` on the host's Linux, in namespaces of their own, and on",
    "both structures; only what passes natively is run here. Version and how to run it:",
    "[testing](testing.md). Written by `npx tsx tests/ltp/run.ts --out FILE --page`. A failure's",
    "reason begins with the exit status: 1 failed, 2 broken, 4 warned, 32 not applicable, 124 no",
    "end.",
    "",
    "| | passed | failed | not applicable |",
    "|---|---|---|---|",
    ...counts(lines),
    "",
    "## What passes natively and not here",
    "",
    "| entry | structure | | reason |",
    "|---|---|---|---|",
    ...failures(lines),
    "",
    "## Not run",
    "",
    "| group | entries |",
    "|---|---|",
    ...groupsLeftOut(entries),
    "",
  ].join("\n");
}
