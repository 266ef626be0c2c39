/** What every table is given, and the line above each: how it was made, when, and with what. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";

export interface Options {
  readonly rounds: number;
  /** Milliseconds that a repetition of `micro` lasts. */
  readonly repetitionMs: number;
  /** Repetitions of CPU programs for the steady state. */
  readonly repetitions: number;
  /** The least disturbed value instead of the median. */
  readonly isBest: boolean;
  /** Only these places; undefined: all of the table. */
  readonly places: readonly string[] | undefined;
}

/** A table of `npm run bench`. */
export interface Table {
  readonly name: string;
  readonly about: string;
  print(options: Options): Promise<void>;
}

/** The commit that is checked out, as part of a line, or nothing. */
export function commit(): string {
  const result = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" });
  return result.status === 0 ? `, commit ${result.stdout.trim()}` : "";
}

/** Prints the lines above a table. @param peers versions of those that it compares with */
export function printHead(name: string, options: Options, peers: readonly string[] = []): void {
  const { rounds, repetitionMs, places, isBest } = options;
  const best = isBest ? " --best" : "";
  const only = places === undefined ? "" : ` --places ${places.join(",")}`;
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  const load = readFileSync("/proc/loadavg", "utf8").split(" ")[0];
  const [processor] = cpus();
  console.log(`\n### ${name}\n`);
  const given = `--rounds ${rounds} --ms ${repetitionMs}${best}${only}`;
  console.log(`\`npm run bench -- ${name} ${given}\`; ${date} UTC${commit()};`);
  console.log(
    [
      `Node ${process.versions.node}, V8 ${process.versions.v8}`,
      ...peers,
      `Linux ${release()}`,
      `${cpus().length} × ${processor?.model.trim()}`,
      `load ${load}`,
    ].join(", "),
  );
  console.log("");
}
