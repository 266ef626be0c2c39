/** Pseudo-terminals: numbers, both ends, what each sees of the other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EAGAIN, EIO, ENOENT, ENOSPC } from "../../abi/errno.js";
import { O_NOCTTY, O_NONBLOCK, O_RDWR } from "../../abi/file.js";
import { POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.js";
import * as termios from "../../abi/termios.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { NODE } from "../file/protocol.js";
import { TerminalRig } from "../testing/terminal-rig.js";
import { PSEUDO_TERMINAL_FIRST, PSEUDO_TERMINALS_MAX } from "./protocol.js";
import { Tty } from "./tty.js";

const BUFFER = 0x1000;
const USER = 10;

function create() {
  const rig = new TerminalRig((calls, driver) => new Tty(calls, { driver }));
  const { tty, kernel } = rig;
  const memory = (length: number) => kernel.task(USER).memory.subarray(BUFFER, BUFFER + length);
  const read = (handle: number, flags = O_NONBLOCK): string | number => {
    const count = kernel.run(USER, () => tty.read(USER, handle, BUFFER, 4096, flags));
    return count < 0 ? count : String.fromCharCode(...memory(count));
  };
  const write = (handle: number, text: string, flags = O_NONBLOCK): number => {
    memory(text.length).set(bytesOf(text));
    return kernel.run(USER, () => tty.write(USER, handle, BUFFER, text.length, flags));
  };
  const control = (handle: number, request: number, value = 0): number => {
    new DataView(kernel.task(USER).memory.buffer).setInt32(BUFFER, value, true);
    return kernel.run(USER, () => tty.ioctl(USER, handle, request, BUFFER, 4));
  };
  const open = (index: number) => tty.open(USER, PSEUDO_TERMINAL_FIRST + index, O_RDWR | O_NOCTTY);
  const pair = () => {
    const master = tty.openMaster(USER, O_RDWR);
    control(master, termios.TIOCSPTLCK, 0);
    return { master, slave: open(0) };
  };
  return { rig, tty, kernel, read, write, control, open, pair };
}

test("the lowest number that nobody has; a number is free when both ends are closed", () => {
  const { tty, control, open } = create();
  const masters = Array.from({ length: PSEUDO_TERMINALS_MAX }, () => tty.openMaster(USER, O_RDWR));
  assert.equal(tty.openMaster(USER, O_RDWR), -ENOSPC);
  control(masters[3] as number, termios.TIOCSPTLCK, 0);
  const slave = open(3);
  tty.close(USER, masters[3] as number);
  assert.equal(tty.nextSlave(USER, 3), 4, "it has no name any more");
  assert.equal(tty.openMaster(USER, O_RDWR), -ENOSPC);
  tty.close(USER, slave);
  assert.equal(tty.openMaster(USER, O_RDWR), masters[3]);
  assert.equal(tty.nextSlave(USER, 3), 3);
  assert.equal(tty.nextSlave(USER, PSEUDO_TERMINALS_MAX), -ENOENT);
});

test("a slave is locked at first, and has its opener's user", () => {
  const { tty, kernel, control, open } = create();
  kernel.setAttribute(USER, ATTRIBUTE.fileSystemUserId, 1000);
  const master = tty.openMaster(USER, O_RDWR);
  assert.equal(open(0), -EIO);
  control(master, termios.TIOCSPTLCK, 0);
  assert.ok(open(0) > 0);
  assert.equal(tty.slaveAttribute(USER, 0, NODE.userId), 1000);
  assert.equal(tty.slaveAttribute(USER, 0, NODE.groupId), 5);
  assert.equal(tty.slaveAttribute(USER, 0, NODE.mode), 0o20620);
  assert.equal(tty.slaveAttribute(USER, 1, NODE.mode), -ENOENT);
});

test("what is written at one end is read at the other, through the line discipline", () => {
  const { read, write, pair } = create();
  const { master, slave } = pair();
  assert.equal(write(master, "lX\x7fine\n"), 7);
  assert.equal(read(slave), "line\n");
  assert.equal(read(master), "lX\b \bine\r\n");
  write(slave, "out\n");
  assert.equal(read(master), "out\r\n");
  assert.equal(read(master), -EAGAIN);
  assert.equal(read(slave), -EAGAIN);
});

test("either end waits for room, and goes on when the other reads", () => {
  const { kernel, read, write, pair, rig } = create();
  const { master, slave } = pair();
  const long = "x".repeat(4000);
  let written = 0;
  for (let n = write(slave, long); n > 0; n = write(slave, long)) written += n;
  assert.equal(write(slave, "y", 0), BLOCKED);
  let seen = 0;
  for (let part = read(master); typeof part === "string"; part = read(master)) seen += part.length;
  assert.equal(seen, written);
  assert.equal(kernel.isWoken(USER), true);
  kernel.finish(USER, 0);
  assert.deepEqual(rig.signals(), []);
});

test("the last slave closes: rest, EIO, POLLHUP; an open takes that back", () => {
  const { tty, read, write, open, pair } = create();
  const { master, slave } = pair();
  write(slave, "rest");
  tty.close(USER, slave);
  const all = POLLIN | POLLOUT;
  assert.equal(tty.poll(USER, master, all, 0) & (POLLHUP | POLLIN), POLLHUP | POLLIN);
  assert.equal(read(master), "rest");
  assert.equal(read(master), -EIO);
  open(0);
  assert.equal(read(master), -EAGAIN);
  assert.equal(tty.poll(USER, master, all, 0), POLLOUT);
});

test("the master closes: who waits gets EIO, who comes later the end; the session is told", () => {
  const { tty, kernel, read, write, control, rig } = create();
  rig.addProcess(30, 1, 30, 30);
  const master = tty.openMaster(USER, O_RDWR);
  control(master, termios.TIOCSPTLCK, 0);
  const slave = tty.open(30, PSEUDO_TERMINAL_FIRST, O_RDWR);
  assert.equal(kernel.attribute(30, ATTRIBUTE.terminal), PSEUDO_TERMINAL_FIRST + 1);
  const waiting = () => tty.read(30, slave, BUFFER, 10, 0);
  assert.equal(kernel.run(30, waiting), BLOCKED);
  tty.close(USER, master);
  assert.deepEqual(rig.signals(), ["1→30", "18→30"]);
  assert.equal(kernel.attribute(30, ATTRIBUTE.terminal), 0);
  assert.equal(kernel.run(30, waiting), -EIO);
  assert.equal(read(slave), "");
  assert.equal(write(slave, "x"), -EIO);
  tty.hangUp(0, 30);
  assert.deepEqual(rig.signals(), ["1→30", "18→30"], "its foreground group, when the leader ends");
});

test("packet mode tells what has happened before data", () => {
  const { read, write, control, pair, tty } = create();
  const { master, slave } = pair();
  control(master, termios.TIOCPKT, 1);
  write(slave, "data");
  tty.ioctl(USER, slave, termios.TCXONC, termios.TCOOFF, 0);
  assert.equal(read(master), String.fromCharCode(termios.TIOCPKT_STOP));
  assert.equal(read(master), "\0data");
  assert.equal(write(slave, "more"), -EAGAIN, "a stopped slave takes nothing");
  tty.ioctl(USER, slave, termios.TCXONC, termios.TCOON, 0);
  assert.equal(read(master), String.fromCharCode(termios.TIOCPKT_START));
});
