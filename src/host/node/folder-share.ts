/**
 * Opening the folders that a system shares, and their server. What cannot be shared is said in one
 * line that names the folder.
 */
import { S_IFDIR, S_IFMT } from "../../machine/devices/folder-host.js";
import { errorName } from "../../structures/error-name.js";
import { FolderError, type SharedFolder } from "../folder-files.js";
import { FolderServer } from "../folder-server.js";
import { close, openFolder, pathOf, statOf } from "./folder-at.js";
import { type Folder, withSlash } from "./folder-nodes.js";
import { NodeFolders } from "./folders.js";

/** @throws FolderError */
function openShared({ source, isReadOnly }: SharedFolder): Folder {
  const refuse = (why: string): never => {
    throw new FolderError(`cannot mount ${source}: ${why}`);
  };
  if (process.platform !== "linux") refuse("folders can be shared on Linux only so far");
  const descriptor = openFolder(source);
  if (descriptor < 0) return refuse(errorName(-descriptor));
  const stat = statOf(descriptor);
  const path = pathOf(descriptor);
  const isFolder = typeof stat !== "number" && (Number(stat.mode) & S_IFMT) === S_IFDIR;
  if (!isFolder || typeof path === "number") {
    close(descriptor);
    return refuse("it cannot be reached through /proc/self/fd");
  }
  return { descriptor, isReadOnly, device: stat.dev, path: withSlash(path) };
}

/** Opens folders. @throws FolderError, naming the folder */
export const openFolders = (folders: readonly SharedFolder[]): NodeFolders =>
  new NodeFolders(folders.map(openShared));

/**
 * Opens folders and serves them.
 * @param late takes replies that come later: none here
 * @throws FolderError, naming the folder
 */
export function serveFolders(
  folders: readonly SharedFolder[],
  late: (token: number, bytes: Uint8Array) => void,
): FolderServer {
  return new FolderServer(openFolders(folders), late);
}
