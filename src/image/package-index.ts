/**
 * The index of an archive's packages, `Packages`: one stanza for each package (Debian's repository
 * format). `selectPackages` is the seam for resolving dependencies: today it takes packages that
 * need no other, but for those that only maintainer scripts need, which are not run.
 */

import { type Stanza, stanzas } from "./control.js";
import { ImageError } from "./errors.js";
import type { FileDigest } from "./release.js";

/** A package of an index. */
export interface PackageEntry extends FileDigest {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Path of the .deb relative to the mirror. */
  readonly path: string;
  /** Relations as the control file writes them, empty if none. */
  readonly depends: string;
}

/** What asks the user questions while a package is configured. */
const scriptPackages: readonly string[] = Object.freeze(["debconf", "debconf-2.0"]);

/** The relations that files of the package need: none of their alternatives is for scripts. */
function neededBy(relations: string): string[] {
  const nameOf = (alternative: string): string => alternative.trim().split(/[\s(:]/)[0] ?? "";
  const isForFiles = (relation: string): boolean =>
    relation.trim() !== "" &&
    !relation.split("|").some((alternative) => scriptPackages.includes(nameOf(alternative)));
  return relations.split(",").filter(isForFiles);
}

function entryOf(name: string, stanza: Stanza): PackageEntry {
  const path = stanza.get("filename") ?? "";
  const size = stanza.get("size") ?? "";
  const sha256 = stanza.get("sha256") ?? "";
  const steps = path.split("/");
  const leadsOut = path === "" || path.startsWith("/") || steps.includes("..");
  if (leadsOut || !/^\d{1,15}$/.test(size) || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new ImageError("malformed", `the index entry of ${name} has no usable file and hash`);
  }
  const relations = [stanza.get("pre-depends"), stanza.get("depends")];
  return {
    name,
    version: stanza.get("version") ?? "",
    architecture: stanza.get("architecture") ?? "",
    path,
    sizeBytes: Number(size),
    sha256,
    depends: relations.filter((text) => text !== undefined).join(", "),
  };
}

/**
 * Takes packages out of an index by name.
 *
 * @param index text of a Packages file
 * @param names what to take
 * @param alone takes them also without the packages that they need
 * @returns the packages in the order of the names
 * @throws ImageError "not-found" if a package is not there, "input" if it needs another
 */
export function selectPackages(
  index: string,
  names: readonly string[],
  alone = false,
): PackageEntry[] {
  const found = new Map<string, PackageEntry>();
  for (const stanza of stanzas(index)) {
    const name = stanza.get("package") ?? "";
    if (names.includes(name) && !found.has(name)) {
      found.set(name, entryOf(name, stanza));
    }
  }
  return names.map((name) => {
    const entry = found.get(name);
    if (entry === undefined) {
      throw new ImageError("not-found", `the archive has no package ${name} for this architecture`);
    }
    const relations = neededBy(entry.depends);
    if (relations.length > 0 && !alone) {
      const needed = relations.join(",").trim().replace(/\s+/g, " ");
      throw new ImageError("input", `${name} needs ${needed}: dependencies are not resolved yet`);
    }
    return entry;
  });
}
