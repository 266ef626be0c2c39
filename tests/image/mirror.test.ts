/** Which mirror is used, how it is reached, and what of it is not trusted. */

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { buildImage, findMirror, ImageError, type ImageErrorCode } from "../../src/image/index.js";
import {
  type ArchiveOptions,
  filesBelow,
  indexFolder,
  isolated,
  type MirrorFiles,
  makeArchive,
  makeKey,
  now,
  packagePath,
  serve,
  serveProxy,
  tamper,
  temporaryFolder,
  writeFolder,
} from "./fixture.js";

const key = await makeKey();
const dayMs = 24 * 3600 * 1000;

async function refused(
  context: TestContext,
  files: MirrorFiles,
  code: ImageErrorCode,
  message: RegExp,
): Promise<void> {
  const folder = await temporaryFolder(context);
  await writeFolder(folder, files);
  const options = { ...(await isolated(context, key)), mirror: folder };
  await assert.rejects(buildImage(options), (error) => {
    assert.ok(error instanceof ImageError, String(error));
    assert.match(error.message, message);
    assert.equal(error.code, code, error.message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
  const left = await filesBelow(options.cacheFolder ?? "").catch(() => []);
  assert.deepEqual(
    left.filter((path) => path.includes("images") || path.endsWith(".tmp")),
    [],
  );
}

test("a Release is refused if its text, key, dates or origin are wrong", async (context) => {
  const changed = await makeArchive(key);
  const text = changed.get("dists/trixie/InRelease")?.toString().replace("13.7", "13.8") ?? "";
  changed.set("dists/trixie/InRelease", Buffer.from(text));
  await refused(context, changed, "untrusted", /signature of .*InRelease cannot be trusted/);
  const other = await makeArchive(await makeKey());
  await refused(context, other, "untrusted", /not signed by a known key/);
  const unsigned = await makeArchive(key);
  unsigned.set("dists/trixie/InRelease", Buffer.from("Origin: Debian\n"));
  await refused(context, unsigned, "untrusted", /cannot be trusted/);
  const cases: readonly [ArchiveOptions, RegExp][] = [
    [{ fields: { Date: new Date(now.getTime() + 2 * dayMs).toUTCString() } }, /from the future/],
    [{ fields: { "Valid-Until": "Sat, 28 Feb 2026 11:00:00 UTC" } }, /was valid until 2026-02-28/],
    [{ fields: { Origin: "Ubuntu" } }, /not of Debian's own archive/],
    [{ fields: { Label: "Debian-Security" } }, /not of Debian's own archive/],
    [{ fields: { Codename: "bookworm" } }, /is of bookworm, not of trixie/],
  ];
  for (const [options, message] of cases) {
    await refused(context, await makeArchive(key, options), "untrusted", message);
  }
  const undated = await makeArchive(key, { fields: { Date: undefined } });
  await refused(context, undated, "malformed", /has no Date/);
  const odd = await makeArchive(key, { fields: { Date: "yesterday" } });
  await refused(context, odd, "malformed", /Date is not a date/);
});

test("text that stands around the signed text is not read", async (context) => {
  const files = await makeArchive(key, { fields: { Codename: "bookworm" } });
  const signed = files.get("dists/trixie/InRelease") ?? Buffer.alloc(0);
  const forged = Buffer.from("Origin: Debian\nLabel: Debian\nCodename: trixie\n\n");
  files.set("dists/trixie/InRelease", Buffer.concat([forged, signed, forged]));
  await refused(context, files, "untrusted", /is of bookworm|cannot be trusted/);
});

test("a signature of a key that has expired since is refused", async (context) => {
  const brief = await makeKey(100 * 24 * 3600);
  const signedAt = new Date(now.getTime() - 360 * dayMs);
  const folder = await temporaryFolder(context);
  await writeFolder(folder, await makeArchive(brief, { signedAt }));
  const options = { ...(await isolated(context, brief)), mirror: folder };
  await assert.rejects(findMirror(options), /cannot be trusted \(.*expired/);
  const early = new Date(signedAt.getTime() + dayMs);
  // While the key was good the signature was: it is the expiry that is refused.
  await assert.rejects(findMirror({ ...options, now: early }), /from the future/);
});

test("one known key among several signers or keys is enough", async (context) => {
  const folder = await temporaryFolder(context);
  await writeFolder(folder, await makeArchive(key));
  const keys = [(await makeKey()).publicKey, key.publicKey];
  const mirror = await findMirror({ ...(await isolated(context, key)), keys, mirror: folder });
  assert.equal(mirror.release.version, "13.7");
});

test("files whose hash, size or name is not as the Release has it are refused", async (context) => {
  const tampered = await makeArchive(key);
  tamper(tampered, packagePath, 100);
  await refused(context, tampered, "untrusted", /busybox-static.*SHA256 .* instead of/);
  const longer = await makeArchive(key);
  longer.set(packagePath, Buffer.concat([longer.get(packagePath) as Buffer, Buffer.from("x")]));
  await refused(context, longer, "malformed", /is longer than its/);
  const shorter = await makeArchive(key);
  shorter.set(packagePath, (shorter.get(packagePath) as Buffer).subarray(1));
  await refused(context, shorter, "untrusted", /bytes instead of/);
  const gone = await makeArchive(key);
  gone.delete(packagePath);
  await refused(context, gone, "not-found", /busybox-static.* does not exist/);
  const index = await makeArchive(key);
  for (const path of [...index.keys()].filter((name) => name.startsWith(indexFolder))) {
    tamper(index, path, 20);
  }
  await refused(context, index, "untrusted", /SHA256 .* instead of/);
  const older = await makeArchive(key, { packageVersion: "0.9" });
  await refused(context, older, "untrusted", /is not busybox-static 1:1\.0/);
});

test("no mirror known: the message names the option and the variable", async (context) => {
  const options = await isolated(context, key);
  const expected = { name: "ImageError", code: "no-mirror" };
  await assert.rejects(findMirror(options), expected);
  await assert.rejects(buildImage(options), /--mirror URL or set SIXFOLD_DEBIAN_MIRROR/);
  await assert.rejects(buildImage({ ...options, mirror: "a b" }), /--mirror names no mirror/);
  const environment = { SIXFOLD_DEBIAN_MIRROR: "ftp://a.invalid/" };
  await assert.rejects(buildImage({ ...options, environment }), /SIXFOLD_DEBIAN_MIRROR names no/);
  const elsewhere = await temporaryFolder(context);
  await assert.rejects(buildImage({ ...options, mirror: elsewhere }), /InRelease does not exist/);
});

test("the option comes before the variable, and that before apt's sources", async (context) => {
  const [option, variable, apt] = [
    await serve(context, await makeArchive(key)),
    await serve(context, await makeArchive(key)),
    await serve(context, await makeArchive(key)),
  ];
  const options = await isolated(context, key);
  await mkdir(options.aptFolder ?? "");
  await writeFile(join(options.aptFolder ?? "", "sources.list"), `deb ${apt.url} trixie main\n`);
  const both = { ...options.environment, SIXFOLD_DEBIAN_MIRROR: variable.url };
  const find = async (more: object): Promise<string> => {
    const mirror = await findMirror({ ...options, ...more });
    return `${mirror.origin} ${mirror.url.href}`;
  };
  assert.equal(await find({ environment: both, mirror: option.url }), `option ${option.url}`);
  assert.equal(await find({ environment: both }), `environment ${variable.url}`);
  assert.equal(await find({}), `apt ${apt.url}`);
  assert.deepEqual([option.log.length, variable.log.length, apt.log.length], [1, 1, 1]);
});

test("apt's sources are judged by what they serve", async (context) => {
  const foreign = await serve(context, new Map());
  const forged = await serve(context, await makeArchive(await makeKey()));
  const ubuntu = await serve(context, await makeArchive(key, { fields: { Origin: "Ubuntu" } }));
  const good = await serve(context, await makeArchive(key));
  const options = await isolated(context, key);
  const parts = join(options.aptFolder ?? "", "sources.list.d");
  await mkdir(parts, { recursive: true });
  const write = (name: string, text: string): Promise<void> => writeFile(join(parts, name), text);
  await write("a.list", `deb [arch=amd64] ${foreign.url} stable main\ndeb ${forged.url} x main\n`);
  const stanza = `Types: deb\nURIs: http://127.0.0.1:9/off\n ${ubuntu.url}/\nSuites: x y\n`;
  await write("b.sources", stanza);
  await assert.rejects(
    findMirror(options),
    /none of the host's apt sources.*does not exist.*--mir/,
  );
  await write("c.sources", `Types: deb\nEnabled: no\nURIs: ${good.url}\nSuites: bookworm\n`);
  await assert.rejects(findMirror(options), ImageError);
  await write("d.sources", `Types: deb\nURIs: ${good.url}\nSuites: bookworm\n`);
  assert.equal((await findMirror(options)).url.href, good.url);
  for (const server of [foreign, forged, ubuntu]) {
    assert.equal(server.log.length, 3, "each was asked for the suite once a time");
  }
});

test("through a proxy, as the environment says; the password is not shown", async (context) => {
  const server = await serve(context, await makeArchive(key));
  const proxy = await serveProxy(context, server.url, "me:secret");
  const options = { ...(await isolated(context, key)), mirror: "http://mirror.invalid/debian" };
  const withPassword = proxy.url.replace("//", "//me:secret@");
  for (const name of ["HTTP_PROXY", "http_proxy"]) {
    const environment = { [name]: withPassword };
    await buildImage({ ...options, environment, rebuild: true });
  }
  assert.equal(proxy.log[0], "GET http://mirror.invalid/debian/dists/trixie/InRelease");
  assert.equal(proxy.log.length, 5);
  assert.equal(server.log.length, 5);
  const wrong = { HTTP_PROXY: proxy.url.replace("//", "//me:wrong@") };
  await assert.rejects(findMirror({ ...options, environment: wrong }), (error: Error) => {
    assert.match(error.message, /through the proxy 127\.0\.0\.1:\d+: .*407/);
    assert.ok(!error.message.includes("wrong"));
    return true;
  });
  const around = { HTTP_PROXY: withPassword, NO_PROXY: "127.0.0.1" };
  const count = proxy.log.length;
  await findMirror({ ...options, mirror: server.url, environment: around });
  assert.equal(proxy.log.length, count);
  const secure = { ...options, mirror: "https://mirror.invalid/debian" };
  const environment = { HTTPS_PROXY: proxy.url };
  await assert.rejects(findMirror({ ...secure, environment }), /through the proxy/);
  assert.equal(proxy.log.at(-1), "CONNECT mirror.invalid:443");
});

test("redirects are followed, but not for ever and not to files", async (context) => {
  const server = await serve(context, await makeArchive(key));
  const options = {
    ...(await isolated(context, key)),
    mirror: server.url.replace("debian", "old"),
  };
  const redirect = (target: (path: string) => string): void => {
    server.override = (path, response) => {
      if (path.startsWith("/debian/")) {
        return false;
      }
      response.writeHead(302, { location: target(path) }).end();
      return true;
    };
  };
  redirect((path) => path.replace("/old/", "/debian/"));
  assert.equal((await buildImage(options)).built, true);
  redirect((path) => path);
  await assert.rejects(findMirror(options), /more than 10 redirects/);
  redirect(() => "file:///etc/passwd");
  await assert.rejects(findMirror(options), /redirects to nowhere/);
});

test("a failure that passes is tried again; one that stays is told", async (context) => {
  const server = await serve(context, await makeArchive(key));
  const options = { ...(await isolated(context, key)), mirror: server.url };
  let failures = 0;
  server.override = (path, response) => {
    if (!path.endsWith(".deb") || failures === 2) {
      return false;
    }
    failures++;
    if (failures === 1) {
      response.writeHead(503).end();
    } else {
      response.writeHead(200, { "content-length": 1000 }).write("part");
      response.destroy();
    }
    return true;
  };
  assert.equal((await buildImage(options)).built, true);
  assert.equal(failures, 2);
  server.override = (_path, response) => {
    response.writeHead(500).end();
    return true;
  };
  const error = { code: "unreachable", message: /HTTP status 500; check the network/ };
  await assert.rejects(findMirror(options), error);
  server.override = (_path, response) => {
    response.writeHead(403).end();
    return true;
  };
  await assert.rejects(findMirror(options), /HTTP status 403; choose a mirror/);
});
