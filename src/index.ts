/**
 * Sixfold's public API: boot a system, start programs in it, read how they ended.
 *
 *   const system = await boot({ image });
 *   const result = await system.run(["sh", "-c", "echo hello"]);
 *   await system.shutdown();
 *
 * The system runs in a worker; a busy guest never blocks the caller. What a guest does, also when
 * it fails, is a result; what goes wrong on our side is a SixfoldError with a `code`.
 */
import { bootNode } from "./host/node/boot.js";
import { PrinterFile } from "./host/node/printer.js";
import { type BootOptions, bootData } from "./host/options.js";
import { HostedSystem, type System } from "./host/system.js";

export { SixfoldError, type SixfoldErrorCode } from "./host/errors.js";
export type { WindowSize } from "./host/messages.js";
export type { BootOptions, StartOptions } from "./host/options.js";
export type { EndReason, Outcome } from "./host/supervisor.js";
export type { Program, RunOptions, RunResult, System } from "./host/system.js";

/**
 * Boots a system.
 * @param options at least `image`: a root file system (cpio newc), as `sixfold image build` makes
 *   it
 * @throws SixfoldError when an option is not usable or the system does not boot
 */
export async function boot(options: BootOptions): Promise<System> {
  const data = bootData(options);
  options.signal?.throwIfAborted();
  const report = options.report ?? (() => undefined);
  const printer =
    options.printer === undefined
      ? undefined
      : new PrinterFile(options.printer, (line) => report(line, false));
  const link = await bootNode(data, { report, printer });
  const system = new HostedSystem(link);
  options.signal?.addEventListener("abort", () => void system.shutdown(), { once: true });
  return system;
}
