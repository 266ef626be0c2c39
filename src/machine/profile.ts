/** What a machine tells of where it is, for a profile. Absent, nothing is measured. */

export interface MachineProfile {
  /**
   * Execution is at a preemption point, after some ten thousand instructions.
   * @param pc < 2^38
   * @param executedInstructions of this run so far
   * @param isTranslated whether translated code came here
   */
  sampled(pc: number, executedInstructions: number, isTranslated: boolean): void;
  /** The translator looks whether there is something to do, and does it. */
  enterTranslation(): void;
  leaveTranslation(): void;
}
