/**
 * Relations between packages as control files write them (deb-control(5), Debian Policy 7.1):
 *
 *   field    = group { "," group }          all of them
 *   group    = relation { "|" relation }    one of them
 *   relation = name [":" arch] ["(" operator version ")"] ["[" archs "]"] { "<" profiles ">" }
 *
 * Restrictions in brackets are of source packages; in an index of binary ones there are none.
 */
import { satisfies, type VersionOperator } from "./version.js";

/** One package, or one range of its versions. */
export interface Relation {
  readonly name: string;
  readonly operator: VersionOperator | undefined;
  /** Empty if there is no operator. */
  readonly version: string;
}

/** Alternatives, best first. */
export type RelationGroup = readonly Relation[];

const pattern = /^([^\s:(<[]+)(?::[^\s(]+)?\s*(?:\(\s*(<<|<=|<|=|>=|>>|>)\s*([^\s)]+)\s*\))?/;

/** Old control files write "<" for "<=" and ">" for ">=". */
const operatorOf = (text: string): VersionOperator =>
  (text === "<" || text === ">" ? `${text}=` : text) as VersionOperator;

/** Reads a field; what is no relation is passed over. */
export function parseRelations(field: string | undefined): RelationGroup[] {
  const groups: RelationGroup[] = [];
  for (const text of (field ?? "").split(",")) {
    const group: Relation[] = [];
    for (const alternative of text.split("|")) {
      const match = pattern.exec(alternative.trim());
      if (match === null) continue;
      const [, name = "", operator, version = ""] = match;
      const isVersioned = operator !== undefined;
      group.push({ name, operator: isVersioned ? operatorOf(operator) : undefined, version });
    }
    if (group.length > 0) groups.push(group);
  }
  return groups;
}

/** Whether a version of the package that a relation names satisfies it. */
export function allows(relation: Relation, version: string): boolean {
  return relation.operator === undefined || satisfies(version, relation.operator, relation.version);
}

/** A relation as a control file has it: "libc6 (>= 2.38)". */
export function relationText({ name, operator, version }: Relation): string {
  return operator === undefined ? name : `${name} (${operator} ${version})`;
}

/** A group as a control file has it: "mawk | gawk". */
export function groupText(group: RelationGroup): string {
  return group.map(relationText).join(" | ");
}
