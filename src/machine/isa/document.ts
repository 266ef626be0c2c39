/** The instruction table as documentation. */

import type { Instruction } from "./instruction.js";
import { instructions } from "./table.js";

const order = ["I", "M", "A", "F", "D", "C", "Zicsr", "Zifencei", "S"] as const;
const titles: Readonly<Record<Instruction["extension"], string>> = Object.freeze({
  I: "RV64I: base integer",
  M: "M: multiplication and division",
  A: "A: atomic memory operations",
  F: "F: single-precision floating point",
  D: "D: double-precision floating point",
  C: "C: compressed instructions",
  Zicsr: "Zicsr: control and status registers",
  Zifencei: "Zifencei: instruction fetch fence",
  S: "Privileged instructions",
});

/** @returns markdown: a table per extension, with pattern, and privilege or expansion */
export function documentInstructions(): string {
  return order.map((extension) => section(extension)).join("\n");
}

function section(extension: Instruction["extension"]): string {
  const rows = instructions.filter((row) => row.extension === extension);
  const isCompressed = extension === "C";
  const last = isCompressed ? "is" : "privilege";
  const lines = [
    `## ${titles[extension]} (${rows.length})`,
    "",
    `| instruction | pattern, most significant bit first | ${last} |`,
    "|---|---|---|",
    ...rows.map((row) => {
      const pattern = row.pattern.replaceAll("|", "\\|");
      const text = isCompressed ? expansionText(row) : row.privilege;
      return `| ${row.name} | \`${pattern}\` | ${text} |`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}

function expansionText(row: Instruction): string {
  const { expansion } = row;
  if (expansion === undefined) return "";
  const parts = [
    ...Object.entries(expansion.fixed).map(([name, value]) => `${name} = ${value}`),
    ...expansion.copies.map(([to, from]) => `${to} = ${from}`),
  ];
  return parts.length === 0 ? expansion.name : `${expansion.name} with ${parts.join(", ")}`;
}
