/**
 * Programs in a profile: all processes of one name. What an address space has spent since its last
 * sample goes to the place of the next one; so the sum is exact, its distribution an estimate.
 */
import type { Meter } from "../kernel/profile.js";
import type { ProfilePlace, ProfileWeights } from "./profile-data.js";

/** Time, and how often. */
export interface CallMeter extends Meter {
  runs: number;
}

/** A program must not fill the host's memory by running here and there. */
const PLACES_MAX = 50_000;
const OTHERS = "[others]";
const NOT_SAMPLED = "[not sampled]";

/** @returns weights of their own, all zero */
export const noWeights = (): ProfileWeights => ({
  milliseconds: 0,
  translatedMilliseconds: 0,
  instructions: 0,
});

export class ProgramRecord {
  private placeCount = 0;
  private readonly places = new Map<string, Map<number, ProfileWeights>>();
  /** By what `callKey` says. */
  readonly calls = new Map<number, CallMeter>();
  /** Of spaces that are gone: what came behind their last sample. */
  readonly rest: ProfileWeights = noWeights();

  constructor(readonly name: string) {}

  /** What was spent at a place of code. */
  at(file: string, offset: number): ProfileWeights {
    return this.placeCount < PLACES_MAX ? this.place(file, offset) : this.place(OTHERS, -1);
  }

  private place(file: string, offset: number): ProfileWeights {
    let offsets = this.places.get(file);
    if (offsets === undefined) {
      offsets = new Map();
      this.places.set(file, offsets);
    }
    let weights = offsets.get(offset);
    if (weights === undefined) {
      weights = noWeights();
      offsets.set(offset, weights);
      this.placeCount++;
    }
    return weights;
  }

  call(key: number): CallMeter {
    let meter = this.calls.get(key);
    if (meter === undefined) {
      meter = { milliseconds: 0, runs: 0 };
      this.calls.set(key, meter);
    }
    return meter;
  }

  /** @param rest of its spaces that are there. It is spread over the places as the samples are. */
  placesWith(rest: readonly Readonly<ProfileWeights>[]): ProfilePlace[] {
    const all: ProfilePlace[] = [];
    for (const [file, offsets] of this.places) {
      for (const [offset, weights] of offsets) all.push({ file, offset, ...weights });
    }
    const sampled = sumOf(all);
    const left = sumOf([this.rest, ...rest]);
    if (sampled.instructions === 0 || sampled.milliseconds === 0) {
      return left.instructions > 0 ? [...all, { file: NOT_SAMPLED, offset: -1, ...left }] : all;
    }
    const more = 1 + left.milliseconds / sampled.milliseconds;
    const moreInstructions = 1 + left.instructions / sampled.instructions;
    return all.map((place) => ({
      ...place,
      milliseconds: place.milliseconds * more,
      translatedMilliseconds: place.translatedMilliseconds * more,
      instructions: Math.round(place.instructions * moreInstructions),
    }));
  }
}

/** @returns all of them together */
export function sumOf(all: readonly Readonly<ProfileWeights>[]): ProfileWeights {
  const sum = noWeights();
  for (const { milliseconds, translatedMilliseconds, instructions } of all) {
    sum.milliseconds += milliseconds;
    sum.translatedMilliseconds += translatedMilliseconds;
    sum.instructions += instructions;
  }
  return sum;
}
