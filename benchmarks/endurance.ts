/**
 * Mixed work for a long time under a limit of translations: does throughput hold, and memory? One
 * system of the built package, in this thread, does the same pieces of work in turn; what a piece
 * prints must be what it printed first.
 *
 * `npx tsx benchmarks/endurance.ts` behind a build. Options: --minutes N (default 60),
 * --translation-bytes N (default 64 MiB), --structure NAME.
 *
 *   endurance-work.ts   the pieces
 *   Guest               one booted system, which runs them
 *   Noted               what was seen at the end of each piece
 *   tenthsOf, report    the curve
 */
import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { enableEngineFeatures } from "../dist/host/node/engine.js";
import { loadImage } from "../dist/index.js";
import { createSystem, type System } from "../dist/structures/boot.js";
import { compileRiscv, findTools, needsCompiler } from "../tests/syscalls/harness.js";
import { compiled, type Piece, PROGRAMS, pieces, preparation } from "./endurance-work.js";
import { Built } from "./programs.js";
import { median, short, table } from "./statistics.js";
import { commit } from "./tables/context.js";

const MEGABYTE = 1e6;
const TENTHS = 10;
const RAM_BYTES = 256 * 2 ** 20;
/** About a millisecond of work between two samples of the clock. */
const BUDGET_INSTRUCTIONS = 200_000;
const PIECE_MS_MAX = 300_000;
const ENVIRONMENT = ["PATH=/usr/bin:/usr/sbin:/bin:/sbin", "HOME=/root", "LC_ALL=C"];

interface Options {
  readonly minutes: number;
  readonly translationBytes: number;
  readonly structure: string;
}

/** A piece that was done. Times are since the first began; counts are sums up to its end. */
interface Noted {
  readonly piece: number;
  readonly beganMs: number;
  readonly endedMs: number;
  /** Processor time of the whole process for it, the engine's compilers included. */
  readonly processorMs: number;
  readonly rssBytes: number;
  readonly modules: number;
  readonly regions: number;
  readonly keptBytes: number;
  readonly droppedRegions: number;
  /** How often everything was dropped. */
  readonly drops: number;
  readonly load: number;
}

/** The programs that are compiled for it, by their path in the guest. */
async function programs(
  built: Built,
): Promise<{ path: string; mode: number; bytes: Uint8Array }[]> {
  const here = dirname(fileURLToPath(import.meta.url));
  const many = await compileRiscv(findTools(), join(here, "../tests/programs/many_functions.c"));
  if (many === null) throw new Error(needsCompiler);
  const all = new Map([...built.files("riscv64"), ["many", many] as const]);
  return [...all].map(([name, path]) => ({
    path: `${PROGRAMS}/${name}`,
    mode: 0o755,
    bytes: new Uint8Array(readFileSync(path)),
  }));
}

/** A booted system that runs lines of shell. */
class Guest {
  private readonly system: System;
  private readonly output = new Map<number, Uint8Array[]>();
  private readonly start = process.hrtime.bigint();
  private readonly sleeper = new Int32Array(new SharedArrayBuffer(4));
  private keptBytes = 0;
  largestKeptBytes = 0;
  drops = 0;

  constructor(image: Uint8Array, files: Awaited<ReturnType<typeof programs>>, options: Options) {
    this.system = createSystem({
      structure: options.structure,
      image,
      ramBytes: RAM_BYTES,
      seed: 1,
      clock: {
        virtual: false,
        epochSeconds: Math.floor(Date.now() / 1000),
        epochNanoseconds: 0,
      },
      files,
      translationBytes: options.translationBytes,
      report: (line) => console.error(line),
      hosts: {
        console: {
          output: (port, bytes) => this.take(port, bytes),
          inputReady: () => undefined,
          guestOpened: () => undefined,
        },
        uart: { output: (bytes) => bytes.length, inputReady: () => undefined },
        entropy: { fill: (bytes) => void randomFillSync(bytes) },
      },
    });
    this.drive(() => false);
  }

  /** Of the translator. */
  get counts() {
    const { translations } = this.system.machine;
    if (translations === undefined) throw new Error("this system does not translate");
    return translations.counts;
  }

  /** Runs a line to its end. @returns what it wrote @throws Error when it fails */
  run(line: string): string {
    const { system } = this;
    const input = system.console.addPort("stdin");
    const streams = [input, system.console.addPort("stdout"), system.console.addPort("stderr")];
    system.console.closePort(input);
    const program = { argv: ["sh", "-c", line], environment: ENVIRONMENT, workdir: "/tmp" };
    const owner = { userId: 0, groupId: 0, terminal: false };
    const process = system.start({
      ...program,
      ...owner,
      streams: streams as [number, number, number],
    });
    let status: number | undefined;
    this.drive(() => {
      status ??= process < 0 ? process : system.takeResult(process)?.status;
      return status !== undefined;
    });
    const [stdout, stderr] = streams.slice(1).map((port) => this.textOf(port));
    for (const port of streams) {
      this.output.delete(port);
      system.console.removePort(port);
    }
    if (status === 0 && stderr === "") return stdout ?? "";
    throw new Error(`status ${status}: ${stderr} ${system.panic ?? ""}: ${line}`);
  }

  private take(port: number, bytes: Uint8Array): number {
    const chunks = this.output.get(port) ?? [];
    this.output.set(port, chunks);
    chunks.push(bytes.slice());
    return bytes.length;
  }

  private textOf(port: number): string {
    return Buffer.concat(this.output.get(port) ?? []).toString("latin1");
  }

  /** Until `isDone`, or nothing can happen any more, or it takes for ever. */
  private drive(isDone: () => boolean): void {
    const elapsed = () => Number(process.hrtime.bigint() - this.start);
    const end = elapsed() + PIECE_MS_MAX * 1e6;
    while (!isDone() && this.system.panic === undefined && elapsed() < end) {
      this.system.sample(elapsed());
      const { idle, wakeNanoseconds } = this.system.run(BUDGET_INSTRUCTIONS);
      this.look();
      if (!idle || isDone()) continue;
      if (wakeNanoseconds === Number.POSITIVE_INFINITY) return;
      const waitMs = (wakeNanoseconds - elapsed()) / 1e6;
      if (waitMs > 0) Atomics.wait(this.sleeper, 0, 0, waitMs);
    }
  }

  private look(): void {
    const { bytes } = this.counts.kept;
    if (bytes < this.keptBytes) this.drops++;
    this.keptBytes = bytes;
    this.largestKeptBytes = Math.max(this.largestKeptBytes, bytes);
  }
}

/** Does the pieces in turn until the time is over. @throws Error when one prints something else */
function work(guest: Guest, minutes: number): Noted[] {
  const noted: Noted[] = [];
  const outputs = new Map<Piece, string>();
  const beganMs = performance.now();
  const elapsed = () => performance.now() - beganMs;
  for (let count = 0; elapsed() < minutes * 60_000; count++) {
    const piece = pieces[count % pieces.length];
    if (piece === undefined) break;
    const round = Math.floor(count / pieces.length);
    const pieceBeganMs = elapsed();
    const processorBegan = process.cpuUsage();
    const text = guest.run(piece.line(round));
    const expected = piece.expected?.(round) ?? outputs.get(piece) ?? text;
    outputs.set(piece, text);
    if (text !== expected) throw new Error(`${piece.name}, round ${round}: ${text}`);
    const { user, system } = process.cpuUsage(processorBegan);
    const { modules, regions, kept, dropped } = guest.counts;
    noted.push({
      piece: count % pieces.length,
      beganMs: pieceBeganMs,
      endedMs: elapsed(),
      processorMs: (user + system) / 1000,
      rssBytes: process.memoryUsage.rss(),
      modules,
      regions,
      keptBytes: kept.bytes,
      droppedRegions: dropped,
      drops: guest.drops,
      load: loadavg()[0] ?? Number.NaN,
    });
  }
  return noted;
}

const durationOf = ({ beganMs, endedMs }: Noted): number => endedMs - beganMs;

/** By piece: its median or mean of something. */
function byPiece(
  noted: readonly Noted[],
  of: (one: Noted) => number,
  measure: (values: readonly number[]) => number,
): number[] {
  return pieces.map((_, index) => measure(noted.filter(({ piece }) => piece === index).map(of)));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** What a tenth of the time has brought. */
interface Tenth {
  /** Work done: a piece counts by its share of a round's mean time. */
  readonly rounds: number;
  readonly processorMs: number;
  readonly rssBytes: number;
  readonly load: number;
  readonly last: Noted | undefined;
}

function tenthsOf(noted: readonly Noted[]): Tenth[] {
  const means = byPiece(noted, durationOf, mean);
  const round = means.reduce((sum, value) => sum + value, 0);
  const length = (noted.at(-1)?.endedMs ?? 0) / TENTHS;
  return Array.from({ length: TENTHS }, (_, index) => {
    const [from, to] = [index * length, (index + 1) * length];
    const within = noted.filter(({ beganMs, endedMs }) => endedMs > from && beganMs < to);
    let [rounds, processorMs] = [0, 0];
    for (const one of within) {
      const share = (Math.min(one.endedMs, to) - Math.max(one.beganMs, from)) / durationOf(one);
      rounds += (share * (means[one.piece] ?? 0)) / round;
      processorMs += share * one.processorMs;
    }
    const rssBytes = Math.max(...within.map((one) => one.rssBytes));
    const load = mean(within.map((one) => one.load));
    return { rounds, processorMs, rssBytes, load, last: within.at(-1) };
  });
}

function printCurve(tenths: readonly Tenth[]): void {
  const rows = tenths.map(({ rounds, processorMs, rssBytes, load, last }, index) => {
    const before = tenths[index - 1]?.last;
    const since = (what: "modules" | "regions" | "droppedRegions" | "drops") =>
      String((last?.[what] ?? 0) - (before?.[what] ?? 0));
    return [
      String(index + 1),
      short(rounds),
      short(rounds / (processorMs / 60_000)),
      short(load),
      short(rssBytes / MEGABYTE),
      since("modules"),
      since("regions"),
      since("droppedRegions"),
      since("drops"),
      short((last?.keptBytes ?? 0) / MEGABYTE),
    ];
  });
  const head = ["tenth", "rounds", "rounds per minute of processor time", "load", "resident MB"];
  const counted = ["modules", "regions", "regions dropped", "times all dropped", "kept MB"];
  console.log(`${table([[...head, ...counted], ...rows])}\n`);
}

const processorOf = ({ processorMs }: Noted): number => processorMs;

/** What the work of a round costs in which everything was dropped. */
function printDips(noted: readonly Noted[]): void {
  const usual = byPiece(noted, processorOf, median);
  const factors: number[] = [];
  for (const [index, { drops }] of noted.entries()) {
    if (drops === (noted[index - 1]?.drops ?? 0)) continue;
    const round = noted.slice(index, index + pieces.length);
    if (round.length < pieces.length) continue;
    const expected = round.reduce((sum, { piece }) => sum + (usual[piece] ?? 0), 0);
    factors.push(round.reduce((sum, one) => sum + one.processorMs, 0) / expected);
  }
  const times = factors.length === 0 ? "none" : factors.map(short).join(", ");
  console.log(`Processor time of a round that begins with dropping all, × the usual: ${times}.`);
}

function report(noted: readonly Noted[], guest: Guest, options: Options): void {
  const tenths = tenthsOf(noted);
  const [second, last] = [tenths[1], tenths.at(-1)];
  if (second === undefined || last === undefined) return;
  const { minutes, translationBytes, structure } = options;
  const given = `--minutes ${minutes} --translation-bytes ${translationBytes}`;
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  console.log(`\`npx tsx benchmarks/endurance.ts ${given} --structure ${structure}\`;`);
  console.log(`${date} UTC${commit()}; Node ${process.versions.node}\n`);
  printCurve(tenths);
  const per = (tenth: Tenth) => tenth.rounds / tenth.processorMs;
  const ratio = `${short(last.rounds / second.rounds)} × the second's rounds`;
  console.log(`The last tenth: ${ratio}, by processor time ${short(per(last) / per(second))} ×.`);
  printDips(noted);
  const peak = `${short((process.resourceUsage().maxRSS * 1024) / MEGABYTE)} MB`;
  const kept = `${short(guest.largestKeptBytes / MEGABYTE)} MB`;
  console.log(`At most ${kept} of modules were kept; at most ${peak} were resident.`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "60" },
      "translation-bytes": { type: "string", default: String(64 * 2 ** 20) },
      structure: { type: "string", default: "monolithic" },
    },
  });
  const options: Options = {
    minutes: Number(values.minutes),
    translationBytes: Number(values["translation-bytes"]),
    structure: values.structure,
  };
  enableEngineFeatures();
  const built = new Built(compiled);
  try {
    const guest = new Guest(await loadImage(), await programs(built), options);
    guest.run(preparation);
    report(work(guest, options.minutes), guest, options);
  } finally {
    built.remove();
  }
}

await main();
