/**
 * Terminals of Linux/riscv64: flags and indices of struct termios (include/uapi/asm-generic/
 * termbits.h, termbits-common.h), requests of ioctl(2) on terminals (asm-generic/ioctls.h), and the
 * layouts of struct termios, termios2 and winsize. Numbers only.
 */

/** c_iflag. */
export const IGNBRK = 0o1;
export const BRKINT = 0o2;
export const PARMRK = 0o10;
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IUCLC = 0o1000;
export const IXON = 0o2000;
export const IXANY = 0o4000;
export const IXOFF = 0o10000;
export const IMAXBEL = 0o20000;
export const IUTF8 = 0o40000;

/** c_oflag. */
export const OPOST = 0o1;
export const OLCUC = 0o2;
export const ONLCR = 0o4;
export const OCRNL = 0o10;
export const ONOCR = 0o20;
export const ONLRET = 0o40;
export const TABDLY = 0o14000;
/** Tabs become spaces. */
export const XTABS = 0o14000;

/** c_cflag. */
export const B38400 = 0o17;
export const CS8 = 0o60;
export const CREAD = 0o200;
export const HUPCL = 0o2000;
export const CLOCAL = 0o4000;

/** c_lflag. */
export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const NOFLSH = 0o200;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;

/** Indices of c_cc. */
export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSWTC = 7;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VDISCARD = 13;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;
/** Elements of c_cc. */
export const NCCS = 19;

/** struct termios: c_iflag, c_oflag, c_cflag, c_lflag u32, c_line u8, c_cc[19]. */
export const TERMIOS_BYTES = 36;
/** struct termios2: struct termios, c_ispeed u32, c_ospeed u32. */
export const TERMIOS2_BYTES = 44;
/** struct winsize: ws_row, ws_col, ws_xpixel, ws_ypixel u16. */
export const WINSIZE_BYTES = 8;

/** Requests of ioctl(2). */
export const TCGETS = 0x5401;
export const TCSETS = 0x5402;
export const TCSETSW = 0x5403;
export const TCSETSF = 0x5404;
export const TCSBRK = 0x5409;
export const TCXONC = 0x540a;
export const TCFLSH = 0x540b;
export const TIOCSCTTY = 0x540e;
export const TIOCGPGRP = 0x540f;
export const TIOCSPGRP = 0x5410;
export const TIOCOUTQ = 0x5411;
export const TIOCGWINSZ = 0x5413;
export const TIOCSWINSZ = 0x5414;
export const TIOCNOTTY = 0x5422;
export const TCSBRKP = 0x5425;
export const TIOCGSID = 0x5429;
export const TCGETS2 = 0x802c_542a;
export const TCSETS2 = 0x402c_542b;
export const TCSETSW2 = 0x402c_542c;
export const TCSETSF2 = 0x402c_542d;

/** Arguments of TCFLSH. */
export const TCIFLUSH = 0;
export const TCOFLUSH = 1;
export const TCIOFLUSH = 2;
/** Arguments of TCXONC. */
export const TCOOFF = 0;
export const TCOON = 1;
export const TCIOFF = 2;
export const TCION = 3;

/** The control characters of a new terminal (INIT_C_CC), by index. */
export const CONTROLS_DEFAULT: readonly number[] = Object.freeze([
  0x03, 0x1c, 0x7f, 0x15, 0x04, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0x0f, 0x17, 0x16, 0, 0, 0,
]);

/** What struct termios2 tells. */
export interface TermiosFields {
  inputFlags: number;
  outputFlags: number;
  controlFlags: number;
  localFlags: number;
  line: number;
  /** NCCS control characters; 0: the function is off (_POSIX_VDISABLE). */
  controls: Uint8Array;
  inputSpeed: number;
  outputSpeed: number;
}

/** @returns the 44 bytes of a struct termios2; its first 36 are the struct termios */
export function encodeTermios(fields: TermiosFields): Uint8Array {
  const bytes = new Uint8Array(TERMIOS2_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, fields.inputFlags, true);
  view.setUint32(4, fields.outputFlags, true);
  view.setUint32(8, fields.controlFlags, true);
  view.setUint32(12, fields.localFlags, true);
  view.setUint8(16, fields.line);
  bytes.set(fields.controls, 17);
  view.setUint32(36, fields.inputSpeed, true);
  view.setUint32(40, fields.outputSpeed, true);
  return bytes;
}

/** Takes over a struct termios (36 bytes: the speeds stay) or termios2 (44). */
export function decodeTermios(bytes: Uint8Array, fields: TermiosFields): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  fields.inputFlags = view.getUint32(0, true);
  fields.outputFlags = view.getUint32(4, true);
  fields.controlFlags = view.getUint32(8, true);
  fields.localFlags = view.getUint32(12, true);
  fields.line = view.getUint8(16);
  fields.controls.set(bytes.subarray(17, 17 + NCCS));
  if (bytes.length < TERMIOS2_BYTES) return;
  fields.inputSpeed = view.getUint32(36, true);
  fields.outputSpeed = view.getUint32(40, true);
}
