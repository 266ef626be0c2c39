/** What `sixfold run` does with its streams and with signals to it. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { missingImage, root, sixfold, structures } from "./command.js";

const skip = await missingImage();
const command = `"${process.execPath}" "${join(root, "bin", "sixfold.js")}"`;

/** Runs a line of the host's shell, in which $SIXFOLD is the command. */
function line(script: string): { stdout: string; stderr: string; status: number | null } {
  const run = spawnSync("sh", ["-c", script.replaceAll("$SIXFOLD", command)], { timeout: 60_000 });
  return { stdout: run.stdout.toString(), stderr: run.stderr.toString(), status: run.status };
}

for (const structure of structures) {
  const run = `$SIXFOLD run --structure=${structure}`;
  describe(`streams of sixfold run, ${structure}`, { skip }, () => {
    test("a reader that left ends the writer by SIGPIPE", async () => {
      const ended = await sixfold(["run", `--structure=${structure}`, "yes"], {
        closesOutput: true,
      });
      assert.deepEqual([ended.code, ended.stderr], [141, ""]);
    });

    test("who writes to a reader that left gets SIGPIPE, its shell goes on", () => {
      const script = `${run} -- sh -c 'yes; echo status $? >&2' | head -n 1`;
      const { stdout, stderr } = line(script);
      assert.deepEqual([stdout, stderr], ["y\n", "status 141\n"]);
    });

    test("who ignores SIGPIPE gets EPIPE", () => {
      const script = `${run} -- sh -c 'trap "" PIPE; yes; echo status $? >&2' | head -n 1`;
      const { stdout, stderr } = line(script);
      assert.equal(stdout, "y\n");
      assert.match(stderr, /Broken pipe\nstatus 1\n$/);
    });
  });
}

describe("standard streams of other kinds", { skip }, () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["input from a file", "$SIXFOLD run -- wc -c < FILE", "5\n"],
    ["input from /dev/null", "$SIXFOLD run -- wc -c < /dev/null", "0\n"],
    ["input that is closed is empty", "$SIXFOLD run -- wc -c <&-", "0\n"],
    ["input that is a folder is empty", "$SIXFOLD run -- wc -c < /", "0\n"],
    ["output to a file", "$SIXFOLD run -- echo text > FILE; cat FILE", "text\n"],
    ["output that is closed is /dev/null", "$SIXFOLD run -- echo text >&-; echo $?", "0\n"],
    ["both outputs to one pipe", "$SIXFOLD run -- sh -c 'echo a; echo b >&2' 2>&1", "a\nb\n"],
    ["input that nobody reads", "yes | $SIXFOLD run -- echo done", "done\n"],
  ];
  for (const [name, script, expected] of cases) {
    test(name, () => {
      const folder = mkdtempSync(join(tmpdir(), "sixfold-streams-"));
      try {
        const file = join(folder, "file");
        writeFileSync(file, "text\n");
        const ended = line(script.replaceAll("FILE", `"${file}"`));
        assert.deepEqual([ended.stdout, ended.stderr], [expected, ""]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

describe("arguments and variables", { skip }, () => {
  test("20,000 arguments, and the longest that Linux has", async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => String(index));
    const counted = await sixfold(["run", "--", "sh", "-c", "echo $#", "sh", ...many]);
    assert.equal(counted.stdout.toString(), "20000\n");
    // MAX_ARG_STRLEN without its NUL.
    const long = "x".repeat(131_071);
    const ended = await sixfold(["run", "--", "echo", "-n", long]);
    assert.equal(ended.stdout.toString(), long);
  });

  test("an argument that is not UTF-8 is refused, U+FFFD that is meant is not", () => {
    const bytes = line(`$SIXFOLD run -- echo one "$(printf 'a\\377b')" three`);
    assert.equal(bytes.status, 125);
    assert.match(bytes.stderr, /^sixfold: argument 2 is not UTF-8.*\n$/);
    const meant = line(`$SIXFOLD run -- echo "$(printf '\\357\\277\\275')"`);
    assert.equal(meant.stdout, "\ufffd\n");
  });

  test("variables: empty, with = in them, twice, not there, over the account's", async () => {
    const given = ["A=", "B=x=y", "C=1", "C=2", "HOME=/tmp", "SIXFOLD_NOT_THERE"];
    const options = given.map((text) => `--env=${text}`);
    const ended = await sixfold(["run", ...options, "--", "env"]);
    const lines = ended.stdout.toString().split("\n");
    for (const expected of ["A=", "B=x=y", "C=2", "HOME=/tmp"]) {
      assert.ok(lines.includes(expected), `${expected} of ${lines.join(" ")}`);
    }
    assert.ok(!lines.some((one) => /SIXFOLD|C=1/.test(one)));
    const wrong = await sixfold(["run", "--env", "=x", "--", "env"]);
    assert.equal(wrong.code, 125);
    assert.match(wrong.stderr, /Give NAME=VALUE/);
  });
});

describe("folders of the host", { skip }, () => {
  for (const structure of structures) {
    for (const [mode, stays] of [
      ["", true],
      [":ro", false],
      [":overlay", false],
    ] as const) {
      test(`--mount HOST:GUEST${mode}, ${structure}`, async () => {
        const folder = mkdtempSync(join(tmpdir(), "sixfold-mount-"));
        try {
          writeFileSync(join(folder, "given"), "from the host\n");
          const options = [`--structure=${structure}`, `--mount=${folder}:/work/here${mode}`];
          const script = "cat given; echo new > made; echo $?; cat made";
          const args = [...options, "--workdir=/work/here", "--", "sh", "-c", script];
          const ended = await sixfold(["run", ...args]);
          const rest = mode === ":ro" ? "1\n" : "0\nnew\n";
          assert.equal(ended.stdout.toString(), `from the host\n${rest}`);
          assert.equal(existsSync(join(folder, "made")), stays);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    }
  }
});

/** Sends a signal as soon as the guest has said "ready". */
async function signalled(script: string, ...signals: NodeJS.Signals[]) {
  const waiting = [...signals];
  return await sixfold(["run", "--", "sh", "-c", script], {
    onOutput: (text, kill) => {
      if (text.endsWith("ready\n")) for (const one of waiting.splice(0, 1)) kill(one);
    },
  });
}

describe("signals to the command are the program's", { skip }, () => {
  const wait = "echo ready; while :; do sleep 1; done";
  for (const name of ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"] as const) {
    test(`SIG${name} reaches it, and its status is the command's`, async () => {
      const ended = await signalled(`trap 'echo got; exit 3' ${name}; ${wait}`, `SIG${name}`);
      assert.deepEqual([ended.code, ended.stdout.toString()], [3, "ready\ngot\n"]);
    });
  }

  test("who does not look at it dies of it: 128 and its number", async () => {
    assert.equal((await signalled(wait, "SIGINT")).code, 130);
    assert.equal((await signalled(wait, "SIGTERM")).code, 143);
  });

  test("SIGINT may come again and again, SIGTERM ends what ignores it", async () => {
    const script = `trap 'n=$((n+1)); echo ready' INT; trap '' TERM; ${wait}`;
    const ended = await signalled(script, "SIGINT", "SIGINT", "SIGTERM");
    assert.deepEqual([ended.code, ended.stdout.toString()], [137, "ready\nready\nready\n"]);
  });

  test("before there is a program they end the command as any other", async () => {
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      const child = spawn(process.execPath, [join(root, "bin", "sixfold.js"), "run", "sleep", "9"]);
      child.kill(name);
      const ended = await new Promise((resolve) =>
        child.on("close", (_, signal) => resolve(signal)),
      );
      assert.equal(ended, name);
    }
  });
});
