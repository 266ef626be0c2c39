/**
 * A session at the terminal from login to logout: passwords, an editor that is suspended, processes
 * watched and killed, links, a mount over a full folder.
 */
import { describe, test } from "node:test";
import { missingImage, structures } from "../cli/command.js";
import { inSixfold, missingTmux, type TmuxTerminal } from "./tmux.js";

const skip = missingTmux() || (await missingImage());

/** Opens a system that asks who is there; its exit status stands on the screen at last. */
async function session(
  structure: string,
  steps: (terminal: TmuxTerminal) => Promise<void>,
): Promise<void> {
  const options = `--login --structure=${structure}`;
  await inSixfold(options, 'echo "status $?"; exec cat', async (terminal) => {
    await terminal.expect(/sixfold login:$/);
    await steps(terminal);
  });
}

async function logIn(terminal: TmuxTerminal): Promise<void> {
  terminal.line("user");
  await terminal.expect(/login: user\nPassword:$/);
  terminal.line("user");
  await terminal.expect(/user@sixfold:~\$$/);
}

async function becomeRoot(terminal: TmuxTerminal): Promise<void> {
  terminal.line("su");
  await terminal.expect(/\$ su\nPassword:$/);
  terminal.line("root");
  await terminal.expect(/root@sixfold:\S+#$/);
}

/** Clears the screen, so that the next pattern finds only what comes. */
async function clear(terminal: TmuxTerminal): Promise<void> {
  terminal.line(String.raw`printf '\033[H\033[2J\033[3J'`);
  await terminal.expect(/^\S+@sixfold:\S+$/);
}

async function editAndSuspend(terminal: TmuxTerminal): Promise<void> {
  terminal.line("vi notes");
  await terminal.expect(/^~\n(.*\n)*- notes/m);
  terminal.type("ione line");
  terminal.keys("Enter");
  terminal.type("another");
  terminal.keys("Escape");
  await terminal.expect(/^one line\nanother\n(.*\n)*- notes/);
  terminal.keys("C-z");
  await terminal.expect(/\[1\]\+ +Stopped \(signal\) +vi notes\n/);
  terminal.line("jobs");
  await terminal.expect(/jobs\n\[1\]\+ +Stopped \(signal\) +vi notes\n/);
  terminal.line("fg");
  await terminal.expect(/^one line *\nanother *\n~/);
  terminal.type(":wq");
  terminal.keys("Enter");
  await terminal.expect(/\/tmp# vi notes\nroot@sixfold:\/tmp#$/);
  await clear(terminal);
  terminal.line("cat notes");
  await terminal.expect(/cat notes\none line\nanother\n/);
}

async function watchAndKill(terminal: TmuxTerminal): Promise<void> {
  await clear(terminal);
  terminal.line("sleep 4321 &");
  terminal.line("top");
  await terminal.expect(/Mem: .*\n(.*\n)* +PID +PPID .*\n(.*\n)*.*sleep 4321/);
  terminal.keys("q");
  await terminal.expect(/root@sixfold:\S+#$/);
  await clear(terminal);
  terminal.line("cat /proc/$!/maps");
  await terminal.expect(/r-xp .* \/usr\/bin\/busybox\n(.*\n)*.*\[stack\]\n/);
  terminal.line("kill $!; wait $!; echo ended with $?");
  await terminal.expect(/ended with 143\n/);
}

async function linkAndMount(terminal: TmuxTerminal): Promise<void> {
  await clear(terminal);
  terminal.line("mkdir full; echo hidden > full/file; ln full/file other; ls -li full/file other");
  await terminal.expect(/( +\d+) -rw-r--r-- +2 .* full\/file\n\1 -rw-r--r-- +2 .* other\n/);
  terminal.line("mount -t tmpfs none full; ls full | wc -l");
  await terminal.expect(/wc -l\n0\n/);
  terminal.line("touch full/new; ls full");
  await terminal.expect(/ls full\nnew\n/);
  terminal.line("umount full; ls full; cat full/file");
  await terminal.expect(/cat full\/file\nfile\nhidden\n/);
}

for (const structure of structures) {
  describe(`a session at the terminal, ${structure}`, { skip }, () => {
    test("log in, su, vi, Ctrl-Z, top, kill, maps, ln, mount, log out", () =>
      session(structure, async (terminal) => {
        await logIn(terminal);
        terminal.line("id -un; tty; cat /etc/shadow");
        await terminal.expect(/\nuser\n\/dev\/hvc0\ncat: .*\/etc\/shadow.*: Permission denied\n/);
        terminal.line("su");
        await terminal.expect(/\$ su\nPassword:$/);
        terminal.line("wrong");
        await terminal.expect(/su: incorrect password\nuser@sixfold:~\$$/);
        await becomeRoot(terminal);
        terminal.line("cd /tmp; grep -c '^root:' /etc/shadow");
        await terminal.expect(/\n1\nroot@sixfold:\/tmp#$/);
        await clear(terminal);
        await editAndSuspend(terminal);
        await watchAndKill(terminal);
        await linkAndMount(terminal);
        terminal.line("exit");
        await terminal.expect(/user@sixfold:~\$$/);
        // busybox waits for the session as its parent and ends well.
        terminal.line("exit 3");
        await terminal.expect(/\nstatus 0$/);
      }));

    test("a wrong password at the login prompt, and less", () =>
      session(structure, async (terminal) => {
        terminal.line("user");
        await terminal.expect(/Password:$/);
        terminal.line("guess");
        await terminal.expect(/Login incorrect\n(.*\n)*.*login:$/);
        await logIn(terminal);
        terminal.line("seq 100 > /tmp/numbers; less /tmp/numbers");
        await terminal.expect(/^1\n2\n(.*\n)*23\n\S*\/tmp\/numbers/m);
        terminal.keys("Space");
        await terminal.expect(/\n46\n/);
        terminal.type("/77");
        terminal.keys("Enter");
        await terminal.expect(/^77\n78\n/m);
        terminal.keys("q");
        await terminal.expect(/\$$/);
      }));
  });
}
