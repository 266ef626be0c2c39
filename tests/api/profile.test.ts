/** The profile: shares of functions, of waiting, of the kernel; and the forms it is written in. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  foldedProfile,
  type Profile,
  type ProfileProgram,
  profileSummary,
  type System,
  speedscopeProfile,
} from "sixfold";
import { skip as noCompiler, program } from "../boot/programs.js";
import { hasCode, noImage, withSystem } from "./boot-image.js";

const skip = noImage || noCompiler;

function programOf(profile: Profile, name: string): ProfileProgram {
  const found = profile.programs.find((one) => one.name === name);
  assert.ok(found, `no program ${name}: ${profile.programs.map((one) => one.name).join(" ")}`);
  return found;
}

async function runTwo(system: System): Promise<Profile> {
  await system.files.write("/tmp/two", await program("programs/two_functions"), { mode: 0o755 });
  const result = await system.run(["/tmp/two"]);
  assert.equal(result.exitCode, 0);
  return await system.profile();
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

describe("the profile", { skip }, () => {
  for (const structure of ["monolithic", "microkernel"]) {
    test(`functions have the shares of their instructions (${structure})`, () =>
      withSystem(
        async (system) => {
          const profile = await runTwo(system);
          const { functions, calls } = programOf(profile, "two");
          const instructionsOf = (name: string): number =>
            functions.find((one) => one.name === name)?.instructions ?? 0;
          const all = sum(functions.map(({ instructions }) => instructions));
          const share = (name: string): number => instructionsOf(name) / all;
          assert.ok(share("large") > 0.6 && share("large") < 0.9, `large: ${share("large")}`);
          assert.ok(share("small") > 0.1 && share("small") < 0.4, `small: ${share("small")}`);
          assert.equal(functions.find(({ name }) => name === "large")?.file, "/tmp/two");
          assert.ok(profile.times.translated > 0, "most of it was translated");
          assert.ok(profile.modules > 0 && profile.regions > 0 && profile.times.translation > 0);
          assert.equal(calls.find(({ name }) => name === "exit_group")?.runs, 1);
        },
        { structure, profile: true },
      ));
  }

  test("what was run is counted to the instruction, and nothing is twice", () =>
    withSystem(
      async (system) => {
        const profile = await runTwo(system);
        const functions = profile.programs.flatMap((one) => one.functions);
        const found = sum(functions.map(({ instructions }) => instructions));
        // Each place is rounded.
        assert.ok(Math.abs(found - profile.instructions) < 1000, `${found} of those`);
        const { times } = profile;
        const milliseconds = sum(functions.map((one) => one.milliseconds));
        assert.ok(Math.abs(milliseconds - times.interpreted - times.translated) < 0.01);
      },
      { profile: true },
    ));

  test("a program that sleeps shows waiting, and short-lived ones are there", () =>
    withSystem(
      async (system) => {
        const script =
          "sleep 0.5; i=0; while [ $i -lt 20 ]; do /bin/ls / >/dev/null; i=$((i+1)); done";
        await system.run(["sh", "-c", script]);
        const profile = await system.profile();
        assert.ok(profile.times.waiting >= 400, `waited ${profile.times.waiting} ms`);
        const { calls, functions } = programOf(profile, "ls");
        assert.equal(calls.find(({ name }) => name === "exit_group")?.runs, 20);
        assert.ok(functions.every(({ name }) => name !== ""));
        assert.match(foldedProfile(profile), /^\[waiting\] \d+$/m);
        assert.ok(profileSummary(profile).some((line) => /^waiting +\d/.test(line)));
      },
      { profile: true },
    ));

  test("folded stacks and speedscope's form", () =>
    withSystem(
      async (system) => {
        const profile = await runTwo(system);
        const lines = foldedProfile(profile).trimEnd().split("\n");
        for (const line of lines) assert.match(line, /^[^;]+(;[^;]+){0,2} \d+$/);
        assert.ok(lines.some((line) => /^two;\/tmp\/two;large \d+$/.test(line)));
        assert.ok(lines.some((line) => /^two;\[kernel\] exit_group \d+$/.test(line)));
        const scope = JSON.parse(speedscopeProfile(profile, "two"));
        assert.equal(scope.profiles.length, 2);
        for (const one of scope.profiles) {
          assert.equal(one.type, "sampled");
          assert.equal(one.samples.length, one.weights.length);
          const frames = one.samples.flat() as number[];
          assert.ok(frames.every((frame) => scope.shared.frames[frame] !== undefined));
        }
      },
      { profile: true },
    ));

  test("a guest does the same with it and without", async () => {
    const runs: string[] = [];
    for (const profile of [false, true]) {
      await withSystem(
        async (system) => {
          const { usage, text } = await system.run(["sh", "-c", "ls / | sort | md5sum; date"]);
          runs.push(`${text()} ${usage.instructions} ${usage.systemCalls}`);
        },
        { profile, clock: "virtual", seed: 3 },
      );
    }
    assert.equal(runs[1], runs[0]);
  });

  test("without the option there is none", () =>
    withSystem((system) => assert.rejects(system.profile(), hasCode("argument"))));
});
