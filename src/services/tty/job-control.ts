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
  terminal.foreground = kernel.attribute(caller, ATTRIBUTE.group);
  kernel.setAttribute(caller, ATTRIBUTE.terminal, terminal.number + 1);
}

/** TIOCSCTTY. @param steals 1: root takes it from another session. @returns 0 or -EPERM */
export function takeTerminal(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  steals: number,
): Result {
  const { kernel } = core;
  const session = kernel.attribute(caller, ATTRIBUTE.session);
  const isLeader = leadsSession(kernel, caller);
  if (isLeader && terminal.session === session) return 0;
  if (!isLeader || kernel.attribute(caller, ATTRIBUTE.terminal) !== 0) return -EPERM;
  if (terminal.session !== 0) {
    const isRoot = kernel.attribute(caller, ATTRIBUTE.effectiveUserId) === 0;
    if (steals !== 1 || !isRoot) return -EPERM;
    leaveSession(core, terminal);
  }
  control(core, caller, terminal);
  return 0;
}

/** TIOCNOTTY: the caller gives up its terminal; a session leader for the whole session. */
export function giveUpTerminal(core: Core, caller: TaskId, terminal: Terminal): Result {
  const { kernel } = core;
  if (!isControlling(core, caller, terminal)) return -ENOTTY;
  if (leadsSession(kernel, caller)) {
    hangUpForeground(core, terminal);
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
    if (kernel.attribute(process, ATTRIBUTE.group) === group) found = process;
  });
  if (found === 0) return -ESRCH;
  if (kernel.attribute(found, ATTRIBUTE.session) !== session) return -EPERM;
  terminal.foreground = group;
  return 0;
}

function hangUpForeground(core: Core, terminal: Terminal): void {
  if (terminal.foreground === 0) return;
  for (const signal of [SIGHUP, SIGCONT]) {
    core.kernel.postSignal(SIGNAL_TO_GROUP, terminal.foreground, signal, SI_KERNEL, 0, 0, 0);
  }
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

/** The session leader ended: hang-up for the foreground, and every open of the session is dead. */
export function hangUpSession(core: Core, terminal: Terminal): void {
  hangUpForeground(core, terminal);
  leaveSession(core, terminal);
  terminal.generation++;
  resetSettings(terminal);
  terminal.stopped = false;
  terminal.stoppedByCall = false;
  discardInput(terminal);
  core.kernel.wake(terminal.inputChannel, ALL);
  core.kernel.wake(terminal.outputChannel, ALL);
}

/** The line is lost (no CLOCAL): the session leader is told (POSIX 11.1.10). */
export function hangUpLine(core: Core, terminal: Terminal): void {
  if (terminal.session === 0) return;
  for (const signal of [SIGHUP, SIGCONT]) {
    core.kernel.postSignal(SIGNAL_TO_PROCESS, terminal.session, signal, SI_KERNEL, 0, 0, 0);
  }
}
