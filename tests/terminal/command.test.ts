/** The command on a terminal: stopped and continued, ended, with a terminal by choice. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { missingImage, root, sixfold } from "../cli/command.js";
import { missingTmux, TmuxTerminal } from "./tmux.js";

const skip = missingTmux() || (await missingImage());

interface Host {
  readonly terminal: TmuxTerminal;
  /** Sends a signal to the command. */
  kill(signal: string): void;
}

/** Opens a shell of the host in a fresh terminal; `sixfold` is the command there. */
async function hostShell(steps: (host: Host) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-host-"));
  const file = join(folder, "pid");
  const start = `"${process.execPath}" "${join(root, "bin", "sixfold.js")}"`;
  const terminal = new TmuxTerminal("PS1='host> ' exec bash --norc --noprofile -i");
  try {
    await terminal.expect(/host>$/);
    // Not a function: a shell could not stop and continue its program.
    terminal.line(`alias sixfold='sh -c '\\''echo $$ > ${file}; exec ${start} "$@"'\\'' sixfold'`);
    terminal.line("clear");
    await terminal.expect(/^host>$/);
    await steps({
      terminal,
      kill: (signal) => {
        execFileSync("kill", [`-${signal}`, readFileSync(file, "utf8").trim()]);
      },
    });
  } finally {
    terminal.close();
    rmSync(folder, { recursive: true });
  }
}

/** Whether the terminal is as a shell's programs expect it. */
async function expectUsual(terminal: TmuxTerminal, status: string): Promise<void> {
  terminal.line("echo status $?; stty -a | grep -c -- ' icanon'");
  await terminal.expect(new RegExp(`\\nstatus ${status}\\n1\\nhost>$`));
}

describe("the command on a terminal", { skip }, () => {
  test("SIGTSTP gives the terminal back, SIGCONT takes it again", () =>
    hostShell(async ({ terminal, kill }) => {
      terminal.line("sixfold");
      await terminal.expect(/root@sixfold:~#$/);
      kill("TSTP");
      await terminal.expect(/Stopped .*\nhost>$/);
      await expectUsual(terminal, "\\d+");
      terminal.line("fg");
      await terminal.expect(/host> fg\n(.*\n)*.*sixfold/);
      // A raw terminal: the key goes to the guest's shell, which deletes a word.
      terminal.type("no such words");
      terminal.keys("C-u");
      terminal.line("stty size; echo go''ing on");
      await terminal.expect(/\n24 80\ngoing on\nroot@sixfold:~#$/);
      terminal.line("exit 4");
      await terminal.expect(/host>$/);
      await expectUsual(terminal, "4");
    }));

  for (const [name, status] of [
    ["TERM", 143],
    ["HUP", 129],
    ["INT", 130],
  ] as const) {
    test(`SIG${name} ends the session, the terminal is as it was`, () =>
      hostShell(async ({ terminal, kill }) => {
        terminal.line("sixfold");
        await terminal.expect(/root@sixfold:~#$/);
        kill(name);
        await terminal.expect(/host>$/);
        await expectUsual(terminal, String(status));
      }));
  }

  test("Ctrl-C while it boots", () =>
    hostShell(async ({ terminal }) => {
      terminal.line("echo be''gin; sixfold run -- sleep 100");
      await terminal.expect(/begin/);
      terminal.keys("C-c");
      // It may have begun meanwhile: then the key was the program's.
      await terminal.expect(/host>$/);
      await expectUsual(terminal, "130");
    }));

  test("Ctrl-C of a program whose output is a pipe", () =>
    hostShell(async ({ terminal }) => {
      terminal.line("sixfold run -- sh -c 'echo ready; sleep 100' | tee");
      await terminal.expect(/\nready$/);
      terminal.keys("C-c");
      await terminal.expect(/\^C\nhost>$/);
      terminal.line("echo $PIPESTATUS");
      await terminal.expect(/\n130\nhost>$/);
    }));

  test("a terminal or streams: as input and output are, or by choice", () =>
    hostShell(async ({ terminal }) => {
      const cases: readonly (readonly [string, RegExp])[] = [
        ["sixfold run -- tty", /^\/dev\/hvc0\nhost>$/],
        ["sixfold run -- tty | tee", /^not a tty\nhost>$/],
        ["sixfold run -- tty < /dev/null", /^not a tty\nhost>$/],
        ["sixfold run --no-tty -- tty", /^not a tty\nhost>$/],
        ["sixfold run --tty -- sh -c 'tty; stty size' | tee", /^\/dev\/hvc0\n24 80\nhost>$/],
      ];
      for (const [line, expected] of cases) {
        terminal.line(`clear; ${line}`);
        await terminal.expect(expected);
      }
    }));
});

describe("a terminal without one here", { skip: await missingImage() }, () => {
  test("what comes from a pipe is typed, and its end is Ctrl-D", async () => {
    const args = ["run", "--tty", "--", "sh", "-c", "stty -echo; tty; stty size; cat; echo end $?"];
    const ended = await sixfold(args, { input: "typed\n" });
    const lines = ended.stdout.toString().split("\r\n");
    assert.deepEqual(lines.slice(-5), ["/dev/hvc0", "24 80", "typed", "end 0", ""]);
    assert.equal(ended.code, 0);
  });

  test("Ctrl-] of a pipe is a byte as any other", () => {
    const command = [join(root, "bin", "sixfold.js"), "run", "--tty", "--", "head", "-c", "3"];
    const run = spawnSync(process.execPath, command, { input: "a\x1d\n", timeout: 60_000 });
    assert.equal(run.status, 0);
    assert.ok(run.stdout.toString().endsWith("a\x1d\r\n"));
  });
});
