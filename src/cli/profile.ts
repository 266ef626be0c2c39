/** What `--profile FILE` does at the end: writes the file, and says the most of it. */
import { writeFile } from "node:fs/promises";
import { foldedProfile, type Profile, profileSummary, speedscopeProfile } from "../index.js";
import { say, UsageError } from "./exit.js";

/**
 * @param path the file, whose ending says its form
 * @param name of what was run
 * @param isQuiet whether nothing is said on standard error
 * @throws UsageError when the file cannot be written
 */
export async function writeProfile(
  profile: Profile,
  path: string,
  name: string,
  isQuiet: boolean,
): Promise<void> {
  const isFolded = path.endsWith(".folded");
  const text = isFolded ? foldedProfile(profile) : `${speedscopeProfile(profile, name)}\n`;
  try {
    await writeFile(path, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write the profile: ${why}`);
  }
  if (!isQuiet) say(profileSummary(profile).join("\n"));
}
