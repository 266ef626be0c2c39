/**
 * Which packages an image needs: those that were named, and for each dependency one package that
 * satisfies it. A search: dependencies are met in the order in which they come up; for each, the
 * candidates are tried in order of preference, and a choice that leads nowhere is taken back.
 *
 * Layers, from the bottom: what was chosen so far, with what excludes what; candidates; the search.
 */
import { ImageError } from "./errors.js";
import type { PackageEntry, PackageIndex } from "./package-index.js";
import { allows, groupText, type Relation, type RelationGroup, relationText } from "./relations.js";

/** Choices that are tried before the search gives up; Debian's own packages need few. */
const attemptsMaximum = 20_000;
/** Reasons that a message lists at most. */
const reasonsMaximum = 20;

/** Whether a package is, or provides, what a relation names (Debian Policy 7.5). */
function isMetBy(relation: Relation, entry: PackageEntry): boolean {
  if (entry.name === relation.name && allows(relation, entry.version)) return true;
  return entry.provides.some(({ name, version }) => {
    if (name !== relation.name) return false;
    // A name that is provided without a version satisfies no relation that has one.
    return relation.operator === undefined || (version !== "" && allows(relation, version));
  });
}

/** The relation of `one` that `other` may not be there with. */
const exclusion = (one: PackageEntry, other: PackageEntry): Relation | undefined =>
  one.conflicts.find((relation) => isMetBy(relation, other));

/** The packages chosen so far, in order; the last ones can be taken back. */
class Chosen {
  readonly entries: PackageEntry[] = [];
  readonly #byName = new Map<string, PackageEntry>();
  /** The chosen packages that are or provide a name. */
  readonly #byProvided = new Map<string, PackageEntry[]>();
  /** The chosen packages that conflict with a name. */
  readonly #byExcluded = new Map<string, PackageEntry[]>();

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  meets(group: RelationGroup): boolean {
    return group.some((relation) =>
      (this.#byProvided.get(relation.name) ?? []).some((entry) => isMetBy(relation, entry)),
    );
  }

  /** Why a package cannot be there too, in words; undefined: it can. */
  obstacle(entry: PackageEntry): string | undefined {
    const names = [entry.name, ...entry.provides.map(({ name }) => name)];
    const excluding = names.flatMap((name) => this.#byExcluded.get(name) ?? []);
    const excluded = entry.conflicts.flatMap(({ name }) => this.#byProvided.get(name) ?? []);
    for (const other of [...excluding, ...excluded]) {
      if (other.name === entry.name) continue;
      const mine = exclusion(entry, other);
      if (mine !== undefined) {
        return `${entry.name} conflicts with ${relationText(mine)}, which ${other.name} is`;
      }
      const its = exclusion(other, entry);
      if (its !== undefined) {
        return `${other.name} conflicts with ${relationText(its)}, which ${entry.name} is`;
      }
    }
    return undefined;
  }

  add(entry: PackageEntry): void {
    this.entries.push(entry);
    this.#byName.set(entry.name, entry);
    for (const [map, names] of this.#listings(entry)) {
      for (const name of names) map.set(name, [...(map.get(name) ?? []), entry]);
    }
  }

  /** Takes the last packages back until `count` are left. */
  shrink(count: number): void {
    for (const entry of this.entries.splice(count)) {
      this.#byName.delete(entry.name);
      for (const [map, names] of this.#listings(entry)) {
        for (const name of names) {
          const others = (map.get(name) ?? []).filter((other) => other !== entry);
          map.set(name, others);
        }
      }
    }
  }

  #listings(entry: PackageEntry): [Map<string, PackageEntry[]>, Set<string>][] {
    const provided = new Set([entry.name, ...entry.provides.map(({ name }) => name)]);
    const excluded = new Set(entry.conflicts.map(({ name }) => name));
    return [
      [this.#byProvided, provided],
      [this.#byExcluded, excluded],
    ];
  }
}

/** A dependency and who has it. */
interface Need {
  readonly group: RelationGroup;
  readonly by: PackageEntry;
}

/** A dependency for which a candidate was chosen, and the others that are left. */
interface Choice {
  readonly needIndex: number;
  readonly needsCount: number;
  readonly chosenCount: number;
  readonly candidates: readonly PackageEntry[];
  nextCandidate: number;
}

class Search {
  readonly #chosen = new Chosen();
  readonly #needs: Need[] = [];
  readonly #choices: Choice[] = [];
  readonly #reasons = new Set<string>();
  #attempts = 0;

  constructor(private readonly index: PackageIndex) {}

  run(names: readonly string[]): PackageEntry[] {
    this.#addNamed(names);
    for (let at = 0; at < this.#needs.length; ) {
      const need = this.#needs[at] as Need;
      if (this.#chosen.meets(need.group)) {
        at++;
        continue;
      }
      const candidates = this.#candidates(need);
      // All that cannot be had is named, not only what came first.
      if (candidates.length === 0) this.#needs.slice(at + 1).forEach(this.#candidates, this);
      this.#choices.push({
        needIndex: at,
        needsCount: this.#needs.length,
        chosenCount: this.#chosen.entries.length,
        candidates,
        nextCandidate: 0,
      });
      at = this.#choose();
    }
    return this.#chosen.entries;
  }

  /** What the caller named is there in any case. */
  #addNamed(names: readonly string[]): void {
    const missing: string[] = [];
    const entries: PackageEntry[] = [];
    for (const name of new Set(names)) {
      const entry = this.index.get(name);
      if (entry !== undefined) entries.push(entry);
      else missing.push(this.#missing(name));
    }
    if (missing.length > 0) throw new ImageError("not-found", missing.join("\n"));
    for (const entry of entries) {
      const obstacle = this.#chosen.obstacle(entry);
      if (obstacle !== undefined) throw new ImageError("input", obstacle);
      this.#take(entry);
    }
  }

  #missing(name: string): string {
    const providers = this.index.providers(name);
    const what = `the archive has no package ${name} for this architecture`;
    return providers.length === 0 ? what : `${what}; it is provided by: ${providers.join(", ")}`;
  }

  #take(entry: PackageEntry): void {
    this.#chosen.add(entry);
    for (const group of entry.depends) this.#needs.push({ group, by: entry });
  }

  /** Takes the next candidate of the last choice that has one. @returns where to go on */
  #choose(): number {
    for (let choice = this.#choices.at(-1); choice !== undefined; choice = this.#choices.at(-1)) {
      this.#chosen.shrink(choice.chosenCount);
      this.#needs.length = choice.needsCount;
      const entry = choice.candidates[choice.nextCandidate++];
      if (entry === undefined) {
        this.#choices.pop();
        continue;
      }
      if (++this.#attempts > attemptsMaximum) break;
      const obstacle = this.#chosen.obstacle(entry);
      if (obstacle !== undefined) {
        this.#reasons.add(obstacle);
        continue;
      }
      this.#take(entry);
      return choice.needIndex + 1;
    }
    const reasons = [...this.#reasons].slice(0, reasonsMaximum);
    throw new ImageError("input", reasons.join("\n"));
  }

  /** Who satisfies a dependency: the alternatives in their order, real packages before others. */
  #candidates({ group, by }: Need): PackageEntry[] {
    const found = new Set<PackageEntry>();
    for (const relation of group) {
      const real = this.index.get(relation.name);
      if (real !== undefined && allows(relation, real.version)) found.add(real);
      const providers = this.index.providers(relation.name).flatMap((name) => {
        const provider = this.index.get(name);
        return provider !== undefined && isMetBy(relation, provider) ? [provider] : [];
      });
      providers.sort((one, other) => one.priority - other.priority);
      for (const provider of providers) found.add(provider);
    }
    if (found.size === 0) this.#reasons.add(this.#unmet(group, by));
    return [...found];
  }

  #unmet(group: RelationGroup, by: PackageEntry): string {
    const there = group.flatMap(({ name }) => {
      const entry = this.index.get(name);
      return entry === undefined ? [] : [`${name} ${entry.version}`];
    });
    const has = there.length === 0 ? "nothing of that name" : there.join(", ");
    return `${by.name} needs ${groupText(group)}; the archive has ${has}`;
  }
}

/**
 * Finds the packages that are needed for those that are named.
 *
 * @param names what must be there
 * @returns those named, in their order, then what they need
 * @throws ImageError "not-found" if a named package is not there, "input" if what they need cannot
 *   be had together; its message has a line for each reason
 */
export function resolvePackages(index: PackageIndex, names: readonly string[]): PackageEntry[] {
  return new Search(index).run(names);
}

/** Takes packages by name without what they need. @throws ImageError "not-found" */
export function selectPackages(index: PackageIndex, names: readonly string[]): PackageEntry[] {
  return names.map((name) => {
    const entry = index.get(name);
    if (entry !== undefined) return entry;
    throw new ImageError("not-found", `the archive has no package ${name} for this architecture`);
  });
}
