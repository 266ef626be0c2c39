/** The console driver on the real device and kernel, in a domain with its manifest's rights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRig } from "../../../../tests/drivers/rig.js";
import { EIO, EPIPE } from "../../../abi/errno.js";
import * as abi from "../../../abi/virtio.js";
import { characterDriverProtocol, DRIVER_EVENT, FIGURE } from "../protocol.js";
import { VirtioConsoleDriver } from "./index.js";
import { CONSOLE_REGISTERS, manifest } from "./manifest.js";

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);

function create(rights = manifest) {
  const rig = createRig(
    characterDriverProtocol("virtio-console"),
    rights,
    (kernel, options) => new VirtioConsoleDriver(kernel, {}, options),
  );
  const { driver } = rig;
  return {
    ...rig,
    send: (port: number, bytes: Uint8Array) =>
      rig.write((address, length) => driver.write(0, port, address, length), bytes),
    fetch: (port: number, lengthBytes: number) =>
      rig.read((address, length) => driver.read(0, port, address, length), lengthBytes),
  };
}

test("the console is open from the start, with its window", () => {
  const { driver, host, domain } = create();
  assert.deepEqual(host.opened, [[0, true]]);
  const figures = [FIGURE.open, FIGURE.columns, FIGURE.rows, FIGURE.unsent, FIGURE.input];
  assert.deepEqual(
    figures.map((figure) => driver.query(0, 0, figure)),
    [1, 80, 25, 0, 0],
  );
  assert.equal(domain.state.refusals.size, 0, "the manifest suffices");
});

test("output of any length reaches the host in one call, without an interrupt", () => {
  const { send, host, kernel } = create();
  const bytes = bytesOf(30000);
  kernel.run(1);
  assert.equal(send(0, bytes), 30000);
  assert.deepEqual(host.output.get(0), [...bytes]);
  assert.equal(kernel.platform.bus.interruptPending, false);
});

test("a full host: fewer bytes are taken, and a room event follows when it takes more", () => {
  const { send, host, board, driver, settle, events } = create();
  settle();
  host.room = 5;
  const taken = send(0, bytesOf(20000));
  assert.equal(taken, 8192);
  assert.equal(send(0, bytesOf(1)), 0);
  assert.equal(driver.query(0, 0, FIGURE.room), 0);
  assert.equal(driver.query(0, 0, FIGURE.unsent), 8192);
  settle();
  assert.deepEqual(events, []);
  host.room = 5000;
  board.console.outputReady(0);
  settle();
  assert.deepEqual(events, [[DRIVER_EVENT.room, 0, 0, 0]]);
  assert.equal(driver.query(0, 0, FIGURE.room), 4096);
  assert.equal(driver.query(0, 0, FIGURE.unsent), 4096);
  host.room = Number.POSITIVE_INFINITY;
  board.console.outputReady(0);
  settle();
  assert.equal(events.length, 2, "who asked for what is unsent is told too");
  assert.equal(driver.query(0, 0, FIGURE.unsent), 0);
  assert.deepEqual(host.output.get(0), [...bytesOf(taken)]);
});

test("who learns from a query that there is no room is told of it later", () => {
  const { send, host, board, driver, settle, events } = create();
  settle();
  host.room = 0;
  assert.equal(send(0, bytesOf(8192)), 8192);
  assert.equal(driver.query(0, 0, FIGURE.room), 0);
  host.room = Number.POSITIVE_INFINITY;
  board.console.outputReady(0);
  settle();
  assert.deepEqual(events, [[DRIVER_EVENT.room, 0, 0, 0]]);
});

test("room that a later write finds is told to who waits", () => {
  const { send, host, board, settle, events } = create();
  settle();
  host.room = 0;
  assert.equal(send(0, bytesOf(9000)), 8192);
  host.room = Number.POSITIVE_INFINITY;
  board.console.outputReady(0);
  // Another task writes before the interrupt is delivered.
  assert.equal(send(0, bytesOf(1)), 1);
  settle();
  assert.deepEqual(events, [[DRIVER_EVENT.room, 0, 0, 0]]);
});

test("input is announced and fetched in order; who does not read stops the host", () => {
  const { board, driver, settle, events, fetch } = create();
  settle();
  const bytes = bytesOf(70000);
  const offered = board.console.writeInput(0, bytes);
  assert.equal(offered, 65536);
  assert.equal(board.console.writeInput(0, bytes), 2048, "two buffers went to the driver");
  settle();
  assert.deepEqual(events, [[DRIVER_EVENT.input, 0, 0, 0]]);
  assert.equal(driver.query(0, 0, FIGURE.input), 2048);
  const received: number[] = [];
  for (let part = fetch(0, 777); Array.isArray(part) && part.length > 0; part = fetch(0, 777)) {
    received.push(...part);
  }
  assert.deepEqual(received, [...bytes.subarray(0, 65536), ...bytes.subarray(0, 2048)]);
  settle();
  assert.deepEqual(fetch(0, 10), []);
});

test("a stream of the host: added, opened, read to its end, removed", () => {
  const { board, driver, settle, events, fetch, send, host, kernel } = create();
  settle();
  const free = kernel.frames.state.freeCount;
  const port = board.console.addPort("stdin");
  assert.equal(driver.query(0, port, FIGURE.open), -EIO, "not known before its messages");
  assert.equal(driver.setOpen(0, port, 1), 0);
  assert.deepEqual(host.opened.at(-1), [port, true]);
  assert.equal(driver.query(0, port, FIGURE.open), 1);
  board.console.writeInput(port, bytesOf(3000));
  board.console.closePort(port);
  settle();
  assert.equal(driver.query(0, port, FIGURE.open), 1, "input is still to come");
  const received: number[] = [];
  for (let part = fetch(port, 4096); received.length < 3000; part = fetch(port, 4096)) {
    assert.ok(Array.isArray(part) && part.length > 0);
    received.push(...part);
  }
  assert.deepEqual(received, [...bytesOf(3000)]);
  settle();
  assert.equal(driver.query(0, port, FIGURE.open), 0);
  const kinds = events.filter((event) => event[1] === port).map(([kind]) => kind);
  assert.equal(kinds.filter((kind) => kind === DRIVER_EVENT.closed).length, 1);
  assert.equal(kinds.at(-1), DRIVER_EVENT.closed, "input before its end");
  assert.equal(send(port, bytesOf(1)), -EPIPE);
  assert.equal(driver.setOpen(0, port, 0), 0);
  assert.deepEqual(host.opened.at(-1), [port, false]);
  board.console.removePort(port);
  settle();
  assert.equal(driver.query(0, port, FIGURE.open), -EIO);
  assert.equal(kernel.frames.state.freeCount, free, "its frames are free");
  assert.deepEqual(events.at(-1), [DRIVER_EVENT.closed, port, 0, 0]);
});

test("many ports at once, and again after they went", () => {
  const { board, driver, settle, send, host, kernel } = create();
  for (let round = 0; round < 3; round++) {
    const added = Array.from({ length: 60 }, () => {
      const port = board.console.addPort("p");
      settle();
      return port;
    });
    for (const port of added) {
      assert.equal(driver.setOpen(0, port, 1), 0);
      assert.equal(send(port, Uint8Array.of(port, round)), 2);
    }
    for (const port of added) {
      assert.equal(board.console.removePort(port), 0);
      settle();
    }
  }
  assert.deepEqual(host.output.get(31), [31, 0, 31, 1, 31, 2]);
  assert.equal(kernel.frames.state.freeCount, 256 - 2, "port 0 and control");
});

test("a new window size is an event with columns and rows", () => {
  const { board, driver, settle, events } = create();
  settle();
  board.console.resize(132, 43);
  settle();
  assert.deepEqual(events, [[DRIVER_EVENT.size, 0, 132, 43]]);
  assert.equal(driver.query(0, 0, FIGURE.columns), 132);
  board.console.resize(132, 43);
  settle();
  assert.equal(events.length, 1, "the same size is no event");
});

test("a device that wants a reset: ports close, operations answer EIO, status is FAILED", () => {
  const { driver, kernel, service, settle, events } = create();
  settle();
  const { bus, ram } = kernel.platform;
  const queue = service.state.ports.get(0)?.transmit;
  assert.ok(queue);
  // Somebody scribbles over the available index: the device finds the queue malformed.
  ram[queue.frame * 4096 + queue.offset + 8 * 16 + 2] = 200;
  bus.store(CONSOLE_REGISTERS + abi.VIRTIO_MMIO_QUEUE_NOTIFY, 4, queue.number);
  settle();
  assert.equal(driver.query(0, 0, FIGURE.open), -EIO);
  assert.equal(driver.setOpen(0, 0, 1), -EIO);
  assert.deepEqual(events.at(-1), [DRIVER_EVENT.closed, 0, 0, 0]);
  const status = bus.load(CONSOLE_REGISTERS + abi.VIRTIO_MMIO_STATUS, 4);
  assert.equal(status & abi.STATUS_FAILED, abi.STATUS_FAILED);
});

test("a device that lies about its used ring is not believed", () => {
  for (const [name, entry, count] of [
    ["a slot that does not exist", 200, 1],
    ["a receive slot without a buffer", 5, 1],
    ["more slots than were offered", 0, 100],
  ] as const) {
    const { driver, kernel, service, fetch } = create();
    const queue = service.state.ports.get(0)?.receive;
    assert.ok(queue);
    const used = queue.frame * 4096 + queue.offset + 8 * 16 + 32;
    kernel.platform.ram[used + 2] = count;
    kernel.platform.ram[used + 4] = entry;
    assert.deepEqual(fetch(0, 10), [], name);
    assert.equal(driver.query(0, 0, FIGURE.open), -EIO, name);
  }
});

test("without the right to its registers the driver answers EIO; refusals are counted", () => {
  const { driver, domain } = create({ ...manifest, registers: [] });
  assert.equal(driver.query(0, 0, FIGURE.open), -EIO);
  assert.ok((domain.state.refusals.get("register 0x10001000") ?? 0) > 0);
});

test("state is plain data", () => {
  const { service, board, settle } = create();
  board.console.addPort("x");
  settle();
  assert.deepStrictEqual(structuredClone(service.state), service.state);
});
