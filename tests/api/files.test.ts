/** `system.files`: what it does, what it refuses, and that nothing waits for ever. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SixfoldError } from "sixfold";
import { hasCode, noImage, withSystem } from "./boot-image.js";

describe("files in the guest", { skip: noImage }, () => {
  for (const structure of ["monolithic", "microkernel"]) {
    test(`written, read, listed, renamed, removed; programs see the same (${structure})`, () =>
      withSystem(
        async ({ files }) => {
          await files.mkdir("/srv/one/two", { recursive: true });
          await files.mkdir("/srv/one/two", { recursive: true });
          await files.write("/srv/one/two/text", "zwölf\n", { mode: 0o640 });
          assert.equal(await files.readText("/srv/one/two/text"), "zwölf\n");
          const facts = await files.stat("srv/one/two/text");
          assert.deepEqual([facts.kind, facts.mode, facts.sizeBytes], ["file", 0o640, 7]);
          assert.ok(Math.abs(facts.modifiedMs - Date.now()) < 600_000);
          await files.write("/srv/one/two/text", new Uint8Array(0));
          assert.equal((await files.stat("/srv/one/two/text")).mode, 0o640, "its own mode");
          await files.rename("/srv/one", "/srv/three");
          const names = await files.list("/srv/three/two");
          assert.deepEqual(
            names.map(({ name, kind }) => [name, kind]),
            [["text", "file"]],
          );
          await files.remove("/srv/three", { recursive: true });
          assert.deepEqual(await files.list("/srv"), []);
        },
        { structure },
      ));
  }

  test("programs see what was written, and the other way round", () =>
    withSystem(async (system) => {
      await system.files.write("/tmp/in", "b\na\n");
      await system.run(["sh", "-c", "sort /tmp/in > /tmp/out; ln -s out /tmp/link"]);
      assert.equal(await system.files.readText("/tmp/link"), "a\nb\n");
      const link = await system.files.stat("/tmp/link", { followLinks: false });
      assert.equal(link.kind, "symlink");
      await system.files.write("/root/secret", "x", { mode: 0o600 });
      const denied = await system.run(["cat", "/root/secret"], { user: "nobody" });
      assert.notEqual(denied.exitCode, 0);
      assert.match(await system.files.readText("/proc/version"), /sixfold/);
    }));

  test("a large file, while programs run", () =>
    withSystem(async (system) => {
      const bytes = new Uint8Array(20e6).map((_, index) => (index * 7) >> 3);
      const busy = system.run(["sh", "-c", "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done"]);
      await system.files.write("/tmp/large", bytes);
      const [back, list] = await Promise.all([
        system.files.read("/tmp/large"),
        system.files.list("/dev"),
      ]);
      assert.equal(Buffer.compare(bytes, back), 0);
      assert.ok(list.some(({ name, kind }) => name === "null" && kind === "character-device"));
      assert.equal((await busy).exitCode, 0);
      assert.equal((await system.processes()).length, 1, "nothing of it stays");
    }));

  test("programs that look at, signal and kill all processes do not disturb it", () =>
    withSystem(async (system) => {
      const look = `cd /proc; for p in [0-9]*; do
          cat $p/stat $p/status $p/statm $p/maps $p/smaps $p/cmdline $p/environ $p/io $p/limits
          ls -l $p/fd $p/cwd $p/exe $p/root $p/task; renice 5 -p $p; kill -STOP $p; kill -CONT $p
        done >/dev/null 2>&1`;
      const script = `while :; do ${look}; kill -KILL -1; kill -TERM -1; done`;
      const controller = new AbortController();
      const noise = system.run(["sh", "-c", script], { signal: controller.signal, graceMs: 0 });
      const bytes = new Uint8Array(5e6).map((_, index) => index);
      for (let round = 0; round < 6; round++) {
        await system.files.write("/tmp/file", bytes);
        assert.equal(Buffer.compare(await system.files.read("/tmp/file"), bytes), 0);
      }
      controller.abort();
      assert.equal((await noise).reason, "abort");
      assert.equal((await system.run(["echo", "ok"])).text(), "ok\n");
    }));

  test("what cannot be done has Linux's name", () =>
    withSystem(async ({ files }) => {
      await files.mkdir("/tmp/full");
      await files.write("/tmp/full/file", "x");
      const cases: readonly (readonly [string, () => Promise<unknown>])[] = [
        ["ENOENT", () => files.read("/none")],
        ["EISDIR", () => files.read("/tmp")],
        ["EISDIR", () => files.write("/tmp", "x")],
        ["ENXIO", () => files.read("/dev/zero")],
        ["ENXIO", () => files.write("/dev/null", "x")],
        ["ENOTDIR", () => files.list("/etc/passwd")],
        ["ENOTDIR", () => files.read("/etc/passwd/x")],
        ["EEXIST", () => files.mkdir("/tmp")],
        ["EEXIST", () => files.mkdir("/etc/passwd", { recursive: true })],
        ["ENOTEMPTY", () => files.remove("/tmp/full")],
        ["ENOENT", () => files.remove("/tmp/none", { recursive: true })],
        ["EBUSY", () => files.remove("/proc", { recursive: false })],
        ["ENOENT", () => files.rename("/tmp/none", "/tmp/other")],
        ["ENAMETOOLONG", () => files.read("/x".repeat(3000))],
        ["argument", () => files.read("")],
        ["argument", () => files.read("/tmp/\0")],
        ["argument", () => files.write("/tmp/x", 5 as unknown as string)],
        ["argument", () => files.mkdir("/tmp/x", { mode: 1e9 })],
      ];
      for (const [index, [code, done]] of cases.entries()) {
        await assert.rejects(done(), (error) => {
          assert.ok(error instanceof SixfoldError);
          assert.equal(error.code, code, `case ${index}: ${error.message}`);
          return !error.message.includes("\n");
        });
      }
    }));

  test("a FIFO, a lease, links in circles: refused, not waited for", () =>
    withSystem(async (system) => {
      await system.run(["sh", "-c", "mkfifo /tmp/fifo; ln -s loop /tmp/loop; ln -s / /tmp/root"]);
      await assert.rejects(system.files.read("/tmp/fifo"), hasCode("ENXIO"));
      await assert.rejects(system.files.write("/tmp/fifo", "x"), hasCode("ENXIO"));
      await assert.rejects(system.files.read("/tmp/loop"), hasCode("ELOOP"));
      // A link out of a directory that is removed is removed itself, not what it leads to.
      await system.run([
        "sh",
        "-c",
        "mkdir /tmp/box; ln -s /etc /tmp/box/out; mv /tmp/root /tmp/box",
      ]);
      await system.files.remove("/tmp/box", { recursive: true });
      assert.ok((await system.files.list("/etc")).length > 0);
    }));

  test("a tree of 600 levels with paths longer than any path is removed", () =>
    withSystem(async (system) => {
      const script = `cd /tmp; i=0; while [ $i -lt 600 ]; do
        mkdir 0123456789abcdef; cd 0123456789abcdef; echo x > file; i=$((i+1)); done`;
      assert.equal((await system.run(["sh", "-c", script])).exitCode, 0);
      await system.files.remove("/tmp/0123456789abcdef", { recursive: true });
      const names = (await system.files.list("/tmp")).map(({ name }) => name);
      assert.deepEqual(names, []);
    }));

  test("names in odd bytes", () =>
    withSystem(async (system) => {
      const odd = Uint8Array.from([0x2f, 0x74, 0x6d, 0x70, 0x2f, 0xff, 0x0a, 0xc3]);
      await system.files.write(odd, "odd");
      const [entry] = await system.files.list("/tmp");
      assert.deepEqual([...(entry?.nameBytes ?? [])], [0xff, 0x0a, 0xc3]);
      const result = await system.run(["sh", "-c", "cat /tmp/*"]);
      assert.equal(result.text(), "odd");
    }));

  test("a full file system: ENOSPC, and the system goes on", () =>
    withSystem(
      async (system) => {
        const bytes = new Uint8Array(12e6);
        await assert.rejects(system.files.write("/tmp/large", bytes), hasCode("ENOSPC"));
        await system.files.remove("/tmp/large");
        await system.files.write("/tmp/small", "fits");
        assert.equal((await system.run(["cat", "/tmp/small"])).text(), "fits");
      },
      { limits: { tmpfsBytes: 8e6 } },
    ));

  test("after the end: closed", async () => {
    await withSystem(async (system) => {
      const reading = system.files.read("/etc/passwd");
      const writing = assert.rejects(
        system.files.write("/tmp/x", new Uint8Array(50e6)),
        hasCode("closed"),
      );
      await reading;
      await system.shutdown();
      await writing;
      await assert.rejects(system.files.read("/etc/passwd"), hasCode("closed"));
      await assert.rejects(system.processes(), hasCode("closed"));
    });
  });
});
