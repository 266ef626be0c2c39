/** `sixfold run --profile`: the file in the form that its ending says, and the table. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { missingImage, sixfold } from "./command.js";

const skip = await missingImage();
const folder = mkdtempSync(join(tmpdir(), "sixfold-profile-"));
after(() => rmSync(folder, { recursive: true }));

describe("sixfold run --profile", { skip }, () => {
  test("folded stacks, and a table on standard error", async () => {
    const path = join(folder, "out.folded");
    const script = "sleep 0.3; seq 20000 | sort -n | tail -1; exit 3";
    const ended = await sixfold(["run", "--profile", path, "--", "sh", "-c", script]);
    assert.deepEqual([ended.code, ended.stdout.toString()], [3, "20000\n"]);
    assert.match(ended.stderr, /^sixfold: waiting +\d/m);
    assert.match(ended.stderr, /^sixfold: translated +\d/m);
    const text = readFileSync(path, "utf8");
    assert.match(text, /^\[waiting\] \d{6,}$/m);
    assert.match(text, /^\w+;\/usr\/bin\/busybox;\S+ \d+$/m);
    assert.match(text, /^sh;\[kernel\] wait4 \d+$/m);
  });

  test("speedscope's form; with --json nothing else is said", async () => {
    const path = join(folder, "out.speedscope.json");
    const ended = await sixfold(["run", "--json", "--profile", path, "true"]);
    assert.deepEqual([ended.code, ended.stderr], [0, ""]);
    assert.equal(JSON.parse(readFileSync(path, "utf8")).exporter, "sixfold");
  });

  test("a name that says no form, and a file that cannot be written", async () => {
    const odd = await sixfold(["run", "--profile", "out.txt", "true"]);
    assert.deepEqual([odd.code, /\.folded or \.speedscope\.json/.test(odd.stderr)], [125, true]);
    const path = join(folder, "nowhere", "out.folded");
    const lost = await sixfold(["run", "--profile", path, "true"]);
    assert.equal(lost.code, 125);
    assert.match(lost.stderr, /^sixfold: cannot write the profile: ENOENT/);
  });
});
