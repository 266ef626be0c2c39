/** Output: processing, flow control, a driver that is full or gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EAGAIN, EIO, EPIPE } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { POLLIN, POLLOUT } from "../../abi/poll.js";
import * as termios from "../../abi/termios.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { TerminalRig } from "../testing/terminal-rig.js";
import { OUTPUT_BYTES_MAX } from "./state.js";
import { Tty } from "./tty.js";

const create = () => new TerminalRig((calls, driver) => new Tty(calls, { driver }));

function process(flags: number, text: string): string {
  const rig = create();
  rig.set((fields) => {
    fields.outputFlags = flags;
  });
  assert.equal(rig.write(text), text.length);
  return rig.screen();
}

test("output processing: ONLCR, OCRNL, ONOCR, ONLRET, OLCUC, tabs", () => {
  const { OPOST, ONLCR, OCRNL, ONOCR, ONLRET, OLCUC, XTABS } = termios;
  assert.equal(process(0, "a\n\t\r"), "a\n\t\r");
  assert.equal(process(ONLCR, "a\n"), "a\n", "without OPOST nothing");
  assert.equal(process(OPOST | ONLCR, "a\nb\n"), "a\r\nb\r\n");
  assert.equal(process(OPOST | OCRNL, "a\rb"), "a\nb");
  assert.equal(process(OPOST | ONOCR, "\ra\r\r"), "a\r");
  assert.equal(process(OPOST | ONOCR | ONLRET, "a\n\rb"), "a\nb");
  assert.equal(process(OPOST | OLCUC, "aZ1"), "AZ1");
  assert.equal(process(OPOST | XTABS, "ab\tc\t"), `ab      c${" ".repeat(7)}`);
});

test("columns: newline without ONLCR keeps them, backspace goes back, UTF-8 counts once", () => {
  const { OPOST, ONLCR, XTABS } = termios;
  assert.equal(process(OPOST | XTABS, "abc\n\t"), `abc\n${" ".repeat(5)}`);
  assert.equal(process(OPOST | XTABS | ONLCR, "abc\n\t"), `abc\r\n${" ".repeat(8)}`);
  assert.equal(process(OPOST | XTABS, "ab\b\t"), `ab\b${" ".repeat(7)}`);
  assert.equal(process(OPOST | XTABS, "\xc3\xa9\x1b\t"), `\xc3\xa9\x1b${" ".repeat(7)}`);
});

test("a full host: the queue fills, then a write waits; room goes on in order", () => {
  const rig = create();
  rig.setRaw();
  rig.driver.room = 10;
  const text = "0123456789".repeat(1000);
  let done = rig.write(text);
  assert.equal(done, OUTPUT_BYTES_MAX);
  done += rig.write(text.slice(done, done + 10));
  assert.equal(done, OUTPUT_BYTES_MAX + 10, "what the host took made room");
  assert.equal(rig.tty.poll(10, rig.handle, POLLIN | POLLOUT, 0), 0);
  assert.equal(rig.write(text.slice(done), O_NONBLOCK), -EAGAIN);
  assert.equal(rig.write(text.slice(done)), BLOCKED);
  rig.makeRoom(100_000);
  assert.equal(rig.kernel.isWoken(10), true);
  assert.equal(rig.tty.poll(10, rig.handle, POLLIN | POLLOUT, 0), POLLOUT);
  done += rig.write(text.slice(done));
  assert.equal(done, text.length);
  assert.equal(rig.screen(), text);
});

test("an expanding byte is taken whole or not at all", () => {
  const rig = create();
  rig.driver.room = 0;
  const text = "\n".repeat(OUTPUT_BYTES_MAX);
  const taken = rig.write(text);
  assert.ok(taken > 4000 && taken <= OUTPUT_BYTES_MAX / 2, `${taken}`);
  rig.makeRoom(100_000);
  assert.equal(rig.screen(), "\r\n".repeat(taken));
});

test("a host that is gone: EIO, and nothing stays queued", () => {
  const rig = create();
  rig.driver.failure = -EPIPE;
  assert.equal(rig.write("abc"), -EIO);
  rig.driver.failure = 0;
  assert.equal(rig.write("d"), 1);
  assert.equal(rig.screen(), "d");
});

test("STOP holds output, START lets it go; both are taken out of the input", () => {
  const rig = create();
  rig.type("\x13");
  rig.write("held");
  assert.equal(rig.screen(), "");
  rig.type("\x11");
  assert.equal(rig.screen(), "held");
  rig.type("\n");
  assert.equal(rig.read(), "\n");
});

test("IXANY: any byte starts output; without it only START or a signal", () => {
  const rig = create();
  rig.type("\x13a");
  rig.write("held");
  assert.equal(rig.screen(), "");
  rig.set((fields) => {
    fields.inputFlags |= termios.IXANY;
  });
  rig.type("b");
  assert.equal(rig.screen(), "aheldb");
  rig.type("\x13");
  rig.set((fields) => {
    fields.localFlags |= termios.NOFLSH;
  });
  rig.write("more");
  rig.type("\x03");
  assert.equal(rig.screen(), "more^C");
});

test("IXON switched off lets output go", () => {
  const rig = create();
  rig.type("\x13");
  rig.write("held");
  rig.set((fields) => {
    fields.inputFlags &= ~termios.IXON;
  });
  assert.equal(rig.screen(), "held");
  rig.type("\x13\n");
  assert.equal(rig.read(), "\x13\n");
});

test("TCXONC stops and starts output, and sends STOP and START", () => {
  const rig = create();
  assert.equal(rig.request(termios.TCXONC, termios.TCOOFF), 0);
  rig.write("held");
  rig.type("\x11");
  assert.equal(rig.screen(), "", "START does not undo it");
  rig.request(termios.TCXONC, termios.TCIOFF);
  rig.request(termios.TCXONC, termios.TCION);
  assert.equal(rig.screen(), "\x13\x11", "past the queue");
  rig.request(termios.TCXONC, termios.TCOON);
  assert.equal(rig.screen(), "held");
  assert.equal(rig.request(termios.TCXONC, 9), -22);
});

test("^X has two columns even without OPOST; letters are those of ISO 8859-1", () => {
  const rig = create();
  rig.set((fields) => {
    fields.outputFlags = 0;
    fields.inputFlags = termios.IUCLC;
  });
  rig.type("\x01\t\x7f");
  assert.equal(rig.screen(), `^A\t${"\b".repeat(6)}`);
  rig.type("\xc3");
  assert.equal(rig.screen(), "\xe3");
  assert.equal(process(termios.OPOST | termios.OLCUC, "\xe9\xf7"), "\xc9\xf7");
});
