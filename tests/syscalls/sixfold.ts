/**
 * The one place where the C tests meet Sixfold: boots a structure with a program in it, runs it to
 * its end, and gives back what it wrote and how it ended.
 *
 * Layers: harness.ts compiles and runs the oracles; ../boot/system.ts boots; here the two meet.
 */
import { readFileSync } from "node:fs";
import { type Booted, type BootOptions, bootProgram } from "../boot/system.js";

/** The structures of this version; the tests run on each. */
export const structures = ["monolithic", "microkernel"] as const;
export type StructureName = (typeof structures)[number];

/** Where the test programs live, in the namespaces of the oracles and in Sixfold. */
export const programDirectory = "/mnt";

/**
 * Boots a structure with the program at /mnt/test and runs it as root in /tmp, its stdin at its
 * end.
 *
 * @param structure which structure to boot
 * @param programPath of a static riscv64 executable on the host
 * @param initPath of process 1 on the host (`buildInit` of harness.ts)
 * @param change whatever differs from the usual system
 * @returns what it wrote and how it ended
 * @throws Error when it does not end; the message says why and what it wrote so far
 */
export function runOnSixfold(
  structure: StructureName,
  programPath: string,
  initPath: string,
  change: Partial<BootOptions> = {},
): Booted {
  const path = `${programDirectory}/test`;
  const booted = bootProgram({
    structure,
    init: readFileSync(initPath),
    files: new Map([[path, readFileSync(programPath)]]),
    argv: [path],
    environment: ["PATH=/bin", "LC_ALL=C"],
    ...change,
  });
  if (booted.hang !== null) {
    const said = `${booted.stdout}${booted.stderr}${booted.reports.join("\n")}`;
    throw new Error(`${structure}: ${booted.hang}; so far:\n${said}`);
  }
  return booted;
}
