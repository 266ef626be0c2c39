/**
 * What the tests of whole systems run: C programs of tests/syscalls and tests/programs, compiled
 * once, and the words for what they need.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildInit, compileRiscv, findTools, needsCompiler } from "../syscalls/harness.js";
import { type Booted, type BootOptions, bootProgram } from "./system.js";

const tests = join(dirname(fileURLToPath(import.meta.url)), "..");
const tools = findTools();

/** `skip` of every test that needs compiled programs. */
export const skip: string | false = tools.riscvCompiler === null ? needsCompiler : false;

const initPath = await buildInit(tools);
const init = initPath === null ? new Uint8Array(0) : readFileSync(initPath);

/** @param name of a C file below tests/, without its ending @returns the ELF */
export async function program(name: string): Promise<Uint8Array> {
  const path = await compileRiscv(tools, join(tests, `${name}.c`));
  if (path === null) throw new Error(needsCompiler);
  return readFileSync(path);
}

/** Options that boot one program with arguments. */
export function bootOptions(
  structure: string,
  elf: Uint8Array,
  args: readonly string[] = [],
  change: Partial<BootOptions> = {},
): BootOptions {
  const path = "/mnt/test";
  const argv = [path, ...args];
  const environment = ["PATH=/bin", "LC_ALL=C"];
  return { structure, init, files: new Map([[path, elf]]), argv, environment, ...change };
}

export function boot(
  structure: string,
  elf: Uint8Array,
  args: readonly string[] = [],
  change: Partial<BootOptions> = {},
): Booted {
  return bootProgram(bootOptions(structure, elf, args, change));
}
