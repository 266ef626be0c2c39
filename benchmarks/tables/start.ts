/**
 * Start to first output, and resident memory at the prompt, beside what users would take instead.
 * Each row is a process of its own; rounds are interleaved.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readImage } from "../../src/image/stored.js";
import { residentBytes, runWhole } from "../host-process.js";
import { NotHere } from "../peers/cache.js";
import { prepare, startQemuSystem, v86Arguments, v86Options } from "../peers/machines.js";
import { installNpm, npmVersion } from "../peers/npm.js";
import { busybox, qemuSystem, qemuUser, upstreamVersion } from "../peers/packages.js";
import { Shell } from "../peers/shell.js";
import { sixfold } from "../places.js";
import { median, short, table, withUnit } from "../statistics.js";
import { type Options, printHead, type Table } from "./context.js";

/** What one start shows; NaN: not measured in this row. */
interface Start {
  readonly firstOutputMs: number;
  readonly totalMs: number;
  readonly residentBytes: number;
}

type Row = readonly [name: string, measure: () => Promise<Start>];

const root = fileURLToPath(new URL("../..", import.meta.url));
const echo = ["busybox", "echo", "hi"];
const SETTLE_MS = 1000;

/** A script that prints its first output's time and its memory as JSON. */
async function reported(command: readonly string[]): Promise<Start> {
  const { stdout, totalMs } = await runWhole(command);
  const found = JSON.parse(stdout) as { firstOutputMs: number; rssBytes: number };
  return { firstOutputMs: found.firstOutputMs, totalMs, residentBytes: found.rssBytes };
}

async function whole(command: readonly string[], resident: number, cwd = root): Promise<Start> {
  const { firstOutputMs, totalMs } = await runWhole(command, { cwd });
  return { firstOutputMs, totalMs, residentBytes: resident };
}

/** Memory of a shell that waits at its prompt. */
async function atPrompt(command: readonly string[]): Promise<number> {
  const [program = "", ...args] = command;
  const shell = new Shell("shell", spawn(program, args));
  try {
    await shell.run("echo ready");
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return residentBytes(shell.child);
  } finally {
    shell.close();
  }
}

async function qemuStart(): Promise<Start> {
  const startMs = performance.now();
  const shell = await startQemuSystem(new Map());
  try {
    await prepare(shell);
    const firstOutputMs = performance.now() - startMs;
    return { firstOutputMs, totalMs: Number.NaN, residentBytes: residentBytes(shell.child) };
  } finally {
    shell.close();
  }
}

async function v86Start(mode: "boot" | "restore"): Promise<Start> {
  const options = await v86Options(new Map());
  if (mode === "restore" && !existsSync(String(options.state))) {
    await runWhole([process.execPath, ...v86Arguments("save", options)]);
  }
  return await reported([process.execPath, ...v86Arguments(mode, options)]);
}

async function justBash(): Promise<Start> {
  const entry = join(installNpm("npm"), "just-bash", "dist", "bundle", "index.js");
  const script = join(root, "benchmarks", "peers", "just-bash.mjs");
  return await reported([process.execPath, script, pathToFileURL(entry).href]);
}

async function embedded(): Promise<Start> {
  const image = await readImage();
  if (image === undefined) throw new NotHere("there is no image: npx sixfold image build");
  return await reported([process.execPath, join(root, "benchmarks", "start.mjs"), image.path]);
}

async function userMode(): Promise<Start> {
  const qemu = join((await qemuUser()).folder, "usr", "bin", "qemu-riscv64");
  const box = await busybox("riscv64");
  const resident = await atPrompt([qemu, box, "sh"]);
  return await whole([qemu, box, "echo", "hi"], resident);
}

async function ownStart(structure: string): Promise<Start> {
  const options = ["run", "--structure", structure];
  const resident = await atPrompt(sixfold(...options, "--", "sh"));
  return await whole(sixfold(...options, "--", ...echo), resident);
}

const rows: readonly Row[] = [
  ["node -e 0: the floor", () => whole([process.execPath, "-e", "console.log(1)"], Number.NaN)],
  ["sixfold run -- busybox echo hi", () => ownStart("monolithic")],
  ["the same, microkernel", () => ownStart("microkernel")],
  ["the same through npx", () => whole(["npx", "sixfold", "run", "--", ...echo], Number.NaN)],
  ["npx --version: npx alone", () => whole(["npx", "--version"], Number.NaN)],
  ["Sixfold's API, from its import", embedded],
  ["just-bash, from its import", justBash],
  ["v86, restored from a state", () => v86Start("restore")],
  ["v86, fresh", () => v86Start("boot")],
  ["qemu-system", qemuStart],
  ["qemu-user", userMode],
];

async function versions(): Promise<string[]> {
  const modules = installNpm("npm");
  return [
    `qemu-user ${upstreamVersion(await qemuUser(), "qemu-user")}`,
    `qemu-system ${upstreamVersion(await qemuSystem(), "qemu-system-riscv")}`,
    ...["v86", "just-bash"].map((name) => `${name} ${npmVersion(modules, name)}`),
  ];
}

async function print(options: Options): Promise<void> {
  const found = new Map<string, Start[]>();
  const missing = new Map<string, string>();
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, measure] of rows) {
      if (missing.has(name)) continue;
      console.error(`round ${round + 1} of ${options.rounds}: ${name}`);
      try {
        found.set(name, [...(found.get(name) ?? []), await measure()]);
      } catch (error) {
        missing.set(name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  const of = (name: string, key: keyof Start) => {
    const values = (found.get(name) ?? []).map((start) => start[key]).filter(Number.isFinite);
    return options.isBest && values.length > 0 ? Math.min(...values) : median(values);
  };
  const lines = rows
    .filter(([name]) => found.has(name))
    .map(([name]) => [
      name,
      withUnit(of(name, "firstOutputMs"), "ms"),
      withUnit(of(name, "totalMs"), "ms"),
      short(of(name, "residentBytes") / 1e6),
    ]);
  printHead("start", options, await versions());
  console.log("Start to first output; the whole process; resident memory at the prompt.\n");
  console.log(table([["", "first output", "whole process", "resident MB"], ...lines]));
  for (const [name, why] of missing) console.log(`\nNot measured: ${name}: ${why}`);
}

export const startTable: Table = {
  name: "start",
  about: "Start to first output and resident memory, beside just-bash, v86 and qemu",
  print,
};
