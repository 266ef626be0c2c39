/**
 * A profile as embedders see it: the worker's places in files get the names of their functions,
 * from the symbols of the guest's files. profile-forms.ts writes it for flame-graph viewers.
 */
import type { ProfileData } from "../structures/boot.js";
import type { ProfileCall, ProfilePlace, ProfileTimes } from "../structures/profile-data.js";
import { type NamedFile, namedFile } from "../structures/profile-names.js";

export type { ProfileCall } from "../structures/profile-data.js";

/** What was spent in a function of a program. */
export interface ProfileFunction {
  /** Path in the guest of the program or library, or in brackets what is no file. */
  readonly file: string;
  /** "[unknown]": nothing in the file says, or it is gone; in brackets an address: where a function
   * without symbol begins, as the unwinding information says. */
  readonly name: string;
  /** By the host's clock. */
  readonly milliseconds: number;
  /** Of these, those in translated code; the others were interpreted. */
  readonly translatedMilliseconds: number;
  readonly instructions: number;
}

/** All processes of one name. */
export interface ProfileProgram {
  readonly name: string;
  /** Largest first. */
  readonly functions: readonly ProfileFunction[];
  readonly calls: readonly ProfileCall[];
}

/** Where time went, from the start of the first program on. */
export interface Profile {
  /** In milliseconds of the host's clock; together all that has passed. */
  readonly times: ProfileTimes;
  /** What the kernel did for nobody in particular: events, choosing who runs. Part of
   * `times.kernel`. */
  readonly schedulingMilliseconds: number;
  /** Run by programs. */
  readonly instructions: number;
  /** WebAssembly modules that the translator has made since boot, and regions in them. */
  readonly modules: number;
  readonly regions: number;
  readonly programs: readonly ProfileProgram[];
}

const UNKNOWN = "[unknown]";

/**
 * Finds names.
 * @param read a file of the guest, by its path in bytes; undefined: it cannot be read
 */
export async function namedProfile(
  data: ProfileData,
  read: (path: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<Profile> {
  const files = new Map<string, NamedFile | undefined>();
  for (const { file, offset } of data.programs.flatMap(({ places }) => places)) {
    if (offset < 0 || files.has(file)) continue;
    const bytes = await read(bytesOf(file));
    files.set(file, bytes === undefined ? undefined : namedFile(bytes));
  }
  const { times, schedulingMilliseconds, instructions, modules, regions } = data;
  const programs = data.programs.map(({ name, places, calls }) => ({
    name,
    functions: functionsOf(places, files),
    calls: [...calls].sort(largerFirst),
  }));
  return { times, schedulingMilliseconds, instructions, modules, regions, programs };
}

const bytesOf = (path: string): Uint8Array =>
  Uint8Array.from(path, (character) => character.charCodeAt(0));

const largerFirst = (left: { milliseconds: number }, right: { milliseconds: number }): number =>
  right.milliseconds - left.milliseconds;

function functionsOf(
  places: readonly ProfilePlace[],
  files: ReadonlyMap<string, NamedFile | undefined>,
): ProfileFunction[] {
  const found = new Map<string, { -readonly [K in keyof ProfileFunction]: ProfileFunction[K] }>();
  for (const { file, offset, milliseconds, translatedMilliseconds, instructions } of places) {
    const name = files.get(file)?.at(offset) ?? UNKNOWN;
    const key = `${file}\0${name}`;
    const known = found.get(key);
    if (known === undefined) {
      const shown = new TextDecoder().decode(bytesOf(file));
      found.set(key, { file: shown, name, milliseconds, translatedMilliseconds, instructions });
    } else {
      known.milliseconds += milliseconds;
      known.translatedMilliseconds += translatedMilliseconds;
      known.instructions += instructions;
    }
  }
  return [...found.values()].sort(largerFirst);
}
