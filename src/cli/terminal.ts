/**
 * The terminal of an interactive session: raw while it is open, so that every key goes to the guest
 * (Ctrl-C and Ctrl-Z too), but for one: Ctrl-] ends the session. However the process ends, the
 * terminal is put back.
 */
import type { WindowSize } from "../index.js";
import { EXIT_SIGNAL_BASE, SIGNALS } from "./exit.js";

/** Ctrl-], as in telnet. */
export const KEY_END = 0x1d;
export const KEY_END_NAME = "Ctrl-]";

export interface TerminalEvents {
  input(bytes: Uint8Array): Promise<void>;
  resize(window: WindowSize): void;
  /** The session ends: Ctrl-], or the terminal is gone. */
  hangUp(): void;
}

export class Terminal {
  private readonly undo: (() => void)[] = [];

  get window(): WindowSize {
    const { columns, rows } = process.stdout;
    return { columns: columns ?? 80, rows: rows ?? 24 };
  }

  open(events: TerminalEvents): void {
    const { stdin, stdout } = process;
    const restore = (): void => {
      stdin.setRawMode(false);
    };
    stdin.setRawMode(true);
    this.undo.push(restore, () => stdin.pause());
    this.listen(process, "exit", restore);
    for (const [name, number] of Object.entries(SIGNALS)) {
      this.listen(process, name, () => process.exit(EXIT_SIGNAL_BASE + number));
    }
    this.listen(stdout, "resize", () => events.resize(this.window));
    this.listen(stdin, "end", () => events.hangUp());
    this.listen(stdin, "error", () => events.hangUp());
    this.listen(stdin, "data", (chunk: Buffer) => this.take(chunk, events));
    // The window may have changed since the program was started.
    events.resize(this.window);
  }

  close(): void {
    for (const undo of this.undo.splice(0)) undo();
  }

  private take(chunk: Buffer, events: TerminalEvents): void {
    const end = chunk.indexOf(KEY_END);
    const bytes = new Uint8Array(end < 0 ? chunk : chunk.subarray(0, end));
    if (bytes.length > 0) {
      process.stdin.pause();
      events.input(bytes).then(
        () => this.resume(),
        () => undefined,
      );
    }
    if (end >= 0) events.hangUp();
  }

  /** Reads on, unless the session is over: a standard input that is read keeps a process alive. */
  private resume(): void {
    if (this.undo.length > 0) process.stdin.resume();
  }

  private listen<A extends unknown[]>(
    target: NodeJS.EventEmitter,
    event: string,
    listener: (...values: A) => void,
  ): void {
    const any = listener as (...values: unknown[]) => void;
    target.on(event, any);
    this.undo.push(() => target.off(event, any));
  }
}
