/**
 * Debian packages of any architecture, laid out in a folder of the cache: fetched and verified by
 * src/image (signature, index, hashes), once. Nothing is installed on the host.
 */
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gatherIngredients } from "../../src/image/archive.js";
import { readDeb } from "../../src/image/deb.js";
import type { ArchiveFile } from "../../src/image/tar.js";
import { cacheFolder, NotHere, peerPath } from "./cache.js";

export interface Wanted {
  /** Folder in the cache. */
  readonly name: string;
  readonly suite: "trixie" | "bookworm";
  readonly architecture: "amd64" | "i386" | "riscv64";
  readonly packages: readonly string[];
  /** With what they need. */
  readonly dependencies?: boolean;
  /** Take, instead of a package, the first that it depends on whose name begins so. */
  readonly behind?: string;
}

export interface Unpacked {
  readonly folder: string;
  /** By package. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Written last: what lies in a folder, and for which request. */
interface Record_ {
  readonly wanted: Wanted;
  readonly versions: Readonly<Record<string, string>>;
}

async function fetchPackages(wanted: Wanted, names: readonly string[]) {
  const { suite, architecture, dependencies } = wanted;
  const options = { suite, architecture, alone: dependencies !== true };
  const { packages } = await gatherIngredients({ names }, cacheFolder(), options);
  return packages;
}

/** The package behind one that only depends, as linux-image-riscv64 does. */
async function realNames(wanted: Wanted): Promise<readonly string[]> {
  if (wanted.behind === undefined) return wanted.packages;
  const names: string[] = [];
  for (const { archive } of await fetchPackages(wanted, wanted.packages)) {
    const depends = (await readDeb(archive)).control.get("depends") ?? "";
    const name = depends.split(/[,|]/).map((part) => part.trim().split(/\s/)[0] ?? "");
    const found = name.find((one) => one.startsWith(wanted.behind as string));
    if (found === undefined) throw new NotHere(`${wanted.packages} has no ${wanted.behind}…`);
    names.push(found);
  }
  return names;
}

function lay(folder: string, file: ArchiveFile): void {
  const path = join(folder, file.path);
  mkdirSync(dirname(path), { recursive: true });
  if (file.type === "directory") mkdirSync(path, { recursive: true });
  else if (file.type === "file") {
    writeFileSync(path, file.data);
    chmodSync(path, file.permissions & 0o777);
  } else if (file.type === "symbolic-link" && !existsSync(path)) symlinkSync(file.target, path);
  else if (file.type === "hard-link") linkSync(join(folder, file.target), path);
}

/** @throws NotHere with the reason; it is tried again in the next run */
export async function unpackDebian(wanted: Wanted): Promise<Unpacked> {
  const folder = peerPath(wanted.name);
  const record = join(folder, "packages.json");
  if (existsSync(record)) {
    const known = JSON.parse(readFileSync(record, "utf8")) as Record_;
    const { versions } = known;
    if (JSON.stringify(known.wanted) === JSON.stringify(wanted)) return { folder, versions };
  }
  try {
    console.error(
      `fetching ${wanted.packages.join(", ")} (${wanted.suite}, ${wanted.architecture})`,
    );
    const packages = await fetchPackages(wanted, await realNames(wanted));
    rmSync(folder, { recursive: true, force: true });
    for (const { archive } of packages) {
      for (const file of (await readDeb(archive)).files) lay(folder, file);
    }
    const versions = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
    mkdirSync(folder, { recursive: true });
    writeFileSync(record, JSON.stringify({ wanted, versions } satisfies Record_));
    return { folder, versions };
  } catch (error) {
    throw new NotHere(error instanceof Error ? error.message : String(error));
  }
}
