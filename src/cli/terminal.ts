/**
 * The terminal of an interactive session: raw while it is open, so that every key goes to the guest
 * (Ctrl-C and Ctrl-Z too), but for one: Ctrl-] ends the session. However the process ends, and
 * while it is stopped by another's SIGTSTP, the terminal is as it was.
 *
 * With --tty standard input may be no terminal: what comes from it is typed, and Ctrl-D at its end.
 */
import type { WindowSize } from "../index.js";
import { EXIT_SIGNAL_BASE, SIGNALS } from "./exit.js";

/** Ctrl-], as in telnet. */
export const KEY_END = 0x1d;
export const KEY_END_NAME = "Ctrl-]";
/** Ctrl-D, the end of input of a terminal (VEOF, as Linux sets it). */
const KEY_END_OF_INPUT = 0x04;

export interface TerminalEvents {
  input(bytes: Uint8Array): Promise<void>;
  resize(window: WindowSize): void;
  /** The session ends: Ctrl-], or the terminal is gone. */
  hangUp(): void;
}

export class Terminal {
  private readonly undo: (() => void)[] = [];

  get window(): WindowSize {
    const seen = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
    return { columns: seen?.columns ?? 80, rows: seen?.rows ?? 24 };
  }

  open(events: TerminalEvents): void {
    const { stdin, stdout } = process;
    this.undo.push(() => stdin.pause());
    if (stdin.isTTY === true) this.makeRaw(events);
    for (const [name, number] of Object.entries(SIGNALS)) {
      this.listen(process, name, () => process.exit(EXIT_SIGNAL_BASE + number));
    }
    this.listen(stdout, "resize", () => events.resize(this.window));
    this.listen(stdin, "end", () => this.endInput(events));
    this.listen(stdin, "error", () => this.endInput(events));
    this.listen(stdin, "data", (chunk: Buffer) => this.take(chunk, events));
    // The window may have changed since the program was started.
    events.resize(this.window);
  }

  private makeRaw(events: TerminalEvents): void {
    const { stdin } = process;
    const restore = (): void => {
      stdin.setRawMode(false);
    };
    stdin.setRawMode(true);
    this.undo.push(restore);
    this.listen(process, "exit", restore);
    this.listen(process, "SIGTSTP", () => {
      restore();
      process.kill(process.pid, "SIGSTOP");
    });
    this.listen(process, "SIGCONT", () => {
      // The shell that went on in between has set its own mode: libuv must see a change.
      restore();
      stdin.setRawMode(true);
      events.resize(this.window);
    });
  }

  /** A terminal that ends is gone; the end of a file or a pipe is what Ctrl-D says. */
  private endInput(events: TerminalEvents): void {
    if (process.stdin.isTTY === true) events.hangUp();
    else events.input(new Uint8Array([KEY_END_OF_INPUT])).catch(() => undefined);
  }

  close(): void {
    for (const undo of this.undo.splice(0)) undo();
  }

  private take(chunk: Buffer, events: TerminalEvents): void {
    const end = process.stdin.isTTY === true ? chunk.indexOf(KEY_END) : -1;
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
