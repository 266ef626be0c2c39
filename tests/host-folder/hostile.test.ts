/** Folders of the host that mean harm, and guests that do: what leads out, and what is too much. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as errno from "../../src/abi/errno.js";
import * as fuse from "../../src/abi/fuse.js";
import { FolderError } from "../../src/host/folder-files.js";
import { openFolders, serveFolders } from "../../src/host/node/folder-share.js";
import type { NodeFolders } from "../../src/host/node/folders.js";
import { createRandom, randomWord } from "../../src/kernel/random.js";
import { boot, skip as needsPrograms, program } from "../boot/programs.js";
import { mounted, skip, temporaryFolder } from "./folder.js";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const O_RDONLY = 0;
const O_RDWR = 2;

function open(folder: string, isReadOnly = false): { files: NodeFolders; root: number } {
  const files = openFolders([{ source: folder, isReadOnly }]);
  const root = files.lookup(1, bytesOf("0"));
  assert.ok(typeof root !== "number");
  return { files, root: root.node };
}

/** The node under a name. */
function at(files: NodeFolders, directory: number, name: string): number {
  const found = files.lookup(directory, bytesOf(name));
  return typeof found === "number" ? found : found.node;
}

describe("a folder that means harm", { skip }, () => {
  test("symbolic links are links: none is followed on the host", (t) => {
    const folder = temporaryFolder(t);
    symlinkSync("/etc", join(folder, "out"));
    symlinkSync("loop", join(folder, "loop"));
    symlinkSync("/etc/passwd", join(folder, "file"));
    const { files, root } = open(folder);
    const out = at(files, root, "out");
    assert.equal(Buffer.from(files.readlink(out) as Uint8Array).toString(), "/etc");
    assert.equal(files.lookup(out, bytesOf("passwd")), -errno.ENOTDIR);
    assert.equal(files.open(at(files, root, "file"), O_RDONLY), -errno.ENXIO);
    assert.equal(files.setAttributes(at(files, root, "file"), { mode: 0 }), -errno.EOPNOTSUPP);
    assert.equal(files.open(at(files, root, "loop"), O_RDONLY), -errno.ENXIO);
    assert.equal(files.create(root, bytesOf("file"), 0o600), -errno.EEXIST);
  });

  test("devices, FIFOs and sockets are shown and not opened", async (t) => {
    const folder = temporaryFolder(t);
    execFileSync("mkfifo", [join(folder, "fifo")]);
    const server = createServer().listen(join(folder, "socket"));
    t.after(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const kinds = ["fifo", "socket"];
    try {
      execFileSync("mknod", [join(folder, "null"), "c", "1", "3"], { stdio: "ignore" });
      kinds.push("null");
    } catch {
      t.diagnostic("device nodes need root");
    }
    const { files, root } = open(folder);
    for (const name of kinds) {
      const node = at(files, root, name);
      assert.ok(node > 0, name);
      for (const access of [O_RDONLY, O_RDWR]) {
        assert.equal(files.open(node, access), -errno.ENXIO, name);
      }
      assert.equal(files.link(node, root, bytesOf("other")), -errno.EPERM);
    }
  });

  test("a file with a hard link that the guest did not make is only read", (t) => {
    const folder = temporaryFolder(t);
    const outside = join(temporaryFolder(t), "file");
    writeFileSync(outside, "theirs");
    linkSync(outside, join(folder, "linked"));
    const { files, root } = open(folder);
    const node = at(files, root, "linked");
    assert.ok(files.open(node, O_RDONLY) > 0);
    assert.equal(files.open(node, O_RDWR), -errno.EPERM);
    assert.equal(files.setAttributes(node, { sizeBytes: 0 }), -errno.EPERM);
    assert.equal(files.setAttributes(node, { mode: 0o777 }), -errno.EPERM);
    assert.equal(files.link(node, root, bytesOf("third")), -errno.EPERM);
    assert.equal(files.unlink(root, bytesOf("linked"), false), 0);
    assert.equal(readFileSync(outside, "latin1"), "theirs");

    const made = files.create(root, bytesOf("own"), 0o644);
    assert.ok(typeof made !== "number");
    const second = files.link(made.node, root, bytesOf("second"));
    assert.ok(typeof second !== "number" && second.node === made.node);
    assert.ok(files.open(made.node, O_RDWR) > 0, "those of its own it may write");
    linkSync(join(folder, "own"), `${outside}2`);
    assert.equal(files.setAttributes(made.node, { mode: 0o600 }), -errno.EPERM);
  });

  test("a folder that is moved out, or replaced, is not gone into", (t) => {
    const folder = temporaryFolder(t);
    const outside = temporaryFolder(t);
    mkdirSync(join(folder, "a"));
    mkdirSync(join(folder, "a", "b"));
    const { files, root } = open(folder);
    const inner = at(files, at(files, root, "a"), "b");
    renameSync(join(folder, "a", "b"), join(outside, "b"));
    writeFileSync(join(outside, "b", "secret"), "secret");
    assert.equal(files.lookup(inner, bytesOf("secret")), -errno.ENOENT);
    assert.equal(files.create(inner, bytesOf("new"), 0o600), -errno.ENOENT);
    symlinkSync(join(outside, "b"), join(folder, "a", "b"));
    assert.equal(files.lookup(inner, bytesOf("secret")), -errno.ESTALE);
    assert.equal(
      files.list(inner, 0, () => true),
      -errno.ESTALE,
    );
    assert.equal(files.makeDirectory(inner, bytesOf("new"), 0o755), -errno.ESTALE);
    assert.deepEqual(readdirSync(join(outside, "b")), ["secret"]);
    renameSync(folder, `${folder}-moved`);
    t.after(() => execFileSync("rm", ["-rf", `${folder}-moved`]));
    assert.ok(at(files, root, "a") > 0, "the folder itself may be moved");
  });

  test("what is deleted under the guest is ENOENT; what is open goes on", (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "file"), "content");
    const { files, root } = open(folder);
    const node = at(files, root, "file");
    const handle = files.open(node, O_RDONLY);
    unlinkSync(join(folder, "file"));
    const into = new Uint8Array(20);
    assert.equal(files.read(handle, 0, into), 7);
    const attributes = files.attributes(node);
    assert.ok(typeof attributes !== "number" && attributes.links === 0);
    files.release(handle);
    assert.equal(files.attributes(node), -errno.ENOENT);
    assert.equal(files.open(node, O_RDONLY), -errno.ENOENT);
    writeFileSync(join(folder, "file"), "another");
    assert.equal(files.open(node, O_RDONLY), -errno.ESTALE);
  });

  test("what is mounted below is not gone into", (t) => {
    const folder = "/proc/self";
    const { files, root } = open("/");
    const found = files.lookup(root, bytesOf("proc"));
    assert.ok(existsSync(folder));
    assert.equal(found, -errno.EXDEV);
    t.diagnostic("/ was shared, /proc in it was not");
  });

  test("no rights on the host come from a guest", (t) => {
    const folder = temporaryFolder(t);
    const { files, root } = open(folder);
    const made = files.create(root, bytesOf("file"), 0o6755);
    assert.ok(typeof made !== "number");
    assert.equal(lstatSync(join(folder, "file")).mode & 0o7777, 0o755);
    assert.equal(files.setAttributes(made.node, { mode: 0o4755 }), -errno.EPERM);
    assert.equal(files.setAttributes(made.node, { userId: 1000 }), -errno.EPERM);
    assert.ok(typeof files.setAttributes(made.node, { userId: 0, mode: 0o1700 }) !== "number");
  });

  test("a folder for reading", (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "file"), "content");
    const { files, root } = open(folder, true);
    const node = at(files, root, "file");
    assert.ok(files.open(node, O_RDONLY) > 0);
    const refusals = [
      files.open(node, O_RDWR),
      files.setAttributes(node, { mode: 0 }),
      files.create(root, bytesOf("new"), 0o600),
      files.makeDirectory(root, bytesOf("new"), 0o700),
      files.symlink(root, bytesOf("new"), bytesOf("x")),
      files.link(node, root, bytesOf("new")),
      files.unlink(root, bytesOf("file"), false),
      files.rename(root, bytesOf("file"), root, bytesOf("new")),
    ];
    assert.deepEqual(
      refusals,
      refusals.map(() => -errno.EROFS),
    );
  });

  test("descriptors have a limit", (t) => {
    const folder = temporaryFolder(t);
    const { files, root } = open(folder);
    const handles: number[] = [];
    let result = 0;
    for (let i = 0; i < 2000 && result >= 0; i++) {
      const made = files.create(root, bytesOf(`f${i}`), 0o600);
      result = typeof made === "number" ? made : made.handle;
      if (result >= 0) handles.push(result);
    }
    assert.equal(result, -errno.ENFILE);
    for (const handle of handles) files.release(handle);
    assert.ok(typeof files.create(root, bytesOf("again"), 0o600) !== "number");
  });

  test("a folder that is not there is one line", (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "file"), "");
    for (const [name, why] of [
      ["none", "ENOENT"],
      ["file", "ENOTDIR"],
    ] as const) {
      const source = join(folder, name);
      const wanted = new FolderError(`cannot mount ${source}: ${why}`);
      assert.throws(() => openFolders([{ source, isReadOnly: true }]), wanted);
    }
  });
});

describe("a guest that means harm", { skip }, () => {
  const SERVER = serveFolders([], () => undefined);
  const send = (server: typeof SERVER, bytes: Uint8Array): number => {
    const reply = server.request(1, bytes, 4096);
    assert.ok(reply);
    return new DataView(reply.buffer, reply.byteOffset).getInt32(4, true);
  };

  test("names that lead elsewhere are refused before anything else", (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "sub"));
    const server = serveFolders([{ source: folder, isReadOnly: false }], () => undefined);
    const request = (opcode: number, node: number, ...names: string[]): number =>
      send(server, fuse.encodeRequest(opcode, 1, node, 0, [], names.map(bytesOf)));
    assert.equal(request(fuse.FUSE_LOOKUP, 1, "0"), 0);
    for (const name of ["..", ".", "", "../x", "sub/..", "/etc", "a/b"]) {
      assert.equal(request(fuse.FUSE_LOOKUP, 2, name), -errno.EINVAL, name);
      assert.equal(request(fuse.FUSE_UNLINK, 2, name), -errno.EINVAL, name);
      assert.equal(request(fuse.FUSE_SYMLINK, 2, name, "/etc"), -errno.EINVAL, name);
    }
    assert.equal(request(fuse.FUSE_LOOKUP, 2, "x".repeat(256)), -errno.ENAMETOOLONG);
    assert.equal(request(fuse.FUSE_LOOKUP, 1, "1"), -errno.ENOENT);
    assert.equal(request(fuse.FUSE_LOOKUP, 99, "x"), -errno.ESTALE);
  });

  test("random requests are answered, and nothing happens outside", (t) => {
    const base = temporaryFolder(t);
    const folder = join(base, "share");
    mkdirSync(folder);
    writeFileSync(join(base, "secret"), "secret");
    const server = serveFolders([{ source: folder, isReadOnly: false }], () => undefined);
    const seed = Math.floor(Math.random() * 2 ** 32);
    t.diagnostic(`seed ${seed}`);
    const random = createRandom(seed);
    const below = (limit: number): number => (randomWord(random) >>> 0) % limit;
    const opcodes = Object.entries(fuse)
      .filter(([name, value]) => /^FUSE_[A-Z0-9]+$/.test(name) && typeof value === "number")
      .map(([, value]) => value as number);
    send(server, fuse.encodeRequest(fuse.FUSE_LOOKUP, 1, 1, 0, [], [bytesOf("0")]));
    const pieces = ["a", "b", "..", ".", "/", "secret", "\0", "\n", "0"];
    for (let i = 0; i < 20_000; i++) {
      const bytes = new Uint8Array(40 + below(120));
      for (let j = 40; j < bytes.length; j++) bytes[j] = below(8) === 0 ? below(256) : 0;
      const text = Array.from({ length: below(4) }, () => pieces[below(pieces.length)]).join("");
      bytes.set(
        bytesOf(text).subarray(0, bytes.length - 40),
        bytes.length - Math.min(bytes.length - 40, text.length + 1),
      );
      const view = new DataView(bytes.buffer);
      view.setUint32(0, bytes.length, true);
      view.setUint32(
        4,
        below(10) === 0 ? below(60) : (opcodes[below(opcodes.length)] as number),
        true,
      );
      view.setUint32(16, below(6), true);
      server.request(i, bytes, [0, 16, 100, 4096][below(4)] as number);
    }
    assert.deepEqual(readdirSync(base).sort(), ["secret", "share"]);
    assert.equal(readFileSync(join(base, "secret"), "latin1"), "secret");
  });
});

describe("names and numbers", { skip: skip || needsPrograms }, () => {
  /** So many names: every byte, newlines, what looks like a path or a pattern, 255 bytes. */
  function fill(folder: string, count: number): { names: number; sum: number } {
    const names = new Set<string>();
    for (let byte = 1; byte < 256; byte++) {
      const text = String.fromCharCode(byte);
      if (text !== "/" && text !== ".") names.add(text).add(`${text}${text}x`);
    }
    for (const name of ["...", "..x", "-rf", "*", "a\\b", " ", "\n", "\xff".repeat(255)]) {
      names.add(name);
    }
    for (let i = 0; names.size < count; i++) names.add(`file ${i}`);
    let sum = 0;
    for (const name of names) {
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), bytesOf(name)]), "");
      for (const byte of bytesOf(name)) sum += byte;
    }
    return { names: names.size, sum };
  }

  const isLong = process.env.SIXFOLD_TEST_LONG === "1";
  for (const [structure, mode, count] of [
    ["monolithic", "rw", 10_000],
    ["microkernel", "overlay", isLong ? 10_000 : 2_000],
  ] as const) {
    test(`${count} names of odd bytes, ${mode}: each once, opened, removed`, async (t) => {
      const folder = temporaryFolder(t);
      const { names, sum } = fill(folder, count);
      chmodSync(folder, 0o777);
      const elf = await program("programs/folder-names");
      const run = boot(structure, elf, ["/tmp"], mounted(folder, "/tmp", mode));
      assert.equal(run.stderr, "");
      const all = `${names} names, ${names} opened, 0 refused, sum ${sum}, ${names} removed\n`;
      assert.equal(run.stdout, all);
      assert.equal(readdirSync(folder).length, mode === "rw" ? 0 : names);
    });
  }
});
