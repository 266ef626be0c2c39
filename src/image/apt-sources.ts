/**
 * The host's apt sources, read as candidates for a mirror (sources.list(5)): `sources.list`,
 * `*.list` in the one-line format and `*.sources` in the deb822 format. Whether a candidate is a
 * mirror of Debian is decided later, by what it serves; here only what cannot be one is left out.
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stanzas, words } from "./control.js";

/** One place of binary packages, as an apt source names it. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
}

/** Values that apt takes for "no" (StringToBool of apt-pkg). */
const noWords: readonly string[] = ["no", "false", "without", "off", "disable", "0"];

/**
 * Sources in the one-line format: `deb [ option=value ... ] uri suite component ...`.
 *
 * @param text contents of a `.list` file
 */
export function parseListFile(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const rawLine of text.split("\n")) {
    const line = rawLine.replace(/#.*$/, "").trim();
    const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)/.exec(line);
    if (match !== null) {
      sources.push({ uri: unquoted(match[2] ?? ""), suite: unquoted(match[3] ?? "") });
    }
  }
  return sources;
}

const unquoted = (word: string): string => word.replace(/^"(.*)"$/, "$1");

/**
 * Sources in the deb822 format, every URI with every suite.
 *
 * @param text contents of a `.sources` file
 */
export function parseSourcesFile(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of stanzas(text)) {
    const disabled = noWords.includes((stanza.get("enabled") ?? "yes").toLowerCase());
    if (disabled || !words(stanza.get("types")).includes("deb")) {
      continue;
    }
    for (const uri of words(stanza.get("uris"))) {
      for (const suite of words(stanza.get("suites"))) {
        sources.push({ uri, suite });
      }
    }
  }
  return sources;
}

/**
 * Mirrors that are worth asking for a suite, best first: sources that name the suite, other
 * sources, and security archives last (they have other suites, as a rule).
 *
 * @param sources in apt's order
 * @param suite the suite that is wanted, as "trixie"
 * @returns URLs without duplicates and without a trailing slash
 */
export function mirrorCandidates(sources: readonly AptSource[], suite: string): URL[] {
  const rank = (source: AptSource): number => {
    if (source.suite === suite) {
      return 0;
    }
    return /[-/](security|updates)$/.test(source.suite) && !source.suite.startsWith(suite) ? 2 : 1;
  };
  const isCandidate = ({ uri, suite: name }: AptSource): boolean =>
    !name.endsWith("/") && /^(https?|file|copy):/i.test(uri) && URL.canParse(uri);
  const ordered = sources.filter(isCandidate).sort((one, other) => rank(one) - rank(other));
  const urls = ordered.map(({ uri }) => uri.replace(/^copy:/i, "file:").replace(/\/+$/, ""));
  return [...new Set(urls)].map((url) => new URL(url));
}

/** Reads all sources of a host; a file that is absent or not readable has none. */
export async function readAptSources(aptFolder: string): Promise<AptSource[]> {
  const parts = join(aptFolder, "sources.list.d");
  const names = await readdir(parts).catch((): string[] => []);
  // Other names are ignored by apt too: backups, files of package managers.
  const used = names.filter((name) => /^[\w.-]+\.(list|sources)$/.test(name)).sort();
  const paths = [join(aptFolder, "sources.list"), ...used.map((name) => join(parts, name))];
  const sources: AptSource[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch(() => "");
    sources.push(...(path.endsWith(".sources") ? parseSourcesFile(text) : parseListFile(text)));
  }
  return sources;
}
