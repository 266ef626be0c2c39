/**
 * Debian's control format, "deb822" (deb822(5), Debian Policy 5.1): stanzas of fields, separated by
 * empty lines. Release files, package indices, the control file of a package and apt's newer
 * source lists are all written in it.
 */

/** One stanza: names of fields in lower case; further lines of a value follow it after "\n". */
export type Stanza = ReadonlyMap<string, string>;

/**
 * The stanzas of a text, one after another. Lines starting with "#" are comments. A line that is
 * neither a field nor the continuation of one is passed over, as apt does.
 */
export function* stanzas(text: string): Generator<Stanza, void, undefined> {
  let fields = new Map<string, string>();
  let current: string | undefined;
  for (const rawLine of text.split("\n")) {
    const line = rawLine.endsWith("\r") ? rawLine.slice(0, -1) : rawLine;
    if (line.startsWith("#")) {
      continue;
    }
    if (line.trim() === "") {
      if (fields.size > 0) {
        yield fields;
      }
      fields = new Map();
      current = undefined;
    } else if (line.startsWith(" ") || line.startsWith("\t")) {
      if (current !== undefined) {
        fields.set(current, `${fields.get(current) ?? ""}\n${line.trim()}`);
      }
    } else {
      const colon = line.indexOf(":");
      current = colon < 1 ? undefined : line.slice(0, colon).trim().toLowerCase();
      if (current !== undefined) {
        fields.set(current, line.slice(colon + 1).trim());
      }
    }
  }
  if (fields.size > 0) {
    yield fields;
  }
}

/** The words of a field's value, over all its lines. */
export function words(value: string | undefined): string[] {
  return (value ?? "").split(/\s+/).filter((word) => word !== "");
}
