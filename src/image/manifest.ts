/**
 * What an image was made from. One part goes into the image itself (`contentsPath`), so that it
 * stays with the image wherever that is taken; the whole lies beside the image in the
 * cache folder, with the hash that ties the two together.
 */
import { readFile } from "node:fs/promises";

/** Counts up when the contents of images change, so that older images are built anew. */
export const imageFormat = 7;

/** Where an image has its own part of the manifest. */
export const contentsPath = "usr/share/sixfold/image.json";

export interface ManifestPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Maintainer scripts that the package has; they were not run. */
  readonly scriptsNotRun: readonly string[];
  /** Packages that only those scripts need; they are not in the image for that. */
  readonly neededByScripts: readonly string[];
}

/** A link that `update-alternatives` would have made. */
export interface Alternative {
  readonly link: string;
  readonly target: string;
}

/** What was asked for. */
export interface ImageRequest {
  /** Packages named by the user, sorted. */
  readonly packages: readonly string[];
  /** Without the packages of the default image. */
  readonly minimal: boolean;
  /** With the packages that every Debian system has. */
  readonly essential: boolean;
  /** Without documentation and translations. */
  readonly slim: boolean;
}

/** What an image has in it. */
export interface ImageContents {
  readonly format: number;
  /** Name and version of the builder. */
  readonly tool: string;
  readonly architecture: string;
  /** How it came to be: built from packages, or imported from an archive made elsewhere. */
  readonly origin: "packages" | "import";
  readonly suite?: string;
  readonly release?: { readonly version: string; readonly date: string; readonly sha256: string };
  readonly request?: ImageRequest;
  readonly packages: readonly ManifestPackage[];
  readonly alternatives: readonly Alternative[];
  /** Names that busybox answers to. */
  readonly applets: readonly string[];
}

/** What lies beside an image. */
export interface ImageManifest extends ImageContents {
  readonly name: string;
  readonly image: { readonly sizeBytes: number; readonly sha256: string };
}

/** Name and version of this package. */
export async function toolName(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { name, version } = JSON.parse(text) as { name: string; version: string };
  return `${name} ${version}`;
}

/** As files have it: two blanks a level, and a newline at the end. */
export function manifestText(contents: ImageContents): string {
  return `${JSON.stringify(contents, undefined, 2)}\n`;
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    const isObject = typeof value === "object" && value !== null;
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // One that cannot be read is one of another time, or somebody else's file.
    return undefined;
  }
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const hasTexts = (value: unknown, names: readonly string[]): boolean => {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "string");
};

function isPackage(value: unknown): boolean {
  const { sizeBytes, scriptsNotRun, neededByScripts } = (value ?? {}) as Partial<ManifestPackage>;
  const isNamed = hasTexts(value, ["name", "version", "architecture", "path", "sha256"]);
  return (
    isNamed && Number.isInteger(sizeBytes) && isTexts(scriptsNotRun) && isTexts(neededByScripts)
  );
}

function isRequest(value: unknown): boolean {
  const { packages, minimal, essential, slim } = (value ?? {}) as Partial<ImageRequest>;
  const flags = [minimal, essential, slim];
  return isTexts(packages) && flags.every((flag) => typeof flag === "boolean");
}

/**
 * Reads the part that is in an image. It may come from anywhere: what it says is checked for its
 * form only.
 *
 * @returns undefined if it is not one of this format
 */
export function parseContents(bytes: Uint8Array): ImageContents | undefined {
  const value = parse(bytes);
  if (value === undefined || value.format !== imageFormat) return undefined;
  const { packages, alternatives, applets, release, request, origin } = value;
  const isWhole =
    hasTexts(value, ["tool", "architecture"]) &&
    (origin === "packages" || origin === "import") &&
    (value.suite === undefined || typeof value.suite === "string") &&
    (release === undefined || hasTexts(release, ["version", "date", "sha256"])) &&
    (request === undefined || isRequest(request)) &&
    isTexts(applets) &&
    Array.isArray(packages) &&
    packages.every(isPackage) &&
    Array.isArray(alternatives) &&
    alternatives.every((one) => hasTexts(one, ["link", "target"]));
  return isWhole ? (value as unknown as ImageContents) : undefined;
}

/** Reads what lies beside an image. @returns undefined if it is not one of this format */
export function parseManifest(bytes: Uint8Array): ImageManifest | undefined {
  const contents = parseContents(bytes) as ImageManifest | undefined;
  const isWhole =
    contents !== undefined &&
    typeof contents.name === "string" &&
    hasTexts(contents.image, ["sha256"]) &&
    Number.isInteger(contents.image.sizeBytes);
  return isWhole ? contents : undefined;
}
