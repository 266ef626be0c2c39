/**
 * A guest that writes anything anywhere: no register access and no content of RAM makes a device
 * throw, leave its bounds or ask the host for more than it may.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as map from "../../abi/board.js";
import * as virtio from "../../abi/virtio.js";
import { RAM_BASE } from "../platform.js";
import { createBoard } from "./board.js";
import { ENTROPY_REQUEST_BYTES_MAX } from "./host.js";
import { testMemory } from "./virtio-test-driver.js";

const ROUNDS = 300;
const STEPS = 200;
const PAGES = 4;

/** Marsaglia's xorshift32. */
function generator(seed: number): (limit: number) => number {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function create(random: (limit: number) => number) {
  const memory = testMemory(PAGES);
  memory.codeFrames.fill(1);
  const served = { bytes: 0 };
  const take = (bytes: Uint8Array) => {
    served.bytes += bytes.length;
    return random(4) === 0 ? random(bytes.length + 1) : bytes.length;
  };
  const board = createBoard({
    memory,
    timer: { timeTicks: () => random(1e9) },
    uart: { output: take, inputReady: () => {} },
    console: {
      output: (_, bytes) => take(bytes),
      inputReady: () => {},
      guestOpened: () => {},
    },
    entropy: {
      fill: (bytes) => {
        assert.ok(bytes.length <= ENTROPY_REQUEST_BYTES_MAX);
        served.bytes += bytes.length;
      },
    },
    window: { columns: 80, rows: 25 },
  });
  return { memory, board, served };
}

/** A value that a driver might write: an address, an index, flags, or noise. */
function value(random: (limit: number) => number): number {
  switch (random(4)) {
    case 0:
      return RAM_BASE + 16 * random(PAGES * 256);
    case 1:
      return random(16);
    case 2:
      return 2 ** random(32);
    default:
      return random(2 ** 32);
  }
}

/** Sets a queue up well, in RAM that the guest then scribbles over. */
function setUp(board: ReturnType<typeof createBoard>, base: number, queue: number): void {
  const store = (register: number, word: number) => board.bus.store(base + register, 4, word);
  store(virtio.VIRTIO_MMIO_QUEUE_SELECT, queue);
  store(virtio.VIRTIO_MMIO_QUEUE_SIZE, 4);
  store(virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW, RAM_BASE);
  store(virtio.VIRTIO_MMIO_QUEUE_DRIVER_LOW, RAM_BASE + 64);
  store(virtio.VIRTIO_MMIO_QUEUE_DEVICE_LOW, RAM_BASE + 96);
  store(virtio.VIRTIO_MMIO_QUEUE_READY, 1);
}

function bringUp(board: ReturnType<typeof createBoard>, base: number, features: number): void {
  const store = (register: number, word: number) => board.bus.store(base + register, 4, word);
  store(virtio.VIRTIO_MMIO_STATUS, 0);
  for (const [word, accepted] of [features, virtio.FEATURE_VERSION_1].entries()) {
    store(virtio.VIRTIO_MMIO_DRIVER_FEATURES_SELECT, word);
    store(virtio.VIRTIO_MMIO_DRIVER_FEATURES, accepted);
  }
  store(virtio.VIRTIO_MMIO_STATUS, virtio.STATUS_FEATURES_OK);
  for (let queue = 0; queue < 8; queue++) {
    setUp(board, base, queue);
  }
  store(virtio.VIRTIO_MMIO_STATUS, virtio.STATUS_FEATURES_OK | virtio.STATUS_DRIVER_OK);
}

/** One act of the guest or of the host. */
function step(
  board: ReturnType<typeof createBoard>,
  ram: Uint8Array,
  random: (limit: number) => number,
): void {
  const range = board.ranges[random(board.ranges.length)];
  const address = (range?.base ?? 0) + random(random(2) === 0 ? 0x120 : (range?.lengthBytes ?? 1));
  const size = ([1, 2, 4] as const)[random(3)] ?? 4;
  const slot = map.VIRTIO_BASE + map.VIRTIO_STRIDE * random(2);
  switch (random(8)) {
    case 0:
      assert.ok(board.bus.store(address, size, value(random)) <= 0);
      break;
    case 1: {
      const loaded = board.bus.load(address, size);
      assert.ok(Number.isInteger(loaded) && loaded >= -1 && loaded < 2 ** (8 * size));
      break;
    }
    case 2:
      board.bus.store(slot + virtio.VIRTIO_MMIO_QUEUE_NOTIFY, 4, random(9));
      break;
    case 3: {
      // Descriptors and rings share the first bytes of RAM; small values make them near good.
      const word = new DataView(ram.buffer);
      word.setUint32(16 * random(4), value(random), true);
      word.setUint32(16 * random(4) + 4, random(8) === 0 ? 1 : 0, true);
      word.setUint32(16 * random(4) + 8, random(64), true);
      word.setUint32(16 * random(4) + 12, random(8) + 65536 * random(5), true);
      break;
    }
    case 4:
      ram[64 + random(12)] = random(5);
      break;
    case 5:
      bringUp(board, slot, random(2) === 0 ? 0 : 3 * (slot === map.VIRTIO_BASE ? 1 : 0));
      break;
    case 6:
      board.console.writeInput(random(4), new Uint8Array(random(50)));
      board.uart.writeInput(new Uint8Array(random(50)));
      board.console.outputReady(random(4));
      board.uart.outputReady();
      break;
    case 7:
      board.console.addPort("port");
      board.console.closePort(random(40));
      board.console.removePort(random(40));
      board.console.resize(random(100), random(100));
      break;
  }
}

test("a hostile guest finds devices that answer, and a reset heals them", (context) => {
  const seed = Date.now() >>> 0;
  context.diagnostic(`seed ${seed}`);
  const random = generator(seed);
  let needsReset = 0;
  let servedBytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { board, memory, served } = create(random);
    for (let count = 0; count < STEPS; count++) {
      step(board, memory.ram, random);
      const status = board.bus.load(map.VIRTIO_BASE + virtio.VIRTIO_MMIO_STATUS, 4);
      needsReset += (status & virtio.STATUS_NEEDS_RESET) === 0 ? 0 : 1;
    }
    servedBytes += served.bytes;
    bringUp(board, map.VIRTIO_BASE + map.VIRTIO_STRIDE, 0);
    const register = map.VIRTIO_BASE + map.VIRTIO_STRIDE + virtio.VIRTIO_MMIO_STATUS;
    assert.notEqual(board.bus.load(register, 4) & virtio.STATUS_FEATURES_OK, 0, `round ${round}`);
  }
  assert.ok(needsReset > 0 && servedBytes > 0, "both broken and good chains were met");
});
