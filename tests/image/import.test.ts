/** Images in files: exported and taken in again, and archives that mean harm. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import { Header, Pax } from "tar";
import { type CpioEntry, fileType, linkCpio, readCpio, writeCpio } from "../../src/abi/cpio.js";
import {
  buildImage,
  exportImage,
  findImage,
  ImageError,
  importImage,
  listImages,
  removeImage,
} from "../../src/image/index.js";
import { type ArchiveFile, writeTar } from "../../src/image/tar.js";
import {
  filesBelow,
  isolated,
  makeArchive,
  makeKey,
  temporaryFolder,
  writeFolder,
} from "./fixture.js";

const plain: ArchiveFile = {
  path: "file",
  type: "file",
  permissions: 0o644,
  uid: 0,
  gid: 0,
  mtime: 1_700_000_000,
  target: "",
  rdevMajor: 0,
  rdevMinor: 0,
  data: Buffer.from("text\n"),
};

const file = (path: string, more: Partial<ArchiveFile> = {}): ArchiveFile => ({
  ...plain,
  path,
  ...more,
});

const link = (path: string, target: string): ArchiveFile =>
  file(path, { type: "symbolic-link", target, data: Buffer.alloc(0) });

async function cacheOf(context: TestContext): Promise<{ cacheFolder: string; folder: string }> {
  const folder = await temporaryFolder(context);
  return { cacheFolder: join(folder, "cache"), folder };
}

/** Takes an archive in. @returns its files by path */
async function take(context: TestContext, bytes: Uint8Array, name = "image.tar") {
  const { cacheFolder, folder } = await cacheOf(context);
  const path = join(folder, name);
  await writeFile(path, bytes);
  const image = await importImage(path, { cacheFolder });
  const files = linkCpio(readCpio(await readFile(image.path)));
  return { image, files: new Map(files.map((one) => [one.path, one])) };
}

const textOf = (one: { data: Uint8Array } | undefined): string =>
  Buffer.from(one?.data ?? []).toString();

test("export and import: the same bytes, whatever the format on the way", async (context) => {
  const key = await makeKey();
  const folder = await temporaryFolder(context);
  await writeFolder(folder, await makeArchive(key));
  const options = { ...(await isolated(context, key)), mirror: folder };
  const built = await buildImage(options);
  for (const end of ["cpio", "tar", "tar.gz", "tgz"]) {
    const path = join(folder, `copy-${end.replace(".", "-")}.${end}`);
    const lengthBytes = await exportImage("default", path, options);
    const first = await readFile(path);
    assert.equal(first.length, lengthBytes);
    await exportImage("default", path, options);
    assert.ok(first.equals(await readFile(path)), `${end} is the same twice`);
    const copy = await importImage(path, options);
    assert.equal(copy.name, `copy-${end.replace(".", "-")}`);
    assert.deepEqual(copy.manifest, { ...built.manifest, name: copy.name });
  }
  const names = (await listImages(options)).map(({ name }) => name);
  assert.deepEqual(names, ["copy-cpio", "copy-tar", "copy-tar-gz", "copy-tgz", "default"]);
  assert.equal(await removeImage("copy-tar", options), true);
  assert.equal(await removeImage("copy-tar", options), false);
  assert.equal(await findImage({ ...options, name: "copy-tar" }), undefined);
  await assert.rejects(
    exportImage("copy-tar", join(folder, "x.tar"), options),
    /no image copy-tar/,
  );
  await assert.rejects(
    exportImage("default", join(folder, "x.zip"), options),
    /name the file with/,
  );
  await assert.rejects(
    exportImage("default", join(folder, "copy-tar.tar", "x.tar"), options),
    /cannot write .*choose another place$/,
  );
  await assert.rejects(
    importImage(join(folder, "copy-tgz.tgz"), options),
    /there is an image copy-tgz already: --replace/,
  );
  await importImage(join(folder, "copy-tgz.tgz"), { ...options, replace: true });
});

test("a tar that GNU tar reads and wrote", {
  skip: spawnSync("tar", ["--version"]).status === 0 ? false : "needs tar",
}, async (context) => {
  const folder = await temporaryFolder(context);
  const long = `${"a".repeat(120)}/${"b".repeat(120)}`;
  const root = join(folder, "root");
  await mkdir(join(root, long), { recursive: true });
  await writeFile(join(root, long, "file"), "deep\n");
  for (const format of ["gnu", "pax"]) {
    const args = ["-C", root, `--format=${format}`, "-cJf", join(folder, "from.tar.xz"), "."];
    execFileSync("tar", args);
    const cacheFolder = join(folder, format);
    const image = await importImage(join(folder, "from.tar.xz"), { cacheFolder });
    const files = linkCpio(readCpio(await readFile(image.path)));
    assert.equal(textOf(files.find(({ path }) => path === `${long}/file`)), "deep\n");
    assert.equal(image.manifest.origin, "import");
    await exportImage("from", join(folder, "to.tar"), { cacheFolder });
    const listed = execFileSync("tar", ["-tf", join(folder, "to.tar")], { encoding: "utf8" });
    assert.ok(listed.split("\n").includes(`./${long}/file`));
  }
});

test("a foreign root file system: every type, links in paths, missing folders", async (context) => {
  const { files, image } = await take(
    context,
    writeTar([
      file("./usr/", { type: "directory", data: Buffer.alloc(0), permissions: 0o755 }),
      link("./bin", "usr/bin"),
      file("/bin/tool", { permissions: 0o4755, uid: 1, gid: 2 }),
      file("usr/bin/other", { type: "hard-link", target: "./bin/tool", data: Buffer.alloc(0) }),
      link("etc/outside", "../../../etc/passwd"),
      file("dev/null", {
        type: "character-device",
        rdevMajor: 1,
        rdevMinor: 3,
        data: Buffer.alloc(0),
      }),
      file("run/pipe", { type: "fifo", data: Buffer.alloc(0) }),
      file("twice", { data: Buffer.from("first") }),
      file("twice", { data: Buffer.from("second") }),
    ]),
  );
  assert.equal(image.name, "image");
  const tool = files.get("usr/bin/tool");
  assert.deepEqual([tool?.mode, tool?.uid, tool?.gid], [0o104755, 1, 2]);
  assert.equal(files.get("usr/bin/other")?.inode, tool?.inode);
  assert.equal(
    textOf(files.get("etc/outside")),
    "../../../etc/passwd",
    "the guest's own root ends it",
  );
  assert.equal(files.get("etc")?.mode, 0o040755);
  assert.equal(files.get("dev/null")?.mode, 0o020644);
  assert.equal(files.get("run/pipe")?.mode, 0o010644);
  assert.equal(textOf(files.get("twice")), "second", "the last of a name counts, as for tar");
});

/** A tar header with any field, its checksum made good. */
function header(fields: ConstructorParameters<typeof Header>[0]): Buffer {
  const block = Buffer.alloc(512);
  new Header({ mode: 0o644, uid: 0, gid: 0, size: 0, mtime: new Date(0), ...fields }).encode(block);
  return block;
}

/** Makes the checksum of the first header fit. */
function signed(tar: Buffer): Buffer {
  tar.fill(" ", 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return tar;
}

const cpioOf = (...paths: string[]): Buffer => {
  const entries = paths.map(
    (path, index): CpioEntry => ({
      path,
      mode: fileType.regular | 0o644,
      uid: 0,
      gid: 0,
      nlink: 1,
      inode: index + 1,
      mtime: 0,
      deviceMajor: 0,
      deviceMinor: 0,
      rdevMajor: 0,
      rdevMinor: 0,
      data: Buffer.from("data"),
    }),
  );
  return Buffer.from(writeCpio(entries));
};

/** A cpio with a name that the writer would refuse, of the same length. */
function renamed(from: string, to: string): Buffer {
  const archive = cpioOf(from);
  archive.write(to, archive.indexOf(from), "latin1");
  return archive;
}

/** A gzip file of zeros, a thousandth of their length. */
function bomb(lengthBytes: number): Buffer {
  const chunk = deflateRawSync(Buffer.alloc(2 ** 24), { finishFlush: 2 });
  const empty = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const count = Math.ceil(lengthBytes / 2 ** 24);
  return Buffer.concat([empty, ...Array.from({ length: count }, () => chunk)]);
}

const pax = (fields: ConstructorParameters<typeof Pax>[0]): Buffer => new Pax(fields).encode();
const tarEnd = Buffer.alloc(1024);

const hostile: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
  ["a name with ..", () => writeTar([file("a/../../evil")]), /"a\/\.\.\/\.\.\/evil" has a "\.\."/],
  [
    "a path through a link out",
    () => writeTar([link("out", "../.."), file("out/evil")]),
    /out\/evil leads out of the root file system/,
  ],
  [
    "a path through links in a ring",
    () => writeTar([link("a", "b"), link("b", "a"), file("a/evil")]),
    /too many symbolic links/,
  ],
  [
    "a hard link to nothing of the archive",
    () => writeTar([file("evil", { type: "hard-link", target: "/etc/shadow" })]),
    /evil is a link to nothing: \/etc\/shadow/,
  ],
  [
    "a hard link out",
    () => writeTar([file("evil", { type: "hard-link", target: "../../etc/shadow" })]),
    /leads out/,
  ],
  ["a file below a file", () => writeTar([file("a"), file("a/b")]), /\/a is not a directory/],
  [
    "a folder that becomes a file",
    () => writeTar([file("a/b"), file("a")]),
    /\/a is a directory and cannot become a file/,
  ],
  [
    "a name that is not UTF-8",
    () => {
      const tar = Buffer.from(writeTar([file("abcdef")]));
      tar[2] = 0xff;
      return signed(tar);
    },
    /has a name that is not UTF-8/,
  ],
  ["too long a name", () => writeTar([file("n".repeat(256))]), /has too long a name/],
  ["too long a path", () => writeTar([file(`${"n/".repeat(2500)}n`)]), /too long a path/],
  [
    "a device number out of range",
    () => writeTar([file("d", { type: "block-device", rdevMajor: 4000, data: Buffer.alloc(0) })]),
    /has a device number out of range/,
  ],
  [
    "an owner out of range",
    () => writeTar([file("d", { uid: 2 ** 40 })]),
    /has an owner or a time out of range/,
  ],
  [
    "a length that is not there",
    () => Buffer.concat([header({ path: "big", size: 2 ** 33, type: "File" }), Buffer.alloc(5000)]),
    /a tar archive of .* is damaged/,
  ],
  [
    "a cut tar",
    () => writeTar([file("a", { data: Buffer.alloc(9000) })]).subarray(0, 4096),
    /damaged/,
  ],
  ["a mark of a layer", () => writeTar([file("etc/.wh.passwd")]), /layer's mark/],
  [
    "container layers",
    () => writeTar([file("oci-layout"), file("manifest.json"), file("blobs/sha256/x")]),
    /archive of container layers: export a container's file system/,
  ],
  ["a cpio name with ..", () => renamed("aaaaaaaa", "../../ev"), /has a "\.\." in it/],
  ["a cpio name with a NUL", () => renamed("aaaaaaaa", "aa\0aaaaa"), /one NUL/],
  ["a cut cpio", () => cpioOf("a", "b").subarray(0, 300), /the archive ends inside/],
  [
    "a cpio length that is not there",
    () => {
      const archive = cpioOf("a");
      archive.write("FFFFFFFF", 54, "latin1");
      return archive;
    },
    /the archive ends inside the data/,
  ],
  [
    "an old cpio",
    () => Buffer.from("070707000000".repeat(100)),
    /no root file system that is known/,
  ],
  ["a text", () => Buffer.from("hello\n"), /no root file system that is known/],
  ["nothing at all", () => Buffer.alloc(0), /no root file system that is known/],
  ["zstd", () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), /in the format zstd; known are cpio/],
  ["a damaged gzip", () => gzipSync(writeTar([file("a")])).subarray(0, 60), /is damaged/],
  ["gzip in gzip", () => gzipSync(gzipSync(writeTar([file("a")]))), /no root file system that is/],
  ["a damaged xz", () => Buffer.from("\xfd7zXZ\0nothing of it", "latin1"), /is damaged/],
  ["a bomb", () => bomb(1.2 * 2 ** 30), /has more than 1024 MiB when it is decompressed/],
];

/** A header whose length field has any bytes. */
function withLength(bytes: Uint8Array): Buffer {
  const block = header({ path: "odd", size: 1, type: "File" });
  block.set(bytes, 124);
  return signed(block);
}

test("what a tar says wrongly of its names and lengths changes nothing else", async (context) => {
  const negative = Buffer.concat([withLength(Buffer.alloc(12, 0xff)), writeTar([file("a")])]);
  const { files } = await take(context, negative);
  assert.deepEqual([textOf(files.get("odd")), textOf(files.get("a"))], ["", "text\n"]);
  const cut = Buffer.concat([pax({ path: "a\0b" }), header({ path: "ab", type: "File" }), tarEnd]);
  const names = [...(await take(context, cut)).files.keys()];
  assert.ok(names.includes("a") && !names.includes("ab"), "as for C, the name ends at its NUL");
});

for (const [name, make, message] of hostile) {
  test(`refused in one line, nothing left: ${name}`, async (context) => {
    const { cacheFolder, folder } = await cacheOf(context);
    const path = join(folder, "evil.image");
    await writeFile(path, make());
    await assert.rejects(importImage(path, { cacheFolder }), (error) => {
      assert.ok(error instanceof ImageError, String(error));
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(path) || error.message.includes(path), error.message);
      assert.ok(!/[\n\0]/.test(error.message));
      return true;
    });
    assert.deepEqual(await filesBelow(folder), [path]);
  });
}

test("a file that is larger than an image may be is not read", async (context) => {
  const { cacheFolder, folder } = await cacheOf(context);
  const path = join(folder, "large.tar");
  await writeFile(path, "");
  await truncate(path, 2 ** 30 + 1);
  await assert.rejects(importImage(path, { cacheFolder }), /large\.tar has more than 1024 MiB/);
});

test("names of images", async (context) => {
  const { cacheFolder, folder } = await cacheOf(context);
  const path = join(folder, "..tar");
  await writeFile(path, writeTar([file("a")]));
  await assert.rejects(importImage(path, { cacheFolder }), /makes no name for an image/);
  for (const name of ["a/b", "../a", ".a", "-a", "", "a b", "x".repeat(65)]) {
    await assert.rejects(importImage(path, { cacheFolder, name }), /cannot name an image/, name);
  }
  await assert.rejects(importImage(path, { cacheFolder, name: "default" }), /another name/);
  await assert.rejects(
    importImage(join(folder, "none.tar"), { cacheFolder }),
    /cannot read .*ENOENT/,
  );
  assert.equal((await importImage(path, { cacheFolder, name: "A.b_c-1" })).name, "A.b_c-1");
});
