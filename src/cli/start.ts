/**
 * Where `sixfold` begins. A command that boots a system has its worker started at once, before the
 * rest of the command is loaded (main.ts) and has read its options: they are done side by side.
 */
import { PreparedWorker } from "../host/node/prepared.js";
import { MEMORY_BYTES_DEFAULT, MEMORY_BYTES_MAX, MEMORY_BYTES_MIN } from "../host/options.js";
import { sizeOf } from "./sizes.js";

/** What ends without a boot. */
const NO_BOOT: ReadonlySet<string> = new Set(["-h", "--help", "-V", "--version"]);

/**
 * The memory of the system that a command will most likely boot. What only seems so costs a worker
 * that is not used.
 * @param args the command line without node and script
 * @returns bytes; undefined: it boots none
 */
export function memoryToBoot(args: readonly string[]): number | undefined {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const [command = "shell"] = own;
  const boots = command === "run" || command === "shell" || command.startsWith("-");
  if (!boots || own.some((one) => NO_BOOT.has(one))) return undefined;
  const at = own.indexOf("--memory");
  const bytes = at < 0 ? MEMORY_BYTES_DEFAULT : sizeOf(own[at + 1] ?? "");
  return bytes >= MEMORY_BYTES_MIN && bytes <= MEMORY_BYTES_MAX ? bytes : undefined;
}

/**
 * Runs the command.
 * @param args the command line without node and script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  const memoryBytes = memoryToBoot(args);
  const prepared = memoryBytes === undefined ? undefined : new PreparedWorker(memoryBytes);
  try {
    return await (await import("./main.js")).main(args, prepared);
  } finally {
    await prepared?.close();
  }
}
