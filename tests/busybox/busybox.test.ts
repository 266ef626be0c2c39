/**
 * Debian's own busybox in Sixfold against the same binary under qemu-user: the scripts of scripts/
 * print the same and end alike, on both structures. SIXFOLD_TEST_LONG=1: also with injected waits
 * and with ports that copy.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { linkCpio, readCpio } from "../../src/abi/cpio.js";
import { buildImage } from "../../src/image/index.js";
import type { BootOptions } from "../boot/system.js";
import { structures } from "../syscalls/sixfold.js";
import { createOracle, type Outcome } from "./oracle.js";
import { handWritten, readScripts } from "./scripts.js";
import { openSession } from "./sixfold.js";

const scripts = readScripts();
const image = await buildImage();
const archive = readFileSync(image.path);
const busybox = linkCpio(readCpio(archive)).find(({ path }) => path === "usr/bin/busybox");
assert.ok(busybox, "the image has no busybox");
const { applets } = image.manifest;

const oracle = await createOracle(busybox.data, applets, scripts);
const skip = typeof oracle === "string" ? oracle : false;
after(() => void (typeof oracle === "string" || oracle.remove()));

const comparable = ({ stdout, status }: Outcome): string => `${stdout}exit status ${status}\n`;

/** What the scripts print under qemu-user; they sleep a lot, so that several run at once. */
const expected = new Map<string, Promise<Outcome>>();
const lanes: Promise<unknown>[] = Array.from({ length: 6 }, () => Promise.resolve());
if (typeof oracle !== "string") {
  for (const [index, { name }] of scripts.entries()) {
    if (handWritten(name) !== null) continue;
    const outcome = (lanes[index % lanes.length] ?? Promise.resolve()).then(() => oracle.run(name));
    expected.set(name, outcome);
    lanes[index % lanes.length] = outcome;
  }
}

/** The outcome that counts: by hand where there is one, else the oracle's. */
async function expectationOf(name: string): Promise<string> {
  const written = handWritten(name);
  if (written !== null) return written;
  const outcome = await expected.get(name);
  assert.ok(outcome);
  return comparable(outcome);
}

interface Variant {
  title: string;
  change: Partial<BootOptions>;
}

const variants: Variant[] = [{ title: "", change: {} }];
if (process.env.SIXFOLD_TEST_LONG === "1") {
  variants.push({ title: " with injection", change: { injection: true } });
  variants.push({ title: " over copying ports", change: { copyingPorts: true } });
}

for (const structure of structures) {
  for (const { title, change } of variants) {
    describe(`busybox on ${structure}${title}`, { skip }, () => {
      const session = openSession(structure, archive, applets, scripts, change);
      for (const { name } of scripts) {
        test(name, async () => {
          const wanted = await expectationOf(name);
          const outcome = session.run(name);
          const diagnosis = outcome.stderr + session.prepared.collected.reports.join("\n");
          assert.equal(comparable(outcome), wanted, diagnosis);
        });
      }

      test("nothing died, nothing was refused", () => {
        assert.deepEqual(session.prepared.collected.reports, []);
        assert.deepEqual([...session.prepared.system.refusals()], []);
      });
    });
  }
}
