/**
 * The oracle: a C program that executes each instruction by inline assembly on operands from its
 * standard input and writes result and flags. It is compiled for riscv64 and run under qemu-user.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Operation } from "./operations.js";

export const COMPILER = "riscv64-linux-gnu-gcc";
export const EMULATOR = "qemu-riscv64-static";

/** Bytes of a case on standard input: a, b, c, fcsr; and of an answer: result, fflags. */
export const CASE_BYTES = 32;
export const ANSWER_BYTES = 16;

/** What is missing to run the oracle, or undefined. */
export function missingPackage(): string | undefined {
  const has = (command: string) => spawnSync(command, ["--version"]).error === undefined;
  if (!has(COMPILER)) return "needs gcc-riscv64-linux-gnu";
  if (!has(EMULATOR)) return "needs qemu-user-static";
  return undefined;
}

function handler(operation: Operation, index: number): string {
  const isInteger = operation.from[0] === "x";
  const registers = ["ft0", "ft1", "ft2"].slice(0, operation.from.length);
  const sources = isInteger ? "%2" : registers.join(", ");
  const target = operation.to === "x" ? "%0" : "ft3";
  const takesRounding = operation.with === "rounding" && operation.mnemonic !== "fcvt.d.s";
  const exact = /fcvt\.d\.wu?$/.test(operation.mnemonic);
  const mode = takesRounding && !exact && /^fcvt\.(w|l)/.test(operation.mnemonic) ? ", dyn" : "";
  const lines = [
    "fmv.d.x ft0, %2",
    "fmv.d.x ft1, %3",
    "fmv.d.x ft2, %4",
    "fscsr %5",
    `${operation.mnemonic} ${target}, ${sources}${mode}`,
    "frflags %1",
    ...(operation.to === "x" ? [] : ["fmv.x.d %0, ft3"]),
  ];
  return [
    `static void run${index}(const uint64_t *in, uint64_t *out) {`,
    `  asm volatile("${lines.join("\\n\\t")}" : "=&r"(out[0]), "=&r"(out[1])`,
    '    : "r"(in[0]), "r"(in[1]), "r"(in[2]), "r"(in[3]) : "ft0", "ft1", "ft2", "ft3");',
    "}",
  ].join("\n");
}

function program(operations: readonly Operation[]): string {
  return [
    "#include <stdint.h>",
    "#include <stdio.h>",
    "#include <stdlib.h>",
    ...operations.map(handler),
    "static void (*const table[])(const uint64_t *, uint64_t *) = {",
    operations.map((_, index) => `run${index}`).join(", "),
    "};",
    "int main(int count, char **arguments) {",
    "  uint64_t in[4], out[2];",
    "  if (count != 2) return 2;",
    "  while (fread(in, sizeof in, 1, stdin) == 1) {",
    "    table[atoi(arguments[1])](in, out);",
    "    if (fwrite(out, sizeof out, 1, stdout) != 1) return 1;",
    "  }",
    "  return fflush(stdout) != 0;",
    "}",
    "",
  ].join("\n");
}

/** Runs the cases of one operation. */
export type Oracle = (operationIndex: number, cases: Buffer) => Buffer;

/** Compiles the program in a new folder. @returns the oracle and the folder, to be removed */
export function buildOracle(operations: readonly Operation[]): { run: Oracle; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "float-"));
  const source = join(folder, "oracle.c");
  const binary = join(folder, "oracle");
  writeFileSync(source, program(operations));
  execFileSync(COMPILER, ["-O1", "-static", "-o", binary, source]);
  const run: Oracle = (operationIndex, cases) =>
    execFileSync(EMULATOR, [binary, String(operationIndex)], {
      input: cases,
      maxBuffer: cases.length + 1024,
    });
  return { run, folder };
}
