/** The board as a whole: places, interrupt wiring, and state that is plain data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as map from "../../abi/board.js";
import * as uart from "../../abi/uart-16550.js";
import * as virtio from "../../abi/virtio.js";
import { createBoard } from "./board.js";
import { TestDriver, testMemory } from "./virtio-test-driver.js";

function create() {
  const memory = testMemory(16);
  const sent: number[] = [];
  const board = createBoard({
    memory,
    timer: { timeTicks: () => 42 },
    uart: { output: (bytes) => sent.push(...bytes) && bytes.length, inputReady: () => {} },
    console: {
      output: (_, bytes) => sent.push(...bytes) && bytes.length,
      inputReady: () => {},
      guestOpened: () => {},
    },
    entropy: { fill: (bytes) => bytes.fill(7) },
    window: { columns: 80, rows: 25 },
  });
  return { memory, board, sent };
}

/** Enables a source for the supervisor context. */
function enable(board: ReturnType<typeof createBoard>, source: number): void {
  const register = map.PLIC_BASE + map.PLIC_ENABLE + map.PLIC_ENABLE_STRIDE;
  board.bus.store(map.PLIC_BASE + map.PLIC_PRIORITY + 4 * source, 4, 1);
  board.bus.store(register, 4, board.bus.load(register, 4) | (1 << source));
}

const CLAIM = map.PLIC_BASE + map.PLIC_CLAIM + map.PLIC_CONTEXT_STRIDE;

test("devices answer at QEMU virt's addresses, and between them is a bus error", () => {
  const { board } = create();
  assert.equal(board.bus.load(0x200bff8, 4), 42);
  assert.equal(board.bus.load(0x10000005, 1), 0x60);
  assert.equal(board.bus.load(0x10001000, 4), virtio.VIRTIO_MAGIC);
  assert.equal(board.bus.load(0x10001008, 4), virtio.VIRTIO_ID_CONSOLE);
  assert.equal(board.bus.load(0x10002008, 4), virtio.VIRTIO_ID_ENTROPY);
  assert.equal(board.bus.load(0x10003008, 4), virtio.VIRTIO_ID_FILE_SYSTEM);
  for (const address of [0, 0x10000100, 0x10004000, 0x8000_0000]) {
    assert.equal(board.bus.load(address, 4), -1);
  }
});

test("each device's interrupt reaches the hart and is claimed under its number", () => {
  const { board, memory } = create();
  const slots = ["uart", "virtio-console", "virtio-entropy"].map((name) =>
    board.ranges.find((range) => range.name === name),
  );
  assert.deepEqual(
    slots.map((range) => range?.interrupt),
    [10, 1, 2],
  );
  for (const range of slots) {
    enable(board, range?.interrupt ?? 0);
  }
  board.bus.store(map.UART_BASE + uart.UART_IER, 1, uart.IER_RECEIVED);
  assert.equal(board.bus.interruptPending, false);
  board.uart.writeInput(Uint8Array.of(65));
  assert.equal(board.bus.interruptPending, true);
  assert.equal(board.bus.load(CLAIM, 4), 10);
  assert.equal(board.bus.load(map.UART_BASE, 1), 65);
  board.bus.store(CLAIM, 4, 10);
  assert.equal(board.bus.interruptPending, false);
  for (const [name, interrupt] of [
    ["virtio-console", 1],
    ["virtio-entropy", 2],
  ] as const) {
    const device = board.devices[name];
    assert.ok(device);
    const driver = new TestDriver(device, memory);
    driver.start(0, [0]);
    driver.offer(0, { offset: 8 * 4096, lengthBytes: 4, writable: true });
    board.console.writeInput(0, Uint8Array.of(1));
    assert.equal(board.bus.load(CLAIM, 4), interrupt);
    driver.acknowledge();
    board.bus.store(CLAIM, 4, interrupt);
    assert.equal(board.bus.interruptPending, false);
  }
});

test("the devices' state is plain data: a copy of it in another board goes on alike", () => {
  const first = create();
  const console = first.board.devices["virtio-console"];
  assert.ok(console);
  const driver = new TestDriver(console, first.memory);
  driver.start(0, [0, 1]);
  first.board.console.writeInput(0, Uint8Array.of(1, 2, 3));
  first.board.console.addPort("later");
  first.board.bus.store(map.CLINT_BASE + map.CLINT_MTIMECMP_LOW, 4, 7);
  enable(first.board, 1);

  const second = create();
  second.memory.ram.set(first.memory.ram);
  for (const [name, device] of Object.entries(first.board.devices)) {
    const target = second.board.devices[name];
    assert.ok(target);
    // structuredClone refuses functions; class instances would lose their prototype.
    target.state = structuredClone(device.state);
    assert.deepStrictEqual(target.state, device.state);
  }
  const copy = second.board.devices["virtio-console"];
  assert.ok(copy);
  const successor = new TestDriver(copy, second.memory);
  successor.offer(0, { offset: 8 * 4096, lengthBytes: 8, writable: true });
  assert.deepEqual([...second.memory.ram.subarray(8 * 4096, 8 * 4096 + 4)], [1, 2, 3, 0]);
  assert.equal(second.board.bus.load(CLAIM, 4), 1);
  assert.equal(second.board.bus.load(map.CLINT_BASE + map.CLINT_MTIMECMP_LOW, 4), 7);
  assert.equal(first.board.bus.interruptPending, false, "two boards do not meet");
});
