/**
 * The one line of a panic: a throw that no domain contained. It names the service whose code threw,
 * found by its class among the frames of the stack.
 */
import type { Composition } from "./compose.js";

/** @returns "panic: service NAME: message", or "panic: kernel: message" */
export function panicLine(error: unknown, composition: Composition): string {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const byClass = new Map<string, string>();
  for (const { name, object } of composition.placed.values()) {
    byClass.set(object.constructor.name, name);
  }
  for (const line of stack.split("\n").slice(1)) {
    const frame = /at (?:new )?([A-Za-z_$][\w$]*)\./.exec(line);
    const service = frame === null ? undefined : byClass.get(frame[1] as string);
    if (service !== undefined) return `panic: service ${service}: ${message}`;
  }
  return `panic: kernel: ${message}`;
}
