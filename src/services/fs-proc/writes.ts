/** What can be written in /proc: a task's name, its oom_score_adj, settings of the kernel. */
import { CAP_SYS_RESOURCE, hasCapability } from "../../abi/capability.js";
import { EACCES, EINVAL, EIO } from "../../abi/errno.js";
import { ATTRIBUTE, RECORD, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { bytesOf, textOf } from "../../kernel/texts.js";
import type { Kind } from "./nodes.js";
import type { Source } from "./source.js";

/** Longest name of a task. */
const COMMAND_BYTES_MAX = 15;
const OOM_LIMIT = 1000;

/**
 * Writes to a file of a task, or (task 0) of the system.
 * @param bytes all that was written
 * @returns 0, -EIO and -EINVAL: it cannot be written, or the file's own -errno
 */
export function write(
  source: Source,
  caller: TaskId,
  task: TaskId,
  row: Kind,
  bytes: Uint8Array,
): Result {
  const { setting, name } = row;
  if (setting?.set !== undefined) return setting.set(source, caller, textOf(bytes));
  if (task === 0) return -EIO;
  if (name === "comm") return setCommand(source, caller, task, bytes);
  return name === "oom_score_adj" ? setOomScore(source, caller, task, textOf(bytes)) : -EINVAL;
}

/** Threads may name each other, nobody else; what is too long is cut, a newline is kept. */
function setCommand(source: Source, caller: TaskId, task: TaskId, bytes: Uint8Array): Result {
  const { kernel } = source;
  const process = (id: TaskId): number => kernel.attribute(id, ATTRIBUTE.process);
  if (process(caller) !== process(task)) return -EINVAL;
  const [name = ""] = textOf(bytes.subarray(0, COMMAND_BYTES_MAX)).split("\0", 1);
  kernel.publish(task, RECORD.command, bytesOf(name));
  return 0;
}

/** Nobody unprivileged goes below what the last privileged one has set. */
function setOomScore(source: Source, caller: TaskId, task: TaskId, text: string): Result {
  const { kernel } = source;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return -EINVAL;
  const value = Number(text);
  if (Math.abs(value) > OOM_LIMIT) return -EINVAL;
  const capabilities = kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities);
  const isPrivileged = hasCapability(capabilities, CAP_SYS_RESOURCE);
  if (!isPrivileged && value < kernel.attribute(task, ATTRIBUTE.oomScoreMinimum)) return -EACCES;
  kernel.setAttribute(task, ATTRIBUTE.oomScoreAdjustment, value);
  if (isPrivileged) kernel.setAttribute(task, ATTRIBUTE.oomScoreMinimum, value);
  return 0;
}
