/**
 * A profile in the forms that others read: folded stacks (Brendan Gregg's flamegraph.pl, inferno,
 * speedscope), speedscope's own file format, and a short table for people.
 */
import type { Profile, ProfileProgram } from "./profile.js";

/** A way down to where something was spent, and how much. */
interface Stack {
  readonly frames: readonly string[];
  readonly milliseconds: number;
  readonly instructions: number;
}

const KERNEL = "[kernel]";
const TABLE_ROWS = 12;
const NAME_COLUMNS = 44;
const MICROSECONDS = 1000;

/** Guests choose names, and a terminal shows them. */
const printable = (name: string): string => name.replace(/\p{Cc}/gu, "?");

/** All that was measured, each with its frames from the outermost. */
function stacksOf(profile: Profile): Stack[] {
  const { times, schedulingMilliseconds } = profile;
  const alone = (name: string, milliseconds: number): Stack => ({
    frames: [name],
    milliseconds,
    instructions: 0,
  });
  return [
    ...profile.programs.flatMap(stacksOfProgram),
    { frames: [KERNEL, "scheduling"], milliseconds: schedulingMilliseconds, instructions: 0 },
    alone("[translation]", times.translation),
    alone("[waiting]", times.waiting),
    alone("[host]", times.host),
  ];
}

function stacksOfProgram({ name, functions, calls }: ProfileProgram): Stack[] {
  return [
    ...functions.map((one) => ({
      frames: [name, one.file, one.name],
      milliseconds: one.milliseconds,
      instructions: one.instructions,
    })),
    ...calls.map((call) => ({
      frames: [name, `${KERNEL} ${call.name}`],
      milliseconds: call.milliseconds,
      instructions: 0,
    })),
  ];
}

/**
 * Folded stacks: a line for each, "program;file;function microseconds". The kernel's part of a
 * program is "program;[kernel] call"; what is nobody's is "[kernel];scheduling", "[translation]",
 * "[waiting]" and "[host]".
 */
export function foldedProfile(profile: Profile): string {
  const lines = stacksOf(profile).flatMap(({ frames, milliseconds }) => {
    const count = Math.round(milliseconds * MICROSECONDS);
    const names = frames.map((name) => printable(name).replaceAll(";", ":"));
    return count > 0 ? [`${names.join(";")} ${count}\n`] : [];
  });
  return lines.join("");
}

/**
 * A file for speedscope (its file-format-schema.json), with two profiles: time by the host's clock,
 * and instructions of the guest.
 * @param name shown as the profile's
 * @returns JSON
 */
export function speedscopeProfile(profile: Profile, name: string): string {
  const stacks = stacksOf(profile);
  const numbers = new Map<string, number>();
  const frames: { readonly name: string; readonly file?: string }[] = [];
  const numberOf = (label: string, file: string | undefined): number => {
    const key = `${file ?? ""}\0${label}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, frames.length);
    frames.push(file === undefined ? { name: label } : { name: label, file });
    return frames.length - 1;
  };
  const sampled = (title: string, unit: string, weightOf: (stack: Stack) => number): object => {
    const present = stacks.filter((stack) => weightOf(stack) > 0);
    const weights = present.map(weightOf);
    const samples = present.map((stack) =>
      stack.frames.map((label, index) =>
        numberOf(label, index === 2 ? stack.frames[1] : undefined),
      ),
    );
    const endValue = weights.reduce((sum, weight) => sum + weight, 0);
    return { type: "sampled", name: title, unit, startValue: 0, endValue, samples, weights };
  };
  const profiles = [
    sampled("host time", "milliseconds", ({ milliseconds }) => milliseconds),
    sampled("instructions", "none", ({ instructions }) => instructions),
  ];
  return JSON.stringify({
    $schema: "https://www.speedscope.app/file-format-schema.json",
    name,
    exporter: "sixfold",
    activeProfileIndex: 0,
    shared: { frames },
    profiles,
  });
}

/** The lines of a short table: where time went, and the functions and calls that took the most. */
export function profileSummary(profile: Profile): string[] {
  const { times, instructions, regions, modules } = profile;
  const total = Object.values(times).reduce((sum: number, one: number) => sum + one, 0);
  const row = (name: string, milliseconds: number): string => {
    const share = total > 0 ? (100 * milliseconds) / total : 0;
    return `${name.padEnd(NAME_COLUMNS)}${milliseconds.toFixed(1).padStart(10)} ms${share
      .toFixed(1)
      .padStart(7)} %`;
  };
  const stacks = profile.programs
    .flatMap(stacksOfProgram)
    .sort((left, right) => right.milliseconds - left.milliseconds)
    .slice(0, TABLE_ROWS);
  return [
    row("interpreted", times.interpreted),
    row("translated", times.translated),
    row("kernel", times.kernel),
    row("translation and compilation", times.translation),
    row("waiting", times.waiting),
    row("host", times.host),
    `${instructions} instructions; ${regions} regions in ${modules} modules`,
    ...stacks.map((one) => row(printable(one.frames.join(" ")), one.milliseconds)),
  ];
}
