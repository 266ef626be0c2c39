/**
 * Random sequences over all of RV64GC, on our machine and on qemu-riscv64: equal registers, flags
 * and memory. SIXFOLD_TEST_SEED and SIXFOLD_TEST_SEQUENCES set what is run; a failing batch names
 * both, and the first sequence that differs is shown with its state.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { enableEngineFeatures } from "../../src/host/node/engine.js";
import { disassemble } from "../../src/machine/isa/disassemble.js";
import { plainEngine } from "../../src/machine/wasm/features.js";
import { type Batch, BLOCK_BYTES, block, makeBatch } from "./oracle.js";
import { Random } from "./random.js";
import { UserProgram } from "./user.js";

const QEMU = "qemu-riscv64-static";
const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const sequences = Number(process.env.SIXFOLD_TEST_SEQUENCES ?? (isLong ? 200_000 : 5_000));
const seed = Number(process.env.SIXFOLD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SEQUENCES_PER_BATCH = 500;

function hasQemu(): boolean {
  return spawnSync(QEMU, ["--version"]).status === 0;
}

function runQemu(elf: Buffer, folder: string): Buffer {
  const path = join(folder, "batch");
  writeFileSync(path, elf);
  chmodSync(path, 0o755);
  const result = spawnSync(QEMU, [path], { maxBuffer: 1 << 28 });
  assert.equal(result.status, 0, `qemu ended with ${result.signal ?? result.status}`);
  return result.stdout;
}

/**
 * Both tiers; with 0 samples everything is translated as soon as it is come upon. What else the
 * engine has is used in every other batch.
 */
const tiers = Object.freeze({
  interpreter: Object.freeze({ translator: false }),
  translator: Object.freeze({ translateAfterSamples: 0 }),
  "translator for any engine": Object.freeze({ translateAfterSamples: 0, features: plainEngine }),
});
const tiersOfBatch = Object.freeze([
  Object.freeze(["interpreter", "translator"] as const),
  Object.freeze(["interpreter", "translator for any engine"] as const),
]);
enableEngineFeatures();

function runOurs(
  elf: Buffer,
  tier: keyof typeof tiers,
  cache: Map<string, WebAssembly.Module>,
): Buffer {
  const common = { ramBytes: 32 << 20, decodedPages: 64, moduleCache: cache };
  const program = new UserProgram({ ...common, ...tiers[tier] });
  program.load(elf, ["batch"]);
  const result = program.run();
  assert.equal(result.trap, undefined, `trap ${JSON.stringify(result.trap)}`);
  assert.equal(result.status, 0);
  if (tier !== "interpreter") {
    const { instructions } = program.machine.translations?.counts ?? { instructions: 0 };
    assert.ok(instructions > elf.length / 200, `only ${instructions} were translated`);
  }
  return result.output;
}

/** Every place of a block where the two results differ. */
function differences(before: Buffer, expected: Buffer, actual: Buffer): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < BLOCK_BYTES; offset += 8) {
    const [was, wanted, got] = [before, expected, actual].map((blocks) =>
      blocks.readBigUInt64LE(offset),
    );
    if (wanted === got) continue;
    const hex = (value: bigint | undefined) => (value ?? 0n).toString(16).padStart(16, "0");
    lines.push(`  ${placeName(offset)}: qemu ${hex(wanted)}, ours ${hex(got)}, before ${hex(was)}`);
  }
  return lines;
}

function placeName(offset: number): string {
  if (offset < block.f) return `x${offset / 8}`;
  if (offset < block.fcsr) return `f${(offset - block.f) / 8}`;
  return offset === block.fcsr ? "fcsr" : `memory+${offset - block.memory}`;
}

function compare(batch: Batch, expected: Buffer, actual: Buffer): void {
  assert.equal(actual.length, expected.length, "length of the output");
  if (expected.equals(actual)) return;
  for (const [index, words] of batch.sequences.entries()) {
    const part = (blocks: Buffer) =>
      blocks.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    const lines = differences(part(batch.before), part(expected), part(actual));
    if (lines.length === 0) continue;
    const code = words.map((word) => `  ${disassemble(word)}`);
    const before = part(batch.before).readBigUInt64LE(block.fcsr);
    assert.fail([`sequence ${index}, fcsr 0x${before.toString(16)}`, ...code, ...lines].join("\n"));
  }
}

test(`${sequences} random sequences give what qemu gives`, {
  skip: hasQemu() ? false : "needs qemu-user-static",
}, (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed} SIXFOLD_TEST_SEQUENCES=${sequences}`);
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), "isa-"));
  const cache = new Map<string, WebAssembly.Module>();
  try {
    for (let done = 0; done < sequences; done += SEQUENCES_PER_BATCH) {
      const batch = makeBatch(random, Math.min(SEQUENCES_PER_BATCH, sequences - done));
      const expected = runQemu(batch.elf, folder);
      const batchNumber = done / SEQUENCES_PER_BATCH;
      for (const tier of tiersOfBatch[batchNumber % tiersOfBatch.length] ?? []) {
        try {
          compare(batch, expected, runOurs(batch.elf, tier, cache));
        } catch (error) {
          (error as Error).message += `\n${tier}, seed ${seed}, batch from sequence ${done}`;
          throw error;
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
