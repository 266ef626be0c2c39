/**
 * Arguments that are not UTF-8. Node hands arguments over as text and puts U+FFFD where bytes are
 * none: the program would get others than were given. Where the host has them as bytes they are
 * looked at, and refused.
 */
import { readFile } from "node:fs/promises";
import { UsageError } from "./exit.js";

const REPLACEMENT = "\ufffd";

/**
 * @param words arguments of the guest's program, the last ones of the command line
 * @throws UsageError naming the first that is not UTF-8
 */
export async function checkArguments(words: readonly string[]): Promise<void> {
  if (!words.some((word) => word.includes(REPLACEMENT))) return;
  // Only Linux tells the bytes; elsewhere U+FFFD is taken for one that was meant.
  const bytes = await readFile("/proc/self/cmdline").catch(() => undefined);
  if (bytes === undefined) return;
  const given: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    given.push(bytes.subarray(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  const last = given.slice(-words.length);
  const odd = last.findIndex((one) => !Buffer.from(one.toString("utf8")).equals(one));
  if (odd < 0) return;
  const place = odd === 0 ? "the program's name" : `argument ${odd}`;
  throw new UsageError(`${place} is not UTF-8, which Node cannot pass on; give it by a script`);
}
