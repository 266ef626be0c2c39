/**
 * Writes files that others may read at any time: by another name first, so that they are seen whole
 * or not at all.
 */
import { renameSync, writeFileSync } from "node:fs";

/**
 * Replaces a file.
 * @param mode of a file; what the process's mask leaves of it
 * @throws errors of the file system
 */
export function writeWhole(path: string, content: Uint8Array, mode = 0o666): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}
