/** The file service over tmpfs: paths, descriptors, names, permissions, limits. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as E from "../../abi/errno.js";
import * as F from "../../abi/file.js";
import { SIGXFSZ } from "../../abi/signal.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { BUFFER, CWD, System, type SystemOptions, USER_TASK } from "../testing/file-harness.js";

/** Mount points in the root. */
const FIRST = ["mnt", "proc"];

for (const copying of [false, true]) {
  const made: System[] = [];
  const make = (options: SystemOptions = {}): System => {
    made.push(new System({ ...options, copying }));
    return made[made.length - 1] as System;
  };
  describe(copying ? "over copying ports" : "in one domain", () => {
    test("a file is created, written, read, sought and removed", () => {
      const system = make();
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR, 0o666);
      assert.equal(fd, 0);
      assert.equal(system.write(fd, "hello"), 5);
      assert.equal(system.read(fd), "");
      assert.equal(
        system.run(1, (files) => files.seek(1, fd, 1, F.SEEK_SET)),
        1,
      );
      assert.equal(system.read(fd, 3), "ell");
      assert.equal(system.read(fd, 3, 0), "hel");
      assert.deepEqual(system.stat("/a"), { mode: 0o100644, links: 1, size: 5 });
      assert.equal(system.unlink("/a"), 0);
      assert.equal(system.read(fd, 9, 0), "hello");
      assert.equal(system.stat("/a"), -E.ENOENT);
      assert.equal(
        system.run(1, (files) => files.close(1, fd)),
        0,
      );
      assert.equal(system.objects.objects.size, 0);
      assert.equal(system.root.state.nodes.size, 1 + FIRST.length);
    });

    test("open's flags refuse as Linux does", () => {
      const system = make();
      system.mkdir("/d");
      system.open("/f", F.O_CREAT | F.O_WRONLY);
      system.symlink("f", "/s");
      const rows: readonly (readonly [string, number, number])[] = [
        ["/missing", 0, E.ENOENT],
        ["", 0, E.ENOENT],
        ["/f/x", 0, E.ENOTDIR],
        ["/f/", 0, E.ENOTDIR],
        ["/f", F.O_DIRECTORY, E.ENOTDIR],
        ["/d", F.O_RDWR, E.EISDIR],
        ["/d", F.O_CREAT, E.EISDIR],
        ["/new/", F.O_CREAT, E.EISDIR],
        ["/f", F.O_CREAT | F.O_EXCL, E.EEXIST],
        ["/s", F.O_CREAT | F.O_EXCL, E.EEXIST],
        ["/s", F.O_NOFOLLOW, E.ELOOP],
        [`/${"n".repeat(256)}`, 0, E.ENAMETOOLONG],
        ["/x".repeat(2100), 0, E.ENAMETOOLONG],
      ];
      for (const [path, flags, error] of rows) {
        assert.equal(system.open(path, flags), -error, `${path.slice(0, 20)} ${flags.toString(8)}`);
      }
      assert.ok(system.open(`/${"n".repeat(255)}`, F.O_CREAT) >= 0);
    });

    test("O_TRUNC empties, O_APPEND writes at the end through either descriptor", () => {
      const system = make();
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR);
      system.write(fd, "0123456789");
      const appender = system.open("/a", F.O_WRONLY | F.O_APPEND);
      assert.equal(system.write(appender, "AB"), 2);
      system.write(fd, "xy");
      assert.equal(system.read(fd, 100, 0), "0123456789xy");
      system.open("/a", F.O_TRUNC | F.O_WRONLY);
      assert.equal(system.read(fd, 100, 0), "");
    });

    test("descriptors: lowest free number, dup shares the position, dup3 closes, EMFILE", () => {
      const system = make();
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR);
      system.write(fd, "abcdef");
      const copy = system.run(1, (files) => files.duplicate(1, fd));
      assert.equal(copy, 1);
      system.run(1, (files) => files.seek(1, copy, 2, F.SEEK_SET));
      assert.equal(system.read(fd, 1), "c");
      assert.equal(
        system.run(1, (files) => files.duplicateTo(1, fd, 7, F.O_CLOEXEC)),
        7,
      );
      assert.equal(
        system.run(1, (files) => files.control(1, 7, F.F_GETFD, 0)),
        F.FD_CLOEXEC,
      );
      assert.equal(
        system.run(1, (files) => files.duplicateTo(1, fd, fd, 0)),
        -E.EINVAL,
      );
      system.run(1, (files) => files.close(1, fd));
      assert.equal(system.open("/a"), 0);
      system.kernel.setAttribute(1, ATTRIBUTE.limits + F.RLIMIT_NOFILE, 3);
      assert.equal(system.open("/a"), 2);
      assert.equal(system.open("/a"), -E.EMFILE);
    });

    test("symbolic links: in the middle, relative, absolute, dangling, loops, forty", () => {
      const system = make();
      system.mkdir("/d");
      system.mkdir("/d/e");
      system.open("/d/e/f", F.O_CREAT);
      system.symlink("e", "/d/rel");
      system.symlink("/d/rel/f", "/abs");
      system.symlink("nowhere", "/dangling");
      system.symlink("/loop", "/loop");
      assert.equal(typeof system.stat("/d/rel/f"), "object");
      assert.equal(typeof system.stat("/abs"), "object");
      assert.equal(system.stat("/dangling"), -E.ENOENT);
      assert.equal(system.stat("/loop"), -E.ELOOP);
      const link = system.stat("/loop", F.AT_SYMLINK_NOFOLLOW);
      assert.deepEqual(link, { mode: 0o120777, links: 1, size: 5 });
      const fd = system.open("/dangling", F.O_CREAT | F.O_WRONLY);
      assert.ok(fd >= 0);
      assert.equal(typeof system.stat("/nowhere"), "object");
      system.symlink("nowhere", "/l0");
      for (let i = 1; i < 41; i++) system.symlink(`l${i - 1}`, `/l${i}`);
      assert.equal(typeof system.stat("/l39"), "object");
      assert.equal(system.stat("/l40"), -E.ELOOP);
    });

    test("the working directory follows renames, mounts and removal", () => {
      const system = make();
      system.mkdir("/d");
      system.mkdir("/d/e");
      assert.equal(system.chdir("/d/e"), 0);
      assert.equal(system.cwd(), "/d/e");
      assert.equal(system.rename("/d", "/x"), 0);
      assert.equal(system.cwd(), "/x/e");
      assert.equal(system.chdir(".."), 0);
      assert.equal(system.cwd(), "/x");
      assert.equal(system.chdir("e"), 0);
      assert.equal(system.unlink("../e", F.AT_REMOVEDIR), 0);
      assert.equal(system.cwd(), -E.ENOENT);
      assert.equal(system.open("new", F.O_CREAT), -E.ENOENT);
      assert.equal(system.chdir("/mnt"), 0);
      assert.equal(system.cwd(), "/mnt");
      system.mkdir("in");
      assert.equal(system.chdir("in"), 0);
      assert.equal(system.cwd(), "/mnt/in");
      assert.equal(system.chdir("../.."), 0);
      assert.equal(system.cwd(), "/");
    });

    test("a mount point is made if it is missing, and shows its file system", () => {
      const system = make();
      assert.deepEqual(system.list("/"), [".", "..", ...FIRST]);
      assert.equal(system.mkdir("/mnt"), -E.EEXIST);
      system.open("/mnt/f", F.O_CREAT);
      assert.equal(system.second.state.nodes.size, 2);
      assert.equal(system.rename("/mnt/f", "/f"), -E.EXDEV);
      assert.equal(system.unlink("/mnt", F.AT_REMOVEDIR), -E.EBUSY);
    });

    test("getdents goes on at the right place while names come and go", () => {
      const system = make();
      const names = Array.from({ length: 20 }, (_, i) => `name${i}`);
      for (const name of names) system.open(`/${name}`, F.O_CREAT);
      assert.deepEqual(system.list("/", 64), [".", "..", ...FIRST, ...names]);
      const fd = system.open("/", F.O_DIRECTORY);
      system.run(1, (files) => files.readDirectory(1, fd, BUFFER, 100));
      for (const name of names.slice(0, 10)) system.unlink(`/${name}`);
      system.open("/late", F.O_CREAT);
      assert.deepEqual(system.list("/"), [".", "..", ...FIRST, ...names.slice(10), "late"]);
      assert.equal(
        system.run(1, (files) => files.readDirectory(1, fd, BUFFER, 8)),
        -E.EINVAL,
      );
    });

    test("rename: replaces, exchanges, refuses a move below itself and a full directory", () => {
      const system = make();
      for (const path of ["/a", "/a/b", "/c"]) system.mkdir(path);
      system.write(system.open("/f", F.O_CREAT | F.O_WRONLY), "one");
      system.open("/g", F.O_CREAT);
      assert.equal(system.rename("/f", "/g"), 0);
      assert.equal((system.stat("/g") as { size: number }).size, 3);
      assert.equal(system.stat("/f"), -E.ENOENT);
      assert.equal(system.rename("/a", "/a/b/c"), -E.EINVAL);
      assert.equal(system.rename("/c", "/a"), -E.ENOTEMPTY);
      assert.equal(system.rename("/g", "/c"), -E.EISDIR);
      assert.equal(system.rename("/c", "/g"), -E.ENOTDIR);
      assert.equal(system.rename("/g", "/c", F.RENAME_NOREPLACE), -E.EEXIST);
      assert.equal(system.rename("/a", "/c"), 0);
      assert.equal((system.stat("/c") as { links: number }).links, 3);
      assert.equal(system.rename("/c", "/g", F.RENAME_EXCHANGE), 0);
      assert.equal((system.stat("/c") as { mode: number }).mode & F.S_IFMT, F.S_IFREG);
    });

    test("permissions: owner, group, other, sticky directory, root", () => {
      const system = make();
      system.open("/secret", F.O_CREAT, 0o600);
      assert.equal(system.open("/secret", 0, 0, USER_TASK), -E.EACCES);
      assert.equal(system.open("/new", F.O_CREAT, 0o644, USER_TASK), -E.EACCES);
      system.mkdir("/tmp");
      system.path(1, "/tmp", (at, n) => system.files.changeMode(1, CWD, at, n, 0o1777, 0));
      assert.ok(system.open("/tmp/mine", F.O_CREAT, 0o644, USER_TASK) >= 0);
      system.open("/tmp/roots", F.O_CREAT);
      assert.equal(system.unlink("/tmp/roots", 0, USER_TASK), -E.EPERM);
      assert.equal(system.unlink("/tmp/mine", 0, USER_TASK), 0);
      const group = system.open("/tmp/group", F.O_CREAT, 0o640);
      assert.ok(group >= 0);
      system.path(1, "/tmp/group", (at, n) => system.files.changeOwner(1, CWD, at, n, -1, 50, 0));
      assert.equal(system.open("/tmp/group", 0, 0, USER_TASK), -E.EACCES);
      system.kernel.setGroups(USER_TASK, Uint32Array.of(7, 50));
      assert.ok(system.open("/tmp/group", 0, 0, USER_TASK) >= 0);
    });

    test("RLIMIT_FSIZE: a write is shortened, then EFBIG with SIGXFSZ", () => {
      const system = make();
      system.kernel.setAttribute(1, ATTRIBUTE.limits + F.RLIMIT_FSIZE, 4);
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR);
      assert.equal(system.write(fd, "abcdef"), 4);
      assert.equal(system.write(fd, "x"), -E.EFBIG);
      assert.deepEqual(
        system.kernel.signals.map(({ signal }) => signal),
        [SIGXFSZ],
      );
    });

    test("a full tmpfs: writes are shortened at the page limit, then ENOSPC", () => {
      const system = make({ pagesMax: 2, nodesMax: 3 + FIRST.length });
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR);
      assert.equal(system.write(fd, "x".repeat(3 * 4096)), 2 * 4096);
      assert.equal(system.write(fd, "x"), -E.ENOSPC);
      assert.equal(system.write(fd, "y", 0), 1);
      assert.ok(system.open("/b", F.O_CREAT) >= 0);
      assert.equal(system.open("/c", F.O_CREAT), -E.ENOSPC);
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
