/**
 * The index of an archive's packages, `Packages`: one stanza for each package (Debian's repository
 * format). Debian's has some 70,000 stanzas in 50 MB of text: one pass finds where each stands and
 * what it provides; a stanza is read when its package is asked for.
 */
import { type Stanza, stanzas } from "./control.js";
import { ImageError } from "./errors.js";
import { parseRelations, type Relation, type RelationGroup } from "./relations.js";
import type { FileDigest } from "./release.js";
import { compareVersions } from "./version.js";

/** A package of an index. */
export interface PackageEntry extends FileDigest {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Path of the .deb relative to the mirror. */
  readonly path: string;
  /** Each group is needed; Pre-Depends come first. */
  readonly depends: readonly RelationGroup[];
  /** Packages that only maintainer scripts need; the scripts are not run. */
  readonly neededByScripts: readonly string[];
  /** What must not be there at the same time: Conflicts and Breaks. */
  readonly conflicts: readonly Relation[];
  readonly provides: readonly Relation[];
  readonly replaces: readonly Relation[];
  /** 0 for "required" to 4 for "extra": of several that provide a name the least is preferred. */
  readonly priority: number;
}

const priorities: readonly string[] = Object.freeze([
  "required",
  "important",
  "standard",
  "optional",
]);

/**
 * Packages whose programs maintainer scripts call: questions to the user, accounts, configuration
 * files, services, info pages. A dependency that one of them satisfies is not followed.
 */
const scriptPackages: readonly string[] = Object.freeze([
  "adduser",
  "cdebconf",
  "debconf",
  "debconf-2.0",
  "init-system-helpers",
  "install-info",
  "systemd-sysusers",
  "ucf",
]);

function entryOf(name: string, stanza: Stanza): PackageEntry {
  const path = stanza.get("filename") ?? "";
  const size = stanza.get("size") ?? "";
  const sha256 = stanza.get("sha256") ?? "";
  const steps = path.split("/");
  const leadsOut = path === "" || path.startsWith("/") || steps.includes("..");
  if (leadsOut || !/^\d{1,15}$/.test(size) || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new ImageError("malformed", `the index entry of ${name} has no usable file and hash`);
  }
  const isForScripts = (group: RelationGroup): boolean =>
    group.some((relation) => scriptPackages.includes(relation.name));
  const groups = ["pre-depends", "depends"].flatMap((field) => parseRelations(stanza.get(field)));
  return {
    name,
    version: stanza.get("version") ?? "",
    architecture: stanza.get("architecture") ?? "",
    path,
    sizeBytes: Number(size),
    sha256,
    depends: groups.filter((group) => !isForScripts(group)),
    neededByScripts: groups.filter(isForScripts).map((group) => group[0]?.name ?? ""),
    conflicts: ["conflicts", "breaks"].flatMap((field) => parseRelations(stanza.get(field)).flat()),
    provides: parseRelations(stanza.get("provides")).flat(),
    replaces: parseRelations(stanza.get("replaces")).flat(),
    priority: (priorities.indexOf(stanza.get("priority") ?? "") + 5) % 5,
  };
}

/** The fields that the first pass looks at; a value may go on over further lines. */
const FIELD = Object.freeze({
  package: /^package:(.*)$/im,
  version: /^version:(.*)$/im,
  essential: /^essential:(.*)$/im,
  provides: /^provides:(.*(?:\n[ \t].*)*)/im,
});

const fieldOf = (stanza: string, field: RegExp): string => (field.exec(stanza)?.[1] ?? "").trim();

interface Place {
  readonly start: number;
  readonly end: number;
}

/** An index by the names of packages, and by the names that they provide. */
export class PackageIndex {
  readonly #text: string;
  readonly #places = new Map<string, Place>();
  /** Names of packages by what they provide, in the order of the index. */
  readonly #providers = new Map<string, string[]>();
  readonly #essential: string[] = [];
  readonly #entries = new Map<string, PackageEntry>();

  /** @param text of a Packages file */
  constructor(text: string) {
    this.#text = text.replaceAll("\r\n", "\n");
    for (let start = 0; start < this.#text.length; ) {
      const blank = this.#text.indexOf("\n\n", start);
      const end = blank < 0 ? this.#text.length : blank;
      this.#add({ start, end });
      start = end + 2;
    }
  }

  /** Names of packages that every Debian system has: other packages need not say that they do. */
  get essential(): readonly string[] {
    return this.#essential;
  }

  /** The package of a name, if the archive has it. @throws ImageError "malformed" */
  get(name: string): PackageEntry | undefined {
    const place = this.#places.get(name);
    if (place === undefined) return undefined;
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = entryOf(name, this.#stanza(place));
      this.#entries.set(name, entry);
    }
    return entry;
  }

  /** The packages that provide a name, in the order of their own names. */
  providers(name: string): readonly string[] {
    return this.#providers.get(name) ?? [];
  }

  #stanza({ start, end }: Place): Stanza {
    const [stanza] = [...stanzas(this.#text.slice(start, end))];
    return stanza ?? new Map();
  }

  #add(place: Place): void {
    const text = this.#text.slice(place.start, place.end);
    const name = fieldOf(text, FIELD.package);
    if (name === "") return;
    const present = this.#places.get(name);
    if (present !== undefined) {
      const old = fieldOf(this.#text.slice(present.start, present.end), FIELD.version);
      if (compareVersions(old, fieldOf(text, FIELD.version)) >= 0) return;
    } else if (fieldOf(text, FIELD.essential) === "yes") {
      this.#essential.push(name);
    }
    this.#places.set(name, place);
    for (const relation of parseRelations(fieldOf(text, FIELD.provides)).flat()) {
      const names = this.#providers.get(relation.name) ?? [];
      if (!names.includes(name)) this.#providers.set(relation.name, [...names, name].sort());
    }
  }
}
