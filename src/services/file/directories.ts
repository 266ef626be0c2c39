/**
 * The working and the root directory of a process: chdir, fchdir, chroot, and how long the
 * directories are held.
 */
import { CAP_SYS_CHROOT } from "../../abi/capability.js";
import { EBADF, ENOENT, ENOTDIR, EPERM } from "../../abi/errno.js";
import { S_IFDIR, S_IFMT } from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { remove } from "./latest.js";
import type { Named } from "./links.js";
import { dropMount, holdMount } from "./mounts.js";
import { type PathArgument, walkTo } from "./names.js";
import { rootOf } from "./paths.js";
import { checkAccess, isCapable, MAY_EXECUTE } from "./permissions.js";
import { type Core, contextOf, fileSystemOf, type Place, placeAt } from "./state.js";
import { EMPTY, FOLLOW, namedOf, type Walk } from "./walk.js";

/** Drops a context's hold on a directory. */
export function dropPlace(core: Core, caller: TaskId, id: number): void {
  if (id === 0) return;
  const place = placeAt(core, id);
  place.references--;
  if (place.references > 0) return;
  remove(core.latest.place, core.state.places, id);
  fileSystemOf(core, place.mount).release(caller, place.node);
  dropMount(core, caller, place.mount);
}

/** Holds a node for a context, or as a program. @returns a place's key, or -errno */
export function addPlace(core: Core, caller: TaskId, named: Named): Result {
  const failed = fileSystemOf(core, named.mount).retain(caller, named.node);
  if (failed < 0) return failed;
  const place: Place = { ...named, references: 1 };
  holdMount(core, named.mount);
  const id = core.state.nextId++;
  core.state.places.set(id, place);
  return id;
}

/** Holds the walk's directory, if the caller may search it. @returns a place's key, or -errno */
function placeOf(core: Core, caller: TaskId, walk: Walk): Result {
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return walk.file !== 0 ? -ENOTDIR : -ENOENT;
  if ((walk.mode & S_IFMT) !== S_IFDIR) return -ENOTDIR;
  const { mount, node, mode } = walk;
  const refused = checkAccess(core, caller, mount, node, mode, MAY_EXECUTE);
  return refused < 0 ? refused : addPlace(core, caller, namedOf(core, walk));
}

/** chdir(2), or with a path at address 0 fchdir(2). */
export function changeDirectory(core: Core, caller: TaskId, at: PathArgument): Result {
  const isDescriptor = at.path === 0;
  if (isDescriptor && at.directory < 0) return -EBADF;
  const walk = walkTo(core, caller, at, isDescriptor ? EMPTY : FOLLOW);
  const place = placeOf(core, caller, walk);
  if (place < 0) return place;
  const context = contextOf(core, caller);
  const old = context.directory;
  context.directory = place;
  dropPlace(core, caller, old);
  return 0;
}

/** chroot(2): the working directory stays where it is. */
export function changeRoot(core: Core, caller: TaskId, at: PathArgument): Result {
  const walk = walkTo(core, caller, at, FOLLOW);
  const place = placeOf(core, caller, walk);
  if (place < 0) return place;
  if (!isCapable(core, caller, CAP_SYS_CHROOT)) {
    dropPlace(core, caller, place);
    return -EPERM;
  }
  const context = contextOf(core, caller);
  if (context.directory === 0) {
    // So far "the root, whatever it is"; from now on the directory that was meant.
    const { mount, node } = rootOf(core, caller);
    const held = addPlace(core, caller, { mount, node, directory: -1, name: "" });
    if (held < 0) {
      dropPlace(core, caller, place);
      return held;
    }
    context.directory = held;
  }
  const old = context.root;
  context.root = place;
  dropPlace(core, caller, old);
  return 0;
}
