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
export const CBAUD = 0o10017;
export const B38400 = 0o17;
/** The speed is the number in c_ospeed. */
export const BOTHER = 0o10000;
export const CSIZE = 0o60;
export const CS8 = 0o60;
export const CREAD = 0o200;
export const PARENB = 0o400;
export const HUPCL = 0o2000;
export const CLOCAL = 0o4000;
/** Where the input speed's code begins in c_cflag. */
export const IBSHIFT = 16;

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
export const ECHOPRT = 0o2000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;
export const EXTPROC = 0o200000;

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
/** Elements of c_cc in struct termio. */
const TERMIO_CONTROLS = 8;

/** struct termios: c_iflag, c_oflag, c_cflag, c_lflag u32, c_line u8, c_cc[19]. */
export const TERMIOS_BYTES = 36;
/** struct termios2: struct termios, c_ispeed u32, c_ospeed u32. */
export const TERMIOS2_BYTES = 44;
/** struct termio: c_iflag, c_oflag, c_cflag, c_lflag u16, c_line u8, c_cc[8]. */
export const TERMIO_BYTES = 18;
/** struct winsize: ws_row, ws_col, ws_xpixel, ws_ypixel u16. */
export const WINSIZE_BYTES = 8;

/** Requests of ioctl(2). */
export const TCGETS = 0x5401;
export const TCSETS = 0x5402;
export const TCSETSW = 0x5403;
export const TCSETSF = 0x5404;
export const TCGETA = 0x5405;
export const TCSETA = 0x5406;
export const TCSETAW = 0x5407;
export const TCSETAF = 0x5408;
export const TCSBRK = 0x5409;
export const TCXONC = 0x540a;
export const TCFLSH = 0x540b;
export const TIOCEXCL = 0x540c;
export const TIOCNXCL = 0x540d;
export const TIOCSCTTY = 0x540e;
export const TIOCGPGRP = 0x540f;
export const TIOCSPGRP = 0x5410;
export const TIOCOUTQ = 0x5411;
export const TIOCSTI = 0x5412;
export const TIOCGWINSZ = 0x5413;
export const TIOCSWINSZ = 0x5414;
export const TIOCPKT = 0x5420;
export const TIOCNOTTY = 0x5422;
export const TIOCSETD = 0x5423;
export const TIOCGETD = 0x5424;
export const TCSBRKP = 0x5425;
export const TIOCSBRK = 0x5427;
export const TIOCCBRK = 0x5428;
export const TIOCGSID = 0x5429;
export const TIOCVHANGUP = 0x5437;
export const TIOCGPTPEER = 0x5441;
export const TIOCGPTN = 0x8004_5430;
export const TIOCSPTLCK = 0x4004_5431;
export const TIOCGDEV = 0x8004_5432;
export const TIOCSIG = 0x4004_5436;
export const TIOCGPKT = 0x8004_5438;
export const TIOCGPTLCK = 0x8004_5439;
export const TIOCGEXCL = 0x8004_5440;
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

/** First byte of a read in packet mode: data, or these bits of what happened (TIOCPKT). */
export const TIOCPKT_DATA = 0;
export const TIOCPKT_FLUSHREAD = 1;
export const TIOCPKT_FLUSHWRITE = 2;
export const TIOCPKT_STOP = 4;
export const TIOCPKT_START = 8;
export const TIOCPKT_NOSTOP = 16;
export const TIOCPKT_DOSTOP = 32;
export const TIOCPKT_IOCTL = 64;

/** Line speeds by their code: B0 to B38400, then those above BOTHER. */
const SPEEDS: readonly number[] = Object.freeze([
  0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
]);
const SPEEDS_HIGH: readonly number[] = Object.freeze([
  0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000,
  2500000, 3000000, 3500000, 4000000,
]);

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

/**
 * The speed that a code in c_cflag means.
 * @param code bits of CBAUD
 * @param given what BOTHER stands for
 */
export function speedOf(code: number, given: number): number {
  if (code === BOTHER) return given;
  const index = code & 0o17;
  return ((code & BOTHER) === 0 ? SPEEDS[index] : SPEEDS_HIGH[index]) ?? 0;
}

/** @returns the 18 bytes of a struct termio */
export function encodeTermio(fields: TermiosFields): Uint8Array {
  const bytes = new Uint8Array(TERMIO_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fields.inputFlags & 0xffff, true);
  view.setUint16(2, fields.outputFlags & 0xffff, true);
  view.setUint16(4, fields.controlFlags & 0xffff, true);
  view.setUint16(6, fields.localFlags & 0xffff, true);
  view.setUint8(8, fields.line);
  bytes.set(fields.controls.subarray(0, TERMIO_CONTROLS), 9);
  return bytes;
}

/** Takes over a struct termio: the low half of each word, and the first control characters. */
export function decodeTermio(bytes: Uint8Array, fields: TermiosFields): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const half = (word: number, at: number): number =>
    ((word & 0xffff_0000) | view.getUint16(at, true)) >>> 0;
  fields.inputFlags = half(fields.inputFlags, 0);
  fields.outputFlags = half(fields.outputFlags, 2);
  fields.controlFlags = half(fields.controlFlags, 4);
  fields.localFlags = half(fields.localFlags, 6);
  fields.line = view.getUint8(8);
  fields.controls.set(bytes.subarray(9, 9 + TERMIO_CONTROLS));
}
