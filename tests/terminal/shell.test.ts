/** The interactive shell in a real terminal: editing, job control, window size, leaving. */
import { describe, test } from "node:test";
import { missingImage, structures } from "../cli/command.js";
import { inSixfold, missingTmux, type TmuxTerminal } from "./tmux.js";

const skip = missingTmux() || (await missingImage());

/** A session in a fresh terminal. What `steps` leave open ends with the terminal. */
async function session(
  structure: string,
  steps: (terminal: TmuxTerminal) => Promise<void>,
): Promise<void> {
  const after = 'echo "status $?"; stty -a | grep -c -- -icanon; exec cat';
  await inSixfold(`--structure=${structure}`, after, async (terminal) => {
    // tmux drops blanks at the end of a line.
    await terminal.expect(/root@sixfold:~#$/);
    await steps(terminal);
  });
}

for (const structure of structures) {
  describe(`the shell in a terminal, ${structure}`, { skip }, () => {
    test("line editing, pipes, redirection", () =>
      session(structure, async (terminal) => {
        terminal.type("echo ab");
        terminal.keys("Left");
        terminal.type("-X-");
        terminal.keys("Enter");
        await terminal.expect(/\na-X-b\n/);
        terminal.line("ls -l / | wc -l");
        await terminal.expect(/\n\d+\nroot@/);
        terminal.line(String.raw`cd /tmp; printf 'b\na\n' > a; echo c > b; cat a b | sort > out`);
        terminal.line("cat out");
        await terminal.expect(/cat out\na\nb\nc\nroot@sixfold:\/tmp#$/);
      }));

    test("Ctrl-C, Ctrl-Z, jobs and fg", () =>
      session(structure, async (terminal) => {
        terminal.line("sleep 100 &");
        terminal.line("jobs");
        await terminal.expect(/\[1\]\+ +Running +sleep 100\n/);
        // A key before a program has the terminal is the shell's, which does not echo it: wait.
        terminal.line("echo ready; cat");
        await terminal.expect(/cat\nready$/);
        terminal.line("hello");
        await terminal.expect(/ready\nhello\nhello$/);
        terminal.keys("C-z");
        await terminal.expect(/\^Z\[2\]\+ +Stopped +cat\n/);
        terminal.line("ps");
        await terminal.expect(/\n +1 root +\S*init\n(.*\n)* +\d+ root +cat\n/);
        terminal.line("fg");
        // Until the shell has put the terminal back its line editor would take the keys.
        await terminal.expect(/# fg\ncat$/);
        terminal.line("again");
        await terminal.expect(/fg\ncat\n(again\n)+again$/);
        terminal.keys("C-c");
        await terminal.expect(/\^C\nroot@sixfold:~#$/);
        terminal.line("echo $?; jobs");
        await terminal.expect(/\n130\n\[1\]\+ +Running +sleep 100\n/);
      }));

    test("a new window size is seen", () =>
      session(structure, async (terminal) => {
        terminal.line("stty size");
        await terminal.expect(/\n24 80\n/);
        terminal.line('until [ "$(stty size)" = "41 101" ]; do sleep 0.1; done; echo seen');
        terminal.resize(101, 41);
        await terminal.expect(/\nseen\n/);
        terminal.line("stty size");
        await terminal.expect(/\n41 101\n/);
      }));

    test("exit ends with the shell's status and gives the terminal back", () =>
      session(structure, async (terminal) => {
        terminal.line("exit 5");
        await terminal.expect(/\nstatus 5\n0$/);
      }));

    test("Ctrl-] ends the session, also of a program that ignores everything", () =>
      session(structure, async (terminal) => {
        terminal.line("trap '' HUP INT TERM; while :; do :; done");
        terminal.keys("C-]");
        await terminal.expect(/\nsixfold: session ended\nstatus 129\n0$/);
      }));
  });
}
