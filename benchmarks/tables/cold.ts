/**
 * Whole processes, translation included: the CPU programs once, and a large program (esbuild's
 * riscv64 binary from npm bundling a parser), with an empty cache of translations and a filled one.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runWhole } from "../host-process.js";
import { NotHere } from "../peers/cache.js";
import { installNpm, npmVersion } from "../peers/npm.js";
import { qemuUser, upstreamVersion } from "../peers/packages.js";
import { imageWithPrograms, scratchFolder, sixfold } from "../places.js";
import { Built, cpuProgram, cpuSizes } from "../programs.js";
import { geometricMean, median, short, table, withUnit } from "../statistics.js";
import { type Options, printHead, type Table } from "./context.js";

const input = fileURLToPath(
  new URL("../../node_modules/@babel/parser/lib/index.js", import.meta.url),
);
const MEMORY = "1G";

interface Work {
  readonly name: string;
  /** By what it is called on the host and in /bench. */
  readonly program: string;
  readonly args: (folder: string) => readonly string[];
}

type Way = "qemu-user" | "empty" | "filled";
const ways: readonly Way[] = ["qemu-user", "empty", "filled"];

function works(files: Map<string, string>): Work[] {
  const cpu = cpuSizes.map(([name, size]): Work => {
    return { name, program: name, args: () => [String(size), "1"] };
  });
  try {
    const modules = installNpm("esbuild", ["--force", "--cpu=riscv64", "--os=linux"]);
    files.set("esbuild", join(modules, "@esbuild", "linux-riscv64", "bin", "esbuild"));
    files.set("input.js", input);
    const args = (folder: string) => [join(folder, "input.js"), "--bundle", "--minify"];
    const version = npmVersion(modules, "@esbuild/linux-riscv64");
    return [...cpu, { name: `esbuild ${version}`, program: "esbuild", args }];
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
    console.error(`esbuild: ${error.message}`);
    return cpu;
  }
}

/** The command of one way; on the host input.js lies beside its package. */
function commandOf(way: Way, work: Work, files: ReadonlyMap<string, string>, setting: Setting) {
  const file = files.get(work.program) ?? "";
  if (way === "qemu-user") {
    const args = work.args("").map((arg) => (arg.endsWith("input.js") ? input : arg));
    return [setting.qemu, file, ...args];
  }
  const options = ["--image", setting.image, "--memory", MEMORY];
  return sixfold("run", ...options, "--", `/bench/${work.program}`, ...work.args("/bench"));
}

interface Setting {
  readonly qemu: string;
  readonly image: string;
  readonly cache: string;
}

async function measureOne(way: Way, work: Work, files: Map<string, string>, setting: Setting) {
  if (way === "empty") rmSync(setting.cache, { recursive: true, force: true });
  mkdirSync(setting.cache, { recursive: true });
  const env = { ...process.env, SIXFOLD_CACHE: setting.cache };
  try {
    return (await runWhole(commandOf(way, work, files, setting), { env })).totalMs;
  } catch (error) {
    console.error(`${way}: ${work.name}: ${error instanceof Error ? error.message : error}`);
    return Number.NaN;
  }
}

/** The median of those that were measured, or the best. */
function middle(times: readonly number[], isBest: boolean): number {
  const finite = times.filter(Number.isFinite);
  return isBest && finite.length > 0 ? Math.min(...finite) : median(finite);
}

function fasterBy(peer: readonly number[], own: readonly number[], isBest: boolean): number {
  if (isBest) return middle(peer, true) / middle(own, true);
  const pairs = own.map((time, round) => (peer[round] ?? Number.NaN) / time);
  return middle(pairs, false);
}

async function print(options: Options): Promise<void> {
  const built = new Built(cpuSizes.map(([name, size]) => cpuProgram(name, size, 1)));
  const scratch = scratchFolder();
  try {
    const files = new Map(built.files("riscv64"));
    const all = works(files);
    const image = await imageWithPrograms(files, scratch);
    const packages = await qemuUser();
    const qemu = join(packages.folder, "usr/bin/qemu-riscv64");
    const setting: Setting = { qemu, image, cache: join(scratch, "cache") };
    const times = new Map<string, number[]>();
    const rows: string[][] = [];
    const ratios: Record<"empty" | "filled", number[]> = { empty: [], filled: [] };
    for (const work of all) {
      for (let round = 0; round < options.rounds; round++) {
        console.error(`round ${round + 1} of ${options.rounds}: ${work.name}`);
        for (const way of ways) {
          const key = `${work.name} ${way}`;
          const time = await measureOne(way, work, files, setting);
          times.set(key, [...(times.get(key) ?? []), time]);
        }
      }
      const of = (way: Way) => times.get(`${work.name} ${way}`) ?? [];
      const faster = (way: "empty" | "filled") => {
        const ratio = fasterBy(of("qemu-user"), of(way), options.isBest);
        ratios[way].push(ratio);
        return short(ratio);
      };
      const cells = ways.map((way) => withUnit(middle(of(way), options.isBest), "ms"));
      rows.push([work.name, ...cells, faster("empty"), faster("filled")]);
    }
    const means = [ratios.empty, ratios.filled].map((values) => short(geometricMean(values)));
    rows.push(["geometric mean", "", "", "", ...means]);
    const isKept = existsSync(setting.cache) && readdirSync(setting.cache).length > 0;
    printHead("cold", options, [`qemu-user ${upstreamVersion(packages, "qemu-user")}`]);
    console.log(
      "Whole processes, start of the system and translation included, times on the host.",
    );
    if (!isKept) console.log("Translations are not kept between starts: both columns are without.");
    const head = ["", "qemu-user", "empty cache", "filled cache"];
    const heads = ["empty, × faster than qemu-user", "filled, × faster than qemu-user"];
    console.log(`\n${table([[...head, ...heads], ...rows])}`);
  } finally {
    built.remove();
    rmSync(scratch, { recursive: true, force: true });
  }
}

export const coldTable: Table = {
  name: "cold",
  about: "Whole processes with translation, empty and filled cache, and a large program",
  print,
};
