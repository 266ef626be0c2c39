/**
 * Tracing of system calls, in the manner of strace: one line per call when it ends, made from the
 * types of its row. Hooks run once per call id, whatever the number of re-runs.
 */
import { ERRNO_NAMES } from "../abi/errno.js";
import { scratchRange } from "../kernel/call-record.js";
import type { Kernel } from "../kernel/kernel.js";
import { ACCESS_READ } from "../kernel/platform.js";
import type { Result } from "../kernel/protocol.js";
import type { Task } from "../kernel/tasks.js";
import type { ArgumentType } from "./arguments.js";
import type { Row } from "./row.js";

/** Bytes of a buffer that are shown. */
const SHOWN_BYTES_MAX = 32;

/** Calls that do not come back: their line is written when they begin. */
const WITHOUT_RETURN: ReadonlySet<string> = Object.freeze(new Set(["exit", "exit_group"]));

export class Tracer {
  /** Text of the calls under way, by task. */
  readonly state: { readonly entered: Map<number, string> } = { entered: new Map() };

  /** @param write takes a line without its end */
  constructor(private readonly write: (line: string) => void) {}

  /** The call runs: its arguments are noted the first time. */
  enter(kernel: Kernel, task: Task, row: Row, words: readonly number[]): void {
    if (task.call.traced) return;
    task.call.traced = true;
    const shown: string[] = [];
    let word = 0;
    for (const type of row.arguments) {
      shown.push(show(kernel, task, type, words, word));
      word += type.kind === "path" ? 2 : 1;
    }
    const text = `[${task.id}] ${row.name}(${shown.join(", ")})`;
    if (WITHOUT_RETURN.has(row.name)) this.write(`${text} = ?`);
    else this.state.entered.set(task.id, text);
  }

  leave(kernel: Kernel, task: Task, row: Row | undefined, result: Result): void {
    const call = task.call;
    const text =
      this.state.entered.get(task.id) ??
      `[${task.id}] ${row?.name ?? (call.number === 0 ? "start" : `call_${call.number}`)}()`;
    this.state.entered.delete(task.id);
    this.write(`${text} = ${resultText(result)}`);
    void kernel;
  }
}

function resultText(result: Result): string {
  if (result >= 0) return result > 0xffff_ffff ? `0x${result.toString(16)}` : String(result);
  const name = ERRNO_NAMES[-result];
  return name === undefined ? String(result) : `-1 ${name}`;
}

function show(
  kernel: Kernel,
  task: Task,
  type: ArgumentType,
  words: readonly number[],
  index: number,
): string {
  const value = words[index] as number;
  switch (type.kind) {
    case "path": {
      const bytes = scratchRange(task.call, value, words[index + 1] as number);
      return bytes === undefined ? "?" : quote(bytes);
    }
    case "range": {
      if (value === 0) return "NULL";
      const lengthBytes = type.lengthArgument < 0 ? 0 : (words[index + 1] as number);
      if (type.access !== ACCESS_READ || !(lengthBytes > 0)) return `0x${value.toString(16)}`;
      const bytes = new Uint8Array(Math.min(lengthBytes, SHOWN_BYTES_MAX));
      const memory = { space: task.space, record: task.call };
      const failed = kernel.memory.read(memory, value, bytes, 0, bytes.length) < 0;
      if (failed) return `0x${value.toString(16)}`;
      return quote(bytes) + (lengthBytes > SHOWN_BYTES_MAX ? "..." : "");
    }
    case "address":
      return value === 0 ? "NULL" : `0x${value.toString(16)}`;
    case "unsigned":
      return type.shown === "mode" ? `0${value.toString(8)}` : `0x${value.toString(16)}`;
    default:
      return String(value);
  }
}

function quote(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 10) text += "\\n";
    else if (byte === 34 || byte === 92) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}"`;
}
