/** Workers that are started before it is known what they boot: `prepare`. */
import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BootOptions, boot, type Prepared, prepare } from "sixfold";
import { memoryToBoot } from "../../src/cli/start.js";
import { hasCode, noImage } from "./boot-image.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MEBIBYTE = 2 ** 20;

/** Boots, looks whether the system works, and ends it. @returns how many workers were started */
async function workersFor(options: BootOptions): Promise<number> {
  let count = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === "WORKER") count++;
    },
  }).enable();
  try {
    const system = await boot(options);
    const { stdout } = await system.run(["echo", "ok"]);
    assert.equal(new TextDecoder().decode(stdout), "ok\n");
    await system.shutdown();
    return count;
  } finally {
    hook.disable();
  }
}

describe("prepare", { skip: noImage }, () => {
  test("a boot takes the worker that waits; another boot has one of its own", async () => {
    const prepared = prepare();
    assert.equal(await workersFor({ prepared }), 0);
    assert.equal(await workersFor({ prepared }), 1);
  });

  test("with the memory that was said, no other", async () => {
    const memoryBytes = 64 * MEBIBYTE;
    assert.equal(await workersFor({ prepared: prepare({ memoryBytes }), memoryBytes }), 0);
    assert.equal(await workersFor({ prepared: prepare({ memoryBytes }) }), 1);
    assert.equal(await workersFor({ prepared: prepare(), memoryBytes }), 1);
  });

  test("one that was closed, or is not there any more, is as none", async () => {
    const prepared = prepare();
    await prepared.close();
    assert.equal(await workersFor({ prepared }), 1);
  });

  test("a boot that fails before it leaves the worker to the next", async () => {
    const prepared = prepare();
    await assert.rejects(boot({ prepared, image: "./no-such.cpio" }), hasCode("image"));
    assert.equal(await workersFor({ prepared }), 0);
  });

  test("a prepared worker does not keep the process alive", async () => {
    const script = 'import { prepare } from "sixfold"; prepare(); console.log("end");';
    const args = ["--input-type=module", "-e", script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    assert.equal(stdout, "end\n");
  });
});

test("what is none is refused by name", async () => {
  const none = { close: () => Promise.resolve() } satisfies Prepared;
  await assert.rejects(boot({ prepared: none }), hasCode("argument"));
  assert.throws(() => prepare({ memoryBytes: 1 }), hasCode("argument"));
});

test("the command knows which of its commands boot, and with how much memory", () => {
  const standard = 256 * MEBIBYTE;
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["", standard],
    ["--login", standard],
    ["shell --structure microkernel", standard],
    ["run -- true", standard],
    ["run --memory 1G -- true", 1024 * MEBIBYTE],
    ["run -- free --memory 1G --help", standard],
    ["run --memory much -- true", undefined],
    ["run --memory", undefined],
    ["run --help", undefined],
    ["--version", undefined],
    ["image list", undefined],
    ["bogus", undefined],
  ];
  for (const [line, bytes] of cases) {
    const args = line.split(" ").filter((word) => word !== "");
    assert.equal(memoryToBoot(args), bytes, line);
  }
});
