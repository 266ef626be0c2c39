/**
 * Versions of Debian packages and their order (deb-version(7)):
 *
 *   version = [epoch ":"] upstream ["-" revision]
 *
 * Upstream version and revision are compared piece by piece: a piece without digits by its
 * characters, "~" before the end, letters before all others; then a piece of digits as a number.
 */

const zero = 0x30;
const tilde = 0x7e;

/** A relation between versions as control files write it (deb-control(5)). */
export type VersionOperator = "<<" | "<=" | "=" | ">=" | ">>";

const isDigit = (code: number): boolean => code >= zero && code <= 0x39;

const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

/** Where a character stands in the order; the end of the text and digits are 0. */
function orderOf(code: number): number {
  if (code === tilde) return -1;
  if (Number.isNaN(code) || isDigit(code)) return 0;
  return isLetter(code) ? code : code + 256;
}

/** Compares one part, upstream version or revision (verrevcmp of dpkg). */
function comparePart(one: string, other: string): number {
  let a = 0;
  let b = 0;
  while (a < one.length || b < other.length) {
    const isText = (text: string, at: number): boolean =>
      at < text.length && !isDigit(text.charCodeAt(at));
    while (isText(one, a) || isText(other, b)) {
      const difference = orderOf(one.charCodeAt(a)) - orderOf(other.charCodeAt(b));
      if (difference !== 0) return difference;
      a++;
      b++;
    }
    const [left = "", right = ""] = [digitsAt(one, a), digitsAt(other, b)];
    a += left.length;
    b += right.length;
    const difference = compareDigits(left, right);
    if (difference !== 0) return difference;
  }
  return 0;
}

const digitsAt = (text: string, at: number): string => /^\d*/.exec(text.slice(at))?.[0] ?? "";

/** Compares numbers of any length. */
function compareDigits(one: string, other: string): number {
  const [left, right] = [one.replace(/^0+/, ""), other.replace(/^0+/, "")];
  if (left.length !== right.length) return left.length - right.length;
  return left === right ? 0 : left < right ? -1 : 1;
}

interface Version {
  readonly epoch: string;
  readonly upstream: string;
  readonly revision: string;
}

function parse(text: string): Version {
  const colon = text.indexOf(":");
  const rest = text.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  return {
    epoch: colon < 0 ? "0" : text.slice(0, colon),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? "" : rest.slice(dash + 1),
  };
}

/** @returns below 0 if `one` is older than `other`, 0 if they are equal, above 0 if it is newer */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parse(one), parse(other)];
  return (
    compareDigits(a.epoch, b.epoch) ||
    comparePart(a.upstream, b.upstream) ||
    comparePart(a.revision, b.revision)
  );
}

/** Whether `version` stands in a relation to `bound`: "1.2" is ">=" "1.0". */
export function satisfies(version: string, operator: VersionOperator, bound: string): boolean {
  const order = compareVersions(version, bound);
  switch (operator) {
    case "<<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">=":
      return order >= 0;
    case ">>":
      return order > 0;
  }
}
