/**
 * What happens when no frame is left: the process that holds most memory is killed, whoever asked
 * for the frame, and the others wait until its memory is free (Linux mm/oom_kill.c).
 *
 * The choice depends on the state alone, so that a run repeats: most pages (its own, and those of
 * its tables), plus oom_score_adj thousandths of the machine's; of equals the one that began last.
 * Never process 1, nor anybody who lives in its space.
 */
import { ENOMEM } from "../../abi/errno.js";
import { SPACE_FIGURE } from "../../kernel/address-space.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { MemoryState } from "./state.js";

/** A process with this adjustment is never chosen (OOM_SCORE_ADJ_MIN). */
const NEVER_CHOSEN = -1000;

export class Exhaustion {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: MemoryState,
  ) {}

  /**
   * The answer to a task that got no frame. @returns -ENOMEM: it is itself to die, or nobody can
   * be killed; BLOCKED: memory becomes free
   */
  answer(caller: TaskId): Result {
    const own = this.kernel.attribute(caller, ATTRIBUTE.space);
    const { victims } = this.state;
    if (caller === 0 || victims.some(({ space }) => space === own)) return -ENOMEM;
    const job = this.kernel.exhaustedJob(caller);
    if (!victims.some((victim) => victim.job === job)) {
      const chosen = this.choose(job);
      if (chosen < 0) return -ENOMEM;
      victims.push({ space: chosen, job });
      this.kill(chosen);
      if (chosen === own) return -ENOMEM;
    }
    return this.kernel.block(caller, this.channel());
  }

  /** A space is gone: if it was a victim's, those who wait may try again. */
  freed(space: number): void {
    const index = this.state.victims.findIndex((victim) => victim.space === space);
    if (index < 0) return;
    this.state.victims.splice(index, 1);
    this.kernel.wake(this.channel(), Number.MAX_SAFE_INTEGER);
  }

  private channel(): number {
    if (this.state.memoryChannel === 0) this.state.memoryChannel = this.kernel.newChannel();
    return this.state.memoryChannel;
  }

  /** @param job 0: of all @returns the space of the process to be killed, or -1 */
  private choose(job: number): number {
    const { kernel } = this;
    const thousandth = kernel.framesTotal() / 1000;
    const spared = kernel.attribute(1, ATTRIBUTE.space);
    let chosen = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let task = kernel.nextTask(0); task > 0; task = kernel.nextTask(task)) {
      const space = kernel.attribute(task, ATTRIBUTE.space);
      const adjustment = kernel.attribute(task, ATTRIBUTE.oomScoreAdjustment);
      if (space < 0 || space === spared || !this.state.spaces.has(space)) continue;
      if (adjustment <= NEVER_CHOSEN) continue;
      if (job !== 0 && kernel.attribute(task, ATTRIBUTE.job) !== job) continue;
      const pages =
        kernel.spaceFigure(space, SPACE_FIGURE.resident) +
        kernel.spaceFigure(space, SPACE_FIGURE.tables);
      const points = pages + adjustment * thousandth;
      if (points < most) continue;
      most = points;
      chosen = space;
    }
    return chosen;
  }

  /** Every process that lives in the space. */
  private kill(space: number): void {
    const { kernel } = this;
    for (let task = kernel.nextTask(0); task > 0; task = kernel.nextTask(task)) {
      if (kernel.attribute(task, ATTRIBUTE.space) !== space) continue;
      if (kernel.attribute(task, ATTRIBUTE.process) !== task) continue;
      kernel.killExhausted(task);
    }
  }
}
