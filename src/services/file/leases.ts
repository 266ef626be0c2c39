/**
 * Leases (fcntl(2), F_SETLEASE): the holder is told, by a signal, before another opens or truncates
 * the file against it; the other waits until the lease is given up, or its time is over. Below
 * open.ts and transfer.ts.
 */
import { EACCES, EAGAIN, EINVAL } from "../../abi/errno.js";
import {
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  O_ACCMODE,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  S_IFMT,
  S_IFREG,
} from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { isWritten } from "./busy.js";
import { isOwner } from "./permissions.js";
import { POLLMSG, setOwner, signalOwner } from "./signal-owner.js";
import { type Core, type Lease, nodeKey, type OpenFile } from "./state.js";

/** How long a holder may take to give a lease up (/proc/sys/fs/lease-break-time). */
const BREAK_NANOSECONDS = 45e9;
const ALL = 2 ** 31 - 1;

const keyOf = (core: Core, file: OpenFile): string => nodeKey(core, file.mount, file.node);

/** F_GETLEASE. @returns F_RDLCK, F_WRLCK, F_UNLCK; while it is broken, what it is to become */
export function leaseOf(core: Core, file: OpenFile): Result {
  const lease = file.mount < 0 ? undefined : core.state.leases.get(keyOf(core, file));
  if (lease === undefined || !lease.holders.includes(file.id)) return F_UNLCK;
  return lease.target >= 0 ? lease.target : lease.type;
}

/** F_SETLEASE. @returns 0, -EACCES: not the owner's, -EAGAIN: others have it open, -EINVAL */
export function setLease(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  descriptor: number,
  type: number,
): Result {
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) return -EINVAL;
  if (file.mount < 0 || !isOwner(core, caller, file.mount, file.node)) {
    return file.mount < 0 ? -EINVAL : -EACCES;
  }
  if ((file.mode & S_IFMT) !== S_IFREG) return -EINVAL;
  if (type === F_UNLCK) {
    const held = core.state.leases.get(keyOf(core, file))?.holders.includes(file.id) ?? false;
    return held ? endLease(core, file) : -EAGAIN;
  }
  if (type === F_RDLCK && isWritten(core, file.mount, file.node)) return -EAGAIN;
  if (type === F_WRLCK && isOpenElsewhere(core, file)) return -EAGAIN;
  const key = keyOf(core, file);
  const lease: Lease = core.state.leases.get(key) ?? {
    holders: [],
    type,
    target: -1,
    deadline: 0,
    channel: core.kernel.newChannel(),
  };
  if (lease.target >= 0 && type !== lease.target) return -EAGAIN;
  if (!lease.holders.includes(file.id)) lease.holders.push(file.id);
  lease.type = type;
  lease.target = -1;
  core.state.leases.set(key, lease);
  core.kernel.wake(lease.channel, ALL);
  file.ownerDescriptor = descriptor;
  if (file.owner !== 0) return 0;
  return setOwner(core, caller, file, core.kernel.attribute(caller, ATTRIBUTE.process), false);
}

function isOpenElsewhere(core: Core, file: OpenFile): boolean {
  const key = keyOf(core, file);
  for (const other of core.state.files.values()) {
    if (other !== file && other.node === file.node && other.mount >= 0) {
      if (keyOf(core, other) === key) return true;
    }
  }
  return false;
}

/** The open file holds no lease any more. @returns 0 */
export function endLease(core: Core, file: OpenFile): Result {
  if (core.state.leases.size === 0 || file.mount < 0) return 0;
  const key = keyOf(core, file);
  const lease = core.state.leases.get(key);
  const at = lease?.holders.indexOf(file.id) ?? -1;
  if (lease === undefined || at < 0) return 0;
  lease.holders.splice(at, 1);
  if (lease.holders.length > 0) return 0;
  core.state.leases.delete(key);
  core.kernel.wake(lease.channel, ALL);
  return 0;
}

/**
 * Breaks the leases that an open or a truncation is against.
 * @param flags O_* of the opening
 * @returns 0: go on; -EAGAIN: O_NONBLOCK, and the holder is told; or BLOCKED
 */
export function breakLeases(
  core: Core,
  caller: TaskId,
  mount: number,
  node: number,
  flags: number,
): Result {
  if ((flags & O_NONBLOCK) === 0 && core.kernel.forced(caller)) return BLOCKED;
  if (core.state.leases.size === 0) return 0;
  const key = nodeKey(core, mount, node);
  const lease = core.state.leases.get(key);
  const writes = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
  if (lease === undefined || (!writes && lease.type === F_RDLCK)) return 0;
  const { kernel } = core;
  const now = kernel.monotonicNanoseconds();
  const target = writes ? F_UNLCK : F_RDLCK;
  if (lease.target < 0 || (lease.target === F_RDLCK && target === F_UNLCK)) {
    if (lease.target < 0) lease.deadline = now + BREAK_NANOSECONDS;
    lease.target = target;
    for (const id of lease.holders) {
      const holder = core.state.files.get(id);
      if (holder !== undefined) signalOwner(core, holder, POLLMSG);
    }
  }
  if (now >= lease.deadline) return expire(core, key, lease);
  if ((flags & O_NONBLOCK) !== 0) return -EAGAIN;
  kernel.setDeadline(caller, lease.deadline);
  return kernel.block(caller, lease.channel);
}

/** The holder did not answer in time: the lease becomes what it was to become. */
function expire(core: Core, key: string, lease: Lease): Result {
  if (lease.target === F_RDLCK) {
    lease.type = F_RDLCK;
    lease.target = -1;
  } else core.state.leases.delete(key);
  core.kernel.wake(lease.channel, ALL);
  return 0;
}
