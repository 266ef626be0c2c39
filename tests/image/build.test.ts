/** Building an image from a small archive of our own: what is made, cached and left behind. */

import assert from "node:assert/strict";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type CpioFile, linkCpio, readCpio } from "../../src/abi/cpio.js";
import { buildImage, findImage, type Progress } from "../../src/image/index.js";
import {
  fakeBusybox,
  filesBelow,
  isolated,
  makeArchive,
  makeKey,
  packagePath,
  serve,
  temporaryFolder,
  writeFolder,
} from "./fixture.js";

const key = await makeKey();

async function filesOf(path: string): Promise<Map<string, CpioFile>> {
  return new Map(linkCpio(readCpio(await readFile(path))).map((file) => [file.path, file]));
}

const textOf = (file: CpioFile | undefined): string => Buffer.from(file?.data ?? []).toString();

test("from a folder: accounts, links, mount points, busybox as it is", async (context) => {
  const folder = await temporaryFolder(context);
  await writeFolder(folder, await makeArchive(key));
  const options = { ...(await isolated(context, key)), mirror: pathToFileURL(folder).href };
  const image = await buildImage(options);
  assert.equal(image.built, true);
  const files = await filesOf(image.path);
  const busybox = files.get("usr/bin/busybox");
  assert.equal(busybox?.mode, 0o100755);
  assert.deepEqual(Buffer.from(busybox?.data ?? []), fakeBusybox());
  assert.equal(textOf(files.get("bin")), "usr/bin");
  assert.equal(textOf(files.get("usr/bin/sh")), "/usr/bin/busybox");
  assert.equal(textOf(files.get("usr/sbin/init")), "/usr/bin/busybox");
  assert.equal(files.has("usr/bin/init"), false);
  assert.match(textOf(files.get("etc/passwd")), /^root:x:0:0:.*\nuser:x:1000:1000:/ms);
  assert.match(textOf(files.get("etc/group")), /^user:x:1000:$/m);
  assert.match(textOf(files.get("etc/shadow")), /^root:\$6\$/);
  assert.equal(files.get("etc/shadow")?.mode, 0o100640);
  assert.equal(textOf(files.get("etc/hostname")), "sixfold\n");
  assert.match(textOf(files.get("usr/lib/os-release")), /Debian 13\.7 \(trixie\)/);
  assert.ok(
    textOf(files.get("etc/inittab"))
      .split("\n")
      .every((line) => /^(#|$)/.test(line)),
  );
  const su = files.get("usr/bin/su");
  assert.deepEqual([su?.mode, su?.nlink, su?.uid], [0o104755, 2, 0]);
  // The first name carries the data. Busybox itself does not have the bit: this is a copy.
  const login = files.get("usr/bin/login");
  assert.deepEqual(Buffer.from(login?.data ?? []), fakeBusybox());
  assert.equal(login?.inode, su?.inode);
  assert.equal(files.has("usr/bin/passwd"), false, "this busybox has none");
  assert.equal(textOf(files.get("usr/share/zoneinfo/UTC")), "TZif2");
  assert.equal(textOf(files.get("etc/localtime")), "/usr/share/zoneinfo/Etc/UTC");
  const home = files.get("home/user");
  assert.deepEqual([home?.uid, home?.gid, home?.mode], [1000, 1000, 0o040755]);
  assert.equal(files.get("tmp")?.mode, 0o041777);
  for (const point of ["dev", "proc", "sys", "run", "root"]) {
    assert.equal((files.get(point)?.mode ?? 0) & 0o170000, 0o040000, point);
  }
  const { manifest } = image;
  assert.deepEqual(manifest.release?.date, "2026-02-28T10:00:00.000Z");
  assert.equal(manifest.packages[0]?.version, "1:1.0");
  assert.ok(manifest.applets.includes("busybox"));
  assert.equal(manifest.image.sizeBytes, (await readFile(image.path)).length);
  assert.deepEqual(JSON.parse(await readFile(image.manifestPath, "utf8")), manifest);
});

test("over http: the same bytes, by hash; later nothing is fetched", async (context) => {
  const files = await makeArchive(key);
  const folder = await temporaryFolder(context);
  await writeFolder(folder, files);
  const local = await buildImage({ ...(await isolated(context, key)), mirror: folder });
  const server = await serve(context, files);
  const steps: Progress[] = [];
  const options = {
    ...(await isolated(context, key)),
    mirror: `${server.url}/`,
    onProgress: (step: Progress) => steps.push(step),
  };
  const image = await buildImage(options);
  assert.deepEqual(await readFile(image.path), await readFile(local.path));
  assert.deepEqual(await readFile(image.manifestPath), await readFile(local.manifestPath));
  assert.equal(server.log.length, 4, "the Release, the index and two packages");
  assert.match(server.log[1] ?? "", /\/by-hash\/SHA256\/[0-9a-f]{64}$/);
  assert.deepEqual(
    [...new Set(steps.map(({ stage }) => stage))],
    ["release", "index", "packages", "unpack", "image"],
  );
  for (const stage of ["index", "packages"] as const) {
    const last = steps.filter((step) => step.stage === stage).at(-1);
    assert.ok(last !== undefined && last.doneBytes === last.totalBytes && last.doneBytes > 0);
  }
  const again = await buildImage(options);
  assert.equal(again.built, false);
  assert.equal(again.path, image.path);
  const anew = await buildImage({ ...options, rebuild: true });
  assert.equal(anew.built, true);
  assert.equal(server.log.length, 5, "only the Release is asked for again");
});

test("without by-hash, and with a plain index name when the hash is gone", async (context) => {
  for (const byHash of ["no", "yes"]) {
    const files = await makeArchive(key, { fields: { "Acquire-By-Hash": byHash } });
    for (const path of files.keys()) {
      if (path.includes("by-hash")) {
        files.delete(path);
      }
    }
    const server = await serve(context, files);
    await buildImage({ ...(await isolated(context, key)), mirror: server.url });
    assert.equal(server.log.length, byHash === "yes" ? 5 : 4);
  }
});

test("off line: the cached Release serves; what is not cached is an error", async (context) => {
  const server = await serve(context, await makeArchive(key));
  const options = { ...(await isolated(context, key)), mirror: server.url };
  const first = await buildImage(options);
  const warnings: string[] = [];
  const away = {
    ...options,
    mirror: "http://127.0.0.1:9/debian",
    rebuild: true,
    onWarning: (message: string) => warnings.push(message),
  };
  const image = await buildImage(away);
  assert.equal(image.manifest.image.sha256, first.manifest.image.sha256);
  assert.match(
    warnings.join("\n"),
    /^cannot get .*going on with the cached Release of 2026-02-28$/,
  );
  await rm(join(options.cacheFolder ?? "", "objects"), { recursive: true });
  await assert.rejects(buildImage(away), /cannot get .*Packages.gz without a mirror: .* try again/);
  await rm(join(options.cacheFolder ?? "", "releases"), { recursive: true });
  await assert.rejects(buildImage(away), /cannot get http:\/\/127\.0\.0\.1:9\/.*check the network/);
});

test("damaged files of the cache are fetched or built anew", async (context) => {
  const server = await serve(context, await makeArchive(key));
  const options = { ...(await isolated(context, key)), mirror: server.url };
  const image = await buildImage(options);
  const whole = await readFile(image.path);
  await truncate(image.path, 100);
  assert.equal(await findImage(options), undefined);
  for (const path of await filesBelow(join(options.cacheFolder ?? "", "objects"))) {
    await writeFile(path, "damaged");
  }
  assert.equal((await buildImage(options)).built, true);
  assert.equal(server.log.length, 8);
  assert.deepEqual(await readFile(image.path), whole);
  await writeFile(image.manifestPath, "{");
  assert.equal((await buildImage(options)).built, true);
  assert.equal((await buildImage(options)).built, false);
});

test("builders at once, of different Releases, leave a whole image", async (context) => {
  const servers = [
    await serve(context, await makeArchive(key)),
    await serve(context, await makeArchive(key, { fields: { Version: "13.8" } })),
  ];
  const options = await isolated(context, key);
  const builds = [0, 1, 0, 1, 0, 1].map((index) =>
    buildImage({ ...options, mirror: servers[index]?.url, rebuild: true }),
  );
  await Promise.all(builds);
  const present = await findImage(options);
  // The last of each pair of files may be of different builders: then the image counts as absent.
  const image = present ?? (await buildImage({ ...options, mirror: servers[0]?.url }));
  assert.ok((await filesOf(image.path)).has("usr/bin/busybox"));
  const left = await filesBelow(options.cacheFolder ?? "");
  assert.deepEqual(
    left.filter((path) => path.endsWith(".tmp")),
    [],
  );
});

test("an abort ends a build with its reason and leaves no broken file", async (context) => {
  const files = await makeArchive(key);
  const server = await serve(context, files);
  for (const path of ["InRelease", "by-hash", packagePath]) {
    const options = { ...(await isolated(context, key)), mirror: server.url };
    const abort = new AbortController();
    server.override = (requested, response) => {
      if (!requested.includes(path)) {
        return false;
      }
      response.writeHead(200, { "content-length": 1000 });
      response.write("some bytes, then silence");
      abort.abort(new Error("the user said stop"));
      return true;
    };
    const build = buildImage({ ...options, signal: abort.signal });
    await assert.rejects(build, /^Error: the user said stop$/);
    server.override = () => false;
    assert.equal(await findImage(options), undefined);
    const left = await filesBelow(options.cacheFolder ?? "").catch(() => []);
    assert.ok(left.every((name) => !name.endsWith(".tmp") && !name.includes("images")));
    assert.equal((await buildImage(options)).built, true);
  }
  const aborted = AbortSignal.abort(new Error("before the start"));
  await assert.rejects(buildImage({ signal: aborted }), /before the start/);
});

test("a cache folder that cannot be written is named", async (context) => {
  const folder = await temporaryFolder(context);
  await writeFolder(folder, await makeArchive(key));
  const file = join(folder, "file");
  await writeFile(file, "");
  const options = { ...(await isolated(context, key)), mirror: folder, cacheFolder: file };
  await assert.rejects(buildImage(options), /cannot (read|write) .*file/);
});
