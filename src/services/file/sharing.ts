/** What processes share of their files: unshare(2), kcmp(2). */
import { EBADF } from "../../abi/errno.js";
import { CLONE_FILES, CLONE_FS } from "../../abi/file.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import type { Unbound } from "./bind.js";
import { unshareTable } from "./control.js";
import { mayCopyTable } from "./descriptors.js";
import type { SharingOperations } from "./protocol-sharing.js";
import { copyContext } from "./share.js";
import { addContext, contextOf, setContext, tableOf } from "./state.js";

export const sharingOperations: Unbound<SharingOperations> = Object.freeze({
  unshare: (core, caller, flags) => {
    if ((flags & CLONE_FILES) !== 0) {
      const table = tableOf(core, caller);
      const refused = table.references > 1 ? mayCopyTable(core, caller, table) : 0;
      if (refused < 0) return refused;
      unshareTable(core, caller);
    }
    const context = contextOf(core, caller);
    if ((flags & CLONE_FS) === 0 || context.references === 1) return 0;
    context.references--;
    setContext(core, caller, addContext(core, copyContext(core, context)));
    return 0;
  },
  compareFiles: (core, _caller, first, firstDescriptor, second, secondDescriptor) => {
    const file = (task: number, descriptor: number): number =>
      core.state.tables.get(core.kernel.attribute(task, ATTRIBUTE.fileTable))?.files[descriptor] ??
      0;
    const one = file(first, firstDescriptor);
    const two = file(second, secondDescriptor);
    if (one === 0 || two === 0) return -EBADF;
    if (one === two) return 0;
    return one < two ? 1 : 2;
  },
});
