/**
 * wait4(2) and waitid(2): children that ended, stopped or went on.
 */
import { ECHILD, EFAULT, EINVAL, ESRCH } from "../../abi/errno.js";
import {
  P_ALL,
  P_PGID,
  P_PID,
  STATUS_CONTINUED,
  STATUS_CORE,
  WALL,
  WCLONE,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOTHREAD,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
} from "../../abi/process.js";
import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  SIGCHLD,
  SIGCONT,
} from "../../abi/signal.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import { ACCESS_WRITE } from "../../kernel/platform.js";
import { BLOCKED, type Result, SCRATCH_BASE } from "../../kernel/protocol.js";
import type { Context } from "./context.js";
import type { Exits } from "./exit.js";
import type { ProcessRecord } from "./state.js";
import { addUsage, writeUsage } from "./usage.js";

/** A child's change that the caller can have now. */
interface Found {
  readonly child: ProcessRecord;
  readonly status: number;
  readonly kind: "ended" | "stopped" | "continued";
}

/** The one number without a group of its own (INT_MIN). */
const PROCESS_MIN = -(2 ** 31);
const OPTIONS_WAIT4 = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE;
const OPTIONS_WAITID = OPTIONS_WAIT4 | WEXITED | WNOWAIT;

export class Waits {
  constructor(
    private readonly context: Context,
    private readonly exits: Exits,
  ) {}

  wait(caller: TaskId, which: number, status: number, options: number, usage: number): Result {
    if (((options >>> 0) & ~(OPTIONS_WAIT4 >>> 0)) !== 0) return -EINVAL;
    if (which === PROCESS_MIN) return -ESRCH;
    const own = this.context.own(caller);
    const isWanted = (child: ProcessRecord): boolean => {
      if (which > 0) return child.id === which;
      if (which === -1) return true;
      return this.context.group(child) === (which === 0 ? this.context.group(own) : -which);
    };
    const found = this.find(caller, own, isWanted, options | WEXITED);
    if (found === undefined) return -ECHILD;
    const { kernel } = this.context;
    const isForced = (options & WNOHANG) === 0 && kernel.forced(caller);
    if (found === "none" || isForced) return this.none(caller, own, options);
    const ready = this.prepareAll(caller, [
      [status, 4],
      [usage, 144],
    ]);
    if (ready === BLOCKED) return BLOCKED;
    if (ready === 0) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setInt32(0, found.status, true);
      if (status !== 0) kernel.copyOut(caller, status, bytes, 0, 4);
      this.storeUsage(caller, usage, found.child);
    }
    // As on Linux, the child is gone even if its status cannot be stored.
    const id = found.child.id;
    this.consume(own, found, options);
    return ready < 0 ? ready : id;
  }

  waitId(
    caller: TaskId,
    type: number,
    id: number,
    siginfo: number,
    options: number,
    usage: number,
  ): Result {
    if (((options >>> 0) & ~(OPTIONS_WAITID >>> 0)) !== 0) return -EINVAL;
    if ((options & (WEXITED | WSTOPPED | WCONTINUED)) === 0) return -EINVAL;
    if (type !== P_ALL && type !== P_PID && type !== P_PGID) return -EINVAL;
    if ((type === P_PID && id <= 0) || (type === P_PGID && id < 0)) return -EINVAL;
    const own = this.context.own(caller);
    const group = id === 0 ? this.context.group(own) : id;
    const found = this.find(
      caller,
      own,
      (child) =>
        type === P_ALL || (type === P_PID ? child.id === id : this.context.group(child) === group),
      options,
    );
    if (found === undefined) return -ECHILD;
    const { kernel } = this.context;
    if (found !== "none" && (options & WNOHANG) === 0 && kernel.forced(caller)) {
      return this.none(caller, own, options);
    }
    if (found === "none" && (options & WNOHANG) === 0) return this.none(caller, own, options);
    const ready = this.prepareAll(caller, [
      [siginfo, 128],
      [usage, 144],
    ]);
    if (ready === BLOCKED) return BLOCKED;
    if (found === "none") {
      return ready < 0 || siginfo === 0 ? ready : kernel.clearOut(caller, siginfo, 128);
    }
    if (ready === 0) {
      if (siginfo !== 0) kernel.copyOut(caller, siginfo, this.info(found), 0, 128);
      this.storeUsage(caller, usage, found.child);
    }
    // As for wait4: the child is gone even if its siginfo cannot be stored.
    this.consume(own, found, options);
    return ready;
  }

  /** @returns a change; "none": children but no change; undefined: no such child */
  private find(
    caller: TaskId,
    own: ProcessRecord,
    isWanted: (child: ProcessRecord) => boolean,
    options: number,
  ): Found | "none" | undefined {
    let isAny = false;
    for (const id of own.children) {
      const child = this.context.process(id);
      if (!isWanted(child)) continue;
      // Children with another signal than SIGCHLD are "clone" children.
      const isClone = child.exitSignal !== SIGCHLD;
      if ((options & WALL) === 0 && isClone !== ((options & WCLONE) !== 0)) continue;
      if ((options & WNOTHREAD) !== 0 && child.parentThread !== caller) continue;
      isAny = true;
      if (child.isZombie) {
        if ((options & WEXITED) === 0) continue;
        return { child, status: child.status, kind: "ended" };
      }
      if (child.stopStatus !== 0 && (options & WSTOPPED) !== 0) {
        return { child, status: child.stopStatus, kind: "stopped" };
      }
      if (child.continued && (options & WCONTINUED) !== 0) {
        return { child, status: STATUS_CONTINUED, kind: "continued" };
      }
    }
    return isAny ? "none" : undefined;
  }

  /** Faults in what the answer goes to. @returns 0, -EFAULT or BLOCKED */
  private prepareAll(caller: TaskId, ranges: readonly (readonly [number, number])[]): Result {
    for (const [address, lengthBytes] of ranges) {
      if (address === 0 || address >= SCRATCH_BASE) continue;
      const { memory } = this.context.services;
      const ready = memory.prepare(caller, address, lengthBytes, ACCESS_WRITE);
      if (ready === BLOCKED) return BLOCKED;
      if (ready < lengthBytes) return -EFAULT;
    }
    return 0;
  }

  private none(caller: TaskId, own: ProcessRecord, options: number): Result {
    const { kernel } = this.context;
    return (options & WNOHANG) !== 0 ? 0 : kernel.block(caller, own.childChannel);
  }

  private consume(own: ProcessRecord, found: Found, options: number): void {
    if ((options & WNOWAIT) !== 0) return;
    if (found.kind === "ended") this.exits.reap(found.child, own);
    else if (found.kind === "stopped") found.child.stopStatus = 0;
    else found.child.continued = false;
  }

  private storeUsage(caller: TaskId, address: number, child: ProcessRecord): Result {
    if (address === 0) return 0;
    const usage = { ...child.ownUsage };
    addUsage(usage, child.childUsage);
    return this.context.kernel.copyOut(caller, address, writeUsage(usage), 0, 144);
  }

  private info(found: Found): Uint8Array {
    const { child, status, kind } = found;
    const bytes = new Uint8Array(128);
    const view = new DataView(bytes.buffer);
    const signal = status & 0x7f;
    view.setInt32(0, SIGCHLD, true);
    view.setInt32(16, child.id, true);
    view.setInt32(20, this.context.kernel.attribute(child.id, ATTRIBUTE.userId), true);
    if (kind === "continued") {
      view.setInt32(8, CLD_CONTINUED, true);
      view.setInt32(24, SIGCONT, true);
    } else if (kind === "stopped") {
      view.setInt32(8, CLD_STOPPED, true);
      view.setInt32(24, status >> 8, true);
    } else if (signal === 0) {
      view.setInt32(8, CLD_EXITED, true);
      view.setInt32(24, status >> 8, true);
    } else {
      view.setInt32(8, (status & STATUS_CORE) !== 0 ? CLD_DUMPED : CLD_KILLED, true);
      view.setInt32(24, signal, true);
    }
    return bytes;
  }
}
