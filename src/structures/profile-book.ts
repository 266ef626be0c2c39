/** The programs and address spaces of a profile. */
import type { Task } from "../kernel/tasks.js";
import type { ProfileProgram } from "./profile-data.js";
import { ProgramRecord } from "./profile-programs.js";
import { programData } from "./profile-report.js";
import { type CodeMapping, SpaceRecord } from "./profile-space.js";

/** What a profile asks of the system. */
export interface ProfileSources {
  /** Monotonic milliseconds of the host. */
  readonly clock: () => number;
  /** What no other space has; undefined: there is no such space. */
  readonly identityOf: (space: number) => object | undefined;
  readonly nameOf: (process: number) => string;
  readonly codeOf: (space: number) => readonly CodeMapping[];
}

/** Processes choose their names. */
const PROGRAMS_MAX = 1000;
const OTHERS = "[others]";

export class ProfileBook {
  private readonly programs = new Map<string, ProgramRecord>();
  private readonly spaces = new Map<number, SpaceRecord>();

  constructor(private readonly sources: ProfileSources) {}

  clear(): void {
    this.programs.clear();
    this.spaces.clear();
  }

  program(name: string): ProgramRecord {
    const known = this.programs.get(name);
    if (known !== undefined) return known;
    if (this.programs.size >= PROGRAMS_MAX && name !== OTHERS) return this.program(OTHERS);
    const program = new ProgramRecord(name);
    this.programs.set(name, program);
    return program;
  }

  /** The space that a task is in; undefined: it has none (yet, or any more). */
  spaceOf({ space, process }: Task): SpaceRecord | undefined {
    const identity = this.sources.identityOf(space);
    if (identity === undefined) return undefined;
    const known = this.spaces.get(space);
    if (known?.identity === identity) return known;
    // Its number was another space's, which is gone.
    known?.retire();
    const program = this.program(this.sources.nameOf(process));
    const made = new SpaceRecord(identity, program, () => this.sources.codeOf(space));
    this.spaces.set(space, made);
    return made;
  }

  data(): ProfileProgram[] {
    const spaces = [...this.spaces.values()];
    return [...this.programs.values()].map((program) => {
      const own = spaces.filter((space) => space.program === program);
      const rest = own.map(({ user }) => user);
      return programData(program, rest);
    });
  }
}
