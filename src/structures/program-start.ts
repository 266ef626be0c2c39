/** What a host says of a program that it starts (start.ts). */
import type { JobLimits } from "../kernel/jobs.js";

/** A program to be started. */
export interface ProgramStart {
  /** The program (looked up in PATH without a slash) and its arguments. */
  readonly argv: readonly string[];
  /** NAME=value. */
  readonly environment: readonly string[];
  readonly workdir: string;
  readonly userId: number;
  readonly groupId: number;
  /** The console as controlling terminal and standard descriptors. */
  readonly terminal: boolean;
  /** Without a terminal: ports of the virtio console for descriptors 0, 1, 2. */
  readonly streams?: readonly [number, number, number];
  /** What it and all that descends from it may take; what is not said is as the system's. */
  readonly limits?: Partial<JobLimits>;
}
