/**
 * Builds root file systems from Debian packages, and takes in those made elsewhere: the public part
 * of `src/image`.
 *
 * Reading order: `build` (what an image is), `archive` (mirror, Release, index, packages),
 * `resolve` (which packages), `release` (what is trusted), `fetch` and `proxy`, `deb`, `tree`,
 * `base-files`, `alternatives` and `applets`; `stored` (those that are there), `import`, `export`.
 */

export { findMirror, type Mirror, type MirrorOrigin } from "./archive.js";
export { type BuiltImage, buildImage } from "./build.js";
export { defaultCacheFolder } from "./cache.js";
export { ImageError, type ImageErrorCode } from "./errors.js";
export { exportImage } from "./export.js";
export { importImage } from "./import.js";
export type {
  Alternative,
  ImageContents,
  ImageManifest,
  ImageRequest,
  ManifestPackage,
} from "./manifest.js";
export type { ImageOptions, MirrorOptions, Progress, Stage, StoreOptions } from "./options.js";
export type { Environment } from "./proxy.js";
export {
  defaultName,
  findImage,
  type Image,
  isImageName,
  type ListedImage,
  listImages,
  readImage,
  removeImage,
  type StoredImage,
} from "./stored.js";
