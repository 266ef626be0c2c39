/** Reading bytes by MIN and TIME, the full queue, and what the driver announces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EAGAIN } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { POLLHUP, POLLIN } from "../../abi/poll.js";
import * as termios from "../../abi/termios.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { DRIVER_EVENT } from "../device/protocol.js";
import { TerminalRig } from "../testing/terminal-rig.js";
import { INPUT_BYTES_MAX } from "./state.js";
import { Tty } from "./tty.js";

const TENTH = 100_000_000;
const create = () => new TerminalRig((calls, driver) => new Tty(calls, { driver }));

function createRaw(minimum: number, time: number) {
  const rig = create();
  rig.setRaw(minimum, time);
  return rig;
}

test("raw: every byte comes as it is, without echo", () => {
  const rig = createRaw(1, 0);
  assert.equal(rig.read(), BLOCKED);
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  rig.type(all);
  assert.equal(rig.kernel.isWoken(10), true);
  assert.equal(rig.read(), all);
  assert.equal(rig.screen(), "");
  assert.deepEqual(rig.signals(), []);
});

test("MIN: waits for so many bytes, or for a full buffer", () => {
  const rig = createRaw(3, 0);
  rig.type("ab");
  assert.equal(rig.tty.poll(10, rig.handle, POLLIN, 0), 0);
  assert.equal(rig.read(), BLOCKED);
  rig.kernel.finish(10, 0);
  assert.equal(rig.read(2), "ab");
  rig.type("abc");
  assert.equal(rig.tty.poll(10, rig.handle, POLLIN, 0), POLLIN);
  assert.equal(rig.read(), "abc");
  rig.type("d");
  assert.equal(rig.read(100, O_NONBLOCK), "d");
  assert.equal(rig.read(100, O_NONBLOCK), -EAGAIN);
});

test("MIN 0, TIME 0: never waits", () => {
  const rig = createRaw(0, 0);
  assert.equal(rig.read(), 0);
  assert.equal(rig.read(1, O_NONBLOCK), 0);
  rig.type("a");
  assert.equal(rig.read(), "a");
});

test("MIN 0, TIME 2: waits two tenths of a second for the first byte", () => {
  const rig = createRaw(0, 2);
  const begin = rig.kernel.nanoseconds;
  assert.equal(rig.read(), BLOCKED);
  assert.equal(rig.kernel.deadline(10), begin + 2 * TENTH);
  rig.kernel.nanoseconds += TENTH;
  assert.equal(rig.read(), BLOCKED, "woken for no reason");
  assert.equal(rig.kernel.deadline(10), begin + 2 * TENTH);
  rig.kernel.nanoseconds += TENTH;
  assert.equal(rig.read(), 0);
  assert.equal(rig.read(), BLOCKED);
  rig.type("x");
  assert.equal(rig.read(), "x");
});

test("MIN 3, TIME 1: no limit for the first byte, then one between bytes", () => {
  const rig = createRaw(3, 1);
  assert.equal(rig.read(), BLOCKED);
  assert.equal(rig.kernel.deadline(10), Number.POSITIVE_INFINITY);
  rig.type("a");
  assert.equal(rig.read(), BLOCKED);
  const first = rig.kernel.deadline(10);
  assert.equal(first, rig.kernel.nanoseconds + TENTH);
  rig.kernel.nanoseconds += TENTH / 2;
  rig.type("b");
  assert.equal(rig.read(), BLOCKED);
  assert.equal(rig.kernel.deadline(10), first + TENTH / 2, "the next byte puts it off");
  rig.kernel.nanoseconds += TENTH;
  assert.equal(rig.read(), "ab");
});

test("a full queue keeps the rest with the driver, byte for byte in order", () => {
  const rig = createRaw(1, 0);
  const text = "abcdefghij".repeat(1000);
  rig.type(text);
  assert.equal(rig.driver.input.length, text.length - INPUT_BYTES_MAX);
  let got = "";
  for (let part = rig.read(999); typeof part === "string"; part = rig.read(999)) {
    got += part;
    rig.runTimers();
  }
  assert.equal(got, text);
});

test("lines wait with the driver when complete ones fill the queue", () => {
  const rig = create();
  const text = "one line of text\n".repeat(1000);
  rig.type(text);
  assert.ok(rig.driver.input.length > 0);
  let got = "";
  for (let part = rig.read(); typeof part === "string"; part = rig.read()) {
    got += part;
    rig.runTimers();
  }
  assert.equal(got, text);
});

test("IXOFF: STOP is sent for a full queue, START when it has room", () => {
  const rig = createRaw(1, 0);
  rig.set((fields) => {
    fields.inputFlags |= termios.IXOFF;
  });
  rig.type("x".repeat(5000));
  assert.equal(rig.screen(), "\x13");
  rig.read();
  rig.runTimers();
  assert.equal(rig.screen(), "\x11");
});

test("from lines to bytes: all is there, an end of file as 0; and back: it is a line", () => {
  const rig = create();
  rig.type("one\ntw\x04o");
  rig.setRaw(1, 0);
  assert.equal(rig.read(), "one\ntw\x00o");
  rig.type("abc");
  rig.set((fields) => {
    fields.localFlags |= termios.ICANON;
  });
  assert.equal(rig.read(), "abc");
  assert.equal(rig.read(), BLOCKED);
  rig.type("x\x04");
  rig.setRaw(1, 0);
  rig.set((fields) => {
    fields.localFlags |= termios.ICANON;
  });
  assert.equal(rig.read(), "x", "the 0 is an end of file again");
});

test("the host closes: the rest of the input, then end of file; it may open again", () => {
  const rig = create();
  rig.type("line\nrest");
  rig.driver.open = 0;
  rig.event(DRIVER_EVENT.closed);
  assert.deepEqual(rig.signals(), [], "CLOCAL");
  assert.equal(rig.tty.poll(10, rig.handle, POLLIN, 0), POLLIN | POLLHUP);
  assert.equal(rig.read(), "line\n");
  assert.equal(rig.read(), "rest");
  assert.equal(rig.read(), 0);
  assert.equal(rig.read(), 0);
  assert.equal(rig.write("still"), 5);
  rig.driver.open = 1;
  rig.type("again\n");
  assert.equal(rig.read(), "again\n");
  assert.equal(rig.read(), BLOCKED);
});

test("the host closes on a waiting reader, and on a queue that was full", () => {
  const rig = create();
  assert.equal(rig.read(), BLOCKED);
  rig.driver.open = 0;
  rig.event(DRIVER_EVENT.closed);
  assert.equal(rig.kernel.isWoken(10), true);
  assert.equal(rig.read(), 0);
  const full = createRaw(1, 0);
  full.type("x".repeat(5000));
  full.driver.open = 0;
  full.event(DRIVER_EVENT.closed);
  assert.equal(full.read(), "x".repeat(INPUT_BYTES_MAX));
  full.runTimers();
  assert.equal(full.read(), "x".repeat(5000 - INPUT_BYTES_MAX));
  assert.equal(full.read(), 0);
});

test("without CLOCAL a lost line is a hang-up for the session leader", () => {
  const rig = create();
  rig.set((fields) => {
    fields.controlFlags &= ~termios.CLOCAL;
  });
  rig.driver.open = 0;
  rig.event(DRIVER_EVENT.closed);
  assert.deepEqual(rig.signals(), ["1→10", "18→10"]);
});

test("forced BLOCKED at every place changes neither bytes nor state", () => {
  const run = (forcing: boolean) => {
    const rig = create();
    rig.kernel.forcing = forcing;
    const results = [rig.write("prompt ")];
    rig.type("line\n");
    const line = rig.read();
    rig.setRaw(1, 0);
    rig.type("xy");
    const drained = rig.request(termios.TCSBRK, 1);
    return { results, line, bytes: rig.read(), drained, screen: rig.screen(), rig };
  };
  const plain = run(false);
  const forced = run(true);
  assert.equal(forced.rig.kernel.forcedCount, 4);
  const { rig: one, ...expected } = plain;
  const { rig: other, ...actual } = forced;
  assert.deepEqual(actual, expected);
  assert.deepEqual(other.tty.state, one.tty.state);
});

test("bytes with echo: a newline as such is ^J, one that was a return moves the cursor", () => {
  const rig = create();
  rig.set((fields) => {
    fields.localFlags &= ~termios.ICANON;
  });
  rig.type("a\n\r\x7f");
  assert.equal(rig.screen(), "a^J\r\n^?");
  assert.equal(rig.read(), "a\n\n\x7f");
});
