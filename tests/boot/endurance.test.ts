/**
 * More hot code than the limit of translations lets be kept: they are dropped and come again, the
 * limit is exceeded by one module at most, nothing holds a module that was dropped, and programs
 * print what they must. The long run, with throughput and resident memory, is
 * benchmarks/endurance.ts.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FUNCTION_COUNT, manyFunctionsOutput } from "../programs/many-functions.js";
import { structures } from "../syscalls/sixfold.js";
import { bootOptions, program, skip } from "./programs.js";
import { type Prepared, prepare, startProgram } from "./system.js";

const translationBytes = 2 ** 19;
/** Files with the same program: each has frames of its own, and so translations of its own. */
const COPIES = 3;
const ROUNDS = 2;
/** Functions that are hot at a time, and calls of each: enough to be translated and to go on. */
const WINDOW = 250;
const TURNS = 3000;
const BUDGET_INSTRUCTIONS = 200_000;

/** What modules the engine was given. */
interface Watched {
  largestBytes: number;
  readonly modules: { readonly module: WeakRef<WebAssembly.Module>; readonly bytes: number }[];
}

/** Calls `work` while every module that is compiled is noted. */
async function watchingModules(work: (watched: Watched) => Promise<void>): Promise<void> {
  const watched: Watched = { largestBytes: 0, modules: [] };
  const { Module } = WebAssembly;
  class WatchedModule extends Module {
    constructor(source: BufferSource) {
      super(source);
      const bytes = source.byteLength;
      watched.largestBytes = Math.max(watched.largestBytes, bytes);
      watched.modules.push({ module: new WeakRef(this), bytes });
    }
  }
  WebAssembly.Module = WatchedModule;
  try {
    await work(watched);
  } finally {
    WebAssembly.Module = Module;
  }
}

/** Bytes of the modules that the engine still holds. */
async function heldBytes({ modules }: Watched): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What a turn has looked at through a WeakRef stays for that turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collect();
  await new Promise((resolve) => setTimeout(resolve, 0));
  const held = modules.filter(({ module }) => module.deref() !== undefined);
  return held.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Runs a program to its end. @returns what it wrote */
function run(prepared: Prepared, argv: readonly string[], afterSlice: () => void): string {
  const { system, streams, collected } = prepared;
  collected.bytes.clear();
  const process = startProgram(prepared, argv, []);
  for (;;) {
    const { idle } = system.run(BUDGET_INSTRUCTIONS);
    afterSlice();
    if (system.takeResult(process) !== undefined) break;
    assert.ok(!idle && system.panic === undefined, `${argv.join(" ")} does not end`);
  }
  return Buffer.from(collected.bytes.get(streams[1]) ?? []).toString("latin1");
}

for (const structure of structures) {
  describe(`a small limit of translations on ${structure}`, { skip }, () => {
    test("is kept, and what was dropped comes again", () =>
      watchingModules(async (watched) => {
        const elf = await program("programs/many_functions");
        const paths = Array.from({ length: COPIES }, (_, copy) => `/mnt/copy${copy}`);
        const files = new Map(paths.map((path) => [path, elf]));
        const prepared = prepare(bootOptions(structure, elf, [], { files, translationBytes }));
        const { counts } = prepared.system.machine.translations ?? {};
        // The interpreter is a module too, which stays.
        watched.modules.length = 0;
        watched.largestBytes = 0;
        assert.ok(counts !== undefined);
        let keptBytes = 0;
        let drops = 0;
        let modulesAtDrop = 0;
        const look = () => {
          const { bytes } = counts.kept;
          assert.ok(bytes <= translationBytes + watched.largestBytes, `${bytes} bytes are kept`);
          if (bytes < keptBytes) {
            drops++;
            assert.ok(counts.modules > modulesAtDrop, "nothing came after the last drop");
            modulesAtDrop = counts.modules;
          }
          keptBytes = bytes;
        };
        for (let round = 0; round < ROUNDS; round++) {
          for (const [copy, path] of paths.entries()) {
            const first = (copy * WINDOW) % (FUNCTION_COUNT - WINDOW);
            const text = run(prepared, [path, `${first}`, `${WINDOW}`, `${TURNS}`], look);
            assert.equal(text, manyFunctionsOutput(first, WINDOW, TURNS), `${path}, ${round}`);
          }
        }
        assert.ok(drops >= ROUNDS, `dropped ${drops} times`);
        assert.ok(counts.dropped > 0 && counts.kept.modules > 0);
        const held = await heldBytes(watched);
        const bound = translationBytes + 2 * watched.largestBytes;
        assert.ok(held <= bound, `${held} bytes of modules are held after ${drops} drops`);
        assert.deepEqual(prepared.collected.reports, []);
      }));
  });
}
