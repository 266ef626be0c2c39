/**
 * What a profiler is told by the system: read from the kernel's tables and the memory service's
 * state as they are, since to call the service in the middle of a run would be charged.
 */
import { PROT_EXEC } from "../abi/memory.js";
import { RECORD } from "../kernel/calls.js";
import type { Kernel } from "../kernel/kernel.js";
import { type MemoryState, NO_OBJECT, REGION, type Region } from "../services/memory/state.js";
import type { ProfileSources } from "./profile-book.js";
import type { CodeMapping } from "./profile-space.js";

const UNNAMED = "[unnamed]";
const VDSO = "[vdso]";
const ANONYMOUS = "[anonymous]";

/**
 * @param clock monotonic milliseconds of the host
 * @param memory the memory service's state, as it is when asked
 */
export function profileSources(
  clock: () => number,
  kernel: () => Kernel,
  memory: () => MemoryState,
): ProfileSources {
  return {
    clock,
    identityOf: (space) => kernel().spaces.state.spaces.get(space),
    nameOf: (process) => {
      const bytes = kernel().published.get(`${process}.${RECORD.command}`);
      const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
      const [name = ""] = text.split("\0");
      return name.trim() === "" ? UNNAMED : name.trim();
    },
    codeOf: (space) => {
      const { spaces, names } = memory();
      const regions = spaces.get(space)?.regions ?? [];
      const code = regions.filter(({ protection }) => (protection & PROT_EXEC) !== 0);
      return code.map((region) => mappingOf(region, names));
    },
  };
}

function mappingOf(region: Region, names: MemoryState["names"]): CodeMapping {
  const { startPage, endPage, object, objectPage, flags } = region;
  const path = object === NO_OBJECT ? undefined : names.get(object)?.path;
  const isFile = path !== undefined && (flags & REGION.vdso) === 0;
  if (isFile) return { startPage, endPage, file: path, filePage: objectPage };
  const file = (flags & REGION.vdso) === 0 ? ANONYMOUS : VDSO;
  return { startPage, endPage, file, filePage: -1 };
}
