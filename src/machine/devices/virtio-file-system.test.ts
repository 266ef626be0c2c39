/** The file system device: requests and replies, at once and later, and drivers that mean harm. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as virtio from "../../abi/virtio.js";
import type { FolderHost } from "./host.js";
import { VirtioFileSystem } from "./virtio-file-system.js";
import { TestDriver, testMemory } from "./virtio-test-driver.js";

const { FILE_SYSTEM_QUEUE_REQUESTS: REQUESTS, FILE_SYSTEM_QUEUE_URGENT: URGENT } = virtio;
const request = { offset: 8 * 4096, lengthBytes: 5 };
const reply = { offset: 9 * 4096, lengthBytes: 100, writable: true };

function create(host: FolderHost | undefined) {
  const memory = testMemory(16);
  const wire = { asserted: false };
  const device = new VirtioFileSystem(host, memory, (asserted) => {
    wire.asserted = asserted;
  });
  const driver = new TestDriver(device, memory);
  driver.start(0, [URGENT, REQUESTS]);
  memory.ram.set([1, 2, 3, 4, 5], request.offset);
  return { memory, device, driver, wire };
}

test("the configuration has a tag and one queue for requests", () => {
  const { driver } = create(undefined);
  const config = virtio.VIRTIO_MMIO_CONFIG;
  assert.equal(driver.read(config, 4), 0x74736f68, "host");
  assert.equal(driver.read(config + virtio.FILE_SYSTEM_CONFIG_QUEUES, 4), 1);
});

test("a reply that comes at once is in the chain when the notification is over", () => {
  const seen: number[][] = [];
  const { driver, memory, wire } = create({
    request: (_token, bytes, room) => {
      seen.push([...bytes, room]);
      return Uint8Array.of(9, 8, 7);
    },
  });
  driver.offer(REQUESTS, request, reply);
  assert.deepEqual(seen, [[1, 2, 3, 4, 5, 100]]);
  assert.deepEqual([...memory.ram.subarray(reply.offset, reply.offset + 4)], [9, 8, 7, 0]);
  assert.deepEqual(
    driver.used(REQUESTS).map(({ writtenBytes }) => writtenBytes),
    [3],
  );
  assert.equal(wire.asserted, true);
});

test("replies may come later, in any order; one nobody waits for is dropped", () => {
  const tokens: number[] = [];
  const { driver, device, wire } = create({
    request: (token) => {
      tokens.push(token);
      return undefined;
    },
  });
  const first = driver.offer(REQUESTS, request, reply);
  const second = driver.offer(REQUESTS, request, { ...reply, offset: 10 * 4096 });
  assert.deepEqual(driver.used(REQUESTS), []);
  assert.equal(wire.asserted, false);
  device.reply(tokens[1] as number, Uint8Array.of(1));
  device.reply(tokens[0] as number, Uint8Array.of(1, 2));
  device.reply(tokens[0] as number, Uint8Array.of(1, 2));
  device.reply(999, Uint8Array.of(1));
  assert.deepEqual(driver.used(REQUESTS), [
    { head: second, writtenBytes: 1 },
    { head: first, writtenBytes: 2 },
  ]);
  assert.equal(wire.asserted, true);
  assert.deepStrictEqual(structuredClone(device.state), device.state);
});

test("a request without room for a reply is given back at once", () => {
  const { driver } = create({ request: () => undefined });
  driver.offer(URGENT, request);
  assert.equal(driver.used(URGENT).length, 1);
});

test("after a reset late replies are dropped", () => {
  let token = 0;
  const { driver, device } = create({
    request: (given) => {
      token = given;
      return undefined;
    },
  });
  driver.offer(REQUESTS, request, reply);
  driver.write(virtio.VIRTIO_MMIO_STATUS, 0);
  device.reply(token, Uint8Array.of(1));
  assert.equal(device.state.waiting.size, 0);
});

test("a request that is too long, empty, or without a host: the device wants a reset", () => {
  const host = { request: () => Uint8Array.of(1) };
  for (const [given, ...buffers] of [
    [host, { offset: 0, lengthBytes: 8 * 4096 }, { offset: 0, lengthBytes: 15 * 4096 }],
    [host, reply],
    [undefined, request, reply],
  ] as const) {
    const { driver } = create(given);
    driver.offer(REQUESTS, ...buffers);
    assert.ok(driver.status & virtio.STATUS_NEEDS_RESET);
  }
});
