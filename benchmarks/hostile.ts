/**
 * What hostile programs (tests/programs/hostile.c) cost the embedder: its resident memory, and how
 * long its event loop is held up, in each structure, with one system for all of them. Uses the
 * built package. Arguments: ways to attack (default: those of issue 4).
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileRiscv, findTools, needsCompiler } from "../tests/syscalls/harness.js";
import { short, table } from "./statistics.js";

const here = dirname(fileURLToPath(import.meta.url));
const STRUCTURES = ["monolithic", "microkernel"];
const USUAL_WAYS = [
  "bomb",
  "heap",
  "memory",
  "!yes > /tmp/full",
  "content",
  "files",
  "tree",
  "output",
  "idle 10000",
  "pipes",
  "sockets",
  "epoll",
];

interface Row {
  readonly way: string;
  readonly ended: string;
  readonly milliseconds: number;
  readonly delayMs: number;
  readonly rssMegabytes: number;
  readonly ok: boolean;
}

/** Attacks one system. @returns a row for each way */
function attack(program: string, structure: string, ways: readonly string[]): readonly Row[] {
  const script = join(here, "hostile.mjs");
  const ran = spawnSync(process.execPath, [script, program, structure, ...ways], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (ran.status !== 0) throw new Error(`${structure}: the embedder ended with ${ran.status}`);
  return ran.stdout
    .trim()
    .split("\n")
    .map((line): Row => JSON.parse(line));
}

function cells(row: Row): string[] {
  if (row.ended === undefined) return [row.way, "", "", "", `${short(row.rssMegabytes)} MB`, ""];
  return [
    row.way,
    row.ended.replaceAll("\n", "; ").slice(0, 60),
    `${short(row.milliseconds / 1000)} s`,
    `${short(row.delayMs)} ms`,
    `${short(row.rssMegabytes)} MB`,
    row.ok ? "yes" : "NO",
  ];
}

const program = await compileRiscv(findTools(), join(here, "..", "tests/programs/hostile.c"));
if (program === null) throw new Error(needsCompiler);
const given = process.argv.slice(2);
const ways = given.length > 0 ? given : USUAL_WAYS;
for (const structure of STRUCTURES) {
  console.log(`\n${structure}, 256 MiB\n`);
  const head = ["what", "how it ended", "took", "longest delay", "resident", "echo ok"];
  console.log(table([head, ...attack(program, structure, ways).map(cells)]));
}
