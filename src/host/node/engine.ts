/**
 * What this version of V8 has but does not offer by itself, and the translator uses if it is there:
 * relaxed SIMD (fused multiply-add; on by default from 11.4) and branch hints (from 13.7); and how
 * soon it optimises.
 */

import { setFlagsFromString } from "node:v8";

/** Flags and the version of V8 from which on they are not needed. */
const flags: readonly (readonly [flag: string, major: number, minor: number])[] = Object.freeze([
  ["--experimental-wasm-relaxed-simd", 11, 4] as const,
  ["--experimental-wasm-branch-hinting", 13, 7] as const,
]);

/**
 * Bytes of baseline code that a WebAssembly function runs before it is optimised; newer versions
 * have 13,000,000 themselves. The old 1,800,000 are reached by a large region at its twentieth
 * call: the optimising compiler then takes the processors from what is to be run.
 */
const TIERING_BUDGET = "--wasm-tiering-budget=30000000";

/** Turns them on for the whole process; before the first machine is made. */
export function enableEngineFeatures(): void {
  setFlagsFromString(TIERING_BUDGET);
  const [major = 0, minor = 0] = process.versions.v8.split(".").map(Number);
  for (const [flag, fromMajor, fromMinor] of flags) {
    if (major < fromMajor || (major === fromMajor && minor < fromMinor)) setFlagsFromString(flag);
  }
}
