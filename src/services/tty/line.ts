/**
 * The far side of a terminal: a port of the character driver, or the master of a pseudo-terminal.
 * What goes to a master is kept here until it is read; what a master writes is kept until the line
 * discipline has room.
 */
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { FIGURE } from "../device/protocol.js";
import { ALL, type Core, MASTER_BYTES_MAX, type Pseudo, type Terminal } from "./state.js";

/** Pieces read from the driver to be thrown away. */
const DISCARD_BYTES = 1024;

/** Gives bytes to the far side. @returns how many it took, or the driver's -errno */
export function sendBytes(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  bytes: Uint8Array,
  lengthBytes: number,
): Result {
  const { kernel, driver } = core;
  if (terminal.pseudo !== undefined) {
    return sendToMaster(core, terminal.pseudo, bytes.subarray(0, lengthBytes));
  }
  const scratch = kernel.scratch(caller, lengthBytes);
  if (scratch < 0) return scratch;
  const copied = kernel.copyOut(caller, scratch, bytes, 0, lengthBytes);
  if (copied < 0) return copied;
  return driver.write(caller, terminal.port, scratch, lengthBytes);
}

function sendToMaster(core: Core, pseudo: Pseudo, bytes: Uint8Array): number {
  const count = Math.min(bytes.length, MASTER_BYTES_MAX - pseudo.toMasterLength);
  pseudo.toMaster.set(bytes.subarray(0, count), pseudo.toMasterLength);
  pseudo.toMasterLength += count;
  if (count > 0) core.kernel.wake(pseudo.masterInputChannel, ALL);
  return count;
}

/** Fetches input, in events only if the far side is the driver's. @returns bytes; ≤ 0: none */
export function fetchBytes(
  core: Core,
  terminal: Terminal,
  scratch: number,
  bytes: Uint8Array,
  lengthBytes: number,
): number {
  const { pseudo } = terminal;
  if (pseudo !== undefined) {
    const count = Math.min(lengthBytes, pseudo.toSlaveLength);
    bytes.set(pseudo.toSlave.subarray(0, count));
    pseudo.toSlave.copyWithin(0, count, pseudo.toSlaveLength);
    pseudo.toSlaveLength -= count;
    return count;
  }
  const count = core.driver.read(0, terminal.port, scratch, lengthBytes);
  if (count <= 0) return count;
  const failed = core.kernel.copyIn(0, scratch, bytes, 0, count);
  return failed < 0 ? failed : count;
}

/** Input that the far side has kept back is dropped. */
export function discardHeld(core: Core, caller: TaskId, terminal: Terminal): void {
  const { pseudo } = terminal;
  if (pseudo !== undefined) {
    pseudo.toSlaveLength = 0;
    core.kernel.wake(pseudo.masterOutputChannel, ALL);
    return;
  }
  if (!terminal.held) return;
  const scratch = core.kernel.scratch(caller, DISCARD_BYTES);
  while (core.driver.read(caller, terminal.port, scratch, DISCARD_BYTES) > 0);
}

/** Bytes that the driver has taken and the host has not. A master's are counted as sent. */
export function countUnsent(core: Core, caller: TaskId, terminal: Terminal): number {
  if (terminal.pseudo !== undefined) return 0;
  // An error of the driver is no output to wait for.
  return Math.max(0, core.driver.query(caller, terminal.port, FIGURE.unsent));
}

/** A master in packet mode is told what has happened: TIOCPKT_* to set, and to take back. */
export function tellMaster(core: Core, terminal: Terminal, set: number, clear = 0): void {
  const { pseudo } = terminal;
  if (pseudo === undefined || !pseudo.packet) return;
  pseudo.status = (pseudo.status & ~clear) | set;
  core.kernel.wake(pseudo.masterInputChannel, ALL);
}
