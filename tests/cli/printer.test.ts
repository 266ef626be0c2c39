/** The printer: /dev/lp0 prints to a file of the host, by the option of the command and the API. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { boot, SixfoldError } from "sixfold";
import { findImage } from "../../src/image/index.js";
import { missingImage, sixfold, structures } from "./command.js";

const skip = await missingImage();

async function paperOf(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sixfold-printer-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "paper");
}

for (const structure of structures) {
  describe(`the printer, ${structure}`, { skip }, () => {
    test("what is written appears, all of it, in order; one opener at a time", async (context) => {
      const paper = await paperOf(context);
      const script = [
        "echo first > /dev/lp0",
        "seq 100000 > /dev/lp",
        "exec 5> /dev/lp0; echo second > /dev/lp0; echo last >&5",
        "cat < /dev/lp0 5>&-",
        "stat -c '%A %t:%T' /dev/lp0",
      ].join("; ");
      const options = ["--printer", paper, `--structure=${structure}`];
      const ended = await sixfold(["run", ...options, "--", "sh", "-c", script]);
      assert.match(ended.stderr, /lp0: Device or resource busy\n/);
      assert.match(ended.stdout.toString(), /^crw-rw---- 6:0\n$/);
      const numbers = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join("");
      assert.equal(await readFile(paper, "utf8"), `first\n${numbers}last\n`);
    });
  });
}

describe("the printer of the API", { skip }, () => {
  test("a file that cannot be written is refused; without one, no printer", async (context) => {
    const found = await findImage();
    const image = await readFile(found?.path ?? "");
    const isRefusal = (error: unknown): boolean =>
      error instanceof SixfoldError &&
      error.code === "argument" &&
      /printer file/.test(error.message);
    await assert.rejects(boot({ image, printer: "/nowhere/paper" }), isRefusal);
    const paper = await paperOf(context);
    const system = await boot({ image, useConsole: false, printer: paper });
    await system.run(["sh", "-c", "echo page > /dev/lp0"]);
    assert.equal(await readFile(paper, "utf8"), "page\n", "it is there when the program has ended");
    await system.shutdown();
    const bare = await boot({ image, useConsole: false });
    const { exitCode, text } = await bare.run(["sh", "-c", "echo page > /dev/lp0"]);
    assert.equal(exitCode, 1);
    assert.match(text("stderr"), /No such device or address/);
    await bare.shutdown();
  });
});
