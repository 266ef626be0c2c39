/** What callers of the image builder give and what they are told while it works. */

import type { Environment } from "./proxy.js";

/**
 * A step of a build: "release" and "index" of the archive, its "packages", which are fetched, then
 * "unpack", then the "image".
 */
export type Stage = "release" | "index" | "packages" | "unpack" | "image";

export interface Progress {
  readonly stage: Stage;
  readonly doneBytes: number;
  /** Undefined while it is not known. */
  readonly totalBytes: number | undefined;
}

/** Where Debian packages come from. Everything may be left out. */
export interface MirrorOptions {
  /** URL (http, https, file) or absolute folder of a mirror: the folder that has `dists`. */
  readonly mirror?: string | undefined;
  /** Default: that of the process. */
  readonly environment?: Environment | undefined;
  /** Codename of the release that packages are of; default "trixie". */
  readonly suite?: string | undefined;
  /** Debian's name of the architecture of packages; default "riscv64". */
  readonly architecture?: string | undefined;
  /** Folder of the host's apt sources; default /etc/apt. */
  readonly aptFolder?: string | undefined;
  /** OpenPGP public keys instead of those of Debian's archive. */
  readonly keys?: readonly Uint8Array[] | undefined;
  /** The time by which signatures and dates are judged; default: now. */
  readonly now?: Date | undefined;
  /** Takes packages also without those that they need. Default: that is an error. */
  readonly alone?: boolean | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Aborts; the promise is then rejected with the signal's reason, and no broken file is left. */
  readonly signal?: AbortSignal | undefined;
}

/** Where images are kept. */
export interface StoreOptions {
  /** Default: SIXFOLD_CACHE, else `sixfold` in XDG_CACHE_HOME, else ~/.cache/sixfold. */
  readonly cacheFolder?: string | undefined;
  /** Default: that of the process. */
  readonly environment?: Environment | undefined;
}

export interface ImageOptions extends MirrorOptions, StoreOptions {
  readonly environment?: Environment | undefined;
  /** What the image is called; default: "default", which is the image without further packages. */
  readonly name?: string | undefined;
  /** Names of Debian packages that the image shall have, with what they need. */
  readonly packages?: readonly string[] | undefined;
  /** Without the packages of the default image (busybox-static, tzdata). */
  readonly minimal?: boolean | undefined;
  /** With the packages that every Debian system has ("Essential: yes"). */
  readonly essential?: boolean | undefined;
  /** Without documentation, manual pages and translations; licences stay. */
  readonly slim?: boolean | undefined;
  /** Builds anew though the image exists. Default: an image that exists is taken as it is. */
  readonly rebuild?: boolean | undefined;
  /** Called with what the user should know though the build goes on, one line each. */
  readonly onWarning?: ((message: string) => void) | undefined;
}
