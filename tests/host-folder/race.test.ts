/**
 * A second process swaps folders and files for links that lead outside, while the guest's side
 * walks, reads, writes, makes, renames and removes: never a byte from outside, never a change
 * outside. Half a second for each way in; with SIXFOLD_TEST_LONG=1 twenty.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { FolderEntry } from "../../src/host/folder-files.js";
import { openFolders } from "../../src/host/node/folder-share.js";
import type { NodeFolders } from "../../src/host/node/folders.js";
import { boot, skip as needsPrograms, program } from "../boot/programs.js";
import { mounted, skip, temporaryFolder } from "./folder.js";

const durationMs = process.env.SIXFOLD_TEST_LONG === "1" ? 20_000 : 500;
const O_RDONLY = 0;
const O_RDWR = 2;
const SECRET = "SECRET";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Ground {
  readonly folder: string;
  readonly outside: string;
}

/** The folder, and beside it one with secrets. */
function prepare(base: string): Ground {
  const folder = join(base, "share");
  const outside = join(base, "outside");
  for (const path of [folder, outside, `${folder}/d`, `${folder}/deep`, `${folder}/deep/e`]) {
    mkdirSync(path);
  }
  mkdirSync(`${folder}/m`);
  for (const path of ["d/file", "deep/e/file", "f", "h", "m/file"]) {
    writeFileSync(join(folder, path), "inside");
  }
  writeFileSync(join(outside, "file"), SECRET);
  writeFileSync(join(outside, "linked"), SECRET);
  mkdirSync(join(outside, "sub"));
  return { folder, outside };
}

/** What lies outside, but for the folder that the racer moves there. */
function describeOutside(outside: string): string {
  const lines = readdirSync(outside)
    .filter((name) => name !== "moved")
    .map((name) => {
      const stat = lstatSync(join(outside, name));
      const isFolder = stat.isDirectory();
      const content = isFolder
        ? readdirSync(join(outside, name)).join()
        : readFileSync(join(outside, name));
      return `${name} ${stat.mode} ${stat.size} ${stat.mtimeMs} ${content}`;
    });
  return lines.sort().join("\n");
}

/** Starts the racer. @returns ends it; how many rounds it made */
function race({ folder, outside }: Ground): () => Promise<number> {
  const script = fileURLToPath(new URL("./racer.mjs", import.meta.url));
  const racer = spawn(process.execPath, [script, folder, outside], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  racer.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<void>((resolve) => racer.once("close", () => resolve()));
  return async () => {
    racer.stdin.end();
    await ended;
    return Number(text);
  };
}

/** Looks a path up name by name. @returns its node, or undefined: something is not there now */
function walk(files: NodeFolders, path: string): FolderEntry | undefined {
  let at = files.lookup(1, bytesOf("0"));
  for (const name of path.split("/")) {
    if (typeof at === "number") return undefined;
    at = files.lookup(at.node, bytesOf(name));
  }
  return typeof at === "number" ? undefined : at;
}

function readAll(files: NodeFolders, node: number): string {
  const handle = files.open(node, O_RDONLY);
  if (handle < 0) return "";
  const into = new Uint8Array(64);
  const length = files.read(handle, 0, into);
  files.release(handle);
  return length < 0 ? "" : Buffer.from(into.subarray(0, length)).toString("latin1");
}

/** Everything that a guest may try with a path. @returns what it read */
function tryPath(files: NodeFolders, path: string, count: number): string {
  const name = bytesOf(`n${count}`);
  const slash = path.lastIndexOf("/");
  const above = slash < 0 ? undefined : walk(files, path.slice(0, slash));
  const found = walk(files, path);
  let text = "";
  if (found !== undefined) {
    text = readAll(files, found.node);
    const handle = files.open(found.node, O_RDWR);
    if (handle >= 0) {
      files.write(handle, 0, bytesOf("inside"), false);
      files.release(handle);
    }
    files.setAttributes(found.node, { mode: 0o644, access: { seconds: 1, nanoseconds: 0 } });
    files.setAttributes(found.node, { sizeBytes: 6 });
  }
  if (above === undefined || path.startsWith("m/")) return text;
  const made = files.create(above.node, name, 0o600);
  if (typeof made !== "number") {
    files.write(made.handle, 0, bytesOf("made"), false);
    files.release(made.handle);
  }
  files.makeDirectory(above.node, bytesOf("sub"), 0o755);
  files.rename(above.node, name, above.node, bytesOf("renamed"));
  if (found !== undefined) files.link(found.node, above.node, bytesOf("linked"));
  files.symlink(above.node, bytesOf("soft"), bytesOf("/"));
  for (const other of ["renamed", "linked", "soft"])
    files.unlink(above.node, bytesOf(other), false);
  files.unlink(above.node, bytesOf("sub"), true);
  files.list(above.node, 0, () => true);
  return text;
}

test("a process that swaps folders and files for links to outside", { skip }, async (t) => {
  const ground = prepare(temporaryFolder(t));
  const before = describeOutside(ground.outside);
  const files = openFolders([{ source: ground.folder, isReadOnly: false }]);
  const stop = race(ground);
  let count = 0;
  let read = 0;
  for (const path of ["d/file", "deep/e/file", "f", "m/file", "m/other", "m/file.new"]) {
    const end = performance.now() + durationMs;
    while (performance.now() < end) {
      const text = tryPath(files, path, count++);
      assert.ok(!text.includes(SECRET), `${path} gave "${text}"`);
      if (text !== "") read++;
    }
  }
  const rounds = await stop();
  t.diagnostic(`${count} tries, ${read} of them read something; the racer made ${rounds} rounds`);
  assert.ok(rounds > 10 && read > 10, "nobody was raced");
  assert.equal(describeOutside(ground.outside), before);
});

test("a file that becomes a hard link to one outside is not written", { skip }, async (t) => {
  const ground = prepare(temporaryFolder(t));
  const files = openFolders([{ source: ground.folder, isReadOnly: false }]);
  const stop = race(ground);
  const end = performance.now() + durationMs;
  while (performance.now() < end) {
    const found = walk(files, "h");
    if (found === undefined) continue;
    const handle = files.open(found.node, O_RDWR);
    if (handle < 0) continue;
    files.write(handle, 0, bytesOf("inside"), false);
    files.release(handle);
    files.setAttributes(found.node, { sizeBytes: 3 });
    files.setAttributes(found.node, { mode: 0o600 });
  }
  await stop();
  assert.equal(readFileSync(join(ground.outside, "linked"), "latin1"), SECRET);
  assert.equal(lstatSync(join(ground.outside, "linked")).mode & 0o777, 0o644);
});

for (const [structure, mode] of [
  ["monolithic", "rw"],
  ["microkernel", "overlay"],
] as const) {
  test(`a program of the guest's, ${mode}`, { skip: skip || needsPrograms }, async (t) => {
    const ground = prepare(temporaryFolder(t));
    const before = describeOutside(ground.outside);
    const elf = await program("programs/folder-race");
    const stop = race(ground);
    const turns = process.env.SIXFOLD_TEST_LONG === "1" ? "20000" : "100";
    const run = boot(structure, elf, ["/tmp", turns], mounted(ground.folder, "/tmp", mode));
    await stop();
    assert.equal(run.hang, null);
    assert.equal(run.exitCode, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /^read [1-9]/);
    assert.deepEqual(run.reports, []);
    assert.equal(describeOutside(ground.outside), before);
  });
}
