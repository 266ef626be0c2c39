/** The files of /proc, with a fake kernel and memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EACCES, EINVAL, ENOENT, ESRCH } from "../../abi/errno.js";
import { DIRENT_NAME_OFFSET, getInteger64, O_RDWR } from "../../abi/file.js";
import { ATTRIBUTE, RECORD } from "../../kernel/calls.js";
import { FakeKernel, kernelCalls } from "../testing/fake-kernel.js";
import { FakeObjects, fakeMemory } from "../testing/fake-memory.js";
import { ProcFileSystem } from "./proc.js";

const BUFFER = 64;
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

function make() {
  const kernel = new FakeKernel();
  kernel.addTask(1, 0);
  kernel.addTask(20, 1000);
  kernel.addTask(21, 1000, 20);
  kernel.publish(20, RECORD.command, bytesOf("sleep"));
  kernel.publish(20, RECORD.arguments, bytesOf("sleep\x0010\0"));
  kernel.setAttribute(20, ATTRIBUTE.parent, 1);
  const memory = fakeMemory(new FakeObjects(kernel));
  const proc = new ProcFileSystem(kernelCalls(kernel), { memory });
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
  return { kernel, proc, find, read, list, link };
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
  assert.equal(proc.open(1, find("uptime"), O_RDWR), -EACCES);
  assert.match(read("sys/kernel/osrelease") as string, /^6\./);
});

test("an open file of a process that has gone answers ESRCH", () => {
  const { kernel, proc, find } = make();
  const handle = proc.open(1, find("20/stat"), 0);
  kernel.tasks.delete(20);
  assert.equal(proc.read(1, handle, 0, BUFFER, 100), -ESRCH);
});
