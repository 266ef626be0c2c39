/**
 * Workers of Node's, and such as are started before it is known what they boot: a thread, and in it
 * the code of a system, take a good part of a boot. Below boot.ts.
 */
import { Worker } from "node:worker_threads";
import { objectBytesMax } from "../../structures/limits.js";
import type { Prepared } from "../options.js";
import { bundledFile } from "./bundle.js";

/** The engine would let it grow to 48 MB before it looks for garbage; the system makes little. */
const YOUNG_GENERATION_MB = 4;

/** What the engine has besides the system's own objects, and objects per byte of an image. */
const OTHER_OBJECTS_MB = 96;
const IMAGE_DIVISOR = 2;

/** An image for which a worker was prepared may be so large. */
const PREPARED_IMAGE_BYTES = 32 * 2 ** 20;

/** Within the bundle, too, the worker lies beside this. */
export const systemEntry = (): URL =>
  bundledFile("worker.js") ?? new URL("./worker.js", import.meta.url);

/**
 * How far the engine lets its objects grow before it looks for garbage again: without a bound, to
 * several times of what is in use. All that a guest can make the system keep has room, twice.
 */
export function objectsMb(memoryBytes: number, imageBytes: number): number {
  const bytes = 2 * objectBytesMax(memoryBytes) + imageBytes / IMAGE_DIVISOR;
  return Math.ceil(OTHER_OBJECTS_MB + bytes / 2 ** 20);
}

/** @param boundMb as `objectsMb` gives it */
export function startWorker(entry: URL, boundMb: number): Worker {
  return new Worker(entry, {
    name: "sixfold",
    // Nothing of the host is visible within.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: {
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      maxOldGenerationSizeMb: boundMb,
    },
  });
}

/** A worker that waits for what it is to boot, and does not keep the process alive. */
export class PreparedWorker implements Prepared {
  private worker: Worker | undefined;
  private readonly boundMb: number;

  /** @param memoryBytes of the machine that it will have */
  constructor(memoryBytes: number) {
    this.boundMb = objectsMb(memoryBytes, PREPARED_IMAGE_BYTES);
    this.worker = startWorker(systemEntry(), this.boundMb);
    this.worker.unref();
    this.worker.on("error", this.lost).on("exit", this.lost);
  }

  /**
   * @param neededMb as `objectsMb` gives it
   * @returns the worker, once; undefined: it was taken, has failed, or is not for as much, and ends
   */
  take(neededMb: number): Worker | undefined {
    const { worker } = this;
    this.worker = undefined;
    const slackMb = PREPARED_IMAGE_BYTES / IMAGE_DIVISOR / 2 ** 20;
    if (neededMb > this.boundMb || neededMb < this.boundMb - slackMb) {
      void worker?.terminate();
      return undefined;
    }
    worker?.off("error", this.lost).off("exit", this.lost).ref();
    return worker;
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  /** The boot then starts another one, which says what is wrong. */
  private readonly lost = (): void => {
    this.worker = undefined;
  };
}
