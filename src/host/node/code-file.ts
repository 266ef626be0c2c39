/**
 * What the engine made of a script or a module, kept beside it in the bundle.
 *
 *   file = SHA256 of the source and the code, then the code
 *
 * The engine refuses code of another version and for another processor, but notices neither damage
 * nor a source that only has the length of the right one.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writeWhole } from "./write-whole.js";

const HASH_BYTES = 32;

/** @returns undefined: there is none for this source */
export function readCode(file: URL, source: Uint8Array): Buffer | undefined {
  let kept: Buffer;
  try {
    kept = readFileSync(file);
  } catch {
    // Not made yet.
    return undefined;
  }
  const code = kept.subarray(HASH_BYTES);
  return hashOf(source, code).equals(kept.subarray(0, HASH_BYTES)) ? code : undefined;
}

/** @throws errors of the file system */
export function writeCode(file: URL, source: Uint8Array, code: Uint8Array): void {
  writeWhole(fileURLToPath(file), Buffer.concat([hashOf(source, code), code]));
}

function hashOf(source: Uint8Array, code: Uint8Array): Buffer {
  return createHash("sha256").update(source).update(code).digest();
}
