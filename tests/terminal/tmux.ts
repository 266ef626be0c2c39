/** A terminal for tests: a tmux server of its own, whose keys and screen are ours. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "../cli/command.js";

const limitMs = 30_000;
const pollMs = 50;

/** Why these tests cannot run here, or false. */
export function missingTmux(): string | false {
  return spawnSync("tmux", ["-V"]).status === 0 ? false : "needs tmux";
}

export class TmuxTerminal {
  private readonly folder = mkdtempSync(join(tmpdir(), "sixfold-tmux-"));

  /** Opens a window of 80 by 24 characters and runs a command in it. */
  constructor(command: string) {
    this.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command);
  }

  /** Keys as tmux names them ("C-c", "Enter"); `type` is for text. */
  keys(...names: string[]): void {
    this.tmux("send-keys", ...names);
  }

  type(text: string): void {
    this.tmux("send-keys", "-l", "--", text);
  }

  line(text: string): void {
    this.type(text);
    this.keys("Enter");
  }

  resize(columns: number, rows: number): void {
    this.tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** The screen with what has scrolled away, without trailing empty lines. */
  screen(): string {
    return this.tmux("capture-pane", "-p", "-J", "-S", "-").trimEnd();
  }

  /** Waits until the screen shows something. @throws Error with the screen when it does not */
  async expect(pattern: RegExp): Promise<string> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      if (performance.now() > endMs) throw new Error(`no ${pattern} on the screen:\n${screen}`);
      await delay(pollMs);
    }
  }

  close(): void {
    spawnSync("tmux", ["-S", join(this.folder, "socket"), "kill-server"]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private tmux(...args: string[]): string {
    const socket = join(this.folder, "socket");
    return execFileSync("tmux", ["-S", socket, ...args], { encoding: "utf8" });
  }
}

/**
 * Runs sixfold in a fresh terminal. What is left open ends with the terminal.
 * @param options of the command, as the shell reads them
 * @param after shell commands behind it; the last must not end before the screen is read
 */
export async function inSixfold(
  options: string,
  after: string,
  steps: (terminal: TmuxTerminal) => Promise<void>,
): Promise<void> {
  const command = `"${process.execPath}" "${join(root, "bin", "sixfold.js")}"`;
  const terminal = new TmuxTerminal(`${command} ${options}; ${after}`);
  try {
    await steps(terminal);
  } finally {
    terminal.close();
  }
}
