/**
 * What the tests of the file service run on: the service over two tmpfs and fs-proc, with a fake
 * kernel; as objects in one domain, or each behind a port that copies every message.
 */
import assert from "node:assert/strict";
import * as F from "../../abi/file.js";
import type { KernelCalls } from "../../kernel/calls.js";
import { createDomain, type Domain, restrict } from "../../kernel/domain.js";
import type { Kernel } from "../../kernel/kernel.js";
import type { KernelCallName, Manifest } from "../../kernel/manifest.js";
import { type Port, proxy, type Sender } from "../../kernel/port.js";
import type { Protocol, Result } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { makeFiles } from "../file/files.js";
import { fileManifest } from "../file/manifest.js";
import { type FileService, fileProtocol } from "../file/protocol.js";
import type { FileState } from "../file/state.js";
import { procManifest } from "../fs-proc/manifest.js";
import { ProcFileSystem } from "../fs-proc/proc.js";
import { procProtocol } from "../fs-proc/protocol.js";
import { tmpfsManifest } from "../fs-tmpfs/manifest.js";
import { tmpfsProtocol } from "../fs-tmpfs/protocol.js";
import { Tmpfs } from "../fs-tmpfs/tmpfs.js";
import type { TmpfsOptions } from "../fs-tmpfs/tmpfs-instances.js";
import { type MemoryService, memoryProtocol } from "../memory/protocol.js";
import type { NetworkService } from "../network/protocol.js";
import type { TtyService } from "../tty/protocol.js";
import { FakeKernel, kernelCalls } from "./fake-kernel.js";
import { FakeObjects, fakeMemory } from "./fake-memory.js";

export const BUFFER = 4096;
export const CWD = F.AT_FDCWD;
export const ROOT_TASK = 1;
export const USER_TASK = 2;

const memoryManifest: Readonly<Manifest> = {
  service: "memory",
  kernelCalls: ["copyIn", "copyOut"] satisfies KernelCallName[],
  services: {},
  registers: [],
  interrupts: [],
};

export interface SystemOptions extends TmpfsOptions {
  /** Every service in a domain of its own, behind a copying port. */
  readonly copying?: boolean;
}

export class System {
  readonly kernel = new FakeKernel();
  readonly objects: FakeObjects;
  readonly root: Tmpfs;
  readonly second: Tmpfs;
  readonly files: FileService;
  readonly state: FileState;
  readonly domains: Domain[] = [];
  private readonly own: KernelCalls = kernelCalls(this.kernel);

  constructor(private readonly options: SystemOptions = {}) {
    const places = {
      memory: this.place(memoryManifest),
      root: this.place(tmpfsManifest),
      second: this.place(tmpfsManifest),
      proc: this.place(procManifest),
      files: this.place(fileManifest),
    };
    this.objects = new FakeObjects(places.memory.calls);
    const memory = fakeMemory(this.objects);
    const memoryFor = (sender: Sender): MemoryService =>
      this.reach(memoryProtocol, memory, places.memory, sender);
    const tmpfs = (sender: Sender) =>
      new Tmpfs(sender.calls, { memory: memoryFor(sender) }, options);
    this.root = tmpfs(places.root);
    this.second = tmpfs(places.second);
    const tty = { foregroundGroup: () => -1 } as unknown as TtyService;
    const network = { describe: () => 0 } as unknown as NetworkService;
    const proc = new ProcFileSystem(places.proc.calls, {
      memory: memoryFor(places.proc),
      tty,
      network,
    });
    const mounts = [
      { path: "/mnt", fileSystem: 1 },
      { path: "/proc", fileSystem: 2 },
    ];
    const fileSystems = [
      this.reach(tmpfsProtocol, this.root, places.root, places.files),
      this.reach(tmpfsProtocol, this.second, places.second, places.files),
      this.reach(procProtocol, proc, places.proc, places.files),
    ];
    const services = { memory: memoryFor(places.files), fileSystems };
    const types = [
      ["tmpfs", 0],
      ["proc", 2],
    ] as const;
    const files = makeFiles(places.files.calls, services, { mounts, types });
    this.state = files.state;
    this.files = this.reach<FileService>(fileProtocol, files, places.files, undefined);
    this.kernel.addTask(ROOT_TASK, 0);
    this.kernel.addTask(USER_TASK, 1000);
  }

  private place(manifest: Manifest): Sender {
    const domain = createDomain(manifest);
    this.domains.push(domain);
    return { domain, calls: this.options.copying ? restrict(domain, this.own) : this.own };
  }

  private reach<S>(protocol: Protocol<S>, service: S, at: Sender, from: Sender | undefined): S {
    if (!this.options.copying) return service;
    const { domain } = at;
    const port: Port<S> = { protocol, domain, number: 1, service, copying: true, served: 0 };
    const kernel = { tasks: { find: () => undefined }, report: assert.fail };
    return proxy(kernel as unknown as Kernel, port, from, this.own);
  }

  /** What the domains were refused: nothing, in a right run. */
  refusals(): string[] {
    return this.domains.flatMap(({ state }) => [...state.refusals.keys()]);
  }

  run(task: number, body: (files: FileService) => Result): Result {
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
