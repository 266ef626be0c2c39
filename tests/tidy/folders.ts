/**
 * Rules over names and raw text. "service-folder": a service brings its protocol, its manifest and
 * a README (a driver, which serves the protocol of its class, the last two). "machine-path" and
 * "private-host": nothing that was committed names this machine's folders or the registry, mirror
 * or proxy that it happens to use.
 * "link": chapters find each other.
 */
import { posix } from "node:path";
import type { Violation } from "./source.js";

/** Rule "service-folder" over the repository's file names. */
export function serviceFolders(paths: readonly string[]): Violation[] {
  const known = new Set(paths);
  // services/testing holds stand-ins that only tests import; the import table keeps others out.
  const folders = new Set<string>();
  for (const path of paths) {
    const match = /^src\/services\/(device\/[^/]+|[^/]+)\//.exec(path);
    if (match !== null && !["device", "testing"].includes(match[1] ?? ""))
      folders.add(`src/services/${match[1]}`);
  }
  return [...folders].sort().flatMap((folder) => {
    const isDriver = folder.startsWith("src/services/device/");
    const wanted = ["manifest.ts", "README.md", ...(isDriver ? [] : ["protocol.ts"])];
    return wanted
      .filter((name) => !known.has(`${folder}/${name}`))
      .map((name) => ({ path: folder, line: 1, rule: "service-folder", message: `no ${name}` }));
  });
}

/** Hosts that everybody's documentation names; a guest or a reader may need them. */
const publicHosts: ReadonlySet<string> = new Set([
  "registry.npmjs.org",
  "deb.debian.org",
  "security.debian.org",
  "ftp.debian.org",
  "archive.debian.org",
  "localhost",
  "127.0.0.1",
  "::1",
]);

/**
 * The hosts in texts of configuration (npm's registry, apt's sources, proxies) that are this
 * machine's own affair.
 */
export function privateHosts(texts: readonly string[]): string[] {
  const hosts = texts.flatMap((text) =>
    [...text.matchAll(/\bhttps?:\/\/(?:[^\s/@]*@)?([\w.-]+)/g)].map((match) => match[1] ?? ""),
  );
  return [...new Set(hosts)].filter((host) => host !== "" && !publicHosts.has(host)).sort();
}

function linesWith(text: string, word: string): number[] {
  const hits = (line: string) => line.includes(word);
  return text.includes(word)
    ? text.split("\n").flatMap((line, index) => (hits(line) ? [index + 1] : []))
    : [];
}

/** Rules "private-host" and "machine-path" over the text of one committed file. */
export function privateWords(
  path: string,
  text: string,
  words: { readonly hosts: readonly string[]; readonly folders: readonly string[] },
): Violation[] {
  const report = (rule: string, message: string) => (word: string) =>
    linesWith(text, word).map((line) => ({ path, line, rule, message }));
  return [
    ...words.hosts.flatMap(report("private-host", "names a registry, mirror or proxy")),
    ...words.folders.flatMap(report("machine-path", "names a folder of this machine")),
  ];
}

/** Rule "link": a relative link of a Markdown file leads to a file or folder that is there. */
export function brokenLinks(path: string, text: string, paths: readonly string[]): Violation[] {
  const folder = posix.dirname(path);
  const isThere = (target: string) =>
    paths.some((known) => known === target || known.startsWith(`${target}/`));
  return text.split("\n").flatMap((content, index) =>
    [...content.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1] ?? "")
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !isThere(posix.join(folder, link).replace(/\/$/, "")))
      .map((link) => ({ path, line: index + 1, rule: "link", message: `${link} is not there` })),
  );
}
