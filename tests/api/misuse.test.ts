/**
 * What goes on where embedder or guest do what they should not: nobody reads, nothing ends, signals
 * at the wrong time, processes that do not want to die. No promise is rejected behind anybody's
 * back: node's test runner fails a file with an unhandled rejection.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { boot, SixfoldError, type System } from "sixfold";
import { hasCode, noImage, withSystem } from "./boot-image.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const shell = (script: string): string[] => ["sh", "-c", script];

/** The programs in the guest besides init and what it is about to reap. */
async function alive(system: System): Promise<string[]> {
  const all = await system.processes();
  const others = all.filter(({ pid, state }) => pid !== 1 && state !== "Z");
  return others.map(({ argv }) => argv.join(" "));
}

/** Waits until nothing but init is left that could run: all others sleep. */
async function untilAsleep(system: System): Promise<void> {
  while ((await system.processes()).some(({ pid, state }) => pid !== 1 && state === "R")) {
    await system.run(["sleep", "0.05"]);
  }
}

describe("streams", { skip: noImage }, () => {
  test("a reader that never reads: the result comes all the same", () =>
    withSystem(async (system) => {
      const controller = new AbortController();
      const { signal } = controller;
      const program = await system.start(shell("yes & echo begun >&2; yes"), { signal });
      await program.stderr.getReader().read();
      await untilAsleep(system); // both writers wait for room
      controller.abort();
      const result = await program.result;
      assert.deepEqual([result.reason, result.stdout.length], ["abort", 0]);
      let length = 0;
      for await (const chunk of program.stdout) length += chunk.length;
      assert.ok(length > 0, "what was written before can still be read");
      assert.deepEqual(await alive(system), []);
    }));

  test("a reader that leaves: its writer gets SIGPIPE", () =>
    withSystem(async (system) => {
      const program = await system.start(["yes"]);
      const reader = program.stdout.getReader();
      await reader.read();
      await reader.cancel();
      const { reason, signal } = await program.result;
      assert.deepEqual([reason, signal], ["signal", 13]);
      const script = "trap '' PIPE; while :; do echo x || { echo broken >&2; exit 3; }; done";
      const writer = await system.start(shell(script));
      await writer.stdout.cancel();
      assert.match(await new Response(writer.stderr).text(), /broken\n$/);
      assert.equal((await writer.result).exitCode, 3);
    }));

  test("standard input that never ends, is never read, comes too late, or is of a wrong kind", () =>
    withSystem(async (system) => {
      const waiting = await system.start(["cat"], { timeoutMs: 200 });
      assert.equal((await waiting.result).reason, "timeout");
      const deaf = await system.start(shell("sleep 0.2"));
      const writer = deaf.stdin.getWriter();
      const written = writer.write(new Uint8Array(5e6));
      assert.equal((await deaf.result).exitCode, 0);
      await written;
      await writer.write("late");
      await writer.close();
      const wrong = await system.start(["cat"]);
      const stdin = wrong.stdin.getWriter();
      stdin.closed.catch(() => undefined);
      await assert.rejects(stdin.write(5 as unknown as string), hasCode("argument"));
      wrong.kill("SIGKILL");
      await wrong.result;
    }));

  test("what start keeps of its output, beside who reads it", () =>
    withSystem(async (system) => {
      const program = await system.start(shell("echo one; echo two >&2"), { maxOutputBytes: 3 });
      const read = await new Response(program.stdout).text();
      const result = await program.result;
      assert.deepEqual(
        [read, result.text(), result.text("stderr"), result.truncated],
        ["one\n", "one", "two", true],
      );
    }));
});

describe("ends", { skip: noImage }, () => {
  test("abort before the start, just behind it, and after the end", () =>
    withSystem(async (system) => {
      const aborted = AbortSignal.abort();
      await assert.rejects(system.start(["true"], { signal: aborted }), hasCode("abort"));
      const never = await system.run(["true"], { signal: aborted });
      assert.deepEqual(
        [never.reason, never.exitCode, never.stdout.length],
        ["abort", undefined, 0],
      );
      const controller = new AbortController();
      const running = system.run(["sleep", "100"], { signal: controller.signal });
      controller.abort();
      assert.equal((await running).reason, "abort");
      const late = new AbortController();
      const done = await system.run(["true"], { signal: late.signal });
      late.abort();
      assert.equal(done.reason, "exit");
    }));

  test("abort before and during the boot", async () => {
    await assert.rejects(boot({ signal: AbortSignal.abort() }), hasCode("abort"));
    const controller = new AbortController();
    const booting = boot({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error("no more")), 20);
    await assert.rejects(booting, (error) => {
      assert.ok(error instanceof SixfoldError);
      return error.code === "abort" && (error.cause as Error).message === "no more";
    });
    const later = new AbortController();
    const system = await boot({ signal: later.signal });
    const program = await system.start(["sleep", "100"]);
    later.abort();
    await assert.rejects(program.result, hasCode("abort"));
    await assert.rejects(system.run(["true"]), hasCode("abort"));
  });

  test("an abort ends all of a run: who ignores SIGTERM, who has left the session", () =>
    withSystem(async (system) => {
      const script = `trap '' TERM HUP; (setsid sleep 100 &)
        (trap '' TERM; sleep 101 & sleep 102 &)
        echo ready; while :; do sleep 1; done`;
      const controller = new AbortController();
      const { signal } = controller;
      const program = await system.start(shell(script), { signal, graceMs: 200 });
      await program.stdout.getReader().read();
      controller.abort();
      const result = await program.result;
      assert.deepEqual([result.reason, result.signal], ["abort", 9]);
      assert.deepEqual(await alive(system), []);
    }));

  test("what a program leaves behind ends with it, unless it is detached", () =>
    withSystem(async (system) => {
      const script = "(setsid sleep 100 >/dev/null 2>&1 &); echo done";
      assert.equal((await system.run(shell(script))).text(), "done\n");
      assert.deepEqual(await alive(system), []);
      const kept = await system.run(shell(script), { detached: true });
      assert.deepEqual([kept.text(), (await alive(system)).length], ["done\n", 1]);
    }));

  test("kill after the end is nothing; a signal that is none is refused", () =>
    withSystem(async (system) => {
      const program = await system.start(
        shell("trap 'exit 5' USR1; echo ready; while :; do :; done"),
      );
      assert.throws(() => program.kill("SIGNOTHING"), hasCode("argument"));
      assert.throws(() => program.kill(65), hasCode("argument"));
      await program.stdout.getReader().read();
      program.kill("SIGUSR1");
      assert.equal((await program.result).exitCode, 5);
      program.kill("SIGKILL");
      program.resize(10, 10);
    }));

  test("shutdown with programs and streams under way, twice; then everything is closed", () =>
    withSystem(async (system) => {
      const silent = await system.start(["yes"]);
      const program = await system.start(["cat"]);
      const reading = assert.rejects(program.stdout.getReader().read(), hasCode("closed"));
      const failing = assert.rejects(program.result, hasCode("closed"));
      const starting = assert.rejects(system.start(["sleep", "1"]), hasCode("closed"));
      await Promise.all([system.shutdown(), system.shutdown()]);
      await Promise.all([reading, failing, starting]);
      await system.shutdown();
      silent.kill();
      await program.stdin.getWriter().write("nobody");
      await assert.rejects(system.start(["true"]), hasCode("closed"));
    }));

  test("await using shuts down", async () => {
    const system = await boot();
    await system[Symbol.asyncDispose]();
    await assert.rejects(system.run(["true"]), hasCode("closed"));
  });
});

describe("terminals", { skip: noImage }, () => {
  test("one at a time, one after the other, each with a stream of its own", () =>
    withSystem(async (system) => {
      for (let round = 0; round < 3; round++) {
        const window = { columns: 40 + round, rows: 10 };
        const program = await system.start(
          shell("stty size; read x; echo <$x>".replace("<$x>", '"<$x>"')),
          {
            terminal: window,
          },
        );
        await assert.rejects(system.start(["true"], { terminal: window }), hasCode("busy"));
        await program.stdin.getWriter().write(`word${round}\r`);
        const shown = await new Response(program.stdout).text();
        assert.match(shown, new RegExp(`10 ${40 + round}[\\s\\S]*<word${round}>`));
        assert.equal((await program.result).exitCode, 0);
      }
      const collected = await system.run(["tty"], { terminal: { columns: 80, rows: 24 } });
      assert.equal(collected.text(), "/dev/hvc0\r\n");
    }));

  test("a timeout ends a session with its background jobs", () =>
    withSystem(async (system) => {
      const terminal = { columns: 80, rows: 24 };
      const program = await system.start(["sh", "-i"], { terminal, timeoutMs: 500, graceMs: 100 });
      await program.stdin.getWriter().write("trap '' HUP TERM; sleep 100 &\rsleep 101\r");
      assert.equal((await program.result).reason, "timeout");
      assert.deepEqual(await alive(system), []);
      assert.equal((await system.run(["echo", "ok"])).text(), "ok\n");
    }));
});

describe("the embedder's process", { skip: noImage }, () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["ends by itself with a system that nobody shut down", "await system.run(['true']);", "ran\n"],
    [
      "waits for what is under way",
      "void system.run(['sleep', '0.3']).then(() => console.log('late'));",
      "ran\nlate\n",
    ],
  ];
  for (const [name, body, expected] of cases) {
    test(name, async () => {
      const program = `import { boot } from "sixfold";
        const system = await boot();
        ${body}
        console.log("ran");`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        cwd: root,
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.deepEqual([code, output], [0, expected]);
    });
  }
});
