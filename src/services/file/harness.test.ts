/** What the tests of the file service run on: the service over two tmpfs, with a fake kernel. */
import assert from "node:assert/strict";
import * as F from "../../abi/file.js";
import type { Result } from "../../kernel/protocol.js";
import { ProcFileSystem } from "../fs-proc/proc.js";
import { Tmpfs, type TmpfsOptions } from "../fs-tmpfs/tmpfs.js";
import { FakeKernel, kernelCalls } from "../testing/fake-kernel.js";
import { FakeObjects, fakeMemory } from "../testing/fake-memory.js";
import { Files } from "./files.js";

export const BUFFER = 4096;
export const CWD = F.AT_FDCWD;
export const ROOT_TASK = 1;
export const USER_TASK = 2;
export const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

export class System {
  readonly kernel = new FakeKernel();
  readonly objects = new FakeObjects(this.kernel);
  readonly root: Tmpfs;
  readonly second: Tmpfs;
  readonly files: Files;

  constructor(options: TmpfsOptions = {}) {
    const kernel = kernelCalls(this.kernel);
    const memory = fakeMemory(this.objects);
    this.root = new Tmpfs(kernel, { memory }, options);
    this.second = new Tmpfs(kernel, { memory });
    const mounts = [
      { path: "/mnt", fileSystem: 1 },
      { path: "/proc", fileSystem: 2 },
    ];
    const fileSystems = [this.root, this.second, new ProcFileSystem(kernel, { memory })];
    this.files = new Files(kernel, { memory, fileSystems }, { mounts });
    this.kernel.addTask(ROOT_TASK, 0);
    this.kernel.addTask(USER_TASK, 1000);
  }

  run(task: number, body: (files: Files) => Result): Result {
    return this.kernel.run(task, () => body(this.files), [this.files]);
  }

  /** A call with one path. */
  path(task: number, path: string, body: (at: number, length: number) => Result): Result {
    return this.run(task, () => body(this.kernel.put(task, bytesOf(path)), path.length));
  }

  open(path: string, flags = 0, mode = 0o644, task = ROOT_TASK): Result {
    return this.path(task, path, (at, n) => this.files.open(task, CWD, at, n, flags, mode));
  }

  mkdir(path: string, mode = 0o755, task = ROOT_TASK): Result {
    return this.path(task, path, (at, n) => this.files.makeDirectory(task, CWD, at, n, mode));
  }

  unlink(path: string, flags = 0, task = ROOT_TASK): Result {
    return this.path(task, path, (at, n) => this.files.unlink(task, CWD, at, n, flags));
  }

  symlink(target: string, path: string): Result {
    const { kernel, files } = this;
    return this.run(1, () => {
      const to = kernel.put(1, bytesOf(target));
      return files.symlink(1, to, target.length, CWD, kernel.put(1, bytesOf(path)), path.length);
    });
  }

  rename(from: string, to: string, flags = 0, task = ROOT_TASK): Result {
    const { kernel, files } = this;
    return this.run(task, () => {
      const old = kernel.put(task, bytesOf(from));
      const at = kernel.put(task, bytesOf(to));
      return files.rename(task, CWD, old, from.length, CWD, at, to.length, flags);
    });
  }

  write(fd: number, text: string, offset = -1, task = ROOT_TASK): Result {
    this.kernel.task(task).memory.set(bytesOf(text), BUFFER);
    return this.run(task, (files) => files.write(task, fd, BUFFER, text.length, offset));
  }

  /** @returns what was read, or the error */
  read(fd: number, length = 100, offset = -1, task = ROOT_TASK): string | number {
    const done = this.run(task, (files) => files.read(task, fd, BUFFER, length, offset));
    if (done < 0) return done;
    const { memory } = this.kernel.task(task);
    return String.fromCharCode(...memory.subarray(BUFFER, BUFFER + done));
  }

  /** @returns mode, links and size of a path, or the error */
  stat(path: string, flags = 0): { mode: number; links: number; size: number } | number {
    const done = this.path(1, path, (at, n) => this.files.stat(1, CWD, at, n, BUFFER, flags));
    if (done < 0) return done;
    const view = new DataView(this.kernel.task(1).memory.buffer, BUFFER, 128);
    const size = F.getInteger64(view, 48);
    return { mode: view.getUint32(16, true), links: view.getUint32(20, true), size };
  }

  pipe(flags = 0, task = ROOT_TASK): [number, number] {
    assert.equal(
      this.run(task, (files) => files.pipe(task, BUFFER, flags)),
      0,
    );
    const view = new DataView(this.kernel.task(task).memory.buffer, BUFFER, 8);
    return [view.getInt32(0, true), view.getInt32(4, true)];
  }

  list(path: string, bufferBytes = 4096): string[] {
    const fd = this.open(path, F.O_DIRECTORY);
    const names: string[] = [];
    for (;;) {
      const n = this.run(1, (files) => files.readDirectory(1, fd, BUFFER, bufferBytes));
      assert.ok(n >= 0, `getdents64: ${n}`);
      if (n === 0) break;
      const bytes = this.kernel.task(1).memory.slice(BUFFER, BUFFER + n);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < n; at += view.getUint16(at + 16, true)) {
        const start = at + F.DIRENT_NAME_OFFSET;
        names.push(String.fromCharCode(...bytes.subarray(start, bytes.indexOf(0, start))));
      }
    }
    this.run(1, (files) => files.close(1, fd));
    return names;
  }

  cwd(): string | number {
    const n = this.run(1, (files) => files.currentDirectory(1, BUFFER, 4096));
    if (n < 0) return n;
    return String.fromCharCode(...this.kernel.task(1).memory.subarray(BUFFER, BUFFER + n - 1));
  }

  chdir(path: string): Result {
    return this.path(1, path, (at, n) => this.files.changeDirectory(1, at, n, -1));
  }

  /** @returns revents of each descriptor, or BLOCKED */
  poll(wanted: readonly (readonly [number, number])[], timeout = 0, task = 1): number[] | number {
    const view = new DataView(this.kernel.task(task).memory.buffer, BUFFER, wanted.length * 8);
    for (const [i, [fd, events]] of wanted.entries()) {
      view.setInt32(i * 8, fd, true);
      view.setInt16(i * 8 + 4, events, true);
    }
    const n = this.run(task, (files) => files.poll(task, BUFFER, wanted.length * 8, timeout));
    if (n < 0) return n;
    return wanted.map((_, i) => view.getInt16(i * 8 + 6, true));
  }
}
