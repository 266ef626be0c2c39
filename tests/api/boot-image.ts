/** Systems for the tests of the API: the default image, shut down behind the test. */
import { type BootOptions, boot, SixfoldError, type System } from "sixfold";
import { findImage } from "../../src/image/index.js";

/** Why tests that need an image are skipped, or false. */
export const noImage: string | false =
  (await findImage()) === undefined ? "needs an image: sixfold image build" : false;

/** Boots a system, uses it, and shuts it down. */
export async function withSystem(
  use: (system: System) => Promise<void>,
  options: BootOptions = {},
): Promise<void> {
  const system = await boot(options);
  try {
    await use(system);
  } finally {
    await system.shutdown();
  }
}

/** For assert.rejects: a SixfoldError with this code. */
export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof SixfoldError && error.code === code;
}
