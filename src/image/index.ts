/**
 * Builds root file systems from Debian packages: the public part of `src/image`.
 *
 * Reading order: `build` (what an image is), `stored` (those that are there), `archive` (mirror,
 * Release, index, packages), `release` (what is trusted), `fetch` and `proxy`, `deb`, `tree`,
 * `base-files` and `applets`.
 */

export { findMirror, type Mirror, type MirrorOrigin } from "./archive.js";
export { type BuiltImage, buildImage } from "./build.js";
export { defaultCacheFolder } from "./cache.js";
export { ImageError, type ImageErrorCode } from "./errors.js";
export type { ImageOptions, MirrorOptions, Progress, Stage } from "./options.js";
export type { Environment } from "./proxy.js";
export {
  findImage,
  type Image,
  type ImageManifest,
  type ManifestPackage,
  readImage,
  type StoredImage,
} from "./stored.js";
