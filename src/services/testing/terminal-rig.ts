/**
 * A terminal for tests: the fake kernel with signal masks, a character driver that a test plays the
 * host of, and programs that read and write. The tests of the tty service bring the service itself.
 */
import * as termios from "../../abi/termios.js";
import { ATTRIBUTE, EVENT_TIMER, type KernelCalls } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { type CharacterDriver, DRIVER_EVENT, FIGURE } from "../device/protocol.js";
import type { TtyService } from "../tty/protocol.js";
import { FakeKernel, kernelCalls } from "./fake-kernel.js";

/** The fake kernel, with masks and ignored signals that a test sets. */
class SignalKernel extends FakeKernel {
  readonly masks = new Map<number, number>();
  readonly ignored = new Set<number>();
  override signalMaskLow = (id: number = 0): number => this.masks.get(id) ?? 0;
  ignoresSignal = (_process: number, signal: number): Result => (this.ignored.has(signal) ? 1 : 0);
}

/** A driver with port 0. */
export class FakeDriver implements CharacterDriver {
  input: number[] = [];
  readonly output: number[] = [];
  /** Bytes that the host takes before it is full, or an error that every write gets. */
  room = Number.POSITIVE_INFINITY;
  failure = 0;
  unsent = 0;
  columns = 80;
  rows = 25;
  open = 1;

  constructor(private readonly kernel: FakeKernel) {}

  event(): Result {
    return 0;
  }

  write(caller: number, port: number, buffer: number, lengthBytes: number): Result {
    if (port !== 0) throw new Error(`port ${port}`);
    if (this.failure < 0) return this.failure;
    const bytes = new Uint8Array(lengthBytes);
    this.kernel.copyIn(caller, buffer, bytes, 0, lengthBytes);
    const taken = Math.min(lengthBytes, this.room);
    this.room -= taken;
    this.output.push(...bytes.subarray(0, taken));
    return taken;
  }

  read(caller: number, _port: number, buffer: number, lengthBytes: number): Result {
    const bytes = Uint8Array.from(this.input.splice(0, lengthBytes));
    this.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
    return bytes.length;
  }

  query(_caller: number, _port: number, figure: number): Result {
    const { input, room, columns, rows, open, unsent } = this;
    const figures = new Map<number, number>([
      [FIGURE.input, input.length],
      [FIGURE.room, room],
      [FIGURE.columns, columns],
      [FIGURE.rows, rows],
      [FIGURE.open, open],
      [FIGURE.unsent, unsent],
    ]);
    return figures.get(figure) ?? -1;
  }

  setOpen(): Result {
    return 0;
  }
}

const textOf = (bytes: Iterable<number>): string => String.fromCharCode(...bytes);

/** Where a program keeps what it reads and writes. */
const BUFFER = 0x1000;

/** Task 10 leads session 10 and opens terminal 0; 20 and 21 are jobs of it, in groups 20 and 21. */
export class TerminalRig<S extends TtyService> {
  readonly kernel = new SignalKernel();
  readonly driver = new FakeDriver(this.kernel);
  readonly tty: S;
  readonly handle: number;

  constructor(make: (calls: KernelCalls, driver: CharacterDriver) => S) {
    this.tty = make(kernelCalls(this.kernel), this.driver);
    this.addProcess(10, 0, 10, 10);
    this.handle = this.tty.open(10, 0, 2);
    this.addProcess(20, 10, 20, 10);
    this.addProcess(21, 10, 21, 10);
  }

  /** A process with the session's terminal, if it is one of task 10's. */
  addProcess(id: number, parent: number, group: number, session: number): void {
    const { attributes } = this.kernel.addTask(id, 0);
    attributes.set(ATTRIBUTE.parent, parent);
    attributes.set(ATTRIBUTE.group, group);
    attributes.set(ATTRIBUTE.session, session);
    const terminal = this.kernel.attribute(10, ATTRIBUTE.terminal);
    attributes.set(ATTRIBUTE.terminal, session === 10 ? terminal : 0);
  }

  /** An event of the driver's port 0. */
  event(kind: number): void {
    this.tty.event(0, kind, 0, 0, 0);
    this.kernel.finish(0, 0);
  }

  /** The user types. */
  type(text: string): void {
    this.driver.input.push(...bytesOf(text));
    this.event(DRIVER_EVENT.input);
  }

  /** The host takes so many bytes more. */
  makeRoom(bytes: number): void {
    this.driver.room += bytes;
    this.event(DRIVER_EVENT.room);
  }

  /** Timers that are due. */
  runTimers(): void {
    for (const [id, { deadline, token }] of this.kernel.timers) {
      if (deadline > this.kernel.nanoseconds) continue;
      this.kernel.timers.delete(id);
      this.tty.event(0, EVENT_TIMER, token, id, 0);
      this.kernel.finish(0, 0);
    }
  }

  /** What the host has got since the last time. */
  screen(): string {
    return textOf(this.driver.output.splice(0));
  }

  /** @returns the text, or the result if it is not positive */
  read(lengthBytes = 4096, flags = 0, task = 10): string | Result {
    const result = this.kernel.run(task, () =>
      this.tty.read(task, this.handle, BUFFER, lengthBytes, flags),
    );
    return result > 0 ? textOf(this.memory(task, BUFFER, result)) : result;
  }

  write(text: string, flags = 0, task = 10): Result {
    const bytes = bytesOf(text);
    this.memory(task, BUFFER, bytes.length).set(bytes);
    return this.kernel.run(task, () =>
      this.tty.write(task, this.handle, BUFFER, bytes.length, flags),
    );
  }

  /** An ioctl whose argument is a plain word. */
  request(request: number, word = 0, task = 10): Result {
    return this.kernel.run(task, () => this.tty.ioctl(task, this.handle, request, word, 0));
  }

  /** An ioctl whose argument is these bytes, which are then what it stored. */
  exchange(request: number, bytes: Uint8Array, task = 10): Result {
    const memory = this.memory(task, BUFFER, bytes.length);
    memory.set(bytes);
    const result = this.kernel.run(task, () =>
      this.tty.ioctl(task, this.handle, request, BUFFER, bytes.length),
    );
    bytes.set(memory);
    return result;
  }

  /** An ioctl that exchanges a word. @returns the word it stored, or its errno */
  word(request: number, value = 0, task = 10): number {
    const bytes = new Uint8Array(4);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, value, true);
    const result = this.exchange(request, bytes, task);
    return result < 0 ? result : view.getInt32(0, true);
  }

  settings(): termios.TermiosFields {
    const bytes = new Uint8Array(termios.TERMIOS2_BYTES);
    this.exchange(termios.TCGETS2, bytes);
    const fields = { controls: new Uint8Array(termios.NCCS) } as termios.TermiosFields;
    termios.decodeTermios(bytes, fields);
    return fields;
  }

  /** tcsetattr(3) by task 10, with what `change` does to the settings. */
  set(change: (fields: termios.TermiosFields) => void, request = termios.TCSETS2): Result {
    const fields = this.settings();
    change(fields);
    return this.exchange(request, termios.encodeTermios(fields));
  }

  /** cfmakeraw(3), with these MIN and TIME. */
  setRaw(minimum = 1, time = 0): void {
    this.set((fields) => {
      fields.inputFlags = 0;
      fields.outputFlags = 0;
      fields.localFlags = 0;
      fields.controls[termios.VMIN] = minimum;
      fields.controls[termios.VTIME] = time;
    });
  }

  /** Signals posted since the last time, as "number→target". */
  signals(): string[] {
    return this.kernel.signals.splice(0).map(({ signal, id }) => `${signal}→${id}`);
  }

  private memory(task: number, address: number, lengthBytes: number): Uint8Array {
    return this.kernel.task(task).memory.subarray(address, address + lengthBytes);
  }
}
