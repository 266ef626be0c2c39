/**
 * Runs LTP's entries natively (in the namespaces of tests/syscalls/harness.ts) and, those that pass
 * there, on both structures.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../src/image/index.js";
import { findTools, probeIsolation } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";
import type { Entry } from "./entries.js";
import { type Ended, reasonOf, type Verdict, verdictOf } from "./outcome.js";
import { runInSixfold } from "./sixfold.js";

const environment = ["TMPDIR=/tmp", "LTPROOT=/mnt", "KCONFIG_SKIP_CHECK=1", "LTP_TIMEOUT_MUL=1"];

/** How an entry ended in one place: "native" or a structure. */
export interface Line {
  readonly name: string;
  readonly where: string;
  readonly verdict: Verdict;
  /** Empty when it passed. */
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
    const pieces: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
    child.stderr.on("data", (piece: Buffer) => pieces.push(piece));
    child.on("error", reject);
    child.on("close", (status) => {
      resolve({ status: status ?? 255, text: Buffer.concat(pieces).toString("latin1") });
    });
  });
}

/**
 * Runs entries, one after the other.
 * @param folder what SIXFOLD_LTP names
 * @param known lines of an earlier run; what is in them natively is not run again
 * @param tell is told each line as soon as it is there
 */
export async function runEntries(
  folder: string,
  entries: readonly Entry[],
  known: readonly Line[],
  tell: (line: Line) => void,
): Promise<Line[]> {
  const { launcher, note } = await probeIsolation(findTools());
  if (launcher === null) throw new Error(note);
  const image = readFileSync((await buildImage()).path);
  const lines: Line[] = [];
  for (const entry of entries) {
    const add = (where: string, ended: Ended): Line => {
      const verdict = verdictOf(ended);
      const reason = verdict === "passed" ? "" : reasonOf(ended);
      const line = { name: entry.name, where, verdict, reason };
      lines.push(line);
      tell(line);
      return line;
    };
    let native = known.find(({ name, where }) => name === entry.name && where === "native");
    if (native === undefined) native = add("native", await runNatively(launcher, folder, entry));
    else lines.push(native);
    if (native.verdict !== "passed") continue;
    for (const structure of structures) {
      add(structure, runInSixfold(folder, structure, image, entry, environment));
    }
  }
  return lines;
}

/** How many passed of those that pass natively, per structure. */
export function shares(lines: readonly Line[]): Map<string, number> {
  const passed = (where: string) =>
    lines.filter((line) => line.where === where && line.verdict === "passed").length;
  return new Map(structures.map((name) => [name, passed(name) / passed("native")]));
}
