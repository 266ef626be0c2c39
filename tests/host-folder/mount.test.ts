/** Folders of the host through the public API: what is written where, and what is refused. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type BootOptions, SixfoldError } from "sixfold";
import { noImage, withSystem } from "../api/boot-image.js";
import { skip, temporaryFolder } from "./folder.js";

/** A tree is copied, packed, unpacked, compared, listed and removed, by busybox. */
const work = `set -e
cd /data
mkdir -p tree/a/b
for i in 1 2 3 4 5; do echo "file $i" > "tree/a/file $i"; done
ln -s '../file 1' tree/a/b/up
ln "tree/a/file 1" tree/linked
chmod 640 "tree/a/file 2"
cp -a tree copy
tar cf tree.tar tree
mkdir out
tar xf tree.tar -C out
diff -r tree copy
diff -r tree out/tree
find out | sort | tr '\\n' ' '
ls -la out/tree/a | tail -n +2 | cut -c1-10 | tr '\\n' ' '
cat out/tree/a/b/up out/tree/a/file*
cp /bin/busybox sh
./sh -c 'echo from the folder'
rm -r copy out tree.tar sh
ls
`;
const found =
  "out out/tree out/tree/a out/tree/a/b out/tree/a/b/up out/tree/a/file 1 out/tree/a/file 2 " +
  "out/tree/a/file 3 out/tree/a/file 4 out/tree/a/file 5 out/tree/linked " +
  "drwxr-xr-x drwxr-xr-x drwxr-xr-x -rw-r--r-- -rw-r----- -rw-r--r-- -rw-r--r-- -rw-r--r-- " +
  "file 1\nfile 1\nfile 2\nfile 3\nfile 4\nfile 5\nfrom the folder\ntree\n";

describe("mounts", { skip: skip || noImage }, () => {
  for (const [structure, mode] of [
    ["monolithic", "rw"],
    ["microkernel", "overlay"],
  ] as const) {
    test(`busybox at work, ${mode}, ${structure}`, (t) => {
      const source = temporaryFolder(t);
      return withSystem(
        async (system) => {
          const result = await system.run(["sh", "-c", work]);
          assert.equal(result.text("stderr"), "");
          assert.equal(result.text(), found);
          assert.deepEqual(readdirSync(source), mode === "rw" ? ["tree"] : []);
        },
        { structure, mounts: [{ source, target: "/data", mode }] },
      );
    });
  }

  test("what either side writes the other sees; a folder for reading is only read", (t) => {
    const source = temporaryFolder(t);
    const shown = temporaryFolder(t);
    writeFileSync(join(shown, "file"), "read only");
    const mounts = [
      { source, target: "/srv/deep/data" },
      { source: shown, target: "/srv/shown", mode: "ro" },
    ] as const;
    return withSystem(
      async (system) => {
        writeFileSync(join(source, "from-host"), "one\n");
        const script = "cat /srv/deep/data/from-host; echo two > /srv/deep/data/from-guest";
        assert.equal((await system.run(["sh", "-c", script])).text(), "one\n");
        assert.equal(readFileSync(join(source, "from-guest"), "latin1"), "two\n");
        writeFileSync(join(source, "from-guest"), "three\n");
        const again = await system.run(["cat", "/srv/deep/data/from-guest", "/srv/shown/file"]);
        assert.equal(again.text(), "three\nread only");
        const refused = await system.run(["sh", "-c", "echo x > /srv/shown/file"]);
        assert.match(refused.text("stderr"), /Read-only file system/);
        const remount = "mount -t virtiofs -o folder=1 host /mnt && echo x > /mnt/file";
        assert.notEqual((await system.run(["sh", "-c", remount])).exitCode, 0);
        assert.equal(readFileSync(join(shown, "file"), "latin1"), "read only");
      },
      { mounts },
    );
  });

  test("what cannot be mounted fails with one line", async (t) => {
    const source = temporaryFolder(t);
    const wrong: readonly [BootOptions["mounts"], RegExp][] = [
      [[{ source: join(source, "none"), target: "/x" }], /^cannot mount .*none: ENOENT$/],
      [[{ source, target: "x" }], /absolute path/],
      [[{ source, target: "/" }], /absolute path/],
      [[{ source, target: "/etc/passwd" }], /\/etc\/passwd/],
      [[{ source: "", target: "/x" }], /must be a folder/],
      [[{ source, target: "/x", mode: "wo" as "rw" }], /mode of a mount/],
    ];
    for (const [mounts = [], message] of wrong) {
      const booted = withSystem(async () => undefined, { mounts });
      await assert.rejects(booted, (error: unknown) => {
        assert.ok(error instanceof SixfoldError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    }
    assert.ok(existsSync(source));
  });
});
