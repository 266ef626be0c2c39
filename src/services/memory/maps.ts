/**
 * Address spaces as others see them: /proc/PID/maps, smaps and pagemap (proc(5)), the bytes of
 * another task's memory, and the names of the files behind memory objects, which the file service
 * gives. Reading changes nothing: a page that is not there is read from its object, or as zeros.
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
import { RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import type { Faults } from "./faults.js";
import type { MemoryObjects } from "./objects.js";
import { findRegion } from "./regions.js";
import { type MemoryState, NO_OBJECT, REGION, type Region, type Space } from "./state.js";

/** Pages looked at in one step when a region is walked: most large regions are mostly empty. */
const STEP_PAGES = 512;
const PAGE_KILOBYTES = PAGE_BYTES / 1024;
/** Column of the name in a line of maps. */
const NAME_COLUMN = 73;
/** Device number of shared memory without a file. */
const SHARED_DEVICE = 1;
/** mapping() answers frame × this + permissions. */
const PERMISSIONS = 8;

/** An entry of pagemap, and bits of its high word (Linux, admin-guide/mm/pagemap.rst). */
const ENTRY_BYTES = 8;
const ENTRY_PRESENT = 2 ** 31;
const ENTRY_OF_FILE = 2 ** 29;
const ENTRY_EXCLUSIVE = 2 ** 24;

/** Resident pages of a region, by who else has them. */
interface Use {
  resident: number;
  /** Each page divided by the number of mappings that it has. */
  proportional: number;
  shared: number;
  anonymous: number;
}

interface Text {
  readonly callId: number;
  readonly task: TaskId;
  readonly detail: number;
  readonly bytes: Uint8Array;
}

export class Maps {
  /** A long text goes out in pieces: it is made once for all pieces of a call. */
  private text: Text | undefined;

  constructor(
    private readonly kernel: KernelCalls,
    private readonly state: MemoryState,
    private readonly objects: MemoryObjects,
    private readonly faults: Faults,
  ) {}

  /** A task's space, unless it is ending. */
  living(task: TaskId): Space | undefined {
    if (this.kernel.attribute(task, ATTRIBUTE.ending) !== 0) return undefined;
    return this.faults.spaceOf(task);
  }

  /** What the file behind an object is called (path in scratch), until the object goes. */
  nameObject(
    caller: TaskId,
    object: number,
    device: number,
    inode: number,
    path: number,
    pathLength: number,
  ): Result {
    if (this.objects.find(object) === undefined) return -EINVAL;
    const bytes = new Uint8Array(pathLength);
    const failed = this.kernel.copyIn(caller, path, bytes, 0, pathLength);
    if (failed < 0) return failed;
    this.state.names.set(object, { device, inode, path: String.fromCharCode(...bytes) });
    return 0;
  }

  /** Part of the text of /proc/PID/maps, or with `detail` 1 of smaps. @returns bytes written */
  describe(
    caller: TaskId,
    task: TaskId,
    detail: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    if (this.kernel.exists(task) !== 1) return -ESRCH;
    const callId = this.kernel.callId(caller);
    const known = this.text;
    const isSame = known?.callId === callId && known.task === task && known.detail === detail;
    const bytes = isSame && offset > 0 ? known.bytes : this.textOf(task, detail);
    const isLast = offset + lengthBytes >= bytes.length;
    this.text = isLast ? undefined : { callId, task, detail, bytes };
    const count = Math.max(Math.min(lengthBytes, bytes.length - offset), 0);
    const result = this.kernel.copyOut(caller, buffer, bytes, offset, count);
    return result < 0 ? result : count;
  }

  private textOf(task: TaskId, detail: number): Uint8Array {
    const space = this.living(task);
    let text = "";
    for (const region of space?.regions ?? []) {
      text += this.line(region);
      if (detail === 1 && space !== undefined) text += this.figures(space, region);
    }
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  }

  /** One line: address range, permissions, offset, device, inode, and a name. */
  private line(region: Region): string {
    const { protection, flags, object } = region;
    const range = [region.startPage, region.endPage].map((page) =>
      hexadecimal(page * PAGE_BYTES, 8),
    );
    const permissions =
      ((protection & PROT_READ) !== 0 ? "r" : "-") +
      ((protection & PROT_WRITE) !== 0 ? "w" : "-") +
      ((protection & PROT_EXEC) !== 0 ? "x" : "-") +
      ((flags & REGION.shared) !== 0 ? "s" : "p");
    const ofFile = object !== NO_OBJECT && (flags & REGION.vdso) === 0;
    const file = ofFile ? this.state.names.get(object) : undefined;
    const offset = hexadecimal(ofFile ? region.objectPage * PAGE_BYTES : 0, 8);
    const device = file?.device ?? (ofFile ? SHARED_DEVICE : 0);
    const inode = file?.inode ?? (ofFile ? object : 0);
    const line =
      `${range.join("-")} ${permissions} ${offset} ` +
      `${hexadecimal(device >>> 8, 2)}:${hexadecimal(device & 0xff, 2)} ${inode} `;
    // Shared memory without a file is, on Linux, one that was removed.
    const name = file?.path ?? (ofFile ? "/dev/zero (deleted)" : nameOf(flags));
    return name === "" ? `${line}\n` : `${line.padEnd(NAME_COLUMN)}${escaped(name)}\n`;
  }

  private figures(space: Space, region: Region): string {
    const { resident, proportional, shared, anonymous } = this.use(space, region);
    const pages = region.endPage - region.startPage;
    // Nothing here has a copy on a disk: what is resident is dirty.
    const rows: readonly (readonly [string, number])[] = [
      ["Size", pages],
      ["KernelPageSize", 1],
      ["MMUPageSize", 1],
      ["Rss", resident],
      ["Pss", proportional],
      ["Shared_Clean", 0],
      ["Shared_Dirty", shared],
      ["Private_Clean", 0],
      ["Private_Dirty", resident - shared],
      ["Anonymous", anonymous],
      ["Swap", 0],
      ["Locked", (region.flags & REGION.locked) !== 0 ? proportional : 0],
    ];
    return rows
      .map(([name, count]) => {
        const kilobytes = String(Math.floor(count * PAGE_KILOBYTES)).padStart(8);
        return `${`${name}:`.padEnd(16)}${kilobytes} kB\n`;
      })
      .join("");
  }

  private use(space: Space, region: Region): Use {
    const use: Use = { resident: 0, proportional: 0, shared: 0, anonymous: 0 };
    for (let page = region.startPage; page < region.endPage; page += STEP_PAGES) {
      const end = Math.min(page + STEP_PAGES, region.endPage);
      if (this.kernel.residentPages(space.id, page, end - page) === 0) continue;
      for (let at = page; at < end; at++) {
        const entry = this.kernel.mapping(space.id, at);
        const frame = Math.floor(entry / PERMISSIONS);
        if (entry < 0 || frame === this.state.zeroFrame) continue;
        const { isObjects, mappings } = this.holdersOf(region, at, frame);
        use.resident++;
        use.proportional += 1 / Math.max(1, mappings);
        if (mappings > 1) use.shared++;
        if (!isObjects) use.anonymous++;
      }
    }
    return use;
  }

  /** Whether a page of a region is its object's own, and how many mappings it has. */
  private holdersOf(region: Region, page: number, frame: number) {
    const object = region.object === NO_OBJECT ? undefined : this.objects.get(region.object);
    const isObjects = object?.frames.get(region.objectPage + page - region.startPage) === frame;
    return { isObjects, mappings: this.kernel.frameReferences(frame) - (isObjects ? 1 : 0) };
  }

  /**
   * Part of /proc/PID/pagemap. Which frame a page has is told nobody, as on Linux to who lacks
   * CAP_SYS_ADMIN. @returns bytes written, 0 behind the last page
   */
  describePages(
    caller: TaskId,
    task: TaskId,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const space = this.living(task);
    const end = (USER_ADDRESS_LIMIT / PAGE_BYTES) * ENTRY_BYTES;
    const count = Math.min(lengthBytes, RANGE_BYTES_MAX, end - offset);
    if (space === undefined || count <= 0) return 0;
    const bytes = new Uint8Array(count);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < count; at += ENTRY_BYTES) {
      view.setUint32(at + 4, this.entryOf(space, (offset + at) / ENTRY_BYTES), true);
    }
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, count);
    return failed < 0 ? failed : count;
  }

  /** The high word of a page's entry in pagemap. */
  private entryOf(space: Space, page: number): number {
    const entry = this.kernel.mapping(space.id, page);
    const region = entry < 0 ? undefined : findRegion(space, page);
    if (region === undefined) return 0;
    const frame = Math.floor(entry / PERMISSIONS);
    if (frame === this.state.zeroFrame) return ENTRY_PRESENT;
    const { isObjects, mappings } = this.holdersOf(region, page, frame);
    const isExclusive = mappings === 1;
    return ENTRY_PRESENT + (isObjects ? ENTRY_OF_FILE : 0) + (isExclusive ? ENTRY_EXCLUSIVE : 0);
  }

  /**
   * Bytes of a task's memory, as another one looks at them (/proc/PID/cmdline, mem).
   * @returns bytes copied, up to the first page that is in no region; -EFAULT: none; 0: no memory
   */
  read(caller: TaskId, task: TaskId, address: number, buffer: number, lengthBytes: number): Result {
    const space = this.living(task);
    if (space === undefined) return 0;
    const end = address + Math.min(lengthBytes, RANGE_BYTES_MAX);
    const bytes = new Uint8Array(Math.max(0, end - address));
    let at = address;
    while (at < end) {
      const within = at % PAGE_BYTES;
      const length = Math.min(PAGE_BYTES - within, end - at);
      const frame = this.frameOf(space, Math.floor(at / PAGE_BYTES));
      if (frame === undefined) break;
      if (frame >= 0) this.kernel.frameIn(frame, within, bytes, at - address, length);
      at += length;
    }
    if (at === address) return bytes.length === 0 ? 0 : -EFAULT;
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, at - address);
    return failed < 0 ? failed : at - address;
  }

  /** The frame of a page; -1: zeros so far; undefined: the page is in no region. */
  private frameOf(space: Space, page: number): number | undefined {
    const region = findRegion(space, page);
    if (region === undefined) return undefined;
    const entry = this.kernel.mapping(space.id, page);
    if (entry >= 0) return Math.floor(entry / PERMISSIONS);
    if (region.object === NO_OBJECT) return -1;
    const object = this.objects.get(region.object);
    const objectPage = region.objectPage + page - region.startPage;
    if (objectPage * PAGE_BYTES >= object.sizeBytes) return undefined;
    return object.frames.get(objectPage) ?? -1;
  }
}

function nameOf(flags: number): string {
  if ((flags & REGION.heap) !== 0) return "[heap]";
  if ((flags & REGION.stack) !== 0) return "[stack]";
  return (flags & REGION.vdso) !== 0 ? "[vdso]" : "";
}

const escaped = (name: string): string => name.replaceAll("\n", "\\012");

const hexadecimal = (value: number, digits: number): string =>
  value.toString(16).padStart(digits, "0");
