/** What the builder takes from the host: apt's sources in both formats, proxies, cache folders. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  mirrorCandidates,
  parseListFile,
  parseSourcesFile,
  readAptSources,
} from "./apt-sources.js";
import { defaultCacheFolder } from "./cache.js";
import { isExcluded, parseAptProxies, proxyRule } from "./proxy.js";

const list = `# a comment
deb http://one.invalid/debian trixie main contrib # another
deb-src http://source.invalid/debian trixie main
deb [ arch=amd64,arm64 signed-by=/keys/a.gpg ] https://two.invalid/debian/ bookworm main
deb [arch=amd64] http://flat.invalid/ubuntu ./
deb cdrom:[Debian GNU/Linux 13]/ trixie main
  deb   file:/srv/mirror  sid  main
#deb http://off.invalid/debian trixie main
deb http://three.invalid/debian-security bookworm-security main
`;

const deb822 = `Types: deb deb-src
URIs: http://four.invalid/debian
 https://five.invalid/debian
Suites: bookworm trixie
Components: main
# a comment within
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 URIs: http://not.invalid/

Enabled: no
Types: deb
URIs: http://off.invalid/debian
Suites: trixie

types: deb-src
uris: http://source.invalid/debian
suites: trixie
`;

test("one-line sources", () => {
  assert.deepEqual(parseListFile(list), [
    { uri: "http://one.invalid/debian", suite: "trixie" },
    { uri: "https://two.invalid/debian/", suite: "bookworm" },
    { uri: "http://flat.invalid/ubuntu", suite: "./" },
    { uri: "cdrom:[Debian", suite: "GNU/Linux" },
    { uri: "file:/srv/mirror", suite: "sid" },
    { uri: "http://three.invalid/debian-security", suite: "bookworm-security" },
  ]);
});

test("deb822 sources", () => {
  const both = ["http://four.invalid/debian", "https://five.invalid/debian"];
  const expected = both.flatMap((uri) => ["bookworm", "trixie"].map((suite) => ({ uri, suite })));
  assert.deepEqual(parseSourcesFile(deb822), expected);
  assert.deepEqual(parseSourcesFile(deb822.replaceAll("\n", "\r\n")), expected);
});

test("candidates: the suite's own sources first, security last, no flat or foreign ones", () => {
  const sources = parseListFile(list.replace("three", "zero")).reverse();
  assert.deepEqual(
    mirrorCandidates(sources, "trixie").map(({ href }) => href),
    [
      "http://one.invalid/debian",
      "file:///srv/mirror",
      "https://two.invalid/debian",
      "http://zero.invalid/debian-security",
    ],
  );
});

test("the files that apt reads, and no others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sixfold-apt-"));
  try {
    assert.deepEqual(await readAptSources(folder), []);
    await mkdir(join(folder, "sources.list.d"));
    const write = (name: string, host: string): Promise<void> =>
      writeFile(join(folder, name), `deb http://${host}.invalid/d trixie main\n`);
    await write("sources.list", "a");
    await write("sources.list.d/x.list", "b");
    await write("sources.list.d/x.list.save", "no");
    await write("sources.list.d/a b.list", "no");
    await writeFile(join(folder, "sources.list.d/a.sources"), deb822);
    const uris = (await readAptSources(folder)).map(({ uri }) => new URL(uri).hostname[0]);
    assert.deepEqual(uris, ["a", "f", "f", "f", "f", "b"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("NO_PROXY", () => {
  const cases: readonly [string, string, boolean][] = [
    ["*", "http://a.invalid/", true],
    ["a.invalid", "http://a.invalid/", true],
    ["a.invalid", "http://b.a.invalid/", true],
    [".a.invalid", "http://b.a.invalid/", true],
    ["*.a.invalid", "http://b.a.invalid/", true],
    ["a.invalid", "http://ba.invalid/", false],
    ["b.invalid, a.invalid", "http://A.invalid/", true],
    ["a.invalid:8080", "http://a.invalid/", false],
    ["a.invalid:80", "http://a.invalid/", true],
    ["a.invalid:443", "https://a.invalid/", true],
    ["127.0.0.1", "http://127.0.0.1:81/", true],
    ["[::1]", "http://[::1]:81/", true],
    ["::1", "http://[::1]:81/", true],
    ["", "http://a.invalid/", false],
  ];
  for (const [noProxy, url, expected] of cases) {
    assert.equal(isExcluded(noProxy, new URL(url)), expected, `${noProxy} for ${url}`);
  }
});

test("proxies: the environment first, then apt's, of one host or of all", () => {
  const apt = parseAptProxies(
    [
      'Acquire::http::Proxy "http://apt.invalid:3142/";',
      'Acquire::http::Proxy::direct.invalid "DIRECT";',
      'Acquire::https::Proxy::own.invalid "http://own-proxy.invalid";',
      'Acquire::ftp::Proxy "http://no.invalid";',
      'APT::Architecture "amd64";',
    ].join("\n"),
  );
  const host = (environment: Record<string, string>, url: string): string | undefined =>
    proxyRule(environment, apt)(new URL(url))?.host;
  assert.equal(host({}, "http://a.invalid/"), "apt.invalid:3142");
  assert.equal(host({}, "https://a.invalid/"), "apt.invalid:3142");
  assert.equal(host({}, "http://direct.invalid/"), undefined);
  assert.equal(host({}, "https://own.invalid/"), "own-proxy.invalid");
  assert.equal(host({ HTTP_PROXY: "p.invalid:1" }, "http://a.invalid/"), "p.invalid:1");
  assert.equal(host({ HTTP_PROXY: "p:1", http_proxy: "q:2" }, "http://a.invalid/"), "q:2");
  assert.equal(host({ HTTPS_PROXY: "http://p:1" }, "http://a.invalid/"), "apt.invalid:3142");
  assert.equal(host({ HTTPS_PROXY: "http://p:1" }, "https://a.invalid/"), "p:1");
  assert.equal(host({ NO_PROXY: "a.invalid" }, "http://a.invalid/"), undefined);
  assert.throws(() => host({ HTTP_PROXY: "socks5://p:1" }, "http://a/"), /HTTP_PROXY is not/);
});

test("the cache folder", () => {
  assert.equal(defaultCacheFolder({ SIXFOLD_CACHE: "/c", XDG_CACHE_HOME: "/x" }), "/c");
  assert.equal(defaultCacheFolder({ XDG_CACHE_HOME: "/x", HOME: "/h" }), "/x/sixfold");
  assert.equal(defaultCacheFolder({ XDG_CACHE_HOME: "x", HOME: "/h" }), "/h/.cache/sixfold");
});
