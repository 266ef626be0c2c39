/** The virtio-mmio transport and its queues, by way of the entropy device, and broken drivers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as virtio from "../../abi/virtio.js";
import { RAM_BASE } from "../platform.js";
import { VirtioEntropy } from "./virtio-entropy.js";
import { TestDriver, testMemory } from "./virtio-test-driver.js";

const PAGES = 16;
const RAM_BYTES = PAGES * 4096;
const READY = 0x0f;
const BUFFER = 8 * 4096;

function create() {
  const memory = testMemory(PAGES);
  const wire = { asserted: false };
  let next = 1;
  const fill = (bytes: Uint8Array) => bytes.set(bytes.map(() => next++));
  const device = new VirtioEntropy({ fill }, memory, (asserted) => {
    wire.asserted = asserted;
  });
  return { memory, wire, device, driver: new TestDriver(device, memory) };
}

test("identification registers and absent shared memory", () => {
  const { driver } = create();
  assert.equal(driver.read(virtio.VIRTIO_MMIO_MAGIC), 0x74726976);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_VERSION), 2);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_DEVICE_ID), virtio.VIRTIO_ID_ENTROPY);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_SHARED_MEMORY_LENGTH_LOW), 0xffff_ffff);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_MAGIC, 1), -1);
  assert.equal(driver.write(virtio.VIRTIO_MMIO_STATUS, 1, 1), -1);
});

test("features: VERSION_1 is offered and must be accepted, nothing else may be", () => {
  const { driver } = create();
  driver.write(virtio.VIRTIO_MMIO_DEVICE_FEATURES_SELECT, 1);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_DEVICE_FEATURES), virtio.FEATURE_VERSION_1);
  driver.write(virtio.VIRTIO_MMIO_DEVICE_FEATURES_SELECT, 2);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_DEVICE_FEATURES), 0);
  assert.equal(driver.negotiate(0), 0x0b);
  assert.equal(driver.negotiate(0, 0), 0x03, "without VERSION_1 FEATURES_OK stays clear");
  assert.equal(driver.negotiate(1), 0x03, "a feature that was not offered");
  assert.equal(driver.negotiate(0, 3), 0x03);
  driver.write(virtio.VIRTIO_MMIO_STATUS, READY);
  assert.equal(driver.status, 0x03, "no DRIVER_OK without FEATURES_OK");
});

test("a request is served at once, with interrupt, used ring and acknowledgement", () => {
  const { driver, memory, wire } = create();
  driver.start(0, [0]);
  const buffers = [
    { offset: BUFFER, lengthBytes: 3, writable: true },
    { offset: BUFFER + 100, lengthBytes: 2, writable: true },
  ];
  const head = driver.offer(0, ...buffers);
  assert.deepEqual(driver.used(0), [{ head, writtenBytes: 5 }]);
  assert.deepEqual([...memory.ram.subarray(BUFFER, BUFFER + 4)], [1, 2, 3, 0]);
  assert.deepEqual([...memory.ram.subarray(BUFFER + 100, BUFFER + 103)], [4, 5, 0]);
  assert.equal(wire.asserted, true);
  assert.equal(driver.acknowledge(), virtio.INTERRUPT_USED_BUFFER);
  assert.equal(wire.asserted, false);
});

test("indices run over 16 bits, and NO_INTERRUPT is honoured", () => {
  const { driver, wire } = create();
  driver.start(0, [0]);
  driver.setAvailableFlags(0, virtio.AVAILABLE_NO_INTERRUPT);
  for (let count = 0; count < 65536 + 20; count++) {
    driver.offer(0, { offset: BUFFER, lengthBytes: 1, writable: true });
    if (count % 8192 === 0 || count > 65530) {
      assert.equal(driver.used(0).at(-1)?.writtenBytes, 1);
    }
  }
  assert.equal(wire.asserted, false);
  assert.equal(driver.status, READY);
});

test("a device write to a frame with decoded code invalidates it", () => {
  const { driver, memory } = create();
  driver.start(0, [0]);
  memory.codeFrames[8] = 1;
  memory.codeFrames[10] = 1;
  driver.offer(0, { offset: 9 * 4096 - 1, lengthBytes: 4096, writable: true });
  assert.deepEqual(memory.invalidated, [8]);
  driver.offer(0, { offset: 9 * 4096, lengthBytes: 4097, writable: true });
  assert.deepEqual(memory.invalidated, [8, 10]);
});

test("buffers made available before DRIVER_OK wait for it", () => {
  const { driver } = create();
  driver.negotiate(0);
  driver.setupQueue(0);
  driver.offer(0, { offset: BUFFER, lengthBytes: 1, writable: true });
  assert.deepEqual(driver.used(0), []);
  driver.write(virtio.VIRTIO_MMIO_STATUS, READY);
  assert.equal(driver.used(0).length, 1);
});

test("reset forgets queues, features, interrupts; the next driver starts anew", () => {
  const { driver, wire, device } = create();
  driver.start(0, [0]);
  driver.offer(0, { offset: BUFFER, lengthBytes: 1, writable: true });
  driver.write(virtio.VIRTIO_MMIO_STATUS, 0);
  assert.equal(wire.asserted, false);
  assert.equal(driver.status, 0);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_QUEUE_READY), 0);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_INTERRUPT_STATUS), 0);
  assert.deepEqual(device.state.transport.driverFeatures, [0, 0]);
  driver.start(0, [0]);
  driver.offer(0, { offset: BUFFER, lengthBytes: 1, writable: true });
  assert.equal(driver.used(0).length, 1);
});

test("a driver that says FAILED is served no more, and cannot take the bit back", () => {
  const { driver } = create();
  driver.start(0, [0]);
  driver.write(virtio.VIRTIO_MMIO_STATUS, READY | virtio.STATUS_FAILED);
  driver.write(virtio.VIRTIO_MMIO_STATUS, READY);
  assert.equal(driver.status, READY | virtio.STATUS_FAILED);
  driver.offer(0, { offset: BUFFER, lengthBytes: 1, writable: true });
  assert.deepEqual(driver.used(0), []);
});

test("queue set-up that does not hold needs a reset; a ready queue does not change", () => {
  const setups: [string, number, number][] = [
    ["size not a power of two", virtio.VIRTIO_MMIO_QUEUE_SIZE, 12],
    ["size 0", virtio.VIRTIO_MMIO_QUEUE_SIZE, 0],
    ["size above the maximum", virtio.VIRTIO_MMIO_QUEUE_SIZE, 128],
    ["size huge", virtio.VIRTIO_MMIO_QUEUE_SIZE, 0x8000_0000],
    ["misaligned", virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW, RAM_BASE + 8],
    ["misaligned available", virtio.VIRTIO_MMIO_QUEUE_DRIVER_LOW, RAM_BASE + 1],
    ["misaligned used", virtio.VIRTIO_MMIO_QUEUE_DEVICE_LOW, RAM_BASE + 2],
    ["below RAM", virtio.VIRTIO_MMIO_QUEUE_DEVICE_LOW, 0],
    ["behind RAM", virtio.VIRTIO_MMIO_QUEUE_DRIVER_LOW, RAM_BASE + RAM_BYTES - 2],
    ["behind 4 GiB", virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH, 1],
    ["behind 2^53", virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH, 0xffff_ffff],
  ];
  for (const [name, register, value] of setups) {
    const { driver } = create();
    driver.negotiate(0);
    driver.setupQueue(0);
    driver.write(virtio.VIRTIO_MMIO_QUEUE_READY, 0);
    driver.write(register, value);
    driver.write(virtio.VIRTIO_MMIO_QUEUE_READY, 1);
    assert.equal(driver.read(virtio.VIRTIO_MMIO_QUEUE_READY), 0, name);
    assert.equal(driver.status & virtio.STATUS_NEEDS_RESET, virtio.STATUS_NEEDS_RESET, name);
  }
  const { driver } = create();
  driver.start(0, [0]);
  driver.write(virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW, 1);
  driver.write(virtio.VIRTIO_MMIO_QUEUE_SIZE, 3);
  driver.offer(0, { offset: BUFFER, lengthBytes: 1, writable: true });
  assert.equal(driver.used(0).length, 1);
  driver.write(virtio.VIRTIO_MMIO_QUEUE_SELECT, 1);
  assert.equal(driver.read(virtio.VIRTIO_MMIO_QUEUE_SIZE_MAX), 0);
  driver.write(virtio.VIRTIO_MMIO_QUEUE_READY, 1);
  driver.notify(1);
  driver.notify(0xffff_ffff);
  assert.equal(driver.status, READY);
});

/** Each breaks one rule of 2.7 on queue 0, whose descriptor 0 would be a good request. */
const BROKEN: Record<string, (driver: TestDriver) => void> = {
  "a loop": (driver) => driver.link(0, 0, virtio.DESCRIPTOR_WRITE | virtio.DESCRIPTOR_NEXT, 0),
  "a next that is no descriptor": (driver) =>
    driver.link(0, 0, virtio.DESCRIPTOR_WRITE | virtio.DESCRIPTOR_NEXT, 16),
  "an indirect descriptor": (driver) =>
    driver.link(0, 0, virtio.DESCRIPTOR_WRITE | virtio.DESCRIPTOR_INDIRECT, 0),
  "an address below RAM": (driver) => driver.descriptor(0, 0, RAM_BASE - 1, 0, 2),
  "an address behind RAM": (driver) => driver.descriptor(0, 0, RAM_BASE + RAM_BYTES - 1, 0, 2),
  "an address behind 4 GiB": (driver) => driver.descriptor(0, 0, RAM_BASE, 1, 1),
  "a length behind RAM": (driver) => driver.descriptor(0, 0, RAM_BASE, 0, 0xffff_ffff),
  "a buffer that may only be read": (driver) => driver.link(0, 0, 0, 0),
  "readable behind writable": (driver) => {
    driver.link(0, 0, virtio.DESCRIPTOR_WRITE | virtio.DESCRIPTOR_NEXT, 1);
    driver.descriptor(0, 1, RAM_BASE, 0, 1);
  },
  "no room for one byte": (driver) => driver.descriptor(0, 0, RAM_BASE, 0, 0),
  "more chains than entries": (driver) => driver.setAvailableIndex(0, 17 - 1),
};

for (const [name, breakRule] of Object.entries(BROKEN)) {
  test(`malformed chain: ${name} needs a reset and is told by an interrupt`, () => {
    const { driver, wire } = create();
    driver.start(0, [0]);
    driver.descriptor(0, 0, RAM_BASE + BUFFER, 0, 1);
    driver.link(0, 0, virtio.DESCRIPTOR_WRITE, 0);
    breakRule(driver);
    driver.publish(0, 0);
    driver.notify(0);
    assert.equal(driver.status, READY | virtio.STATUS_NEEDS_RESET);
    assert.deepEqual(driver.used(0), []);
    assert.equal(driver.acknowledge(), virtio.INTERRUPT_CONFIG_CHANGE);
    assert.equal(wire.asserted, false);
    driver.start(0, [0]);
    driver.offer(0, { offset: BUFFER, lengthBytes: 1, writable: true });
    assert.equal(driver.used(0).length, 1, "a reset heals");
  });
}

test("a head out of range is malformed", () => {
  const { driver } = create();
  driver.start(0, [0]);
  driver.publish(0, 16);
  driver.notify(0);
  assert.equal(driver.status, READY | virtio.STATUS_NEEDS_RESET);
});

test("a request is answered with 64 KiB at most, in pieces that overlap as the driver said", () => {
  const { driver } = create();
  driver.start(0, [0]);
  const piece = { offset: BUFFER, lengthBytes: 4096 * 7, writable: true };
  driver.offer(0, piece, piece, piece, piece);
  assert.equal(driver.used(0)[0]?.writtenBytes, 65536);
});
