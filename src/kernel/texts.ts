/**
 * Texts: byte strings of programs (names, above all) as JavaScript strings of the same bytes
 * (latin1). To make one and to find it in a map costs more than the rest of a look-up, so those
 * used lately are kept and given out again. What is kept is not state: it can be lost at any time.
 */
import { NAME_MAX } from "../abi/file.js";
import type { KernelCalls, TaskId } from "./calls.js";
import type { Result } from "./protocol.js";

/** So many texts are kept, each in the place that its hash says. A power of 2. */
const PLACES = 1024;
/** Longer ones are made anew each time. */
const KEPT_BYTES_MAX = 64;

export class Texts {
  private readonly places: string[] = new Array(PLACES).fill("");
  private readonly nameBytes = new Uint8Array(NAME_MAX);

  /** @returns bytes[start, end) as a text */
  of(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > KEPT_BYTES_MAX) return newText(bytes, start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const place = (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (PLACES - 1);
    const known = this.places[place] as string;
    if (isText(known, bytes, start, length)) return known;
    const text = newText(bytes, start, end);
    this.places[place] = text;
    return text;
  }

  /**
   * A text that another service has put in scratch, a name above all.
   * @throws when it cannot be read: a bug of whoever put it there
   */
  read(kernel: Copies, caller: TaskId, address: number, lengthBytes: number): string {
    if (lengthBytes === 0) return "";
    const isName = lengthBytes <= this.nameBytes.length;
    const bytes = isName ? this.nameBytes : new Uint8Array(lengthBytes);
    if (kernel.copyIn(caller, address, bytes, 0, lengthBytes) < 0) {
      throw new Error(`a text of ${lengthBytes} bytes is outside its range`);
    }
    return this.of(bytes, 0, lengthBytes);
  }
}

/** What reads a caller's bytes. */
type Copies = Pick<KernelCalls, "copyIn">;

/** A text of a caller. @returns it, or what copyIn answers: -EFAULT */
export function readText(
  kernel: Copies,
  caller: TaskId,
  address: number,
  lengthBytes: number,
): string | Result {
  const bytes = new Uint8Array(lengthBytes);
  const failed = kernel.copyIn(caller, address, bytes, 0, lengthBytes);
  return failed < 0 ? failed : textOf(bytes);
}

/** @returns bytes as a latin1 text, which is not kept */
export const textOf = (bytes: Uint8Array): string => newText(bytes, 0, bytes.length);

/** @returns the bytes of a latin1 text */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function isText(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** By fours: to hand all bytes over at once as arguments takes several times as long. */
function newText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let at = start;
  for (; at + 4 <= end; at += 4) {
    text += String.fromCharCode(
      bytes[at] as number,
      bytes[at + 1] as number,
      bytes[at + 2] as number,
      bytes[at + 3] as number,
    );
  }
  for (; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
