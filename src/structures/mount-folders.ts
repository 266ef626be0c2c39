/** Mounting folders of the host at boot, before the first program. */
import { MS_NODEV, MS_NOSUID, MS_RDONLY } from "../abi/mount.js";
import type { KernelCalls } from "../kernel/calls.js";
import type { Kernel } from "../kernel/kernel.js";
import type { FileService } from "../services/file/protocol.js";
import { errorName } from "./error-name.js";

/** A folder of the host and where the guest sees it. */
export interface FolderMount {
  /** Its number in node 1 of the folders' host. */
  readonly folder: number;
  /** An absolute path; the directory is there. */
  readonly target: string;
  /** "overlay": what is written stays in the guest. */
  readonly mode: "rw" | "ro" | "overlay";
}

/** @throws Error naming the target that cannot be mounted */
export function mountFolders(
  kernel: Kernel,
  calls: KernelCalls,
  file: FileService,
  mounts: readonly FolderMount[],
): void {
  const put = (text: string): readonly [number, number] => {
    const bytes = new TextEncoder().encode(text);
    const at = calls.scratch(0, bytes.length);
    calls.copyOut(0, at, bytes, 0, bytes.length);
    return [at, bytes.length];
  };
  for (const { folder, target, mode } of mounts) {
    const flags = MS_NOSUID | MS_NODEV | (mode === "ro" ? MS_RDONLY : 0);
    const type = mode === "overlay" ? "overlay" : "virtiofs";
    const options = put(`folder=${folder}`);
    const failed = file.mount(0, ...put("host"), ...put(target), ...put(type), flags, ...options);
    kernel.calls.endOwn();
    if (failed < 0) throw new Error(`cannot mount at ${target}: ${errorName(failed)}`);
  }
}
