/**
 * The signed list of an archive's files, `InRelease` (Debian's repository format; secure apt):
 * verification of its OpenPGP signature, its dates, and the hashes of the package indices in it.
 * Everything else that is fetched is trusted only through a hash that leads back to here.
 */

import { readdir, readFile } from "node:fs/promises";
import { type PublicKey, readCleartextMessage, readKeys, verify } from "openpgp";
import { type Stanza, stanzas, words } from "./control.js";
import { ImageError, reasonOf } from "./errors.js";

/** Size and SHA256 of a file of the archive. */
export interface FileDigest {
  readonly sizeBytes: number;
  /** 64 hexadecimal digits in lower case. */
  readonly sha256: string;
}

/** What a verified Release says. */
export interface Release {
  readonly codename: string;
  readonly version: string;
  readonly date: Date;
  readonly architectures: readonly string[];
  /** Whether files may be asked for by their hash, so that an update of the mirror is no race. */
  readonly byHash: boolean;
  /** By path relative to the suite's folder, as "main/binary-riscv64/Packages.xz". */
  readonly files: ReadonlyMap<string, FileDigest>;
}

export interface Trust {
  /** OpenPGP public keys, binary or armored; a signature of one of them is enough. */
  readonly keys: readonly Uint8Array[];
  readonly now: Date;
}

/** The longest InRelease that is read; Debian's has some 150 KB. */
export const releaseMaximumBytes = 16 * 1024 * 1024;

/** A clock may be wrong by so much before a Release counts as one from the future. */
const clockErrorMs = 24 * 3600 * 1000;

/** The public keys of Debian's archive that come with this package (`keys/README.md`). */
export async function debianArchiveKeys(): Promise<Uint8Array[]> {
  // Keys are data: compiled code, in dist/image, reads them from the sources too.
  const folder = new URL("../../src/image/keys/", import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".pgp")).sort();
  return await Promise.all(names.map((name) => readFile(new URL(name, folder))));
}

async function parseKeys(keys: readonly Uint8Array[]): Promise<PublicKey[]> {
  const parsed: PublicKey[] = [];
  for (const bytes of keys) {
    const armored = Buffer.from(bytes.subarray(0, 64)).includes("-----BEGIN PGP");
    parsed.push(
      ...(await (armored
        ? readKeys({ armoredKeys: Buffer.from(bytes).toString("latin1") })
        : readKeys({ binaryKeys: bytes }))),
    );
  }
  return parsed;
}

/** Returns the signed text, and nothing that stands around it. */
async function signedText(inRelease: Uint8Array, trust: Trust, origin: string): Promise<string> {
  let reason = "it is not signed by a known key";
  try {
    const cleartextMessage = Buffer.from(inRelease).toString("utf8");
    const message = await readCleartextMessage({ cleartextMessage });
    const verificationKeys = await parseKeys(trust.keys);
    const result = await verify({ message, verificationKeys, date: trust.now });
    for (const signature of result.signatures) {
      try {
        await signature.verified;
        // The library asks whether the key was good when it signed; it must be good now as well.
        const [key] = verificationKeys.filter((one) => one.getKeys(signature.keyID).length > 0);
        await key?.getSigningKey(signature.keyID, trust.now);
        return result.data;
      } catch (error) {
        // A signature by a key that is not ours says nothing; one that fails says what is wrong.
        const unknown = /could not find signing key/i.test(reasonOf(error));
        reason = unknown ? reason : reasonOf(error).replace(/^Error verifying[^:]*: /, "");
      }
    }
  } catch (error) {
    reason = reasonOf(error);
  }
  throw new ImageError(
    "untrusted",
    `the signature of ${origin} cannot be trusted (${reason}): use a mirror of Debian's archive`,
  );
}

function timeOf(stanza: Stanza, field: string, origin: string): Date | undefined {
  const text = stanza.get(field.toLowerCase());
  if (text === undefined) {
    return undefined;
  }
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new ImageError("malformed", `${origin}: its ${field} is not a date`);
  }
  return time;
}

function checkDates(stanza: Stanza, now: Date, origin: string): Date {
  const date = timeOf(stanza, "Date", origin);
  if (date === undefined) {
    throw new ImageError("malformed", `${origin} has no Date`);
  }
  if (date.getTime() > now.getTime() + clockErrorMs) {
    const when = date.toISOString();
    throw new ImageError("untrusted", `${origin} is from the future (${when}): check your clock`);
  }
  const until = timeOf(stanza, "Valid-Until", origin);
  if (until !== undefined && until.getTime() < now.getTime()) {
    const when = until.toISOString();
    throw new ImageError(
      "untrusted",
      `${origin} was valid until ${when} only: check your clock, or take a current mirror`,
    );
  }
  return date;
}

function parseFiles(value: string | undefined): Map<string, FileDigest> {
  const files = new Map<string, FileDigest>();
  for (const line of (value ?? "").split("\n")) {
    const [sha256 = "", size = "", path = ""] = words(line);
    if (/^[0-9a-f]{64}$/.test(sha256) && /^\d{1,15}$/.test(size) && path !== "") {
      files.set(path, { sha256, sizeBytes: Number(size) });
    }
  }
  return files;
}

/**
 * Verifies and reads an InRelease file.
 *
 * @param inRelease its bytes as fetched
 * @param suite the codename that it must have
 * @param origin what messages call the file
 * @throws ImageError "untrusted" (signature, dates, not Debian's) or "malformed"
 */
export async function readRelease(
  inRelease: Uint8Array,
  trust: Trust,
  suite: string,
  origin: string,
): Promise<Release> {
  const text = await signedText(inRelease, trust, origin);
  const [stanza] = [...stanzas(text)];
  if (stanza === undefined) {
    throw new ImageError("malformed", `${origin} is empty`);
  }
  if (stanza.get("origin") !== "Debian" || stanza.get("label") !== "Debian") {
    throw new ImageError("untrusted", `${origin} is not of Debian's own archive`);
  }
  if (stanza.get("codename") !== suite) {
    const found = stanza.get("codename") ?? "nothing";
    throw new ImageError("untrusted", `${origin} is of ${found}, not of ${suite}`);
  }
  return {
    codename: suite,
    version: stanza.get("version") ?? "",
    date: checkDates(stanza, trust.now, origin),
    architectures: words(stanza.get("architectures")),
    byHash: stanza.get("acquire-by-hash") === "yes",
    files: parseFiles(stanza.get("sha256")),
  };
}
