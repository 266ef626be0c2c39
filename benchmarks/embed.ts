/**
 * What embedding costs: a boot, a run, a system's memory, many runs and systems at once, and how
 * long the embedder's event loop is held up while guests misbehave. Uses the built package.
 * Arguments: --boots N (default 100), --systems N (default 50), --runs N (default 200).
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { boot, prepare, type System } from "sixfold";
import { median, short, table } from "./statistics.js";

const MEGABYTE = 1e6;
const MISCHIEF_MS = 1500;
/** Until a worker that was prepared waits. */
const PREPARING_MS = 300;

const rss = (): number => process.memoryUsage.rss() / MEGABYTE;
const ms = (value: number): string => `${short(value)} ms`;
const mb = (value: number): string => `${short(value)} MB`;

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const beganMs = performance.now();
  const result = await work();
  return [performance.now() - beganMs, result];
}

/** Shell text that keeps a run busy in a way of its own, until it is ended. */
const mischief: Readonly<Record<string, string>> = Object.freeze({
  "a busy loop": "while :; do :; done",
  "endless output, kept up to 16 MiB": "yes",
  "endless small writes": "while :; do echo x; done",
  "a fork bomb": "b() { b | b & }; b; while :; do :; done",
  "endless allocation": "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done",
  "a file system that fills up": "yes > /tmp/full; while :; do :; done",
});

async function bootRows(count: number): Promise<string[][]> {
  const boots: number[] = [];
  const firsts: number[] = [];
  const ends: number[] = [];
  const before = rss();
  let half = 0;
  for (let index = 0; index < count; index++) {
    const [bootMs, system] = await timed(() => boot());
    const [firstMs] = await timed(() => system.run(["echo", "hello"]));
    const [endMs] = await timed(() => system.shutdown());
    boots.push(bootMs);
    firsts.push(firstMs);
    ends.push(endMs);
    if (index === Math.floor(count / 2)) half = rss();
  }
  const growth = `${short(before)}, ${short(half)}, ${mb(rss())}`;
  return [
    [`boot, median of ${count} one after the other`, ms(median(boots))],
    ["slowest boot", ms(Math.max(...boots))],
    ["first run (echo hello)", ms(median(firsts))],
    ["shutdown", ms(median(ends))],
    [`resident memory before, after ${Math.floor(count / 2)}, after ${count} boots`, growth],
  ];
}

async function preparedRow(count: number): Promise<string[]> {
  const boots: number[] = [];
  for (let index = 0; index < count; index++) {
    const prepared = prepare();
    await sleep(PREPARING_MS);
    const [bootMs, system] = await timed(() => boot({ prepared }));
    boots.push(bootMs);
    await system.shutdown();
  }
  return [`boot in a worker that was prepared, median of ${count}`, ms(median(boots))];
}

async function manyRows(count: number): Promise<string[][]> {
  const before = rss();
  const [bootMs, systems] = await timed(() =>
    Promise.all(Array.from({ length: count }, () => boot())),
  );
  const idle = rss();
  const echo = (system: System) => system.run(["sh", "-c", "echo hello | tr a-z A-Z"]);
  const [runMs] = await timed(() => Promise.all(systems.map(echo)));
  const used = rss();
  await Promise.all(systems.map((system) => system.shutdown()));
  return [
    [`${count} systems booted at once`, ms(bootMs)],
    ["resident memory of each, at rest", mb((idle - before) / count)],
    ["a pipeline in each of them at once", ms(runMs)],
    ["resident memory of each, behind it", mb((used - before) / count)],
    ["resident memory after their shutdown", mb(rss())],
  ];
}

async function runRows(count: number): Promise<string[][]> {
  const system = await boot();
  await system.run(["true"]);
  const serial: number[] = [];
  for (let index = 0; index < 50; index++) {
    const [took] = await timed(() => system.run(["true"]));
    serial.push(took);
  }
  const rows = [["run true, median of 50 one after the other", ms(median(serial))]];
  for (const several of [10, 50, count]) {
    const [took] = await timed(() =>
      Promise.all(Array.from({ length: several }, () => system.run(["sh", "-c", "echo x | cat"]))),
    );
    rows.push([`${several} pipelines at once, each`, ms(took / several)]);
  }
  const bytes = new Uint8Array(32 * MEGABYTE);
  const [writeMs] = await timed(() => system.files.write("/tmp/large", bytes));
  const [readMs] = await timed(() => system.files.read("/tmp/large"));
  rows.push(["files.write", `${short(32_000 / writeMs)} MB/s`]);
  rows.push(["files.read", `${short(32_000 / readMs)} MB/s`]);
  const [streamMs] = await timed(() =>
    system.run(["head", "-c", "64000000", "/dev/zero"], { maxOutputBytes: 1 }),
  );
  rows.push(["standard output", `${short(64_000 / streamMs)} MB/s`]);
  await system.shutdown();
  return rows;
}

/** The longest that the event loop was held up during some work. */
async function heldUp(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

async function loopRows(): Promise<string[][]> {
  const rows: string[][] = [];
  const quietMs = await heldUp(() => new Promise((resolve) => setTimeout(resolve, MISCHIEF_MS)));
  rows.push(["nothing", ms(quietMs), "", ""]);
  for (const [name, script] of Object.entries(mischief)) {
    const system = await boot();
    let reason = "";
    const heldMs = await heldUp(async () => {
      reason = (await system.run(["sh", "-c", script], { timeoutMs: MISCHIEF_MS })).reason;
    });
    const after = await system.run(["echo", "ok"]);
    rows.push([name, ms(heldMs), reason, after.text().trim()]);
    await system.shutdown();
  }
  const bootMs = await heldUp(async () => await (await boot()).shutdown());
  rows.push(["a boot and a shutdown", ms(bootMs), "", ""]);
  return rows;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      boots: { type: "string", default: "100" },
      systems: { type: "string", default: "50" },
      runs: { type: "string", default: "200" },
    },
  });
  const rows = [
    ...(await bootRows(Number(values.boots))),
    await preparedRow(Math.ceil(Number(values.boots) / 4)),
    ...(await runRows(Number(values.runs))),
    ...(await manyRows(Number(values.systems))),
  ];
  console.log(table([["embedding", ""], ...rows]));
  const head = ["while a guest does this", "event loop held up at most", "ended by", "then"];
  console.log(`\n${table([head, ...(await loopRows())])}`);
}

await main();
