/**
 * The scripts that busybox is compared by: files of scripts/, each a row of shell scripts after
 * lines "#= name". A script runs as root in the empty folder /tmp/w, its input at its end, with the
 * applets in /mnt/bin; what it prints on stdout must be the same in every run.
 *
 * A file scripts/<name>.expected beside them is an expectation written by hand (stdout, then the
 * line "exit status N"); the script says why. Otherwise the run under qemu-user decides.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "scripts");

export interface Script {
  /** Unique over all files. */
  name: string;
  text: string;
}

/** All scripts, in the order of the files. @throws Error on a name that is there twice */
export function readScripts(): Script[] {
  const scripts: Script[] = [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".sh"));
  for (const file of files.sort()) {
    const [before, ...parts] = readFileSync(join(folder, file), "utf8").split(/^#= /m);
    if (before !== "") throw new Error(`${file} does not begin with a name`);
    for (const part of parts) {
      const [name = ""] = part.split("\n", 1);
      if (scripts.some((script) => script.name === name)) throw new Error(`two scripts ${name}`);
      scripts.push({ name, text: part.slice(name.length + 1) });
    }
  }
  return scripts;
}

/** The expectation of a script that was written by hand, or null. */
export function handWritten(name: string): string | null {
  const path = join(folder, `${name}.expected`);
  return existsSync(path) ? readFileSync(path, "latin1") : null;
}
