/**
 * The test driver behind `npm test`: finds the test files, runs each in a process of its own (two
 * at a time), prints what failed, node's summary, what was not run and why, and one closing line
 * "N passed, N failed, N skipped". Layers: `findTestFiles` → node's runner → tally.ts → printing.
 *
 * Arguments: parts of file names; only files that contain one of them run. SIXFOLD_TEST_STRICT=1
 * (set by .ci/run): a skipped test fails the run unless its reason names a folder variable
 * (SIXFOLD_…).
 */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { type Failure, finish, newTally, notRunLines, record, type Tally } from "./tally.js";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const concurrentFiles = 2;
const fileTimeoutMs = process.env.SIXFOLD_TEST_LONG === "1" ? 7_200_000 : 900_000;
/** Kept of what a file printed, to show when it fails. */
const outputTailLines = 40;
const slowestShown = 5;
/** Whole systems and oracles take longest: they begin first, so that both workers end together. */
const longFirst = ["tests/boot", "tests/isa", "tests/syscalls"];

function findTestFiles(words: readonly string[]): string[] {
  const found = ["src", "tests"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(folder, name)),
  );
  const wanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
  const rank = (name: string) => (longFirst.some((folder) => name.startsWith(folder)) ? 0 : 1);
  return found
    .filter(wanted)
    .sort()
    .sort((left, right) => rank(left) - rank(right));
}

function printFailure(failure: Failure, output: string): void {
  console.log(`\nFAILED ${relative(root, failure.file)}: ${failure.name}`);
  const cause = failure.error instanceof Error ? (failure.error.cause ?? failure.error) : undefined;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
  console.log(text.replace(/^/gm, "  "));
  const tail = output.trimEnd().split("\n").slice(-outputTailLines).join("\n");
  if (tail !== "") console.log("  the file printed:\n".concat(tail.replace(/^/gm, "  | ")));
}

/** The files that took longest: what to look at when the five minutes get short. */
function slowestLine(tally: Tally): string {
  const slowest = [...tally.secondsOfFile].sort(([, a], [, b]) => b - a).slice(0, slowestShown);
  const texts = slowest.map(([file, seconds]) => `${relative(root, file)} ${seconds.toFixed(0)} s`);
  return `# slowest: ${texts.join(", ")}`;
}

function printSummary(tally: Tally): void {
  const summary = tally.nodeSummary.map((line) => `# ${line}`);
  const lines = [...summary, slowestLine(tally), ...notRunLines(tally)];
  console.log(`\n${lines.join("\n")}`);
  console.log(`${tally.passed} passed, ${tally.failures.length} failed, ${tally.skipped} skipped`);
}

function showProgress(tally: Tally, name: string): void {
  if (!process.stdout.isTTY) return;
  const done = tally.passed + tally.failures.length + tally.skipped;
  process.stdout.write(`\r\x1b[K${done} tests, now ${name.slice(0, 60)}`);
}

async function main(): Promise<number> {
  const files = findTestFiles(process.argv.slice(2));
  const tally = newTally();
  const paths = files.map((name) => join(root, name));
  const events = run({ files: paths, concurrency: concurrentFiles, timeout: fileTimeoutMs });
  for await (const event of events) {
    record(tally, event);
    if (event.type === "test:start") showProgress(tally, event.data.name);
  }
  finish(tally);
  if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
  for (const failure of tally.failures) {
    printFailure(failure, tally.outputOfFile.get(failure.file) ?? "");
  }
  const strict = process.env.SIXFOLD_TEST_STRICT === "1";
  const refused = strict ? tally.skips.filter((skip) => !/SIXFOLD_\w+/.test(skip.reason)) : [];
  for (const skip of refused)
    console.log(`\nNOT ALLOWED HERE: skipped ${skip.name}: ${skip.reason}`);
  printSummary(tally);
  const ran = tally.passed + tally.failures.length > 0;
  return tally.failures.length === 0 && refused.length === 0 && ran ? 0 : 1;
}

process.exitCode = await main();
