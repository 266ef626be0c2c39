/**
 * Translations that are kept: a second machine takes them from the store and does the same; what is
 * damaged, cut off, or of code that differs is not used.
 */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { TranslationFile } from "../../src/host/node/translation-store.js";
import { compileRiscv, findTools, needsCompiler } from "../syscalls/harness.js";
import { UserProgram } from "./user.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-kept-"));
after(() => rmSync(folder, { recursive: true }));

/** Two loops with a call; the constant is far behind the loops' beginnings. */
const source = (constant: number): string => `
#include <stdio.h>
__attribute__((noinline)) static unsigned long step(unsigned long x, unsigned long i) {
  x ^= x << 13; x ^= x >> 7; x ^= x << 17;
  if (x & 1) x += i * 3; else x -= i;
  for (int k = 0; k < 8; k++) x = (x >> 3) * (unsigned long)(k | 5) + (x << 2);
  return x + ${constant};
}
int main(void) {
  unsigned long x = 88172645463325252ul;
  for (unsigned long i = 0; i < 400000; i++) x = step(x, i);
  printf("%lu\\n", x);
}
`;

const program = async (constant: number): Promise<Buffer> => {
  const path = join(folder, `loop-${constant}.c`);
  writeFileSync(path, source(constant));
  const compiled = await compileRiscv(findTools(), path);
  if (compiled === null) throw new Error("no compiler");
  return readFileSync(compiled);
};

interface Ran {
  readonly output: string;
  readonly instructions: number;
  readonly regions: number;
  readonly reused: number;
}

/** Runs a program on a machine of its own; `name`: of the file that is kept. */
function run(elf: Buffer, name: string | undefined, complaints: string[] = []): Ran {
  const report = (line: string): void => void complaints.push(line);
  const user = new UserProgram(
    name === undefined
      ? { translator: false }
      : { translationStore: () => new TranslationFile(folder, name, report) },
  );
  user.load(elf, ["loop"]);
  const { output, instructions, status } = user.run();
  assert.equal(status, 0);
  user.machine.flushTranslations();
  const { regions = 0, reused = 0 } = user.machine.translations?.counts ?? {};
  return { output: output.toString(), instructions, regions, reused };
}

const skip = findTools().riscvCompiler === null ? needsCompiler : false;

describe("translations that are kept", { skip }, () => {
  test("the second machine takes them, and does the same", async () => {
    const elf = await program(7);
    const plain = run(elf, undefined);
    const first = run(elf, "usual");
    const second = run(elf, "usual");
    assert.ok(first.regions > 0);
    assert.ok(second.regions > 0 && second.reused >= second.regions, JSON.stringify(second));
    for (const { output, instructions } of [first, second]) {
      assert.deepEqual([output, instructions], [plain.output, plain.instructions]);
    }
  });

  test("those of other code are not used", async () => {
    run(await program(7), "other");
    const elf = await program(9);
    const plain = run(elf, undefined);
    const ran = run(elf, "other");
    assert.deepEqual([ran.output, ran.instructions], [plain.output, plain.instructions]);
    assert.ok(ran.reused < ran.regions, "the function that differs is translated anew");
  });

  test("no damaged byte is run", async () => {
    const elf = await program(7);
    const plain = run(elf, undefined);
    run(elf, "damaged");
    const path = join(folder, "damaged.regions");
    const whole = readFileSync(path);
    for (let part = 0; part < 12; part++) {
      const bytes = Uint8Array.from(whole);
      // All over it: headers, descriptions, code.
      for (let at = part * 7; at < bytes.length; at += 60 + part * 40)
        bytes[at] = (bytes[at] ?? 0) ^ 0x11;
      writeFileSync(path, bytes);
      const ran = run(elf, "damaged");
      assert.deepEqual([ran.output, ran.instructions], [plain.output, plain.instructions]);
      assert.ok(ran.reused < ran.regions);
    }
  });

  test("a file that was cut off is begun anew", async () => {
    const elf = await program(7);
    run(elf, "cut");
    const path = join(folder, "cut.regions");
    truncateSync(path, statSync(path).size - 5);
    const cut = run(elf, "cut");
    assert.ok(cut.reused < cut.regions);
    assert.ok(run(elf, "cut").reused > cut.reused, "and used again");
  });

  test("where nothing can be written one line says so, and all runs", async () => {
    writeFileSync(join(folder, "file"), "");
    const complaints: string[] = [];
    const store = new TranslationFile(join(folder, "file", "below"), "name", (line) =>
      complaints.push(line),
    );
    store.append(Uint8Array.of(1));
    store.append(Uint8Array.of(2));
    assert.equal(store.readAll().length, 0);
    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? "", /translations are not kept: cannot write .*ENOTDIR/);
  });
});
