/** `sixfold image`: builds the default image and lists what there is. */
import type { Command } from "commander";
import type { Progress } from "../image/options.js";
import { findImage } from "../image/stored.js";
import { EXIT_OK, EXIT_SIGNAL_BASE, SIGINT, say } from "./exit.js";

interface BuildFlags {
  readonly mirror?: string;
  readonly ifMissing?: true;
  readonly rebuild?: true;
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

async function build(flags: BuildFlags): Promise<number> {
  const line = progressLine();
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.once("SIGINT", interrupt);
  try {
    // The libraries that building needs are not loaded for a shell.
    const { buildImage } = await import("../image/build.js");
    const image = await buildImage({
      mirror: flags.mirror,
      rebuild: flags.rebuild,
      onProgress: line.show,
      onWarning: (message) => {
        line.clear();
        say(message);
      },
      signal: abort.signal,
    });
    line.clear();
    if (flags.ifMissing === true && !image.built) return EXIT_OK;
    const { sizeBytes } = image.manifest.image;
    const state = image.built ? "built" : "there already";
    console.log(`${image.name}: ${state}, ${megabytes(sizeBytes)}, ${image.path}`);
    return EXIT_OK;
  } catch (error) {
    line.clear();
    if (!abort.signal.aborted) throw error;
    say("interrupted");
    return EXIT_SIGNAL_BASE + SIGINT;
  } finally {
    process.off("SIGINT", interrupt);
  }
}

async function list(): Promise<number> {
  const image = await findImage();
  if (image === undefined) {
    say("there is no image yet; build it with: sixfold image build");
    return EXIT_OK;
  }
  const { release, packages } = image.manifest;
  const names = packages.map(({ name, version }) => `${name} ${version}`).join(", ");
  const size = megabytes(image.manifest.image.sizeBytes);
  console.log(`${image.name}  ${size}  Debian ${release.version}: ${names}  ${image.path}`);
  return EXIT_OK;
}

/** Adds `image build` and `image list`; `finish` takes the exit code of the one that ran. */
export function addImageCommands(program: Command, finish: (code: number) => void): void {
  const image = program.command("image").description("build and list root file systems");
  image
    .command("build")
    .description("build the default image from Debian's packages (busybox)")
    .option(
      "--mirror <url>",
      "mirror of Debian's archive (default: SIXFOLD_DEBIAN_MIRROR, then apt's)",
    )
    .option("--rebuild", "build it anew though it is there")
    .option("--if-missing", "say nothing when it is there already")
    .action(async (flags: BuildFlags) => finish(await build(flags)));
  image
    .command("list")
    .description("list the images that were built")
    .action(async () => finish(await list()));
}
