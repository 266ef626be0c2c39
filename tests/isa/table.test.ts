/**
 * The instruction table against itself and against the GNU assembler's tools: encoder, decoder and
 * disassembler come from it, so an error in a row would be in all three.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { csrs } from "../../src/machine/isa/csr.js";
import { decode, decodeExpanded, emptyOperands } from "../../src/machine/isa/decode.js";
import { disassemble } from "../../src/machine/isa/disassemble.js";
import { documentInstructions } from "../../src/machine/isa/document.js";
import { encode, toBytes } from "../../src/machine/isa/encode.js";
import type { Instruction } from "../../src/machine/isa/instruction.js";
import { instructions } from "../../src/machine/isa/table.js";
import { Random } from "./random.js";
import { instructionsPage, instructionsPath } from "./write-instructions.js";

const OBJDUMP = "riscv64-linux-gnu-objdump";
const hasObjdump = spawnSync(OBJDUMP, ["--version"]).status === 0;
const seed = Number(process.env.SIXFOLD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A random word of a row: its fixed bits, everything else by chance. */
function randomWord(random: Random, row: Instruction): number {
  const bits = row.lengthBytes === 2 ? random.word() & 0xffff : random.word();
  return (row.match | (bits & ~row.mask)) >>> 0;
}

test("every row decodes to itself, and encoding what was decoded gives it back", (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed}`);
  const random = new Random(seed);
  for (const row of instructions) {
    let found = 0;
    for (let turn = 0; turn < 200; turn++) {
      const word = randomWord(random, row);
      const operands = emptyOperands();
      const decoded = decode(word, operands);
      if (decoded !== row) continue;
      found++;
      const again = emptyOperands();
      assert.equal(decode(encode(row.name, operands), again), row, row.name);
      assert.deepEqual(again, operands, row.name);
    }
    assert.ok(found > 0, `${row.name} never decodes`);
  }
});

test("no two rows of 32 bits match the same word", () => {
  const rows = instructions.filter(({ lengthBytes }) => lengthBytes === 4);
  for (const [index, a] of rows.entries()) {
    for (const b of rows.slice(index + 1)) {
      const common = a.mask & b.mask;
      assert.notEqual(a.match & common, b.match & common, `${a.name} and ${b.name}`);
    }
  }
});

test("the encoder refuses what does not fit", () => {
  assert.throws(() => encode("addi", { imm: 2048 }), /imm = 2048 does not fit/);
  assert.throws(() => encode("beq", { imm: 3 }), /does not fit/);
  assert.throws(() => encode("add", { rd: 32 }), /rd = 32 does not fit/);
  assert.throws(() => encode("c.ld", { rd: 3, rs1: 8 }), /does not fit/);
  assert.throws(() => encode("c.lui", { rd: 5, imm: 0 }), /must not be zero/);
  assert.throws(() => encode("nope"), /no instruction is called nope/);
});

/** What objdump makes of these words: mnemonic and operands without spaces. */
function objdump(words: readonly number[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "isa-"));
  try {
    const path = join(folder, "words");
    writeFileSync(path, toBytes(words));
    const args = ["-D", "-b", "binary", "-m", "riscv:rv64", "-M", "no-aliases", path];
    const result = spawnSync(OBJDUMP, args, { encoding: "utf8", maxBuffer: 1 << 28 });
    assert.equal(result.status, 0, result.stderr);
    return [...result.stdout.matchAll(/^ *[0-9a-f]+:\t[0-9a-f]+ +\t(.*)$/gm)].map((match) =>
      normal((match[1] ?? "").replace(/ [#<].*$/, "")),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function normal(text: string): string {
  const decimal = text.replace(/0x([0-9a-f]+)/g, (_, digits) =>
    String(Number.parseInt(digits, 16)),
  );
  return decimal.replace("\t", " ").replaceAll(", ", ",").trim();
}

const skip = hasObjdump ? false : "needs gcc-riscv64-linux-gnu";

/** Operands that objdump writes otherwise: only the mnemonic is compared. */
const otherSyntax = /^(fence|c\.|fcvt|jal$|b(eq|ne|lt|ge|ltu|geu)$|csr|sfence)/;

test("random words of every row mean the same to objdump", { skip }, (context) => {
  context.diagnostic(`SIXFOLD_TEST_SEED=${seed}`);
  const random = new Random(seed);
  const chosen: { row: Instruction; word: number }[] = [];
  for (const row of instructions) {
    for (let turn = 0; turn < 40; turn++) {
      const operands = emptyOperands();
      const word = randomWord(random, row);
      if (decode(word, operands) !== row) continue;
      // What we ignore objdump may not: aq and rl, unused bits of fences, reserved rounding.
      if (operands.rm === 5 || operands.rm === 6) continue;
      // Exact conversions: objdump knows them with mode 0 only.
      if (/^fcvt\.d\.(s|wu?)$/.test(row.name) && operands.rm !== 0) continue;
      const clean = row.extension === "A" || row.name.startsWith("fence");
      chosen.push({ row, word: clean ? encode(row.name, operands) : word });
    }
  }
  const texts = objdump(chosen.map(({ word }) => word));
  assert.equal(texts.length, chosen.length);
  for (const [index, { row, word }] of chosen.entries()) {
    const [text = "", ours] = [texts[index], normal(disassemble(word))];
    const label = `${row.name} 0x${word.toString(16)}`;
    if (otherSyntax.test(row.name)) {
      const [name, ourName] = [text, ours].map((line) => line.split(" ")[0]);
      const plain = name?.replace(/^c\.(slli|srli|srai)64$/, "c.$1");
      if (row.name !== "c.nop") assert.equal(ourName, plain, label);
    } else assert.equal(ours.replace(/,dyn$/, ""), text.replace(/,dyn$/, ""), label);
  }
});

test("all 49152 compressed words: objdump names the same instruction, or we refuse", {
  skip,
}, () => {
  const words = Array.from({ length: 65536 }, (_, word) => word).filter((word) => (word & 3) !== 3);
  const texts = objdump(words);
  assert.equal(texts.length, words.length);
  const refused = new Set<string>();
  for (const [index, word] of words.entries()) {
    const name = (texts[index] ?? "").split(" ")[0] ?? "";
    const row = decode(word, emptyOperands());
    if (row === undefined) refused.add(name);
    // Hints have names of their own: additions to x0 and shifts by 0 (Unprivileged, table 36).
    else {
      const plain = name.replace(/^c\.(slli|srli|srai)64$/, "c.$1").replace("c.nop", "c.addi");
      assert.equal(row.name.replace("c.nop", "c.addi"), plain, word.toString(16));
    }
  }
  const reserved = [
    "c.addi4spn",
    "c.addi16sp",
    "c.addiw",
    "c.lui",
    "c.lwsp",
    "c.ldsp",
    "c.jr",
    "c.unimp",
  ];
  const unknown = [...refused].filter((name) => !reserved.includes(name) && name.startsWith("c."));
  assert.deepEqual(unknown, []);
});

test("compressed instructions expand to rows with semantics, within their operands", () => {
  for (let word = 0; word < 65536; word++) {
    if ((word & 3) === 3) continue;
    const operands = emptyOperands();
    const row = decodeExpanded(word, operands);
    if (row === undefined) continue;
    assert.ok(row.semantics !== undefined && row.lengthBytes === 4, row.name);
    const again = emptyOperands();
    assert.equal(decode(encode(row.name, operands), again), row);
    assert.deepEqual(again, operands);
  }
});

test("CSRs: addresses are unique, read-only ones have no writable bits", () => {
  assert.equal(new Set(csrs.map(({ address }) => address)).size, csrs.length);
  for (const { name, address, mask } of csrs) {
    if ((address & 0xc00) === 0xc00) assert.deepEqual([...mask], [0, 0], name);
  }
});

test("the documentation has a line for every row and is current", () => {
  const text = documentInstructions();
  for (const { name } of instructions) assert.ok(text.includes(`| ${name} |`), name);
  const isCurrent = readFileSync(instructionsPath, "utf8") === instructionsPage();
  assert.ok(isCurrent, "docs/instructions.md: run npx tsx tests/isa/write-instructions.ts");
});
