/** Mounts of the file service: what a mount holds, and that nothing is left of one that is gone. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as E from "../../abi/errno.js";
import * as F from "../../abi/file.js";
import * as M from "../../abi/mount.js";
import { RECORD } from "../../kernel/calls.js";
import { bytesOf } from "../../kernel/texts.js";
import { System, type SystemOptions, USER_TASK } from "../testing/file-harness.js";

class MountSystem extends System {
  /** mount(2) of a type with options. */
  mount(source: string, path: string, type: string, flags = 0, data = "", task = 1): number {
    return this.run(task, (files) => {
      const put = (text: string): number =>
        text === "" ? 0 : this.kernel.put(task, bytesOf(text));
      const [from, to, kind, options] = [put(source), put(path), put(type), put(data)] as const;
      const { length } = path;
      return files.mount(
        task,
        from,
        source.length,
        to,
        length,
        kind,
        type.length,
        flags,
        options,
        data.length,
      );
    });
  }

  unmount(path: string, flags = 0, task = 1): number {
    return this.path(task, path, (at, n) => this.files.unmount(task, at, n, flags));
  }

  /** What is kept of mounts, besides those of the beginning. */
  kept(): number[] {
    const { mounts, instances, points } = this.state;
    return [mounts.size, instances.size, points.size, this.root.state.instances.size];
  }

  text(record: number): string {
    return new TextDecoder().decode(this.kernel.published.get(`0:${record}`));
  }
}

for (const copying of [false, true]) {
  const made: MountSystem[] = [];
  const make = (options: SystemOptions = {}): MountSystem => {
    made.push(new MountSystem({ ...options, copying }));
    return made[made.length - 1] as MountSystem;
  };
  describe(copying ? "over copying ports" : "in one domain", () => {
    test("a tmpfs hides what is below, and leaves nothing behind", () => {
      const system = make();
      system.mkdir("/d");
      system.open("/d/below", F.O_CREAT);
      const before = system.kept();
      const nodes = system.root.state.nodes.size;
      assert.equal(system.mount("none", "/d", "tmpfs", 0, "size=1m"), 0);
      assert.equal(system.stat("/d/below"), -E.ENOENT);
      system.mkdir("/d/x");
      const fd = system.open("/d/x/f", F.O_CREAT | F.O_RDWR);
      assert.equal(system.write(fd, "text"), 4);
      assert.match(system.text(RECORD.mounts), /^none \/d tmpfs rw,relatime,size=1024k 0 0$/m);
      assert.equal(system.unmount("/d"), -E.EBUSY);
      assert.equal(
        system.run(1, (files) => files.close(1, fd)),
        0,
      );
      assert.equal(system.unmount("/d"), 0);
      assert.equal(typeof system.stat("/d/below"), "object");
      assert.deepEqual(system.kept(), before);
      assert.equal(system.root.state.nodes.size, nodes);
      assert.doesNotMatch(system.text(RECORD.mountInfo), / \/d /);
    });

    test("a detached mount ends with its last user", () => {
      const system = make();
      system.mkdir("/d");
      const before = system.kept();
      const objects = system.objects.objects.size;
      system.mount("none", "/d", "tmpfs");
      const fd = system.open("/d/f", F.O_CREAT | F.O_RDWR);
      system.write(fd, "text");
      assert.equal(system.chdir("/d"), 0);
      assert.equal(system.unmount("/d", M.MNT_DETACH), 0);
      assert.equal(system.read(fd, 9, 0), "text");
      assert.equal(system.cwd(), "(unreachable)/");
      assert.equal(system.chdir("/"), 0);
      assert.equal(system.kept()[0], (before[0] ?? 0) + 1);
      system.run(1, (files) => files.close(1, fd));
      assert.deepEqual(system.kept(), before);
      assert.equal(system.objects.objects.size, objects);
    });

    test("bind mounts share an instance; one can be read-only", () => {
      const system = make();
      for (const path of ["/a", "/a/sub", "/b"]) system.mkdir(path);
      const before = system.kept();
      assert.equal(system.mount("/a/sub", "/b", "", M.MS_BIND), 0);
      const readOnly = M.MS_BIND | M.MS_REMOUNT | M.MS_RDONLY;
      assert.equal(system.mount("", "/b", "", readOnly), 0);
      assert.equal(system.open("/b/f", F.O_CREAT), -E.EROFS);
      const fd = system.open("/a/sub/f", F.O_CREAT);
      system.run(1, (files) => files.close(1, fd));
      assert.equal(typeof system.stat("/b/f"), "object");
      assert.equal(system.rename("/a/sub/f", "/b/g"), -E.EXDEV);
      assert.equal(system.unlink("/a/sub", F.AT_REMOVEDIR), -E.ENOTEMPTY);
      system.unlink("/a/sub/f");
      assert.match(system.text(RECORD.mountInfo), / \/a\/sub \/b ro,relatime - tmpfs tmpfs rw/);
      // The node that a mount shows lives without a name.
      assert.equal(system.unlink("/a/sub", F.AT_REMOVEDIR), 0);
      assert.equal((system.stat("/b") as { links: number }).links, 0);
      assert.equal(system.unmount("/b"), 0);
      assert.deepEqual(system.kept(), before);
      assert.equal(system.root.state.nodes.size, 5);
    });

    test("only the superuser mounts", () => {
      const system = make();
      system.mkdir("/d");
      assert.equal(system.mount("none", "/d", "tmpfs", 0, "", USER_TASK), -E.EPERM);
      assert.equal(system.unmount("/mnt", 0, USER_TASK), -E.EPERM);
      assert.equal(system.mount("none", "/d", "ext4"), -E.ENODEV);
      assert.equal(system.mount("none", "/d", "tmpfs", 0, "what=1"), -E.EINVAL);
    });

    test("nothing was refused by a manifest or a grant", () => {
      assert.ok(made.length > 0);
      assert.deepEqual(
        made.flatMap((system) => system.refusals()),
        [],
      );
    });
  });
}
