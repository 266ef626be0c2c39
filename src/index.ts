/**
 * Sixfold's public API: boot a system, start programs in it, use its files, read how they ended.
 *
 *   const system = await boot();
 *   const result = await system.run(["sh", "-c", "echo hello"]);
 *   await system.shutdown();
 *
 * The system runs in a worker; a busy guest never blocks the caller. What a guest does, also when
 * it fails, is a result; what goes wrong on our side is a SixfoldError with a `code`. docs/api.md
 * is the chapter about it.
 */
import { join } from "node:path";
import { abortError, SixfoldError } from "./host/errors.js";
import { splitBootLimits } from "./host/limits.js";
import { bootNode } from "./host/node/boot.js";
import { PreparedWorker } from "./host/node/prepared.js";
import { PrinterFile } from "./host/node/printer.js";
import {
  type BootOptions,
  bootData,
  checkBootOptions,
  memoryOf,
  type Prepared,
} from "./host/options.js";
import { HostedSystem, type System } from "./host/system.js";
import { defaultCacheFolder } from "./image/cache.js";
import { ImageError } from "./image/errors.js";
import { loadImage as readImageBytes } from "./image/load.js";

export { SixfoldError, type SixfoldErrorCode } from "./host/errors.js";
export type { DirectoryEntry, FileKind, FileStat, Files, GuestPath } from "./host/files.js";
export {
  BOOT_LIMIT_NAMES,
  type BootLimitName,
  type BootLimits,
  LIMIT_NAMES,
  type LimitName,
  type Limits,
} from "./host/limits.js";
export type { Mount, WindowSize } from "./host/messages.js";
export type { BootOptions, Prepared, StartOptions } from "./host/options.js";
export type { Profile, ProfileCall, ProfileFunction, ProfileProgram } from "./host/profile.js";
export { foldedProfile, profileSummary, speedscopeProfile } from "./host/profile-forms.js";
export {
  type EndReason,
  type Outcome,
  signalName,
  signalNumber,
  type Usage,
} from "./host/supervisor.js";
export type { ProcessInfo, Program, RunResult, System } from "./host/system.js";

const DEFAULT_IMAGE = "default";

/**
 * Boots a system.
 * @param options default: the image that `sixfold image build` made, and nothing of the host
 * @throws SixfoldError when an option is not usable, there is no such image, the signal is aborted,
 *   or the system does not boot
 */
export async function boot(options: BootOptions = {}): Promise<System> {
  checkBootOptions(options);
  const { signal, prepared } = options;
  if (prepared !== undefined && !(prepared instanceof PreparedWorker)) {
    throw new SixfoldError("argument", "prepared must be what prepare() returned");
  }
  if (signal?.aborted === true) throw abortError("the boot", signal);
  const given = options.image ?? DEFAULT_IMAGE;
  const image = typeof given === "string" ? await loadImage(given) : given;
  const data = bootData({ ...options, image }, translationFolder());
  const { outputBytes } = splitBootLimits(options.limits ?? {}, "boot");
  const report = options.report ?? (() => undefined);
  const printer =
    options.printer === undefined
      ? undefined
      : new PrinterFile(options.printer, (line) => report(line, false));
  const link = await bootNode(data, { report, printer, signal }, prepared);
  return new HostedSystem(link, outputBytes);
}

/**
 * Starts the worker of a system that will be booted soon, so that `boot({ prepared })` finds it
 * there: it has then to wait less. It is for one boot, with the memory that is said here.
 * @returns the worker, which does not keep the process alive
 * @throws SixfoldError "argument"
 */
export function prepare(options: Pick<BootOptions, "memoryBytes"> = {}): Prepared {
  checkBootOptions(options);
  return new PreparedWorker(memoryOf(options));
}

/** In the user's cache folder. */
const translationFolder = (): string => join(defaultCacheFolder(process.env), "translations");

/**
 * Reads an image, for who boots several systems from it: `boot` then neither reads nor checks it.
 * @param image name of an image that `sixfold image build` made, or path of a cpio archive
 * @returns its bytes, in memory that the systems share
 * @throws SixfoldError "image" saying how to get one
 */
export async function loadImage(image = DEFAULT_IMAGE): Promise<Uint8Array> {
  try {
    return await readImageBytes(image);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new SixfoldError("image", error.message, { cause: error });
  }
}
