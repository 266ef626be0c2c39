/** The files of /proc, with a fake kernel and memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_CAPABILITIES } from "../../abi/capability.js";
import { EACCES, EINVAL, EIO, ENOENT, ENOTDIR, ESRCH } from "../../abi/errno.js";
import { DIRENT_NAME_OFFSET, getInteger64, O_RDWR, S_IFREG } from "../../abi/file.js";
import { ATTRIBUTE, FIGURE, RECORD } from "../../kernel/calls.js";
import { bytesOf } from "../../kernel/texts.js";
import { NODE } from "../file/protocol.js";
import type { NetworkService } from "../network/protocol.js";
import { FakeKernel, kernelCalls } from "../testing/fake-kernel.js";
import { FakeObjects, fakeMemory } from "../testing/fake-memory.js";
import type { TtyService } from "../tty/protocol.js";
import { ProcFileSystem } from "./proc.js";

const BUFFER = 64;

const ARGUMENTS = 0x1000;

/** Puts arguments into a task's memory, and the environment "A=1" behind them. */
function setArguments(kernel: FakeKernel, task: number, text: string): void {
  const environment = "A=1\0";
  kernel.task(task).memory.set(bytesOf(text + environment), ARGUMENTS);
  const end = ARGUMENTS + text.length;
  kernel.setAttribute(task, ATTRIBUTE.argumentsStart, ARGUMENTS);
  kernel.setAttribute(task, ATTRIBUTE.argumentsEnd, end);
  kernel.setAttribute(task, ATTRIBUTE.environmentStart, end);
  kernel.setAttribute(task, ATTRIBUTE.environmentEnd, end + environment.length);
}

function make() {
  const kernel = new FakeKernel();
  kernel.addTask(1, 0);
  kernel.addTask(20, 1000);
  kernel.addTask(21, 1000, 20);
  kernel.publish(20, RECORD.command, bytesOf("sleep"));
  setArguments(kernel, 20, "sleep\x0010\0");
  for (const task of [1, 20, 21]) {
    kernel.setAttribute(task, ATTRIBUTE.dumpable, 1);
    kernel.setAttribute(task, ATTRIBUTE.executed, 1);
  }
  kernel.setAttribute(20, ATTRIBUTE.parent, 1);
  kernel.setAttribute(1, ATTRIBUTE.effectiveCapabilities, ALL_CAPABILITIES);
  const memory = fakeMemory(new FakeObjects(kernel));
  const tty = { foregroundGroup: () => 20 } as unknown as TtyService;
  const network = { describe: () => 0 } as unknown as NetworkService;
  const proc = new ProcFileSystem(kernelCalls(kernel), { memory, tty, network });
  const find = (path: string) => {
    let node = proc.root();
    for (const name of path.split("/")) {
      if (node < 0) return node;
      node = proc.lookup(1, node, kernel.put(1, bytesOf(name)), name.length);
    }
    return node;
  };
  const link = (path: string, task = 1) => {
    const n = proc.readlink(task, find(path), BUFFER, 100);
    return n < 0
      ? n
      : String.fromCharCode(...kernel.task(task).memory.subarray(BUFFER, BUFFER + n));
  };
  const read = (path: string, chunk = 4000): string | number => {
    const handle = proc.open(1, find(path), 0);
    let text = "";
    for (;;) {
      const n = proc.read(1, handle, text.length, BUFFER, chunk);
      if (n < 0) return n;
      if (n === 0) break;
      text += String.fromCharCode(...kernel.task(1).memory.subarray(BUFFER, BUFFER + n));
    }
    proc.close(1, handle);
    return text;
  };
  const list = (path: string, bufferBytes = 4000) => {
    const names: string[] = [];
    for (let position = 0; ; ) {
      const node = path === "" ? proc.root() : find(path);
      const n = proc.readDirectory(1, node, position, BUFFER, bufferBytes);
      if (n <= 0) return names;
      const bytes = kernel.task(1).memory.slice(BUFFER, BUFFER + n);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < n; at += view.getUint16(at + 16, true)) {
        position = getInteger64(view, at + 8);
        const start = at + DIRENT_NAME_OFFSET;
        names.push(String.fromCharCode(...bytes.subarray(start, bytes.indexOf(0, start))));
      }
    }
  };
  const readAt = (path: string, offset: number) => {
    const n = proc.read(1, proc.open(1, find(path), 0), offset, BUFFER, 1000);
    return n < 0 ? n : String.fromCharCode(...kernel.task(1).memory.subarray(BUFFER, BUFFER + n));
  };
  return { kernel, proc, find, read, readAt, list, link };
}

test("processes are listed, threads below their process, in pieces as well", () => {
  const { list } = make();
  const names = list("");
  assert.deepEqual(names.slice(-2), ["1", "20"]);
  assert.ok(names.includes("meminfo") && names.includes("self"));
  assert.deepEqual(list("", 64), names);
  assert.deepEqual(list("20/task"), [".", "..", "20", "21"]);
  assert.equal(list("20/task/21").includes("task"), false);
});

test("stat has 52 fields, with name, state, parent and threads in place", () => {
  const { kernel, read } = make();
  kernel.setAttribute(20, ATTRIBUTE.userInstructions, 5e6);
  kernel.setAttribute(20, ATTRIBUTE.stateCode, "Z".charCodeAt(0));
  const fields = (read("20/stat") as string).trim().split(" ");
  assert.equal(fields.length, 52);
  assert.deepEqual(fields.slice(0, 4), ["20", "(sleep)", "Z", "1"]);
  assert.equal(fields[19], "2");
});

test("cmdline, comm, status, and a text read in pieces is of one moment", () => {
  const { kernel, proc, find, read } = make();
  assert.equal(read("20/cmdline"), "sleep\x0010\0");
  assert.equal(read("20/comm"), "sleep\n");
  assert.match(read("20/status") as string, /^Name:\tsleep\n[\s\S]*Uid:\t1000\t1000\t1000\t1000\n/);
  assert.equal(read("meminfo", 7), read("meminfo"));
  const handle = proc.open(1, find("uptime"), 0);
  assert.equal(proc.read(1, handle, 0, BUFFER, 3), 3);
  kernel.nanoseconds += 1e9;
  assert.ok(proc.read(1, handle, 3, BUFFER, 100) > 0);
  assert.match(read("meminfo") as string, /^MemTotal: +400 kB\nMemFree: +400 kB\n/);
});

test("self and thread-self name the caller, and nothing can be written", () => {
  const { kernel, proc, find, link, read } = make();
  assert.equal(link("self"), "1");
  kernel.task(21).memory.fill(0);
  assert.equal(link("thread-self", 21), "20/task/21");
  assert.equal(link("stat"), -EINVAL);
  assert.equal(find("99"), -ENOENT);
  assert.equal(find("20/task/1"), -ENOENT);
  assert.equal(find("020"), -ENOENT);
  assert.equal(link("mounts"), "self/mounts");
  assert.equal(proc.open(1, find("sys/kernel/ostype"), O_RDWR), -EACCES);
  const uptime = proc.open(1, find("uptime"), O_RDWR);
  assert.equal(proc.write(1, uptime, 0, BUFFER, 1), -EIO);
  const stat = proc.open(1, find("20/stat"), O_RDWR);
  assert.equal(proc.write(1, stat, 0, BUFFER, 1), -EINVAL);
  assert.match(read("sys/kernel/osrelease") as string, /^6\./);
});

test("an open file of a process that has gone answers ESRCH", () => {
  const { kernel, proc, find } = make();
  const handle = proc.open(1, find("20/stat"), 0);
  kernel.tasks.delete(20);
  assert.equal(proc.read(1, handle, 0, BUFFER, 100), -ESRCH);
});

test("every directory is the same list with any buffer, and only directories are listed", () => {
  const { list, find, proc } = make();
  for (const path of ["", "sys", "sys/kernel", "20", "20/task", "20/task/21"]) {
    const names = list(path);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length > 2);
    assert.deepEqual(list(path, 40), names, path);
    for (const name of names.slice(2)) {
      assert.ok(find(path === "" ? name : `${path}/${name}`) > 0, `${path}/${name}`);
    }
  }
  assert.equal(proc.readDirectory(1, find("uptime"), 0, BUFFER, 1000), -ENOTDIR);
});

test("a directory of a process that has gone is not there", () => {
  const { kernel, proc, find } = make();
  const directory = find("20");
  const file = find("20/stat");
  kernel.tasks.delete(20);
  assert.equal(proc.readDirectory(1, directory, 0, BUFFER, 1000), -ENOENT);
  assert.equal(proc.open(1, file, 0), -ENOENT);
  assert.equal(find("20/stat"), -ENOENT);
});

test("a first read need not be from the beginning", () => {
  const { kernel, readAt } = make();
  kernel.publish(0, RECORD.version, bytesOf("#1 Sixfold"));
  assert.equal(readAt("sys/kernel/version", 3), "Sixfold\n");
  assert.equal(readAt("sys/kernel/version", 1000), "");
});

test("a process that has ended shows its name and no memory", () => {
  const { kernel, read } = make();
  assert.match(read("20/status") as string, /\nVmSize:\t {5}400 kB\n[\s\S]*VmRSS:\t {5}400 kB\n/);
  kernel.setAttribute(20, ATTRIBUTE.ending, 1);
  kernel.setAttribute(20, ATTRIBUTE.stateCode, "Z".charCodeAt(0));
  assert.equal(read("20/cmdline"), "");
  assert.equal(read("20/environ"), "");
  assert.match(read("20/status") as string, /^Name:\tsleep\nState:\tZ \(zombie\)\n/);
  assert.doesNotMatch(read("20/status") as string, /VmSize/);
});

test("a thread has its process's name until it has its own; times of both are added up", () => {
  const { kernel, read } = make();
  assert.equal(read("20/task/21/comm"), "sleep\n");
  kernel.publish(21, RECORD.command, bytesOf("worker 1"));
  assert.equal(read("20/task/21/comm"), "worker 1\n");
  kernel.setAttribute(20, ATTRIBUTE.userInstructions, 2e7);
  kernel.setAttribute(21, ATTRIBUTE.userInstructions, 4e7);
  const userTicks = (path: string) =>
    Number((read(path) as string).replace(/^.*\) /, "").split(" ")[11]);
  assert.ok(userTicks("20/task/21/stat") > 0);
  assert.equal(userTicks("20/stat"), userTicks("20/task/21/stat") * 1.5);
  assert.match(read("20/task/21/status") as string, /\nTgid:\t20\n.*\nPid:\t21\n/);
});

test("the system's times include those of released tasks, what is left is idle", () => {
  const { kernel, read } = make();
  kernel.nanoseconds = 10e9;
  const [, , user, , system, idle] = (read("stat") as string).split(/[ \n]/).map(Number);
  assert.deepEqual([user, system, idle], [0, 0, 1000]);
  kernel.setAttribute(0, ATTRIBUTE.userInstructions, 2e8);
  kernel.setAttribute(20, ATTRIBUTE.kernelInstructions, 1e8);
  const used = (read("stat") as string).split(/[ \n]/).map(Number);
  assert.equal(used[2], 2 * (used[4] ?? 0));
  assert.equal((used[2] ?? 0) + (used[4] ?? 0) + (used[5] ?? 0), 1000);
});

test("arguments longer than any first look are shown whole", () => {
  const { kernel, read } = make();
  const long = "x".repeat(200_000);
  setArguments(kernel, 20, `${long}\0`);
  assert.equal(read("20/cmdline"), `${long}\0`);
});

test("environ is its user's alone: mode 0400, owned by the effective user", () => {
  const { kernel, proc, find } = make();
  const node = find("20/environ");
  kernel.setAttribute(20, ATTRIBUTE.effectiveUserId, 1001);
  assert.equal(proc.attribute(1, node, NODE.mode), S_IFREG | 0o400);
  assert.equal(proc.attribute(1, node, NODE.userId), 1001);
  kernel.addTask(30, 1000);
  assert.equal(proc.open(30, node, 0), -EACCES);
  kernel.setAttribute(20, ATTRIBUTE.effectiveUserId, 1000);
  assert.ok(proc.open(30, node, 0) > 0);
  kernel.setAttribute(20, ATTRIBUTE.dumpable, 0);
  assert.equal(proc.open(30, node, 0), -EACCES);
  assert.equal(proc.attribute(1, node, NODE.userId), 0);
  assert.equal(proc.attribute(1, find("meminfo"), NODE.userId), 0);
});

test("names, mounts and running tasks of the system", () => {
  const { kernel, read } = make();
  kernel.publish(0, RECORD.hostName, bytesOf("box"));
  kernel.publish(0, RECORD.mounts, bytesOf("tmpfs / tmpfs rw 0 0\n"));
  kernel.setAttribute(21, ATTRIBUTE.stateCode, "R".charCodeAt(0));
  assert.equal(read("sys/kernel/hostname"), "box\n");
  assert.equal(read("20/mounts"), "tmpfs / tmpfs rw 0 0\n");
  kernel.figures.set(FIGURE.load1, 2048 + 1024);
  kernel.figures.set(FIGURE.runnable, 1);
  kernel.figures.set(FIGURE.latestId, 21);
  assert.equal(read("loadavg"), "1.50 0.00 0.00 1/3 21\n");
});

test("a title that was written over the arguments is shown up to its NUL", () => {
  const { kernel, read } = make();
  setArguments(kernel, 20, "x".repeat(8) + "\0");
  kernel.task(20).memory.set(bytesOf("daemon: idle\0"), ARGUMENTS);
  assert.equal(read("20/cmdline"), "daemon: idle\0");
  assert.equal(read("20/environ"), "dle\0");
});

test("names and settings are written by those who may", () => {
  const { kernel, proc, find, read } = make();
  const write = (task: number, path: string, text: string, offset = 0) => {
    const handle = proc.open(task, find(path), O_RDWR);
    return proc.write(task, handle, offset, kernel.put(task, bytesOf(text)), text.length);
  };
  assert.equal(write(21, "20/comm", "a name that is too long"), 23);
  assert.equal(read("20/comm"), "a name that is \n");
  assert.equal(write(1, "20/comm", "x"), -EINVAL);
  assert.equal(write(1, "sys/kernel/hostname", "box\n"), 4);
  assert.equal(read("sys/kernel/hostname"), "box\n");
  assert.equal(write(1, "sys/kernel/hostname", "behind", 3), 6);
  assert.equal(read("sys/kernel/hostname"), "box\n");
  assert.equal(write(20, "20/oom_score_adj", "100\n"), 4);
  assert.equal(read("20/oom_score_adj"), "100\n");
  assert.equal(write(20, "20/oom_score_adj", "-1"), -EACCES);
  assert.equal(write(20, "20/oom_score_adj", "1001"), -EINVAL);
  assert.equal(write(20, "20/oom_score_adj", "many"), -EINVAL);
});

test("an id that was given to another process is not the one that was opened", () => {
  const { kernel, proc, find } = make();
  const handle = proc.open(1, find("20/stat"), 0);
  kernel.setAttribute(20, ATTRIBUTE.startNanoseconds, 5e9);
  assert.equal(proc.read(1, handle, 0, BUFFER, 100), -ESRCH);
});
