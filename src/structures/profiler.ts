/**
 * The profile: where the host's time and the guest's instructions go. Machine and kernel tell when
 * they begin and end something; the time between two of these belongs to what went on meanwhile
 * (a meter). In user mode the machine says now and then where it is.
 *
 *   what is kept          profile-book.ts, profile-programs.ts, profile-space.ts
 *   what the host gets    profile-data.ts; it finds the names of functions (profile-names.ts)
 *
 * Nothing of it is state of the system: it changes nothing that a program could see.
 */
import type { KernelProfile, Meter } from "../kernel/profile.js";
import type { Task } from "../kernel/tasks.js";
import type { MachineProfile } from "../machine/profile.js";
import { ProfileBook, type ProfileSources } from "./profile-book.js";
import type { ProfileData } from "./profile-data.js";
import { callKey, type Made, profileData } from "./profile-report.js";
import type { SpaceRecord } from "./profile-space.js";

/** Who the kernel works for when there is no program yet, or none any more. */
const NO_PROGRAM = "[system]";

const meter = (): Meter => ({ milliseconds: 0 });

export class Profiler implements MachineProfile, KernelProfile {
  private hasBegun = false;
  private latestMs = 0;
  private readonly host = meter();
  private readonly waiting = meter();
  private readonly scheduling = meter();
  private readonly translation = meter();
  private current = this.host;
  private instructions = 0;
  /** Of the run under way: instructions that a sample has counted. */
  private countedInstructions = 0;
  private readonly book: ProfileBook;
  private running: SpaceRecord | undefined;

  constructor(private readonly sources: ProfileSources) {
    this.book = new ProfileBook(sources);
  }

  /** A program is started: from the first one on there is something to measure. */
  begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.latestMs = this.sources.clock();
    this.book.clear();
    this.instructions = 0;
    for (const one of [this.host, this.waiting, this.scheduling, this.translation]) {
      one.milliseconds = 0;
    }
  }

  /** The system runs, */
  resume(): void {
    this.go(this.scheduling);
  }

  /** and leaves the host its turn. */
  pause(isWaiting: boolean): void {
    this.go(isWaiting ? this.waiting : this.host);
  }

  enterUser(task: Task): void {
    this.running = this.book.spaceOf(task);
    this.countedInstructions = 0;
    this.go(this.running?.user ?? this.scheduling);
  }

  leaveUser(executedInstructions: number): void {
    this.count(executedInstructions);
    this.running = undefined;
    this.go(this.scheduling);
  }

  enter(task: Task, kind: number, number: number): Meter {
    const before = this.current;
    const program = this.book.spaceOf(task)?.program ?? this.book.program(NO_PROGRAM);
    const call = program.call(callKey(kind, number));
    call.runs++;
    this.go(call);
    return before;
  }

  leave(before: Meter): void {
    this.go(before);
  }

  sampled(pc: number, executedInstructions: number, isTranslated: boolean): void {
    this.count(executedInstructions);
    this.go(this.current);
    this.running?.sampled(pc, isTranslated);
  }

  enterTranslation(): void {
    this.go(this.translation);
  }

  leaveTranslation(): void {
    this.go(this.running?.user ?? this.scheduling);
  }

  /** @param made what the translator has made. @returns what was measured since `begin` */
  data(made: Made): ProfileData {
    this.go(this.current);
    return profileData(this.book.data(), made, {
      instructions: this.instructions,
      scheduling: this.scheduling.milliseconds,
      translation: this.translation.milliseconds,
      waiting: this.waiting.milliseconds,
      host: this.host.milliseconds,
    });
  }

  /** What was measured until now belongs to what went on. */
  private go(next: Meter): void {
    const nowMs = this.sources.clock();
    this.current.milliseconds += nowMs - this.latestMs;
    this.latestMs = nowMs;
    this.current = next;
  }

  private count(executedInstructions: number): void {
    const more = executedInstructions - this.countedInstructions;
    this.countedInstructions = executedInstructions;
    this.instructions += more;
    if (this.running !== undefined) this.running.user.instructions += more;
  }
}
