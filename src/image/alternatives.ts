/**
 * Alternatives: commands that several packages offer under one name, as awk and cc. On Debian a
 * package's `postinst` calls update-alternatives(1) for them. That script is not run; but the calls
 * in it whose every word is literal are read, and their links made as update-alternatives would.
 * A call with a variable or another expansion in it is left alone.
 */
import type { Alternative } from "./manifest.js";
import type { RootTree } from "./tree.js";

/** A link of a group: the group's main link or one that goes with it. */
interface GroupLink {
  readonly link: string;
  /** Name in /etc/alternatives. */
  readonly name: string;
  readonly path: string;
}

/** One way to fill a group. */
interface Choice {
  readonly main: GroupLink;
  readonly others: readonly GroupLink[];
  readonly priority: number;
}

/** What a word may not have if it is to be taken as it stands (POSIX shell, 2.2 and 2.6). */
const isLiteral = (word: string): boolean => !/[$`*?[\]{}~'"\\()<>]/.test(word);

const isLink = ({ link, name, path }: GroupLink): boolean =>
  link.startsWith("/") && path.startsWith("/") && /^[^/\s]+$/.test(name);

/** The words of one call, after "update-alternatives". */
function parseCall(words: readonly string[]): Choice | undefined {
  const groups: string[][] = [];
  for (const word of words) {
    if (!isLiteral(word)) return undefined;
    if (word.startsWith("--")) groups.push([word]);
    else groups.at(-1)?.push(word);
  }
  let main: GroupLink | undefined;
  let priority = Number.NaN;
  const others: GroupLink[] = [];
  for (const [option, link = "", name = "", path = "", number] of groups) {
    if (option === "--install") {
      main = { link, name, path };
      priority = Number(number);
    } else if (option === "--slave") {
      others.push({ link, name, path });
    }
  }
  if (main === undefined || !Number.isInteger(priority)) return undefined;
  return [main, ...others].every(isLink) ? { main, others, priority } : undefined;
}

/**
 * The calls `update-alternatives --install` of a script.
 *
 * @param script text of a postinst
 * @returns those that are literal, and how many are not
 */
export function readCalls(script: string): { choices: Choice[]; unreadCount: number } {
  const choices: Choice[] = [];
  let unreadCount = 0;
  for (const line of script.replaceAll("\\\n", " ").split("\n")) {
    const match = /^\s*(?:\/usr\/s?bin\/)?update-alternatives\s+(.*--install\s.*)$/.exec(line);
    if (match === null) continue;
    // What follows the command on its line is another one.
    const command = (match[1] ?? "").split(/\s*(?:\|\||&&|;|#)/)[0] ?? "";
    const choice = parseCall(command.split(/\s+/).filter((word) => word !== ""));
    if (choice === undefined) unreadCount++;
    else choices.push(choice);
  }
  return { choices, unreadCount };
}

/**
 * Makes the links that the scripts' literal calls would: of several choices for a group that with
 * the highest priority, of equals the first. A file that is in the place of a link stays.
 *
 * @param scripts texts of postinst, in the order in which packages would be configured
 * @returns the links that were made
 */
export function addAlternatives(tree: RootTree, scripts: readonly string[]): Alternative[] {
  const best = new Map<string, Choice>();
  for (const choice of scripts.flatMap((script) => readCalls(script).choices)) {
    const { main, priority } = choice;
    const present = best.get(main.name);
    if (tree.has(main.path) && (present === undefined || present.priority < priority)) {
      best.set(main.name, choice);
    }
  }
  const made: Alternative[] = [];
  for (const { main, others } of best.values()) {
    for (const { link, name, path } of [main, ...others]) {
      const isThere = tree.has(link) && tree.target(link) !== `/etc/alternatives/${name}`;
      if (isThere || !tree.has(path)) continue;
      tree.symbolicLink(`etc/alternatives/${name}`, path);
      tree.symbolicLink(link, `/etc/alternatives/${name}`);
      made.push({ link, target: path });
    }
  }
  return made;
}
