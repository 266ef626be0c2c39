/** What goes into an image: packages, the tree they are unpacked into, the table of applets. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { type CpioFile, linkCpio, readCpio, writeCpio } from "../abi/cpio.js";
import { appletNames } from "./applets.js";
import { readAr, readDeb } from "./deb.js";
import { ImageError } from "./errors.js";
import { type ArchiveFile, readTar } from "./tar.js";
import { RootTree } from "./tree.js";

type HeaderData = ConstructorParameters<typeof Header>[0];

/** One member of a tar archive: its header and padded data. */
function member(fields: HeaderData, contents = ""): Buffer {
  const data = Buffer.from(contents);
  const header = new Header({
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(1000_000),
    ...(fields as object),
    size: data.length,
  });
  const block = Buffer.alloc(512);
  header.encode(block);
  return Buffer.concat([block, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

const archive = (...members: Buffer[]): Buffer => Buffer.concat([...members, Buffer.alloc(1024)]);

const sample = archive(
  member({ path: "./bin/", type: "Directory", mode: 0o755 }),
  member({ path: "./bin/one", type: "File", mode: 0o4755, uid: 7, gid: 8 }, "contents"),
  member({ path: "./bin/two", type: "Link", linkpath: "./bin/one" }),
  member({ path: "./etc/up", type: "SymbolicLink", linkpath: "../bin/one", mode: 0o777 }),
  member({ path: "./dev/ttyS0", type: "CharacterDevice", mode: 0o600, devmaj: 4, devmin: 64 }),
  member({ path: "./pipe", type: "FIFO" }),
);

test("tar: every type of file with owner, mode, time, links and device numbers", async () => {
  const files = await readTar(sample, "a sample");
  assert.deepEqual(
    files.map(({ path, type, permissions }) => [path, type, permissions]),
    [
      ["./bin/", "directory", 0o755],
      ["./bin/one", "file", 0o4755],
      ["./bin/two", "hard-link", 0o644],
      ["./etc/up", "symbolic-link", 0o777],
      ["./dev/ttyS0", "character-device", 0o600],
      ["./pipe", "fifo", 0o644],
    ],
  );
  assert.deepEqual([files[1]?.uid, files[1]?.gid, files[1]?.mtime], [7, 8, 1000]);
  assert.equal(Buffer.from(files[1]?.data ?? []).toString(), "contents");
  assert.deepEqual([files[4]?.rdevMajor, files[4]?.rdevMinor], [4, 64]);
  const damaged = Buffer.from(sample);
  damaged[512 + 100] = 0x39;
  await assert.rejects(readTar(damaged, "a sample"), ImageError);
  await assert.rejects(readTar(sample.subarray(0, 1200), "a sample"), ImageError);
});

/** An ar member with its header (ar(5)). */
function arMember(name: string, data: Uint8Array): Buffer {
  const numbers = `${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}`;
  const header = `${name.padEnd(16)}${numbers}${String(data.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), data, Buffer.alloc(data.length % 2, "\n")]);
}

test("a .deb: control, scripts and files; a damaged one is refused", async () => {
  const control = archive(
    member({ path: "./control", type: "File" }, "Package: p\nVersion: 1\n"),
    member({ path: "./postinst", type: "File" }, "#!/bin/sh\n"),
  );
  const deb = (...members: Buffer[]): Buffer =>
    Buffer.concat([Buffer.from("!<arch>\n"), ...members]);
  const good = deb(
    arMember("debian-binary", Buffer.from("2.0\n")),
    arMember("control.tar.gz", gzipSync(control)),
    arMember("data.tar", sample),
  );
  const read = await readDeb(good);
  assert.equal(read.control.get("package"), "p");
  assert.deepEqual([...read.scripts.keys()], ["postinst"]);
  assert.equal(read.files.length, 6);
  assert.throws(() => readAr(good.subarray(1)), /not an ar archive/);
  assert.throws(() => readAr(good.subarray(0, good.length - 100)), /no whole ar member/);
  await assert.rejects(readDeb(deb(arMember("debian-binary", Buffer.from("3.0\n")))), /format 2/);
  const strange = [
    [arMember("control.tar.lz", control), /not known here/],
    [arMember("control.tar.gz", Buffer.from("x")), /is damaged/],
    [arMember("control.tar.xz", Buffer.from("x")), /is damaged/],
    [arMember("other", control), /has no control\.tar/],
  ] as const;
  for (const [second, message] of strange) {
    const input = deb(arMember("debian-binary", Buffer.from("2.0\n")), second);
    await assert.rejects(readDeb(input), message);
  }
});

const filesOf = (tree: RootTree): CpioFile[] => linkCpio(readCpio(writeCpio(tree.entries())));

test("unpacking goes through the tree's links and keeps what an archive entry has", async () => {
  const tree = new RootTree(5);
  tree.directory("usr/bin");
  tree.symbolicLink("bin", "usr/bin");
  tree.symbolicLink("sbin", "/bin");
  tree.unpack(await readTar(sample, "a sample"));
  const files = new Map(filesOf(tree).map((file) => [file.path, file]));
  assert.equal(files.get("bin")?.mode, 0o120777, "the link stays though a directory came");
  const one = files.get("usr/bin/one");
  assert.deepEqual([one?.mode, one?.uid, one?.gid, one?.mtime], [0o104755, 7, 8, 1000]);
  assert.equal(files.get("usr/bin/two")?.hardLinkTo, "usr/bin/one");
  assert.deepEqual([one?.nlink, files.get("usr/bin/two")?.inode], [2, one?.inode]);
  const device = files.get("dev/ttyS0");
  assert.deepEqual([device?.mode, device?.rdevMajor, device?.rdevMinor], [0o020600, 4, 64]);
  assert.equal(Buffer.from(tree.read("sbin/one") ?? []).toString(), "contents");
  assert.equal(files.get(".")?.mtime, 5);
});

test("a directory comes before its contents, and the order of adding does not matter", () => {
  const names = ["b/c", "a-b", "a/z", "a", "b", "a/b/c", "B"];
  const build = (order: readonly string[]): Uint8Array => {
    const tree = new RootTree(0);
    for (const name of order) {
      if (name.length === 1) {
        tree.directory(name);
      } else {
        tree.file(name, name);
      }
    }
    return writeCpio(tree.entries());
  };
  assert.deepEqual(build(names), build([...names].reverse()));
  const paths = [...readCpio(build(names))].map(({ path }) => path);
  assert.deepEqual(paths, [".", "B", "a", "a-b", "a/b", "a/b/c", "a/z", "b", "b/c"]);
});

test("a package cannot lead out of the tree, loop in it, or put files below files", () => {
  const entry: ArchiveFile = {
    path: "x",
    type: "file",
    permissions: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    target: "",
    rdevMajor: 0,
    rdevMinor: 0,
    data: new Uint8Array(0),
  };
  const refused = (message: RegExp, ...files: Partial<ArchiveFile>[]): void => {
    const tree = new RootTree(0);
    assert.throws(() => tree.unpack(files.map((file) => ({ ...entry, ...file }))), message);
  };
  refused(/leads out/, { path: "../x" });
  refused(/leads out/, { path: "up", type: "symbolic-link", target: ".." }, { path: "up/x" });
  refused(/too many/, { path: "l", type: "symbolic-link", target: "l" }, { path: "l/x" });
  refused(/is not a directory/, { path: "f" }, { path: "f/x" });
  refused(/cannot become a file/, { path: "d", type: "directory" }, { path: "d" });
  refused(/a link to nothing/, { path: "h", type: "hard-link", target: "none" });
});

/** The start of a riscv64 ELF file, as far as it is looked at. */
function elf(machine: number, ...tables: string[]): Buffer {
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02", "latin1");
  header.writeUInt16LE(machine, 18);
  return Buffer.concat([header, ...tables.map((table) => Buffer.from(table, "latin1"))]);
}

test("the table of applets, whatever stands before and behind it", () => {
  const names = ["[", "[[", "ash", "cat", "init", "ls", "mount", "sh", "true", "zcat"];
  const table = `${names.join("\0")}\0\0`;
  const decoys = "cat\0mount\0sh\0Usage: mount\0";
  for (const before of ["\0\0\0\0\0\0\0\0", "abcdefgh", "abcdefg\0", "%s mount\0      \0"]) {
    assert.deepEqual(appletNames(elf(243, before, table, "zz\0", decoys)), names, before);
  }
  assert.throws(() => appletNames(elf(62, table)), /not a riscv64 program/);
  assert.throws(() => appletNames(Buffer.from("#!/bin/sh")), /not a riscv64 program/);
  assert.throws(() => appletNames(elf(243, decoys)), /no table of applets/);
});
