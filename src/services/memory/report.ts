/**
 * What others may know of memory: futex keys, /proc/PID/maps, figures. Changes nothing but the
 * futex numbers of objects.
 */
import { EFAULT, EINVAL, ESRCH } from "../../abi/errno.js";
import {
  PAGE_BYTES,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  USER_ADDRESS_LIMIT,
} from "../../abi/memory.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Faults } from "./faults.js";
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

  /** A task's space, unless it is ending. */
  private living(task: TaskId): Space | undefined {
    if (this.kernel.attribute(task, ATTRIBUTE.ending) !== 0) return undefined;
    return this.faults.spaceOf(task);
  }

  /** Part of the text of /proc/PID/maps (proc(5)). @returns bytes written */
  describeMaps(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    if (this.kernel.exists(task) !== 1) return -ESRCH;
    const lines = this.living(task)?.regions.map(describe) ?? [];
    const bytes = new TextEncoder().encode(lines.join(""));
    const count = Math.max(Math.min(lengthBytes, bytes.length - offset), 0);
    const result = this.kernel.copyOut(caller, buffer, bytes, offset, count);
    return result < 0 ? result : count;
  }

  /** Figures of the protocol's `usage`. */
  usage(task: TaskId, figure: number): Result {
    if (task === 0) return this.systemFigure(figure);
    const space = this.living(task);
    if (space === undefined) return 0;
    switch (figure) {
      case 0:
        return space.pages;
      case 1:
        return this.sum(space, (region) => this.resident(space, region));
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

function nameOf(flags: number): string {
  if ((flags & REGION.heap) !== 0) return "[heap]";
  if ((flags & REGION.stack) !== 0) return "[stack]";
  return (flags & REGION.vdso) !== 0 ? "[vdso]" : "";
}

const hexadecimal = (value: number, digits: number): string =>
  value.toString(16).padStart(digits, "0");

/** One line: address range, permissions, offset, device, inode, and a name from column 74 on. */
function describe(region: Region): string {
  const start = hexadecimal(region.startPage * PAGE_BYTES, 8);
  const end = hexadecimal(region.endPage * PAGE_BYTES, 8);
  const { protection, flags, object } = region;
  const permissions =
    ((protection & PROT_READ) !== 0 ? "r" : "-") +
    ((protection & PROT_WRITE) !== 0 ? "w" : "-") +
    ((protection & PROT_EXEC) !== 0 ? "x" : "-") +
    ((flags & REGION.shared) !== 0 ? "s" : "p");
  const ofFile = object !== NO_OBJECT && (flags & REGION.vdso) === 0;
  const offset = hexadecimal(ofFile ? region.objectPage * PAGE_BYTES : 0, 8);
  const line = `${start}-${end} ${permissions} ${offset} 00:00 ${ofFile ? object : 0} `;
  const name = nameOf(flags);
  return name === "" ? `${line}\n` : `${line.padEnd(73)}${name}\n`;
}
