/** The operations of attributes.ts as the protocol has them: a path in three words. */
import * as attributes from "./attributes.js";
import type { Unbound } from "./bind.js";
import { pathOf } from "./names.js";
import type { FileService } from "./protocol.js";

export type AttributeOperations = Pick<
  FileService,
  "stat" | "statfs" | "access" | "changeMode" | "changeOwner" | "changeTimes"
>;

export const attributeOperations: Unbound<AttributeOperations> = Object.freeze({
  stat: (core, caller, directory, path, pathLength, buffer, flags) =>
    attributes.stat(core, caller, pathOf(directory, path, pathLength), buffer, flags),
  statfs: (core, caller, directory, path, pathLength, buffer, flags) =>
    attributes.statfs(core, caller, pathOf(directory, path, pathLength), buffer, flags),
  access: (core, caller, directory, path, pathLength, mode, flags) =>
    attributes.access(core, caller, pathOf(directory, path, pathLength), mode, flags),
  changeMode: (core, caller, directory, path, pathLength, mode, flags) =>
    attributes.changeMode(core, caller, pathOf(directory, path, pathLength), mode, flags),
  changeOwner: (core, caller, directory, path, pathLength, userId, groupId, flags) =>
    attributes.changeOwner(
      core,
      caller,
      pathOf(directory, path, pathLength),
      userId,
      groupId,
      flags,
    ),
  changeTimes: (core, caller, directory, path, pathLength, times, flags) =>
    attributes.changeTimes(core, caller, pathOf(directory, path, pathLength), times, flags),
});
