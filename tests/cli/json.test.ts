/** `sixfold run --json`: one object on standard output, whatever happens. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Ended, missingImage, sixfold, structures } from "./command.js";

const skip = await missingImage();

/** The one line of standard output, as an object; nothing else was said. */
function objectOf({ stdout, stderr }: Ended): Record<string, unknown> {
  assert.equal(stderr, "");
  const text = stdout.toString();
  assert.equal(text.indexOf("\n"), text.length - 1, text);
  return JSON.parse(text) as Record<string, unknown>;
}

const nothing = {
  exitCode: 0,
  signal: null,
  signalName: null,
  reason: "exit",
  limit: null,
  errno: null,
  stdout: "",
  stdoutEncoding: "utf-8",
  stderr: "",
  stderrEncoding: "utf-8",
  truncated: false,
};

for (const structure of structures) {
  describe(`results in JSON, ${structure}`, { skip }, () => {
    const run = async (options: readonly string[], script: string, input = "") => {
      const args = ["run", "--json", `--structure=${structure}`, ...options];
      const ended = await sixfold([...args, "--", "sh", "-c", script], { input });
      const { usage, ...rest } = objectOf(ended);
      for (const name of ["instructions", "milliseconds", "memoryBytesMax", "systemCalls"]) {
        const value = (usage as Record<string, unknown>)[name];
        assert.ok(typeof value === "number" && value > 0, `usage.${name} is ${value}`);
      }
      return { code: ended.code, ...(rest as Record<string, unknown>) } as Record<string, unknown>;
    };

    test("the outputs apart, the status twice", async () => {
      const result = await run([], "cat; echo wrong >&2; exit 3", "größer\n");
      const expected = { exitCode: 3, stdout: "größer\n", stderr: "wrong\n" };
      assert.deepEqual(result, { ...nothing, ...expected, code: 3 });
    });

    test("bytes that are no text, and what is too long", async () => {
      const bytes = await run([], String.raw`printf 'a\377\0'; printf '\357\273\277b' >&2`);
      const written = { stdout: "Yf8A", stdoutEncoding: "base64", stderr: "\ufeffb" };
      assert.deepEqual(bytes, { ...nothing, ...written, code: 0 });
      const long = await run(["--max-output=3"], "echo text; echo x >&2");
      const cut = { stdout: "tex", stderr: "x\n", truncated: true };
      assert.deepEqual(long, { ...nothing, ...cut, code: 0 });
    });

    test("signal, timeout and limit", async () => {
      const killed = await run([], "kill -TERM $$");
      const signal = { exitCode: null, signal: 15, signalName: "SIGTERM" };
      assert.deepEqual(killed, { ...nothing, ...signal, reason: "signal", code: 143 });
      const late = await run(["--timeout=300ms"], "sleep 100");
      assert.deepEqual([late.code, late.reason], [124, "timeout"]);
      const much = await run(["--limit=instructions=1e7"], "while :; do :; done");
      assert.deepEqual([much.code, much.reason, much.limit], [137, "limit", "instructions"]);
      const output = await run(["--limit=outputBytes=64K", "--max-output=2"], "yes");
      assert.deepEqual([output.code, output.limit, output.stdout], [137, "outputBytes", "y\n"]);
    });
  });
}

describe("errors in JSON", { skip }, () => {
  const cases: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ["an unknown option", ["--no-such"], "usage", /^unknown option '--no-such'$/],
    ["a wrong value", ["--limit", "x=1", "true"], "usage", /limits are: instructions, processes/],
    ["no program", [], "usage", /^missing required argument 'program'$/],
    ["a structure", ["--structure=layered", "true"], "structure", /there are: monolithic, micro/],
    ["an image", ["--image=no-such", "true"], "image", /no image or file "no-such"/],
    ["a user", ["--user=nobody-here", "true"], "argument", /there are: root/],
    ["a terminal", ["--tty", "true"], "usage", /exclude each other/],
  ];
  for (const [name, args, code, message] of cases) {
    test(name, async () => {
      const ended = await sixfold(["run", "--json", ...args]);
      assert.equal(ended.code, 125);
      const { error } = objectOf(ended) as { error: { code: string; message: string } };
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });
  }

  test("a program that is not there is a result", async () => {
    const ended = await sixfold(["run", "--json", "no-such"]);
    const { exitCode, errno, reason } = objectOf(ended);
    assert.deepEqual([ended.code, exitCode, errno, reason], [127, 127, "ENOENT", "exit"]);
  });

  test("a program's own --json is the program's", async () => {
    const ended = await sixfold(["run", "--", "echo", "--json"]);
    assert.equal(ended.stdout.toString(), "--json\n");
  });
});
