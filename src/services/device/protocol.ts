/**
 * Protocols of character drivers (device/uart, device/virtio-console), of the entropy driver and of
 * the file system driver. A character driver has ports: 0 is the console, others are byte streams
 * of the host. Bytes go by scratch or by the caller's memory; what arrives is announced by an event
 * to the driver's owner.
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  operation,
  output,
  type Protocol,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

export interface CharacterDriver {
  /** EVENT_INTERRUPT of its line. */
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** Takes output. @returns bytes taken, fewer than offered or 0: full now (a room event follows),
   * -EIO: the port does not exist, -EPIPE: the host has closed it */
  write(caller: TaskId, port: number, buffer: number, lengthBytes: number): Result;
  /** Hands over input that has arrived. @returns bytes, 0: none now, -EIO: no such port */
  read(caller: TaskId, port: number, buffer: number, lengthBytes: number): Result;
  /** Figures of a port: 0 bytes of input waiting, 1 bytes of room for output, 2 columns, 3 rows,
   * 4 open on the host's side (0: end of file once input is drained), 5 output not yet sent (not 0:
   * a room event follows), 6 (asked of port 0) the port called PRINTER_NAME, 0: none.
   * @returns the figure, or -EIO: the port does not exist */
  query(caller: TaskId, port: number, figure: number): Result;
  /** The guest opened (1) or closed (0) a port. */
  setOpen(caller: TaskId, port: number, open: number): Result;
}

/** The protocol of the character driver with this service name. */
export function characterDriverProtocol(name: string): Protocol<CharacterDriver> {
  return protocol<CharacterDriver>(name, {
    event: operation(1, "mutation", word, word, word, word),
    write: operation(2, "mutation", handle, input(2), word),
    read: operation(3, "mutation", handle, output(2), word),
    query: operation(4, "query", handle, word),
    setOpen: operation(5, "mutation", handle, word),
  });
}

/** The name by which a host makes a port the printer. */
export const PRINTER_NAME = "printer";

/** What `query` may ask of a port; meaning at CharacterDriver.query. */
export const FIGURE = Object.freeze({
  input: 0,
  room: 1,
  columns: 2,
  rows: 3,
  open: 4,
  unsent: 5,
  printer: 6,
} as const);

/** Events that a driver posts to its owner: word0 = port; size: columns and rows as
 * word1 and word2; closed: the host's end, or the port went away. */
export const DRIVER_EVENT = Object.freeze({ input: 16, room: 17, size: 18, closed: 19 } as const);

export interface EntropyDriver {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** Random bytes from the device. @returns bytes (a request is always served in full), or -EIO */
  read(caller: TaskId, buffer: number, lengthBytes: number): Result;
}

export const entropyProtocol = protocol<EntropyDriver>("virtio-entropy", {
  event: operation(1, "mutation", word, word, word, word),
  read: operation(2, "mutation", output(1), word),
});

/** Carries requests of FUSE (abi/fuse.ts) to the host's folders, and replies back. */
export interface FolderDriver {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  commit(caller: TaskId, callId: number): Result;
  abort(caller: TaskId, callId: number): Result;
  /**
   * One request and its reply. Asked again with the same `unique` it does not send it again but
   * gives the reply, once it is there. What the call has not fetched when it ends is dropped.
   * @param request at most FOLDER_MESSAGE_BYTES; `input` follows it, at most RANGE_BYTES_MAX
   * @param reply gets the reply's first bytes, all that fit; `output` gets the rest; input and
   *   output exclude each other; an absent one is 0, 0
   * @returns bytes of the whole reply, -EIO, or BLOCKED
   */
  exchange(
    caller: TaskId,
    unique: number,
    request: number,
    requestLength: number,
    input: number,
    inputLength: number,
    output: number,
    outputLength: number,
    reply: number,
    replyLength: number,
  ): Result;
  /**
   * A request whose reply nobody wants. @param isUrgent 1: it has none
   * @returns 0, or -EAGAIN: there is no room now
   */
  post(caller: TaskId, request: number, requestLength: number, isUrgent: number): Result;
}

/** Longest request without its data, and longest part of a reply before it. */
export const FOLDER_MESSAGE_BYTES = 4096;

export const folderDriverProtocol = protocol<FolderDriver>("virtio-file-system", {
  event: operation(1, "mutation", word, word, word, word),
  commit: operation(2, "mutation", handle),
  abort: operation(3, "mutation", handle),
  exchange: operation(
    4,
    "mutation",
    word,
    input(2),
    word,
    input(4),
    word,
    output(6),
    word,
    output(8),
    word,
  ),
  post: operation(5, "mutation", input(1), word, word),
});
