/**
 * The image from Debian's real archive: signature, contents and the claims that the builder makes
 * without running anything of it (its table of applets, its PID 1) held against the programs
 * themselves, run by qemu-user.
 */

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type CpioFile, linkCpio, readCpio } from "../../src/abi/cpio.js";
import { buildImage, type Image, ImageError } from "../../src/image/index.js";
import { temporaryFolder } from "./fixture.js";

const qemu = "/usr/bin/qemu-riscv64-static";
const hasQemu = spawnSync(qemu, ["--version"]).status === 0;
const needsQemu = hasQemu ? false : "needs qemu-user-static";

/** Builds in a cache of its own, or skips the test where no mirror can be reached. */
async function debianImage(context: TestContext): Promise<Image | undefined> {
  const cacheFolder = await temporaryFolder(context);
  try {
    return await buildImage({ cacheFolder });
  } catch (error) {
    if (error instanceof ImageError && ["no-mirror", "unreachable"].includes(error.code)) {
      context.skip(`needs a Debian mirror: ${error.message}`);
      return undefined;
    }
    throw error;
  }
}

/** Unpacks the image's files; the tests below need directories, files and links only. */
async function unpack(files: readonly CpioFile[], folder: string): Promise<void> {
  for (const { path, mode, data } of files) {
    const place = join(folder, path);
    if ((mode & 0o170000) === 0o040000) {
      await mkdir(place, { recursive: true });
    } else if ((mode & 0o170000) === 0o100000) {
      await writeFile(place, data, { mode: mode & 0o777 });
    } else if ((mode & 0o170000) === 0o120000) {
      execFileSync("ln", ["-s", Buffer.from(data).toString(), place]);
    }
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Waits until a condition holds; the limit only ends a test that has failed. */
async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let count = 0; count < 400; count++) {
    if (await condition()) {
      return;
    }
    await sleep(50);
  }
  assert.fail(`never: ${what}`);
}

/** Starts the image's init as PID 1 of a PID namespace and lets it inherit an orphan. */
async function checkReaping(root: string, started: ChildProcess[]): Promise<void> {
  const command = ["chroot", root, "/qemu", "-0", "init", "/bin/busybox"];
  const unshare = spawn("unshare", ["--kill-child", "-pf", ...command], { stdio: "ignore" });
  started.push(unshare);
  const pid = unshare.pid as number;
  await until(async () => (await childrenOf(pid)).length === 1, "init starts");
  const [init = 0] = await childrenOf(pid);
  await until(async () => {
    const names = await readFile(`/proc/${init}/cmdline`, "latin1");
    return names.startsWith("/qemu");
  }, "init is executed");
  const orphan = ["-t", String(init), "-p", "sh", "-c", "sleep 1 & exit 0"];
  execFileSync("nsenter", orphan, { stdio: "ignore" });
  await until(async () => (await childrenOf(init)).length === 1, "init inherits the orphan");
  await until(async () => (await childrenOf(init)).length === 0, "init waits for the orphan");
  assert.equal(unshare.exitCode, null, "init goes on");
}

test("Debian's busybox-static makes an image that its own programs agree with", async (context) => {
  const image = await debianImage(context);
  if (image === undefined) {
    return;
  }
  const files = linkCpio(readCpio(await readFile(image.path)));
  const busybox = files.find(({ path }) => path === "usr/bin/busybox");
  assert.equal(busybox?.mode, 0o100755);
  const names = new Set(files.map(({ path }) => path));
  for (const path of ["usr/bin/sh", "usr/bin/tr", "usr/sbin/init", "etc/passwd", "dev/console"]) {
    assert.ok(names.has(path), path);
  }
  const [entry] = image.manifest.packages;
  assert.deepEqual([entry?.name, entry?.architecture], ["busybox-static", "riscv64"]);
  assert.deepEqual(entry?.scriptsNotRun, []);

  const root = join(await temporaryFolder(context), "root");
  await mkdir(root);
  await unpack(files, root);

  await context.test("the table of applets is what it lists", { skip: needsQemu }, () => {
    const listed = execFileSync(qemu, [join(root, "usr/bin/busybox"), "--list"], {
      encoding: "utf8",
    });
    assert.deepEqual(image.manifest.applets, listed.trim().split("\n"));
  });

  await context.test("its cpio lists the same archive", { skip: needsQemu }, async () => {
    const listed = execFileSync(qemu, ["-0", "cpio", join(root, "usr/bin/busybox"), "-tv"], {
      encoding: "utf8",
      input: await readFile(image.path),
      stdio: ["pipe", "pipe", "ignore"],
    });
    assert.match(listed, /^crw-rw-rw- 0\/0 .* dev\/null$/m);
    assert.match(listed, /^drwxr-xr-x 1000\/1000 .* home\/user$/m);
    assert.match(listed, /^lrwxrwxrwx .* usr\/bin\/sh -> \/usr\/bin\/busybox$/m);
    assert.match(listed, /^-rw-r----- .* etc\/shadow$/m);
    // Of several names of a file it lists the one that carries the data.
    const listable = files.filter(({ hardLinkTo }) => hardLinkTo === undefined);
    assert.equal(listed.trim().split("\n").length, listable.length);
  });

  const mayUnshare = spawnSync("unshare", ["-pf", "true"]).status === 0;
  const needs = needsQemu || (mayUnshare ? false : "needs root and namespaces");
  await context.test("its init, as PID 1, waits for orphans", { skip: needs }, async () => {
    await copyFile(qemu, join(root, "qemu"));
    const started: ChildProcess[] = [];
    try {
      await checkReaping(root, started);
    } finally {
      started[0]?.kill("SIGKILL");
    }
  });
});
