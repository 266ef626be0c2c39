/**
 * Programs in C with loops over memory, and jumps between functions (tests/isa/compiled), write on
 * our machine, translated, what they write on qemu-riscv64, however the compiler makes them.
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { enableEngineFeatures } from "../../src/host/node/engine.js";
import { plainEngine } from "../../src/machine/wasm/features.js";
import { UserProgram } from "./user.js";

const COMPILER = "riscv64-linux-gnu-gcc";
const EMULATOR = "qemu-riscv64-static";
const SOURCES = join(import.meta.dirname, "compiled");
/** What is hot is translated soon; the rest would take most of the time. */
const eager = { translateAfterSamples: 1, sampleInstructions: 300 };
const runs = Object.freeze([
  { flags: ["-O1"], options: { ...eager, features: plainEngine } },
  { flags: ["-O2"], options: eager },
  { flags: ["-O3"], options: eager },
  { flags: ["-O2", "-fno-tree-vectorize", "-funroll-loops"], options: eager },
]);

/** What is missing, or undefined. */
function missingPackage(): string | undefined {
  const has = (command: string) => spawnSync(command, ["--version"]).error === undefined;
  if (!has(COMPILER)) return "needs gcc-riscv64-linux-gnu";
  return has(EMULATOR) ? undefined : "needs qemu-user-static";
}

const missing = missingPackage();
const folder = mkdtempSync(join(tmpdir(), "sixfold-compiled-"));
after(() => rmSync(folder, { recursive: true }));
enableEngineFeatures();

for (const name of ["bytes", "numbers", "order", "jumps"]) {
  for (const { flags, options } of runs) {
    test(`${name}.c ${flags.join(" ")}`, { skip: missing ?? false }, () => {
      const file = join(folder, `${name}${flags.join("")}`);
      const source = join(SOURCES, `${name}.c`);
      execFileSync(COMPILER, ["-static", "-std=gnu11", "-Wall", ...flags, "-o", file, source]);
      const wanted = spawnSync(EMULATOR, [file]);
      assert.equal(wanted.status, 0);
      const program = new UserProgram({ ramBytes: 32 << 20, decodedPages: 64, ...options });
      program.load(readFileSync(file), [name]);
      const result = program.run(3_000_001);
      assert.equal(result.trap, undefined, JSON.stringify(result.trap));
      assert.equal(result.output.toString(), wanted.stdout.toString());
      assert.equal(result.status, 0);
      assert.ok((program.machine.translations?.counts.regions ?? 0) > 20);
      if (name !== "jumps") return;
      const interpreted = new UserProgram({ ramBytes: 32 << 20, translator: false });
      interpreted.load(readFileSync(file), [name]);
      assert.equal(interpreted.run(3_000_001).instructions, result.instructions);
    });
  }
}
