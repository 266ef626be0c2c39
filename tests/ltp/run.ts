/**
 * Prints how LTP's entries do natively and on both structures, as docs/ltp.md has it.
 *
 * usage: SIXFOLD_LTP=FOLDER npx tsx tests/ltp/run.ts [--out FILE] [--part I/N] [--page] [WORD...]
 * FOLDER has runtest/syscalls, and in native/ and riscv64/ what LTP's `make install` gives. With
 * words only entries whose name contains one. Results go to FILE as JSON, one line per entry; what
 * is in it already natively is not run again. --part 1/2 runs every other entry. --page writes
 * docs/ltp.md from FILE, without a run.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { leftOut, readEntries } from "./entries.js";
import { page } from "./page.js";
import { type Line, runEntries, shares } from "./runner.js";

function readLines(path: string | undefined): Line[] {
  if (path === undefined || !existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Line);
}

async function main(): Promise<void> {
  const folder = process.env.SIXFOLD_LTP;
  if (folder === undefined) throw new Error("SIXFOLD_LTP names no folder");
  const words = process.argv.slice(2);
  const outAt = words.indexOf("--out");
  const out = outAt < 0 ? undefined : words.splice(outAt, 2)[1];
  const partAt = words.indexOf("--part");
  const part = partAt < 0 ? "1/1" : (words.splice(partAt, 2)[1] ?? "");
  const [index = 1, parts = 1] = part.split("/").map(Number);
  const pageAt = words.indexOf("--page");
  const all = readEntries(folder);
  if (pageAt >= 0) {
    writeFileSync(new URL("../../docs/ltp.md", import.meta.url), page(all, readLines(out)));
    return;
  }
  const wanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
  const chosen = all.filter((entry) => leftOut(entry) === undefined && wanted(entry.name));
  const entries = chosen.filter((_, place) => place % parts === index - 1);
  const lines = await runEntries(folder, entries, readLines(out), (line) => {
    if (out !== undefined) appendFileSync(out, `${JSON.stringify(line)}\n`);
    if (line.where !== "native" && line.verdict !== "passed") {
      console.log(`${line.name} ${line.where}: ${line.verdict}: ${line.reason}`);
    }
  });
  for (const [structure, share] of shares(lines)) {
    console.log(`${structure}: ${(share * 100).toFixed(1)} % of what passes natively`);
  }
}

await main();
