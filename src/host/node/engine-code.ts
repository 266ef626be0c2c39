/**
 * The machine code that V8 makes of WebAssembly, given away and taken back. Node offers no way to
 * it; V8's own test functions do (`%SerializeWasmModule`, `%DeserializeWasmModule` in its
 * runtime-test.cc), which a script may call that was compiled under `--allow-natives-syntax`. The
 * flag is on only while the script below is compiled.
 *
 * These functions end the process where they are called wrongly, so they are used only in versions
 * of V8 that the tests were run with, and only as those allow: a module without any optimised
 * function cannot be given away. V8 itself refuses code of another version, of other flags and for
 * another processor; it does not notice damage.
 */

import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";

/** What is here of V8's functions. */
interface Functions {
  optimise(exported: object): void;
  isOptimised(exported: object): boolean;
  take(module: object): ArrayBuffer;
  give(code: ArrayBuffer, moduleBytes: Uint8Array): object | undefined;
}

/** Versions of V8 by their first two numbers: of Node 20, 22 and 24. */
const KNOWN: ReadonlySet<string> = new Set(["11.3", "12.4", "13.6"]);

/** Compiled at once, while the flag is on, as each function is in parentheses. */
const FUNCTIONS = `({
  optimise: (function (exported) { return %WasmTierUpFunction(exported); }),
  isOptimised: (function (exported) { return %IsTurboFanFunction(exported); }),
  take: (function (module) { return %SerializeWasmModule(module); }),
  give: (function (code, bytes) { return %DeserializeWasmModule(code, bytes); }),
})`;

/** Another thread may turn the flag off between its being turned on here and its use. */
const ATTEMPTS = 20;

export class EngineCode {
  private functions: Functions | undefined;

  /** Optimises an exported function of an instance now. */
  optimise(exported: object): void {
    this.with((functions) => functions.optimise(exported));
  }

  /** Whether an exported function of an instance is optimised. */
  isOptimised(exported: object): boolean {
    return this.with((functions) => functions.isOptimised(exported)) ?? false;
  }

  /**
   * @param module with a function that is optimised
   * @returns undefined: it is not to be had now
   */
  take(module: object): ArrayBuffer | undefined {
    return this.with((functions) => functions.take(module));
  }

  /** @returns undefined: it is refused */
  give(code: ArrayBuffer, moduleBytes: Uint8Array): object | undefined {
    return this.with((functions) => functions.give(code, moduleBytes));
  }

  private with<Result>(use: (functions: Functions) => Result): Result | undefined {
    try {
      if (this.functions !== undefined) return use(this.functions);
    } catch (error) {
      // The engine forgets what it compiled of functions that were not called for a while.
      if (!(error instanceof SyntaxError)) throw error;
    }
    this.functions = compile();
    return this.functions && use(this.functions);
  }
}

function compile(): Functions | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    setFlagsFromString("--allow-natives-syntax");
    try {
      return new Script(FUNCTIONS, { filename: "engine-code" }).runInThisContext() as Functions;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    } finally {
      setFlagsFromString("--no-allow-natives-syntax");
    }
  }
  return undefined;
}

/** @returns undefined: this engine is not known to have them */
export function engineCode(): EngineCode | undefined {
  const version = process.versions.v8.split(".").slice(0, 2).join(".");
  return KNOWN.has(version) ? new EngineCode() : undefined;
}
