/** Translated code in the user's cache folder: kept by default, and not where that is refused. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { boot, loadImage } from "sixfold";
import { noImage } from "./boot-image.js";

const WORK = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i";

describe("kept translations", { skip: noImage }, () => {
  const cache = mkdtempSync(join(tmpdir(), "sixfold-cache-"));
  const folder = join(cache, "translations");
  const usual = process.env.SIXFOLD_CACHE;
  let image: Uint8Array;

  before(async () => {
    image = await loadImage();
    process.env.SIXFOLD_CACHE = cache;
  });

  after(() => {
    if (usual === undefined) delete process.env.SIXFOLD_CACHE;
    else process.env.SIXFOLD_CACHE = usual;
    rmSync(cache, { recursive: true });
  });

  async function work(keepTranslations?: boolean): Promise<void> {
    const options = keepTranslations === undefined ? {} : { keepTranslations };
    await using system = await boot({ image, ...options });
    assert.equal((await system.run(["sh", "-c", WORK])).text(), "20000\n");
  }

  test("keepTranslations: false keeps nothing", async () => {
    await work(false);
    assert.equal(existsSync(folder), false);
  });

  test("by default one file is there after a run, and the next run adds less", async (context) => {
    await work();
    if (!existsSync(folder)) {
      // Only the bundled worker has a version: who runs this by itself may not have made it.
      assert.equal(process.env.CI, undefined, "the bundled worker keeps translations");
      context.skip("the bundle is not current: npm run build");
      return;
    }
    // Beside it is a folder with the engine's code, if it optimised anything in so short a time.
    const names = readdirSync(folder).filter((one) => one.endsWith(".regions"));
    const [name = "", ...others] = names;
    assert.equal(others.length, 0);
    const firstBytes = statSync(join(folder, name)).size;
    assert.ok(firstBytes > 0);
    await work();
    const addedBytes = statSync(join(folder, name)).size - firstBytes;
    assert.ok(addedBytes < firstBytes / 2, `${firstBytes} bytes, then ${addedBytes} more`);
  });
});
