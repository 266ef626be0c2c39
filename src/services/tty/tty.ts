/**
 * The tty service: terminals with a line discipline over ports of a character driver. It is made of
 *
 *   state.ts        what a terminal is
 *   line.ts         the far side: a port of the driver, or a pseudo-terminal's master
 *   output.ts       output processing, echo, the hand-over to the far side
 *   edit.ts         erasing in the unfinished line
 *   input.ts        mapping, signals, flow control, the input queue
 *   read.ts         lines, or bytes by MIN and TIME
 *   job-control.ts  controlling terminals, foreground and background, hang-up
 *   pseudo.ts       pseudo-terminals: their numbers, and what masters do
 *   settings.ts     termios
 *   control.ts      ioctl(2)
 *
 * and this file: the protocol, handles, and the driver's events.
 */
import { EAGAIN, EBUSY, EIO, ENOENT, ENOTTY, ENXIO, EPERM } from "../../abi/errno.js";
import { O_ACCMODE, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SIGTTIN, SIGTTOU } from "../../abi/signal.js";
import { CLOCAL, TIOCSPGRP, TOSTOP } from "../../abi/termios.js";
import { ATTRIBUTE, EVENT_TIMER, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { type CharacterDriver, DRIVER_EVENT, FIGURE } from "../device/protocol.js";
import { control as doControl, learnWindow, resize } from "./control.js";
import { drain } from "./input.js";
import {
  control as becomeControlling,
  checkForeground,
  endSession,
  hangUpLine,
  hangUpTerminal,
  isPrivileged,
  mayBecomeControlling,
} from "./job-control.js";
import { flush, isFull, putOutput } from "./output.js";
import type { TtyService } from "./protocol.js";
import {
  attributesOf,
  closeMaster,
  closeSlave,
  nextSlave,
  openMaster,
  openSlave,
  pollMaster,
  readMaster,
  writeMaster,
} from "./pseudo.js";
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

/**
 * A handle is the terminal's number, how it was opened, and the number of hang-ups before × 4096;
 * generation 0: a hang-up does not concern it (/dev/console, masters).
 */
const TERMINALS_MAX = 1024;
const THROUGH_MASTER = 1024;
const WRITE_ONLY = 2048;
const GENERATION = 4096;

/** The call's slot (0 is read.ts's): it has waited for input. */
const SLOT_WAITED = 1;

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
    const terminals = ports.map((port, number) => createTerminal(kernel, number, port));
    this.state = {
      terminals: new Map(terminals.map((terminal) => [terminal.number, terminal])),
      lostForegrounds: new Map(),
    };
    this.core = { kernel, driver: services.driver, state: this.state };
  }

  /** DRIVER_EVENT of a port; EVENT_TIMER: go on with input that the driver has kept. */
  event(caller: TaskId, kind: number, word0: number, _word1: number, _word2: number): Result {
    if (caller !== 0) return -EIO;
    const { terminals } = this.state;
    if (kind === EVENT_TIMER) {
      const held = terminals.get(word0);
      if (held === undefined) return -ENXIO;
      held.resuming = false;
      drain(this.core, held);
      return 0;
    }
    const terminal = [...terminals.values()].find(({ port }) => port === word0);
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
    const terminal = this.state.terminals.get(number);
    if (terminal === undefined) return -ENXIO;
    const { pseudo } = terminal;
    if (terminal.exclusive && !isPrivileged(this.core, caller)) return -EBUSY;
    const refused = pseudo === undefined ? 0 : openSlave(pseudo);
    if (refused !== 0) return refused;
    learnWindow(this.core, caller, terminal);
    const isReader = (flags & O_ACCMODE) !== O_WRONLY;
    const mayControl = isReader && (flags & O_NOCTTY) === 0;
    if (mayControl && mayBecomeControlling(this.core, caller, terminal)) {
      becomeControlling(this.core, caller, terminal);
    }
    return number + (isReader ? 0 : WRITE_ONLY) + GENERATION * terminal.generation;
  }

  openConsole(caller: TaskId, flags: number): Result {
    const terminal = this.state.terminals.get(0);
    if (terminal === undefined) return -ENXIO;
    learnWindow(this.core, caller, terminal);
    return (flags & O_ACCMODE) === O_WRONLY ? WRITE_ONLY : 0;
  }

  openMaster(caller: TaskId, flags: number): Result {
    const terminal = openMaster(this.core, caller);
    if (typeof terminal === "number") return terminal;
    const isWriteOnly = (flags & O_ACCMODE) === O_WRONLY;
    return terminal.number + THROUGH_MASTER + (isWriteOnly ? WRITE_ONLY : 0);
  }

  close(_caller: TaskId, handle: number): Result {
    const terminal = this.state.terminals.get(handle % TERMINALS_MAX);
    const pseudo = terminal?.pseudo;
    if (terminal === undefined || pseudo === undefined) return 0;
    if (isMaster(handle)) closeMaster(this.core, terminal, pseudo);
    else closeSlave(this.core, pseudo);
    return 0;
  }

  /** The terminal of a handle; undefined: it was hung up since. */
  private live(handle: number): Terminal | undefined {
    const terminal = this.state.terminals.get(handle % TERMINALS_MAX);
    const generation = Math.floor(handle / GENERATION);
    return generation === 0 || generation === terminal?.generation ? terminal : undefined;
  }

  read(caller: TaskId, handle: number, buffer: number, lengthBytes: number, flags: number): Result {
    const terminal = this.live(handle);
    if (terminal === undefined) return this.readDead(caller, handle);
    const { pseudo } = terminal;
    if (pseudo !== undefined && isMaster(handle)) {
      return readMaster(this.core, caller, terminal, pseudo, buffer, lengthBytes, flags);
    }
    // Reading /dev/console is nobody's job (Linux: job_control).
    const isJob = handle >= GENERATION;
    const refused = isJob ? checkForeground(this.core, caller, terminal, SIGTTIN) : 0;
    if (refused !== 0) return refused;
    if (lengthBytes === 0) return 0;
    const done = readInput(this.core, caller, terminal, buffer, lengthBytes, flags);
    if (done === BLOCKED) this.kernel.setSlot(caller, SLOT_WAITED, 1);
    return done;
  }

  /** End of file; but who was waiting when the master was closed gets EIO (Linux: n_tty_read). */
  private readDead(caller: TaskId, handle: number): Result {
    const pseudo = this.state.terminals.get(handle % TERMINALS_MAX)?.pseudo;
    const isLost = pseudo !== undefined && !pseudo.masterOpen;
    return isLost && this.kernel.slot(caller, SLOT_WAITED) === 1 ? -EIO : 0;
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
    const { pseudo } = terminal;
    if (pseudo !== undefined && isMaster(handle)) {
      return writeMaster(this.core, caller, terminal, pseudo, buffer, lengthBytes, flags);
    }
    if (hasLocalFlag(terminal, TOSTOP) && handle >= GENERATION) {
      const refused = checkForeground(this.core, caller, terminal, SIGTTOU);
      if (refused !== 0) return refused;
    }
    if (lengthBytes === 0) return 0;
    const { kernel } = this;
    const mustWait = isFull(terminal);
    if (caller !== 0 && (flags & O_NONBLOCK) === 0) {
      if (mustWait || kernel.forced(caller)) return kernel.block(caller, terminal.outputChannel);
    } else if (mustWait) return -EAGAIN;
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
    const { pseudo } = terminal;
    if (pseudo !== undefined && isMaster(handle)) {
      return pollMaster(this.core, caller, pseudo, events, register);
    }
    let ready = 0;
    if (isReadable(terminal)) ready |= POLLIN | POLLRDNORM;
    if (terminal.inputEnded) ready |= POLLHUP;
    if (!isFull(terminal)) ready |= POLLOUT | POLLWRNORM;
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
    return doControl(this.core, caller, terminal, request, argument, {
      isMaster: isMaster(handle),
      isReader: !hasBit(handle, WRITE_ONLY),
    });
  }

  hangUp(_caller: TaskId, session: number): Result {
    if (session > 0) endSession(this.core, session);
    return 0;
  }

  hangUpOwn(caller: TaskId): Result {
    if (!isPrivileged(this.core, caller)) return -EPERM;
    const number = this.kernel.attribute(caller, ATTRIBUTE.terminal) - 1;
    const terminal = this.state.terminals.get(number);
    if (terminal !== undefined) hangUpTerminal(this.core, terminal);
    return 0;
  }

  foregroundGroup(_caller: TaskId, terminal: number): Result {
    return this.state.terminals.get(terminal)?.foreground ?? -ENXIO;
  }

  nextSlave(_caller: TaskId, index: number): Result {
    return nextSlave(this.core, index);
  }

  slaveAttribute(_caller: TaskId, index: number, which: number): Result {
    return attributesOf(this.core, index)?.get(which) ?? -ENOENT;
  }

  setSlaveAttribute(_caller: TaskId, index: number, which: number, value: number): Result {
    const attributes = attributesOf(this.core, index);
    if (attributes === undefined) return -ENOENT;
    attributes.set(which, value);
    return 0;
  }
}

const hasBit = (handle: number, bit: number): boolean => Math.floor(handle / bit) % 2 === 1;
const isMaster = (handle: number): boolean => hasBit(handle, THROUGH_MASTER);
