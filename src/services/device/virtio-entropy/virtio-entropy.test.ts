/** The entropy driver on the real device and kernel, in a domain with its manifest's rights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRig } from "../../../../tests/drivers/rig.js";
import { EIO } from "../../../abi/errno.js";
import { VIRTIO_MMIO_QUEUE_NOTIFY, VIRTIO_MMIO_QUEUE_SELECT } from "../../../abi/virtio.js";
import { entropyProtocol } from "../protocol.js";
import { VirtioEntropyDriver } from "./index.js";
import { ENTROPY_REGISTERS, manifest } from "./manifest.js";

function create(rights = manifest) {
  const rig = createRig(
    entropyProtocol,
    rights,
    (kernel, options) => new VirtioEntropyDriver(kernel, {}, options),
  );
  const fetch = (lengthBytes: number) =>
    rig.read((address, length) => rig.driver.read(0, address, length), lengthBytes);
  return { ...rig, fetch };
}

test("a request is served in full, from the device's bytes in their order", () => {
  const { fetch, domain, kernel, settle } = create();
  const length = 3 * 4096 + 5;
  const expected = Array.from({ length }, (_, index) => index & 0xff);
  assert.deepEqual(fetch(length), expected);
  assert.deepEqual(fetch(3), [5, 6, 7]);
  assert.deepEqual(fetch(0), []);
  settle();
  assert.equal(kernel.platform.bus.interruptPending, false);
  assert.equal(domain.state.refusals.size, 0, "the manifest suffices");
});

test("more requests than 16-bit ring indices can count", () => {
  const { fetch, kernel } = create();
  for (let count = 0; count < 65536 + 10; count++) {
    assert.deepEqual(fetch(1), [count & 0xff]);
    kernel.calls.endOwn();
  }
});

test("a device that wants a reset is used no more", () => {
  const { fetch, kernel, service, settle } = create();
  const { bus, ram } = kernel.platform;
  // Somebody scribbles over the queue: the device finds it malformed.
  const frame = service.state.queue.frame;
  ram[frame * 4096 + 8 * 16 + 2] = 200;
  bus.store(ENTROPY_REGISTERS + VIRTIO_MMIO_QUEUE_SELECT, 4, 0);
  bus.store(ENTROPY_REGISTERS + VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0);
  settle();
  assert.equal(service.state.failed, true);
  assert.equal(fetch(1), -EIO);
});

test("without frames, or the right to its interrupt, every request is refused with EIO", () => {
  assert.equal(create({ ...manifest, interrupts: [] }).fetch(1), -EIO);
  const kernelCalls = manifest.kernelCalls.filter((name) => name !== "allocateFrame");
  const { fetch, domain } = create({ ...manifest, kernelCalls });
  assert.equal(fetch(1), -EIO);
  assert.equal(domain.state.refusals.get("kernel call allocateFrame"), 2);
});
