/** Signals from the keyboard, controlling terminals, foreground and background, hang-up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EIO, ENOTTY, ENXIO, EPERM, ESRCH } from "../../abi/errno.js";
import { O_NOCTTY, O_WRONLY } from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN } from "../../abi/poll.js";
import { SIGTTIN, SIGTTOU } from "../../abi/signal.js";
import * as termios from "../../abi/termios.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { TerminalRig } from "../testing/terminal-rig.js";
import { Tty } from "./tty.js";

const create = () => new TerminalRig((calls, driver) => new Tty(calls, { driver }));
const O_RDWR = 2;

test("INTR, QUIT, SUSP signal the foreground group, flush and echo", () => {
  const rig = create();
  rig.driver.room = 1;
  rig.type("lost");
  rig.type("\x03");
  rig.makeRoom(1000);
  assert.equal(rig.screen(), "l^C", "output that was not sent is flushed as well");
  rig.type("\x1c");
  rig.type("\x1a\n");
  assert.deepEqual(rig.signals(), ["2→10", "3→10", "20→10"]);
  assert.equal(rig.screen(), "^\\^Z\r\n");
  assert.equal(rig.read(), "\n");
});

test("NOFLSH keeps the queues; without ISIG the characters are input", () => {
  const rig = create();
  rig.set((fields) => {
    fields.localFlags |= termios.NOFLSH;
  });
  rig.type("kept\x03\n");
  assert.deepEqual(rig.signals(), ["2→10"]);
  assert.equal(rig.read(), "kept\n");
  rig.set((fields) => {
    fields.localFlags &= ~termios.ISIG;
  });
  rig.type("\x03\n");
  assert.equal(rig.read(), "\x03\n");
  assert.deepEqual(rig.signals(), []);
});

test("a session leader that opens for reading gets the terminal, nobody else does", () => {
  const rig = create();
  assert.equal(rig.kernel.attribute(10, ATTRIBUTE.terminal), 1);
  assert.equal(rig.word(termios.TIOCGSID), 10);
  assert.equal(rig.word(termios.TIOCGPGRP), 10);
  rig.addProcess(30, 1, 30, 30);
  rig.tty.open(30, 0, O_RDWR);
  assert.equal(rig.kernel.attribute(30, ATTRIBUTE.terminal), 0, "it is taken");
  assert.equal(rig.word(termios.TIOCGPGRP, 0, 30), -ENOTTY);
  assert.equal(rig.word(termios.TIOCGSID, 0, 30), -ENOTTY);
  assert.equal(rig.tty.open(10, 7, O_RDWR), -ENXIO);
});

test("neither O_NOCTTY, O_WRONLY nor a follower takes a free terminal; TIOCSCTTY does", () => {
  const rig = create();
  rig.tty.hangUp(0, 10);
  rig.addProcess(30, 1, 30, 30);
  rig.addProcess(31, 30, 31, 30);
  rig.tty.open(30, 0, O_RDWR | O_NOCTTY);
  const handle = rig.tty.open(30, 0, O_WRONLY);
  rig.tty.open(31, 0, O_RDWR);
  assert.equal(rig.kernel.attribute(30, ATTRIBUTE.terminal), 0);
  assert.equal(rig.tty.ioctl(31, handle, termios.TIOCSCTTY, 0, 0), -EPERM);
  assert.equal(rig.tty.ioctl(30, handle, termios.TIOCSCTTY, 0, 0), 0);
  assert.equal(rig.kernel.attribute(30, ATTRIBUTE.terminal), 1);
  assert.equal(rig.tty.ioctl(30, handle, termios.TIOCSCTTY, 0, 0), 0, "again is no error");
});

test("TIOCSCTTY of a terminal that is taken: only root with argument 1 steals it", () => {
  const rig = create();
  rig.addProcess(30, 1, 30, 30);
  assert.equal(rig.request(termios.TIOCSCTTY, 0, 30), -EPERM);
  rig.kernel.setAttribute(30, ATTRIBUTE.effectiveUserId, 1000);
  assert.equal(rig.request(termios.TIOCSCTTY, 1, 30), -EPERM);
  rig.kernel.setAttribute(30, ATTRIBUTE.effectiveUserId, 0);
  assert.equal(rig.request(termios.TIOCSCTTY, 1, 30), 0);
  assert.equal(rig.word(termios.TIOCGSID, 0, 30), 30);
  assert.deepEqual(
    [10, 20, 21].map((id) => rig.kernel.attribute(id, ATTRIBUTE.terminal)),
    [0, 0, 0],
  );
});

test("TIOCSPGRP: a group of the session, by one of the session", () => {
  const rig = create();
  rig.addProcess(30, 1, 30, 30);
  assert.equal(rig.word(termios.TIOCSPGRP, 20), 20);
  assert.equal(rig.word(termios.TIOCGPGRP), 20);
  assert.equal(rig.word(termios.TIOCSPGRP, 21, 20), 21);
  assert.equal(rig.word(termios.TIOCSPGRP, 30, 21), -EPERM);
  assert.equal(rig.word(termios.TIOCSPGRP, 99, 21), -ESRCH);
  assert.equal(rig.word(termios.TIOCSPGRP, -1, 21), -22);
  assert.equal(rig.word(termios.TIOCSPGRP, 30, 30), -ENOTTY);
});

test("reading in the background: SIGTTIN to the group, and again in the foreground", () => {
  const rig = create();
  rig.type("for a job\n");
  assert.equal(rig.read(100, 0, 20), BLOCKED);
  assert.deepEqual(rig.signals(), [`${SIGTTIN}→20`]);
  rig.word(termios.TIOCSPGRP, 20);
  assert.equal(rig.read(100, 0, 20), "for a job\n");
});

test("reading in the background, SIGTTIN ignored or blocked, or the group orphaned: EIO", () => {
  const rig = create();
  rig.kernel.masks.set(20, 1 << (SIGTTIN - 1));
  assert.equal(rig.read(100, 0, 20), -EIO);
  rig.kernel.ignored.add(SIGTTIN);
  assert.equal(rig.read(100, 0, 21), -EIO);
  rig.kernel.ignored.clear();
  rig.kernel.setAttribute(21, ATTRIBUTE.parent, 1);
  assert.equal(rig.read(100, 0, 21), -EIO);
  assert.deepEqual(rig.signals(), []);
});

test("writing in the background: only TOSTOP stops it, unless SIGTTOU is ignored", () => {
  const rig = create();
  assert.equal(rig.write("a", 0, 20), 1);
  rig.set((fields) => {
    fields.localFlags |= termios.TOSTOP;
  });
  assert.equal(rig.write("b", 0, 20), BLOCKED);
  assert.deepEqual(rig.signals(), [`${SIGTTOU}→20`]);
  rig.kernel.ignored.add(SIGTTOU);
  assert.equal(rig.write("c", 0, 20), 1);
  assert.equal(rig.screen(), "ac");
});

test("changing in the background: SIGTTOU for every request that changes", () => {
  const rig = create();
  const settings = termios.encodeTermios(rig.settings());
  rig.word(termios.TIOCSPGRP, 21);
  const { TCSETS, TCSETSW, TCSETSF, TIOCSPGRP, TCXONC, TCFLSH, TCSBRK } = termios;
  for (const request of [TCSETS, TCSETSW, TCSETSF]) {
    assert.equal(rig.exchange(request, settings, 20), BLOCKED);
    rig.kernel.finish(20, 0);
  }
  assert.equal(rig.word(TIOCSPGRP, 20, 20), BLOCKED);
  rig.kernel.finish(20, 0);
  for (const request of [TCXONC, TCFLSH, TCSBRK]) {
    assert.equal(rig.request(request, 0, 20), BLOCKED);
    rig.kernel.finish(20, 0);
  }
  assert.deepEqual(rig.signals(), Array(7).fill(`${SIGTTOU}→20`));
  rig.kernel.masks.set(20, 1 << (SIGTTOU - 1));
  assert.equal(rig.word(TIOCSPGRP, 20, 20), 20, "as shells do it");
  rig.kernel.setAttribute(21, ATTRIBUTE.parent, 1);
  assert.equal(rig.word(TIOCSPGRP, 20, 21), -ENOTTY, "an orphan");
});

test("the leader ends: SIGHUP to the foreground, old handles dead, the terminal free", () => {
  const rig = create();
  const spared = rig.tty.openConsole(10, O_RDWR);
  rig.setRaw();
  rig.word(termios.TIOCSPGRP, 20);
  assert.equal(rig.read(100, 0, 20), BLOCKED);
  rig.tty.hangUp(0, 11);
  assert.deepEqual(rig.signals(), [], "another session");
  rig.tty.hangUp(0, 10);
  assert.deepEqual(rig.signals(), ["1→20"]);
  assert.equal(rig.kernel.isWoken(20), true);
  assert.equal(rig.read(100, 0, 20), 0);
  assert.equal(rig.write("x", 0, 20), -EIO);
  assert.equal(rig.request(termios.TCSBRK), -EIO);
  const events = rig.tty.poll(20, rig.handle, POLLIN, 0);
  assert.equal(events & (POLLIN | POLLHUP | POLLERR), POLLIN | POLLHUP | POLLERR);
  assert.equal(rig.kernel.attribute(21, ATTRIBUTE.terminal), 0);
  rig.addProcess(30, 1, 30, 30);
  const handle = rig.tty.open(30, 0, O_RDWR);
  assert.notEqual(handle, rig.handle);
  assert.equal(rig.kernel.attribute(30, ATTRIBUTE.terminal), 1);
  rig.type("echo\n");
  assert.equal(rig.screen(), "echo\r\n", "its settings are new");
  assert.equal(rig.tty.read(30, spared, 0x1000, 100, 0), 5, "/dev/console outlives it");
});

test("TIOCNOTTY: one process leaves; a session leader hangs the foreground up", () => {
  const rig = create();
  assert.equal(rig.request(termios.TIOCNOTTY, 0, 20), 0);
  assert.equal(rig.kernel.attribute(20, ATTRIBUTE.terminal), 0);
  assert.equal(rig.request(termios.TIOCNOTTY, 0, 20), -ENOTTY);
  assert.deepEqual(rig.signals(), []);
  assert.equal(rig.request(termios.TIOCNOTTY), 0);
  assert.deepEqual(rig.signals(), ["1→10", "18→10"]);
  assert.equal(rig.kernel.attribute(21, ATTRIBUTE.terminal), 0);
});
