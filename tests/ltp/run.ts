/**
 * Runs LTP's entries natively and on both structures and prints a table.
 *
 * usage: SIXFOLD_LTP=FOLDER npx tsx tests/ltp/run.ts [--out FILE] [WORD...]
 * FOLDER has runtest/syscalls, and in native/ and riscv64/ what LTP's `make install` gives. With
 * words only entries whose name contains one. Results go to FILE as JSON, one line per entry; what
 * is in it already natively is not run again.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../src/image/index.js";
import { findTools, probeIsolation } from "../syscalls/harness.js";
import { type Entry, leftOut, readEntries } from "./entries.js";
import { type Ended, reasonOf, type Verdict, verdictOf } from "./outcome.js";
import { runInSixfold } from "./sixfold.js";

const environment = ["TMPDIR=/tmp", "LTPROOT=/mnt", "KCONFIG_SKIP_CHECK=1", "LTP_TIMEOUT_MUL=1"];

interface Line {
  readonly name: string;
  readonly where: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

function runNatively(launcher: string, folder: string, entry: Entry): Promise<Ended> {
  const programs = join(folder, "native", "testcases", "bin");
  const variables = Object.fromEntries(environment.map((one) => one.split("=", 2)));
  return new Promise((resolve, reject) => {
    const child = spawn(launcher, [programs, "/bin/sh", "-c", entry.command], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...variables, PATH: "/mnt:/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    let text = "";
    child.stdout.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
    child.stderr.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 255, text }));
  });
}

async function main(): Promise<void> {
  const folder = process.env.SIXFOLD_LTP;
  if (folder === undefined) throw new Error("SIXFOLD_LTP names no folder");
  const words = process.argv.slice(2);
  const outAt = words.indexOf("--out");
  const out = outAt < 0 ? undefined : words.splice(outAt, 2)[1];
  const wanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
  const entries = readEntries(folder).filter((e) => leftOut(e) === undefined && wanted(e.name));
  const known: Line[] =
    out !== undefined && existsSync(out)
      ? readFileSync(out, "utf8")
          .trim()
          .split("\n")
          .filter(Boolean)
          .map((l) => JSON.parse(l))
      : [];
  const lines = await runAll(folder, entries, known, (line) => {
    if (out !== undefined) appendFileSync(out, `${JSON.stringify(line)}\n`);
    if (line.where !== "native" && line.verdict !== "passed") {
      console.log(`${line.name} ${line.where}: ${line.verdict}: ${line.reason}`);
    }
  });
  printTable(lines);
}

async function runAll(
  folder: string,
  entries: readonly Entry[],
  known: readonly Line[],
  tell: (line: Line) => void,
): Promise<Line[]> {
  const tools = findTools();
  const { launcher, note } = await probeIsolation(tools);
  if (launcher === null) throw new Error(note);
  const image = readFileSync((await buildImage()).path);
  const lines: Line[] = [];
  for (const entry of entries) {
    const add = (where: string, ended: Ended): Line => {
      const verdict = verdictOf(ended);
      const line = {
        name: entry.name,
        where,
        verdict,
        reason: verdict === "passed" ? "" : reasonOf(ended),
      };
      lines.push(line);
      tell(line);
      return line;
    };
    let native = known.find(({ name, where }) => name === entry.name && where === "native");
    if (native === undefined) native = add("native", await runNatively(launcher, folder, entry));
    else lines.push(native);
    if (native.verdict !== "passed") continue;
    for (const structure of ["monolithic", "microkernel"]) {
      add(structure, runInSixfold(folder, structure, image, entry, environment));
    }
  }
  return lines;
}

function printTable(lines: readonly Line[]): void {
  const count = (where: string, verdict: Verdict) =>
    lines.filter((line) => line.where === where && line.verdict === verdict).length;
  console.log("| | passed | failed | not applicable |\n|---|---|---|---|");
  for (const where of ["native", "monolithic", "microkernel"]) {
    const counts = (["passed", "failed", "not applicable"] as const).map((v) => count(where, v));
    console.log(`| ${where} | ${counts.join(" | ")} |`);
  }
}

await main();
