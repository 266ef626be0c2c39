/** Reads the image that somebody names: one of the cache folder, or a file. */
import { readFile } from "node:fs/promises";
import { ImageError } from "./errors.js";
import { defaultName, isImageName, listImages, readImage } from "./stored.js";

/**
 * Reads an image: the one of that name in the cache folder, else a file.
 * @throws ImageError saying how to get one
 */
export async function loadImage(image: string): Promise<Uint8Array> {
  const found = isImageName(image) ? await readImage({ name: image }) : undefined;
  if (found !== undefined) return found.archive;
  if (image === defaultName) {
    throw new ImageError("input", "there is no image yet; build it with: sixfold image build");
  }
  try {
    return await readFile(image);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !image.includes("/")) {
      const names = (await listImages()).map(({ name }) => name);
      const there = names.length === 0 ? "no image yet" : names.join(", ");
      const how = "build one with: sixfold image build NAME --packages …";
      throw new ImageError("input", `no image or file "${image}"; there is: ${there}; ${how}`);
    }
    throw new ImageError("input", `cannot read the image ${image}: ${code ?? String(error)}`);
  }
}
