/** Pipes, FIFOs, poll, locks, and files over fork, exec and exit, with a fake kernel. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as E from "../../abi/errno.js";
import * as F from "../../abi/file.js";
import { PROT_READ, PROT_WRITE } from "../../abi/memory.js";
import * as P from "../../abi/poll.js";
import { SIGPIPE } from "../../abi/signal.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { BUFFER, CWD, System, type SystemOptions } from "../testing/file-harness.js";

for (const copying of [false, true]) {
  const made: System[] = [];
  const make = (options: SystemOptions = {}): System => {
    made.push(new System({ ...options, copying }));
    return made[made.length - 1] as System;
  };
  const CHILD = 3;

  const forked = (flags = 0): System => {
    const system = make();
    system.kernel.addTask(CHILD, 0);
    assert.equal(
      system.run(1, (files) => files.fork(1, CHILD, flags)),
      0,
    );
    return system;
  };

  const close = (system: System, fd: number, task = 1) =>
    system.run(task, (files) => files.close(task, fd));

  describe(copying ? "over copying ports" : "in one domain", () => {
    test("a pipe carries bytes in order over its wrap-around", () => {
      const system = make();
      const [outlet, inlet] = system.pipe(F.O_NONBLOCK);
      let sent = "";
      let got = "";
      const take = (length: number) => {
        const part = system.read(outlet, length);
        if (typeof part === "string") got += part;
        else assert.equal(part, -E.EAGAIN);
      };
      for (let i = 0; i < 2000; i++) {
        const text = String.fromCharCode(97 + (i % 26)).repeat(1 + ((i * 37) % 900));
        assert.equal(system.write(inlet, text), text.length);
        sent += text;
        take(430);
        if (i % 100 === 99) take(20000);
      }
      while (got.length < sent.length) take(4096);
      assert.ok(got === sent, "the bytes differ");
    });

    test("an empty pipe blocks its reader until a write or the last writer's close", () => {
      const other = make();
      const [o, i] = other.pipe();
      other.kernel.addTask(4, 0);
      other.run(1, (files) => files.fork(1, 4, F.CLONE_FILES));
      assert.equal(other.read(o, 10, -1, 4), BLOCKED);
      assert.equal(other.kernel.isWoken(4), false);
      assert.equal(other.write(i, "abc"), 3);
      assert.equal(other.kernel.isWoken(4), true);
      assert.equal(other.read(o, 10, -1, 4), "abc");
      assert.equal(other.read(o, 10, -1, 4), BLOCKED);
      close(other, i);
      assert.equal(other.kernel.isWoken(4), true);
      assert.equal(other.read(o, 10, -1, 4), "");
    });

    test("writes of up to PIPE_BUF bytes go in whole or wait; longer ones fill the pipe", () => {
      const system = make();
      const [outlet, inlet] = system.pipe(F.O_NONBLOCK);
      for (let i = 0; i < 15; i++) assert.equal(system.write(inlet, "x".repeat(4096)), 4096);
      assert.equal(system.write(inlet, "x".repeat(4000)), 4000);
      assert.equal(system.write(inlet, "y".repeat(97)), -E.EAGAIN);
      assert.equal(system.write(inlet, "y".repeat(96)), 96);
      assert.equal(system.write(inlet, "y"), -E.EAGAIN);
      assert.deepEqual(system.poll([[inlet, P.POLLOUT]]), [0]);
      system.read(outlet, 4095);
      assert.deepEqual(system.poll([[inlet, P.POLLOUT]]), [0]);
      system.read(outlet, 1);
      assert.deepEqual(system.poll([[inlet, P.POLLOUT]]), [P.POLLOUT]);
      assert.equal(system.write(inlet, "z".repeat(5000)), 4096);
    });

    test("how much goes into a pipe is as on Linux for every size of write", () => {
      // Measured on Linux 6.18: a pipe with O_NONBLOCK, filled by writes of one size.
      const filled = [1, 100, 3000, 5000].map((size) => {
        const system = make();
        const [, inlet] = system.pipe(F.O_NONBLOCK);
        let sum = 0;
        for (let n = 1; n > 0; sum += Math.max(n, 0)) n = system.write(inlet, "x".repeat(size));
        return sum;
      });
      assert.deepEqual(filled, [65536, 64000, 48000, 54096]);
    });

    test("without readers a write is EPIPE with SIGPIPE, and poll says POLLERR", () => {
      const system = make();
      const [outlet, inlet] = system.pipe();
      close(system, outlet);
      assert.equal(system.write(inlet, "x"), -E.EPIPE);
      assert.deepEqual(
        system.kernel.signals.map(({ id, signal }) => [id, signal]),
        [[1, SIGPIPE]],
      );
      assert.deepEqual(system.poll([[inlet, P.POLLOUT]]), [P.POLLOUT | P.POLLERR]);
    });

    test("F_SETPIPE_SZ rounds up, keeps the content, and refuses less than there is", () => {
      const system = make();
      const [outlet, inlet] = system.pipe(F.O_NONBLOCK);
      const setSize = (bytes: number) =>
        system.run(1, (files) => files.control(1, inlet, F.F_SETPIPE_SZ, bytes));
      assert.equal(setSize(5000), 8192);
      assert.equal(system.write(inlet, "a".repeat(9000)), 8192);
      assert.equal(setSize(4096), -E.EBUSY);
      assert.equal(system.read(outlet, 6000), "a".repeat(6000));
      assert.equal(setSize(1), 4096);
      assert.equal(system.read(outlet, 6000), "a".repeat(2192));
    });

    test("a FIFO's open waits for the peer, O_NONBLOCK does not", () => {
      const system = forked();
      system.path(1, "/fifo", (at, n) =>
        system.files.makeNode(1, CWD, at, n, F.S_IFIFO | 0o600, 0),
      );
      assert.equal(system.open("/fifo", F.O_WRONLY | F.O_NONBLOCK), -E.ENXIO);
      assert.equal(system.open("/fifo", F.O_RDONLY), BLOCKED);
      const writer = system.open("/fifo", F.O_WRONLY, 0, CHILD);
      assert.equal(writer, 0);
      assert.equal(system.kernel.isWoken(1), true);
      const reader = system.open("/fifo", F.O_RDONLY);
      assert.equal(reader, 0);
      assert.equal(system.write(writer, "hi", -1, CHILD), 2);
      assert.equal(system.read(reader), "hi");
      close(system, writer, CHILD);
      assert.equal(system.read(reader), "");
      assert.deepEqual(system.poll([[reader, P.POLLIN]]), [P.POLLHUP]);
      close(system, reader);
      assert.equal(system.state.pipes.size, 0);
      const lone = system.open("/fifo", F.O_RDONLY | F.O_NONBLOCK);
      assert.deepEqual(system.poll([[lone, P.POLLIN]]), [0]);
    });

    test("an interrupted open of a FIFO leaves nothing behind", () => {
      const system = make();
      system.path(1, "/fifo", (at, n) =>
        system.files.makeNode(1, CWD, at, n, F.S_IFIFO | 0o600, 0),
      );
      assert.equal(system.open("/fifo", F.O_RDONLY), BLOCKED);
      assert.equal(system.state.pipes.size, 1);
      system.kernel.finish(1, -E.EINTR, [system.files]);
      assert.equal(system.state.pipes.size, 0);
      assert.equal(system.state.files.size, 0);
      assert.equal(system.open("/fifo", F.O_WRONLY | F.O_NONBLOCK), -E.ENXIO);
    });

    test("poll waits on all its files and its deadline, and stores nothing before", () => {
      const system = make();
      const [outlet, inlet] = system.pipe();
      assert.deepEqual(system.poll([[outlet, P.POLLIN]]), [0]);
      assert.equal(system.poll([[outlet, P.POLLIN]], -1), BLOCKED);
      assert.equal(system.kernel.isWoken(1), false);
      const { kernel } = system;
      kernel.addTask(4, 0);
      kernel.setAttribute(4, ATTRIBUTE.fileTable, kernel.attribute(1, ATTRIBUTE.fileTable));
      system.write(inlet, "x", -1, 4);
      assert.equal(kernel.isWoken(1), true);
      const wanted = [
        [inlet, P.POLLOUT],
        [-1, P.POLLIN],
        [77, P.POLLIN],
        [outlet, P.POLLIN],
      ] as const;
      assert.deepEqual(system.poll(wanted, -1), [P.POLLOUT, 0, P.POLLNVAL, P.POLLIN]);
      system.read(outlet);
      assert.equal(system.poll([[outlet, P.POLLIN]], 5000), BLOCKED);
      assert.equal(kernel.isWoken(1), false);
      kernel.nanoseconds += 5000;
      assert.equal(kernel.isWoken(1), true);
      assert.deepEqual(system.poll([[outlet, P.POLLIN]], 5000), [0]);
    });

    test("select answers in its three sets", () => {
      const system = make();
      const [outlet, inlet] = system.pipe();
      const memory = system.kernel.task(1).memory;
      const sets = (read: number, write: number) => {
        memory.fill(0, BUFFER, BUFFER + 24);
        memory[BUFFER] = read;
        memory[BUFFER + 8] = write;
      };
      const select = () => system.run(1, (files) => files.select(1, 8, BUFFER, 24, 0));
      sets(1 << outlet, 1 << inlet);
      assert.equal(select(), 1);
      assert.deepEqual([memory[BUFFER], memory[BUFFER + 8]], [0, 1 << inlet]);
      close(system, inlet);
      sets(1 << outlet, 0);
      assert.equal(select(), 1);
      sets(1 << 6, 0);
      assert.equal(select(), -E.EBADF);
    });

    test("fork copies the table but shares open files; abort undoes it", () => {
      const system = make();
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR);
      system.kernel.addTask(CHILD, 0);
      system.run(1, (files) => files.fork(1, CHILD, 0));
      system.write(fd, "abc", -1, CHILD);
      assert.equal(
        system.run(1, (files) => files.seek(1, fd, 0, F.SEEK_CUR)),
        3,
      );
      close(system, fd, CHILD);
      assert.equal(system.write(fd, "d"), 1);
      system.kernel.addTask(4, 0);
      const failing = system.run(1, (files) => files.fork(1, 4, 0) || -E.ENOMEM);
      assert.equal(failing, -E.ENOMEM);
      assert.equal(system.kernel.attribute(4, ATTRIBUTE.fileTable), 0);
      assert.equal(system.state.tables.size, 2);
      system.run(CHILD, (files) => files.leave(CHILD));
      assert.equal(system.state.tables.size, 1);
      assert.equal(system.state.pending.size, 0);
    });

    test("exec closes what is close-on-exec and leaves a shared table", () => {
      const system = forked(F.CLONE_FILES | F.CLONE_FS);
      const kept = system.open("/a", F.O_CREAT);
      const closed = system.open("/a", F.O_CLOEXEC);
      assert.equal(
        system.run(CHILD, (files) => files.executed(CHILD, -1)),
        0,
      );
      assert.equal(system.read(closed, 1, -1, CHILD), -E.EBADF);
      assert.equal(system.read(kept, 1, -1, CHILD), "");
      assert.equal(system.read(closed), "");
    });

    test("openForExecute wants an executable file and holds its object until the end", () => {
      const system = make();
      system.open("/plain", F.O_CREAT, 0o644);
      const fd = system.open("/program", F.O_CREAT | F.O_RDWR, 0o755);
      system.write(fd, "ELF");
      close(system, fd);
      const execute = (path: string, after: number) =>
        system.path(1, path, (at, n) => {
          const result = system.files.openForExecute(1, CWD, at, n, 0, BUFFER);
          if (result === 0) system.unlink(path);
          return result === 0 ? after : result;
        });
      assert.equal(execute("/plain", 0), -E.EACCES);
      assert.equal(execute("/", 0), -E.EACCES);
      assert.equal(execute("/missing", 0), -E.ENOENT);
      const { objects } = system.objects;
      const before = objects.size;
      const result = system.run(1, (files) => {
        const at = system.kernel.put(1, bytesOf("/program"));
        const found = files.openForExecute(1, CWD, at, 8, 0, BUFFER);
        assert.equal(files.openForExecute(1, CWD, at, 8, 0, BUFFER), 0);
        assert.equal(files.unlink(1, CWD, at, 8, 0), 0);
        assert.equal(objects.size, before);
        return found;
      });
      assert.equal(result, 0);
      assert.equal(objects.size, before - 1);
    });

    test("mapObject checks how the file was opened", () => {
      const system = make();
      const both = system.open("/a", F.O_CREAT | F.O_RDWR);
      const reader = system.open("/a", F.O_RDONLY);
      const writer = system.open("/a", F.O_WRONLY);
      const map = (fd: number, protection: number, flags: number) =>
        system.run(1, (files) => files.mapObject(1, fd, protection, flags));
      assert.ok(map(both, PROT_READ | PROT_WRITE, 1) > 0);
      assert.equal(map(reader, PROT_READ | PROT_WRITE, 1), -E.EACCES);
      assert.ok(map(reader, PROT_READ | PROT_WRITE, 2) > 0);
      assert.equal(map(writer, PROT_READ, 2), -E.EACCES);
      assert.equal(map(system.pipe()[0], PROT_READ, 2), -E.ENODEV);
    });

    test("record locks split, conflict between processes, and go with any close", () => {
      const system = forked();
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR);
      const other = system.open("/a", F.O_RDWR, 0, CHILD);
      const lock = (
        task: number,
        descriptor: number,
        command: number,
        type: number,
        at: number,
      ) => {
        const view = new DataView(system.kernel.task(task).memory.buffer, BUFFER, 32);
        view.setInt16(0, type, true);
        view.setInt16(2, F.SEEK_SET, true);
        F.setInteger64(view, 8, at);
        F.setInteger64(view, 16, 10);
        view.setInt32(24, 0, true);
        return system.run(task, (files) => files.lock(task, descriptor, command, BUFFER, 32));
      };
      assert.equal(lock(1, fd, F.F_SETLK, F.F_WRLCK, 0), 0);
      assert.equal(lock(1, fd, F.F_SETLK, F.F_UNLCK, 5), 0);
      assert.equal(lock(CHILD, other, F.F_SETLK, F.F_RDLCK, 0), -E.EAGAIN);
      assert.equal(lock(CHILD, other, F.F_SETLK, F.F_RDLCK, 5), 0);
      assert.equal(lock(CHILD, other, F.F_SETLKW, F.F_WRLCK, 0), BLOCKED);
      assert.equal(lock(1, fd, F.F_SETLKW, F.F_WRLCK, 5), -E.EDEADLK);
      assert.equal(system.kernel.isWoken(CHILD), false);
      close(system, system.open("/a"));
      assert.equal(system.kernel.isWoken(CHILD), true);
      assert.equal(lock(CHILD, other, F.F_SETLKW, F.F_WRLCK, 0), 0);
      assert.equal(system.state.lockWaits.size, 0);
    });

    test("/proc/self/fd lists descriptors and leads to their files, also to a pipe", () => {
      const system = make();
      const fd = system.open("/a", F.O_CREAT | F.O_RDWR);
      system.write(fd, "abc");
      const [outlet, inlet] = system.pipe();
      assert.deepEqual(system.list("/proc/self/fd"), [".", "..", "0", "1", "2", "3"]);
      const again = system.open(`/proc/self/fd/${fd}`);
      assert.equal(system.read(again), "abc");
      assert.equal(system.open("/proc/self/fd/9"), -E.ENOENT);
      const end = system.open(`/proc/self/fd/${inlet}`, F.O_WRONLY);
      close(system, inlet);
      assert.equal(system.write(end, "through"), 7);
      assert.equal(system.read(outlet), "through");
      close(system, end);
      assert.equal(system.read(outlet), "");
      const stat = system.stat(`/proc/self/fd/${outlet}`) as { mode: number };
      assert.equal(stat.mode & F.S_IFMT, F.S_IFIFO);
    });

    test("with every blocking place forced once, results are the same", () => {
      const outcome = (forcing: boolean): unknown => {
        const system = make();
        system.kernel.forcing = forcing;
        const [outlet, inlet] = system.pipe();
        const results = [system.write(inlet, "abc"), system.read(outlet, 2)];
        results.push(...(system.poll([[outlet, P.POLLIN]], -1) as number[]));
        system.path(1, "/f", (at, n) => system.files.makeNode(1, CWD, at, n, F.S_IFIFO | 0o600, 0));
        results.push(system.open("/f", F.O_RDWR));
        if (forcing) assert.ok(system.kernel.forcedCount >= 3);
        return results;
      };
      assert.deepEqual(outcome(true), outcome(false));
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
