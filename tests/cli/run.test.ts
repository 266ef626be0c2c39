/** `sixfold run` with the default image: streams, exit codes, signals, repeatability. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { missingImage, sixfold, structures } from "./command.js";

const skip = await missingImage();
const shell = (script: string, ...options: string[]): string[] => [
  "run",
  ...options,
  "--",
  "sh",
  "-c",
  script,
];

for (const structure of structures) {
  const option = `--structure=${structure}`;
  describe(`sixfold run, ${structure}`, { skip }, () => {
    test("a pipeline's output and the shell's status", async () => {
      const ended = await sixfold(shell("echo hello | tr a-z A-Z; exit 7", option));
      assert.deepEqual([ended.code, ended.stdout.toString(), ended.stderr], [7, "HELLO\n", ""]);
    });

    test("standard error is a stream of its own", async () => {
      const ended = await sixfold(shell("echo out; echo error >&2", option));
      assert.deepEqual([ended.stdout.toString(), ended.stderr], ["out\n", "error\n"]);
    });

    test("input of any length passes, byte for byte, and its end", async () => {
      const input = randomBytes(3_000_000);
      const ended = await sixfold(["run", option, "cat"], { input });
      assert.equal(ended.code, 0);
      assert.ok(ended.stdout.equals(input), "cat gives back what it was given");
    });

    test("the virtual clock: two runs are the same, to the instruction", async () => {
      const script = "ls / | wc -l; head -c 8 /dev/urandom | od -x; date; sleep 5; date";
      const args = shell(script, option, "--clock=virtual", "--seed=5", "--strace", "--verbose");
      const first = await sixfold(args);
      const second = await sixfold(args);
      assert.equal(first.code, 0);
      assert.match(first.stderr, /execve\(/);
      assert.match(first.stderr, /instructions: \d+/);
      assert.equal(second.stderr, first.stderr);
      assert.ok(second.stdout.equals(first.stdout));
    });
  });
}

describe("exit codes of sixfold run", { skip }, () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ["a signal is 128 and its number", shell("kill -9 $$"), 137, /^$/],
    ["a time limit is 124", ["run", "--timeout", "300ms", "sleep", "100"], 124, /^$/],
    [
      "no such program is 127",
      ["run", "no-such"],
      127,
      /^sixfold: no-such: not found \(ENOENT\)\n$/,
    ],
    [
      "a file that is no program is 126",
      ["run", "/etc/passwd"],
      126,
      /^sixfold: \/etc\/passwd: cannot be executed \(EACCES\)\n$/,
    ],
    [
      "a limit is 137, and named",
      shell("while :; do :; done", "--limit", "instructions=1e7"),
      137,
      /^sixfold: ended: limit instructions reached\n$/,
    ],
    ["no such user is 125", ["run", "--user", "nobody-here", "true"], 125, /there are: root/],
    ["no such folder is 125", ["run", "--workdir", "/nowhere", "true"], 125, /ENOENT/],
  ];
  for (const [name, args, code, message] of cases) {
    test(name, async () => {
      const ended = await sixfold(args);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
    });
  }
});

describe("what a guest of sixfold run sees", { skip }, () => {
  test("the user's account and only given variables", async () => {
    const options = ["--user=user", "--env=A=b c", "--env=SIXFOLD_GIVEN"];
    const ended = await sixfold(shell("id -u; pwd; env | sort", ...options), {
      environment: { SIXFOLD_GIVEN: "here", SIXFOLD_HIDDEN: "no" },
    });
    const text = ended.stdout.toString();
    assert.match(text, /^1000\n\/home\/user\nA=b c\n/);
    assert.match(text, /\nSIXFOLD_GIVEN=here\n/);
    assert.doesNotMatch(text, /SIXFOLD_HIDDEN/);
  });
});
