/**
 * What a host that shares folders speaks with the file system device, beside host.ts: the messages
 * of FUSE, and of Linux the numbers of errors, types and flags that stand in them.
 */
export * as errno from "../../abi/errno.js";
export {
  DT_SHIFT,
  getInteger64,
  NAME_MAX,
  O_ACCMODE,
  O_APPEND,
  O_RDONLY,
  O_RDWR,
  PATH_MAX,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  setInteger64,
} from "../../abi/file.js";
export * as fuse from "../../abi/fuse.js";
