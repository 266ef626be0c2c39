/**
 * Every C test of this folder, on the oracles and on each structure.
 *
 * For a program P: "P: oracles" compares the native run with qemu-user's (or both with the
 * expectation written by hand), "P: monolithic" and so on compare Sixfold with that expectation.
 * `SIXFOLD_SYSCALLS=pipe` in the environment runs only the programs whose name begins so.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Builds,
  buildInit,
  comparable,
  compileAll,
  findPrograms,
  findTools,
  forEachInParallel,
  handWritten,
  needsCompiler,
  needsHostCompiler,
  needsQemu,
  outcomeOf,
  type Program,
  probeIsolation,
  runOnHost,
} from "./harness.js";
import { runOnSixfold, structures } from "./sixfold.js";

const chosen = process.env.SIXFOLD_SYSCALLS ?? "";
const programs = findPrograms().filter((program) => program.name.startsWith(chosen));
const tools = findTools();
const builds = await compileAll(programs, tools);
const init = await buildInit(tools);
const isolation = await probeIsolation(tools);
if (isolation.note !== "") console.log(`# the host's namespaces: ${isolation.note}`);

/** What each oracle printed; a run that failed is kept as its error, for the test to report. */
interface Oracles {
  native: string | Error | null;
  qemu: string | Error | null;
}

async function attempt(run: () => Promise<string>): Promise<string | Error> {
  try {
    return await run();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function consult(program: Program, build: Builds): Promise<Oracles> {
  const { native, riscv64 } = build;
  const { qemu } = tools;
  const host = async (path: string, emulator: string | null): Promise<string> =>
    comparable(await runOnHost(path, isolation, emulator));
  const isolated = isolation.launcher !== null || !program.needsPidNamespace;
  const canEmulate = isolation.binfmt || !/\bexec|posix_spawn/.test(program.source);
  /* Where qemu-user is known to differ it may also hang: it is not asked. */
  const asked = canEmulate && isolated && !program.qemuDiffers;
  return {
    native: native && isolated ? await attempt(() => host(native, null)) : null,
    qemu: riscv64 && qemu && asked ? await attempt(() => host(riscv64, qemu)) : null,
  };
}

const oracles = new Map<string, Oracles>();
await forEachInParallel(programs, async (program) => {
  oracles.set(program.name, await consult(program, build(program)));
});

function build(program: Program): Builds {
  return builds.get(program.name) ?? { native: null, riscv64: null };
}

/** The expected output and status: written by hand, else the native run's, else qemu-user's. */
function expectation(program: Program): string {
  const written = handWritten(program);
  if (written !== null) return written;
  const { native = null, qemu = null } = oracles.get(program.name) ?? {};
  const oracle = program.riscvOnly ? qemu : native;
  if (oracle instanceof Error) throw oracle;
  if (oracle === null) throw new Error(`${program.name} has no oracle on this host`);
  return oracle;
}

function oracleSkip(program: Program): string | false {
  if (!tools.nativeCompiler) return needsHostCompiler;
  if (!tools.riscvCompiler) return needsCompiler;
  if (!tools.qemu) return needsQemu;
  const { native = null, qemu = null } = oracles.get(program.name) ?? {};
  if (native === null && !program.riscvOnly) return "needs a host that allows namespaces";
  if (qemu === null && !program.qemuDiffers) return "needs Linux 6.7 (binfmt_misc in a namespace)";
  return false;
}

describe("system calls", () => {
  for (const program of programs) {
    test(`${program.name}: oracles`, { skip: oracleSkip(program) }, () => {
      const { native, qemu } = oracles.get(program.name) ?? {};
      const expected = expectation(program);
      for (const [name, got, differs] of [
        ["native", native, program.nativeDiffers || program.riscvOnly],
        ["qemu", qemu, program.qemuDiffers],
      ] as const) {
        if (differs) {
          const reason = `"${name} differs" needs ${program.expectedPath}`;
          assert.ok(handWritten(program) !== null || program.riscvOnly || name === "qemu", reason);
          continue;
        }
        if (got instanceof Error) throw got;
        assert.equal(got, expected, `${program.name}: ${name} run against the expectation`);
      }
      assert.doesNotMatch(expected, /exit status (9[89]|12[45])\n$/, "the test could not prepare");
    });
    for (const structure of structures) {
      const skip = tools.riscvCompiler ? false : needsCompiler;
      test(`${program.name}: ${structure}`, { skip }, () => {
        const path = build(program).riscv64;
        assert.ok(path && init);
        const outcome = outcomeOf(runOnSixfold(structure, path, init));
        assert.equal(comparable(outcome), expectation(program), outcome.stderr);
      });
    }
  }
});
