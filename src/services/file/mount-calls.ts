/** mount(2) and umount(2). Mounting at run time does not exist yet. */
import { ENODEV, EPERM } from "../../abi/errno.js";
import type { Unbound } from "./bind.js";
import { isPrivileged } from "./permissions.js";
import type { MountOperations } from "./protocol-mounts.js";

export const mountOperations: Unbound<MountOperations> = Object.freeze({
  mount: (core, caller) => (isPrivileged(core, caller) ? -ENODEV : -EPERM),
  unmount: (core, caller) => (isPrivileged(core, caller) ? -ENODEV : -EPERM),
});
