/** Canonical mode: lines, their editing and its echo. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EAGAIN } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import * as termios from "../../abi/termios.js";
import { BLOCKED } from "../../kernel/protocol.js";
import { TerminalRig } from "../testing/terminal-rig.js";
import { Tty } from "./tty.js";

const create = () => new TerminalRig((calls, driver) => new Tty(calls, { driver }));
const WIPE = "\b \b";

test("a line is read when it is complete, in parts if the buffer is short", () => {
  const rig = create();
  assert.equal(rig.read(), BLOCKED);
  rig.type("ab");
  assert.equal(rig.kernel.isWoken(10), false, "half a line wakes nobody");
  assert.equal(rig.read(100, O_NONBLOCK), -EAGAIN);
  rig.type("c\rnext\n");
  assert.equal(rig.read(2), "ab");
  assert.equal(rig.word(0x541b), 7, "FIONREAD");
  assert.equal(rig.read(), "c\n");
  assert.equal(rig.read(), "next\n");
  assert.equal(rig.screen(), "abc\r\nnext\r\n");
});

test("a waiting reader is woken by the end of the line", () => {
  const rig = create();
  assert.equal(rig.read(), BLOCKED);
  rig.type("x\n");
  assert.equal(rig.kernel.isWoken(10), true);
  assert.equal(rig.read(), "x\n");
  assert.equal(rig.read(), BLOCKED);
});

test("EOF ends a line without a byte; on an empty line it is end of file, once", () => {
  const rig = create();
  rig.type("ab\x04\x04");
  assert.equal(rig.word(0x541b), 2, "FIONREAD does not count it");
  assert.equal(rig.read(2), "ab", "exactly full: the mark goes with the bytes");
  assert.equal(rig.read(), 0);
  assert.equal(rig.read(), BLOCKED);
  assert.equal(rig.screen(), "ab");
});

test("EOL and EOL2 end a line and are in it", () => {
  const rig = create();
  rig.set(({ controls }) => {
    controls[termios.VEOL] = 0x3b;
    controls[termios.VEOL2] = 0x2c;
  });
  rig.type("a;b,");
  assert.equal(rig.read(), "a;");
  assert.equal(rig.read(), "b,");
});

test("ERASE wipes a character, a UTF-8 sequence, ^X, a tab", () => {
  const rig = create();
  rig.type("ab\x7f");
  assert.equal(rig.screen(), `ab${WIPE}`);
  rig.type("\xc3\xa9\x7f");
  assert.equal(rig.screen(), `\xc3\xa9${WIPE}`);
  rig.type("\x01\x7f");
  assert.equal(rig.screen(), `^A${WIPE}${WIPE}`);
  rig.type("\t\x7f");
  assert.equal(rig.screen(), `\t${"\b".repeat(7)}`);
  rig.type("\t\t\x7f");
  assert.equal(rig.screen(), `\t\t${"\b".repeat(8)}`);
  rig.type("\x7f\x7f\x7f\x7f\n");
  assert.equal(rig.read(), "\n", "an empty line stays one");
});

test("the tab's width counts the prompt that stands before the line", () => {
  const rig = create();
  rig.write("$ ");
  rig.type("\t\x7f");
  assert.equal(rig.screen(), `$ \t${"\b".repeat(6)}`);
});

test("without IUTF8 every byte is a character; without ECHOE the ERASE character is shown", () => {
  const rig = create();
  rig.set((fields) => {
    fields.inputFlags &= ~termios.IUTF8;
    fields.localFlags &= ~termios.ECHOE;
  });
  rig.type("\xc3\xa9\x7f\n");
  assert.equal(rig.read(), "\xc3\n");
  assert.equal(rig.screen(), "\xc3\xa9^?\r\n");
});

test("WERASE takes a word and the blanks behind it", () => {
  const rig = create();
  rig.type("one two_2  \x17");
  assert.equal(rig.screen(), `one two_2  ${WIPE.repeat(7)}`);
  rig.type("x\n");
  assert.equal(rig.read(), "one x\n");
});

test("KILL wipes the line with ECHOKE, shows itself with ECHOK, is silent without ECHO", () => {
  const rig = create();
  rig.type("abc\x15");
  assert.equal(rig.screen(), `abc${WIPE.repeat(3)}`);
  rig.set((fields) => {
    fields.localFlags &= ~termios.ECHOKE;
  });
  rig.type("abc\x15");
  assert.equal(rig.screen(), "abc^U\r\n");
  rig.set((fields) => {
    fields.localFlags &= ~termios.ECHO;
  });
  rig.type("abc\x15d\n");
  assert.equal(rig.screen(), "");
  assert.equal(rig.read(), "d\n");
});

test("REPRINT shows the line again; LNEXT takes the next byte as it is", () => {
  const rig = create();
  rig.type("ab\x12");
  assert.equal(rig.screen(), "ab^R\r\nab");
  rig.type("\x16\x03\x16\n\n");
  assert.equal(rig.screen(), "^\b^C^\b^J\r\n");
  assert.equal(rig.read(), "ab\x03\n\n");
  assert.deepEqual(rig.signals(), []);
});

test("without IEXTEN WERASE, REPRINT and LNEXT are ordinary", () => {
  const rig = create();
  rig.set((fields) => {
    fields.localFlags &= ~termios.IEXTEN;
  });
  rig.type("a\x17\x12\x16\n");
  assert.equal(rig.read(), "a\x17\x12\x16\n");
});

test("ECHONL shows the newline although ECHO is off; without ECHOCTL control codes are raw", () => {
  const rig = create();
  rig.set((fields) => {
    fields.localFlags = (fields.localFlags & ~termios.ECHO) | termios.ECHONL;
  });
  rig.type("secret\n");
  assert.equal(rig.screen(), "\r\n");
  rig.set((fields) => {
    fields.localFlags = (fields.localFlags | termios.ECHO) & ~termios.ECHOCTL;
  });
  rig.type("\x01");
  assert.equal(rig.screen(), "\x01");
});

test("a control character of 0 is off", () => {
  const rig = create();
  rig.set(({ controls }) => {
    controls[termios.VERASE] = 0;
    controls[termios.VINTR] = 0;
  });
  rig.type("a\x7f\x00\x03\n");
  assert.equal(rig.read(), "a\x7f\x00\x03\n");
});

test("a line of 4095 bytes takes its end only, and rings with IMAXBEL", () => {
  const rig = create();
  rig.type("x".repeat(4095));
  rig.screen();
  rig.type("y");
  assert.equal(rig.screen(), "");
  rig.set((fields) => {
    fields.inputFlags |= termios.IMAXBEL;
  });
  rig.type("y");
  assert.equal(rig.screen(), "\x07");
  rig.type("\n");
  assert.equal(rig.read(5000), `${"x".repeat(4095)}\n`);
});

test("input mapping: ICRNL, INLCR, IGNCR, ISTRIP, IUCLC, PARMRK", () => {
  const map = (flags: number, text: string): string | number => {
    const rig = create();
    rig.set((fields) => {
      fields.inputFlags = flags;
    });
    rig.type(`${text}\x04`);
    return rig.read();
  };
  assert.equal(map(0, "a\rB\xe1"), "a\rB\xe1");
  assert.equal(map(termios.ICRNL, "a\r"), "a\n");
  assert.equal(map(termios.INLCR, "a\n"), "a\r");
  assert.equal(map(termios.IGNCR | termios.ICRNL, "a\rb"), "ab");
  assert.equal(map(termios.ISTRIP, "\xe1"), "a");
  assert.equal(map(termios.IUCLC, "AbZ"), "abz");
  assert.equal(map(termios.PARMRK, "a\xff"), "a\xff\xff");
});
