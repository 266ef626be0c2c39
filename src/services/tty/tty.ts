/**
 * The tty service: terminals with a line discipline over ports of a character driver. It is made of
 *
 *   state.ts        what a terminal is
 *   output.ts       output processing, echo, the hand-over to the driver
 *   edit.ts         erasing in the unfinished line
 *   input.ts        mapping, signals, flow control, the input queue
 *   read.ts         lines, or bytes by MIN and TIME
 *   job-control.ts  controlling terminals, foreground and background, hang-up
 *   control.ts      ioctl(2)
 *
 * and this file: the protocol, handles, and the driver's events.
 */
import { EAGAIN, EIO, ENOTTY, ENXIO } from "../../abi/errno.js";
import { O_ACCMODE, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SIGTTIN, SIGTTOU } from "../../abi/signal.js";
import { CLOCAL, TIOCSPGRP, TOSTOP } from "../../abi/termios.js";
import { EVENT_TIMER, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type CharacterDriver, DRIVER_EVENT, FIGURE } from "../device/protocol.js";
import { control as doControl, learnWindow, resize } from "./control.js";
import { drain } from "./input.js";
import {
  control as becomeControlling,
  checkForeground,
  hangUpLine,
  hangUpSession,
  mayBecomeControlling,
} from "./job-control.js";
import { flush, hasRoom, putOutput } from "./output.js";
import type { TtyService } from "./protocol.js";
import { isReadable, readInput } from "./read.js";
import {
  ALL,
  type Core,
  createTerminal,
  hasLocalFlag,
  OUTPUT_BYTES_MAX,
  type Terminal,
  type TtyState,
} from "./state.js";

export interface TtyOptions {
  /** Terminal i is on port `ports[i]` of the driver; terminal 0 is the console. Default: [0]. */
  readonly ports?: readonly number[];
}

/** A handle is terminal + generation × this; generation 0: hang-ups do not concern it. */
const TERMINALS_MAX = 256;
/** Handles stay below 2^24: fs-dev adds them to a base. */
const GENERATIONS_MAX = 65536;

export class Tty implements TtyService {
  readonly state: TtyState;
  private readonly core: Core;
  /** Output on its way from the caller; empty between operations. */
  private readonly bytes = new Uint8Array(OUTPUT_BYTES_MAX);

  constructor(
    private readonly kernel: KernelCalls,
    services: { readonly driver: CharacterDriver },
    options: TtyOptions = {},
  ) {
    const ports = options.ports ?? [0];
    this.state = { terminals: ports.map((port, number) => createTerminal(kernel, number, port)) };
    this.core = { kernel, driver: services.driver, state: this.state };
  }

  /** DRIVER_EVENT of a port; EVENT_TIMER: go on with input that the driver has kept. */
  event(caller: TaskId, kind: number, word0: number, _word1: number, _word2: number): Result {
    if (caller !== 0) return -EIO;
    const { terminals } = this.state;
    if (kind === EVENT_TIMER) {
      const held = terminals[word0];
      if (held === undefined) return -ENXIO;
      held.resuming = false;
      drain(this.core, held);
      return 0;
    }
    const terminal = terminals.find(({ port }) => port === word0);
    if (terminal === undefined) return -ENXIO;
    if (kind === DRIVER_EVENT.input) this.inputArrived(terminal);
    else if (kind === DRIVER_EVENT.room) this.roomArrived(terminal);
    else if (kind === DRIVER_EVENT.size) this.sizeChanged(terminal);
    else if (kind === DRIVER_EVENT.closed) this.closedByHost(terminal);
    return 0;
  }

  private figure(terminal: Terminal, figure: number): number {
    return this.core.driver.query(0, terminal.port, figure);
  }

  private inputArrived(terminal: Terminal): void {
    if (terminal.hostClosed && this.figure(terminal, FIGURE.open) === 1) {
      terminal.hostClosed = false;
      terminal.inputEnded = false;
    }
    drain(this.core, terminal);
  }

  private roomArrived(terminal: Terminal): void {
    flush(this.core, 0, terminal);
    this.kernel.wake(terminal.outputChannel, ALL);
  }

  private sizeChanged(terminal: Terminal): void {
    const columns = Math.max(0, this.figure(terminal, FIGURE.columns));
    resize(this.core, terminal, columns, Math.max(0, this.figure(terminal, FIGURE.rows)));
  }

  private closedByHost(terminal: Terminal): void {
    if (this.figure(terminal, FIGURE.open) === 1) return;
    terminal.hostClosed = true;
    drain(this.core, terminal);
    this.kernel.wake(terminal.outputChannel, ALL);
    if ((terminal.settings.controlFlags & CLOCAL) === 0) hangUpLine(this.core, terminal);
  }

  open(caller: TaskId, number: number, flags: number): Result {
    const terminal = this.state.terminals[number];
    if (terminal === undefined) return -ENXIO;
    learnWindow(this.core, caller, terminal);
    if ((flags & O_NOCTTY) !== 0) return number;
    const isReader = (flags & O_ACCMODE) !== O_WRONLY;
    if (isReader && mayBecomeControlling(this.core, caller, terminal)) {
      becomeControlling(this.core, caller, terminal);
    }
    return number + TERMINALS_MAX * terminal.generation;
  }

  /** Nothing is kept for each open: the terminal goes on. */
  close(_caller: TaskId, handle: number): Result {
    return this.state.terminals[handle % TERMINALS_MAX] === undefined ? -ENXIO : 0;
  }

  /** The terminal of a handle; undefined: it was hung up since. */
  private live(handle: number): Terminal | undefined {
    const terminal = this.state.terminals[handle % TERMINALS_MAX];
    const generation = Math.floor(handle / TERMINALS_MAX);
    return generation === 0 || generation === terminal?.generation ? terminal : undefined;
  }

  read(caller: TaskId, handle: number, buffer: number, lengthBytes: number, flags: number): Result {
    const terminal = this.live(handle);
    if (terminal === undefined) return 0;
    const refused = checkForeground(this.core, caller, terminal, SIGTTIN);
    if (refused !== 0) return refused;
    if (lengthBytes === 0) return 0;
    return readInput(this.core, caller, terminal, buffer, lengthBytes, flags);
  }

  write(
    caller: TaskId,
    handle: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const terminal = this.live(handle);
    if (terminal === undefined) return -EIO;
    if (hasLocalFlag(terminal, TOSTOP)) {
      const refused = checkForeground(this.core, caller, terminal, SIGTTOU);
      if (refused !== 0) return refused;
    }
    if (lengthBytes === 0) return 0;
    const { kernel } = this;
    const isFull = !hasRoom(terminal);
    if (caller !== 0 && (flags & O_NONBLOCK) === 0) {
      if (isFull || kernel.forced(caller)) return kernel.block(caller, terminal.outputChannel);
    } else if (isFull) return -EAGAIN;
    const wanted = Math.min(lengthBytes, OUTPUT_BYTES_MAX - terminal.outputLength);
    const copied = kernel.copyIn(caller, buffer, this.bytes, 0, wanted);
    if (copied < 0) return copied;
    const taken = putOutput(terminal, this.bytes.subarray(0, wanted));
    const failed = flush(this.core, caller, terminal);
    return failed < 0 ? -EIO : taken;
  }

  poll(caller: TaskId, handle: number, events: number, register: number): Result {
    const terminal = this.live(handle);
    const hungUp = POLLHUP | POLLERR | POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    if (terminal === undefined) return hungUp & (events | POLLERR | POLLHUP);
    let ready = 0;
    if (isReadable(terminal)) ready |= POLLIN | POLLRDNORM;
    if (terminal.inputEnded) ready |= POLLHUP;
    if (hasRoom(terminal)) ready |= POLLOUT | POLLWRNORM;
    if (register === 1) {
      this.kernel.block(caller, terminal.inputChannel);
      if ((events & (POLLOUT | POLLWRNORM)) !== 0) {
        this.kernel.block(caller, terminal.outputChannel);
      }
    }
    return ready & (events | POLLERR | POLLHUP);
  }

  ioctl(
    caller: TaskId,
    handle: number,
    request: number,
    argument: number,
    _lengthBytes: number,
  ): Result {
    const terminal = this.live(handle);
    if (terminal === undefined) return request === TIOCSPGRP ? -ENOTTY : -EIO;
    return doControl(this.core, caller, terminal, request, argument);
  }

  hangUp(_caller: TaskId, session: number): Result {
    for (const terminal of this.state.terminals) {
      if (session > 0 && terminal.session === session) {
        hangUpSession(this.core, terminal);
        if (terminal.generation === GENERATIONS_MAX) terminal.generation = 1;
      }
    }
    return 0;
  }
}
