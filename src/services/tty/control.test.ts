/** ioctl: settings, windows, queues. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EINVAL, ENOTTY } from "../../abi/errno.js";
import * as termios from "../../abi/termios.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { DRIVER_EVENT } from "../device/protocol.js";
import { TerminalRig } from "../testing/terminal-rig.js";
import { Tty } from "./tty.js";

const create = () => new TerminalRig((calls, driver) => new Tty(calls, { driver }));

test("struct termios: 36 bytes, the defaults of Linux at their places", () => {
  const rig = create();
  const bytes = new Uint8Array(termios.TERMIOS_BYTES);
  assert.equal(rig.exchange(termios.TCGETS, bytes), 0);
  const view = new DataView(bytes.buffer);
  assert.deepEqual(
    [0, 4, 8, 12].map((at) => view.getUint32(at, true)),
    [0o42400, 0o5, 0o6277, 0o105073],
  );
  const controls = "\x03\x1c\x7f\x15\x04\x00\x01\x00\x11\x13\x1a\x00\x12\x0f\x17\x16\x00\x00\x00";
  assert.deepEqual(bytes.subarray(16), Uint8Array.of(0, ...bytesOf(controls)));
});

test("what is set is got, in every form", () => {
  const { TCSETS, TCSETSW, TCSETSF, TCSETS2, TCSETSW2, TCSETSF2 } = termios;
  for (const [index, request] of [TCSETS, TCSETSW, TCSETSF].entries()) {
    const rig = create();
    const bytes = Uint8Array.from({ length: 36 }, (_, at) => 0x40 + at + index);
    assert.equal(rig.exchange(request, bytes.slice()), 0);
    const got = new Uint8Array(36);
    rig.exchange(termios.TCGETS, got);
    assert.deepEqual(got, bytes);
  }
  for (const request of [TCSETS2, TCSETSW2, TCSETSF2]) {
    const rig = create();
    const change = (fields: termios.TermiosFields): void => {
      fields.controlFlags = (fields.controlFlags & ~termios.CBAUD) | termios.BOTHER;
      fields.outputSpeed = 12345;
    };
    assert.equal(rig.set(change, request), 0);
    assert.equal(rig.settings().outputSpeed, 12345);
    assert.equal(rig.settings().inputSpeed, 12345);
  }
});

test("TCSETSW waits for output, then changes; TCSETSF drops input as well", () => {
  const rig = create();
  rig.driver.room = 0;
  rig.write("text");
  rig.type("typed\n");
  rig.driver.output.length = 0;
  const noEcho = (fields: termios.TermiosFields): void => {
    fields.localFlags &= ~termios.ECHO;
  };
  assert.equal(rig.set(noEcho, termios.TCSETSF2), BLOCKED);
  assert.notEqual(rig.tty.state.terminals.get(0)!.settings.localFlags & termios.ECHO, 0);
  rig.driver.unsent = 3;
  rig.makeRoom(1000);
  assert.equal(rig.kernel.isWoken(10), true);
  const settings = termios.encodeTermios({
    ...rig.tty.state.terminals.get(0)!.settings,
    localFlags: 2,
  });
  assert.equal(rig.exchange(termios.TCSETSF2, settings), BLOCKED, "the host has not got it all");
  rig.driver.unsent = 0;
  rig.makeRoom(0);
  assert.equal(rig.exchange(termios.TCSETSF2, settings), 0);
  assert.equal(rig.settings().localFlags, 2);
  assert.equal(rig.read(), BLOCKED);
});

test("TCSETSF drops what the driver has kept, too", () => {
  const rig = create();
  rig.setRaw();
  rig.type("x".repeat(6000));
  rig.set(() => {}, termios.TCSETSF2);
  rig.runTimers();
  rig.type("y");
  assert.equal(rig.read(), "y");
});

test("TCSBRK, TCSBRKP wait for output", () => {
  for (const request of [termios.TCSBRK, termios.TCSBRKP]) {
    const rig = create();
    rig.driver.unsent = 1;
    assert.equal(rig.request(request, 1), BLOCKED);
    rig.driver.unsent = 0;
    rig.makeRoom(0);
    assert.equal(rig.kernel.isWoken(10), true);
    assert.equal(rig.request(request, 1), 0);
  }
});

test("TCFLSH drops input, output or both; TIOCOUTQ and FIONREAD count them", () => {
  const rig = create();
  const { TCFLSH, TIOCOUTQ } = termios;
  const fill = (): void => {
    rig.type("in\n");
    rig.write("output");
  };
  rig.set((fields) => {
    fields.localFlags &= ~termios.ECHO;
  });
  rig.driver.room = 0;
  rig.driver.unsent = 2;
  fill();
  assert.deepEqual([rig.word(0x541b), rig.word(TIOCOUTQ)], [3, 8]);
  assert.equal(rig.request(TCFLSH, termios.TCIFLUSH), 0);
  assert.deepEqual([rig.word(0x541b), rig.word(TIOCOUTQ)], [0, 8]);
  assert.equal(rig.request(TCFLSH, termios.TCOFLUSH), 0);
  assert.deepEqual([rig.word(0x541b), rig.word(TIOCOUTQ)], [0, 2]);
  fill();
  assert.equal(rig.request(TCFLSH, termios.TCIOFLUSH), 0);
  assert.deepEqual([rig.word(0x541b), rig.word(TIOCOUTQ)], [0, 2]);
  assert.equal(rig.request(TCFLSH, 3), -EINVAL);
});

const window = (rows: number, columns: number): Uint8Array =>
  new Uint8Array(Uint16Array.of(rows, columns, 0, 0).buffer);

test("the window is the driver's at first; a change is told to the foreground group", () => {
  const rig = create();
  const bytes = new Uint8Array(8);
  assert.equal(rig.exchange(termios.TIOCGWINSZ, bytes), 0);
  assert.deepEqual(bytes, window(25, 80));
  rig.word(termios.TIOCSPGRP, 20);
  assert.equal(rig.exchange(termios.TIOCSWINSZ, window(40, 100)), 0);
  assert.deepEqual(rig.signals(), ["28→20"]);
  rig.exchange(termios.TIOCSWINSZ, window(40, 100));
  assert.deepEqual(rig.signals(), [], "nothing changed");
  rig.driver.columns = 132;
  rig.driver.rows = 50;
  rig.event(DRIVER_EVENT.size);
  assert.deepEqual(rig.signals(), ["28→20"]);
  rig.exchange(termios.TIOCGWINSZ, bytes);
  assert.deepEqual(bytes, window(50, 132));
});

test("a request that is no terminal's: ENOTTY, also with the top bit set", () => {
  const rig = create();
  assert.equal(rig.request(0x4b33), -ENOTTY);
  assert.equal(rig.request(0x8004_5430), -ENOTTY);
  const bytes = new Uint8Array(44);
  assert.equal(rig.exchange(termios.TCGETS2 | 0, bytes), 0, "sign-extended");
});
