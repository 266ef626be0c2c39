/**
 * Byte streams of the host: ports of the console driver as device nodes vport0pN (the standard
 * descriptors of a program that the host started without a terminal).
 */
import { EAGAIN, EIO, EPIPE } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SI_KERNEL, SIGPIPE } from "../../abi/signal.js";
import { type KernelCalls, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type CharacterDriver, DRIVER_EVENT, FIGURE } from "../device/protocol.js";

const ALL = 0x7fff_ffff;

/** One port: who waits, and how often it is open. */
export interface StreamState {
  readonly inputChannel: number;
  readonly roomChannel: number;
  opens: number;
}

export class Streams {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly driver: CharacterDriver,
    private readonly state: Map<number, StreamState>,
  ) {}

  /** What the driver tells of a port: those that wait look again. */
  event(kind: number, port: number): void {
    const stream = this.state.get(port);
    if (stream === undefined) return;
    if (kind !== DRIVER_EVENT.room) this.kernel.wake(stream.inputChannel, ALL);
    if (kind !== DRIVER_EVENT.input) this.kernel.wake(stream.roomChannel, ALL);
  }

  private stream(port: number): StreamState {
    let stream = this.state.get(port);
    if (stream === undefined) {
      const { kernel } = this;
      stream = { inputChannel: kernel.newChannel(), roomChannel: kernel.newChannel(), opens: 0 };
      this.state.set(port, stream);
    }
    return stream;
  }

  open(caller: TaskId, port: number): Result {
    const stream = this.stream(port);
    if (stream.opens === 0) {
      const opened = this.driver.setOpen(caller, port, 1);
      if (opened < 0) return opened;
    }
    stream.opens++;
    return 0;
  }

  close(caller: TaskId, port: number): Result {
    const stream = this.stream(port);
    if (--stream.opens > 0) return 0;
    this.state.delete(port);
    this.driver.setOpen(caller, port, 0);
    return 0;
  }

  read(caller: TaskId, port: number, buffer: number, length: number, flags: number): Result {
    const stream = this.stream(port);
    if (length === 0) return 0;
    const isOpen = this.driver.query(caller, port, FIGURE.open) === 1;
    const waiting = this.driver.query(caller, port, FIGURE.input);
    if (waiting < 0) return 0;
    if (waiting === 0) {
      if (!isOpen) return 0;
      if ((flags & O_NONBLOCK) !== 0) return -EAGAIN;
      return this.kernel.block(caller, stream.inputChannel);
    }
    const mayWait = (flags & O_NONBLOCK) === 0;
    if (mayWait && this.kernel.forced(caller)) {
      return this.kernel.block(caller, stream.inputChannel);
    }
    return this.driver.read(caller, port, buffer, length);
  }

  write(caller: TaskId, port: number, buffer: number, length: number, flags: number): Result {
    const stream = this.stream(port);
    if (length === 0) return 0;
    const mayWait = (flags & O_NONBLOCK) === 0;
    if (mayWait && this.kernel.forced(caller)) {
      return this.kernel.block(caller, stream.roomChannel);
    }
    const taken = this.driver.write(caller, port, buffer, length);
    if (taken === -EPIPE || taken === -EIO) {
      this.kernel.postSignal(SIGNAL_TO_TASK, caller, SIGPIPE, SI_KERNEL, 0, 0, 0);
      return -EPIPE;
    }
    if (taken !== 0) return taken;
    return mayWait ? this.kernel.block(caller, stream.roomChannel) : -EAGAIN;
  }

  poll(caller: TaskId, port: number, events: number, register: number): Result {
    const stream = this.stream(port);
    const waiting = this.driver.query(caller, port, FIGURE.input);
    const isOpen = this.driver.query(caller, port, FIGURE.open) === 1;
    let ready = 0;
    if (waiting > 0 || !isOpen) ready |= POLLIN | POLLRDNORM;
    if (!isOpen) ready |= POLLHUP;
    if (waiting < 0) ready |= POLLERR;
    if (this.driver.query(caller, port, FIGURE.room) > 0) ready |= POLLOUT | POLLWRNORM;
    ready &= events | POLLHUP | POLLERR;
    if (register === 0 || ready !== 0) return ready;
    if ((events & POLLIN) !== 0) this.kernel.block(caller, stream.inputChannel);
    if ((events & POLLOUT) !== 0) this.kernel.block(caller, stream.roomChannel);
    return ready;
  }
}
