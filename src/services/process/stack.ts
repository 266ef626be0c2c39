/**
 * The first stack of a program: strings, the auxiliary vector, environment and arguments, argc, as
 * the RISC-V ELF psABI and Linux's create_elf_tables lay them out. Built as bytes, with the
 * addresses that they will have.
 */

/** What goes on the stack. */
export interface StackContents {
  /** Address just above the stack. */
  readonly top: number;
  /** Packed strings, each with its NUL. */
  readonly args: Uint8Array;
  readonly environment: Uint8Array;
  /** The path of the program, without NUL (AT_EXECFN). */
  readonly path: Uint8Array;
  /** 16 bytes (AT_RANDOM). */
  readonly random: Uint8Array;
  /** Pairs of type and value, without those that point into the stack and the last. */
  readonly vector: readonly (readonly [number, number])[];
}

export interface BuiltStack {
  readonly bytes: Uint8Array;
  /** Where the bytes begin: the stack pointer. */
  readonly address: number;
  /** Where the strings of arguments and environment begin. */
  readonly argumentsAddress: number;
  readonly environmentAddress: number;
  /** The auxiliary vector, a part of `bytes`. */
  readonly vector: Uint8Array;
}

const AT_NULL = 0;
const AT_RANDOM = 25;
const AT_EXECFN = 31;

/** Offsets of the strings in a packed block. */
function offsetsOf(block: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let at = 0; at < block.length; at = block.indexOf(0, at) + 1) offsets.push(at);
  return offsets;
}

/** @returns the bytes of the stack and where they go */
export function buildStack(contents: StackContents): BuiltStack {
  const { top, args, environment, path, random } = contents;
  // From the top: a null word, the path, environment, arguments, random bytes.
  const pathAt = top - 8 - (path.length + 1);
  const environmentAt = pathAt - environment.length;
  const argsAt = environmentAt - args.length;
  const randomAt = Math.floor((argsAt - random.length) / 16) * 16;
  const argOffsets = offsetsOf(args);
  const environmentOffsets = offsetsOf(environment);
  const vector = [
    ...contents.vector,
    [AT_RANDOM, randomAt] as const,
    [AT_EXECFN, pathAt] as const,
    [AT_NULL, 0] as const,
  ];
  const words = 1 + argOffsets.length + 1 + environmentOffsets.length + 1 + 2 * vector.length;
  const address = Math.floor((randomAt - 8 * words) / 16) * 16;
  const bytes = new Uint8Array(top - address);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const push = (value: number): void => {
    view.setUint32(at, value % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    at += 8;
  };
  push(argOffsets.length);
  for (const offset of argOffsets) push(argsAt + offset);
  push(0);
  for (const offset of environmentOffsets) push(environmentAt + offset);
  push(0);
  const vectorStart = at;
  for (const [type, value] of vector) {
    push(type);
    push(value);
  }
  const vectorBytes = bytes.subarray(vectorStart, at);
  bytes.set(random, randomAt - address);
  bytes.set(args, argsAt - address);
  bytes.set(environment, environmentAt - address);
  bytes.set(path, pathAt - address);
  return {
    bytes,
    address,
    argumentsAddress: argsAt,
    environmentAddress: environmentAt,
    vector: vectorBytes,
  };
}
