/** The devices of /dev, with a fake kernel, terminal and stream driver. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EAGAIN, EBUSY, EEXIST, ENOENT, ENOSPC, ENXIO, EPERM, EPIPE } from "../../abi/errno.js";
import { O_NONBLOCK, O_RDWR, S_IFCHR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../../abi/file.js";
import { POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.js";
import { SIGPIPE } from "../../abi/signal.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { type CharacterDriver, DRIVER_EVENT } from "../device/protocol.js";
import { NODE } from "../file/protocol.js";
import { FakeKernel, kernelCalls } from "../testing/fake-kernel.js";
import type { TtyService } from "../tty/protocol.js";
import { DeviceFileSystem } from "./dev.js";

const BUFFER = 64;

/** One port of a driver: what the host sent, and how much it takes. */
class FakeDriver {
  input = "";
  room = 0;
  hostOpen = 1;
  readonly opens: number[] = [];

  constructor(private readonly kernel: FakeKernel) {}

  query(_caller: number, _port: number, figure: number): number {
    return [this.input.length, this.room, 80, 24, this.hostOpen, 0][figure] ?? -1;
  }

  read(caller: number, _port: number, buffer: number, length: number): number {
    const part = this.input.slice(0, length);
    this.input = this.input.slice(length);
    const bytes = Uint8Array.from(part, (c) => c.charCodeAt(0));
    this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
    return bytes.length;
  }

  write(_caller: number, _port: number, _buffer: number, length: number): number {
    const taken = Math.min(length, this.room);
    this.room -= taken;
    return taken;
  }

  setOpen(_caller: number, _port: number, open: number): number {
    this.opens.push(open);
    return 0;
  }
}

function make() {
  const kernel = new FakeKernel();
  kernel.addTask(1, 0);
  const driver = new FakeDriver(kernel);
  const terminals: number[] = [];
  const tty = {
    open: (_: number, terminal: number) => terminals.push(terminal) && terminal,
    openConsole: () => terminals.push(0) && 0,
  };
  const services = {
    tty: tty as unknown as TtyService,
    streams: driver as unknown as CharacterDriver,
  };
  const dev = new DeviceFileSystem(kernelCalls(kernel), services);
  const find = (name: string) => {
    const at = kernel.put(
      1,
      Uint8Array.from(name, (c) => c.charCodeAt(0)),
    );
    return dev.lookup(1, dev.root(), at, name.length);
  };
  const open = (name: string) => dev.open(1, find(name), O_RDWR);
  const read = (handle: number, length: number, flags = 0) => {
    const n = kernel.run(1, () => dev.read(1, handle, 0, BUFFER, length, flags));
    return n < 0 ? n : String.fromCharCode(...kernel.task(1).memory.subarray(BUFFER, BUFFER + n));
  };
  const write = (handle: number, length: number, flags = 0) =>
    kernel.run(1, () => dev.write(1, handle, 0, BUFFER, length, flags));
  return { kernel, driver, terminals, dev, find, open, read, write };
}

test("null, zero, full and random", () => {
  const { dev, find, open, read, write } = make();
  assert.equal(dev.attribute(1, find("null"), NODE.mode) & S_IFMT, S_IFCHR);
  assert.equal(dev.attribute(1, find("null"), NODE.device), 0x103);
  assert.equal(read(open("null"), 10), "");
  assert.equal(write(open("null"), 10), 10);
  assert.equal(read(open("zero"), 3), "\0\0\0");
  assert.equal(write(open("full"), 1), -ENOSPC);
  const random = open("urandom");
  assert.notEqual(read(random, 16), read(random, 16));
  assert.equal(find("nothing"), -ENOENT);
});

test("programs make sockets and FIFOs, and nothing else", () => {
  const { kernel, dev, find } = make();
  const name = (text: string) =>
    kernel.put(
      1,
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
    );
  const root = dev.root();
  const create = (text: string, mode: number) =>
    dev.create(1, root, name(text), text.length, mode, 7, 8);
  const unlink = (text: string) => dev.unlink(1, root, name(text), text.length, 0);
  assert.equal(create("file", S_IFREG | 0o644), -EPERM);
  const made = create("log", S_IFSOCK | 0o666);
  assert.equal(find("log"), made);
  assert.equal(dev.attribute(1, made, NODE.mode), S_IFSOCK | 0o666);
  assert.equal(dev.attribute(1, made, NODE.userId), 7);
  assert.equal(create("log", S_IFIFO | 0o600), -EEXIST);
  assert.equal(create("null", S_IFIFO | 0o600), -EEXIST);
  dev.retain(1, made);
  assert.equal(unlink("log"), 0);
  assert.equal(find("log"), -ENOENT);
  assert.equal(dev.attribute(1, made, NODE.links), 0);
  dev.release(1, made);
  assert.equal(dev.state.made.size, 0);
  assert.notEqual(create("log", S_IFIFO | 0o600), made);
  assert.equal(unlink("null"), -EPERM);
  assert.equal(unlink("nothing"), -ENOENT);
});

test("tty is the controlling terminal, console is terminal 0", () => {
  const { kernel, terminals, open } = make();
  assert.equal(open("tty"), -ENXIO);
  kernel.setAttribute(1, ATTRIBUTE.terminal, 3);
  assert.ok(open("tty") > 0);
  assert.ok(open("console") > 0);
  assert.deepEqual(terminals, [2, 0]);
});

test("a stream blocks its reader until input or the host's close", () => {
  const { kernel, driver, dev, open, read } = make();
  const handle = open("vport0p7");
  assert.equal(open("vport0p7"), -EBUSY);
  assert.equal(read(handle, 10, O_NONBLOCK), -EAGAIN);
  assert.equal(read(handle, 10), BLOCKED);
  dev.event(0, DRIVER_EVENT.input, 6);
  assert.equal(kernel.isWoken(1), false);
  driver.input = "hello";
  dev.event(0, DRIVER_EVENT.input, 7);
  assert.equal(kernel.isWoken(1), true);
  assert.equal(read(handle, 3), "hel");
  driver.hostOpen = 0;
  assert.equal(read(handle, 3), "lo");
  assert.equal(read(handle, 3), "");
  dev.close(1, handle);
  assert.deepEqual(driver.opens, [1, 0]);
  assert.ok(open("vport0p7") > 0);
});

test("a stream blocks its writer while there is no room, and refuses it without a host", () => {
  const { kernel, driver, dev, open, write } = make();
  const handle = open("vport0p1");
  assert.equal(write(handle, 10, O_NONBLOCK), -EAGAIN);
  assert.equal(write(handle, 10), BLOCKED);
  driver.room = 4;
  dev.event(0, DRIVER_EVENT.room, 1);
  assert.equal(kernel.isWoken(1), true);
  assert.equal(write(handle, 10), 4);
  assert.equal(dev.poll(1, handle, POLLIN | POLLOUT, 0), 0);
  driver.hostOpen = 0;
  assert.equal(write(handle, 1), -EPIPE);
  const signals = kernel.signals.map(({ id, signal }) => [id, signal]);
  assert.deepEqual(signals, [[1, SIGPIPE]]);
  assert.equal(dev.poll(1, handle, POLLIN | POLLOUT, 0), POLLHUP);
});
