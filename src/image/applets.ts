/**
 * Which applets a busybox binary has. It would say so itself (`busybox --list`), but it is a
 * program of another architecture; so its table of names is read: `applet_names`, in the read-only
 * data, is the names in ascending order, each with its NUL, and ends in an empty one.
 */

import { ImageError } from "./errors.js";

/** Applets without which the table would not be the table. */
const expected: readonly string[] = ["cat", "init", "ls", "mount", "sh", "true"];

const anchor = "\0mount\0";
const namePattern = /^(\[\[?|[a-z][a-z0-9_.+-]*)$/;
const nameLengthMaximum = 40;
const machineRiscv = 243; // EM_RISCV

const isName = (name: string): boolean => namePattern.test(name);

/**
 * Start of the name that ends at `end`. Before the table's first name stands anything, not always a
 * NUL; but the table, a large array, starts at a multiple of 8 (as the psABI's data alignment).
 */
function nameStart(binary: Buffer, end: number): number {
  const afterNul = end === 0 ? 0 : binary.lastIndexOf(0, end - 1) + 1;
  const start = Math.max(afterNul, end - nameLengthMaximum);
  if (start === afterNul && isName(binary.toString("latin1", start, end))) {
    return start;
  }
  for (let aligned = Math.ceil(start / 8) * 8; aligned < end; aligned += 8) {
    if (isName(binary.toString("latin1", aligned, end))) {
      return aligned;
    }
  }
  return end;
}

/** The names around one name, as long as they ascend and could be names of applets. */
function namesAround(binary: Buffer, start: number): string[] {
  const before: string[] = [];
  let end = start; // of the name at hand; its NUL is there
  for (let least = "mount"; ; ) {
    const begin = nameStart(binary, end);
    const name = binary.toString("latin1", begin, end);
    if (name === "" || name >= least) {
      break;
    }
    before.push(name);
    least = name;
    if (begin === 0 || binary[begin - 1] !== 0) {
      break;
    }
    end = begin - 1;
  }
  const after: string[] = [];
  let begin = start + 1;
  for (let greatest = ""; ; ) {
    const stop = binary.indexOf(0, begin);
    const name = binary.toString("latin1", begin, Math.max(begin, stop));
    if (stop < 0 || stop - begin > nameLengthMaximum || !isName(name) || name <= greatest) {
      break;
    }
    after.push(name);
    greatest = name;
    begin = stop + 1;
  }
  return [...before.reverse(), ...after];
}

/**
 * The names of a busybox's applets in ascending order.
 *
 * @param contents the ELF file
 * @throws ImageError "malformed" if it is no riscv64 program or has no such table
 */
export function appletNames(contents: Uint8Array): string[] {
  const binary = Buffer.from(contents.buffer, contents.byteOffset, contents.length);
  const isElf64 = binary.length > 64 && binary.toString("latin1", 0, 5) === "\x7fELF\x02";
  if (!isElf64 || binary.readUInt16LE(18) !== machineRiscv) {
    throw new ImageError("malformed", "busybox of the package is not a riscv64 program");
  }
  let best: string[] = [];
  for (let at = binary.indexOf(anchor); at >= 0; at = binary.indexOf(anchor, at + 1)) {
    const names = namesAround(binary, at);
    best = names.length > best.length ? names : best;
  }
  if (!expected.every((name) => best.includes(name))) {
    throw new ImageError("malformed", "busybox of the package has no table of applets");
  }
  return best;
}
