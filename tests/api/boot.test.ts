/** The public API, as an embedder uses it: the built package under its own name. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type BootOptions, boot, loadImage, SixfoldError } from "sixfold";
import { hasCode, noImage, withSystem } from "./boot-image.js";

describe("boot", { skip: noImage }, () => {
  for (const structure of ["monolithic", "microkernel"]) {
    test(`run gives output, status and why it ended (${structure})`, () =>
      withSystem(
        async (system) => {
          const result = await system.run(["sh", "-c", "cat; echo oops >&2; exit 3"], {
            stdin: "given",
          });
          assert.deepEqual(
            [result.text(), result.text("stderr"), result.exitCode, result.signal, result.reason],
            ["given", "oops\n", 3, undefined, "exit"],
          );
        },
        { structure },
      ));
  }

  test("several programs at once, each with its own streams; ports are given back", () =>
    withSystem(async (system) => {
      for (let round = 0; round < 3; round++) {
        const words = ["one", "two", "three", "four", "five"];
        const results = await Promise.all(
          words.map((word) => system.run(["sh", "-c", "sleep 0.1; cat"], { stdin: word })),
        );
        assert.deepEqual(
          results.map((result) => result.text()),
          words,
        );
      }
    }));

  test("a time limit and an abort end the program, also one that ignores SIGTERM", () =>
    withSystem(async (system) => {
      const late = await system.run(["sleep", "100"], { timeoutMs: 100 });
      assert.deepEqual([late.reason, late.signal], ["timeout", 15]);
      const controller = new AbortController();
      const script = "trap '' TERM; echo ready; while :; do :; done";
      const program = await system.start(["sh", "-c", script], { signal: controller.signal });
      const first = await program.stdout.getReader().read();
      assert.equal(new TextDecoder().decode(first.value), "ready\n");
      controller.abort();
      const ended = await program.result;
      assert.deepEqual([ended.reason, ended.signal], ["abort", 9]);
    }));

  test("output that nobody reads stops its writer, not the system", () =>
    withSystem(async (system) => {
      const silent = await system.start(["yes"]);
      const reader = silent.stdout.getReader();
      assert.equal((await reader.read()).done, false);
      reader.releaseLock();
      // It sleeps in a write once nobody takes more.
      const isAsleep = `grep -q '^State:.*S' /proc/${silent.pid}/status`;
      const script = `until ${isAsleep}; do :; done; echo ok`;
      assert.equal((await system.run(["sh", "-c", script])).text(), "ok\n");
      silent.kill("SIGKILL");
      // What yes wrote is there to be read; only then has it ended for its host.
      let length = 0;
      for await (const chunk of silent.stdout) length += chunk.length;
      assert.ok(length > 0);
      assert.equal((await silent.result).signal, 9);
    }));

  test("more output than is kept is dropped, and said to be", () =>
    withSystem(async (system) => {
      const result = await system.run(["head", "-c", "100000", "/dev/zero"], {
        maxOutputBytes: 1000,
      });
      assert.deepEqual([result.stdout.length, result.truncated], [1000, true]);
    }));

  test("two systems do not meet", () =>
    withSystem((first) =>
      withSystem(async (second) => {
        await first.run(["sh", "-c", "echo here > /tmp/file"]);
        assert.equal((await second.run(["cat", "/tmp/file"])).exitCode, 1);
        assert.equal((await first.run(["cat", "/tmp/file"])).text(), "here\n");
      }),
    ));

  test("what runs at shutdown is rejected with a code", () =>
    withSystem(async (system) => {
      const program = await system.start(["sleep", "100"]);
      const rejected = assert.rejects(program.result, hasCode("closed"));
      await system.shutdown();
      await rejected;
      await assert.rejects(system.start(["true"]), hasCode("closed"));
    }));

  test("virtual clock: two runs are the same, with files and processes between", async () => {
    const once = async (): Promise<unknown> => {
      const found: unknown[] = [];
      await withSystem(
        async (system) => {
          await system.files.write("/tmp/file", new Uint8Array(200_000));
          const script = "date +%s.%N; head -c 8 /dev/urandom | od -x; sleep 1; wc -c /tmp/file";
          const { usage, ...result } = await system.run(["sh", "-c", script]);
          found.push(result.text(), usage.instructions, usage.systemCalls);
          found.push(await system.files.stat("/tmp/file"), await system.processes());
        },
        { clock: "virtual", seed: 7 },
      );
      return found;
    };
    assert.deepEqual(await once(), await once());
  });

  test("an image that was read once serves several systems", async () => {
    const image = await loadImage();
    await withSystem(
      (first) =>
        withSystem(
          async (second) => {
            assert.equal((await first.run(["echo", "one"])).text(), "one\n");
            assert.equal((await second.run(["echo", "two"])).text(), "two\n");
          },
          { image },
        ),
      { image },
    );
    await assert.rejects(loadImage("/no/such/file"), hasCode("image"));
  });

  test("the wrong structure and an image that is none are refused", async () => {
    const image = new Uint8Array(100);
    await assert.rejects(boot({ image }), hasCode("image"));
    await assert.rejects(boot({ image, structure: "pyramid" }), hasCode("structure"));
  });
});

test("options that cannot be are refused by name", async () => {
  const image = new Uint8Array(0);
  const cases: readonly (readonly [object, string, RegExp])[] = [
    [{ mounts: "/tmp" }, "argument", /mounts/],
    [{ limits: { cpus: 1 } }, "argument", /no limit is named cpus/],
    [{ limits: { files: 0 } }, "argument", /limit files/],
    [{ limits: { translationBytes: 0.5 } }, "argument", /limit translationBytes/],
    [{ timeout: 1 }, "argument", /no option timeout/],
    [{ network: "host" }, "not-supported", /network "host"/],
    [{ memoryBytes: 1 }, "argument", /memoryBytes/],
    [{ seed: -1 }, "argument", /seed/],
    [{ image: 5 }, "argument", /image/],
    [{ image: "no-such" }, "image", /no image or file/],
    [{ clock: "sun" }, "argument", /clock/],
  ];
  for (const [options, code, message] of cases) {
    await assert.rejects(boot({ image, ...options } as BootOptions), (error) => {
      assert.ok(error instanceof SixfoldError);
      assert.match(error.message, message);
      return error.code === code;
    });
  }
});
