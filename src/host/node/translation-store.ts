/**
 * Translations kept in the user's cache folder: a file for each version of the translator and each
 * set of what an engine has. Several processes may append to one file; each adds whole entries by
 * one write. What goes wrong is told once and costs only time.
 */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { TranslationStore } from "../../structures/boot.js";
import { CacheAccess } from "./cache-access.js";
import type { CodeFolder } from "./code-folder.js";

/** Files of other versions that nobody used for so long go. */
const UNUSED_MS = 30 * 86_400_000;

export class TranslationFile implements TranslationStore {
  private readonly path: string;
  private readonly access: CacheAccess;
  /** Open for as long as the worker lives, once something was looked for. */
  private file: number | undefined;

  /**
   * @param folder is made when something is kept
   * @param name of the version
   * @param report takes a line when something goes wrong
   * @param code what the engine makes of modules; undefined: it is not kept
   */
  constructor(
    private readonly folder: string,
    name: string,
    report: (line: string) => void,
    readonly code?: CodeFolder,
  ) {
    this.path = join(folder, `${name}.regions`);
    this.access = new CacheAccess("translations are not kept", this.path, report);
  }

  readAll(): Uint8Array {
    return this.access.attempt("read", () => readFileSync(this.path)) ?? new Uint8Array();
  }

  read(offsetBytes: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    const read = this.access.attempt("read", () => {
      this.file ??= openSync(this.path, "r");
      return readSync(this.file, bytes, 0, lengthBytes, offsetBytes);
    });
    return read === lengthBytes ? bytes : new Uint8Array();
  }

  append(bytes: Uint8Array): void {
    this.access.attempt("write", () => {
      mkdirSync(this.folder, { recursive: true });
      appendFileSync(this.path, bytes);
    });
  }

  clear(): void {
    this.access.attempt("remove", () => {
      if (this.file !== undefined) closeSync(this.file);
      this.file = undefined;
      this.code?.clear();
      rmSync(this.path, { force: true });
      for (const name of readdirSync(this.folder)) {
        const other = join(this.folder, name);
        if (Date.now() - statSync(other).mtimeMs > UNUSED_MS) rmSync(other, { recursive: true });
      }
    });
  }
}
