/**
 * Pseudo-terminals (pty(7)): the master is a program. Numbers are given out and come back here;
 * what the master reads is the slave's output, what it writes goes through the line discipline.
 */
import { EAGAIN, EIO, ENOENT, ENOSPC } from "../../abi/errno.js";
import { O_NONBLOCK, S_IFCHR } from "../../abi/file.js";
import { POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { TIOCPKT_DATA } from "../../abi/termios.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { NODE } from "../file/protocol.js";
import { drain } from "./input.js";
import { hangUpTerminal } from "./job-control.js";
import { flush } from "./output.js";
import { PSEUDO_TERMINAL_FIRST, PSEUDO_TERMINALS_MAX } from "./protocol.js";
import {
  ALL,
  type Core,
  createPseudo,
  MASTER_BYTES_MAX,
  type Pseudo,
  renewPseudo,
  type Terminal,
} from "./state.js";

/** The slave's group and mode as Debian mounts devpts: gid=5 (tty), mode=620. */
const GROUP_TTY = 5;
const SLAVE_MODE = S_IFCHR | 0o620;

/** The pseudo-terminal whose slave is /dev/pts/`index`, if its master is open. */
export function slaveAt(core: Core, index: number): Terminal | undefined {
  const found = core.state.terminals.get(PSEUDO_TERMINAL_FIRST + index);
  return found?.pseudo?.masterOpen === true ? found : undefined;
}

/** open(2) of /dev/ptmx: the lowest number that is free. @returns the terminal, or -ENOSPC */
export function openMaster(core: Core, caller: TaskId): Terminal | Result {
  const { kernel, state } = core;
  for (let index = 0; index < PSEUDO_TERMINALS_MAX; index++) {
    const terminal =
      state.terminals.get(PSEUDO_TERMINAL_FIRST + index) ?? createPseudo(kernel, index);
    const { pseudo } = terminal;
    if (pseudo === undefined || pseudo.inUse) continue;
    state.terminals.set(terminal.number, terminal);
    renewPseudo(terminal, pseudo);
    pseudo.inUse = true;
    pseudo.masterOpen = true;
    const { attributes } = pseudo;
    attributes.set(NODE.mode, SLAVE_MODE);
    attributes.set(NODE.userId, kernel.attribute(caller, ATTRIBUTE.fileSystemUserId));
    attributes.set(NODE.groupId, GROUP_TTY);
    for (const which of [NODE.accessSeconds, NODE.modifySeconds, NODE.changeSeconds]) {
      attributes.set(which, kernel.realtimeSeconds());
      attributes.set(which + 1, kernel.realtimeNanoseconds());
    }
    return terminal;
  }
  return -ENOSPC;
}

/** The master is closed: its slaves are hung up, and the name in /dev/pts goes. */
export function closeMaster(core: Core, terminal: Terminal, pseudo: Pseudo): void {
  pseudo.masterOpen = false;
  pseudo.packet = false;
  hangUpTerminal(core, terminal);
  giveBack(pseudo);
}

/** One open of the slave begins. @returns 0, or -EIO: locked, or without a master */
export function openSlave(pseudo: Pseudo): Result {
  if (!pseudo.masterOpen || pseudo.locked) return -EIO;
  pseudo.slaveOpens++;
  pseudo.slaveClosed = false;
  return 0;
}

/** One open of the slave ends; with the last one the master's reads do. */
export function closeSlave(core: Core, pseudo: Pseudo): void {
  pseudo.slaveOpens--;
  if (pseudo.slaveOpens > 0) return;
  pseudo.slaveClosed = true;
  core.kernel.wake(pseudo.masterInputChannel, ALL);
  core.kernel.wake(pseudo.masterOutputChannel, ALL);
  giveBack(pseudo);
}

/** The number is free once nobody has either end. */
function giveBack(pseudo: Pseudo): void {
  if (!pseudo.masterOpen && pseudo.slaveOpens === 0) pseudo.inUse = false;
}

/** read(2) of a master. @returns bytes, -EAGAIN, BLOCKED, or -EIO: the slave is closed */
export function readMaster(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  pseudo: Pseudo,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  const tells = pseudo.packet && pseudo.status !== 0;
  const isEmpty = pseudo.toMasterLength === 0 && !tells;
  if (lengthBytes === 0) return 0;
  if (isEmpty && pseudo.slaveClosed) return -EIO;
  if (caller !== 0 && (flags & O_NONBLOCK) === 0) {
    if (isEmpty || kernel.forced(caller)) return kernel.block(caller, pseudo.masterInputChannel);
  } else if (isEmpty) return -EAGAIN;
  const headBytes = pseudo.packet ? 1 : 0;
  const count = tells ? 0 : Math.min(lengthBytes - headBytes, pseudo.toMasterLength);
  if (headBytes > 0) {
    const head = Uint8Array.of(tells ? pseudo.status : TIOCPKT_DATA);
    const failed = kernel.copyOut(caller, buffer, head, 0, 1);
    if (failed < 0) return failed;
  }
  if (count > 0) {
    const failed = kernel.copyOut(caller, buffer + headBytes, pseudo.toMaster, 0, count);
    if (failed < 0) return failed;
    pseudo.toMaster.copyWithin(0, count, pseudo.toMasterLength);
    pseudo.toMasterLength -= count;
    flush(core, caller, terminal);
    kernel.wake(terminal.outputChannel, ALL);
  }
  if (tells) pseudo.status = 0;
  return headBytes + count;
}

/** write(2) of a master: as if typed. @returns bytes taken, -EAGAIN or BLOCKED */
export function writeMaster(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  pseudo: Pseudo,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  if (lengthBytes === 0) return 0;
  const isFull = pseudo.masterStopped || pseudo.toSlaveLength === MASTER_BYTES_MAX;
  if (caller !== 0 && (flags & O_NONBLOCK) === 0) {
    if (isFull || kernel.forced(caller)) return kernel.block(caller, pseudo.masterOutputChannel);
  } else if (isFull) return -EAGAIN;
  const count = Math.min(lengthBytes, MASTER_BYTES_MAX - pseudo.toSlaveLength);
  const failed = kernel.copyIn(caller, buffer, pseudo.toSlave, pseudo.toSlaveLength, count);
  if (failed < 0) return failed;
  pseudo.toSlaveLength += count;
  drain(core, terminal);
  return count;
}

/** poll(2) of a master. @returns POLL* that hold now */
export function pollMaster(
  core: Core,
  caller: TaskId,
  pseudo: Pseudo,
  events: number,
  register: number,
): Result {
  let ready = 0;
  if (pseudo.toMasterLength > 0) ready |= POLLIN | POLLRDNORM;
  if (pseudo.packet && pseudo.status !== 0) ready |= POLLPRI | POLLIN | POLLRDNORM;
  if (pseudo.slaveClosed) ready |= POLLHUP;
  const isFull = pseudo.masterStopped || pseudo.toSlaveLength === MASTER_BYTES_MAX;
  if (!isFull) ready |= POLLOUT | POLLWRNORM;
  if (register === 1) {
    core.kernel.block(caller, pseudo.masterInputChannel);
    if ((events & (POLLOUT | POLLWRNORM)) !== 0) {
      core.kernel.block(caller, pseudo.masterOutputChannel);
    }
  }
  return ready & (events | POLLHUP);
}

/** The first slave with a name whose number is ≥ index, or -ENOENT. */
export function nextSlave(core: Core, index: number): Result {
  for (let at = index; at < PSEUDO_TERMINALS_MAX; at++)
    if (slaveAt(core, at) !== undefined) return at;
  return -ENOENT;
}

/** The attributes (NODE) of a slave's node, dead ones included; undefined: there is none. */
export function attributesOf(core: Core, index: number): Map<number, number> | undefined {
  const pseudo = core.state.terminals.get(PSEUDO_TERMINAL_FIRST + index)?.pseudo;
  return pseudo?.inUse === true ? pseudo.attributes : undefined;
}
