/**
 * Machine code that is kept: a second machine takes the engine's code of whole modules back and
 * does the same, wherever the program lies; what is damaged, or what others may have written, is
 * not used.
 */

import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { CodeFolder } from "../../src/host/node/code-folder.js";
import { enableEngineFeatures } from "../../src/host/node/engine.js";
import { engineCode } from "../../src/host/node/engine-code.js";
import { TranslationFile } from "../../src/host/node/translation-store.js";
import { compileRiscv, findTools, needsCompiler } from "../syscalls/harness.js";
import { MemoryStore } from "./memory-store.js";
import { UserProgram } from "./user.js";

enableEngineFeatures();
const engine = engineCode();
const folder = mkdtempSync(join(tmpdir(), "sixfold-kept-modules-"));
after(() => rmSync(folder, { recursive: true }));

/** Long enough for the engine to optimise what it calls; calls by register, a switch, a table. */
const source = `
#include <stdio.h>
typedef unsigned long u64;
static u64 table[512];
__attribute__((noinline)) static u64 mix(u64 x) { x ^= x << 13; x ^= x >> 7; return x ^ x << 17; }
__attribute__((noinline)) static u64 add(u64 x) { return x + table[x & 511]; }
__attribute__((noinline)) static u64 turn(u64 x, u64 i) {
  switch (i % 6) {
    case 0: return x * 3; case 1: return x ^ i; case 2: return x - i * 7;
    case 3: return x << 1 | x >> 63; case 4: return ~x; default: return x + i;
  }
}
int main(int count, char **arguments) {
  u64 (*const steps[])(u64) = { mix, add };
  u64 x = 88172645463325252ul;
  for (u64 i = 0; i < 512; i++) table[i] = mix(i + 1);
  for (u64 i = 0; i < 12000000; i++) {
    x = turn(steps[i & 1](x), i);
    table[i & 511] ^= x;
  }
  printf("%lu\\n", x);
}
`;

const skip =
  findTools().riscvCompiler === null
    ? needsCompiler
    : engine === undefined && "this version of V8 is not known to give its code away";

interface Ran {
  readonly output: string;
  readonly instructions: number;
  readonly revived: number;
  readonly complaints: readonly string[];
}

async function program(): Promise<Buffer> {
  const path = join(folder, "turns.c");
  writeFileSync(path, source);
  const compiled = await compileRiscv(findTools(), path);
  if (compiled === null) throw new Error("no compiler");
  return readFileSync(compiled);
}

/** Runs the program on a machine of its own; `name`: of what is kept. */
function run(elf: Buffer, name: string | undefined): Ran {
  const complaints: string[] = [];
  const report = (line: string): void => void complaints.push(line);
  const code = engine && new CodeFolder(join(folder, name ?? ""), engine, report);
  const user = new UserProgram(
    name === undefined
      ? { translator: false }
      : { translationStore: () => new TranslationFile(folder, name, report, code) },
  );
  user.load(elf, ["turns"]);
  const { output, instructions, status } = user.run();
  assert.equal(status, 0);
  user.machine.flushTranslations();
  const { revived = 0 } = user.machine.translations?.counts ?? {};
  return { output: output.toString(), instructions, revived, complaints };
}

/** The files with machine code that were kept by a name. */
function codeFiles(name: string): string[] {
  const inFolder = readdirSync(folder).find((one) => new RegExp(`^${name}\\.[0-9a-f]+$`).test(one));
  if (inFolder === undefined) return [];
  return readdirSync(join(folder, inFolder)).map((file) => join(folder, inFolder, file));
}

/**
 * Functions in pages of their own, called by register too, which is learnt; programs differ by the
 * constant, far behind the beginning.
 */
const spread = (constant: number): string => `
#include <stdio.h>
typedef unsigned long u64;
#define STEP __attribute__((noinline, aligned(4096))) static u64
STEP first(u64 x, u64 i) {
  x ^= x << 13; x ^= x >> 7; x ^= x << 17;
  for (int k = 0; k < 6; k++) x = (x >> 3) * (u64)(k | 5) + (x << 2);
  return x + i * ${constant};
}
STEP second(u64 x, u64 i) { for (int k = 0; k < 5; k++) x = x * 5 + first(x, i); return x; }
STEP third(u64 x, u64 i) { return second(x, i) - first(x, i + 1); }
int main(void) {
  u64 (*const steps[])(u64, u64) = { third, first, second };
  u64 x = 88172645463325252ul;
  for (u64 i = 0; i < 600000; i++) x = steps[i % 3](x, i);
  printf("%lu\\n", x);
}
`;

describe("modules that are kept", {
  skip: findTools().riscvCompiler === null && needsCompiler,
}, () => {
  const runWith = async (constant: number, store: MemoryStore | undefined) => {
    const path = join(folder, `spread-${constant}.c`);
    writeFileSync(path, spread(constant));
    const compiled = await compileRiscv(findTools(), path);
    if (compiled === null) throw new Error("no compiler");
    const options = store === undefined ? { translator: false } : { translationStore: () => store };
    const user = new UserProgram(options);
    user.load(readFileSync(compiled), ["spread"]);
    const { output, instructions, status } = user.run();
    user.machine.flushTranslations();
    const counts = { ...user.machine.translations?.counts };
    return { ran: [output.toString(), instructions, status], counts };
  };

  test("their regions are put back together, over pages", async () => {
    const store = new MemoryStore();
    const plain = await runWith(7, undefined);
    const [one, two] = [await runWith(7, store), await runWith(7, store)];
    assert.deepEqual([one.ran, two.ran], [plain.ran, plain.ran]);
    const { regions = 0, revived = 0, modules = 0 } = two.counts;
    assert.ok(revived >= 3 && revived > regions / 2, JSON.stringify(two.counts));
    assert.ok(modules < revived, `${modules} instances for ${revived} regions`);
  });

  test("after some starts there is nothing new to keep", async () => {
    const store = new MemoryStore();
    // What one version of a region learns must not make others come back.
    for (let start = 0; start < 5; start++) {
      for (const constant of [7, 9]) await runWith(constant, store);
    }
    const bytes = store.readAll().length;
    for (const constant of [7, 9]) {
      const { counts } = await runWith(constant, store);
      assert.ok((counts.revived ?? 0) > 0, JSON.stringify(counts));
    }
    assert.equal(store.readAll().length, bytes);
  });

  test("those of other code are not used", async () => {
    const store = new MemoryStore();
    await runWith(7, store);
    const plain = await runWith(9, undefined);
    const other = await runWith(9, store);
    assert.deepEqual(other.ran, plain.ran);
    const { regions = 0, revived = 0 } = other.counts;
    assert.ok(revived < regions, "what differs is translated anew");
  });
});

describe("machine code that is kept", { skip }, () => {
  let elf: Buffer;
  let plain: Ran;

  const isSame = (ran: Ran): void =>
    assert.deepEqual([ran.output, ran.instructions], [plain.output, plain.instructions]);

  test("the second machine takes it, and does the same", async () => {
    elf = await program();
    plain = run(elf, undefined);
    const first = run(elf, "usual");
    assert.equal(first.revived, 0);
    assert.ok(codeFiles("usual").length > 0, "the engine optimised something");
    for (const path of codeFiles("usual")) assert.equal(statSync(path).mode & 0o777, 0o600);
    const second = run(elf, "usual");
    assert.ok(second.revived > 0);
    for (const ran of [first, second, run(elf, "usual")]) isSame(ran);
  });

  test("no damaged byte is run", () => {
    isSame(run(elf, "damaged"));
    const files = codeFiles("damaged");
    assert.ok(files.length > 0);
    for (const [index, path] of files.entries()) {
      const bytes = Uint8Array.from(readFileSync(path));
      const at = [0, 3, 4, 200, bytes.length - 1, bytes.length >> 1][index % 6] ?? 0;
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      writeFileSync(path, bytes);
    }
    const ran = run(elf, "damaged");
    isSame(ran);
    assert.equal(ran.revived, 0);
  });

  test("an emptied file is not run, and what is missing is made anew", () => {
    isSame(run(elf, "emptied"));
    for (const path of codeFiles("emptied")) writeFileSync(path, "");
    const ran = run(elf, "emptied");
    isSame(ran);
    assert.equal(ran.revived, 0);
    for (const path of codeFiles("emptied")) rmSync(path);
    isSame(run(elf, "emptied"));
    assert.ok(run(elf, "emptied").revived > 0);
  });

  test("what others may write to is not read", () => {
    isSame(run(elf, "shared"));
    const [path = ""] = codeFiles("shared");
    const around = join(path, "..");
    chmodSync(around, 0o770);
    assert.equal(run(elf, "shared").revived, 0, "a folder of the group");
    chmodSync(around, 0o700);
    for (const file of codeFiles("shared")) chmodSync(file, 0o666);
    assert.equal(run(elf, "shared").revived, 0, "files of everybody");
    for (const file of codeFiles("shared")) chmodSync(file, 0o600);
    assert.ok(run(elf, "shared").revived > 0);
  });

  test("nothing outside of its folder is read or removed", () => {
    const outside = join(folder, "outside");
    writeFileSync(outside, "kept");
    if (engine === undefined) throw new Error("no engine's code");
    const code = new CodeFolder(join(folder, "inside"), engine, (line) => assert.fail(line));
    assert.equal(code.load("../outside"), undefined);
    code.remove("../outside");
    assert.equal(readFileSync(outside, "latin1"), "kept");
  });

  test("where nothing can be written one line says so, and all runs", () => {
    writeFileSync(join(folder, "file"), "");
    const ran = run(elf, join("file", "below"));
    isSame(ran);
    const about = ran.complaints.filter((line) => line.startsWith("machine code is not kept: "));
    assert.equal(about.length, 1, ran.complaints.join("\n"));
  });
});
