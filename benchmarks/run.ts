/**
 * `npm run bench [-- TABLE…]`: measures and prints tables for docs/performance.md. `--help` lists
 * the tables. Peers are fetched into the cache folder; one that cannot run here is named below its
 * table with the reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { placeNames } from "./places.js";
import { coldTable } from "./tables/cold.js";
import { compareTables } from "./tables/compare.js";
import type { Options, Table } from "./tables/context.js";
import { idleTable } from "./tables/idle.js";
import { startTable } from "./tables/start.js";

/** Programs of this folder that print tables of their own. */
const scripts: readonly (readonly [string, string])[] = [
  ["port", "What a call to a service costs: the object itself, and a message"],
  ["mips", "Instructions per second of the interpreter"],
  ["float", "What a float operation costs"],
  ["embed", "The API: from import to first output, boots, many systems"],
  ["hostile", "What hostile guests cost the host"],
];

function scriptTable(name: string, about: string): Table[] {
  const path = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  if (!existsSync(path)) return [];
  const print = async () => {
    console.log(`\n### ${name}\n\n\`npm run bench -- ${name}\`\n`);
    spawnSync(process.execPath, ["--import", "tsx", path], { stdio: "inherit" });
  };
  return [{ name, about, print }];
}

const tables: readonly Table[] = Object.freeze([
  ...compareTables,
  coldTable,
  startTable,
  idleTable,
  ...scripts.flatMap(([name, about]) => scriptTable(name, about)),
]);

function help(): string {
  const lines = tables.map(({ name, about }) => `  ${name.padEnd(9)}${about}`);
  return `npm run bench -- [OPTIONS] [TABLE...]

Measures, and prints tables as Markdown. Without a table: all of them, which takes about an hour.
Peers (Debian's qemu 10, v86 and just-bash from npm) are fetched into the cache folder, once.

Tables:
${lines.join("\n")}

Options:
  --rounds N       rounds, each through all places (default 3)
  --ms N           length of a repetition of system calls in milliseconds (default 100)
  --repetitions N  of CPU programs, for the steady state (default 8)
  --places A,B     only these of ${placeNames.join(", ")}
  --best           the least disturbed value of each place instead of the median: for a machine
                   with other work
  --help           this text`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      ms: { type: "string", default: "100" },
      repetitions: { type: "string", default: "8" },
      places: { type: "string" },
      best: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(help());
    return;
  }
  const unknown = positionals.find((name) => !tables.some((table) => table.name === name));
  if (unknown !== undefined) {
    console.error(`There is no table "${unknown}". See: npm run bench -- --help`);
    process.exitCode = 1;
    return;
  }
  const options: Options = {
    rounds: Number(values.rounds),
    repetitionMs: Number(values.ms),
    repetitions: Number(values.repetitions),
    places: values.places?.split(","),
    isBest: values.best,
  };
  for (const table of tables) {
    if (positionals.length === 0 || positionals.includes(table.name)) await table.print(options);
  }
}

// Ends by itself, so that what was started ends too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
await main();
