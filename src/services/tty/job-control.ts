/**
 * Controlling terminals and job control (POSIX 11.1.2 to 11.1.4; Linux tty_jobctrl.c): whose
 * terminal it is, who may use it now, and what a hang-up does.
 */
import { EIO, ENOTTY, EPERM, ESRCH } from "../../abi/errno.js";
import { SI_KERNEL, SIGCONT, SIGHUP, SIGTTIN } from "../../abi/signal.js";
import {
  ATTRIBUTE,
  type KernelCalls,
  SIGNAL_TO_GROUP,
  SIGNAL_TO_PROCESS,
  type TaskId,
} from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { discardInput } from "./input.js";
import { ALL, type Core, resetSettings, type Terminal } from "./state.js";

/** Whether the terminal controls the caller's session. */
export function isControlling(core: Core, caller: TaskId, terminal: Terminal): boolean {
  return core.kernel.attribute(caller, ATTRIBUTE.terminal) === terminal.number + 1;
}

/**
 * Whether the caller may use the terminal in the way that `signal` guards (SIGTTIN: read, SIGTTOU:
 * change, or write with TOSTOP). If not, its group has got the signal and the call blocks: it runs
 * again after the signal, as Linux's ERESTARTSYS (tty_check_change).
 * @returns 0: it may; -EIO: nobody would ever continue it; BLOCKED
 */
export function checkForeground(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  signal: number,
): Result {
  const { kernel } = core;
  if (caller === 0 || terminal.foreground === 0) return 0;
  if (!isControlling(core, caller, terminal)) return 0;
  const group = kernel.attribute(caller, ATTRIBUTE.group);
  if (group === terminal.foreground) return 0;
  if (isIgnored(kernel, caller, signal)) return signal === SIGTTIN ? -EIO : 0;
  if (isOrphaned(kernel, group, kernel.attribute(caller, ATTRIBUTE.session))) return -EIO;
  kernel.postSignal(SIGNAL_TO_GROUP, group, signal, SI_KERNEL, 0, 0, 0);
  return kernel.block(caller, terminal.inputChannel);
}

/** Masked by the caller, or ignored by its process. @param signal ≤ 32 */
function isIgnored(kernel: KernelCalls, caller: TaskId, signal: number): boolean {
  if ((kernel.signalMaskLow(caller) & (1 << (signal - 1))) !== 0) return true;
  return kernel.ignoresSignal(kernel.attribute(caller, ATTRIBUTE.process), signal) !== 0;
}

/** Calls `visit` with the leading task of every process that lives. */
function eachProcess(kernel: KernelCalls, visit: (process: number) => void): void {
  for (let task = kernel.nextTask(0); task > 0; task = kernel.nextTask(task)) {
    const isLeader = kernel.attribute(task, ATTRIBUTE.process) === task;
    if (isLeader && kernel.attribute(task, ATTRIBUTE.ending) === 0) visit(task);
  }
}

/** No member has a parent in another group of the same session (POSIX 3.264). */
function isOrphaned(kernel: KernelCalls, group: number, session: number): boolean {
  let isLinked = false;
  eachProcess(kernel, (process) => {
    if (kernel.attribute(process, ATTRIBUTE.group) !== group) return;
    const parent = kernel.attribute(process, ATTRIBUTE.parent);
    if (parent === 0 || kernel.exists(parent) === 0) return;
    const isOther = kernel.attribute(parent, ATTRIBUTE.group) !== group;
    if (isOther && kernel.attribute(parent, ATTRIBUTE.session) === session) isLinked = true;
  });
  return !isLinked;
}

/** Root, or the kernel itself (Linux: CAP_SYS_ADMIN). */
export function isPrivileged(core: Core, caller: TaskId): boolean {
  return caller === 0 || core.kernel.attribute(caller, ATTRIBUTE.effectiveUserId) === 0;
}

/** Whether the caller leads its session. */
function leadsSession(kernel: KernelCalls, caller: TaskId): boolean {
  const process = kernel.attribute(caller, ATTRIBUTE.process);
  return kernel.attribute(caller, ATTRIBUTE.session) === process;
}

/** What open(2) may do without being asked: a free terminal becomes a session leader's. */
export function mayBecomeControlling(core: Core, caller: TaskId, terminal: Terminal): boolean {
  const { kernel } = core;
  if (caller === 0 || terminal.session !== 0) return false;
  return leadsSession(kernel, caller) && kernel.attribute(caller, ATTRIBUTE.terminal) === 0;
}

/** The terminal becomes the caller's, with its process group in the foreground. */
export function control(core: Core, caller: TaskId, terminal: Terminal): void {
  const { kernel } = core;
  terminal.session = kernel.attribute(caller, ATTRIBUTE.session);
  core.state.lostForegrounds.delete(terminal.session);
  terminal.foreground = kernel.attribute(caller, ATTRIBUTE.group);
  kernel.setAttribute(caller, ATTRIBUTE.terminal, terminal.number + 1);
}

/**
 * TIOCSCTTY.
 * @param steals 1: root takes it from another session
 * @param isReader whether the descriptor was opened for reading; root need not care
 * @returns 0 or -EPERM
 */
export function takeTerminal(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  steals: number,
  isReader: boolean,
): Result {
  const { kernel } = core;
  const session = kernel.attribute(caller, ATTRIBUTE.session);
  const isLeader = leadsSession(kernel, caller);
  if (isLeader && terminal.session === session) return 0;
  if (!isLeader || kernel.attribute(caller, ATTRIBUTE.terminal) !== 0) return -EPERM;
  const isRoot = isPrivileged(core, caller);
  if (terminal.session !== 0 && (steals !== 1 || !isRoot)) return -EPERM;
  if (!isReader && !isRoot) return -EPERM;
  if (terminal.session !== 0) leaveSession(core, terminal);
  control(core, caller, terminal);
  return 0;
}

/** TIOCNOTTY: the caller gives up its terminal; a session leader for the whole session. */
export function giveUpTerminal(core: Core, caller: TaskId, terminal: Terminal): Result {
  const { kernel } = core;
  if (!isControlling(core, caller, terminal)) return -ENOTTY;
  if (leadsSession(kernel, caller)) {
    signalGroup(core, terminal.foreground, SIGHUP);
    signalGroup(core, terminal.foreground, SIGCONT);
    leaveSession(core, terminal);
  }
  kernel.setAttribute(caller, ATTRIBUTE.terminal, 0);
  return 0;
}

/** TIOCSPGRP, behind checkForeground. @returns 0, -ENOTTY, -ESRCH or -EPERM */
export function setForeground(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  group: number,
): Result {
  const { kernel } = core;
  const session = kernel.attribute(caller, ATTRIBUTE.session);
  if (!isControlling(core, caller, terminal) || terminal.session !== session) return -ENOTTY;
  let found = 0;
  eachProcess(kernel, (process) => {
    const isMember = kernel.attribute(process, ATTRIBUTE.group) === group;
    // Linux takes a process that leads no group for a group of its own as well (find_vpid).
    if (isMember || (process === group && found === 0)) found = process;
  });
  if (found === 0) return -ESRCH;
  if (kernel.attribute(found, ATTRIBUTE.session) !== session) return -EPERM;
  terminal.foreground = group;
  return 0;
}

function signalGroup(core: Core, group: number, signal: number): void {
  if (group > 0) core.kernel.postSignal(SIGNAL_TO_GROUP, group, signal, SI_KERNEL, 0, 0, 0);
}

/** The terminal belongs to nobody, and is nobody's controlling terminal. */
function leaveSession(core: Core, terminal: Terminal): void {
  const { kernel } = core;
  const { session, number } = terminal;
  eachProcess(kernel, (process) => {
    const isMember = kernel.attribute(process, ATTRIBUTE.session) === session;
    if (isMember && kernel.attribute(process, ATTRIBUTE.terminal) === number + 1) {
      kernel.setAttribute(process, ATTRIBUTE.terminal, 0);
    }
  });
  terminal.session = 0;
  terminal.foreground = 0;
}

/**
 * Every open so far is dead, and nobody's controlling terminal is this one (Linux: __tty_hangup).
 * Opens of /dev/console and of a master go on.
 */
function cutOff(core: Core, terminal: Terminal): void {
  leaveSession(core, terminal);
  terminal.generation++;
  resetSettings(terminal);
  terminal.stopped = false;
  terminal.stoppedByCall = false;
  discardInput(core, terminal);
  if (terminal.pseudo !== undefined) terminal.pseudo.status = 0;
  core.kernel.wake(terminal.inputChannel, ALL);
  core.kernel.wake(terminal.outputChannel, ALL);
}

/**
 * vhangup(2) of a terminal, or its master was closed: the session leader is told. The foreground
 * group is remembered: it is told when the leader ends (Linux: tty_old_pgrp).
 */
export function hangUpTerminal(core: Core, terminal: Terminal): void {
  const { session, foreground } = terminal;
  hangUpLine(core, terminal);
  if (session !== 0 && foreground !== 0) core.state.lostForegrounds.set(session, foreground);
  cutOff(core, terminal);
}

/**
 * A session leader ended: SIGHUP to the foreground of its terminal, which is free then. What stands
 * open of a pseudo-terminal stays usable, as on Linux; a console's opens are dead.
 */
export function endSession(core: Core, session: number): void {
  for (const terminal of core.state.terminals.values()) {
    if (terminal.session !== session) continue;
    signalGroup(core, terminal.foreground, SIGHUP);
    if (terminal.pseudo === undefined) cutOff(core, terminal);
    else leaveSession(core, terminal);
  }
  const lost = core.state.lostForegrounds.get(session) ?? 0;
  core.state.lostForegrounds.delete(session);
  signalGroup(core, lost, SIGHUP);
  signalGroup(core, lost, SIGCONT);
}

/** The line is lost: the session leader is told (POSIX 11.1.10). */
export function hangUpLine(core: Core, terminal: Terminal): void {
  if (terminal.session === 0) return;
  for (const signal of [SIGHUP, SIGCONT]) {
    core.kernel.postSignal(SIGNAL_TO_PROCESS, terminal.session, signal, SI_KERNEL, 0, 0, 0);
  }
}
