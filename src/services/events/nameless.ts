/**
 * What a file system without names answers to everything that concerns names and stored files: the
 * nodes of the events service are reached through descriptors only.
 */
import { EINVAL, ENODEV, ENOTDIR, ENXIO, EPERM } from "../../abi/errno.js";
import { SINGLE, unsupported } from "../file/protocol.js";

const answer = (errno: number) => (): number => -errno;
const done = (): number => 0;

export const NAMELESS = Object.freeze({
  root: answer(ENODEV),
  lookup: answer(ENOTDIR),
  create: answer(ENOTDIR),
  symlink: answer(ENOTDIR),
  link: answer(ENOTDIR),
  unlink: answer(ENOTDIR),
  rename: answer(ENOTDIR),
  readlink: answer(EINVAL),
  readDirectory: answer(ENOTDIR),
  /** By its node, through /proc/PID/fd: Linux's no_open. */
  open: answer(ENXIO),
  truncate: answer(EINVAL),
  setAttribute: answer(EPERM),
  retain: done,
  release: done,
  object: answer(ENODEV),
  synchronize: answer(EINVAL),
  allocate: answer(ENODEV),
  findData: unsupported,
  createUnnamed: unsupported,
  getExtended: unsupported,
  setExtended: unsupported,
  listExtended: unsupported,
  removeExtended: unsupported,
  exists: unsupported,
  mount: unsupported,
  ...SINGLE,
});
