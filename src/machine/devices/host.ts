/**
 * What devices want of their host, and what they offer it: the interfaces that host adaptors
 * implement and call (src/host). Bytes and numbers only, no host type. Everything that the machine
 * cannot know by itself enters here, so this is also what a recording logs.
 *
 * Rules for the host's side: answer at once; do not call the device that is calling from within
 * `output` or `fill`; a byte array is valid only during the call.
 */

/** Back-pressure, both ways: how many bytes were taken, from the first on; the rest stays. */
export type BytesTaken = number;

/** A host's side of the UART. */
export interface UartHost {
  /**
   * Bytes that the guest sends.
   * @returns how many were taken; fewer than all means full, until the host calls `outputReady`
   */
  output(bytes: Uint8Array): BytesTaken;
  /** There is room for input again, after `writeInput` had taken fewer bytes than offered. */
  inputReady(): void;
}

/** What the UART offers its host. */
export interface UartPort {
  /** Offers input. @returns how many bytes were taken; fewer than all: wait for `inputReady` */
  writeInput(bytes: Uint8Array): BytesTaken;
  /** The host takes output again. */
  outputReady(): void;
}

/** A host's side of the virtio console. Port 0 is the console itself. */
export interface ConsoleHost {
  /**
   * Bytes that the guest sends on a port.
   * @returns how many were taken; fewer than all means full, until the host calls `outputReady`
   */
  output(port: number, bytes: Uint8Array): BytesTaken;
  /** There is room for input again, after `writeInput` had taken fewer bytes than offered. */
  inputReady(port: number): void;
  /** The guest opened the port, or closed it (end of its output, or nobody reads its input). */
  guestOpened(port: number, open: boolean): void;
}

/** What the virtio console offers its host. A port that is not there answers -1. */
export interface ConsolePorts {
  /** Offers input. @returns how many bytes were taken (0 after `closePort`), or -1: no such port */
  writeInput(port: number, bytes: Uint8Array): BytesTaken;
  /** The host takes output of the port again. */
  outputReady(port: number): void;
  /** The window of port 0 has another size, in characters, each 0 to 65535. */
  resize(columns: number, rows: number): void;
  /**
   * A further port, announced to the guest under a name of 1 to PORT_NAME_BYTES_MAX bytes.
   * @returns its number, or -1: all are in use
   * @throws RangeError when the name is empty or too long
   */
  addPort(name: string): number;
  /**
   * The host's end closes: the guest reads what was written, then end of file; its output is
   * dropped from now on. @returns 0, or -1: no such port
   */
  closePort(port: number): number;
  /**
   * The port goes away; its number is free once the guest was told. Port 0 stays.
   * @returns 0, or -1: no such port
   */
  removePort(port: number): number;
}

/** A host's source of random bytes. */
export interface EntropyHost {
  /** Fills the array, at most ENTROPY_REQUEST_BYTES_MAX long, with random bytes. */
  fill(bytes: Uint8Array): void;
}

/**
 * A host's folders, as the file system device sees them: requests and replies of FUSE (src/abi/
 * fuse.ts). Node 1 is a directory that has each shared folder under its number: "0", "1", …
 */
export interface FolderHost {
  /**
   * Executes a request.
   * @param token to answer later with; never used twice
   * @param request valid only during the call, at most FOLDER_REQUEST_BYTES_MAX long
   * @param replyBytesMax no reply is longer; 0: none is wanted (FORGET)
   * @returns the reply, or undefined: it comes later, by FolderPort.reply
   */
  request(token: number, request: Uint8Array, replyBytesMax: number): Uint8Array | undefined;
}

/** What the file system device offers its host. */
export interface FolderPort {
  /** The reply to a request that was not answered at once. One nobody waits for is dropped. */
  reply(token: number, bytes: Uint8Array): void;
}

/** A host's clock, as the machine's timer sees it. */
export interface TimerHost {
  /** Ticks of 100 ns since the machine began, never decreasing, a whole number below 2^53. */
  timeTicks(): number;
}

/** Input bytes that a port of the console, or the UART, keeps until the guest takes them. */
export const INPUT_QUEUE_BYTES_MAX = 65536;
/** Ports of the virtio console, the console itself included; /dev/vport0p1 to 4095 are the rest. */
export const CONSOLE_PORTS_MAX = 4096;
export const PORT_NAME_BYTES_MAX = 64;
/** No more is asked of EntropyHost at once (also the limit of the Web's getRandomValues). */
export const ENTROPY_REQUEST_BYTES_MAX = 65536;
/** A request of the file system device: 64 KiB to write, and what stands before them. */
export const FOLDER_REQUEST_BYTES_MAX = 65536 + 8192;
