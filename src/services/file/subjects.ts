/** From a walk to what notify.ts tells of: the node with its name, or the entry of a directory. */
import type { Child, Subject } from "./notify.js";
import type { Core } from "./state.js";
import { namedOf, type Walk } from "./walk.js";

/** The entry that a walk's last name is or would be. */
export function childOf(core: Core, walk: Walk): Child {
  const name = core.texts.of(walk.bytes, walk.start, walk.start + walk.nameLength);
  return { mount: walk.parentMount, directory: walk.parent, name };
}

/** What a walk came to: through a descriptor under the name that this was opened by. */
export function subjectOf(core: Core, walk: Walk): Subject {
  return core.state.files.get(walk.file) ?? namedOf(core, walk);
}
