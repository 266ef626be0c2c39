/** What file systems answer to readDirectory: linux_dirent64 records; part of protocol.ts. */
import { EINVAL } from "../../abi/errno.js";
import { DT_SHIFT, putDirectoryEntry, S_IFMT } from "../../abi/file.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";

/** Type of an entry (DT_*) of what has this mode. */
export const entryType = (mode: number): number => (mode & S_IFMT) >> DT_SHIFT;

/** The entries behind a position, as many as fit. */
export class DirectoryEntries {
  private end = 0;
  private fits = true;

  /**
   * @param bytes where they are written
   * @param position cookie of the last entry that the caller has; 0: none
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly position: number,
  ) {}

  /**
   * Adds an entry, unless the caller has it.
   * @param cookie its place in the directory, above 0; entries are added by rising cookies
   * @param type DT_*
   * @returns false: it does not fit, nor will another be added
   */
  add(inode: number, cookie: number, type: number, name: string): boolean {
    if (!this.fits || cookie <= this.position) return this.fits;
    const next = putDirectoryEntry(this.bytes, this.end, inode, cookie, type, name);
    this.fits = next >= 0;
    if (this.fits) this.end = next;
    return this.fits;
  }

  /** @returns bytes, 0: there are no more, -EINVAL: not even one fits */
  get result(): Result {
    return this.end === 0 && !this.fits ? -EINVAL : this.end;
  }

  /** Hands them over. @returns as `result`, or -EFAULT */
  copyOut(kernel: Pick<KernelCalls, "copyOut">, caller: TaskId, buffer: number): Result {
    const { result } = this;
    if (result <= 0) return result;
    const failed = kernel.copyOut(caller, buffer, this.bytes, 0, result);
    return failed < 0 ? failed : result;
  }
}
