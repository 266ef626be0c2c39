/**
 * How hot places are. A weight stands for time that the interpreter spends, as far as it can be
 * told; a place is translated once it has spent there about what its translation costs: so a
 * program never takes much more than twice as long as if it had been known before what is worth it.
 */

/** The weight of a sample: execution was interpreted there after many instructions. */
export const SAMPLE_WEIGHT = 64;
/** The run was cut there within translated code: what follows is interpreted up to a region. */
export const CUT_WEIGHT = 8;
/**
 * One of so many times that execution comes to what is not translated is told, and of the jumps by
 * register to where their region does not know; a prime, so that places that alternate are told.
 */
export const TELL_DISTANCE = 13;
/** TELL_DISTANCE times execution came from a region to where none begins. */
export const VISIT_WEIGHT = 3;
/** CALLS_UNTIL_TOLD interpreted calls from one place. */
export const CALLS_WEIGHT = 32;
/** What a region calls is translated with it if it has been come to itself. */
export const CALLEE_WEIGHT_MIN = 32;

/** For each sample that a place must have: what its translation costs, for each instruction. */
const NEW_PER_INSTRUCTION = 2;
/** What is kept from before is only compiled by the engine. */
const KEPT_PER_INSTRUCTION = 0.25;
const KEPT_WEIGHT_MIN = 1;
/** A place whose page is not to be translated now is looked at again after twice as much. */
export const REFUSED_WEIGHT = 4096;
/** Places whose region is not worth it yet are looked at again after so much. */
const POSTPONED_SHARE = 0.5;

/**
 * The weight at which a region is translated.
 * @param threshold samples that a short one must have
 * @param length instructions; 0: not known yet
 * @param isKept what is kept from before is used again
 */
export function neededWeight(threshold: number, length: number, isKept: boolean): number {
  const least = isKept ? KEPT_WEIGHT_MIN : SAMPLE_WEIGHT;
  const each = isKept ? KEPT_PER_INSTRUCTION : NEW_PER_INSTRUCTION;
  return threshold * Math.max(least, length * each);
}

/** The places of one page, by offset in bytes. */
export class Heat {
  private readonly weights = new Map<number, number>();
  /** At which weight a place is looked at next. */
  private readonly needs = new Map<number, number>();

  weightOf(offset: number): number {
    return this.weights.get(offset) ?? 0;
  }

  /**
   * Adds to a place's weight.
   * @param firstNeed what a place that was never seen must have
   * @returns whether it is hot
   */
  add(offset: number, weight: number, firstNeed: () => number): boolean {
    const known = this.weights.get(offset);
    if (known === undefined) this.needs.set(offset, firstNeed());
    const sum = (known ?? 0) + weight;
    this.weights.set(offset, sum);
    return sum >= (this.needs.get(offset) ?? 0);
  }

  /** A place is not hot enough for its region: that much is missing. */
  postpone(offset: number, missing: number): void {
    const more = Math.max(SAMPLE_WEIGHT, missing * POSTPONED_SHARE);
    this.needs.set(offset, this.weightOf(offset) + more);
  }

  /** A place is translated now, as part of a region: its time until now is paid for. */
  clear(offset: number): void {
    this.weights.delete(offset);
  }
}
