/**
 * A small Debian archive for tests: signed by a key made for the test, served from a folder, by a
 * loopback server or through a loopback proxy. Layers, from the bottom: tar, ar and a package; the
 * archive; the servers.
 */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { createCleartextMessage, generateKey, type PrivateKey, sign } from "openpgp";
import { Header } from "tar";
import type { ImageOptions } from "../../src/image/index.js";

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The time at which tests take place. */
export const now = new Date("2026-03-01T12:00:00Z");

function tarMember(path: string, type: "File" | "Directory", data: Uint8Array): Buffer {
  const mode = type === "Directory" || path.includes("/bin/") ? 0o755 : 0o644;
  const mtime = new Date("2026-01-01T00:00:00Z");
  const header = new Header({ path, type, mode, uid: 0, gid: 0, mtime, size: data.length });
  const block = Buffer.alloc(512);
  header.encode(block);
  return Buffer.concat([block, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

function tar(files: Record<string, Uint8Array>): Buffer {
  const members = Object.entries(files).map(([path, data]) =>
    tarMember(path, path.endsWith("/") ? "Directory" : "File", data),
  );
  return Buffer.concat([...members, Buffer.alloc(1024)]);
}

function arMember(name: string, data: Uint8Array): Buffer {
  const numbers = `${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}`;
  const header = `${name.padEnd(16)}${numbers}${String(data.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), data, Buffer.alloc(data.length % 2, "\n")]);
}

/** What the builder looks at in a busybox: the head of an ELF file and the table of applets. */
export function fakeBusybox(): Buffer {
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02", "latin1");
  header.writeUInt16LE(243, 18);
  const names = "[ ash busybox cat chroot init login ls mount sh su true".split(" ");
  return Buffer.concat([header, Buffer.from(`${names.join("\0")}\0\0`)]);
}

function busyboxPackage(version: string): Buffer {
  return packageOf("busybox-static", version, {
    "./": Buffer.alloc(0),
    "./usr/": Buffer.alloc(0),
    "./usr/bin/": Buffer.alloc(0),
    "./usr/bin/busybox": fakeBusybox(),
  });
}

function zonesPackage(version: string): Buffer {
  return packageOf("tzdata", version, {
    "./": Buffer.alloc(0),
    "./usr/": Buffer.alloc(0),
    "./usr/share/": Buffer.alloc(0),
    "./usr/share/zoneinfo/": Buffer.alloc(0),
    "./usr/share/zoneinfo/UTC": Buffer.from("TZif2"),
  });
}

function packageOf(
  name: string,
  version: string,
  data: Record<string, Buffer>,
  scripts: Readonly<Record<string, string>> = {},
): Buffer {
  const control: Record<string, Buffer> = {
    "./control": Buffer.from(`Package: ${name}\nVersion: ${version}\nArchitecture: riscv64\n`),
  };
  for (const [script, text] of Object.entries(scripts)) control[`./${script}`] = Buffer.from(text);
  return Buffer.concat([
    Buffer.from("!<arch>\n"),
    arMember("debian-binary", Buffer.from("2.0\n")),
    arMember("control.tar.gz", gzipSync(tar(control))),
    arMember("data.tar.gz", gzipSync(tar(data))),
  ]);
}

export interface SigningKey {
  readonly privateKey: PrivateKey;
  readonly publicKey: Uint8Array;
}

/** Makes a key; `lifetimeSeconds` counts from a year before `now`. */
export async function makeKey(lifetimeSeconds = 0): Promise<SigningKey> {
  const { privateKey } = await generateKey({
    userIDs: [{ name: "test" }],
    format: "object",
    date: new Date(now.getTime() - 365 * 24 * 3600 * 1000),
    keyExpirationTime: lifetimeSeconds,
  });
  return { privateKey, publicKey: privateKey.toPublic().write() };
}

/** Files by path relative to the mirror. */
export type MirrorFiles = Map<string, Buffer>;

/** A package besides those of the default image; its version is 1. */
export interface FurtherPackage {
  readonly name: string;
  /** Lines of the index, as "Depends: a". */
  readonly fields?: readonly string[];
  /** Texts by path, as "./usr/bin/tool". */
  readonly files: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

export interface ArchiveOptions {
  readonly packages?: readonly FurtherPackage[];
  /** Fields of the Release that replace or join the usual ones; undefined leaves one out. */
  readonly fields?: Record<string, string | undefined>;
  /** Version that the index and, unless told otherwise, the package has. */
  readonly version?: string;
  readonly packageVersion?: string;
  readonly signedAt?: Date;
}

export const packagePath = "pool/main/b/busybox/busybox-static_1_riscv64.deb";
const zonesPath = "pool/main/t/tzdata/tzdata_1_all.deb";
export const indexFolder = "dists/trixie/main/binary-riscv64";

/** Makes an archive with two packages, busybox-static and tzdata. */
export async function makeArchive(
  key: SigningKey,
  options: ArchiveOptions = {},
): Promise<MirrorFiles> {
  const version = options.version ?? "1:1.0";
  const deb = busyboxPackage(options.packageVersion ?? version);
  const zones = zonesPackage("2026a");
  const further = (options.packages ?? []).map(({ name, fields, files, scripts }) => {
    const data = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
    const bytes = packageOf(name, "1", Object.fromEntries(data), scripts);
    const path = `pool/main/${name}_1_riscv64.deb`;
    const lines = [`Package: ${name}`, "Version: 1", "Architecture: riscv64", ...(fields ?? [])];
    const file = `Filename: ${path}\nSize: ${bytes.length}\nSHA256: ${hash(bytes)}\n`;
    return { path, bytes, stanza: `\n${lines.join("\n")}\n${file}` };
  });
  const index = gzipSync(
    `Package: other\nFilename: x\n\nPackage: busybox-static\nVersion: ${version}\n` +
      `Architecture: riscv64\nFilename: ${packagePath}\n` +
      `Size: ${deb.length}\nSHA256: ${hash(deb)}\n\n` +
      "Package: tzdata\nVersion: 2026a\nArchitecture: all\n" +
      `Depends: debconf (>= 0.5) | debconf-2.0\nFilename: ${zonesPath}\n` +
      `Size: ${zones.length}\nSHA256: ${hash(zones)}\n` +
      further.map(({ stanza }) => stanza).join(""),
  );
  const fields: Record<string, string | undefined> = {
    Origin: "Debian",
    Label: "Debian",
    Codename: "trixie",
    Version: "13.7",
    Date: "Sat, 28 Feb 2026 10:00:00 UTC",
    "Acquire-By-Hash": "yes",
    ...options.fields,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text =
    lines.map(([name, value]) => `${name}: ${value}\n`).join("") +
    `SHA256:\n ${hash(index)} ${index.length} main/binary-riscv64/Packages.gz\n`;
  const inRelease = await sign({
    message: await createCleartextMessage({ text }),
    signingKeys: key.privateKey,
    date: options.signedAt ?? new Date(now.getTime() - 24 * 3600 * 1000),
  });
  return new Map([
    ["dists/trixie/InRelease", Buffer.from(inRelease)],
    [`${indexFolder}/Packages.gz`, index],
    [`${indexFolder}/by-hash/SHA256/${hash(index)}`, index],
    [packagePath, deb],
    [zonesPath, zones],
    ...further.map(({ path, bytes }) => [path, bytes] as const),
  ]);
}

/** Changes one byte of a file. */
export function tamper(files: MirrorFiles, path: string, at: number): void {
  const copy = Buffer.from(files.get(path) as Buffer);
  copy[at] = (copy[at] ?? 0) ^ 1;
  files.set(path, copy);
}

/** A folder of this test's own, removed afterwards. */
export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sixfold-image-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeFolder(folder: string, files: MirrorFiles): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

/** Paths of all files below a folder, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Answers a request itself and says so, or leaves it to the server. */
export type Override = (path: string, response: ServerResponse) => boolean;

export interface TestServer {
  readonly url: string;
  /** "METHOD path" of every request, in order. */
  readonly log: string[];
  override: Override;
}

async function listen(
  context: TestContext,
  answer: (message: IncomingMessage, response: ServerResponse, log: string[]) => void,
): Promise<{ url: string; log: string[] }> {
  const log: string[] = [];
  const server = createServer((message, response) => answer(message, response, log));
  server.on("connect", (message, socket) => {
    log.push(`CONNECT ${message.url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log };
}

/** Serves a mirror below /debian. */
export async function serve(context: TestContext, files: MirrorFiles): Promise<TestServer> {
  const server: TestServer = { url: "", log: [], override: () => false };
  const { url, log } = await listen(context, (message, response, requests) => {
    const path = decodeURIComponent(message.url ?? "");
    requests.push(`${message.method} ${path}`);
    if (server.override(path, response)) {
      return;
    }
    const bytes = files.get(path.replace(/^\/debian\//, ""));
    response.writeHead(bytes === undefined ? 404 : 200, {
      "content-length": bytes?.length ?? 0,
    });
    response.end(bytes);
  });
  return Object.assign(server, { url: `${url}/debian`, log });
}

/** A proxy that asks one server whatever host is wanted; a password may be needed. */
export async function serveProxy(
  context: TestContext,
  target: string,
  credentials?: string,
): Promise<{ url: string; log: string[] }> {
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
  return await listen(context, (message, response, log) => {
    log.push(`${message.method} ${message.url}`);
    if (wanted !== undefined && message.headers["proxy-authorization"] !== wanted) {
      response.writeHead(407).end();
      return;
    }
    const { pathname } = new URL(message.url ?? "", "http://no-absolute-url.invalid");
    request(`${new URL(target).origin}${pathname}`, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
  });
}

/** Options that use nothing of the machine's own. */
export async function isolated(context: TestContext, key: SigningKey): Promise<ImageOptions> {
  const folder = await temporaryFolder(context);
  return {
    cacheFolder: join(folder, "cache"),
    aptFolder: join(folder, "apt"),
    environment: { NO_PROXY: "127.0.0.1" },
    keys: [key.publicKey],
    now,
  };
}
