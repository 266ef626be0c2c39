/**
 * What is kept of translations, in memory: regions as bytes, and modules as they are, whatever the
 * engine has made of them.
 */
import type { TranslationStore } from "../../src/machine/translate/kept.js";
import type { CodeStore } from "../../src/machine/translate/kept-modules.js";

export class MemoryStore implements TranslationStore {
  private bytes = new Uint8Array();
  private readonly modules = new Map<string, WebAssembly.Module>();

  readonly code: CodeStore = {
    countOptimised: (functions) => functions.length,
    keep: (module, moduleBytes) => {
      const name = `module ${this.modules.size}`;
      this.modules.set(name, module);
      return { name, sizeBytes: moduleBytes.length };
    },
    load: (name) => this.modules.get(name),
    remove: (name) => void this.modules.delete(name),
  };

  readAll(): Uint8Array {
    return this.bytes;
  }

  read(offsetBytes: number, lengthBytes: number): Uint8Array {
    return this.bytes.slice(offsetBytes, offsetBytes + lengthBytes);
  }

  append(bytes: Uint8Array): void {
    this.bytes = Uint8Array.from([...this.bytes, ...bytes]);
  }

  clear(): void {
    this.bytes = new Uint8Array();
    this.modules.clear();
  }
}
