/**
 * Debian's archive as the builder sees it: which mirror, its verified Release, the index and the
 * packages, each compared with the hash that leads back to the Release.
 *
 * Layers, from the bottom: the session of a build; mirrors; the Release; files by their hash.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mirrorCandidates, readAptSources } from "./apt-sources.js";
import { ObjectCache, readIfThere, sha256, writeWhole } from "./cache.js";
import { decompress } from "./compression.js";
import { ImageError, reasonOf } from "./errors.js";
import { Fetcher, shown } from "./fetch.js";
import type { ImageOptions, MirrorOptions, Stage } from "./options.js";
import { type PackageEntry, PackageIndex } from "./package-index.js";
import { type Environment, proxyRule, readAptProxies } from "./proxy.js";
import {
  debianArchiveKeys,
  type FileDigest,
  type Release,
  readRelease,
  releaseMaximumBytes,
  type Trust,
} from "./release.js";
import { resolvePackages, selectPackages } from "./resolve.js";

/** The longest index that is read; Debian's has 55 MB. */
const indexMaximumBytes = 2 ** 29;
/** Files that are fetched at the same time. */
const fetchesAtOnce = 4;

/** The suite and architecture that images are made of. */
export const suite = "trixie";
export const architecture = "riscv64";

const howToName = "give --mirror URL or set SIXFOLD_DEBIAN_MIRROR to a mirror of Debian's archive";

/** Who named the mirror. */
export type MirrorOrigin = "option" | "environment" | "apt";

/** A mirror, and the verified Release that it serves. */
export interface Mirror {
  readonly url: URL;
  readonly origin: MirrorOrigin;
  readonly release: Release;
  readonly inRelease: Uint8Array;
}

/** What one build keeps at hand. */
interface Session {
  readonly suite: string;
  readonly architecture: string;
  readonly environment: Environment;
  readonly fetcher: Fetcher;
  readonly trust: Trust;
  readonly options: MirrorOptions;
}

async function openSession(options: MirrorOptions): Promise<Session> {
  const environment = options.environment ?? process.env;
  const keys = options.keys ?? (await debianArchiveKeys());
  return {
    suite: options.suite ?? suite,
    architecture: options.architecture ?? architecture,
    environment,
    fetcher: new Fetcher(proxyRule(environment, await readAptProxies(environment))),
    trust: { keys, now: options.now ?? new Date() },
    options,
  };
}

/** The URL of a mirror that the user named. */
function namedMirror(text: string, name: string): URL {
  const trimmed = text.trim().replace(/(.)\/+$/, "$1");
  const url = trimmed.startsWith("/")
    ? pathToFileURL(trimmed)
    : URL.canParse(trimmed)
      ? new URL(trimmed)
      : undefined;
  if (url === undefined || !["http:", "https:", "file:"].includes(url.protocol)) {
    const wanted = "an http, https or file URL, or an absolute folder";
    throw new ImageError(
      "input",
      `${name} names no mirror: ${JSON.stringify(text)} is not ${wanted}`,
    );
  }
  return url;
}

/** The URL of a file of a mirror. */
function fileUrl(mirror: URL, path: string): URL {
  const url = new URL(mirror);
  const steps = path.split("/").map((step) => encodeURIComponent(step));
  url.pathname = `${mirror.pathname.replace(/\/+$/, "")}/${steps.join("/")}`;
  return url;
}

async function readMirror(session: Session, url: URL, origin: MirrorOrigin): Promise<Mirror> {
  const { onProgress, signal } = session.options;
  const address = fileUrl(url, `dists/${session.suite}/InRelease`);
  const inRelease = await session.fetcher.get(address, {
    maximumBytes: releaseMaximumBytes,
    onBytes: (doneBytes, totalBytes) => onProgress?.({ stage: "release", doneBytes, totalBytes }),
    signal,
  });
  const release = await readRelease(inRelease, session.trust, session.suite, shown(address));
  return { url, origin, release, inRelease };
}

/** Tries the host's apt sources: the first that serves Debian's own, signed suite is taken. */
async function findAptMirror(session: Session): Promise<Mirror> {
  const sources = await readAptSources(session.options.aptFolder ?? "/etc/apt");
  const candidates = mirrorCandidates(sources, session.suite);
  if (candidates.length === 0) {
    throw new ImageError("no-mirror", `no Debian mirror is known: ${howToName}`);
  }
  const reasons: string[] = [];
  let unreachable = false;
  for (const url of candidates) {
    try {
      return await readMirror(session, url, "apt");
    } catch (error) {
      session.options.signal?.throwIfAborted();
      if (!(error instanceof ImageError) || error.code === "input") {
        throw error;
      }
      unreachable ||= error.code === "unreachable";
      reasons.push(reasonOf(error));
    }
  }
  const tried = `none of the host's apt sources serves Debian ${session.suite}`;
  const code = unreachable ? "unreachable" : "no-mirror";
  throw new ImageError(code, `${tried} (${reasons.join("; ")}): ${howToName}`);
}

async function locate(session: Session): Promise<Mirror> {
  const { mirror } = session.options;
  if (mirror !== undefined) {
    return await readMirror(session, namedMirror(mirror, "--mirror"), "option");
  }
  const variable = session.environment.SIXFOLD_DEBIAN_MIRROR ?? "";
  if (variable !== "") {
    return await readMirror(session, namedMirror(variable, "SIXFOLD_DEBIAN_MIRROR"), "environment");
  }
  return await findAptMirror(session);
}

/**
 * Finds the mirror that a build would use: the option, else SIXFOLD_DEBIAN_MIRROR, else the first
 * of the host's apt sources that serves the suite with a signature of Debian's archive.
 *
 * @throws ImageError "no-mirror", "unreachable", "untrusted", "not-found", "malformed" or "input"
 */
export async function findMirror(options: MirrorOptions = {}): Promise<Mirror> {
  const session = await openSession(options);
  try {
    return await locate(session);
  } finally {
    await session.fetcher.close();
  }
}

/** A package with the bytes of its .deb, verified. */
export interface FetchedPackage extends PackageEntry {
  readonly archive: Uint8Array;
}

/** What packages are wanted. */
export interface WantedPackages {
  readonly names: readonly string[];
  /** And those that every Debian system has. */
  readonly essential?: boolean;
}

/** Everything that an image is made from. */
export interface Ingredients {
  readonly release: Release;
  readonly releaseSha256: string;
  readonly packages: readonly FetchedPackage[];
}

/** The session of a build with its cache, and the mirror unless it is out of reach. */
class Archive {
  constructor(
    readonly session: Session,
    readonly cache: ObjectCache,
    readonly release: Release,
    readonly mirror: URL | undefined,
  ) {}

  /** Gets a file from the cache, else from the first of its paths that the mirror has. */
  async file(paths: readonly string[], digest: FileDigest, onBytes: OnDone): Promise<Uint8Array> {
    this.session.options.signal?.throwIfAborted();
    const cached = await this.cache.read(digest.sha256);
    if (cached !== undefined) {
      onBytes(digest.sizeBytes);
      return cached;
    }
    const name = paths.at(-1) ?? "";
    if (this.mirror === undefined) {
      const remedy = "it is not in the cache either; try again when the mirror can be reached";
      throw new ImageError("unreachable", `cannot get ${name} without a mirror: ${remedy}`);
    }
    let missing: unknown;
    for (const path of paths) {
      try {
        return await this.#fetch(fileUrl(this.mirror, path), digest, onBytes);
      } catch (error) {
        if (!(error instanceof ImageError) || error.code !== "not-found") {
          throw error;
        }
        missing = error;
      }
    }
    throw missing;
  }

  async #fetch(url: URL, digest: FileDigest, onBytes: OnDone): Promise<Uint8Array> {
    const { signal } = this.session.options;
    const { sizeBytes } = digest;
    const bytes = await this.session.fetcher.get(url, { maximumBytes: sizeBytes, onBytes, signal });
    const found = sha256(bytes);
    if (bytes.length !== sizeBytes || found !== digest.sha256) {
      const what =
        bytes.length === sizeBytes
          ? `SHA256 ${found} instead of ${digest.sha256}`
          : `${bytes.length} bytes instead of ${sizeBytes}`;
      const remedy = "the mirror is broken or being updated: try again or choose another";
      throw new ImageError("untrusted", `${shown(url)} has ${what}; ${remedy}`);
    }
    await this.cache.write(digest.sha256, bytes);
    return bytes;
  }

  /** The index of all packages of the architecture. */
  async index(): Promise<PackageIndex> {
    const { suite, architecture } = this.session;
    const folder = `main/binary-${architecture}`;
    // Debian has the first two of them, small archives often the last only.
    const names = ["Packages.xz", "Packages.gz", "Packages"];
    const name = names.find((candidate) => this.release.files.has(`${folder}/${candidate}`));
    const digest = this.release.files.get(`${folder}/${name}`);
    if (name === undefined || digest === undefined) {
      const message = `the Release of ${suite} has no index of ${folder}: choose another mirror`;
      throw new ImageError("not-found", message);
    }
    const place = `dists/${suite}/${folder}`;
    const byHash = this.release.byHash ? [`${place}/by-hash/SHA256/${digest.sha256}`] : [];
    const paths = [...byHash, `${place}/${name}`];
    const bytes = await this.file(paths, digest, this.#report("index", digest.sizeBytes));
    const text = await decompress(name, bytes, indexMaximumBytes);
    return new PackageIndex(Buffer.from(text).toString("utf8"));
  }

  async packages(wanted: WantedPackages): Promise<FetchedPackage[]> {
    const index = await this.index();
    const names = [...wanted.names, ...(wanted.essential === true ? index.essential : [])];
    const isAlone = this.session.options.alone === true;
    const entries = isAlone ? selectPackages(index, names) : resolvePackages(index, names);
    const totalBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    const report = this.#report("packages", totalBytes);
    const doneBytes = entries.map(() => 0);
    const fetched: FetchedPackage[] = [];
    let next = 0;
    let failure: unknown;
    const work = async (): Promise<void> => {
      for (let at = next++; at < entries.length && failure === undefined; at = next++) {
        const entry = entries[at] as PackageEntry;
        const archive = await this.file([entry.path], entry, (done) => {
          doneBytes[at] = done;
          report(doneBytes.reduce((sum, bytes) => sum + bytes, 0));
        });
        fetched[at] = { ...entry, archive };
      }
    };
    const note = (error: unknown): void => {
      failure ??= error;
    };
    // All are waited for: none shall write a file after the build has ended.
    await Promise.all(Array.from({ length: fetchesAtOnce }, () => work().catch(note)));
    if (failure !== undefined) throw failure;
    return fetched;
  }

  #report(stage: Stage, totalBytes: number): OnDone {
    const { onProgress } = this.session.options;
    return (doneBytes) => onProgress?.({ stage, doneBytes, totalBytes });
  }
}

type OnDone = (doneBytes: number) => void;

/** The Release to build from: the mirror's, or the last one if no mirror can be reached. */
async function openArchive(session: Session, options: ImageOptions, cache: ObjectCache) {
  const kept = join(cache.folder, "releases", `${session.suite}.InRelease`);
  try {
    const { url, release, inRelease } = await locate(session);
    await writeWhole(kept, inRelease);
    return { archive: new Archive(session, cache, release, url), inRelease };
  } catch (error) {
    const away = error instanceof ImageError && ["unreachable", "no-mirror"].includes(error.code);
    const inRelease = away ? await readIfThere(kept) : undefined;
    if (inRelease === undefined) {
      throw error;
    }
    const release = await readRelease(
      inRelease,
      session.trust,
      session.suite,
      "the cached InRelease",
    );
    const day = release.date.toISOString().slice(0, 10);
    const message = `${reasonOf(error)}; going on with the cached Release of ${day}`;
    options.onWarning?.(message);
    return { archive: new Archive(session, cache, release, undefined), inRelease };
  }
}

/**
 * Gets packages of the archive, verified from the signature down to each file: those that are
 * wanted and, unless `options.alone` says otherwise, what they need.
 *
 * @param cacheFolder what was fetched before is taken from here, what is new is kept here
 * @throws ImageError; the signal's reason if that aborts
 */
export async function gatherIngredients(
  wanted: WantedPackages,
  cacheFolder: string,
  options: ImageOptions,
): Promise<Ingredients> {
  const session = await openSession(options);
  try {
    const cache = new ObjectCache(cacheFolder);
    const { archive, inRelease } = await openArchive(session, options, cache);
    const packages = await archive.packages(wanted);
    return { release: archive.release, releaseSha256: sha256(inRelease), packages };
  } finally {
    await session.fetcher.close();
  }
}
