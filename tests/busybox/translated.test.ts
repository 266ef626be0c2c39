/**
 * Debian's busybox with everything translated that is executed, however rarely: whole programs'
 * functions, cut off at the translator's limits wherever these fall, do what the interpreter does.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { buildImage } from "../../src/image/index.js";
import { readScripts } from "./scripts.js";
import { openSession } from "./sixfold.js";

const NAMES = ["ls", "arithmetic-loop", "sed", "sort"] as const;

const image = await buildImage();
const archive = readFileSync(image.path);
const scripts = readScripts();

/** What the scripts print and how they end. */
function outcomes(translator: "all" | "off"): string[] {
  const { applets } = image.manifest;
  const session = openSession("monolithic", archive, applets, scripts, { translator });
  return NAMES.map((name) => {
    const { stdout, stderr, status } = session.run(name);
    return `${name}: ${stdout}${stderr}exit status ${status}`;
  });
}

test("scripts of busybox do the same when everything is translated", () => {
  const interpreted = outcomes("off");
  assert.deepEqual(outcomes("all"), interpreted);
});
