/**
 * The one place where the C tests meet Sixfold: boots a structure with a program in it, runs it to
 * its end, and gives back what it wrote and how it ended.
 *
 * Layers: harness.ts compiles and runs the oracles; this file runs the system under test.
 */

/** The structures of this version; the tests run on each. */
export const structures = ["monolithic", "microkernel"] as const;
export type StructureName = (typeof structures)[number];

export interface RunOptions {
  /** Files put into the image beside the program: absolute path → contents. */
  files?: ReadonlyMap<string, Uint8Array>;
  /** Host time that the program may take, in milliseconds. */
  limitMs?: number;
}

export interface RunResult {
  /** Exit status, or null when a signal ended the program. */
  exitCode: number | null;
  /** Number of the signal that ended the program, or null. */
  signal: number | null;
  stdout: string;
  stderr: string;
}

/** Where the test programs live, in the namespaces of the oracles and in Sixfold. */
export const programDirectory = "/mnt";

/**
 * Boots `structure` with the ELF at `argv[0]` and runs it as root in /tmp with stdin at its end.
 *
 * @param structure which structure to boot
 * @param elf a static riscv64 executable
 * @param argv argument vector; `argv[0]` is an absolute path, where the ELF is put
 * @param env environment, as `NAME=value`
 * @returns what it wrote and how it ended
 * @throws Error when the system cannot be booted or the program does not end in the limit
 */
export async function runOnSixfold(
  structure: StructureName,
  elf: Uint8Array,
  argv: readonly string[],
  env: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  void elf;
  void argv;
  void env;
  void options;
  throw new Error(`src/structures/boot.ts is not there yet: cannot boot "${structure}"`);
}
