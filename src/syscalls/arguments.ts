/**
 * Argument types of system calls: how a register becomes a number, which arguments are ranges of
 * the caller's memory, and how each is shown by --strace.
 */
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";

/** How a register is read. */
export type RegisterKind = "int" | "unsigned" | "long" | "size" | "address";

export interface ArgumentType {
  readonly kind: RegisterKind | "path" | "range";
  /** How it is shown in a trace and in the docs. */
  readonly shown: string;
  /** Of a range: what the service will do with it (ACCESS_* bits). */
  readonly access: number;
  /** Of a range: its length: a number of bytes, or the index of the argument that says it. */
  readonly lengthBytes: number;
  readonly lengthArgument: number;
  /** Of a range: elements of this size, the length argument counts them. */
  readonly elementBytes: number;
  /** A null pointer means that it is absent. */
  readonly isOptional: boolean;
}

const PLAIN = {
  access: 0,
  lengthBytes: 0,
  lengthArgument: -1,
  elementBytes: 1,
  isOptional: false,
} as const;

const plain = (kind: RegisterKind | "path", shown: string): ArgumentType =>
  Object.freeze({ kind, shown, ...PLAIN });

export const int = plain("int", "int");
export const descriptor = plain("int", "descriptor");
export const flags = plain("unsigned", "flags");
export const mode = plain("unsigned", "mode");
export const unsigned = plain("unsigned", "unsigned");
export const long = plain("long", "long");
export const size = plain("size", "size");
export const address = plain("address", "address");
/** A string of the caller, copied once: two words, its place in scratch and its length. */
export const path = plain("path", "path");

function range(shown: string, access: number, more: Partial<ArgumentType>): ArgumentType {
  return Object.freeze({ kind: "range", shown, ...PLAIN, access, ...more });
}

/** Memory that the call reads; its length is that of the argument with this index. */
export const bytesIn = (lengthArgument: number): ArgumentType =>
  range("bytes in", ACCESS_READ, { lengthArgument });
/** Memory that the call writes. */
export const bytesOut = (lengthArgument: number): ArgumentType =>
  range("bytes out", ACCESS_WRITE, { lengthArgument });
/** A structure that the call reads, writes, or both. */
export const structIn = (shown: string, lengthBytes: number): ArgumentType =>
  range(shown, ACCESS_READ, { lengthBytes });
export const structOut = (shown: string, lengthBytes: number): ArgumentType =>
  range(shown, ACCESS_WRITE, { lengthBytes });
export const structInOut = (shown: string, lengthBytes: number): ArgumentType =>
  range(shown, ACCESS_READ | ACCESS_WRITE, { lengthBytes });
/** An array of structures; the argument with this index counts them. */
export const arrayInOut = (
  shown: string,
  elementBytes: number,
  lengthArgument: number,
): ArgumentType => range(shown, ACCESS_READ | ACCESS_WRITE, { elementBytes, lengthArgument });
export const arrayIn = (
  shown: string,
  elementBytes: number,
  lengthArgument: number,
): ArgumentType => range(shown, ACCESS_READ, { elementBytes, lengthArgument });
export const arrayOut = (
  shown: string,
  elementBytes: number,
  lengthArgument: number,
): ArgumentType => range(shown, ACCESS_WRITE, { elementBytes, lengthArgument });

/** The same range, but a null pointer means that it is absent. */
export const optional = (type: ArgumentType): ArgumentType =>
  Object.freeze({ ...type, isOptional: true });
