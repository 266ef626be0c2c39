/**
 * What others may know of memory: futex keys and figures. Changes nothing but the futex numbers of
 * objects.
 */
import { EFAULT, EINVAL } from "../../abi/errno.js";
import { PAGE_BYTES, PROT_EXEC, USER_ADDRESS_LIMIT } from "../../abi/memory.js";
import { SPACE_FIGURE } from "../../kernel/address-space.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Faults } from "./faults.js";
import type { Maps } from "./maps.js";
import type { MemoryObjects } from "./objects.js";
import { findRegion, isData } from "./regions.js";
import { type MemoryState, NO_OBJECT, REGION, type Region, type Space } from "./state.js";

/** Futex words are aligned to 4 bytes; word numbers take 36 bits of a key. */
const WORDS_PER_SPACE = USER_ADDRESS_LIMIT / 4;

export class Reports {
  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: MemoryState,
    private readonly objects: MemoryObjects,
    private readonly faults: Faults,
    private readonly maps: Maps,
  ) {}

  /** Key of a futex word: (space or object number, word number, kind), below 2^53. */
  futexKey(caller: TaskId, address: number, shared: number): Result {
    const space = this.faults.spaceOf(caller);
    if (space === undefined || !(address >= 0 && address < USER_ADDRESS_LIMIT)) return -EFAULT;
    if (address % 4 !== 0) return -EINVAL;
    if (shared !== 0) {
      const page = Math.floor(address / PAGE_BYTES);
      const region = findRegion(space, page);
      if (region === undefined) return -EFAULT;
      // Private memory is the space's own, also for a shared futex.
      if ((region.flags & REGION.shared) !== 0) {
        const number = this.objects.futexNumber(this.objects.get(region.object));
        if (number < 0) return number;
        const offset = address - (region.startPage - region.objectPage) * PAGE_BYTES;
        // Files beyond 2^38 bytes: keys may coincide, which only wakes too many.
        return (number * WORDS_PER_SPACE + ((offset / 4) % WORDS_PER_SPACE)) * 2 + 1;
      }
    }
    return (space.id * WORDS_PER_SPACE + address / 4) * 2;
  }

  /** Shared mappings of an object that are writable, or that mprotect(2) may make so. */
  writableMappings(object: number): Result {
    let count = 0;
    for (const id of this.objects.find(object)?.spaces.keys() ?? []) {
      for (const region of this.state.spaces.get(id)?.regions ?? []) {
        const isShared = (region.flags & REGION.shared) !== 0;
        if (region.object !== object || !isShared) continue;
        if ((region.flags & REGION.readOnlyObject) === 0) count++;
      }
    }
    return count;
  }

  /** Figures of the protocol's `usage`. */
  usage(task: TaskId, figure: number): Result {
    if (task === 0) return this.systemFigure(figure);
    const space = this.maps.living(task);
    if (space === undefined) return 0;
    switch (figure) {
      case 0:
        return space.pages;
      case 1:
        return this.kernel.spaceFigure(space.id, SPACE_FIGURE.resident);
      case 2:
        return this.sum(space, (region) =>
          region.object === NO_OBJECT ? 0 : this.resident(space, region),
        );
      case 3:
        return this.sum(space, (region) =>
          (region.protection & PROT_EXEC) !== 0 ? region.endPage - region.startPage : 0,
        );
      case 4:
        return this.sum(space, (region) =>
          isData(region.protection, region.flags) ? region.endPage - region.startPage : 0,
        );
      case 5:
        return this.sum(space, (region) =>
          (region.flags & REGION.growsDown) !== 0 ? region.endPage - region.startPage : 0,
        );
      case 6:
        return space.lockedPages;
      case 7:
        return this.kernel.spaceFigure(space.id, SPACE_FIGURE.residentPeak);
      case 8:
        return this.kernel.spaceFigure(space.id, SPACE_FIGURE.tables);
      case 9:
        return space.peakPages;
      case 10:
        return space.breakStart;
      default:
        return -EINVAL;
    }
  }

  private systemFigure(figure: number): Result {
    if (figure === 0) return this.kernel.framesTotal();
    if (figure === 1) return this.kernel.framesFree();
    return figure === 2 ? this.state.objectFrames : -EINVAL;
  }

  private resident(space: Space, region: Region): number {
    const pages = region.endPage - region.startPage;
    return this.kernel.residentPages(space.id, region.startPage, pages);
  }

  private sum(space: Space, of: (region: Region) => number): number {
    return space.regions.reduce((total, region) => total + of(region), 0);
  }
}
