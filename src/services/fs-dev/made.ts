/**
 * Names that programs make in /dev beside the fixed ones: sockets and FIFOs (syslogd's /dev/log).
 * Such a node lives while it has its name or references.
 */
import { EEXIST, ENOENT, ENOSPC, ENOTDIR, EPERM } from "../../abi/errno.js";
import { S_IFIFO, S_IFMT, S_IFSOCK } from "../../abi/file.js";
import type { KernelCalls } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { nodeAt, nodeNamed, streamNamed } from "./nodes.js";
import { type DevState, ROOT } from "./state.js";

/** More than any system's programs make. */
const MADE_MAX = 1024;

/** @returns the new node, -EPERM for other types, -EEXIST or -ENOSPC */
export function makeNamed(
  kernel: KernelCalls,
  state: DevState,
  directory: number,
  name: string,
  mode: number,
  userId: number,
  groupId: number,
): Result {
  const type = mode & S_IFMT;
  if (directory !== ROOT || (type !== S_IFSOCK && type !== S_IFIFO)) return -EPERM;
  if (nodeNamed(state, name) >= 0 || streamNamed(name) >= 0) return -EEXIST;
  if (state.made.size >= MADE_MAX) return -ENOSPC;
  const seconds = kernel.realtimeSeconds();
  const nanoseconds = kernel.realtimeNanoseconds();
  const number = state.nextMade++;
  state.made.set(number, { references: 0 });
  state.nodes.set(number, {
    name,
    mode,
    device: 0,
    target: "",
    userId,
    groupId,
    accessSeconds: seconds,
    accessNanoseconds: nanoseconds,
    modifySeconds: seconds,
    modifyNanoseconds: nanoseconds,
    changeSeconds: seconds,
    changeNanoseconds: nanoseconds,
  });
  return number;
}

/** Takes a name away. @returns 0, -ENOENT, -ENOTDIR, or -EPERM: it is a fixed one */
export function removeNamed(
  state: DevState,
  directory: number,
  name: string,
  isDirectory: number,
): Result {
  const number = directory === ROOT ? nodeNamed(state, name) : -1;
  if (number < 0) return streamNamed(name) >= 0 ? -EPERM : -ENOENT;
  if (!state.made.has(number)) return -EPERM;
  if (isDirectory === 1) return -ENOTDIR;
  state.nodes.set(number, { ...nodeAt(state, number), name: "" });
  forgetUnused(state, number);
  return 0;
}

/** One reference more or less; fixed nodes are never freed. */
export function countReference(state: DevState, number: number, change: number): Result {
  const made = state.made.get(number);
  if (made === undefined) return 0;
  made.references += change;
  forgetUnused(state, number);
  return 0;
}

function forgetUnused(state: DevState, number: number): void {
  if (state.made.get(number)?.references !== 0 || nodeAt(state, number).name !== "") return;
  state.made.delete(number);
  state.nodes.delete(number);
}
