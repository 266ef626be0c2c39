/** A shell somewhere, driven through its standard streams or a serial line. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";

const LIMIT_MS = 600_000;

export class Shell {
  private text = "";
  private commands = 0;
  private waiting: (() => void) | undefined;
  private exit: string | undefined;

  constructor(
    readonly name: string,
    readonly child: ChildProcessWithoutNullStreams,
  ) {
    child.stdout.on("data", (bytes: Buffer) => {
      this.text += bytes.toString("latin1");
      this.waiting?.();
    });
    child.stderr.on("data", (bytes: Buffer) => process.stderr.write(`${name}: ${bytes}`));
    const ended = (why: string) => {
      this.exit ??= why;
      this.waiting?.();
    };
    child.on("error", (error) => ended(error.message));
    child.on("exit", (code, signal) => ended(`ended with ${signal ?? code}`));
    child.stdin.on("error", () => undefined);
    const atExit = (): void => void child.kill("SIGKILL");
    process.once("exit", atExit);
    child.once("exit", () => process.off("exit", atExit));
  }

  /** Waits for output that matches; takes it and all before. @throws Error at limit or end */
  async expect(pattern: RegExp, limitMs = LIMIT_MS): Promise<string> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) {
        const taken = this.text.slice(0, match.index + match[0].length);
        this.text = this.text.slice(taken.length);
        return taken;
      }
      if (this.exit !== undefined) throw new Error(`${this.name} ${this.exit}`);
      const leftMs = endMs - performance.now();
      const tail = JSON.stringify(this.text.slice(-300));
      if (leftMs <= 0) throw new Error(`${this.name}: nothing after ${limitMs} ms: ${tail}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.waiting = undefined;
    }
  }

  /** Runs a line of shell. @returns what was written; a failure is an Error with its last line */
  async run(line: string, limitMs = LIMIT_MS): Promise<string> {
    const id = ++this.commands;
    // In two parts, so that an echo of the line is not taken for its end.
    this.child.stdin.write(`${line}; echo "EN""D${id}:$?"\n`);
    const text = await this.expect(new RegExp(`END${id}:\\d+\\r?\\n`), limitMs);
    const status = Number(/END\d+:(\d+)\r?\n$/.exec(text)?.[1]);
    const output = text.replace(/END\d+:\d+\r?\n$/, "");
    if (status !== 0)
      throw new Error(`${this.name}: status ${status}: ${output.trim().slice(-200)}`);
    return output;
  }

  close(): void {
    this.child.kill("SIGKILL");
  }
}
