/** The UART driver on the real device and kernel, in a domain with its manifest's rights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRig } from "../../../../tests/drivers/rig.js";
import { EIO } from "../../../abi/errno.js";
import { characterDriverProtocol, DRIVER_EVENT, FIGURE } from "../protocol.js";
import { INPUT_BYTES_MAX, UartDriver } from "./index.js";
import { manifest } from "./manifest.js";

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, index) => index);

function create() {
  const rig = createRig(
    characterDriverProtocol("uart"),
    manifest,
    (kernel, options) => new UartDriver(kernel, {}, options),
  );
  const { driver } = rig;
  return {
    ...rig,
    send: (bytes: Uint8Array) =>
      rig.write((address, length) => driver.write(0, 0, address, length), bytes),
    fetch: (lengthBytes: number) =>
      rig.read((address, length) => driver.read(0, 0, address, length), lengthBytes),
  };
}

test("output of any length reaches the host in one call", () => {
  const { send, host, domain } = create();
  const bytes = bytesOf(1000);
  assert.equal(send(bytes), 1000);
  assert.deepEqual(host.output.get("uart"), [...bytes]);
  assert.equal(domain.state.refusals.size, 0, "the manifest suffices");
});

test("a full host: fewer bytes are taken, and a room event follows when it takes more", () => {
  const { send, host, board, driver, settle, events } = create();
  host.room = 5;
  const taken = send(bytesOf(100));
  assert.ok(taken > 5 && taken < 100, `${taken}`);
  assert.equal(send(bytesOf(1)), 0);
  assert.equal(driver.query(0, 0, FIGURE.room), 0);
  assert.equal(driver.query(0, 0, FIGURE.unsent), 1);
  settle();
  assert.deepEqual(events, []);
  host.room = Number.POSITIVE_INFINITY;
  board.uart.outputReady();
  settle();
  assert.deepEqual(events, [[DRIVER_EVENT.room, 0, 0, 0]]);
  assert.equal(driver.query(0, 0, FIGURE.unsent), 0);
  assert.deepEqual(host.output.get("uart"), [...bytesOf(taken)]);
});

test("input is announced, fetched in order, and bounded: the rest stays with the device", () => {
  const { board, settle, events, fetch, driver, kernel } = create();
  assert.deepEqual(fetch(10), []);
  const length = INPUT_BYTES_MAX + 1000;
  assert.equal(board.uart.writeInput(bytesOf(length)), length);
  settle();
  assert.deepEqual(events, [[DRIVER_EVENT.input, 0, 0, 0]]);
  assert.equal(driver.query(0, 0, FIGURE.input), INPUT_BYTES_MAX);
  assert.equal(kernel.platform.bus.interruptPending, false, "what is full asks for nothing");
  const received: number[] = [];
  for (let part = fetch(999); Array.isArray(part) && part.length > 0; part = fetch(999)) {
    received.push(...part);
    settle();
  }
  assert.deepEqual(received, [...bytesOf(length)]);
});

test("there is one port, and it is open; an owner that sees no events loses no bytes", () => {
  const { driver, board, settle, fetch } = create();
  assert.equal(driver.query(0, 1, FIGURE.open), -EIO);
  assert.equal(driver.read(0, 1, 0, 0), -EIO);
  assert.equal(driver.setOpen(0, 1, 1), -EIO);
  assert.equal(driver.setOpen(0, 0, 1), 0);
  assert.equal(driver.query(0, 0, FIGURE.open), 1);
  assert.equal(driver.query(0, 0, FIGURE.columns), 0);
  assert.ok(driver.query(0, 0, 99) < 0);
  assert.ok(driver.event(0, 99, 0, 0, 0) < 0);
  board.uart.writeInput(Uint8Array.of(1));
  settle();
  board.uart.writeInput(Uint8Array.of(2));
  settle();
  assert.deepEqual(fetch(10), [1, 2]);
});

test("without the right to its registers the driver answers EIO; refusals are counted", () => {
  const { driver, domain } = createRig(
    characterDriverProtocol("uart"),
    { ...manifest, registers: [] },
    (kernel, options) => new UartDriver(kernel, {}, options),
  );
  assert.equal(driver.query(0, 0, FIGURE.open), -EIO);
  assert.equal(domain.state.refusals.get("register 0x10000007"), 2);
});
