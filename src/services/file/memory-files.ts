/**
 * memfd_create(2) and seals (fcntl(2), F_ADD_SEALS). Such a file is a nameless node of an instance
 * of tmpfs that is mounted nowhere; the first one makes it. What a seal forbids is the file
 * system's business (fs-tmpfs), but for mappings, which are checked in share.ts.
 */
import { EBUSY, EINVAL, ENOSYS, EPERM } from "../../abi/errno.js";
import { O_ACCMODE, O_CLOEXEC, O_RDONLY, O_RDWR, S_IFMT, S_IFREG } from "../../abi/file.js";
import {
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  MFD_HUGETLB,
  MFD_NAME_MAX,
  MFD_NOEXEC_SEAL,
} from "../../abi/memory-file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Unbound } from "./bind.js";
import { addFile, freeDescriptor, install, mayOpen } from "./descriptors.js";
import { addMount, newInstance } from "./mounts.js";
import { NODE } from "./protocol.js";
import type { MemoryFileOperations } from "./protocol-memory-files.js";
import { type Core, fileSystemOf, KIND_NODE, type OpenFile, tableOf } from "./state.js";

/** The type of the instance that these files are in; no mount(2) knows it. */
const TYPE = "memfd";
const KNOWN_FLAGS = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC;
const SEALS_OF_WRITES = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
const ALL_SEALS = F_SEAL_SEAL | F_SEAL_EXEC | SEALS_OF_WRITES;
const EXECUTE_BITS = 0o111;

/** The mount of these files, made when it is first asked for. @returns its id, or -ENOMEM */
function memoryMount(core: Core, caller: TaskId): number {
  for (const instance of core.state.instances.values()) {
    if (instance.type !== TYPE) continue;
    for (const mount of core.state.mounts.values()) {
      if (mount.instance === instance.id) return mount.id;
    }
  }
  const { root } = core.first;
  const fileSystem = core.fileSystems[root];
  if (fileSystem === undefined) throw new Error("file: the root has no file system");
  const made = fileSystem.mount(caller, 0, 0);
  if (made < 0) return made;
  const instance = newInstance(core, root, TYPE, made);
  return addMount(core, instance, { source: "none" }).id;
}

function create(
  core: Core,
  caller: TaskId,
  nameAt: number,
  nameLength: number,
  flags: number,
): Result {
  if ((flags & ~KNOWN_FLAGS) !== 0 || nameLength > MFD_NAME_MAX) return -EINVAL;
  if ((flags & MFD_EXEC) !== 0 && (flags & MFD_NOEXEC_SEAL) !== 0) return -EINVAL;
  // No huge pages are kept, as in a kernel built without them.
  if ((flags & MFD_HUGETLB) !== 0) return -ENOSYS;
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return descriptor;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const { kernel } = core;
  const name = `memfd:${core.texts.read(kernel, caller, nameAt, nameLength)}`;
  const mount = memoryMount(core, caller);
  if (mount < 0) return mount;
  const fileSystem = fileSystemOf(core, mount);
  const isPlain = (flags & MFD_NOEXEC_SEAL) !== 0;
  const mode = S_IFREG | (isPlain ? 0o666 : 0o777);
  const user = kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  const group = kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
  const directory = fileSystem.attribute(caller, rootOf(core, mount), NODE.inode);
  const node = fileSystem.createUnnamed(caller, directory, mode, user, group, 0);
  if (node < 0) return node;
  const isSealable = (flags & MFD_ALLOW_SEALING) !== 0 || isPlain;
  const seals = (isSealable ? 0 : F_SEAL_SEAL) | (isPlain ? F_SEAL_EXEC : 0);
  fileSystem.setAttribute(caller, node, NODE.seals, seals);
  const fields = { mount, node, handle: node, pipe: 0, mode, flags: O_RDWR, name };
  const closes = (flags & MFD_CLOEXEC) !== 0 ? O_CLOEXEC : 0;
  return install(
    tableOf(core, caller),
    descriptor,
    addFile(core, caller, KIND_NODE, fields),
    closes,
  );
}

function rootOf(core: Core, mount: number): number {
  return core.state.mounts.get(mount)?.root ?? -1;
}

/** F_GET_SEALS. @returns the seals, or -EINVAL: not a file in memory */
export function sealsOf(core: Core, caller: TaskId, file: OpenFile): Result {
  if (file.kind !== KIND_NODE || (file.mode & S_IFMT) !== S_IFREG) return -EINVAL;
  const seals = fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.seals);
  return seals < 0 ? -EINVAL : seals;
}

/** F_ADD_SEALS. @returns 0, -EINVAL, -EPERM, or -EBUSY: it is mapped writable */
export function addSeals(core: Core, caller: TaskId, file: OpenFile, more: number): Result {
  if ((file.flags & O_ACCMODE) === O_RDONLY) return -EPERM;
  if ((more & ~ALL_SEALS) !== 0) return -EINVAL;
  const seals = sealsOf(core, caller, file);
  if (seals < 0) return seals;
  if ((seals & F_SEAL_SEAL) !== 0) return -EPERM;
  const fileSystem = fileSystemOf(core, file.mount);
  if ((more & F_SEAL_WRITE) !== 0 && (seals & F_SEAL_WRITE) === 0) {
    const object = fileSystem.object(caller, file.node);
    if (core.memory.writableMappings(caller, object) > 0) return -EBUSY;
  }
  const mode = fileSystem.attribute(caller, file.node, NODE.mode);
  // What can be executed and keeps that may not be changed either.
  const isProgram = (more & F_SEAL_EXEC) !== 0 && (mode & EXECUTE_BITS) !== 0;
  const all = seals | more | (isProgram ? SEALS_OF_WRITES : 0);
  return fileSystem.setAttribute(caller, file.node, NODE.seals, all);
}

/** The operations, for files.ts. */
export const memoryFileOperations: Unbound<MemoryFileOperations> = Object.freeze({
  createMemoryFile: create,
});
