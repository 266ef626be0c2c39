/** What the tests of shared folders need: folders that go when the test ends, and their server. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { serveFolders } from "../../src/host/node/folder-share.js";
import type { BootOptions } from "../boot/system.js";

/** `skip` of what needs Linux. */
export const skip: string | false = process.platform === "linux" ? false : "needs Linux";

/** A temporary folder that anybody may write to. Deep paths in it are no trouble at its end. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-folder-"));
  chmodSync(folder, 0o1777);
  t.after(() => execFileSync("rm", ["-rf", folder]));
  return folder;
}

export type Mode = "rw" | "ro" | "overlay";

/** Options of a system that sees a folder of the host at a path. */
export function mounted(source: string, target: string, mode: Mode): Partial<BootOptions> {
  return {
    mounts: [{ folder: 0, target, mode }],
    folders: serveFolders([{ source, isReadOnly: mode !== "rw" }], () => undefined),
  };
}
