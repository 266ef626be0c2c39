/** An image without an init: its first program is process 1, which the host may end even so. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readCpio, writeCpio } from "../../src/abi/cpio.js";
import { readImage } from "../../src/image/index.js";
import { sixfold, structures } from "./command.js";

const stored = await readImage();
const skip = stored === undefined ? "needs an image: sixfold image build" : false;
const folder = mkdtempSync(join(tmpdir(), "sixfold-one-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "bare.cpio");
if (stored !== undefined) {
  const entries = [...readCpio(stored.archive)].filter(({ path }) => path !== "usr/sbin/init");
  writeFileSync(file, writeCpio(entries));
}

for (const structure of structures) {
  describe(`process 1 is the program, ${structure}`, { skip }, () => {
    const run = (script: string, ...options: string[]) =>
      sixfold([
        "run",
        `--image=${file}`,
        `--structure=${structure}`,
        ...options,
        "sh",
        "-c",
        script,
      ]);

    test("signals of the guest do not end it, its children end as they do", async () => {
      const ended = await run("echo $$; (exit 3); echo $?; kill -9 $$; kill -15 $$; echo still");
      assert.deepEqual([ended.code, ended.stdout.toString()], [0, "1\n3\nstill\n"], ended.stderr);
    });

    test("a time limit does, by SIGKILL, and a limit of instructions", async () => {
      const late = await run("while :; do sleep 1; done", "--timeout=300ms");
      assert.equal(late.code, 124, late.stderr);
      const much = await run("while :; do :; done", "--limit=instructions=3e7");
      assert.equal(much.code, 137, much.stderr);
    });
  });
}
