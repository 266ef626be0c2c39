/** The controlling terminal of a task, as /proc/PID/stat shows it. */
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import { deviceOfTerminal } from "../tty/protocol.js";
import type { Source } from "./source.js";

/** A device number, 0: no terminal; and its foreground process group, -1: no terminal. */
export interface ControllingTerminal {
  readonly device: number;
  readonly foreground: number;
}

/** The terminal of the task's session. */
export function terminalOf(source: Source, caller: TaskId, task: TaskId): ControllingTerminal {
  const { kernel, tty } = source;
  const terminal = kernel.attribute(task, ATTRIBUTE.terminal) - 1;
  if (terminal < 0) return { device: 0, foreground: -1 };
  return {
    device: deviceOfTerminal(terminal),
    foreground: tty.foregroundGroup(caller, terminal),
  };
}
