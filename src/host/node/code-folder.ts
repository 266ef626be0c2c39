/**
 * Machine code of modules in the user's cache folder: a folder for each build of Node, with a file
 * for each module, named by the SHA256 of its content. So damage is noticed before the engine sees
 * it. Whoever may write there may run code as this user: what others than the user may write to is
 * not read.
 *
 *   content = length of the module (u32, little-endian), the module, its machine code
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { CodeStore } from "../../structures/boot.js";
import { CacheAccess } from "./cache-access.js";
import type { EngineCode } from "./engine-code.js";
import { writeWhole } from "./write-whole.js";

type Module = Parameters<CodeStore["keep"]>[0];

/** What is asked for by another name is not a file of this folder. */
const NAME = /^[0-9a-f]{64}$/;
const LENGTH_BYTES = 4;
const OTHERS_MAY_WRITE = 0o022;

export class CodeFolder implements CodeStore {
  private readonly folder: string;
  private readonly access: CacheAccess;

  /**
   * @param folder is made when something is kept; without what follows the last point
   * @param report takes a line when something goes wrong
   */
  constructor(
    folder: string,
    private readonly engine: EngineCode,
    report: (line: string) => void,
  ) {
    this.folder = `${folder}.${engineName()}`;
    this.access = new CacheAccess("machine code is not kept", this.folder, report);
  }

  countOptimised(functions: readonly unknown[]): number {
    return functions.filter((one) => this.engine.isOptimised(one as object)).length;
  }

  keep(module: Module, moduleBytes: Uint8Array): ReturnType<CodeStore["keep"]> {
    const code = this.engine.take(module);
    if (code === undefined) return undefined;
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(moduleBytes.length);
    const content = Buffer.concat([length, moduleBytes, new Uint8Array(code)]);
    const name = nameOf(content);
    return this.access.attempt("write", () => {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeWhole(join(this.folder, name), content, 0o600);
      return { name, sizeBytes: content.length };
    });
  }

  load(name: string): Module | undefined {
    if (!NAME.test(name)) return undefined;
    const content = this.access.attempt("read", () => {
      if (!isOwn(lstatSync(this.folder))) return undefined;
      const file = openSync(join(this.folder, name), "r");
      try {
        return isOwn(fstatSync(file)) ? readFileSync(file) : undefined;
      } finally {
        closeSync(file);
      }
    });
    if (content === undefined || nameOf(content) !== name) return undefined;
    const codeStart = LENGTH_BYTES + content.readUInt32LE();
    const { buffer, byteOffset, length } = content;
    const code = buffer.slice(byteOffset + codeStart, byteOffset + length) as ArrayBuffer;
    return this.engine.give(code, content.subarray(LENGTH_BYTES, codeStart)) as Module | undefined;
  }

  remove(name: string): void {
    if (!NAME.test(name)) return;
    this.access.attempt("remove", () => rmSync(join(this.folder, name), { force: true }));
  }

  /** Removes all of it. */
  clear(): void {
    this.access.attempt("remove", () => rmSync(this.folder, { recursive: true, force: true }));
  }
}

const nameOf = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** The build of Node: V8 looks at its version only, which other builds may have too. */
function engineName(): string {
  const { size, mtimeMs } = statSync(process.execPath);
  const build = [process.versions, process.arch, process.config.variables, size, mtimeMs];
  return createHash("sha256").update(JSON.stringify(build)).digest("hex").slice(0, 16);
}

/** Whether only this user may write to it. */
function isOwn({ uid, mode }: Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || (uid === user && (mode & OTHERS_MAY_WRITE) === 0);
}
