/** The virtio console, driven as a driver and as a host would: ports, bytes, back-pressure. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as virtio from "../../abi/virtio.js";
import { CONSOLE_PORTS_MAX, INPUT_QUEUE_BYTES_MAX } from "./host.js";
import { VirtioConsole } from "./virtio-console.js";
import { TestDriver, testMemory } from "./virtio-test-driver.js";

const FEATURES = virtio.CONSOLE_FEATURE_SIZE | virtio.CONSOLE_FEATURE_MULTIPORT;
const CONTROL_IN = virtio.CONSOLE_QUEUE_CONTROL_RECEIVE;
const CONTROL_OUT = virtio.CONSOLE_QUEUE_CONTROL_TRANSMIT;
const QUEUES = [0, 1, CONTROL_IN, CONTROL_OUT, 4, 5, 6, 7];
/** Buffers begin behind the pages of the queues. */
const SCRATCH = 16 * 4096;
const RECEIVE = SCRATCH + 4096;

/** The device with a host that takes `room` bytes and notes everything. */
function createDevice() {
  const memory = testMemory(256);
  const host = {
    output: new Map<number, number[]>(),
    room: Infinity,
    ready: [] as number[],
    opened: [] as [number, boolean][],
  };
  const device = new VirtioConsole(
    {
      output(port, bytes) {
        const taken = Math.min(bytes.length, host.room);
        host.room -= taken;
        host.output.set(port, [...(host.output.get(port) ?? []), ...bytes.subarray(0, taken)]);
        return taken;
      },
      inputReady: (port) => void host.ready.push(port),
      guestOpened: (port, open) => void host.opened.push([port, open]),
    },
    { columns: 80, rows: 25 },
    memory,
    () => {},
  );
  return { memory, host, device, driver: new TestDriver(device, memory) };
}

/** The same with what a driver does. */
function create() {
  const { memory, host, device, driver } = createDevice();

  /** Makes bytes of the driver available on a queue. */
  function send(queue: number, ...bytes: number[]): void {
    memory.ram.set(bytes, SCRATCH);
    driver.offer(queue, { offset: SCRATCH, lengthBytes: bytes.length });
  }
  function control(port: number, event: number, value: number): void {
    send(CONTROL_OUT, port, 0, 0, 0, event, 0, value, 0);
  }
  /** Where the buffer of a head is, by queue. */
  const places = new Map<string, number>();
  let place = RECEIVE;
  /** Gives the device one buffer, in RAM of its own. */
  function provide(queue: number, lengthBytes: number): void {
    const head = driver.offer(queue, { offset: place, lengthBytes, writable: true });
    places.set(`${queue} ${head}`, place);
    place += lengthBytes;
  }
  /** The buffers that the device has filled since the last call. */
  function taken(queue: number): number[][] {
    return driver.used(queue).map(({ head, writtenBytes }) => {
      const offset = places.get(`${queue} ${head}`) ?? 0;
      return [...memory.ram.subarray(offset, offset + writtenBytes)];
    });
  }
  /** Gives one buffer and returns what the device put into buffers by now. */
  function receive(queue: number, lengthBytes: number): number[] {
    provide(queue, lengthBytes);
    return taken(queue).flat();
  }
  /** Control messages by now: [port, event, value, further bytes]; their buffers are renewed. */
  function messages(): [number, number, number, string][] {
    const result: [number, number, number, string][] = [];
    for (let filled = taken(CONTROL_IN); filled.length > 0; filled = taken(CONTROL_IN)) {
      for (const [port = 0, , , , event = 0, , value = 0, , ...rest] of filled) {
        result.push([port, event, value, String.fromCharCode(...rest)]);
        provide(CONTROL_IN, 80);
      }
    }
    return result;
  }
  function provideControl(): void {
    for (let count = 0; count < 8; count++) {
      provide(CONTROL_IN, 80);
    }
  }
  const driverSide = { driver, send, control, provide, provideControl, taken, receive, messages };
  return { memory, host, device, ...driverSide };
}

/** A console whose driver has port 0 open. */
function started() {
  const all = create();
  all.driver.start(FEATURES, QUEUES);
  all.provideControl();
  all.control(0, virtio.CONSOLE_DEVICE_READY, 1);
  openPort(all, 0);
  return all;
}

/** The driver's part of opening an announced port. */
function openPort({ control, messages }: ReturnType<typeof create>, port: number): void {
  messages();
  control(port, virtio.CONSOLE_PORT_READY, 1);
  control(port, virtio.CONSOLE_PORT_OPEN, 1);
  messages();
}

test("configuration: window and number of ports, in any access size", () => {
  const { driver, device } = create();
  const at = virtio.VIRTIO_MMIO_CONFIG;
  device.resize(0x1234, 40);
  assert.equal(driver.read(at, 4), 0x281234);
  assert.equal(driver.read(at, 2), 0x1234);
  assert.equal(driver.read(at + 1, 1), 0x12);
  assert.equal(driver.read(at + virtio.CONSOLE_CONFIG_PORTS_MAX, 4), CONSOLE_PORTS_MAX);
  assert.equal(driver.read(at + 64), 0);
});

test("without MULTIPORT the console is queue 0 and 1, and there is no control", () => {
  const { driver, device, host, send, receive, taken } = create();
  driver.start(0, QUEUES);
  send(1, 104, 105);
  assert.deepEqual(host.output.get(0), [104, 105]);
  assert.deepEqual(receive(0, 10), []);
  assert.equal(device.writeInput(0, Uint8Array.of(7, 8)), 2);
  assert.deepEqual(taken(0), [[7, 8]]);
  send(CONTROL_OUT, 0, 0, 0, 0, virtio.CONSOLE_DEVICE_READY, 0, 1, 0);
  assert.deepEqual(driver.used(CONTROL_OUT), []);
});

test("ports are announced, then named and opened when the driver is ready for them", () => {
  const { driver, device, control, messages, provideControl, host } = create();
  assert.equal(device.addPort("early"), 1);
  driver.start(FEATURES, QUEUES);
  provideControl();
  assert.deepEqual(messages(), []);
  control(0, virtio.CONSOLE_PORT_READY, 1);
  control(0, virtio.CONSOLE_DEVICE_READY, 1);
  assert.deepEqual(messages(), [
    [0, virtio.CONSOLE_PORT_ADD, 1, ""],
    [1, virtio.CONSOLE_PORT_ADD, 1, ""],
  ]);
  control(1, virtio.CONSOLE_PORT_READY, 1);
  control(0, virtio.CONSOLE_PORT_READY, 1);
  control(0, virtio.CONSOLE_PORT_READY, 1);
  assert.deepEqual(messages(), [
    [1, virtio.CONSOLE_PORT_NAME, 1, "early"],
    [1, virtio.CONSOLE_PORT_OPEN, 1, ""],
    [0, virtio.CONSOLE_CONSOLE_PORT, 1, ""],
    [0, virtio.CONSOLE_PORT_NAME, 1, "console"],
    [0, virtio.CONSOLE_RESIZE, 0, "\x50\0\x19\0"],
    [0, virtio.CONSOLE_PORT_OPEN, 1, ""],
  ]);
  control(1, virtio.CONSOLE_PORT_OPEN, 1);
  control(1, virtio.CONSOLE_PORT_OPEN, 1);
  control(1, virtio.CONSOLE_PORT_OPEN, 0);
  assert.deepEqual(host.opened, [
    [1, true],
    [1, false],
  ]);
});

test("input waits for an open port and for buffers, and comes out in order", () => {
  const all = started();
  const { device, receive, taken } = all;
  const port = device.addPort("stdin");
  device.writeInput(port, Uint8Array.of(1, 2, 3, 4, 5));
  assert.deepEqual(receive(4, 3), [], "the port is not open yet");
  openPort(all, port);
  assert.deepEqual(taken(4), [[1, 2, 3]]);
  assert.deepEqual(receive(4, 3), [4, 5]);
});

test("end of file follows the last input, also for a port that closed before it was opened", () => {
  const all = started();
  const { device, messages, receive } = all;
  const port = device.addPort("stdin");
  device.writeInput(port, Uint8Array.of(1, 2));
  assert.equal(device.closePort(port), 0);
  assert.equal(device.writeInput(port, Uint8Array.of(3)), 0);
  openPort(all, port);
  assert.deepEqual(receive(4, 1), [1]);
  assert.deepEqual(messages(), [], "a byte is still to come");
  assert.deepEqual(receive(4, 1), [2]);
  assert.deepEqual(messages(), [[port, virtio.CONSOLE_PORT_OPEN, 0, ""]]);
  assert.deepEqual(receive(4, 1), []);
  assert.deepEqual(messages(), [], "told once");
  const empty = device.addPort("empty");
  device.closePort(empty);
  messages();
  all.control(empty, virtio.CONSOLE_PORT_READY, 1);
  assert.deepEqual(messages().slice(1), [
    [empty, virtio.CONSOLE_PORT_OPEN, 1, ""],
    [empty, virtio.CONSOLE_PORT_OPEN, 0, ""],
  ]);
});

test("a full host keeps the rest of a chain with the guest, to the byte", () => {
  const { device, driver, host, memory, send } = started();
  send(1, 1);
  host.room = 4;
  memory.ram.set([1, 2, 3, 4, 5, 6, 7], SCRATCH);
  driver.used(1);
  const parts = [0, 3, 6].map((start, index) => ({
    offset: SCRATCH + start,
    lengthBytes: index === 2 ? 1 : 3,
  }));
  driver.offer(1, ...parts);
  assert.deepEqual(driver.used(1), []);
  host.room = 1;
  device.outputReady(0);
  assert.deepEqual(driver.used(1), []);
  host.room = Infinity;
  device.outputReady(0);
  assert.equal(driver.used(1).length, 1);
  assert.deepEqual(host.output.get(0), [1, 1, 2, 3, 4, 5, 6, 7]);
});

test("output waiting for a host that closes or removes its port is dropped and returned", () => {
  const { device, driver, host, send } = started();
  const port = device.addPort("stdout");
  host.room = 0;
  send(5, 1, 2, 3);
  assert.deepEqual(driver.used(5), []);
  device.closePort(port);
  assert.equal(driver.used(5).length, 1);
  device.removePort(port);
  send(5, 4);
  assert.equal(driver.used(5).length, 1);
  assert.deepEqual(host.output.get(port), []);
});

test("host input is bounded per port, and the host is told when there is room", () => {
  const { device, host, receive } = started();
  const limit = INPUT_QUEUE_BYTES_MAX;
  assert.equal(device.writeInput(0, new Uint8Array(limit + 1)), limit);
  assert.equal(device.writeInput(0, new Uint8Array(1)), 0);
  assert.equal(receive(0, limit / 2 - 1).length, limit / 2 - 1);
  assert.deepEqual(host.ready, []);
  assert.equal(receive(0, 1).length, 1);
  assert.deepEqual(host.ready, [0]);
});

test("a new window is told by configuration, interrupt and message", () => {
  const { device, driver, messages } = started();
  driver.acknowledge();
  const generation = driver.read(virtio.VIRTIO_MMIO_CONFIG_GENERATION);
  device.resize(100, 30);
  assert.equal(driver.acknowledge() & virtio.INTERRUPT_CONFIG_CHANGE, 2);
  assert.notEqual(driver.read(virtio.VIRTIO_MMIO_CONFIG_GENERATION), generation);
  assert.deepEqual(messages(), [[0, virtio.CONSOLE_RESIZE, 0, "\x64\0\x1e\0"]]);
});

test("messages that wait for a buffer do not pile up: the latest window is told once", () => {
  const { device, messages, taken, provideControl } = started();
  for (let columns = 1; columns < 100; columns++) {
    device.resize(columns, 9);
  }
  assert.equal(taken(CONTROL_IN).length, 8, "one for each buffer that was there");
  provideControl();
  assert.deepEqual(messages(), [[0, virtio.CONSOLE_RESIZE, 0, "\x63\0\x09\0"]]);
});

test("ports are limited; a removed one is announced and its number used again", () => {
  const { device, messages, taken, provideControl } = started();
  const ports = Array.from({ length: CONSOLE_PORTS_MAX }, (_, index) =>
    device.addPort(`port ${index}`),
  );
  assert.deepEqual(ports.slice(0, 3), [1, 2, 3]);
  assert.equal(ports.at(-1), -1);
  assert.equal(messages().length, CONSOLE_PORTS_MAX - 1);
  assert.equal(device.removePort(2), 0);
  assert.equal(device.addPort("again"), 2);
  assert.deepEqual(
    messages().map(([port, event]) => [port, event]),
    [
      [2, virtio.CONSOLE_PORT_REMOVE],
      [2, virtio.CONSOLE_PORT_ADD],
    ],
  );
  for (let port = 3; port <= 11; port++) {
    device.removePort(port);
  }
  assert.equal(taken(CONTROL_IN).length, 8);
  for (let port = 3; port <= 10; port++) {
    assert.equal(device.addPort("again"), port);
  }
  assert.equal(device.addPort("full"), -1, "the driver does not know yet that 11 went");
  provideControl();
  assert.equal(device.addPort("now"), 11);
  assert.equal(device.removePort(0), -1);
  assert.equal(device.closePort(CONSOLE_PORTS_MAX), -1);
  assert.equal(device.writeInput(CONSOLE_PORTS_MAX, Uint8Array.of(1)), -1);
  assert.throws(() => device.addPort(""), RangeError);
  assert.throws(() => device.addPort("x".repeat(65)), RangeError);
});

test("reset: the host's ports and input stay, the driver's opens are closed", () => {
  const all = started();
  const { device, host, driver, control, messages, provideControl, receive } = all;
  const port = device.addPort("stdin");
  openPort(all, port);
  device.writeInput(port, Uint8Array.of(9));
  driver.write(virtio.VIRTIO_MMIO_STATUS, 0);
  assert.deepEqual(host.opened.slice(-2), [
    [0, false],
    [1, false],
  ]);
  driver.start(FEATURES, QUEUES);
  provideControl();
  control(0, virtio.CONSOLE_DEVICE_READY, 1);
  const announced = messages().map(([number, event]) => [number, event]);
  assert.deepEqual(announced, [
    [0, virtio.CONSOLE_PORT_ADD],
    [1, virtio.CONSOLE_PORT_ADD],
  ]);
  openPort(all, port);
  assert.deepEqual(receive(4, 5), [9]);
});

test("refusals: wrong directions, short control buffers, short and unknown messages", () => {
  const wrong: Record<string, (all: ReturnType<typeof started>) => void> = {
    "writable in a transmit queue": ({ driver }) =>
      driver.offer(1, { offset: SCRATCH, lengthBytes: 4, writable: true }),
    "readable in a receive queue": ({ driver, device }) => {
      device.writeInput(0, Uint8Array.of(1));
      driver.offer(0, { offset: SCRATCH, lengthBytes: 4 });
    },
    "writable in the control transmit queue": ({ driver }) =>
      driver.offer(CONTROL_OUT, { offset: SCRATCH, lengthBytes: 8, writable: true }),
    "a control buffer shorter than the message": ({ driver, device }) => {
      driver.offer(CONTROL_IN, { offset: SCRATCH, lengthBytes: 7, writable: true });
      for (let count = 0; count < 9; count++) {
        device.resize(1, 1);
      }
    },
  };
  for (const [name, act] of Object.entries(wrong)) {
    const all = started();
    act(all);
    assert.equal(all.driver.status, 0x0f | virtio.STATUS_NEEDS_RESET, name);
    assert.equal(all.device.writeInput(0, Uint8Array.of(1)), 1, "the host's side stays usable");
    all.device.addPort("later");
    all.device.resize(1, 1);
  }
  const { send, control, driver, host } = started();
  send(CONTROL_OUT, 1, 2, 3);
  control(200, virtio.CONSOLE_PORT_OPEN, 1);
  control(0, 99, 1);
  control(0, virtio.CONSOLE_PORT_READY, 0);
  assert.equal(driver.status, 0x0f);
  assert.deepEqual(host.opened, [[0, true]]);
});
