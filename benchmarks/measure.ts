/**
 * Measuring and comparing: each round visits all places with a program before the next program, so
 * that what disturbs one disturbs all; values are medians over rounds, ratios are medians of the
 * rounds' ratios. On a machine with other work the best of all rounds says more: `isBest`.
 */
import { type PlaceName, type Places, structures as sixfoldPlaces } from "./places.js";
import { bestOf, type Measurement, type Program } from "./programs.js";
import { geometricMean, median, short, table, withUnit } from "./statistics.js";

export interface Entry {
  readonly unit: string;
  /** A value per round; NaN: that run failed. */
  readonly values: Map<PlaceName, number[]>;
}

/** By measurement. */
export type Results = Map<string, Entry>;

export interface Plan {
  readonly programs: readonly Program[];
  readonly rounds: number;
  /** Milliseconds that a repetition of `micro` lasts. */
  readonly repetitionMs: number;
  readonly read: (output: string, program: Program) => readonly Measurement[];
}

const LINE_LIMIT_MS = 300_000;

/** One program in one place. */
async function runIn(
  places: Places,
  name: PlaceName,
  plan: Plan,
  program: Program,
): Promise<readonly Measurement[]> {
  const shell = places.shells.get(name);
  if (shell === undefined) return [];
  const lengths = `BENCH_REPS=3 BENCH_MS=${plan.repetitionMs}`;
  try {
    if (program.preparation !== undefined) await shell.run(program.preparation, LINE_LIMIT_MS);
    return plan.read(await shell.run(`${lengths} ${program.line}`, LINE_LIMIT_MS), program);
  } catch (error) {
    console.error(`${name}: ${program.name}: ${error instanceof Error ? error.message : error}`);
    await places.reopen(name);
    return [];
  }
}

/**
 * Runs all programs in all places that are up. A round before the first does not count: engines
 * compile their own code in it (system calls take ten times as long before).
 */
export async function measure(places: Places, plan: Plan): Promise<Results> {
  const results: Results = new Map();
  for (let round = -1; round < plan.rounds; round++) {
    for (const program of plan.programs) {
      console.error(`round ${round + 1} of ${plan.rounds}: ${program.name}`);
      for (const name of [...places.shells.keys()]) {
        const measured = await runIn(places, name, plan, program);
        if (round < 0) continue;
        for (const one of measured) {
          const entry: Entry = results.get(one.name) ?? { unit: one.unit, values: new Map() };
          results.set(one.name, entry);
          const values = entry.values.get(name) ?? [];
          entry.values.set(name, values);
          while (values.length < round) values.push(Number.NaN);
          values[round] = one.value;
        }
      }
    }
  }
  return results;
}

/** What stands in a table for a place: the median of its rounds, or the best. */
function valueIn(entry: Entry, name: PlaceName, isBest: boolean): number {
  const values = (entry.values.get(name) ?? []).filter(Number.isFinite);
  if (values.length === 0) return Number.NaN;
  return isBest ? bestOf(values, entry.unit) : median(values);
}

/**
 * How many times as long `left` takes as `right`: the median over rounds, or by the best of all
 * rounds.
 */
export function timesSlower(
  entry: Entry,
  left: PlaceName,
  right: PlaceName,
  isBest: boolean,
): number {
  const times = (value: number, other: number) =>
    entry.unit.endsWith("/s") ? other / value : value / other;
  if (isBest) return times(valueIn(entry, left, true), valueIn(entry, right, true));
  const rights = entry.values.get(right) ?? [];
  const pairs = (entry.values.get(left) ?? []).map((value, round) =>
    times(value, rights[round] ?? Number.NaN),
  );
  return median(pairs.filter(Number.isFinite));
}

export interface Comparison {
  /** Whose time is above the line; with `isFaster` below it. */
  readonly of: PlaceName;
  readonly with: PlaceName;
  /** Says how many times faster instead of how many times slower. */
  readonly isFaster?: boolean;
}

const heading = ({ of: left, with: right, isFaster }: Comparison): string =>
  `${left}, × ${isFaster === true ? "faster than" : "the time of"} ${right}`;

function ratioOf(entry: Entry, comparison: Comparison, isBest: boolean): number {
  const slower = timesSlower(entry, comparison.of, comparison.with, isBest);
  return comparison.isFaster === true ? 1 / slower : slower;
}

/** The comparisons of Sixfold with those peers, in each of its places that is up. */
export function comparisons(
  places: Places,
  peers: readonly (readonly [PlaceName, "slower" | "faster"])[],
  owns: readonly PlaceName[] = sixfoldPlaces,
): Comparison[] {
  const up = (name: PlaceName) => places.shells.has(name);
  return owns
    .filter(up)
    .flatMap((own) =>
      peers
        .filter(([peer]) => up(peer) && peer !== own)
        .map(([peer, how]) => ({ of: own, with: peer, isFaster: how === "faster" })),
    );
}

/** Values, then ratios, then the geometric mean of each column of ratios. */
export function comparisonTable(
  title: string,
  results: Results,
  names: readonly PlaceName[],
  compared: readonly Comparison[],
  isBest: boolean,
): string {
  const rows = [...results].map(([name, entry]) => [
    name,
    ...names.map((place) => withUnit(valueIn(entry, place, isBest), entry.unit)),
    ...compared.map((comparison) => short(ratioOf(entry, comparison, isBest))),
  ]);
  const means = compared.map((comparison) =>
    geometricMean([...results.values()].map((entry) => ratioOf(entry, comparison, isBest))),
  );
  const last = ["geometric mean", ...names.map(() => ""), ...means.map(short)];
  return table([[title, ...names, ...compared.map(heading)], ...rows, last]);
}

/** Lines that name the places that could not be started. */
export function missingLines(places: Places): string {
  return [...places.missing].map(([name, why]) => `Not measured: ${name}: ${why}`).join("\n");
}
