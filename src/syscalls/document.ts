/**
 * The table of system calls as documentation: docs/syscalls.md. A pure function of the table and of
 * Linux's list of names.
 */
import { linuxCallNames } from "../abi/call-names.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { INTERRUPT, NEVER, RESTART } from "../kernel/upcalls.js";
import type { ArgumentType } from "./arguments.js";
import { PROCEDURES } from "./posix.js";
import type { Row } from "./row.js";
import { SYSTEM_CALLS } from "./table.js";

const HEAD = `## There

- *arguments*: as \`--strace\` shows them. "in" is read from the program's memory, "out" written,
  "in/out" both; "?": may be null.
- *blocks*: the call can wait. *after a signal*: what becomes of the wait. "restart": it goes on if
  no handler ran or the handler has SA_RESTART, else EINTR; "EINTR": it goes on only if no handler
  ran; "always EINTR".
- *moves*: bytes go in chunks of at most 64 KiB; what was moved before a signal is returned.
`;

function restartText(row: Row): string {
  if (!row.canBlock) return "";
  if (row.restart === RESTART) return "restart";
  if (row.restart === INTERRUPT) return "EINTR";
  if (row.restart === NEVER) return "always EINTR";
  throw new Error(`${row.name}: unknown restart class ${row.restart}`);
}

function argumentText(type: ArgumentType): string {
  if (type.kind !== "range") return type.shown;
  const question = type.isOptional ? "?" : "";
  if (type.shown.startsWith("bytes")) return `${type.shown}${question}`;
  const directions = new Map([
    [ACCESS_READ, "in"],
    [ACCESS_WRITE, "out"],
    [ACCESS_READ | ACCESS_WRITE, "in/out"],
  ]);
  const array = type.elementBytes > 1 ? "[]" : "";
  return `${type.shown}${array} ${directions.get(type.access) ?? ""}${question}`;
}

function rowText(row: Row): string {
  const cells = [
    String(row.number),
    row.name,
    row.arguments.map(argumentText).join(", "),
    row.canBlock ? "yes" : "",
    restartText(row),
    row.partial === undefined ? "" : row.partial.direction,
    row.note,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Names with their numbers, in lines of at most 100 columns. */
function missingText(missing: readonly (readonly [number, string])[]): string {
  const lines: string[] = [];
  let line = "";
  missing.forEach(([number, name], index) => {
    const item = `${name} (${number})${index < missing.length - 1 ? "," : "."}`;
    if (line !== "" && line.length + 1 + item.length > 100) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? item : ` ${item}`;
  });
  return [...lines, line].join("\n");
}

/** POSIX's procedures with the calls that they make, in groups. */
function procedureLines(): string[] {
  return PROCEDURES.flatMap(({ title, procedures }) => [
    "",
    `### ${title}`,
    "",
    "| procedure | calls |",
    "|---|---|",
    ...procedures.map(({ name, calls }) => `| ${name} | ${calls.join(", ")} |`),
  ]);
}

/**
 * @returns markdown: a table of the calls that are there, with number, arguments, restart class and
 *   support note, then the calls of Linux 6.12 on riscv64 that answer ENOSYS
 * @throws when the table has a number or a name that Linux has not
 */
export function documentSystemCalls(): string {
  const names = linuxCallNames();
  const linuxCount = names.size;
  for (const { number, name } of SYSTEM_CALLS) {
    const linuxName = names.get(number);
    if (linuxName !== name) throw new Error(`call ${number} is ${linuxName}, not ${name}`);
  }
  for (const { number } of SYSTEM_CALLS) names.delete(number);
  const lines = [
    `${SYSTEM_CALLS.length} of the ${linuxCount} system calls of Linux 6.12 on riscv64.`,
    "",
    HEAD,
    "| number | name | arguments | blocks | after a signal | moves | note |",
    "|---|---|---|---|---|---|---|",
    ...SYSTEM_CALLS.map(rowText),
    "",
    "## POSIX's procedures",
    "",
    "What the C library makes of the procedures that textbooks list as a UNIX's system calls, as",
    "tests/docs/posix.test.ts sees it make them.",
    ...procedureLines(),
    "",
    "## Not there",
    "",
    "They answer ENOSYS, and are named once in verbose mode.",
    "",
    missingText([...names]),
  ];
  return `${lines.join("\n")}\n`;
}
