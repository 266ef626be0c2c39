/** Names for a profile: which functions the places in a file are in. */
import { type ElfFunction, elfFunctions, functionAt } from "../abi/elf-symbols.js";

/** Functions of a file. */
export interface NamedFile {
  /** @returns the name of the function at an offset in the file; undefined: nothing says */
  at(offset: number): string | undefined;
}

/** @param bytes the whole file; whatever it is */
export function namedFile(bytes: Uint8Array): NamedFile {
  const functions: readonly ElfFunction[] = elfFunctions(bytes);
  return { at: (offset) => functionAt(functions, offset) };
}
