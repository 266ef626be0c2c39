/**
 * Many at once: runs in one system, systems in one process, boots one after the other; and the
 * embedder's event loop meanwhile. SIXFOLD_TEST_LONG=1: in full numbers. Times are in
 * benchmarks/embed.ts.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { boot, type System } from "sixfold";
import { noImage, withSystem } from "./boot-image.js";

const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const RUNS = isLong ? 200 : 30;
const SYSTEMS = isLong ? 50 : 4;
const BOOTS = isLong ? 1000 : 6;
/** What a process keeps of systems that were shut down, of which garbage collection is not done. */
const KEPT_BYTES = 300e6;

function threadsNow(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]);
}

describe("many", { skip: noImage }, () => {
  test("a fork bomb of shells ends, by its timeout or sooner, and the system goes on", () =>
    withSystem(async (system) => {
      const bomb = "b() { b | b & }; b; while :; do :; done";
      const result = await system.run(["sh", "-c", bomb], { timeoutMs: 3000 });
      // A shell that can fork no more gives up; on a fast machine they all have by then.
      assert.ok(["timeout", "exit"].includes(result.reason), result.reason);
      assert.equal((await system.run(["echo", "ok"])).text(), "ok\n");
    }));

  test(`${RUNS} runs at once in one system, and again: each its own output`, () =>
    withSystem(async (system) => {
      for (let round = 0; round < 2; round++) {
        const numbers = Array.from({ length: RUNS }, (_, index) => String(index));
        const results = await Promise.all(
          numbers.map((word) => system.run(["sh", "-c", "cat; echo err >&2"], { stdin: word })),
        );
        assert.deepEqual(
          results.map((result) => result.text()),
          numbers,
        );
        assert.ok(results.every((result) => result.text("stderr") === "err\n"));
      }
      const ports = await system.run(["sh", "-c", "ls /dev/vport* | wc -l"]);
      assert.equal(ports.text().trim(), "3", "all ports were given back");
    }));

  test(`${SYSTEMS} systems at once, which do not meet`, async () => {
    const systems = await Promise.all(Array.from({ length: SYSTEMS }, () => boot()));
    try {
      const use = async (system: System, index: number): Promise<void> => {
        await system.files.write("/tmp/own", String(index));
        assert.equal((await system.run(["cat", "/tmp/own"])).text(), String(index));
        assert.equal((await system.files.list("/tmp")).length, 1);
      };
      await Promise.all(systems.map(use));
    } finally {
      await Promise.all(systems.map((system) => system.shutdown()));
    }
  });

  test(`${BOOTS} boots one after the other: threads and memory do not grow`, async () => {
    const once = async (): Promise<void> => {
      await withSystem(async (system) => {
        assert.equal((await system.run(["echo", "ok"])).text(), "ok\n");
      });
    };
    for (let index = 0; index < 3; index++) await once();
    const threads = threadsNow();
    const rss = process.memoryUsage.rss();
    for (let index = 0; index < BOOTS; index++) await once();
    assert.ok(threadsNow() <= threads + 2, "workers have ended");
    assert.ok(process.memoryUsage.rss() - rss < KEPT_BYTES);
  });
});
