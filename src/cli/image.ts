/**
 * `sixfold image`: builds images, lists, shows, removes, exports and imports them. Layers: what is
 * printed; the commands; their options.
 */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ImageManifest } from "../image/manifest.js";
import type { Progress } from "../image/options.js";
import { findImage, type Image, listImages, removeImage } from "../image/stored.js";
import { EXIT_OK, EXIT_OWN_ERROR, EXIT_SIGNAL_BASE, SIGNALS, say, UsageError } from "./exit.js";

interface BuildFlags {
  readonly mirror?: string;
  readonly ifMissing?: true;
  readonly rebuild?: true;
  readonly packages: readonly string[];
  readonly packagesFrom?: string;
  readonly minimal?: true;
  readonly essential?: true;
  readonly slim?: true;
}

const MEGABYTE = 2 ** 20;

const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`;

/** Shows progress in one line that is written over; nothing where nobody sees it. */
function progressLine(): { show(progress: Progress): void; clear(): void } {
  const isSeen = process.stderr.isTTY === true;
  let isShown = false;
  return {
    show: ({ stage, doneBytes, totalBytes }) => {
      if (!isSeen) return;
      const total = totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`;
      process.stderr.write(`\r\x1b[Kimage: ${stage} ${megabytes(doneBytes)}${total}`);
      isShown = true;
    },
    clear: () => {
      if (isShown) process.stderr.write("\r\x1b[K");
      isShown = false;
    },
  };
}

/** Does what can be interrupted: SIGINT, SIGTERM and SIGHUP end it, and nothing half is left. */
async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  let number = 0;
  const listeners = Object.entries(SIGNALS).map(([name, value]) => {
    const listener = (): void => {
      number = value;
      abort.abort();
    };
    process.once(name, listener);
    return () => process.off(name, listener);
  });
  try {
    return await work(abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    say("interrupted");
    return EXIT_SIGNAL_BASE + number;
  } finally {
    for (const release of listeners) release();
  }
}

/** Says what a user should know of packages that were unpacked only. */
function sayScripts({ packages }: ImageManifest): void {
  const names = packages
    .filter(({ scriptsNotRun }) => scriptsNotRun.includes("postinst"))
    .map(({ name }) => name);
  if (names.length > 0) say(`postinst was not run: ${names.join(" ")}`);
}

async function packagesOf({ packages, packagesFrom }: BuildFlags): Promise<string[]> {
  if (packagesFrom === undefined) return [...packages];
  const text = await readFile(packagesFrom, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${packagesFrom}: ${error.code}`);
  });
  const words = text.split("\n").flatMap((line) => line.replace(/#.*/, "").split(/[\s,]+/));
  return [...packages, ...words.filter((word) => word !== "")];
}

async function build(name: string | undefined, flags: BuildFlags): Promise<number> {
  const packages = await packagesOf(flags);
  const line = progressLine();
  return await interruptible(async (signal) => {
    try {
      // The libraries that building needs are not loaded for a shell.
      const { buildImage } = await import("../image/build.js");
      const image = await buildImage({
        name,
        packages,
        minimal: flags.minimal,
        essential: flags.essential,
        slim: flags.slim,
        mirror: flags.mirror,
        rebuild: flags.rebuild,
        onProgress: line.show,
        onWarning: (message) => {
          line.clear();
          say(message);
        },
        signal,
      });
      line.clear();
      if (flags.ifMissing === true && !image.built) return EXIT_OK;
      // The default image's one script, of time zones, has nothing to do.
      if (image.built && packages.length > 0) sayScripts(image.manifest);
      const { sizeBytes } = image.manifest.image;
      const state = image.built ? "built" : "there already";
      console.log(`${image.name}: ${state}, ${megabytes(sizeBytes)}, ${image.path}`);
      return EXIT_OK;
    } finally {
      line.clear();
    }
  });
}

const named = ({ packages }: ImageManifest): string =>
  packages.map(({ name, version }) => `${name} ${version}`).join(", ");

function originOf({ origin, release }: ImageManifest): string {
  const debian = release === undefined ? "" : `Debian ${release.version}`;
  if (origin === "packages") return debian;
  return debian === "" ? "imported" : `${debian}, imported`;
}

async function list(flags: { readonly verbose?: true; readonly quiet?: true }): Promise<number> {
  const images = await listImages();
  if (images.length === 0 && flags.quiet !== true) {
    say("there is no image yet; build it with: sixfold image build");
  }
  for (const { name, manifest, madeAt, path } of images) {
    if (flags.quiet === true) {
      console.log(name);
      continue;
    }
    const size = megabytes(manifest.image.sizeBytes);
    const date = madeAt.toISOString().slice(0, 16).replace("T", " ");
    const count = `${manifest.packages.length} packages`;
    const packages = flags.verbose === true ? named(manifest) : count;
    console.log(`${name}  ${size}  ${date}  ${originOf(manifest)}: ${packages}  ${path}`);
  }
  return EXIT_OK;
}

async function imageOf(name: string): Promise<Image> {
  const image = await findImage({ name });
  if (image !== undefined) return image;
  const names = (await listImages()).map((one) => one.name);
  const there = names.length === 0 ? "no image yet" : names.join(", ");
  throw new UsageError(`there is no image ${name}; there is: ${there}`);
}

async function show(name: string, flags: { readonly json?: true }): Promise<number> {
  const { manifest, path } = await imageOf(name);
  if (flags.json === true) {
    console.log(JSON.stringify({ ...manifest, file: path }, undefined, 2));
    return EXIT_OK;
  }
  const { image, tool, packages, alternatives, release } = manifest;
  const lines = [
    `name      ${name}`,
    `origin    ${originOf(manifest)}`,
    ...(release === undefined ? [] : [`release   ${release.date}`]),
    `tool      ${tool}`,
    `file      ${path}`,
    `size      ${image.sizeBytes} bytes`,
    `sha256    ${image.sha256}`,
  ];
  for (const one of packages) {
    const scripts = one.scriptsNotRun;
    const notRun = scripts.length === 0 ? "" : `  not run: ${scripts.join(" ")}`;
    const without = one.neededByScripts;
    const omitted = without.length === 0 ? "" : `  left out for scripts: ${without.join(" ")}`;
    lines.push(`package   ${one.name} ${one.version}${notRun}${omitted}`);
  }
  for (const { link, target } of alternatives) lines.push(`link      ${link} -> ${target}`);
  console.log(lines.join("\n"));
  return EXIT_OK;
}

async function remove(names: readonly string[]): Promise<number> {
  let code = EXIT_OK;
  for (const name of names) {
    if (await removeImage(name)) continue;
    say(`there is no image ${name}`);
    code = EXIT_OWN_ERROR;
  }
  return code;
}

async function takeIn(
  file: string,
  name: string | undefined,
  flags: { readonly replace?: true },
): Promise<number> {
  return await interruptible(async (signal) => {
    const { importImage } = await import("../image/import.js");
    const image = await importImage(file, { name, replace: flags.replace, signal });
    const size = megabytes(image.manifest.image.sizeBytes);
    console.log(`${image.name}: imported, ${size}, ${image.path}`);
    return EXIT_OK;
  });
}

async function giveOut(name: string, file: string): Promise<number> {
  return await interruptible(async () => {
    const { exportImage } = await import("../image/export.js");
    const lengthBytes = await exportImage(name, file);
    console.log(`${name}: exported, ${megabytes(lengthBytes)}, ${file}`);
    return EXIT_OK;
  });
}

function collectPackages(text: string, before: readonly string[]): readonly string[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== "");
  if (names.length > 0) return [...before, ...names];
  throw new InvalidArgumentError("Give names of packages, with commas between.");
}

type Finish = (code: number) => void;

function addBuild(image: Command, finish: Finish): void {
  const command = image
    .command("build")
    .description("build an image from Debian's packages, with what they need")
    .argument("[name]", 'what it is called; "default" is busybox alone')
    .addOption(
      new Option("--packages <names>", "packages to put in, with commas; may be repeated")
        .argParser(collectPackages)
        .default([], "none"),
    )
    .option("--packages-from <file>", "file with names of packages; # begins a comment")
    .option("--minimal", "without busybox and time zones, which the default image has")
    .option("--essential", "with the packages that every Debian system has")
    .option("--slim", "without documentation, manual pages and translations")
    .option(
      "--mirror <url>",
      "mirror of Debian's archive (default: SIXFOLD_DEBIAN_MIRROR, then apt's)",
    )
    .option("--rebuild", "build it anew though it is there")
    .option("--if-missing", "say nothing when it is there already")
    .addHelpText(
      "after",
      "\nExamples:\n  sixfold image build\n" +
        "  sixfold image build tools --packages bash,git,jq\n" +
        "  sixfold run --image tools --memory 512M -- bash -c 'jq --version'",
    );
  command.action(async (name: string | undefined, flags: BuildFlags) =>
    finish(await build(name, flags)),
  );
}

/** Adds the commands of images; `finish` takes the exit code of the one that ran. */
export function addImageCommands(program: Command, finish: Finish): void {
  const image = program
    .command("image")
    .description("build, list, show, remove, export and import root file systems");
  addBuild(image, finish);
  image
    .command("list")
    .description("list the images")
    .option("--verbose", "with all packages and their versions")
    .option("--quiet", "names only")
    .action(async (flags) => finish(await list(flags)));
  image
    .command("show")
    .description("print what an image was made from")
    .argument("<name>")
    .option("--json", "as JSON")
    .action(async (name: string, flags) => finish(await show(name, flags)));
  image
    .command("remove")
    .description("remove images")
    .argument("<names...>")
    .action(async (names: string[]) => finish(await remove(names)));
  image
    .command("export")
    .description("write an image to a file: .cpio, .tar, .tar.gz or .tgz")
    .argument("<name>")
    .argument("<file>")
    .action(async (name: string, file: string) => finish(await giveOut(name, file)));
  image
    .command("import")
    .description("make an image of a root file system: cpio or tar, also as .gz or .xz")
    .argument("<file>")
    .argument("[name]", "what it is called (default: the file's name up to its first dot)")
    .option("--replace", "take the place of an image of that name")
    .action(async (file: string, name: string | undefined, flags) =>
      finish(await takeIn(file, name, flags)),
    );
}
