/**
 * Random system calls with random arguments in many processes (calls.c), beside a monitor whose own
 * course may not change (monitor.h). Afterwards everything is as it was: the invariants of the
 * state hold, and nothing is left of what the calls made.
 *
 * The system has a virtual clock, so a run is repeated by its seed: SIXFOLD_SEED. What fails is run
 * again with fewer processes, and then with a trace of which the end is shown. SIXFOLD_TEST_SYSTEMS
 * says how many systems each structure gets.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { boot, program, skip } from "../boot/programs.js";
import type { Booted } from "../boot/system.js";
import { structures } from "../syscalls/sixfold.js";
import { checkInvariants, figures } from "./invariants.js";
import { rowsFile } from "./rows.js";

const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const seedFirst = Number(process.env.SIXFOLD_SEED ?? Date.now() % 2 ** 31);
const workers = isLong ? 50 : 12;
/** Of one system. */
const callsPerRun = isLong ? 100_000 : 1_200;
const runs = Number(process.env.SIXFOLD_TEST_SYSTEMS ?? (isLong ? 10 : 1));
const ramBytes = 512 * 1024 * 1024;
const limitInstructions = 100_000_000_000;
const TRACE_LINES = 40;

type Mode = "user" | "root";

/** What may stay: folders of the workers, what is kept for the next use. */
const MAY_GROW: ReadonlySet<string> = new Set([
  "services.tty.terminals",
  "services.memory.freeFutexNumbers",
  // Files that were left in /tmp have one each.
  "services.memory.objects",
  "kernel.frames.used",
  // Until the next boost, for who has ended as well.
  "services.scheduler.fallen",
  // The hidden instance of files without a name is made at the first use.
  "services.file.mounts",
  "services.file.instances",
  "services.fs-tmpfs.instances",
  "services.fs-tmpfs.nodes",
]);
/** Pages of what may stay. */
const FRAMES_MAX = 64;

async function run(
  structure: string,
  mode: Mode,
  seed: number,
  part: { calls: number; first?: number; last?: number; trace?: boolean },
): Promise<Booted> {
  const elf = await program("fuzz/calls");
  const { calls, first = 0, last = workers, trace = false } = part;
  const args = [seed, workers, calls, mode, first, calls === 0 ? first : last].map(String);
  const files = new Map([
    ["/mnt/test", elf],
    ["/mnt/calls", rowsFile()],
  ]);
  return boot(structure, elf, args, { files, ramBytes, limitInstructions, trace, seed });
}

/** What is wrong after a run, a line each. */
function faults(done: Booted, undisturbed: Booted, mode: Mode): string[] {
  const lines = [...done.reports];
  if (done.hang !== null) return [...lines, done.hang];
  if (done.exitCode !== 0) lines.push(`exit ${done.exitCode}, signal ${done.signal}`);
  if (mode === "user") {
    const [expected] = /hash [0-9a-f]+/.exec(undisturbed.stdout) ?? ["no hash"];
    const monitor = `monitor: many rounds, ${expected}, differing 0\nmonitor: exited 0\n`;
    if (!done.stdout.startsWith(monitor)) lines.push(done.stdout);
  }
  lines.push(...checkInvariants(done.system.stateTree()));
  // Who may mount may also have left mounts behind.
  return mode === "root" ? lines : [...lines, ...growth(done, undisturbed)];
}

function growth(done: Booted, undisturbed: Booted): string[] {
  const before = figures(undisturbed.system.stateTree());
  const lines: string[] = [];
  for (const [name, size] of Object.entries(figures(done.system.stateTree()))) {
    const grown = size - (before[name] ?? 0);
    if (grown > 0 && !MAY_GROW.has(name)) lines.push(`${name} has grown by ${grown}`);
    if (name === "kernel.frames.used" && grown > FRAMES_MAX) lines.push(`${grown} frames are lost`);
  }
  return lines;
}

/** Fewer processes that still fail, and the end of their trace. */
async function smaller(
  structure: string,
  mode: Mode,
  seed: number,
  undisturbed: Booted,
): Promise<string> {
  let [first, last] = [0, workers];
  while (last - first > 1) {
    const middle = (first + last) >> 1;
    const halves = [
      [first, middle],
      [middle, last],
    ] as const;
    let found = false;
    for (const [from, to] of halves) {
      const done = await run(structure, mode, seed, { calls: callsPerRun, first: from, last: to });
      if (done.hang === null && done.reports.length === 0) continue;
      [first, last] = [from, to];
      found = true;
      break;
    }
    if (!found) break;
  }
  const part = { calls: callsPerRun, first, last, trace: true };
  const again = await run(structure, mode, seed, part);
  const what = faults(again, undisturbed, mode).join("\n");
  const end = again.trace.slice(-TRACE_LINES).join("\n");
  return `workers ${first} to ${last - 1}:\n${what}\n${end}`;
}

describe("random system calls", { skip }, () => {
  for (const structure of structures) {
    for (const mode of ["user", "root"] as const) {
      if (mode === "root" && !isLong && structure !== "microkernel") continue;
      test(`${mode} on ${structure}`, async (context) => {
        const undisturbed = await run(structure, mode, seedFirst, { calls: 0 });
        let calls = 0;
        for (let i = 0; i < (mode === "user" ? runs : Math.ceil(runs / 2)); i++) {
          const seed = (seedFirst + i) % 2 ** 31;
          const done = await run(structure, mode, seed, { calls: callsPerRun });
          const wrong = faults(done, undisturbed, mode);
          if (wrong.length > 0) {
            const less = await smaller(structure, mode, seed, undisturbed);
            assert.fail(`SIXFOLD_SEED=${seed}:\n${wrong.join("\n")}\nwith fewer:\n${less}`);
          }
          calls += Number(/calls (\d+)/.exec(done.stdout)?.[1]);
        }
        context.diagnostic(`SIXFOLD_SEED=${seedFirst}: ${calls} calls`);
        assert.ok(calls > callsPerRun / 4, `${calls} calls`);
      });
    }
  }
});
