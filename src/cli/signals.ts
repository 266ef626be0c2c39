/** Signals to the command while a program runs over streams: they are the program's. */
import type { Program } from "../index.js";

/** Passed on as they are, each time. */
const FORWARDED = ["SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/** How long a program may take over SIGTERM. */
const GRACE_MS = 2000;

/**
 * Passes signals on to the program's process group. What SIGTERM has not ended in 2 s, or at the
 * second one, SIGKILL does: who stops the command this way wants it to end.
 *
 * @returns what undoes it
 */
export function forwardSignals(program: Program): () => void {
  const undo: (() => void)[] = [];
  const listen = (name: NodeJS.Signals, listener: () => void): void => {
    process.on(name, listener);
    undo.push(() => process.off(name, listener));
  };
  for (const name of FORWARDED) listen(name, () => program.kill(name));
  let timer: NodeJS.Timeout | undefined;
  listen("SIGTERM", () => {
    program.kill(timer === undefined ? "SIGTERM" : "SIGKILL");
    timer ??= setTimeout(() => program.kill("SIGKILL"), GRACE_MS);
  });
  return () => {
    clearTimeout(timer);
    for (const one of undo) one();
  };
}
