/**
 * The table of mounts as text: what /proc/mounts and /proc/PID/mountinfo show (proc(5)). It is
 * published, as records of the system, whenever it changes.
 */
import {
  MS_DIRSYNC,
  MS_LAZYTIME,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RDONLY,
  MS_RELATIME,
  MS_SYNCHRONOUS,
} from "../../abi/mount.js";
import { RECORD, type TaskId } from "../../kernel/calls.js";
import { bytesOf } from "../../kernel/texts.js";
import { pathOfMount } from "./paths.js";
import { type Core, fileSystemOf, instanceOf, type Mount } from "./state.js";

/** Names of flags, in Linux's order (fs/proc_namespace.c). */
const INSTANCE_FLAGS = [
  [MS_SYNCHRONOUS, "sync"],
  [MS_DIRSYNC, "dirsync"],
  [MS_LAZYTIME, "lazytime"],
] as const;
const MOUNT_FLAGS = [
  [MS_NOSUID, "nosuid"],
  [MS_NODEV, "nodev"],
  [MS_NOEXEC, "noexec"],
  [MS_NOATIME, "noatime"],
  [MS_NODIRATIME, "nodiratime"],
  [MS_RELATIME, "relatime"],
  [MS_NOSYMFOLLOW, "nosymfollow"],
] as const;
const OPTIONS_BYTES = 256;
/** Instructions charged for the texts of a mount. */
const CHARGE_MOUNT = 200;

function named(table: readonly (readonly [number, string])[], flags: number): string {
  return table.map(([bit, name]) => ((flags & bit) !== 0 ? `,${name}` : "")).join("");
}

/** White space and backslashes as octal numbers (getmntent(3)). */
const escaped = (text: string, which: RegExp): string =>
  text.replace(which, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
const escapedPath = (text: string): string => escaped(text, /[ \t\n\\]/g);
const escapedSource = (text: string): string => escaped(text, /[ \t\n\\#]/g);

/** What the file system says of its own options: "" or ",name=value…". */
function ownOptions(core: Core, caller: TaskId, mount: Mount): string {
  const { kernel } = core;
  const scratch = kernel.scratch(caller, OPTIONS_BYTES);
  const root = instanceOf(core, mount.id).root;
  const length = fileSystemOf(core, mount.id).options(caller, root, scratch, OPTIONS_BYTES);
  return core.texts.read(kernel, caller, scratch, Math.max(0, length));
}

/** Publishes the texts of all attached mounts. */
export function publishMounts(core: Core, caller: TaskId): void {
  core.kernel.charge(caller, core.state.mounts.size * CHARGE_MOUNT);
  let mounts = "";
  let information = "";
  for (const mount of core.state.mounts.values()) {
    const isRoot = mount.id === core.state.rootMount;
    if (!isRoot && mount.parent < 0) continue;
    const instance = instanceOf(core, mount.id);
    const path = escapedPath(pathOfMount(core, caller, mount));
    const source = escapedSource(mount.source);
    const isReadOnly = ((mount.flags | instance.flags) & MS_RDONLY) !== 0;
    const shared = named(INSTANCE_FLAGS, instance.flags);
    const own = named(MOUNT_FLAGS, mount.flags);
    const options = ownOptions(core, caller, mount);
    const { type } = instance;
    const all = `${isReadOnly ? "ro" : "rw"}${shared}${own}${options}`;
    mounts += `${source} ${path} ${type} ${all} 0 0\n`;
    const root = escapedPath(mount.rootPath);
    const mode = (mount.flags & MS_RDONLY) !== 0 ? "ro" : "rw";
    const instanceMode = (instance.flags & MS_RDONLY) !== 0 ? "ro" : "rw";
    information +=
      `${mount.id} ${isRoot ? mount.id : mount.parent} 0:${instance.id} ${root} ${path} ` +
      `${mode}${own} - ${type} ${source} ${instanceMode}${shared}${options}\n`;
  }
  core.kernel.publish(0, RECORD.mounts, bytesOf(mounts));
  core.kernel.publish(0, RECORD.mountInfo, bytesOf(information));
}
