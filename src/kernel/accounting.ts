/**
 * Figures of the whole system that nobody else counts: tasks made, context switches, and the load
 * averages. The averages are Linux's (kernel/sched/loadavg.c): the count of tasks that could run,
 * looked at every five seconds of the system's own clock, decaying over 1, 5 and 15 minutes.
 */
import type { RunQueues } from "./scheduler.js";

const SAMPLE_NANOSECONDS = 5e9;
/** Fixed point, 11 bits behind it: 1, and the decay of five seconds for each average. */
const ONE = 2048;
const DECAYS: readonly number[] = Object.freeze([1884, 2014, 2037]);
/** After so many samples without load nothing is left of any average. */
const SAMPLES_MAX = 4096;

export interface AccountingState {
  tasksCreated: number;
  contextSwitches: number;
  /** The task that ran last; a switch is counted when another one runs. */
  latestTask: number;
  nextSampleNanoseconds: number;
  /** 1, 5 and 15 minutes, in units of 1/2048. */
  readonly loads: number[];
}

export class Accounting {
  readonly state: AccountingState = {
    tasksCreated: 0,
    contextSwitches: 0,
    latestTask: 0,
    nextSampleNanoseconds: SAMPLE_NANOSECONDS,
    loads: [0, 0, 0],
  };

  /**
   * Brings the averages up to now; to be asked often. While time jumped nothing ran: what the
   * queues hold now was not there at the moments that are made up for, except at the last one.
   */
  sampleLoad(nowNanoseconds: number, queues: RunQueues): void {
    const { state } = this;
    if (nowNanoseconds < state.nextSampleNanoseconds) return;
    const passed = Math.floor((nowNanoseconds - state.nextSampleNanoseconds) / SAMPLE_NANOSECONDS);
    state.nextSampleNanoseconds += (passed + 1) * SAMPLE_NANOSECONDS;
    for (let missed = Math.min(passed, SAMPLES_MAX); missed > 0; missed--) this.addSample(0);
    this.addSample(queues.size());
  }

  private addSample(runnable: number): void {
    const { loads } = this.state;
    const active = runnable * ONE;
    for (const [index, decay] of DECAYS.entries()) {
      const load = loads[index] ?? 0;
      const next = load * decay + active * (ONE - decay) + (active >= load ? ONE - 1 : 0);
      loads[index] = Math.floor(next / ONE);
    }
  }
}
