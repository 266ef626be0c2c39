/** Memory objects for the unit tests of file systems: byte arrays without frames. */
import { ENOMEM } from "../../abi/errno.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { MemoryService } from "../memory/protocol.js";

const PAGE = 4096;

export class FakeObjects {
  readonly objects = new Map<number, { references: number; bytes: Uint8Array }>();
  private nextObject = 1;
  /** createObject and writeObject answer -ENOMEM. */
  full = false;

  constructor(private readonly kernel: Pick<KernelCalls, "copyIn" | "copyOut">) {}

  private at(object: number) {
    const found = this.objects.get(object);
    if (found === undefined) throw new Error(`fake memory: no object ${object}`);
    return found;
  }

  createObject(_caller: TaskId, sizeBytes: number): Result {
    if (this.full) return -ENOMEM;
    this.objects.set(this.nextObject, { references: 1, bytes: new Uint8Array(sizeBytes) });
    return this.nextObject++;
  }

  retainObject(_caller: TaskId, object: number): Result {
    this.at(object).references++;
    return 0;
  }

  releaseObject(_caller: TaskId, object: number): Result {
    const found = this.at(object);
    if (--found.references === 0) this.objects.delete(object);
    return 0;
  }

  readObject(
    caller: TaskId,
    object: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const bytes = new Uint8Array(lengthBytes);
    bytes.set(this.at(object).bytes.subarray(offset, offset + lengthBytes));
    const failed = this.kernel.copyOut(caller, buffer, bytes, 0, lengthBytes);
    return failed < 0 ? failed : lengthBytes;
  }

  writeObject(
    caller: TaskId,
    object: number,
    offset: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    if (this.full) return -ENOMEM;
    const found = this.at(object);
    if (found.bytes.length < offset + lengthBytes) this.resize(object, offset + lengthBytes);
    const failed = this.kernel.copyIn(caller, buffer, found.bytes, offset, lengthBytes);
    return failed < 0 ? failed : lengthBytes;
  }

  truncateObject(_caller: TaskId, object: number, sizeBytes: number): Result {
    this.resize(object, sizeBytes);
    return 0;
  }

  objectPages(_caller: TaskId, object: number): Result {
    return Math.ceil(this.at(object).bytes.length / PAGE);
  }

  objectPagesIn(_caller: TaskId, object: number, first: number, end: number): Result {
    const pages = Math.ceil(this.at(object).bytes.length / PAGE);
    return Math.max(0, Math.min(end, pages) - first);
  }

  usage(): Result {
    return 100;
  }

  describeMaps(): Result {
    return 0;
  }

  describeUse(): Result {
    return 0;
  }

  describePages(): Result {
    return 0;
  }

  nameObject(): Result {
    return 0;
  }

  /** A task's memory is its part of the fake kernel's. */
  readSpace(
    caller: TaskId,
    task: TaskId,
    address: number,
    buffer: number,
    lengthBytes: number,
  ): Result {
    const bytes = new Uint8Array(lengthBytes);
    const failed = this.kernel.copyIn(task, address, bytes, 0, lengthBytes);
    if (failed < 0) return failed;
    return this.kernel.copyOut(caller, buffer, bytes, 0, lengthBytes) < 0 ? -1 : lengthBytes;
  }

  private resize(object: number, sizeBytes: number): void {
    const found = this.at(object);
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(found.bytes.subarray(0, sizeBytes));
    found.bytes = bytes;
  }
}

/** The objects as a memory service; what it does not have is undefined and throws when called. */
export const fakeMemory = (objects: FakeObjects): MemoryService =>
  objects as unknown as MemoryService;
