/**
 * Reads a Debian package, a `.deb` (deb(5)): an ar archive of `debian-binary`, `control.tar` and
 * `data.tar`, the last two compressed. Layers, from the bottom: ar; the package.
 */
import { decompress } from "./compression.js";
import { type Stanza, stanzas } from "./control.js";
import { ImageError } from "./errors.js";
import { type ArchiveFile, readTar } from "./tar.js";

export interface DebianPackage {
  readonly control: Stanza;
  /** Maintainer scripts, which are never run, by name: "preinst", "postinst", ... */
  readonly scripts: ReadonlyMap<string, string>;
  readonly files: readonly ArchiveFile[];
}

const arMagic = "!<arch>\n";
const arHeaderLengthBytes = 60;

/**
 * The members of an ar archive in their order (the common format of ar(5); a .deb has short names).
 *
 * @throws ImageError "malformed"
 */
export function readAr(archive: Uint8Array): Map<string, Uint8Array> {
  const text = (start: number, end: number): string =>
    Buffer.from(archive.subarray(start, end)).toString("latin1");
  if (text(0, arMagic.length) !== arMagic) {
    throw new ImageError("malformed", "the package is not an ar archive");
  }
  const members = new Map<string, Uint8Array>();
  let offset = arMagic.length;
  while (offset < archive.length) {
    const size = text(offset + 48, offset + 58).trim();
    const dataStart = offset + arHeaderLengthBytes;
    const dataEnd = dataStart + Number(size);
    const isHeader = text(offset + 58, offset + 60) === "`\n" && /^\d+$/.test(size);
    if (!isHeader || dataEnd > archive.length) {
      throw new ImageError("malformed", `the package has no whole ar member at byte ${offset}`);
    }
    const name = text(offset, offset + 16)
      .trim()
      .replace(/\/$/, "");
    members.set(name, archive.subarray(dataStart, dataEnd));
    offset = dataEnd + (dataEnd % 2);
  }
  return members;
}

/** What a package may have of files; a package that has more is refused. */
const dataMaximumBytes = 2 ** 30;

const scriptNames: readonly string[] = ["preinst", "postinst", "prerm", "postrm", "config"];

/**
 * Reads a package.
 *
 * @param archive bytes of the .deb, verified
 * @throws ImageError "malformed"
 */
export async function readDeb(archive: Uint8Array): Promise<DebianPackage> {
  const members = readAr(archive);
  const format = members.get("debian-binary");
  if (format === undefined || !/^2\./.test(Buffer.from(format).toString("latin1"))) {
    throw new ImageError("malformed", "the package is not of Debian's format 2");
  }
  const unpack = async (stem: string): Promise<ArchiveFile[]> => {
    for (const [name, bytes] of members) {
      if (name === stem || name.startsWith(`${stem}.`)) {
        return await readTar(await decompress(name, bytes, dataMaximumBytes), "the package");
      }
    }
    throw new ImageError("malformed", `the package has no ${stem}`);
  };
  const control = await unpack("control.tar");
  const inControl = new Map(
    control.map(({ path, data }) => [
      path.replace(/^\.\//, ""),
      Buffer.from(data).toString("utf8"),
    ]),
  );
  const [stanza] = [...stanzas(inControl.get("control") ?? "")];
  if (stanza === undefined) {
    throw new ImageError("malformed", "the package has no control file");
  }
  const scripts = new Map([...inControl].filter(([name]) => scriptNames.includes(name)));
  return { control: stanza, scripts, files: await unpack("data.tar") };
}
