/**
 * Every C test of this folder, on the oracles and on each structure.
 *
 * For a program P the expectation is written by hand, or what its native build prints (riscv64
 * only: what it prints under qemu-user). "P: native", "P: qemu-user", "P: monolithic" and so on
 * compare a run with it.
 * `SIXFOLD_SYSCALLS=pipe,dup` in the environment runs only the programs whose name begins so.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Builds,
  buildInit,
  choose,
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

const programs = choose(findPrograms());
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

/** How often oracles are asked that disagree: on a loaded host a program may be late. */
const ATTEMPTS_MAX = 3;

/** Whether what the oracles printed is one text, that written by hand if there is one. */
function agree(program: Program, { native, qemu }: Oracles): boolean {
  const texts = [handWritten(program), native, program.qemuDiffers ? null : qemu];
  const printed = texts.filter((text) => text !== null);
  return printed.every((text) => !(text instanceof Error) && text === printed[0]);
}

async function consult(program: Program, build: Builds): Promise<Oracles> {
  let answers: Oracles = { native: null, qemu: null };
  if (program.noOracle) return answers;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    answers = await askOnce(program, build);
    if (agree(program, answers)) break;
  }
  return answers;
}

async function askOnce(program: Program, build: Builds): Promise<Oracles> {
  const { native, riscv64 } = build;
  const { qemu } = tools;
  const host = async (path: string, emulator: string | null): Promise<string> =>
    comparable(await runOnHost(path, isolation, emulator));
  return {
    native: native && !hostSkip(program) ? await attempt(() => host(native, null)) : null,
    qemu: riscv64 && !qemuSkip(program) ? await attempt(() => host(riscv64, qemu)) : null,
  };
}

const oracles = new Map<string, Oracles>();
await forEachInParallel(programs, async (program) => {
  oracles.set(program.name, await consult(program, build(program)));
});

function build(program: Program): Builds {
  return builds.get(program.name) ?? { native: null, riscv64: null };
}

/** Expected output and exit status: written by hand, else the native run's, else qemu-user's. */
function expectation(program: Program): string {
  const written = handWritten(program);
  if (written !== null) return written;
  const { native = null, qemu = null } = oracles.get(program.name) ?? {};
  const oracle = program.riscvOnly ? qemu : native;
  if (oracle instanceof Error) throw oracle;
  if (oracle === null) throw new Error(`${program.name} has no oracle on this host`);
  return oracle;
}

/** Why the program cannot run natively here, or false. */
function hostSkip(program: Program): string | false {
  if (!tools.nativeCompiler) return needsHostCompiler;
  if (program.needsPidNamespace && !isolation.launcher) return "needs a host with namespaces";
  if (program.needsRoot && process.getuid?.() !== 0) return "needs root";
  return false;
}

function qemuSkip(program: Program): string | false {
  if (!tools.riscvCompiler) return needsCompiler;
  if (!tools.qemu) return needsQemu;
  const host = hostSkip(program);
  if (host) return host;
  return program.executes && !isolation.binfmt ? "needs Linux 6.7 (binfmt_misc per user)" : false;
}

/** Sixfold needs an oracle too, unless the expectation is written by hand. */
function sixfoldSkip(program: Program): string | false {
  if (!tools.riscvCompiler) return needsCompiler;
  if (handWritten(program) !== null) return false;
  return program.riscvOnly ? qemuSkip(program) : hostSkip(program);
}

function testOracles(program: Program): void {
  const result = (name: keyof Oracles): string => {
    const got = oracles.get(program.name)?.[name] ?? new Error("it did not run");
    if (got instanceof Error) throw got;
    assert.doesNotMatch(
      got,
      /exit status (9[89]|12[45])\n$/,
      `the program could not prepare:\n${got}`,
    );
    return got;
  };
  if (program.noOracle) {
    test(`${program.name}: written by hand, as the host differs`, () => {
      assert.notEqual(handWritten(program), null);
    });
    return;
  }
  if (!program.riscvOnly) {
    test(`${program.name}: native`, { skip: hostSkip(program) }, () => {
      assert.equal(result("native"), expectation(program));
    });
  }
  if (program.qemuDiffers) {
    test(`${program.name}: written by hand, as qemu-user differs`, () => {
      assert.notEqual(handWritten(program), null);
    });
    return;
  }
  test(`${program.name}: qemu-user`, { skip: qemuSkip(program) }, () => {
    assert.equal(result("qemu"), expectation(program));
  });
}

describe("system calls", () => {
  for (const program of programs) {
    testOracles(program);
    for (const structure of structures) {
      test(`${program.name}: ${structure}`, { skip: sixfoldSkip(program) }, () => {
        const path = build(program).riscv64;
        assert.ok(path && init);
        const outcome = outcomeOf(runOnSixfold(structure, path, init));
        assert.equal(comparable(outcome), expectation(program), outcome.stderr);
      });
    }
  }
});
